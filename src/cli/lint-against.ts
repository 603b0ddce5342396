/**
 * Files as they were at a git commit, for `keyward lint --against`.
 *
 * Asks the `git` of the machine. A file that had another name then has the text of that name; one that did not exist
 * has none.
 */
import { execFileSync } from 'node:child_process'
import { dirname, isAbsolute, relative } from 'node:path'
import type { EarlierFiles } from '../lint/lint.js'
import { isTerraformSource } from '../lint/templates/terraform-json.js'
import { quote } from '../text/escape.js'
import type { Result, SourceText } from '../text/source.js'
import { readersWith } from './lint-readers.js'
import { Renames } from './lint-renames.js'
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
  /** Of Terraform, whose files are read with every other one of their folder, by the name that git has for them. */
  private readonly texts = new Map<string, string | undefined>()
  private readonly folders = new Map<string, readonly string[]>()
  private renames: Renames | undefined

  constructor(private readonly commit: string) {}

  textOf(name: string): string | undefined {
    const text = this.textAt(this.at(name))
    if (text !== undefined) return text
    const moved = this.movedFrom(name)
    return moved === undefined ? undefined : this.textAt(moved)
  }

  /** The other files that Terraform read together with this one, where it stood then. */
  siblingsOf(name: string): readonly SourceText[] {
    if (!isTerraformSource(name)) return []
    const here = this.at(name)
    const own = this.textAt(here) === undefined ? (this.movedFrom(name) ?? here) : here
    const folder = own.slice(0, own.lastIndexOf(own.includes('/') ? '/' : ':') + 1)
    return this.namesIn(folder).flatMap((file): SourceText[] => {
      const other = `${folder}${file}`
      const text = other === own ? undefined : this.textAt(other)
      if (text === undefined || text.length > MAX_SIBLING_UNITS) return []
      return [{ name: dirname(name) === '.' ? file : `${dirname(name)}/${file}`, text }]
    })
  }

  private namesIn(folder: string): readonly string[] {
    const known = this.folders.get(folder)
    if (known !== undefined) return known
    const listed = git(['ls-tree', '-z', '--full-tree', '--name-only', folder]) ?? ''
    const names = listed.split('\0').filter(isTerraformSource).toSorted().slice(0, MAX_SIBLINGS)
    this.folders.set(folder, names)
    return names
  }

  private textAt(object: string): string | undefined {
    if (!isTerraformSource(object)) return git(['show', object])
    if (!this.texts.has(object)) this.texts.set(object, git(['show', object]))
    return this.texts.get(object)
  }

  /** Git is asked what has moved when the first file is not where it was. */
  private movedFrom(name: string): string | undefined {
    this.renames ??= new Renames(this.commit)
    const path = this.renames.pathBefore(name)
    return path === undefined ? undefined : `${this.commit}:${path}`
  }

  private at(name: string): string {
    const path = isAbsolute(name) ? relative(process.cwd(), name) : name
    return `${this.commit}:./${path.startsWith('./') ? path.slice(2) : path}`
  }
}

function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', maxBuffer: MAX_BYTES, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}
