/**
 * The files of one folder, which Terraform reads as one configuration, as one of them is looked at: its own text with
 * the others behind it, so that every place tells which file it is in.
 *
 * Source: Terraform language, "Files and Directories".
 */
import { readJson } from '../../text/json.js'
import type { SourceText, Span } from '../../text/source.js'
import type { ObjectNode } from '../../text/syntax-tree.js'
import { readHcl, type HclBlock } from './hcl.js'
import { blocksOfJson, isTerraformJson } from './terraform-json.js'
import { movedTo } from './tree-places.js'

/** Of the other files together; what is beyond is as unknown as if it were not there. */
const MAX_UNITS = 2 * 1024 * 1024

export interface TerraformModule {
  readonly text: string
  readonly blocks: readonly HclBlock[]
  /** Whether a place is in the file that is looked at. */
  readonly isOwn: (span: Span) => boolean
  /** Blocks of all files by the names of the files: the same order whichever of them is looked at. */
  readonly inOrder: readonly HclBlock[]
}

/** @param root - of a file that is written as JSON. */
export function readModule(
  own: SourceText,
  root: ObjectNode | undefined,
  others: readonly SourceText[],
): TerraformModule {
  const { name, text } = own
  const length = text.length
  const blocks = root === undefined ? readHcl(text).blocks : blocksOfJson(root, text)
  const files = [{ name, blocks }]
  let joined = text
  for (const other of others) {
    if (joined.length - length + other.text.length > MAX_UNITS || !mayMatter(other.text)) continue
    const start = joined.length + 1
    joined = `${joined}\n${other.text}`
    files.push({ name: other.name, blocks: blocksFrom(other, joined, start) })
  }
  const byName = files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return {
    text: joined,
    blocks: files.flatMap((file) => file.blocks),
    isOwn: (span) => span.start < length,
    inOrder: byName.flatMap((file) => file.blocks),
  }
}

/** Of the file at the end of a text. */
function blocksFrom(file: SourceText, text: string, start: number): readonly HclBlock[] {
  if (!isTerraformJson(file.name)) return readHcl(text, start).blocks
  const tree = readJson(file)
  const root = tree.ok ? movedTo(tree.value, -start) : undefined
  return root?.kind === 'object' ? blocksOfJson(root, text) : []
}

function mayMatter(text: string): boolean {
  return text.includes('locals') || text.includes('variable') || text.includes('aws_')
}
