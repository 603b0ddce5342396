/**
 * Where in a flow collection of YAML something is being typed: `{ Effect: Allow, Action: [kms:En` and the like, over as
 * many lines as it has.
 *
 * Reads from the bracket that opens it up to the cursor; what comes behind may be anything yet.
 *
 * Source: YAML 1.2.2, 7.4 (flow collection styles).
 */
import type { SyntaxPath } from '../text/syntax-tree.js'

export interface FlowPlace {
  /** From the collection on. */
  readonly path: SyntaxPath
  readonly as: 'key' | 'value'
  /** Where what is typed begins. */
  readonly from: number
}

interface Open {
  readonly isMap: boolean
  key: string | undefined
}

/** @param from - of a bracket that opens a collection. Undefined where that is closed again, or in a comment. */
export function flowPlaceAt(text: string, from: number, offset: number): FlowPlace | undefined {
  const open: Open[] = []
  let token: number | undefined
  let at = from
  while (at < offset) {
    const unit = text[at]!
    const last = open.at(-1)
    if (unit === '{' || unit === '[') {
      open.push({ isMap: unit === '{', key: undefined })
      token = undefined
    } else if (unit === '}' || unit === ']') {
      open.pop()
      token = undefined
      if (open.length === 0) return undefined
    } else if (unit === ',') {
      if (last !== undefined) last.key = undefined
      token = undefined
    } else if (unit === ':' && last?.isMap === true && last.key === undefined && isColon(text, at, token)) {
      last.key = unquoted(text.slice(token ?? at, at).trim())
      token = undefined
    } else if (unit === '#' && (at === 0 || ' \t\n'.includes(text[at - 1]!))) {
      const end = text.indexOf('\n', at)
      if (end < 0 || end >= offset) return undefined
      at = end
    } else if (token === undefined && (unit === '"' || unit === "'")) {
      token = at
      const close = text.indexOf(unit, at + 1)
      // Up to the cursor, or what is typed would be taken for something else.
      at = close < 0 || close >= offset ? offset : close
    } else if (!' \t\r\n'.includes(unit)) token ??= at
    at++
  }
  const last = open.at(-1)
  if (last === undefined) return undefined
  const isKey = last.isMap && last.key === undefined
  const path = open.flatMap(({ isMap, key }) => (isMap ? (key ?? []) : 0))
  return { path, as: isKey ? 'key' : 'value', from: token ?? offset }
}

/** Behind a quote, or with a space behind it, as every other colon is part of a text. */
function isColon(text: string, at: number, token: number | undefined): boolean {
  if (token !== undefined && '"\''.includes(text[token]!)) return true
  return ' \t\r\n,[]{}'.includes(text[at + 1] ?? ' ')
}

function unquoted(key: string): string {
  const quote = key[0]
  return quote === '"' || quote === "'" ? key.slice(1, key.endsWith(quote) ? -1 : undefined) : key
}
