/**
 * Strings with parts that are not known before deployment: in a value, one character of the private use area stands for
 * each such part, U+E000 plus the number of the symbol.
 *
 * No policy that AWS accepts has a character of that area, and a view without symbols is never asked.
 *
 * Source: Unicode Standard, "Private-use characters".
 */
import type { SymbolicValue } from './policy-view.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

const FIRST = 0xe000
const LAST = 0xf8ff
const SYMBOL = /[\ue000-\uf8ff]/
const SYMBOLS = /[\ue000-\uf8ff]/g

/** How many symbols one policy can have; whoever makes them shows the rest as unresolved. */
export const MAX_SYMBOLS = LAST - FIRST + 1

/** What stands in a value for the symbol of this number. */
export function symbolCharacter(number: number): string {
  return String.fromCharCode(FIRST + number)
}

/** Where the first symbol of a value stands, or -1. */
export function firstSymbol(value: string): number {
  return value.search(SYMBOL)
}

/** A value as a pattern: each symbol may be any text. */
export function withWildcards(value: string): string {
  return value.replace(SYMBOLS, '*')
}

/** A value as a person wrote it: `arn:aws:iam::${AWS::AccountId}:root`. */
export function writtenOut(value: string, symbols: readonly SymbolicValue[]): string {
  if (symbols.length === 0) return value
  return value.replace(SYMBOLS, (character) => symbols[character.charCodeAt(0) - FIRST]?.expression ?? character)
}

/** The tree with a stand-in for each symbol; undefined where one has none. Depth is bounded by the readers. */
export function withStandIns(node: SyntaxNode, symbols: readonly SymbolicValue[]): SyntaxNode | undefined {
  if (symbols.some(({ standIn }) => standIn === undefined)) return undefined
  const put = (text: string): string =>
    text.replace(SYMBOLS, (character) => symbols[character.charCodeAt(0) - FIRST]?.standIn ?? character)
  return mapStrings(node, put)
}

function mapStrings(node: SyntaxNode, put: (text: string) => string): SyntaxNode {
  switch (node.kind) {
    case 'string':
      return { ...node, value: put(node.value) }
    case 'array':
      return { ...node, items: node.items.map((item) => mapStrings(item, put)) }
    case 'object':
      return {
        ...node,
        members: node.members.map((member) => ({
          ...member,
          key: put(member.key),
          value: mapStrings(member.value, put),
        })),
      }
    case 'number':
    case 'boolean':
    case 'null':
      return node
  }
}
