/**
 * Reading what a command is given: a file, or standard input for `-`; packed with gzip or not.
 *
 * A text is opened and looked at before it is read to its end, since what it is decides how much of it may be kept.
 */
import { isAscii } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { quote } from '../text/escape.js'
import type { Result, SourceText } from '../text/source.js'

/** No single document comes near; more is a mistake that would only eat memory. */
const MAX_BYTES = 256 * 1024 * 1024
/** Enough to tell what a text is. */
const HEAD_LENGTH = 64 * 1024

export interface OpenedText {
  /** The path as given, or `<stdin>`. */
  readonly name: string
  /** How the text begins. */
  readonly head: string
  /** The whole text, once. The error is one sentence. */
  read(): Promise<Result<SourceText, string>>
  /** The whole text in pieces, once. Throws an `UnreadableInput` where it breaks off. */
  pieces(): AsyncIterable<string>
}

/** Thrown while a text is read in pieces, since an iteration has no other way to say it. */
export class UnreadableInput extends Error {}

/** The error is one sentence. */
export async function openInput(path: string): Promise<Result<OpenedText, string>> {
  const name = path === '-' ? '<stdin>' : path
  try {
    const texts = decoded(await unpacked(await streamOf(path)))
    let head = ''
    let isEnd = false
    while (head.length < HEAD_LENGTH && !isEnd) {
      const next = await texts.next()
      if (next.done === true) isEnd = true
      else head += next.value
    }
    const pieces = (): AsyncIterable<string> => after(name, head, isEnd ? undefined : texts)
    return { ok: true, value: { name, head, pieces, read: () => readAll(name, pieces()) } }
  } catch (error) {
    return { ok: false, error: unreadable(name, error) }
  }
}

/** A whole text. The error is one sentence. */
export async function readInput(path: string): Promise<Result<SourceText, string>> {
  const opened = await openInput(path)
  return opened.ok ? opened.value.read() : opened
}

async function readAll(name: string, pieces: AsyncIterable<string>): Promise<Result<SourceText, string>> {
  const texts: string[] = []
  let size = 0
  try {
    for await (const piece of pieces) {
      size += Buffer.byteLength(piece)
      if (size > MAX_BYTES) return { ok: false, error: `${quote(name)} has more than ${MAX_BYTES / 1024 / 1024} MB` }
      texts.push(piece)
    }
    return { ok: true, value: { name, text: texts.join('') } }
  } catch (error) {
    return { ok: false, error: error instanceof UnreadableInput ? error.message : unreadable(name, error) }
  }
}

async function* after(
  name: string,
  head: string,
  rest: AsyncGenerator<string, void> | undefined,
): AsyncGenerator<string, void> {
  yield head
  if (rest === undefined) return
  try {
    yield* rest
  } catch (error) {
    throw new UnreadableInput(unreadable(name, error))
  }
}

async function streamOf(path: string): Promise<AsyncIterable<Buffer>> {
  // A stream without an encoding gives buffers.
  if (path === '-') return process.stdin as AsyncIterable<Buffer>
  return bytesOf(await open(path))
}

const PIECE_BYTES = 128 * 1024

/** All in one buffer: what it has is good until the next piece is asked for. New ones are new memory, page by page. */
async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Files of CloudTrail are packed; their first two bytes say so. */
async function unpacked(stream: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const bytes = stream[Symbol.asyncIterator]()
  const first = await bytes.next()
  async function* all(): AsyncGenerator<Buffer, void> {
    // Who unpacks reads ahead.
    for (let next = first; next.done !== true; next = await bytes.next()) {
      yield isPacked ? Buffer.from(next.value) : next.value
    }
  }
  const isPacked = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b
  if (!isPacked) return all()
  const source = Readable.from(all())
  const { createGunzip } = await import('node:zlib')
  const unzip = createGunzip()
  source.on('error', (error) => unzip.destroy(error))
  return source.pipe(unzip) as AsyncIterable<Buffer>
}

/** Most texts are plain ASCII, which needs no decoding and makes strings of one byte a character. */
async function* decoded(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  /** Whether a character may have begun whose end comes with the next piece. */
  let isOpen = false
  let isFirst = true
  for await (const chunk of stream) {
    if (!isOpen && decoder?.encoding !== UTF_16 && isAscii(chunk)) {
      if (chunk.length > 0) yield chunk.toString('latin1')
    } else {
      // A byte order mark is one at the beginning alone.
      decoder ??= new TextDecoder(encodingOf(chunk, isFirst), { fatal: true, ignoreBOM: !isFirst })
      const text = decoder.decode(chunk, { stream: true })
      isOpen = (chunk.at(-1) ?? 0) >= 0x80
      if (text !== '') yield text
    }
    isFirst &&= chunk.length === 0
  }
  const rest = decoder?.decode() ?? ''
  if (rest !== '') yield rest
}

const UTF_16 = 'utf-16le'

/** Windows PowerShell redirects into UTF-16, and says so by its byte order mark. */
function encodingOf(chunk: Buffer, isFirst: boolean): string {
  return isFirst && chunk[0] === 0xff && chunk[1] === 0xfe ? UTF_16 : 'utf-8'
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
  Z_DATA_ERROR: 'it is packed with gzip and damaged',
  Z_BUF_ERROR: 'it is packed with gzip and cut off',
}

function unreadable(name: string, error: unknown): string {
  return `cannot read ${quote(name)}: ${reason(error)}`
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? error.message
}
