/**
 * Lints many files at once: this thread and, where there is enough to do, others. They start while files are still being
 * read, as soon as it is known that there is enough.
 *
 * What was found stands in the order of the files, whoever found it. A thread takes a few files at a time, so that none
 * waits for another, and this thread does its part. A thread that dies ends the run: nothing is left out silently.
 */
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { readResult } from '../lint/cached-result.js'
import type { FileResult, Linter, LintSettings } from '../lint/lint.js'
import { quote } from '../text/escape.js'
import type { SourceText } from '../text/source.js'
import { sentSettings, threadBeside, type LintOrders, type SentFile, type SentResult } from './lint-thread.js'

interface LintedFile {
  readonly source: SourceText
  readonly isNamed: boolean
}

/** What another thread costs to start, in characters that are linted in the same time. */
const THREAD_COSTS = 250_000
const MAX_THREADS = 8
/** Taken at once: some milliseconds of work. */
const PORTION = 24_000
/** Or such a part of what is left for each thread: smaller ones towards the end, where all wait for the last. */
const LAST_PARTS = 8
/** Waiting at a thread while it works, so that it always has something to do. */
const AHEAD = 2
/** Nobody wants two copies of a text like this. */
const MAX_SENT = 4 * 1024 * 1024

/** The threads of one run beside this one. They end with their work; whoever has none for them ends them. */
export class LintThreads {
  private readonly threads: Thread[] = []
  private readonly program: URL | undefined
  private files = 0
  private size = 0

  constructor(private readonly settings: LintSettings) {
    // What a file was before is asked of git, which only this thread does.
    this.program = settings.before === undefined ? threadBeside(import.meta.url, 'lint-worker') : undefined
  }

  /**
   * Starts as many as are worth their while for this text and those before it. Where no text was expected, those that
   * are to be linted are.
   */
  expect({ text }: SourceText): void {
    if (this.program === undefined || text.length > MAX_SENT) return
    this.files++
    this.size += text.length
    const most = Math.min(availableParallelism(), MAX_THREADS, this.files) - 1
    if (this.threads.length >= Math.min(most, Math.floor(this.size / THREAD_COSTS))) return
    this.threads.push(new Thread(this.program, sentSettings(this.settings)))
  }

  /** @param onDone - gets the number of files done, and how much of the one that this thread is at. */
  async lint<F extends LintedFile>(
    linter: Linter,
    files: readonly F[],
    onDone: (done: number, part: number) => void,
  ): Promise<readonly (F & { readonly result: FileResult })[]> {
    const results = files.map(({ source, isNamed }) => linter.known(source, isNamed))
    if (this.files === 0)
      for (const [index, { source }] of files.entries()) if (results[index] === undefined) this.expect(source)
    const work = new Work(linter, files, results, this.threads.length, onDone)
    try {
      for (const thread of this.threads) thread.help(work)
      await work.here()
      await Promise.all(this.threads.map(({ ended }) => ended))
    } finally {
      this.end()
    }
    return files.map((file, index) => ({ ...file, result: work.resultOf(index) }))
  }

  end(): void {
    for (const thread of this.threads.splice(0)) thread.end()
  }
}

/** What is still to be done, and what has been found. */
class Work {
  private done: number
  private next = 0
  /** Of the texts that nobody has taken. */
  private sizeLeft: number
  private readonly large: readonly number[]
  private readonly left: readonly number[]

  constructor(
    private readonly linter: Linter,
    private readonly files: readonly LintedFile[],
    private readonly results: (FileResult | undefined)[],
    /** Who else works on it. */
    private readonly threads: number,
    private readonly onDone: (done: number, part: number) => void,
  ) {
    const open = files.flatMap((_, index) => (results[index] === undefined ? [index] : []))
    this.large = open.filter((index) => this.sizeOf(index) > MAX_SENT)
    this.left = open.filter((index) => this.sizeOf(index) <= MAX_SENT)
    this.done = files.length - open.length
    this.sizeLeft = this.left.reduce((sum, index) => sum + this.sizeOf(index), 0)
  }

  /** Places of the next few files; none when all are taken. */
  take(): readonly number[] {
    const taken: number[] = []
    const portion = Math.min(PORTION, this.sizeLeft / (LAST_PARTS * (this.threads + 1)))
    for (let size = 0; size <= portion && this.next < this.left.length; this.next++) {
      const index = this.left[this.next]!
      taken.push(index)
      size += this.sizeOf(index)
      this.sizeLeft -= this.sizeOf(index)
    }
    return taken
  }

  private sizeOf(index: number): number {
    return this.files[index]!.source.text.length
  }

  /** Does what is left, as far as nobody else takes it. */
  async here(): Promise<void> {
    this.do(this.large)
    for (let portion = this.take(); portion.length > 0; portion = this.take()) {
      this.do(portion)
      // Lets the other threads be heard.
      await setImmediate()
    }
  }

  private do(portion: readonly number[]): void {
    for (const index of portion) {
      const { source, isNamed } = this.files[index]!
      const result = this.linter.look(source, isNamed, (part) => {
        this.onDone(this.done, part)
      })
      this.found(index, result)
    }
  }

  /** What another thread is to do. */
  send(): readonly SentFile[] {
    return this.take().map((index) => {
      const { source, isNamed } = this.files[index]!
      return { index, name: source.name, text: source.text, isNamed }
    })
  }

  receive(answers: readonly SentResult[]): void {
    for (const answer of answers) {
      const { source } = this.files[answer.index]!
      if ('failed' in answer) throw new Error(`in ${quote(source.name, 200)}: ${answer.failed}`)
      const result = readResult(answer.found, source, this.linter.registry)
      if (result === undefined) throw new Error('a thread has answered what nobody can read')
      this.found(answer.index, result)
    }
  }

  private found(index: number, result: FileResult): void {
    this.results[index] = result
    this.onDone(++this.done, 0)
  }

  resultOf(index: number): FileResult {
    const result = this.results[index]
    if (result === undefined) throw new Error(`a file was not linted: ${this.files[index]?.source.name ?? ''}`)
    return result
  }
}

/** Works until there is nothing left. */
class Thread {
  readonly ended: Promise<void>
  private readonly worker: Worker
  private resolve: () => void = () => undefined
  private reject: (error: Error) => void = () => undefined
  private waiting = 0
  private work: Work | undefined

  constructor(program: URL, settings: LintOrders['settings']) {
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Told when it is waited for; until then nobody listens.
    this.ended.catch(() => undefined)
    const orders: LintOrders = { settings }
    this.worker = new Worker(program, { workerData: orders, env: {}, execArgv: [], name: 'keyward lint' })
    this.worker.on('message', (answers: readonly SentResult[]) => {
      this.heard(answers)
    })
    this.worker.on('error', (error) => {
      this.reject(new Error('a thread of `keyward lint` has failed', { cause: error }))
    })
    this.worker.on('exit', () => {
      this.reject(new Error('a thread of `keyward lint` ended before its work was done'))
    })
  }

  help(work: Work): void {
    this.work = work
    for (let portion = 0; portion < AHEAD; portion++) this.give()
  }

  end(): void {
    void this.worker.terminate()
  }

  private heard(answers: readonly SentResult[]): void {
    this.waiting--
    try {
      this.work?.receive(answers)
      this.give()
    } catch (error) {
      this.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  private give(): void {
    const files = this.work?.send() ?? []
    if (files.length > 0) {
      this.waiting++
      this.worker.postMessage(files)
    } else if (this.waiting === 0) this.resolve()
  }
}
