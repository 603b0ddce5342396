/**
 * Files as they were at a git commit, for `keyward lint --against`.
 *
 * Asks the `git` of the machine; a file that did not exist then has no text.
 */
import { execFileSync } from 'node:child_process'
import { isAbsolute, relative } from 'node:path'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'

const MAX_BYTES = 256 * 1024 * 1024

/** The error is one sentence. */
export function filesAt(ref: string): Result<(name: string) => string | undefined, string> {
  const commit = git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
  if (commit === undefined) return { ok: false, error: `${quote(ref, 200)} is no commit of a git repository here` }
  const id = commit.trim()
  return {
    ok: true,
    value(name) {
      const path = isAbsolute(name) ? relative(process.cwd(), name) : name
      return git(['show', `${id}:./${path.startsWith('./') ? path.slice(2) : path}`])
    },
  }
}

function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', maxBuffer: MAX_BYTES, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
