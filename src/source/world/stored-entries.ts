/**
 * A file of numbered texts, each of which can be read without the others.
 *
 * First the texts, then a table with the place, the length and a hash of each, then a head; a hash in the last line
 * covers table and head. So whatever is read is known to be what was written, and reading a few texts of a large file
 * costs no more than those. Knows nothing of what the texts say.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { newSha256 } from './sha256.js'

const MAGIC = 'keyward entries 1\n'
/** Offset as a double, length as an unsigned integer of 32 bits, and the first bytes of a hash. */
const ROW_BYTES = 20
const HASH_BYTES = 8
const TRAILER_BYTES = 128
const CHUNK_BYTES = 1024 * 1024
/** More entries than the largest folder could give. */
const MAX_ENTRIES = 50_000_000

function hashOf(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = newSha256()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Writes to an open, empty file. Throws what the file system throws. */
export class EntryWriter {
  private readonly offsets: number[] = []
  private readonly lengths: number[] = []
  private readonly hashes: Buffer[] = []
  private chunks: Buffer[] = []
  private chunkBytes = 0
  private at: number

  constructor(private readonly file: number) {
    this.at = 0
    this.put(Buffer.from(MAGIC))
  }

  /** Answers the number of the entry: they count from 0. */
  add(text: string): number {
    const bytes = Buffer.from(text)
    this.offsets.push(this.at)
    this.lengths.push(bytes.length)
    this.hashes.push(hashOf(bytes).subarray(0, HASH_BYTES))
    this.put(bytes)
    return this.offsets.length - 1
  }

  finish(head: string): void {
    const tableOffset = this.at
    const table = Buffer.alloc(this.offsets.length * ROW_BYTES)
    for (const [index, offset] of this.offsets.entries()) {
      const row = index * ROW_BYTES
      table.writeDoubleLE(offset, row)
      table.writeUInt32LE(this.lengths[index] ?? 0, row + 8)
      this.hashes[index]?.copy(table, row + 12)
    }
    const headBytes = Buffer.from(head)
    const places = `${tableOffset} ${this.offsets.length} ${headBytes.length}`
    this.put(table)
    this.put(headBytes)
    this.put(Buffer.from(`${places} ${hashOf(places, table, headBytes).toString('hex')}`.padEnd(TRAILER_BYTES)))
    this.flush()
  }

  private put(bytes: Buffer): void {
    this.chunks.push(bytes)
    this.chunkBytes += bytes.length
    this.at += bytes.length
    if (this.chunkBytes >= CHUNK_BYTES) this.flush()
  }

  private flush(): void {
    const bytes = Buffer.concat(this.chunks)
    for (let done = 0; done < bytes.length; done += writeSync(this.file, bytes, done));
    this.chunks = []
    this.chunkBytes = 0
  }
}

export class EntryReader {
  private constructor(
    private readonly file: number,
    private readonly table: Buffer,
    readonly head: string,
  ) {}

  /** Undefined for a file that is missing, damaged, or could have been written by somebody else. */
  static open(path: string): EntryReader | undefined {
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      const reader = isOwn(file) ? EntryReader.of(file) : undefined
      if (reader === undefined) closeSync(file)
      return reader
    } catch {
      if (file !== undefined) closeSync(file)
      return undefined
    }
  }

  private static of(file: number): EntryReader | undefined {
    const { size } = fstatSync(file)
    const trailer = readAt(file, size - TRAILER_BYTES, TRAILER_BYTES)?.toString('latin1')
    const match =
      trailer === undefined ? null : /^([0-9]{1,15}) ([0-9]{1,9}) ([0-9]{1,9}) ([0-9a-f]{64}) *$/.exec(trailer)
    if (match === null) return undefined
    const [tableOffset, count, headLength] = match.slice(1, 4).map(Number) as [number, number, number]
    const tableLength = count * ROW_BYTES
    if (count > MAX_ENTRIES || tableOffset + tableLength + headLength + TRAILER_BYTES !== size) return undefined
    const bytes = readAt(file, tableOffset, tableLength + headLength)
    if (bytes === undefined) return undefined
    const table = bytes.subarray(0, tableLength)
    const head = bytes.subarray(tableLength)
    const places = `${tableOffset} ${count} ${headLength}`
    if (hashOf(places, table, head).toString('hex') !== match[4]) return undefined
    return new EntryReader(file, table, head.toString())
  }

  /** Undefined where the file no longer has what was written. */
  read(entry: number): string | undefined {
    const row = entry * ROW_BYTES
    if (entry < 0 || row >= this.table.length) return undefined
    const bytes = readAt(this.file, this.table.readDoubleLE(row), this.table.readUInt32LE(row + 8))
    if (bytes === undefined) return undefined
    const isWhole = hashOf(bytes).compare(this.table, row + 12, row + ROW_BYTES, 0, HASH_BYTES) === 0
    return isWhole ? bytes.toString() : undefined
  }

  close(): void {
    closeSync(this.file)
  }
}

/** Nobody but this user may have written it. */
function isOwn(file: number): boolean {
  const { uid, mode } = fstatSync(file)
  const user = process.getuid?.()
  return user === undefined || (uid === user && (mode & 0o022) === 0)
}

function readAt(file: number, offset: number, length: number): Buffer | undefined {
  if (offset < 0) return undefined
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const read = readSync(file, bytes, done, length - done, offset + done)
    if (read === 0) return undefined
    done += read
  }
  return bytes
}
