/**
 * Reads the native syntax of HCL, as far as Terraform's configurations need: blocks, attributes, and of expressions the
 * literals, templates, heredocs, lists, objects, calls and references. Any other expression is told by its place alone.
 *
 * One pass from left to right; what is malformed is read over, since Terraform itself says what is wrong with it.
 *
 * Source: HCL, "Native Syntax Specification".
 */
import type { Span } from '../../text/source.js'
import { HclScanner } from './hcl-scan.js'

export interface HclBody {
  readonly attributes: readonly HclAttribute[]
  readonly blocks: readonly HclBlock[]
}

export interface HclAttribute {
  readonly name: string
  /** Of the name. */
  readonly place: Span
  readonly value: HclExpression
}

export interface HclBlock extends Span {
  readonly type: string
  readonly labels: readonly string[]
  /** Of the type and the labels. */
  readonly head: Span
  readonly body: HclBody
}

export type HclExpression = HclTemplate | HclLiteral | HclList | HclObject | HclCall | HclReference | HclOther

export interface HclTemplate extends Span {
  readonly kind: 'template'
  readonly parts: readonly HclPart[]
  /** Where the text itself stands: between the quotes, or the lines of a heredoc. */
  readonly inner: Span
  readonly isHeredoc: boolean
}

/** `text`: as it means; `expression`: what stands between `${` and `}`; `directive`: a `%{...}`. */
export interface HclPart extends Span {
  readonly kind: 'text' | 'expression' | 'directive'
  readonly text: string
  /** Where the expression does not stand in the file as it is: within a string of JSON. */
  readonly read?: HclExpression
}

/** A number, `true`, `false` or `null`. */
export interface HclLiteral extends Span {
  readonly kind: 'literal'
  readonly text: string
}

export interface HclList extends Span {
  readonly kind: 'list'
  readonly items: readonly HclExpression[]
}

export interface HclObject extends Span {
  readonly kind: 'object'
  readonly entries: readonly HclEntry[]
}

export interface HclEntry {
  readonly key: HclTemplate | HclReference | HclLiteral | HclOther
  readonly value: HclExpression
}

export interface HclCall extends Span {
  readonly kind: 'call'
  readonly name: string
  readonly arguments: readonly HclExpression[]
}

/** `aws_kms_key.main[0].arn`, as it is written. */
export interface HclReference extends Span {
  readonly kind: 'reference'
  readonly text: string
}

export interface HclOther extends Span {
  readonly kind: 'other'
}

/** Blocks and values nest far less deeply in any configuration. */
const MAX_DEPTH = 64

export function readHcl(text: string, from = 0): HclBody {
  const scanner = new HclScanner(text, from)
  return new HclReader(scanner).body(0)
}

/** What stands in a place of the text, as one expression. */
export function readHclExpression(text: string, { start, end }: Span): HclExpression {
  const scanner = new HclScanner(text.slice(0, end), start)
  scanner.skipSpace(true)
  const expression = new HclReader(scanner).expression(0, false)
  scanner.skipSpace(true)
  return scanner.isAtEnd() ? expression : { kind: 'other', start, end }
}

class HclReader {
  constructor(private readonly scanner: HclScanner) {}

  /** Up to the brace that closes it, or the end of the text. */
  body(depth: number): HclBody {
    const { scanner } = this
    const attributes: HclAttribute[] = []
    const blocks: HclBlock[] = []
    for (;;) {
      scanner.skipSpace(true)
      const isClosing = scanner.peek() === '}'
      if (scanner.isAtEnd() || (isClosing && depth > 0)) return { attributes, blocks }
      if (isClosing) {
        scanner.at++
        continue
      }
      const start = scanner.at
      const name = scanner.identifier() ?? scanner.quotedName()
      if (name === undefined) {
        scanner.skipLine()
        continue
      }
      const place = { start, end: scanner.at }
      scanner.skipSpace(false)
      if (scanner.peek() === '=' && scanner.peek(1) !== '=') {
        scanner.at++
        scanner.skipSpace(false)
        attributes.push({ name, place, value: this.expression(depth + 1, true) })
        continue
      }
      const block = this.block(name, place, depth)
      if (block !== undefined) blocks.push(block)
    }
  }

  private block(type: string, place: Span, depth: number): HclBlock | undefined {
    const { scanner } = this
    const labels: string[] = []
    let end = place.end
    for (;;) {
      scanner.skipSpace(false)
      const label = scanner.identifier() ?? scanner.quotedName()
      if (label === undefined) break
      labels.push(label)
      end = scanner.at
    }
    if (scanner.peek() !== '{') {
      scanner.skipLine()
      return undefined
    }
    const head = { start: place.start, end }
    if (depth >= MAX_DEPTH) {
      scanner.skipBalanced()
      return undefined
    }
    scanner.at++
    const body = this.body(depth + 1)
    if (scanner.peek() === '}') scanner.at++
    return { type, labels, head, body, start: place.start, end: scanner.at }
  }

  /** @param endsWithLine - false within brackets, where an expression may go on over lines. */
  expression(depth: number, endsWithLine: boolean): HclExpression {
    const { scanner } = this
    const { at: start } = scanner
    const first = depth > MAX_DEPTH ? undefined : this.operand(depth)
    if (first !== undefined) {
      scanner.skipSpace(!endsWithLine)
      if (scanner.isAtExpressionEnd()) return first
    }
    scanner.skipExpression(endsWithLine)
    return { kind: 'other', start, end: scanner.at }
  }

  private operand(depth: number): HclExpression | undefined {
    const { scanner } = this
    const start = scanner.at
    const next = scanner.peek()
    if (next === '"') return scanner.quotedTemplate()
    if (next === '<' && scanner.peek(1) === '<') return scanner.heredoc()
    if (next === '[') return this.list(depth)
    if (next === '{') return this.object(depth)
    const number = scanner.number()
    if (number !== undefined) return { kind: 'literal', text: number, start, end: scanner.at }
    const name = scanner.identifier()
    if (name === undefined) return undefined
    if (name === 'true' || name === 'false' || name === 'null') {
      return { kind: 'literal', text: name, start, end: scanner.at }
    }
    if (scanner.peek() === '(') return this.call(name, start, depth)
    return scanner.reference(start)
  }

  private list(depth: number): HclExpression | undefined {
    const { scanner } = this
    const start = scanner.at
    scanner.at++
    const items = this.items(']', depth)
    return items === undefined ? undefined : { kind: 'list', items, start, end: scanner.at }
  }

  private call(name: string, start: number, depth: number): HclExpression | undefined {
    const { scanner } = this
    scanner.at++
    const items = this.items(')', depth)
    return items === undefined ? undefined : { kind: 'call', name, arguments: items, start, end: scanner.at }
  }

  /** Values with commas between them; undefined where it is something else, such as a `for`. */
  private items(close: string, depth: number): readonly HclExpression[] | undefined {
    const { scanner } = this
    const items: HclExpression[] = []
    for (;;) {
      scanner.skipSpace(true)
      if (items.length === 0 && scanner.isWord('for')) {
        scanner.skipToClose(close)
        return undefined
      }
      if (scanner.peek() === close) {
        scanner.at++
        return items
      }
      if (scanner.isAtEnd()) return undefined
      items.push(this.expression(depth + 1, false))
      scanner.skipSpace(true)
      if (scanner.peek() === ',') scanner.at++
      else if (scanner.peek() !== close) {
        scanner.skipToClose(close)
        return undefined
      }
    }
  }

  private object(depth: number): HclExpression | undefined {
    const { scanner } = this
    const start = scanner.at
    scanner.at++
    const entries: HclEntry[] = []
    for (;;) {
      scanner.skipSpace(true)
      if (scanner.peek() === '}') {
        scanner.at++
        return { kind: 'object', entries, start, end: scanner.at }
      }
      const key = this.key()
      scanner.skipSpace(true)
      const sign = scanner.peek()
      if (key === undefined || (sign !== '=' && sign !== ':') || scanner.peek(1) === '=') {
        scanner.skipToClose('}')
        return undefined
      }
      scanner.at++
      scanner.skipSpace(true)
      entries.push({ key, value: this.expression(depth + 1, true) })
      scanner.skipSpace(true)
      if (scanner.peek() === ',') scanner.at++
    }
  }

  private key(): HclEntry['key'] | undefined {
    const { scanner } = this
    const start = scanner.at
    if (scanner.peek() === '"') return scanner.quotedTemplate()
    if (scanner.peek() === '(') {
      scanner.skipBalanced()
      return { kind: 'other', start, end: scanner.at }
    }
    const number = scanner.number()
    if (number !== undefined) return { kind: 'literal', text: number, start, end: scanner.at }
    return scanner.identifier() === undefined ? undefined : scanner.reference(start)
  }
}
