/**
 * Which files of the working tree had another name at a git commit, as `git diff -M` tells it.
 *
 * Git counts only files that it tracks, so those that are not yet added are put into a copy of its index. The repository
 * itself is left as it is: no index is refreshed, no object written. Where anything fails, no file has moved.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join, posix, relative, sep } from 'node:path'

/** Beyond this many new and as many deleted files git compares by name and hash alone. */
const MOST_COMPARED = 1000
/** More untracked files than these are no move of policies. */
const MAX_UNTRACKED = 10_000
const MAX_BYTES = 256 * 1024 * 1024
const MAX_MS = 60_000

export class Renames {
  private readonly before: ReadonlyMap<string, string>
  /** Of the current folder in its repository; with a `/` at its end. */
  private readonly prefix: string

  /** @param commit - its hash. */
  constructor(commit: string) {
    this.prefix = git(['rev-parse', '--show-prefix'])?.replace(/\n$/, '') ?? ''
    this.before = renamedSince(commit)
  }

  /** The path in the repository that a file of this name had; undefined where it is new, or has not moved. */
  pathBefore(name: string): string | undefined {
    const path = isAbsolute(name) ? relative(process.cwd(), name) : name
    return this.before.get(posix.normalize(this.prefix + path.split(sep).join('/')))
  }
}

/** Earlier paths by present ones, both from the root of the repository. */
function renamedSince(commit: string): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-index-'))
  try {
    const index = git(['rev-parse', '--git-path', 'index'])?.replace(/\n$/, '')
    if (index === undefined) return new Map()
    const copy = join(folder, 'index')
    copyFileSync(index, copy)
    addUntracked(copy)
    const asked = ['--name-status', '-z', '-M', `-l${MOST_COMPARED}`, '--diff-filter=R', '--no-rename-empty']
    const plain = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all']
    return readRenames(git(['-c', 'diff.relative=false', 'diff', ...asked, ...plain, commit, '--'], copy) ?? '')
  } catch {
    return new Map()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Their content is not asked of an index; that of nothing stands for it. */
function addUntracked(index: string): void {
  const listed = git(['ls-files', '--others', '--exclude-standard', '--full-name', '-z', '--', ':/'], index) ?? ''
  // A repository inside this one has a name that ends with `/`.
  const names = listed.split('\0').filter((name) => name !== '' && !name.endsWith('/'))
  if (names.length === 0 || names.length > MAX_UNTRACKED) return
  const nothing = git(['hash-object', '--stdin'])?.trim() ?? ''
  git(['update-index', '-z', '--index-info'], index, names.map((name) => `100644 ${nothing} 0\t${name}\0`).join(''))
}

/** @param listed - a status, the earlier and the present path of each, with NUL behind every one. */
function readRenames(listed: string): ReadonlyMap<string, string> {
  const parts = listed.split('\0')
  const renames = new Map<string, string>()
  for (let at = 0; at + 2 < parts.length; at += 3) renames.set(parts[at + 2]!, parts[at + 1]!)
  return renames
}

function git(args: readonly string[], index?: string, input = ''): string | undefined {
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', ...(index === undefined ? {} : { GIT_INDEX_FILE: index }) }
  const stdio: readonly ['pipe', 'pipe', 'ignore'] = ['pipe', 'pipe', 'ignore']
  try {
    return execFileSync('git', args, {
      encoding: 'utf8',
      input,
      env,
      maxBuffer: MAX_BYTES,
      timeout: MAX_MS,
      stdio: [...stdio],
    })
  } catch {
    return undefined
  }
}
