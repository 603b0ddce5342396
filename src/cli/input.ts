/**
 * Reading what a command is given: a file, or standard input for `-`.
 */
import { open } from 'node:fs/promises'
import { quote } from '../text/escape.js'
import type { Result, SourceText } from '../text/source.js'

/** No single document comes near; more is a mistake that would only eat memory. */
const MAX_BYTES = 64 * 1024 * 1024

/** The error is one sentence. */
export async function readInput(path: string): Promise<Result<SourceText, string>> {
  const name = path === '-' ? '<stdin>' : path
  try {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of await streamOf(path)) {
      size += chunk.length
      if (size > MAX_BYTES) return { ok: false, error: `${quote(name)} has more than ${MAX_BYTES / 1024 / 1024} MB` }
      chunks.push(chunk)
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return { ok: true, value: { name, text } }
  } catch (error) {
    return { ok: false, error: `cannot read ${quote(name)}: ${reason(error)}` }
  }
}

async function streamOf(path: string): Promise<AsyncIterable<Buffer>> {
  // A stream without an encoding gives buffers.
  if (path === '-') return process.stdin as AsyncIterable<Buffer>
  const file = await open(path)
  return file.createReadStream() as AsyncIterable<Buffer>
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? error.message
}
