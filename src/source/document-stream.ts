/**
 * Cuts an input into the texts of its documents: JSON Lines, or one JSON document.
 *
 * The input is never held as a whole when it is JSON Lines; a line, or a whole document, has a longest length. Knows
 * nothing of what is in a document.
 *
 * Source: jsonlines.org; RFC 8259.
 */
import { isUtf8 } from 'node:buffer'
import { readJson } from '../text/json.js'

/** A text to answer, or why there is none; `line` is where it begins in the input, from 1. */
export type InputPart =
  { readonly text: string; readonly line: number } | { readonly fault: string; readonly line: number }

const LINE_FEED = 0x0a
const BYTES_PER_MIB = 1024 * 1024
/** Of one line, or of one document that is not JSON Lines. */
const MAX_BYTES = 64 * BYTES_PER_MIB

/**
 * The documents of an input, in the order they stand there, as many at a time as one chunk completes. Each is cut out when
 * it is asked for, so that few are there at a time; all of them are to be taken before the next lot is asked for.
 */
export async function* readDocuments(
  chunks: AsyncIterable<Uint8Array | string>,
  maxBytes = MAX_BYTES,
): AsyncGenerator<Iterable<InputPart>> {
  const cutter = new Cutter(maxBytes)
  for await (const chunk of chunks) yield cutter.push(bytesOf(chunk))
  yield cutter.end()
}

interface Line {
  /** Undefined for a line that is too long to keep. */
  readonly bytes: Buffer | undefined
  readonly number: number
}

class Cutter {
  /** Undefined until the first lines have told. */
  private form: 'lines' | 'whole' | undefined
  /** What stands before the form is known, and all of a whole document; dropped when it grows too long. */
  private held: Line[] = []
  private heldBytes = 0
  private readonly pieces: Buffer[] = []
  private pieceBytes = 0
  private isTooLong = false
  private lineNumber = 1

  constructor(private readonly maxBytes: number) {}

  *push(chunk: Buffer): Generator<InputPart, void> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start)
      if (end >= 0 && this.isAtLine() && end - start <= this.maxBytes) {
        // Most lines stand whole in one chunk.
        const part = partOf(chunk, start, end, this.lineNumber)
        this.lineNumber++
        if (part !== undefined) yield part
      } else {
        this.keep(chunk.subarray(start, end < 0 ? chunk.length : end))
        if (end < 0) return
        yield* this.take(this.completeLine())
      }
      start = end + 1
    }
  }

  end(): readonly InputPart[] {
    const parts = this.pieceBytes > 0 || this.isTooLong ? this.take(this.completeLine()) : []
    // An input of one line is both; as a line it may be a list, too.
    if (this.form === undefined) this.form = this.held.filter(isNotBlank).length > 1 ? 'whole' : 'lines'
    return [...parts, ...(this.form === 'lines' ? this.flush() : [this.whole()])]
  }

  private isAtLine(): boolean {
    return this.form === 'lines' && this.pieceBytes === 0 && !this.isTooLong
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0 || this.isTooLong) return
    if (this.pieceBytes + piece.length > this.maxBytes) {
      this.isTooLong = true
      this.pieces.length = 0
      this.pieceBytes = 0
      return
    }
    this.pieces.push(piece)
    this.pieceBytes += piece.length
  }

  private completeLine(): Line {
    const only = this.pieces.length === 1 ? this.pieces[0] : undefined
    const bytes = this.isTooLong ? undefined : (only ?? Buffer.concat(this.pieces))
    const line = { bytes, number: this.lineNumber }
    this.pieces.length = 0
    this.pieceBytes = 0
    this.isTooLong = false
    this.lineNumber++
    return line
  }

  private take(line: Line): readonly InputPart[] {
    if (this.form === 'lines') return partsOf(this.partOf(line))
    this.hold(line)
    this.form ??= this.tellForm()
    return this.form === 'lines' ? this.flush() : []
  }

  private hold(line: Line): void {
    this.heldBytes += (line.bytes?.length ?? this.maxBytes) + 1
    if (this.form === 'whole' && this.heldBytes > this.maxBytes + 1) this.held = []
    else this.held.push(line)
  }

  private flush(): readonly InputPart[] {
    const parts = this.held.flatMap((line) => partsOf(this.partOf(line)))
    this.held = []
    return parts
  }

  /**
   * Lines when the first line parses alone. When it does not, and the second is a whole object all the same, these are
   * lines as well, the first of them faulty.
   */
  private tellForm(): 'lines' | 'whole' | undefined {
    const [first, second] = this.held.filter(isNotBlank)
    if (first === undefined) return undefined
    // Too long to tell by reading it.
    if (first.bytes === undefined) return 'lines'
    const text = first.bytes.toString('utf8').trim()
    if (second === undefined) return parsesAlone(text) ? 'lines' : undefined
    if (!text.startsWith('{') || second.bytes === undefined) return 'whole'
    const next = second.bytes.toString('utf8').trim()
    return next.startsWith('{') && parsesAlone(next) ? 'lines' : 'whole'
  }

  private partOf({ bytes, number }: Line): InputPart | undefined {
    if (bytes === undefined) return { fault: `the line is longer than ${this.limit()}`, line: number }
    return partOf(bytes, 0, bytes.length, number)
  }

  private whole(): InputPart {
    if (this.heldBytes > this.maxBytes + 1) {
      const fault = `the first line is no JSON text, and as one document the input is longer than ${this.limit()}`
      return { fault, line: 1 }
    }
    const bytes = Buffer.concat(this.held.flatMap((line) => [line.bytes ?? Buffer.alloc(0), Buffer.of(LINE_FEED)]))
    const text = textOf(bytes)
    return text === undefined ? { fault: 'the input is not valid UTF-8', line: 1 } : { text, line: 1 }
  }

  private limit(): string {
    return this.maxBytes >= BYTES_PER_MIB ? `${this.maxBytes / BYTES_PER_MIB} MiB` : `${this.maxBytes} bytes`
  }
}

function partsOf(part: InputPart | undefined): readonly InputPart[] {
  return part === undefined ? [] : [part]
}

/** Undefined for a blank line. */
function partOf(bytes: Buffer, start: number, end: number, line: number): InputPart | undefined {
  const text = textOf(bytes, start, end)
  if (text === undefined) return { fault: 'the line is not valid UTF-8', line }
  return text.trim() === '' ? undefined : { text, line }
}

function isNotBlank({ bytes }: Line): boolean {
  return bytes === undefined || bytes.toString('latin1').trim() !== ''
}

function parsesAlone(text: string): boolean {
  return readJson({ name: '<line>', text }).ok
}

/** Undefined for bytes that are no UTF-8. */
function textOf(bytes: Buffer, start = 0, end = bytes.length): string | undefined {
  const text = bytes.toString('utf8', start, end)
  // Only a text that has the replacement character can have lost something.
  return text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end)) ? undefined : text
}

/** The same bytes, save of a text. */
function bytesOf(chunk: Uint8Array | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
