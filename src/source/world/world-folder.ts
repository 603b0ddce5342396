/**
 * The folder of a world on disk: which files it has, by what it can be told that one has changed, and their texts.
 *
 * Folders and files whose names begin with a dot are left alone, as are files of other kinds. Links are followed, and
 * no folder is entered twice: links that run in a circle do no harm. Reads one file after the other: that many small
 * files cost more to hand to other threads than to read.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { sep } from 'node:path'
import { quote } from '../../text/escape.js'
import type { Result, SourceText } from '../../text/source.js'
import type { Steps } from './world-progress.js'

export interface LoadLimits {
  /** 50,000 when left out. */
  readonly maxFiles?: number
  /** Of one file; 256 MiB when left out. */
  readonly maxFileBytes?: number
  /** Of all files together; 512 MiB when left out. */
  readonly maxTotalBytes?: number
}

export interface FolderFile {
  readonly path: string
  /** Relative to the folder, with `/` between its parts. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly stamp: string
}

export interface WorldFolder {
  readonly path: string
  /** In the order of their names. */
  readonly files: readonly FolderFile[]
  /** Names of the first files of other kinds, which may have been meant; in their order. */
  readonly others: readonly string[]
  /** Of all files together. */
  readonly bytes: number
  /** When the last of the files was written or renamed, in nanoseconds since the epoch. */
  readonly changedAtNs: bigint
}

const EXTENSIONS = ['.json', '.jsonl', '.yaml', '.yml'] as const
const MAX_FOLDER_DEPTH = 32
const MIB = 1024 * 1024
const MAX_OTHERS = 1000

/** What tells a file from another, and from itself before a change: size, both times, and which file it is. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`
}

/** Tells how many files have been found. The error is one sentence. */
export function* listFolder(
  folder: string,
  { maxFiles = 50_000, maxFileBytes = 256 * MIB, maxTotalBytes = 512 * MIB }: LoadLimits = {},
): Steps<number, Result<WorldFolder, string>> {
  try {
    const paths = yield* walk(folder, maxFiles)
    if (!paths.ok) return paths
    const start = folder.endsWith('/') || folder.endsWith(sep) ? folder.length : folder.length + 1
    const files: FolderFile[] = []
    let bytes = 0
    let changedAtNs = 0n
    const { value } = paths
    for (const path of value.files.toSorted()) {
      const stats = statSync(path, { bigint: true })
      const size = Number(stats.size)
      bytes += size
      if (size > maxFileBytes) return failure(`${quote(path, 200)} has more than ${maxFileBytes / MIB} MiB`)
      if (bytes > maxTotalBytes) {
        return failure(`the files of ${quote(folder, 200)} have more than ${maxTotalBytes / MIB} MiB together`)
      }
      if (stats.ctimeNs > changedAtNs) changedAtNs = stats.ctimeNs
      const name = path.slice(start)
      files.push({ path, name: withSlashes(name), size, stamp: stampOf(stats) })
      yield value.files.length
    }
    const others = value.others.map((path) => withSlashes(path.slice(start))).toSorted()
    return { ok: true, value: { path: folder, files, others, bytes, changedAtNs } }
  } catch (error) {
    return failure(unreadable(folder, error))
  }
}

function withSlashes(name: string): string {
  return sep === '/' ? name : name.split(sep).join('/')
}

/** The texts of the files. Tells how many bytes have been read; the error is one sentence. */
export function* readFolder({
  path: folder,
  files,
}: WorldFolder): Steps<number, Result<readonly SourceText[], string>> {
  try {
    const texts: SourceText[] = []
    let bytes = 0
    for (const { path, name, size } of files) {
      const text = textOf(readFileSync(path))
      if (text === undefined) return failure(`${quote(path, 200)} is not UTF-8 text`)
      texts.push({ name, text })
      bytes += size
      yield bytes
    }
    return { ok: true, value: texts }
  } catch (error) {
    return failure(unreadable(folder, error))
  }
}

/** Without a byte order mark; undefined where it is neither UTF-8 nor the UTF-16 that Windows PowerShell writes. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16Of(bytes)
  if (!isUtf8(bytes)) return undefined
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', hasMark ? 3 : 0)
}

function utf16Of(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-16le', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EACCES: 'no permission to read it',
}

function unreadable(folder: string, error: unknown): string {
  return `cannot read ${quote(folder, 200)}: ${reasonOf(error)}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? error.message
}

interface Walked {
  readonly files: readonly string[]
  readonly others: readonly string[]
}

/** The paths of the files. Tells how many there are so far. */
function* walk(folder: string, maxFiles: number): Steps<number, Result<Walked, string>> {
  const paths: string[] = []
  const others: string[] = []
  const seen = new Set<string>()
  const waiting = [{ path: folder, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const real = realpathSync(next.path)
    if (seen.has(real)) continue
    seen.add(real)
    if (next.depth > MAX_FOLDER_DEPTH)
      return failure(`${quote(next.path, 200)} nests deeper than ${MAX_FOLDER_DEPTH} folders`)
    const prefix = next.path.endsWith('/') || next.path.endsWith(sep) ? next.path : `${next.path}${sep}`
    for (const entry of readdirSync(next.path, { withFileTypes: true })) {
      const { name } = entry
      if (name.startsWith('.')) continue
      const path = prefix + name
      const found = entry.isSymbolicLink() ? followed(path) : entry
      if (found?.isDirectory() === true) waiting.push({ path, depth: next.depth + 1 })
      else if (found?.isFile() === true && isOfWorld(name)) paths.push(path)
      else if (found?.isFile() === true && others.length < MAX_OTHERS) others.push(path)
      if (paths.length > maxFiles) return failure(`${quote(folder, 200)} has more than ${maxFiles} files`)
    }
    yield paths.length
  }
  return { ok: true, value: { files: paths, others } }
}

function isOfWorld(name: string): boolean {
  const lower = name.toLowerCase()
  return EXTENSIONS.some((extension) => lower.endsWith(extension))
}

/** A link that leads nowhere leads to nothing that could be read. */
function followed(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
