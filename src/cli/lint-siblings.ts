/**
 * The other files of a folder that Terraform reads together with one of them.
 *
 * What cannot be read is left out: the linter says of it what it says when it is looked at itself.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isTerraformSource } from '../lint/templates/terraform-json.js'
import type { SourceText } from '../text/source.js'

/** Larger ones are left out. */
export const MAX_SIBLING_UNITS = 2 * 1024 * 1024
/** More files than these are no configuration that anybody has written. */
export const MAX_SIBLINGS = 1000

interface KeptText {
  readonly stamp: string
  readonly source: SourceText
}

export class TerraformFolders {
  /** By path; an editor asks with every key. */
  private readonly texts = new Map<string, KeptText>()

  /** @param root - what names are relative to. */
  constructor(private readonly root: string) {}

  /** @param name - of a file. */
  siblingsOf(name: string): readonly SourceText[] {
    if (!isTerraformSource(name)) return []
    const folder = dirname(name)
    return this.namesIn(folder, basename(name)).flatMap((other) => this.textOf(folder, other) ?? [])
  }

  private namesIn(folder: string, own: string): readonly string[] {
    try {
      const names = readdirSync(join(this.root, folder)).filter((name) => name !== own && isTerraformSource(name))
      return names.toSorted().slice(0, MAX_SIBLINGS)
    } catch {
      return []
    }
  }

  private textOf(folder: string, file: string): SourceText | undefined {
    const name = folder === '.' ? file : `${folder}/${file}`
    const path = join(this.root, name)
    try {
      const stats = statSync(path)
      if (!stats.isFile() || stats.size > MAX_SIBLING_UNITS) return undefined
      const stamp = `${stats.size} ${stats.mtimeMs}`
      const kept = this.texts.get(path)
      if (kept?.stamp === stamp) return kept.source
      const source = { name, text: readFileSync(path, 'utf8') }
      this.texts.set(path, { stamp, source })
      return source
    } catch {
      return undefined
    }
  }
}
