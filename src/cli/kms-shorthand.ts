/**
 * The shorthand in which the AWS CLI takes structures and maps: `TagKey=team,TagValue=blue`, `Names=a,b`, `Pairs={a=b}`,
 * `List=[a,b]`, with single or double quotes around what has commas in it.
 *
 * Knows no members: what the texts mean, `kms-values.ts` knows.
 *
 * Source: AWS CLI User Guide, "Using shorthand syntax".
 */
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'

export type Shorthand = string | readonly Shorthand[] | { readonly [name: string]: Shorthand }

const MAX_DEPTH = 8

/** The error is the end of a sentence that names the text. */
export function parseShorthand(text: string): Result<{ readonly [name: string]: Shorthand }, string> {
  const reader = new Reader(text)
  try {
    return { ok: true, value: reader.pairs(undefined, 0) }
  } catch (error) {
    if (error instanceof ShorthandError) return { ok: false, error: error.message }
    throw error
  }
}

class ShorthandError extends Error {}

class Reader {
  private at = 0

  constructor(private readonly text: string) {}

  /** To the closing bracket, which is taken as well, or to the end. */
  pairs(close: '}' | undefined, depth: number): { readonly [name: string]: Shorthand } {
    if (depth > MAX_DEPTH) throw new ShorthandError('is too deep')
    const pairs: [string, Shorthand][] = []
    for (;;) {
      const name = this.name()
      if (pairs.some(([known]) => known === name)) throw new ShorthandError(`has ${quote(name)} twice`)
      const first = this.value(close, depth)
      const items = [first]
      while (this.text[this.at] === ',' && !this.isName(this.at + 1)) {
        this.at++
        items.push(this.value(close, depth))
      }
      pairs.push([name, items.length === 1 ? first : items])
      if (this.at >= this.text.length) {
        if (close !== undefined) throw new ShorthandError(`has no \`${close}\` at its end`)
        return Object.fromEntries(pairs)
      }
      const mark = this.text[this.at++]
      if (mark === close) return Object.fromEntries(pairs)
      if (mark !== ',') throw new ShorthandError(`has ${quote(mark ?? '')} where a comma should be`)
    }
  }

  private name(): string {
    const equals = this.text.indexOf('=', this.at)
    if (equals <= this.at) throw new ShorthandError('is not of the form `name=value,name=value`')
    const name = this.text.slice(this.at, equals)
    this.at = equals + 1
    return name
  }

  /** Whether a name with its `=` begins here, and not one more value of a list. */
  private isName(start: number): boolean {
    for (let at = start; at < this.text.length; at++) {
      const mark = this.text[at]
      if (mark === '=') return at > start
      if (mark === ',' || mark === '}' || mark === ']' || mark === '"' || mark === "'") return false
    }
    return false
  }

  private value(close: '}' | ']' | undefined, depth: number): Shorthand {
    const mark = this.text[this.at]
    if (mark === '{') {
      this.at++
      return this.pairs('}', depth + 1)
    }
    if (mark === '[') {
      this.at++
      return this.list(depth + 1)
    }
    if (mark === '"' || mark === "'") return this.quoted(mark)
    let end = this.at
    while (end < this.text.length && this.text[end] !== ',' && this.text[end] !== close) end++
    const value = this.text.slice(this.at, end)
    this.at = end
    return value
  }

  private list(depth: number): readonly Shorthand[] {
    if (depth > MAX_DEPTH) throw new ShorthandError('is too deep')
    const items: Shorthand[] = []
    if (this.text[this.at] === ']') {
      this.at++
      return items
    }
    for (;;) {
      items.push(this.value(']', depth))
      const mark = this.text[this.at++]
      if (mark === ']') return items
      if (mark !== ',') throw new ShorthandError('has no `]` at the end of a list')
    }
  }

  private quoted(mark: string): string {
    let value = ''
    for (let at = this.at + 1; at < this.text.length; at++) {
      const char = this.text[at]!
      if (char === mark) {
        this.at = at + 1
        return value
      }
      const next = this.text[at + 1]
      if (char === '\\' && (next === mark || next === '\\')) {
        value += next
        at++
      } else value += char
    }
    throw new ShorthandError(`has a ${mark} without its end`)
  }
}
