/**
 * Reads the folder of a world from disk; `read-world.ts` does the rest.
 *
 * Folders and files whose names begin with a dot are left alone, as are files of other kinds. Links are followed, and
 * no folder is entered twice: links that run in a circle do no harm.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { quote } from '../../text/escape.js'
import type { Result, SourceText } from '../../text/source.js'
import { readWorld, type FaultyWorld } from './read-world.js'
import type { World } from './world.js'

export interface LoadLimits {
  /** 50,000 when left out. */
  readonly maxFiles?: number
  /** Of one file; 256 MiB when left out. */
  readonly maxFileBytes?: number
  /** Of all files together; 512 MiB when left out. */
  readonly maxTotalBytes?: number
}

export type LoadFailure =
  /** The folder cannot be read or is too large: one sentence. */
  { readonly kind: 'folder'; readonly message: string } | ({ readonly kind: 'files' } & FaultyWorld)

const EXTENSIONS: ReadonlySet<string> = new Set(['.json', '.jsonl', '.yaml', '.yml'])
const MAX_FOLDER_DEPTH = 32
const FILES_AT_ONCE = 64
const MIB = 1024 * 1024

export async function loadWorld(folder: string, limits: LoadLimits = {}): Promise<Result<World, LoadFailure>> {
  const files = await readFolder(folder, limits)
  if (!files.ok) return { ok: false, error: { kind: 'folder', message: files.error } }
  const world = readWorld(files.value)
  return world.ok ? world : { ok: false, error: { kind: 'files', ...world.error } }
}

/** The files of a folder, with names relative to it and `/` between their parts. */
async function readFolder(
  folder: string,
  { maxFiles = 50_000, maxFileBytes = 256 * MIB, maxTotalBytes = 512 * MIB }: LoadLimits = {},
): Promise<Result<readonly SourceText[], string>> {
  try {
    const paths = await walk(folder, maxFiles)
    if (!paths.ok) return paths
    const files: SourceText[] = []
    let total = 0
    for (let at = 0; at < paths.value.length; at += FILES_AT_ONCE) {
      const batch = paths.value.slice(at, at + FILES_AT_ONCE)
      const sizes = await Promise.all(batch.map(async (path) => (await stat(path)).size))
      total += sizes.reduce((sum, size) => sum + size, 0)
      const large = sizes.findIndex((size) => size > maxFileBytes)
      if (large >= 0) return failure(`${quote(batch[large] ?? '', 200)} has more than ${maxFileBytes / MIB} MiB`)
      if (total > maxTotalBytes) {
        return failure(`the files of ${quote(folder, 200)} have more than ${maxTotalBytes / MIB} MiB together`)
      }
      const texts = await Promise.all(batch.map(async (path) => decode(await readFile(path))))
      for (const [index, text] of texts.entries()) {
        const path = batch[index] ?? ''
        if (text === undefined) return failure(`${quote(path, 200)} is not UTF-8 text`)
        files.push({ name: relative(folder, path).split(sep).join('/'), text })
      }
    }
    return { ok: true, value: files }
  } catch (error) {
    return failure(`cannot read ${quote(folder, 200)}: ${reasonOf(error)}`)
  }
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EACCES: 'no permission to read it',
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? error.message
}

/** The paths of the files, sorted. */
async function walk(folder: string, maxFiles: number): Promise<Result<readonly string[], string>> {
  const paths: string[] = []
  const seen = new Set<string>()
  const waiting = [{ path: folder, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const real = await realpath(next.path)
    if (seen.has(real)) continue
    seen.add(real)
    if (next.depth > MAX_FOLDER_DEPTH)
      return failure(`${quote(next.path, 200)} nests deeper than ${MAX_FOLDER_DEPTH} folders`)
    for (const entry of await readdir(next.path, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const path = join(next.path, entry.name)
      // A link that leads nowhere leads to nothing that could be read.
      const found = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry
      if (found?.isDirectory() === true) waiting.push({ path, depth: next.depth + 1 })
      else if (found?.isFile() === true && EXTENSIONS.has(extname(path).toLowerCase())) paths.push(path)
      if (paths.length > maxFiles) return failure(`${quote(folder, 200)} has more than ${maxFiles} files`)
    }
  }
  return { ok: true, value: paths.toSorted() }
}
