/**
 * Files of a git repository as they were at a commit. Asks the `git` of the machine, and nothing of the network.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'

const MAX_BYTES = 1024 * 1024 * 1024
const MAX_FILES = 100_000

export interface FilesAt {
  /** A file or folder that has what stood there then. */
  readonly path: string
  /** Takes it away again. */
  remove(): void
}

/**
 * What stood at `path` when `ref` was the state of the repository, in a folder of its own.
 * The error is one sentence.
 */
export function filesAtCommit(path: string, ref: string, isFolder: boolean): Result<FilesAt, string> {
  const folder = isFolder ? path : dirname(path)
  const commit = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])?.trim()
  if (commit === undefined || commit === '') {
    return { ok: false, error: `${quote(ref, 200)} is no commit of the git repository of ${quote(path, 200)}` }
  }
  const prefix = git(folder, ['rev-parse', '--show-prefix'])?.trim() ?? ''
  const wanted = isFolder
    ? prefix
    : `${prefix}${path.slice(folder === '.' && !path.startsWith('.') ? 0 : folder.length + 1)}`
  const listed = git(folder, [
    'ls-tree',
    '-r',
    '-z',
    '--full-tree',
    '--name-only',
    commit,
    '--',
    `:(top,literal)${wanted === '' ? '.' : wanted}`,
  ])
  const names = (listed ?? '').split('\0').filter((name) => name !== '')
  if (names.length === 0) return { ok: false, error: `${quote(path, 200)} is not in commit ${quote(ref, 200)}` }
  if (names.length > MAX_FILES) return { ok: false, error: `${quote(path, 200)} has more than ${MAX_FILES} files` }
  const target = mkdtempSync(join(tmpdir(), 'keyward-at-'))
  const remove = (): void => rmSync(target, { recursive: true, force: true })
  for (const name of names) {
    const content = gitBytes(folder, ['cat-file', 'blob', `${commit}:${name}`])
    // A link or a submodule is no file here; what it would name is read where it stands.
    if (content === undefined) continue
    const file = join(target, name.slice(isFolder ? prefix.length : 0))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return { ok: true, value: { path: isFolder ? target : join(target, wanted), remove } }
}

function git(folder: string, args: readonly string[]): string | undefined {
  return gitBytes(folder, args)?.toString('utf8')
}

function gitBytes(folder: string, args: readonly string[]): Buffer | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...args], { maxBuffer: MAX_BYTES, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
