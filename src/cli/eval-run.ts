/**
 * Runs `keyward eval`: files in, one answer a line out, as fast as the reader at the other end takes them.
 */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { readDocuments, type InputPart } from '../source/document-stream.js'
import { Simulator, unreadableAnswer, type Answer } from '../source/simulate.js'
import { quote } from '../text/escape.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'

export interface EvalOptions {
  readonly explain?: boolean
  readonly only?: 'decision'
  /** `name=value`. */
  readonly option?: readonly string[]
}

export interface EvalStreams {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
}

/** Written in pieces of about this many characters. */
const OUTPUT_CHUNK = 64 * 1024
const INPUT_CHUNK_BYTES = 256 * 1024

export async function runEval(
  files: readonly string[],
  options: EvalOptions,
  { stdin, stdout, stderr }: EvalStreams,
): Promise<ExitCode> {
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) {
    stderr.write(`keyward eval: ${decision.error}\n`)
    return EXIT.usage
  }
  const { explain = false, only } = options
  const simulator = new Simulator({ explain, only, decision: decision.value })
  const output = new Output(stdout)
  let status: ExitCode = EXIT.ok
  for (const file of files.length === 0 ? ['-'] : files) {
    const input = file === '-' ? stdin : createReadStream(file, { highWaterMark: INPUT_CHUNK_BYTES })
    try {
      for await (const parts of readDocuments(input)) {
        for (const part of parts) {
          for (const answer of answersTo(simulator, part)) {
            if ('error' in answer) status = EXIT.usage
            const full = output.line(JSON.stringify(answer))
            if (full !== undefined) await full
          }
        }
        // Nobody reads any more: there is nothing left to do.
        if (output.isClosed) return status
      }
    } catch (error) {
      if (!isSystemError(error)) throw error
      stderr.write(
        `keyward eval: cannot read ${quote(file, 200)}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}\n`,
      )
      status = EXIT.usage
    }
    // What one file asks is answered before the next one is opened.
    await output.flush()
  }
  return status
}

function answersTo(simulator: Simulator, part: InputPart): readonly Answer[] {
  return 'text' in part ? simulator.answer(part.text, part.line) : [unreadableAnswer(part.line, part.fault)]
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}

/** Collects lines and waits where the other end is slower. */
class Output {
  isClosed = false
  private buffered: string[] = []
  private length = 0

  constructor(private readonly stream: Writable) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `| head` has seen enough: that is no failure.
      if (error.code !== 'EPIPE') throw error
      this.isClosed = true
    })
    stream.on('close', () => {
      this.isClosed = true
    })
  }

  /** Awaits only when a piece is full, so a short line costs nothing. */
  line(text: string): Promise<void> | undefined {
    this.buffered.push(text, '\n')
    this.length += text.length + 1
    return this.length < OUTPUT_CHUNK ? undefined : this.flush()
  }

  async flush(): Promise<void> {
    if (this.length === 0 || this.isClosed) return
    const text = this.buffered.join('')
    this.buffered = []
    this.length = 0
    if (this.stream.write(text)) return
    // Whichever comes first: the stream takes more, or it will never take any again.
    const done = new AbortController()
    const closed = once(this.stream, 'close', { signal: done.signal })
    const drained = once(this.stream, 'drain', { signal: done.signal })
    await Promise.race([drained, closed]).catch(() => undefined)
    done.abort()
    await Promise.allSettled([closed, drained])
  }
}
