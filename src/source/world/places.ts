/**
 * Values of world files with the file they stand in.
 *
 * A large file is read in slices, so the places of a node count from the beginning of its slice; `placeOf` counts from
 * the beginning of the file again. Knows nothing of what a value means.
 */
import type { SyntaxFormat } from '../../text/read-syntax.js'
import type { SourceError, SourceText, Span } from '../../text/source.js'
import { toPointer, type SyntaxNode, type SyntaxPath } from '../../text/syntax-tree.js'

/** Something that a file says, and where. */
export interface WorldPlace {
  readonly source: SourceText
  readonly span: Span
  /** In the file, or in the value of the file where it holds several. */
  readonly pointer: string
}

/** A text that was read by itself: a whole file or a part of one. */
export interface Slice {
  readonly file: SourceText
  readonly format: SyntaxFormat
  readonly text: string
  /** Where `text` begins in the file. */
  readonly offset: number
  /** False where the file holds several values, so that a pointer does not lead to one of them. */
  readonly isOnlyValue: boolean
}

export interface Located {
  readonly slice: Slice
  readonly node: SyntaxNode
  readonly path: SyntaxPath
}

export function placeOf({ slice, node, path }: Located): WorldPlace {
  const { file, offset } = slice
  return placeAt(file, { start: node.start + offset, end: node.end + offset }, path)
}

function placeAt(source: SourceText, span: Span, path: SyntaxPath): WorldPlace {
  return {
    source,
    span,
    // Made when somebody asks: a world has very many places, and few are ever shown.
    get pointer() {
      return toPointer(path)
    },
  }
}

/** Of a whole object or list only its first character: nobody needs to see all of it underlined. */
export function headOf({ slice, node, path }: Located): WorldPlace {
  const start = node.start + slice.offset
  const isLong = node.kind === 'object' || node.kind === 'array'
  const end = isLong ? Math.min(node.start + 1, node.end) : node.end
  return placeAt(slice.file, { start, end: end + slice.offset }, path)
}

export function errorAt(located: Located, message: string, hint?: string): SourceError {
  return { message, ...headOf(located), ...(hint === undefined ? {} : { hint }) }
}

/** A member's value; undefined where there is none or it is null. */
export function member(located: Located, key: string): Located | undefined {
  if (located.node.kind !== 'object') return undefined
  const found = located.node.members.find((each) => each.key === key)?.value
  if (found === undefined || found.kind === 'null') return undefined
  return { slice: located.slice, node: found, path: [...located.path, key] }
}

/** The members of an object with their values. */
export function membersOf(located: Located): readonly (readonly [key: string, value: Located])[] {
  if (located.node.kind !== 'object') return []
  return located.node.members.map(
    ({ key, value }) => [key, { slice: located.slice, node: value, path: [...located.path, key] }] as const,
  )
}

export function itemsOf(located: Located | undefined): readonly Located[] {
  if (located?.node.kind !== 'array') return []
  return located.node.items.map((node, index) => ({ slice: located.slice, node, path: [...located.path, index] }))
}

export function textOf(located: Located | undefined): string | undefined {
  return located?.node.kind === 'string' ? located.node.value : undefined
}

export function memberText(located: Located, key: string): string | undefined {
  return textOf(member(located, key))
}
