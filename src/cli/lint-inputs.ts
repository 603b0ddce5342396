/**
 * Finds and reads the files that `keyward lint` is given: files, folders, globs, standard input.
 *
 * Paths are shown as they are given, with `/` between their parts. A file found in a folder or by a glob may be anything;
 * one that is named is meant.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { Minimatch } from 'minimatch'
import { matchesAny } from '../lint/config.js'
import { quote } from '../text/escape.js'
import type { Result, SourceText } from '../text/source.js'
import { readInput } from './input.js'
import type { ChangeFilter } from './watch.js'

export interface LintInput {
  /** `-` for standard input. */
  readonly path: string
  readonly isNamed: boolean
}

export interface LintInputs {
  readonly inputs: readonly LintInput[]
  /** One sentence for each path that cannot be read. */
  readonly errors: readonly string[]
}

const EXTENSIONS = ['.json', '.jsonc', '.yaml', '.yml', '.tf', '.tofu', '.template'] as const
/** What projects keep that is not their own. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '.git', '.terraform', 'bower_components', '__pycache__'])
const MAX_DEPTH = 64
const MAGIC = /[*?[\]{}]/

export function findInputs(paths: readonly string[], exclude: readonly string[]): LintInputs {
  const inputs = new Map<string, LintInput>()
  const errors: string[] = []
  const add = (path: string, isNamed: boolean): void => {
    const name = sep === '/' ? path : path.split(sep).join('/')
    const known = inputs.get(name)
    if (isNamed || !matchesAny(name, exclude))
      inputs.set(name, { path: name, isNamed: isNamed || known?.isNamed === true })
  }
  for (const path of paths.length === 0 ? ['.'] : paths) {
    if (path === '-') inputs.set('-', { path: '-', isNamed: true })
    else if (existsSync(path)) {
      if (statSync(path).isDirectory()) for (const file of filesUnder(path, errors)) add(file, false)
      else add(path, true)
    } else if (MAGIC.test(path)) {
      const matched = globbed(path, errors)
      if (matched.length === 0) errors.push(`no file matches ${quote(path, 200)}`)
      for (const file of matched) add(file, false)
    } else errors.push(`cannot read ${quote(path, 200)}: there is no such file`)
  }
  return { inputs: [...inputs.values()].toSorted(byPath), errors }
}

function byPath(a: LintInput, b: LintInput): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}

/** The files of a folder that may hold policies; folders that cannot be read are errors. */
function filesUnder(folder: string, errors: string[], hasExtension = isOfInterest): readonly string[] {
  const files: string[] = []
  const waiting = [{ path: folder, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next
    try {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const inner = path === '.' ? entry.name : join(path, entry.name)
        // Links are not followed into: they may lead back.
        if (entry.isDirectory()) {
          if (!SKIPPED.has(entry.name) && depth < MAX_DEPTH) waiting.push({ path: inner, depth: depth + 1 })
        } else if (hasExtension(entry.name) && isFile(inner, entry.isFile())) files.push(inner)
      }
    } catch (error) {
      errors.push(
        `cannot read the folder ${quote(path, 200)}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  return files
}

/** A link to a file is a file. */
function isFile(path: string, isPlain: boolean): boolean {
  return isPlain || (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
}

function isOfInterest(name: string): boolean {
  const lower = name.toLowerCase()
  return EXTENSIONS.some((extension) => lower.endsWith(extension))
}

function globbed(pattern: string, errors: string[]): readonly string[] {
  const matcher = new Minimatch(pattern, { dot: true, nonegate: true, nocomment: true })
  const folder = folderOf(pattern)
  if (!existsSync(folder)) return []
  return filesUnder(folder, errors, () => true).filter((file) => matcher.match(file.split(sep).join('/')))
}

/** Of what a glob may match: what stands before its first special character. */
function folderOf(pattern: string): string {
  const parts = pattern.split('/')
  const magic = parts.findIndex((part) => MAGIC.test(part))
  const base = parts.slice(0, magic).join('/')
  return base === '' ? (pattern.startsWith('/') ? '/' : '.') : base
}

/** The files and folders to watch for these paths. */
export function watchable(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return ['.']
  return paths.map((path) => (!existsSync(path) && MAGIC.test(path) ? folderOf(path) : path))
}

/** Whether a change in a folder may change what is found there; a report that is written into it does not. */
export function changeMatters(paths: readonly string[]): ChangeFilter {
  const isGlobbed = paths.some((path) => !existsSync(path) && MAGIC.test(path))
  return (changed, folder) => {
    if (isPassedOver(changed)) return false
    const name = basename(changed)
    return isGlobbed || isOfInterest(name) || !name.includes('.') || isFolder(join(folder, changed))
  }
}

/** Whether a path leads through what projects keep that is not their own. */
export function isPassedOver(path: string): boolean {
  return path.split(sep).some((part) => SKIPPED.has(part))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The error is one sentence. */
export async function readLintInput(
  { path }: LintInput,
  stdinName: string | undefined,
): Promise<Result<SourceText, string>> {
  if (path !== '-') {
    const quick = readPlain(path)
    if (quick !== undefined) return { ok: true, value: quick }
  }
  const read = await readInput(path)
  if (!read.ok || path !== '-' || stdinName === undefined) return read
  return { ok: true, value: { name: stdinName, text: read.value.text } }
}

/** Most files are small and plain, and reading one at once is far quicker than a stream. */
const MAX_PLAIN_BYTES = 4 * 1024 * 1024
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readPlain(path: string): SourceText | undefined {
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > MAX_PLAIN_BYTES) return undefined
    const bytes = readFileSync(path)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return undefined
    return { name: path, text: UTF8.decode(bytes) }
  } catch {
    // Whatever is wrong is said by the reader that comes next.
    return undefined
  }
}
