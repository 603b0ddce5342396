/**
 * Places in policies: where a part of a statement stands, with line and column.
 */
import { locate, type PolicyPart } from '../policy/locate.js'
import type { PolicyDocument } from '../policy/document.js'
import { positionAt, type SourceText, type Span } from '../text/source.js'

export interface Place {
  readonly source: SourceText
  readonly span: Span
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  /** JSON pointer in the source. */
  readonly pointer: string
}

/** Null when the document has no such part: an element that is missing stands nowhere. */
export function placeOf(document: PolicyDocument, part: PolicyPart): Place | null {
  const found = locate(document, part)
  if (found === undefined) return null
  const { source } = document.source
  return { source, span: found.span, pointer: found.pointer, ...positionAt(source.text, found.span.start) }
}
