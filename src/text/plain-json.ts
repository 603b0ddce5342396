/**
 * Reads JSON in which nothing is wrong, fast; of any other text it says no more than that.
 *
 * What it takes is the tree that `readJson` makes of the same text; what it does not take, `readJson` reads for the
 * reasons. So the rules stand there, and here only what none of them forbids.
 *
 * Source: RFC 8259.
 */
import { JSON_UNIT, skipSpace } from './json-scan.js'
import type { Member, ObjectNode, StringNode, SyntaxNode } from './syntax-tree.js'

/**
 * The value that begins at `start`; its end is where the text goes on. Undefined where anything is out of the ordinary:
 * it is no JSON, a key stands twice, or it nests deeper than `maxDepth`.
 */
export function readPlainJson(text: string, start: number, maxDepth: number): SyntaxNode | undefined {
  switch (text.charCodeAt(start)) {
    case JSON_UNIT.quote:
      return readString(text, start)
    case JSON_UNIT.openBrace:
      return maxDepth > 0 ? readObject(text, start, maxDepth - 1) : undefined
    case JSON_UNIT.openBracket:
      return maxDepth > 0 ? readArray(text, start, maxDepth - 1) : undefined
    case 0x66:
      return text.startsWith('false', start) ? { kind: 'boolean', value: false, start, end: start + 5 } : undefined
    case 0x6e:
      return text.startsWith('null', start) ? { kind: 'null', start, end: start + 4 } : undefined
    case 0x74:
      return text.startsWith('true', start) ? { kind: 'boolean', value: true, start, end: start + 4 } : undefined
    default:
      return readNumber(text, start)
  }
}

/** From how many members on their keys are kept in a set. */
const SET_FROM = 24

function readObject(text: string, start: number, depthLeft: number): ObjectNode | undefined {
  const members: Member[] = []
  let keys: Set<string> | undefined
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === JSON_UNIT.closeBrace) return { kind: 'object', members, start, end: at + 1 }
  for (;;) {
    const written = text.charCodeAt(at) === JSON_UNIT.quote ? readString(text, at) : undefined
    if (written === undefined) return undefined
    const { value: key, end: keyEnd } = written
    if (members.length === SET_FROM) keys = new Set(members.map((member) => member.key))
    if (keys === undefined ? hasKey(members, key) : keys.has(key)) return undefined
    keys?.add(key)
    const colon = skipSpace(text, keyEnd)
    if (text.charCodeAt(colon) !== JSON_UNIT.colon) return undefined
    const value = readPlainJson(text, skipSpace(text, colon + 1), depthLeft)
    if (value === undefined) return undefined
    members.push({ key, keyStart: at, keyEnd, value })
    at = skipSpace(text, value.end)
    const next = text.charCodeAt(at)
    if (next === JSON_UNIT.closeBrace) return { kind: 'object', members, start, end: at + 1 }
    if (next !== JSON_UNIT.comma) return undefined
    at = skipSpace(text, at + 1)
  }
}

function hasKey(members: readonly Member[], key: string): boolean {
  for (const member of members) if (member.key === key) return true
  return false
}

function readArray(text: string, start: number, depthLeft: number): SyntaxNode | undefined {
  const items: SyntaxNode[] = []
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === JSON_UNIT.closeBracket) return { kind: 'array', items, start, end: at + 1 }
  for (;;) {
    const item = readPlainJson(text, at, depthLeft)
    if (item === undefined) return undefined
    items.push(item)
    at = skipSpace(text, item.end)
    const next = text.charCodeAt(at)
    if (next === JSON_UNIT.closeBracket) return { kind: 'array', items, start, end: at + 1 }
    if (next !== JSON_UNIT.comma) return undefined
    at = skipSpace(text, at + 1)
  }
}

function readString(text: string, start: number): StringNode | undefined {
  let hasEscape = false
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === JSON_UNIT.quote) {
      const value = hasEscape ? unescaped(text.slice(start, at + 1)) : text.slice(start + 1, at)
      return value === undefined ? undefined : { kind: 'string', value, start, end: at + 1 }
    }
    if (unit < 0x20) return undefined
    if (unit === JSON_UNIT.backslash) {
      hasEscape = true
      // Whatever it is, it ends no string.
      at++
    }
  }
  return undefined
}

function unescaped(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function readNumber(text: string, start: number): SyntaxNode | undefined {
  NUMBER.lastIndex = start
  const [number] = NUMBER.exec(text) ?? []
  if (number === undefined) return undefined
  return { kind: 'number', value: Number(number), text: number, start, end: start + number.length }
}
