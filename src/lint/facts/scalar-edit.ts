/**
 * Another value in the place of a number or a truth value of a template, in the quotes that are there.
 *
 * Nothing else is written over: what refers to something may stand for more than this place.
 */
import type { Edit } from '../rule.js'
import type { SourceText, Span } from '../../text/source.js'

const SCALAR = /^(["']?)(?:-?\d+|true|false|yes|no|on|off)\1$/i

export function replaceScalar({ text }: SourceText, { start, end }: Span, value: string): readonly Edit[] {
  const quote = SCALAR.exec(text.slice(start, end))?.[1]
  return quote === undefined ? [] : [{ start, end, text: `${quote}${value}${quote}` }]
}
