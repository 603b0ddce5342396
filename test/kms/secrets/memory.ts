/** All that a process can write to in its memory, in pieces that overlap; nothing where the system does not show it. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const PIECE = 1 << 22
/** As long as what is looked for may be. */
const OVERLAP = 256

export function* memoryOf(pid: number): Generator<Buffer, void> {
  let memory: number
  let maps: string
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'latin1')
    memory = openSync(`/proc/${pid}/mem`, 'r')
  } catch {
    return
  }
  for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
    const end = Number.parseInt(to, 16)
    for (let at = Number.parseInt(from, 16); at < end; at += PIECE) {
      const piece = Buffer.alloc(Math.min(PIECE + OVERLAP, end - at))
      try {
        yield piece.subarray(0, readSync(memory, piece, 0, piece.length, at))
      } catch {
        // Reserved, and nothing there.
      }
    }
  }
  closeSync(memory)
}
