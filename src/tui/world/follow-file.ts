/**
 * A file that grows, followed as `tail -F` does: a file that is replaced or cut short is read anew from its beginning,
 * one that is not there yet is waited for.
 */
import { open, stat, type FileHandle } from 'node:fs/promises'
import type { EventSource, EventText } from './event-loader.js'
import { pause } from './pause.js'

/** Watching a folder does not work everywhere; asking does. */
const ASK_EVERY_MS = 200
const CHUNK_BYTES = 64 * 1024

export function followFile(path: string): EventSource {
  return {
    name: path,
    follows: true,
    async *texts(signal, onIdle) {
      while (!signal.aborted) {
        const file = await opened(path)
        if (file === undefined) {
          onIdle()
          await pause(ASK_EVERY_MS, signal)
          continue
        }
        try {
          yield { name: path, pieces: () => pieces(file, path, signal, onIdle) } satisfies EventText
        } finally {
          await file.close()
        }
      }
    },
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Ends when the file is another one, or shorter than what has been read. */
async function* pieces(
  file: FileHandle,
  path: string,
  signal: AbortSignal,
  onIdle: () => void,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  const buffer = Buffer.alloc(CHUNK_BYTES)
  const { ino, dev } = await file.stat()
  let position = 0
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position)
    if (bytesRead > 0) {
      position += bytesRead
      const text = decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
      if (text !== '') yield text
      continue
    }
    onIdle()
    const now = await statOf(path)
    // While it is being replaced there may be none; whoever replaces it may still be writing to the old one.
    if (now !== undefined && (now.ino !== ino || now.dev !== dev || now.size < position)) return
    await pause(ASK_EVERY_MS, signal)
  }
}

async function statOf(
  path: string,
): Promise<{ readonly ino: number; readonly dev: number; readonly size: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
