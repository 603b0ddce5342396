/**
 * The characters of an HCL text: space and comments, names, numbers, templates and heredocs, and what brackets enclose.
 *
 * Every step goes forward; nothing is read twice but the few characters that tell what comes next.
 *
 * Source: HCL, "Native Syntax Specification", "Lexical Elements" and "Templates".
 */
import type { HclPart, HclReference, HclTemplate } from './hcl.js'

/** How deeply a template may stand in the expressions of others; what is deeper is read over. */
const MAX_NESTING = 64

const OPENING = '([{'
const CLOSING = ')]}'

export class HclScanner {
  at: number

  constructor(
    readonly text: string,
    from = 0,
  ) {
    this.at = text.charCodeAt(from) === 0xfeff ? from + 1 : from
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? ''
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Skips comments, too. */
  skipSpace(overLines: boolean): void {
    const { text } = this
    for (; this.at < text.length; this.at++) {
      const unit = text[this.at]
      if (unit === ' ' || unit === '\t' || unit === '\r' || (overLines && unit === '\n')) continue
      if (unit === '#' || (unit === '/' && text[this.at + 1] === '/')) {
        const line = text.indexOf('\n', this.at)
        this.at = (line < 0 ? text.length : line) - 1
      } else if (unit === '/' && text[this.at + 1] === '*') {
        const close = text.indexOf('*/', this.at + 2)
        this.at = close < 0 ? text.length : close + 1
      } else return
    }
  }

  skipLine(): void {
    const line = this.text.indexOf('\n', this.at)
    this.at = line < 0 ? this.text.length : line + 1
  }

  identifier(): string | undefined {
    const start = this.at
    if (!isNameStart(this.text.charCodeAt(start))) return undefined
    while (isNamePart(this.text.charCodeAt(this.at))) this.at++
    return this.text.slice(start, this.at)
  }

  /** Whether this very word comes next. */
  isWord(word: string): boolean {
    return this.text.startsWith(word, this.at) && !isNamePart(this.text.charCodeAt(this.at + word.length))
  }

  /** A name in quotes, as labels of blocks have it. */
  quotedName(): string | undefined {
    if (this.peek() !== '"') return undefined
    return this.quotedTemplate()
      ?.parts.map(({ text }) => text)
      .join('')
  }

  number(): string | undefined {
    const start = this.at
    const { text } = this
    let at = text[start] === '-' ? start + 1 : start
    if (!isDigit(text.charCodeAt(at))) return undefined
    while (isDigit(text.charCodeAt(at)) || text[at] === '.') at++
    if ((text[at] === 'e' || text[at] === 'E') && isDigit(text.charCodeAt(at + (isSign(text[at + 1]) ? 2 : 1)))) {
      at += isSign(text[at + 1]) ? 2 : 1
      while (isDigit(text.charCodeAt(at))) at++
    }
    this.at = at
    return text.slice(start, at)
  }

  /** The attributes and indexes behind a name that began at `start`. */
  reference(start: number): HclReference | undefined {
    const { text } = this
    for (;;) {
      const next = text[this.at]
      if (next === '.' && text[this.at + 1] !== '.') {
        this.at++
        if (text[this.at] === '*') this.at++
        else if (this.identifier() === undefined) {
          while (isDigit(text.charCodeAt(this.at))) this.at++
        }
      } else if (next === '[') this.skipBalanced()
      else return { kind: 'reference', text: text.slice(start, this.at), start, end: this.at }
    }
  }

  isAtExpressionEnd(): boolean {
    const next = this.peek()
    return next === '' || next === '\n' || next === ',' || CLOSING.includes(next)
  }

  // ------------------------------------------------------------------------------------------------------- templates

  /** Undefined where it has no end in its line. */
  quotedTemplate(): HclTemplate | undefined {
    const { text } = this
    const start = this.at
    const parts: HclPart[] = []
    let at = start + 1
    let from = at
    const flush = (): void => {
      if (at > from) parts.push({ kind: 'text', text: text.slice(from, at), start: from, end: at })
    }
    for (;;) {
      const unit = text[at]
      if (unit === undefined || unit === '\n') {
        this.at = at
        return undefined
      }
      if (unit === '"') break
      if (unit === '\\') {
        flush()
        const { value, length } = escapeAt(text, at)
        parts.push({ kind: 'text', text: value, start: at, end: at + length })
        at += length
        from = at
        continue
      }
      const part = this.templatePart(at)
      if (part === undefined) {
        at++
        continue
      }
      flush()
      parts.push(part)
      at = part.end
      from = at
    }
    flush()
    this.at = at + 1
    return { kind: 'template', parts, inner: { start: start + 1, end: at }, isHeredoc: false, start, end: at + 1 }
  }

  /** `<<EOT` or `<<-EOT` up to the line that has the marker alone. */
  heredoc(): HclTemplate | undefined {
    const { text } = this
    const start = this.at
    this.at += text[start + 2] === '-' ? 3 : 2
    const marker = this.identifier()
    const line = text.indexOf('\n', this.at)
    if (marker === undefined || line < 0) {
      this.at = text.length
      return undefined
    }
    const parts: HclPart[] = []
    let at = line + 1
    let from = at
    const flush = (): void => {
      if (at > from) parts.push({ kind: 'text', text: text.slice(from, at), start: from, end: at })
    }
    let isLineStart = true
    while (at < text.length) {
      if (isLineStart) {
        const end = lineEnd(text, at)
        if (text.slice(at, end).trim() === marker) {
          flush()
          this.at = end
          return { kind: 'template', parts, inner: { start: line + 1, end: at }, isHeredoc: true, start, end }
        }
      }
      isLineStart = text[at] === '\n'
      const part = this.templatePart(at)
      if (part === undefined) {
        at++
        continue
      }
      flush()
      parts.push(part)
      at = part.end
      from = at
    }
    this.at = text.length
    return undefined
  }

  /** The whole text as a template, without quotes and their escapes. */
  bareParts(): readonly HclPart[] {
    const { text } = this
    const parts: HclPart[] = []
    let from = this.at
    while (this.at < text.length) {
      const part = this.templatePart(this.at)
      if (part === undefined) {
        this.at++
        continue
      }
      if (this.at > from) parts.push({ kind: 'text', text: text.slice(from, this.at), start: from, end: this.at })
      parts.push(part)
      this.at = part.end
      from = this.at
    }
    if (this.at > from) parts.push({ kind: 'text', text: text.slice(from), start: from, end: this.at })
    return parts
  }

  /** `${...}`, `%{...}`, or one of them written with its sign doubled, which means itself. */
  private templatePart(at: number): HclPart | undefined {
    const { text } = this
    const sign = text[at]
    if (sign !== '$' && sign !== '%') return undefined
    if (text[at + 1] === sign && text[at + 2] === '{') {
      return { kind: 'text', text: `${sign}{`, start: at, end: at + 3 }
    }
    if (text[at + 1] !== '{') return undefined
    const end = this.interpolationEnd(at + 2)
    const inside = text.slice(at + 2, end - 1).trim()
    return { kind: sign === '$' ? 'expression' : 'directive', text: inside, start: at, end }
  }

  /** Behind the brace that closes an interpolation whose expression begins at `from`. */
  private interpolationEnd(from: number): number {
    const { text } = this
    // What is open: a brace, or a template in quotes with expressions of its own.
    const open: ('brace' | 'quote')[] = ['brace']
    let at = from
    for (; at < text.length; at++) {
      const unit = text[at]
      if (open.at(-1) === 'quote') {
        if (unit === '\\') at++
        else if (unit === '"') open.pop()
        else if ((unit === '$' || unit === '%') && text[at + 1] === '{') {
          open.push('brace')
          at++
        }
      } else if (unit === '"') open.push('quote')
      else if (unit === '{') open.push('brace')
      else if (unit === '}') open.pop()
      if (open.length === 0) return at + 1
      if (open.length > MAX_NESTING) break
    }
    return text.length
  }

  // -------------------------------------------------------------------------------------------------------- brackets

  /** From an opening bracket to behind the one that closes it. */
  skipBalanced(): void {
    this.skip((depth) => depth === 0, false)
  }

  /** From within brackets to behind the one that closes them. */
  skipToClose(close: string): void {
    this.skip((depth, unit) => depth === -1 && unit === close, false)
  }

  /** To where an expression ends: before a comma or a closing bracket, and before the end of the line. */
  skipExpression(endsWithLine: boolean): void {
    this.skip(undefined, endsWithLine)
  }

  /** @param isDone - asked behind each closing bracket; without it, the expression's end is looked for. */
  private skip(isDone: ((depth: number, unit: string) => boolean) | undefined, endsWithLine: boolean): void {
    const { text } = this
    let depth = 0
    while (this.at < text.length) {
      this.skipSpace(!endsWithLine || depth > 0)
      if (this.isAtEnd()) return
      const unit = this.peek()
      if (isDone === undefined && depth === 0 && (unit === ',' || unit === '\n' || CLOSING.includes(unit))) return
      if (unit === '"') {
        if (this.quotedTemplate() === undefined && this.peek() !== '\n') return
        continue
      }
      if (unit === '<' && this.peek(1) === '<') {
        this.heredoc()
        continue
      }
      this.at++
      if (unit !== '' && OPENING.includes(unit)) depth++
      else if (unit !== '' && CLOSING.includes(unit)) {
        depth--
        if (isDone?.(depth, unit) === true) return
      }
    }
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
])

function escapeAt(text: string, at: number): { readonly value: string; readonly length: number } {
  const letter = text[at + 1] ?? ''
  const known = ESCAPES.get(letter)
  if (known !== undefined) return { value: known, length: 2 }
  const digits = letter === 'u' ? 4 : letter === 'U' ? 8 : 0
  const hex = text.slice(at + 2, at + 2 + digits)
  const code = digits > 0 && /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : -1
  if (code >= 0 && code <= 0x10ffff) return { value: String.fromCodePoint(code), length: 2 + digits }
  // Terraform refuses any other; it is taken as it stands.
  return { value: '\\', length: 1 }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function isSign(character: string | undefined): boolean {
  return character === '+' || character === '-'
}

function isNameStart(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f || unit >= 0x80
}

function isNamePart(unit: number): boolean {
  return isNameStart(unit) || isDigit(unit) || unit === 0x2d
}
