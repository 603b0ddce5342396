/**
 * Why a policy that is written as JSON in a string cannot be read, said at its place in the file.
 *
 * Source: RFC 8259; IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import { placesInString, type PlaceMap } from './places.js'
import { readJson } from '../text/json.js'
import type { Result, SourceError, SourceText, Span } from '../text/source.js'
import type { ObjectNode } from '../text/syntax-tree.js'

/** `span` is a place of the file, `inString` the string. */
export interface StringFault extends SourceError {
  readonly inString: Span
}

export function faultsInString(
  file: SourceText,
  { start, end }: Span,
  places: PlaceMap,
  errors: readonly SourceError[],
): readonly StringFault[] {
  return errors.map((error) => ({ ...error, source: file, span: places.span(error.span), inString: { start, end } }))
}

/** The policy in the string at `token`, whose value is `text`. */
export function readPolicyText(
  file: SourceText,
  token: Span,
  text: SourceText,
  places = placesInString(file.text, token, text.text),
): Result<ObjectNode, readonly StringFault[]> {
  const tree = readJson(text)
  if (!tree.ok) return { ok: false, error: faultsInString(file, token, places, tree.error) }
  if (tree.value.kind === 'object') return { ok: true, value: tree.value }
  const { start, end } = tree.value
  const message = 'a policy is a JSON object'
  return { ok: false, error: faultsInString(file, token, places, [{ message, source: text, span: { start, end } }]) }
}
