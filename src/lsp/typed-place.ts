/**
 * Where in a text something is being typed: also in one that cannot be read yet, as most texts are while somebody types.
 *
 * Knows nothing of policies.
 *
 * Source: RFC 8259; YAML 1.2.2, 7.4 (flow collection styles) and 8 (block styles).
 */
import { getLocation } from 'jsonc-parser'
import { flowPlaceAt, type FlowPlace } from './yaml-flow.js'
import type { Span } from '../text/source.js'
import type { SyntaxPath } from '../text/syntax-tree.js'

export interface TypedPlace {
  /** Of the value that is typed, or of the object that gets a key. */
  readonly path: SyntaxPath
  /** What the text will be cannot always be told yet in YAML. */
  readonly as: 'key' | 'value' | 'either'
  readonly syntax: 'json' | 'yaml'
  /** All of it, with its quotes. */
  readonly token: Span
  /** Around it, as far as it stands there: none, one at the beginning, or both. */
  readonly quote: '' | '"' | "'"
  readonly isClosed: boolean
  /** A key that has its colon already. */
  readonly hasColon: boolean
}

export function jsonPlaceAt(text: string, offset: number): TypedPlace | undefined {
  const { path, previousNode, isAtPropertyKey } = getLocation(text, offset)
  let token: Span = { start: offset, end: offset }
  let isClosed = false
  let isQuoted = false
  if (
    previousNode !== undefined &&
    offset > previousNode.offset &&
    offset <= previousNode.offset + previousNode.length
  ) {
    const end = previousNode.offset + previousNode.length
    isQuoted = text[previousNode.offset] === '"'
    isClosed = isQuoted && previousNode.length > 1 && text[end - 1] === '"' && text[end - 2] !== '\\'
    // Behind the quote that closes it nothing is typed any more.
    if (isClosed && offset === end) return undefined
    token = { start: previousNode.offset, end: isClosed ? end : offset }
  }
  return {
    path: isAtPropertyKey ? path.slice(0, -1) : path,
    as: isAtPropertyKey ? 'key' : 'value',
    syntax: 'json',
    token,
    quote: isQuoted ? '"' : '',
    isClosed,
    hasColon: /^\s{0,100}:/.test(text.slice(token.end, token.end + 101)),
  }
}

interface Line {
  /** Columns of the dashes of list entries. */
  readonly dashes: readonly number[]
  /** Where what comes behind them begins. */
  readonly column: number
  readonly key?: string
  /** Where the value of the key begins. */
  readonly valueColumn: number
}

export function yamlPlaceAt(text: string, offset: number): TypedPlace | undefined {
  const start = lineStart(text, offset)
  const typed = text.slice(start, offset)
  const line = readLine(typed)
  if (line === undefined) return undefined
  const flow = flowAround(text, start, offset)
  if (flow !== undefined) return yamlToken(text, offset, flow.from, flow.path, flow.as)
  const parents = parentsOf(text, start, line)
  if (line.key === undefined) return yamlToken(text, offset, start + line.column, [...parents], 'either')
  const path = [...parents, line.key]
  return yamlToken(text, offset, start + line.valueColumn, path, 'value')
}

/** How many lines a flow collection may have before the one in which somebody types. */
const FLOW_LINES = 60

/** The flow collection that is open at the cursor: one that begins a value in this line or in one above. */
function flowAround(text: string, start: number, offset: number): FlowPlace | undefined {
  let begin = start
  for (let count = 0; count < FLOW_LINES; count++) {
    const end = Math.min(text.indexOf('\n', begin) >>> 0, offset)
    const line = readLine(`${text.slice(begin, end)} `)
    const opening = line === undefined ? -1 : begin + (line.key === undefined ? line.column : line.valueColumn)
    const place = '{['.includes(text[opening] ?? ' ') ? flowPlaceAt(text, opening, offset) : undefined
    if (line !== undefined && place !== undefined) {
      const above = [...parentsOf(text, begin, line), ...(line.key === undefined ? [] : [line.key])]
      return { ...place, path: [...above, ...place.path] }
    }
    if (begin === 0) return undefined
    begin = lineStart(text, begin - 1)
  }
  return undefined
}

function yamlToken(
  text: string,
  offset: number,
  from: number,
  path: SyntaxPath,
  as: TypedPlace['as'],
): TypedPlace | undefined {
  const first = text.slice(from, offset).charAt(0)
  if ('{|>&!#@`%'.includes(first) && first !== '') return undefined
  const quote = first === '"' || first === "'" ? first : ''
  const isClosed = quote !== '' && text[offset] === quote
  // A quote that was closed before the cursor.
  if (quote !== '' && text.slice(from + 1, offset).includes(quote)) return undefined
  const end = isClosed ? offset + 1 : offset + restOfWord(text, offset)
  return {
    path,
    as,
    syntax: 'yaml',
    token: { start: from, end },
    quote,
    isClosed,
    hasColon: /^ {0,100}:(?:\s|$)/.test(text.slice(end, end + 102)),
  }
}

function restOfWord(text: string, offset: number): number {
  return /^[\w*]{0,100}/.exec(text.slice(offset, offset + 100))?.[0].length ?? 0
}

/** Keys and places in lists around a line, by indentation: each line above that stands further left holds it. */
function parentsOf(text: string, start: number, line: Line): readonly (string | number)[] {
  const path: (string | number)[] = []
  let limit = line.column
  let isEntry = false
  for (const dash of line.dashes.toReversed()) {
    path.push(0)
    limit = dash
    isEntry = true
  }
  let end = start
  while (end > 0 && (limit > 0 || isEntry)) {
    end--
    const begin = lineStart(text, end)
    const written = text.slice(begin, end).trimEnd()
    end = begin
    if (written === '---') break
    const above = readLine(`${written} `)
    if (above === undefined) continue
    if (above.key !== undefined && (above.column < limit || (isEntry && above.column === limit))) {
      path.push(above.key)
      limit = above.column
      isEntry = false
    }
    for (const dash of above.dashes.toReversed()) {
      if (dash >= limit) continue
      path.push(0)
      limit = dash
      isEntry = true
    }
  }
  return path.reverse()
}

/** Undefined for a comment. */
function readLine(line: string): Line | undefined {
  const dashes: number[] = []
  let column = skipSpaces(line, 0)
  while (line[column] === '-' && (line[column + 1] === ' ' || column + 1 === line.length)) {
    dashes.push(column)
    column = skipSpaces(line, column + 1)
  }
  const first = line[column]
  if (first === '#') return undefined
  const none: Line = { dashes, column, valueColumn: column }
  if (first === '"' || first === "'") {
    const close = line.indexOf(first, column + 1)
    if (close < 0) return none
    const at = skipSpaces(line, close + 1)
    if (!line.startsWith(': ', at)) return none
    return { dashes, column, key: line.slice(column + 1, close), valueColumn: skipSpaces(line, at + 1) }
  }
  if (first === undefined || '[{|>'.includes(first)) return none
  const at = line.indexOf(': ', column)
  if (at < 0) return none
  return { dashes, column, key: line.slice(column, at).trimEnd(), valueColumn: skipSpaces(line, at + 1) }
}

function skipSpaces(line: string, from: number): number {
  let at = from
  while (line[at] === ' ') at++
  return at
}

function lineStart(text: string, at: number): number {
  // A search from before the beginning would look at the first character.
  if (at === 0) return 0
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1
}
