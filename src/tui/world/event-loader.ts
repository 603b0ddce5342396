/**
 * Events read and grouped while the program runs: in slices, so that keys and frames have their turn.
 *
 * Where events come from is told by an `EventSource`: a file, a file that grows, a server.
 */
import type { Feed } from '../app/view.js'
import { QuestionGroups } from '../../source/answer/grouped-questions.js'
import { readCloudTrailStream } from '../../source/asked/cloudtrail.js'
import type { Question } from '../../source/asked/question.js'
import type { Asking } from './asking.js'

export interface EventSource {
  /** As the user called it. */
  readonly name: string
  /** Whether more may come behind the end. */
  readonly follows: boolean
  /** Characters in all, where that is known before reading; for progress alone. */
  readonly length?: number
  /**
   * Texts of records, one after the other, each in pieces. Ends when `signal` is aborted.
   *
   * @param onIdle - to be called when all that is there has been read and more may come.
   */
  texts(signal: AbortSignal, onIdle: () => void): AsyncIterable<EventText>
}

export interface EventText {
  readonly name: string
  pieces(): AsyncIterable<string>
}

export interface LoaderOptions {
  readonly asking: Asking
  /** What the flags say of every question. */
  readonly complete: (question: Question) => Question
  /** Called now and then, and at the end. */
  readonly onFeed: (feed: Feed) => void
  /** Milliseconds; only differences are used. */
  readonly nowMs: () => number
  /** Resolves when everything else has had its turn. */
  readonly pause: () => Promise<void>
  readonly signal: AbortSignal
}

/** More often nobody can read it. */
const TELL_EVERY_MS = 250
/** What comes first is worth more than to be read in peace. */
const FIRST_TELL_MS = 40
const SLICE_MS = 8

/** Resolves at the end of the source, or when it is aborted. Why reading failed stands in the last feed. */
export async function loadEvents(source: EventSource, options: LoaderOptions): Promise<void> {
  const loader = new Loader(source, options)
  try {
    for await (const text of source.texts(options.signal, () => loader.onIdle())) await loader.read(text)
    loader.tell('read')
  } catch (error) {
    if (!(error instanceof Error)) throw error
    loader.tell('read', error.message)
  }
}

class Loader {
  private readonly groups: QuestionGroups
  private records = 0
  private characters = 0
  private toldMs: number
  private toldRecords = 0
  private isFirst = true
  private sliceMs: number

  constructor(
    private readonly source: EventSource,
    private readonly options: LoaderOptions,
  ) {
    this.groups = new QuestionGroups(options.asking.answerer)
    this.toldMs = options.nowMs()
    this.sliceMs = this.toldMs
  }

  async read(text: EventText): Promise<void> {
    const { asking, complete, nowMs, pause, signal } = this.options
    for await (const items of readCloudTrailStream(text.name, this.counting(text.pieces()), {
      names: asking.answerer.names,
    })) {
      for (const item of items) {
        this.records++
        if (item.ok) this.groups.add(complete(item.value))
        else this.groups.notUnderstood(item.error)
        if (nowMs() - this.sliceMs < SLICE_MS) continue
        const wait = this.isFirst ? FIRST_TELL_MS : TELL_EVERY_MS
        if (nowMs() - this.toldMs >= wait) this.tell(this.source.follows ? 'following' : 'reading')
        await pause()
        if (signal.aborted) return
        this.sliceMs = nowMs()
      }
    }
  }

  /** What has come is to be seen before more does. */
  onIdle(): void {
    if (this.records !== this.toldRecords || this.isFirst) this.tell('following')
  }

  private async *counting(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
    for await (const piece of pieces) {
      this.characters += piece.length
      yield piece
    }
  }

  tell(state: Feed['state'], failure?: string): void {
    const { name, length } = this.source
    const done = length === undefined || length === 0 ? undefined : Math.min(this.characters / length, 1)
    this.toldMs = this.options.nowMs()
    this.toldRecords = this.records
    this.isFirst = false
    this.options.onFeed({
      grouped: this.groups.finish(),
      read: this.records,
      state,
      name,
      ...(done === undefined || state !== 'reading' ? {} : { done }),
      ...(failure === undefined ? {} : { failure }),
    })
  }
}
