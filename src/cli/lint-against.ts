/**
 * Files as they were at a git commit, for `keyward lint --against`.
 *
 * Asks the `git` of the machine; a file that did not exist then has no text.
 */
import { execFileSync } from 'node:child_process'
import { basename, dirname, isAbsolute, relative } from 'node:path'
import type { EarlierFiles } from '../lint/lint.js'
import { isTerraformSource } from '../lint/templates/terraform-json.js'
import { quote } from '../text/escape.js'
import type { Result, SourceText } from '../text/source.js'
import { readersWith } from './lint-readers.js'
import { MAX_SIBLINGS, MAX_SIBLING_UNITS } from './lint-siblings.js'

const MAX_BYTES = 256 * 1024 * 1024

/** The error is one sentence. */
export function filesAt(ref: string): Result<EarlierFiles, string> {
  const commit = git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
  if (commit === undefined) return { ok: false, error: `${quote(ref, 200)} is no commit of a git repository here` }
  const files = new FilesAtCommit(commit.trim())
  return {
    ok: true,
    value: {
      textOf: (name) => files.textOf(name),
      readers: readersWith((name) => files.siblingsOf(name)),
    },
  }
}

class FilesAtCommit {
  /** Of Terraform, whose files are read with every other one of their folder. */
  private readonly texts = new Map<string, string | undefined>()
  private readonly folders = new Map<string, readonly string[]>()

  constructor(private readonly commit: string) {}

  textOf(name: string): string | undefined {
    if (!isTerraformSource(name)) return this.read(name)
    if (!this.texts.has(name)) this.texts.set(name, this.read(name))
    return this.texts.get(name)
  }

  /** The other files that Terraform reads together with this one. */
  siblingsOf(name: string): readonly SourceText[] {
    if (!isTerraformSource(name)) return []
    const folder = dirname(name)
    return this.namesIn(folder).flatMap((file): SourceText[] => {
      const other = folder === '.' ? file : `${folder}/${file}`
      const text = file === basename(name) ? undefined : this.textOf(other)
      return text === undefined || text.length > MAX_SIBLING_UNITS ? [] : [{ name: other, text }]
    })
  }

  private namesIn(folder: string): readonly string[] {
    const known = this.folders.get(folder)
    if (known !== undefined) return known
    const listed = git(['ls-tree', '-z', '--full-tree', '--name-only', this.at(folder)]) ?? ''
    const names = listed.split('\0').filter(isTerraformSource).toSorted().slice(0, MAX_SIBLINGS)
    this.folders.set(folder, names)
    return names
  }

  private read(name: string): string | undefined {
    return git(['show', this.at(name)])
  }

  private at(name: string): string {
    const path = isAbsolute(name) ? relative(process.cwd(), name) : name
    // In a folder of the repository `./.` names nothing.
    return `${this.commit}:./${path === '.' ? '' : path.startsWith('./') ? path.slice(2) : path}`
  }
}

function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', maxBuffer: MAX_BYTES, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
