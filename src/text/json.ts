/**
 * Reads JSON strictly, with the place of every key and value.
 *
 * No comments, no trailing commas, no duplicate keys. jsonc-parser's scanner finds the tokens; the structure is put
 * together here with an explicit stack, because its own parser recurses, keeps the last of two equal keys and words
 * its errors as numbers. Small faults are reported and read over, so one run names many; the first fault that leaves
 * the structure in doubt ends the reading. A text without faults is read by `plain-json.ts`, which is faster.
 *
 * Source: RFC 8259.
 */
import { createScanner } from 'jsonc-parser'
import { createErrorList } from './error-list.js'
import type { ErrorList } from './error-list.js'
import { quote } from './escape.js'
import { skipSpace } from './json-scan.js'
import { readPlainJson } from './plain-json.js'
import { positionAt } from './source.js'
import type { Result, SourceError, SourceText, Span } from './source.js'
import { toPointer } from './syntax-tree.js'
import type { Member, SyntaxNode } from './syntax-tree.js'

export interface ReadOptions {
  /** How deep objects and arrays may nest; 128 when left out, never more than 1,000. */
  readonly maxDepth?: number
  /** In UTF-16 units; 64 Mi when left out. */
  readonly maxLength?: number
}

export const DEFAULT_MAX_DEPTH = 128
/** Trees are walked by recursion, and a stack holds this depth everywhere. */
export const DEPTH_CEILING = 1000
const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024
const BYTE_ORDER_MARK = 0xfeff

/** Token kinds of jsonc-parser, whose enum exists only as a type. */
const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blockComment: 13,
  end: 17,
} as const

interface ObjectFrame {
  readonly kind: 'object'
  readonly start: number
  readonly members: Member[]
  /** Made when members become too many for a linear search. */
  places: Map<string, number> | undefined
  key: string
  keyStart: number
  keyEnd: number
}

interface ArrayFrame {
  readonly kind: 'array'
  readonly start: number
  readonly items: SyntaxNode[]
}

type Frame = ObjectFrame | ArrayFrame

/** What may come next; `key` and `value` follow a comma, the `first…` ones an opening bracket. */
type Expectation = 'value' | 'firstValue' | 'key' | 'firstKey' | 'separator' | 'end'

interface Token {
  kind: number
  start: number
  end: number
}

/**
 * The tree of a JSON text, or what is wrong with it (at most 20 errors, in the order of their places).
 * A byte order mark at the start is accepted. Lone surrogates and any character may stand as escapes.
 */
export function readJson(source: SourceText, options: ReadOptions = {}): Result<SyntaxNode, readonly SourceError[]> {
  const errors = createErrorList(source)
  const maxLength = options.maxLength ?? DEFAULT_MAX_LENGTH
  if (source.text.length > maxLength) {
    errors.add({ start: 0, end: 0 }, `the text has ${source.text.length} characters`, {
      hint: `at most ${maxLength} are read`,
    })
    return { ok: false, error: errors.sorted() }
  }
  const maxDepth = Math.min(options.maxDepth ?? DEFAULT_MAX_DEPTH, DEPTH_CEILING)
  const plain = readWhole(source.text, maxDepth)
  if (plain !== undefined) return { ok: true, value: plain }
  const root = new JsonReader(source.text, errors, maxDepth).read()
  if (root === undefined || !errors.isEmpty()) return { ok: false, error: errors.sorted() }
  return { ok: true, value: root }
}

/** Most texts have nothing wrong, and are read the fast way. */
function readWhole(text: string, maxDepth: number): SyntaxNode | undefined {
  const root = readPlainJson(text, skipSpace(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0), maxDepth)
  return root !== undefined && skipSpace(text, root.end) === text.length ? root : undefined
}

class JsonReader {
  private readonly text: string
  private readonly errors: ErrorList
  private readonly maxDepth: number
  private readonly scanner: ReturnType<typeof createScanner>
  private readonly frames: Frame[] = []
  private readonly token: Token = { kind: 0, start: 0, end: 0 }
  private expected: Expectation = 'value'
  private root: SyntaxNode | undefined
  private lastComma: Span = { start: 0, end: 0 }

  constructor(text: string, errors: ErrorList, maxDepth: number) {
    this.text = text
    this.errors = errors
    this.maxDepth = maxDepth
    this.scanner = createScanner(text, false)
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) this.token.end = 1
  }

  read(): SyntaxNode | undefined {
    let goesOn = true
    while (goesOn && !this.errors.isFull()) {
      this.advance()
      goesOn = this.token.kind === TOKEN.end ? this.finish() : this.accept()
    }
    return this.root
  }

  /** Takes one token; false when nothing after it can be trusted. */
  private accept(): boolean {
    switch (this.expected) {
      case 'value':
      case 'firstValue':
        return this.acceptValue()
      case 'key':
      case 'firstKey':
        return this.acceptKey()
      case 'separator':
        return this.acceptSeparator()
      case 'end':
        this.fail(this.found(), `unexpected ${this.foundText()} after the value`, 'a JSON text holds one value')
        return false
    }
  }

  private acceptValue(): boolean {
    const { kind, start, end } = this.token
    switch (kind) {
      case TOKEN.openBrace:
      case TOKEN.openBracket:
        return this.open(kind)
      case TOKEN.closeBracket: {
        const frame = this.frames.at(-1)
        if (frame?.kind !== 'array') break
        if (this.expected === 'value') this.fail(this.lastComma, 'trailing `,` before `]`')
        return this.close()
      }
      case TOKEN.string: {
        const value = this.stringValue()
        if (value === undefined) return false
        return this.attach({ kind: 'string', value, start, end })
      }
      case TOKEN.number:
        return this.acceptNumber()
      case TOKEN.true:
        return this.attach({ kind: 'boolean', value: true, start, end })
      case TOKEN.false:
        return this.attach({ kind: 'boolean', value: false, start, end })
      case TOKEN.null:
        return this.attach({ kind: 'null', start, end })
      default:
        break
    }
    if (kind === TOKEN.closeBrace || kind === TOKEN.closeBracket || kind === TOKEN.comma || kind === TOKEN.colon) {
      this.fail(this.found(), `expected a value, found ${this.foundText()}`)
      return false
    }
    return this.acceptUnknownWord()
  }

  private acceptNumber(): boolean {
    const { start } = this.token
    const word = this.found()
    const text = this.text.slice(start, word.end)
    if (word.end !== this.token.end || this.scanner.getTokenError() !== 0) return this.acceptUnknownWord()
    return this.attach({ kind: 'number', value: Number(text), text, start, end: word.end })
  }

  /** A bare word that is no JSON value: said, and taken for a null, so that reading can go on. */
  private acceptUnknownWord(): boolean {
    const word = this.found()
    const text = this.text.slice(word.start, word.end)
    this.fail(word, ...describeWord(text))
    // A quote inside the word leaves open where the intended string ends.
    if (text.startsWith("'")) return false
    this.token.end = word.end
    return this.attach({ kind: 'null', start: word.start, end: word.end })
  }

  private acceptKey(): boolean {
    const { kind, start, end } = this.token
    const frame = this.frames.at(-1)
    if (frame?.kind !== 'object') throw new Error('a key is expected only inside an object')
    if (kind === TOKEN.closeBrace) {
      if (this.expected === 'key') this.fail(this.lastComma, 'trailing `,` before `}`')
      return this.close()
    }
    if (kind !== TOKEN.string) {
      this.fail(this.found(), `expected a key in double quotes, found ${this.foundText()}`)
      return false
    }
    const key = this.stringValue()
    if (key === undefined) return false
    this.refuseDuplicate(frame, key, { start, end })
    frame.key = key
    frame.keyStart = start
    frame.keyEnd = end
    this.advance()
    if (this.token.kind !== TOKEN.colon) {
      this.fail(this.found(), `expected \`:\` after the key ${quote(key)}, found ${this.foundText()}`)
      return false
    }
    this.expected = 'value'
    return true
  }

  private acceptSeparator(): boolean {
    const { kind, start, end } = this.token
    const inObject = this.frames.at(-1)?.kind === 'object'
    if (kind === TOKEN.comma) {
      this.lastComma = { start, end }
      this.expected = inObject ? 'key' : 'value'
      return true
    }
    if (kind === (inObject ? TOKEN.closeBrace : TOKEN.closeBracket)) return this.close()
    this.fail(this.found(), `expected \`,\` or \`${inObject ? '}' : ']'}\`, found ${this.foundText()}`)
    // A forgotten comma is the one fault here after which the rest is still plain.
    const startsNext = inObject ? kind === TOKEN.string : isValueStart(kind)
    if (!startsNext) return false
    this.expected = inObject ? 'key' : 'value'
    return this.accept()
  }

  private open(kind: number): boolean {
    const { start, end } = this.token
    if (this.frames.length >= this.maxDepth) {
      this.fail({ start, end }, `nested deeper than ${this.maxDepth} levels`)
      return false
    }
    if (kind === TOKEN.openBrace) {
      this.frames.push({ kind: 'object', start, members: [], places: undefined, key: '', keyStart: 0, keyEnd: 0 })
      this.expected = 'firstKey'
    } else {
      this.frames.push({ kind: 'array', start, items: [] })
      this.expected = 'firstValue'
    }
    return true
  }

  private close(): boolean {
    const frame = this.frames.pop()
    if (frame === undefined) throw new Error('a closing bracket is taken only inside an object or array')
    const { start } = frame
    const { end } = this.token
    if (frame.kind === 'object') return this.attach({ kind: 'object', members: frame.members, start, end })
    return this.attach({ kind: 'array', items: frame.items, start, end })
  }

  private attach(node: SyntaxNode): boolean {
    const frame = this.frames.at(-1)
    if (frame === undefined) {
      this.root = node
      this.expected = 'end'
    } else {
      if (frame.kind === 'array') frame.items.push(node)
      else frame.members.push({ key: frame.key, keyStart: frame.keyStart, keyEnd: frame.keyEnd, value: node })
      this.expected = 'separator'
    }
    return true
  }

  /** The end of the text: fine after the value, an error anywhere else. Always the last thing done. */
  private finish(): false {
    const at = { start: this.text.length, end: this.text.length }
    const frame = this.frames.at(-1)
    if (frame !== undefined) {
      const { line, column } = positionAt(this.text, frame.start)
      this.fail(at, `the text ends inside the ${frame.kind} that begins at ${line}:${column}`, this.endHint(frame))
    } else if (this.root === undefined && this.errors.isEmpty()) {
      this.fail(at, 'the text is empty', 'expected a JSON value')
    }
    return false
  }

  private endHint(frame: Frame): string {
    if (this.expected === 'value') return 'expected a value'
    if (this.expected === 'key') return 'expected a key in double quotes'
    return `expected \`${frame.kind === 'object' ? '}' : ']'}\``
  }

  private refuseDuplicate(frame: ObjectFrame, key: string, span: Span): void {
    const first = firstPlace(frame, key)
    if (first === undefined) {
      frame.places?.set(key, span.start)
      return
    }
    const { line, column } = positionAt(this.text, first)
    const path = [...this.path(), key]
    this.errors.add(span, `duplicate key ${quote(key)}`, {
      hint: `it stands at ${line}:${column} already`,
      pointer: toPointer(path),
    })
  }

  /** The value of a string token, with its faults reported; `undefined` when it has no end. */
  private stringValue(): string | undefined {
    if (this.scanner.getTokenError() === 0) return this.scanner.getTokenValue()
    return this.reportString() ? this.scanner.getTokenValue() : undefined
  }

  /** Finds every fault of a string token the scanner refused; false when the closing quote is missing. */
  private reportString(): boolean {
    const { text } = this
    const { start, end } = this.token
    let index = start + 1
    while (index < end) {
      const unit = text.charCodeAt(index)
      if (unit === 0x22) return true
      const length = unit === 0x5c ? escapeLength(text, index) : 1
      if (unit < 0x20) {
        const hint = `write it as \\u${unit.toString(16).padStart(4, '0')}`
        this.fail({ start: index, end: index + 1 }, `control character ${quote(text.charAt(index))} in a string`, hint)
      } else if (length < 0) {
        const until = Math.min(index - length, end)
        this.fail(
          { start: index, end: until },
          `unknown escape ${quote(text.slice(index, until))} in a string`,
          ESCAPES,
        )
      }
      index += Math.abs(length)
    }
    this.fail({ start, end }, `the string ${quote(text.slice(start, end), 40)} is not closed`, 'expected `"`')
    return false
  }

  private advance(): void {
    const { text, scanner, token } = this
    for (;;) {
      const position = skipSpace(text, token.end)
      // Spaces are skipped here: the scanner would build a string of them.
      scanner.setPosition(position)
      token.kind = scanner.scan()
      token.start = position
      token.end = scanner.getPosition()
      if (token.kind !== TOKEN.lineComment && token.kind !== TOKEN.blockComment) return
      token.end = Math.min(token.end, text.length)
      this.fail({ start: token.start, end: token.end }, 'comments are not allowed in JSON')
    }
  }

  /** The whole word at the token: `012` and `1.5.2` are several tokens but one mistake. */
  private found(): Span {
    const { kind, start, end } = this.token
    if (kind <= TOKEN.colon || kind === TOKEN.string || kind === TOKEN.end) return { start, end }
    let wordEnd = end
    while (wordEnd < this.text.length && !isDelimiter(this.text.charCodeAt(wordEnd))) wordEnd++
    return { start, end: wordEnd }
  }

  private foundText(): string {
    if (this.token.kind === TOKEN.end) return 'the end of the text'
    const { start, end } = this.found()
    return quote(this.text.slice(start, end), 40)
  }

  private fail(span: Span, message: string, hint?: string): void {
    this.errors.add(span, message, { ...(hint === undefined ? {} : { hint }), pointer: toPointer(this.path()) })
  }

  /** Where reading stands, as a path; built only for an error. */
  private path(): readonly (string | number)[] {
    return this.frames.slice(0, -1).map((frame) => (frame.kind === 'array' ? frame.items.length : frame.key))
  }
}

const ESCAPES = 'JSON knows \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits'

/** What ends a bare word: `{}[],:"/`. */
const DELIMITERS: ReadonlySet<number> = new Set([0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a, 0x22, 0x2f])

/** From how many members on the places of keys are kept in a map. */
const MAP_FROM = 12

function firstPlace(frame: ObjectFrame, key: string): number | undefined {
  if (frame.places === undefined) {
    if (frame.members.length < MAP_FROM) return frame.members.find((member) => member.key === key)?.keyStart
    // Backwards, so that of equal keys the first place stays.
    frame.places = new Map(frame.members.toReversed().map((member) => [member.key, member.keyStart]))
  }
  return frame.places.get(key)
}

function describeWord(text: string): [message: string, hint?: string] {
  const first = text.charCodeAt(0)
  if (first === 0x27) return [`unexpected ${quote(text, 40)}`, 'strings stand in double quotes']
  if (isDigit(first) || first === 0x2d || first === 0x2b || first === 0x2e) {
    return [`${quote(text, 40)} is not a JSON number`, 'no leading zero or plus, and a digit on each side of the point']
  }
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false' || lower === 'null') {
    return [`${quote(text)} is not a JSON value`, `did you mean \`${lower}\`?`]
  }
  return [`${quote(text, 40)} is not a JSON value`, 'strings stand in double quotes']
}

/** How many units the escape at `index` takes; negative when JSON has no such escape. */
function escapeLength(text: string, index: number): number {
  const letter = text.charAt(index + 1)
  if (letter !== 'u') return letter !== '' && '"\\/bfnrt'.includes(letter) ? 2 : -2
  for (let digit = 0; digit < 4; digit++) {
    if (!isHexDigit(text.charCodeAt(index + 2 + digit))) return -(2 + digit)
  }
  return 6
}

function isValueStart(kind: number): boolean {
  return kind === TOKEN.openBrace || kind === TOKEN.openBracket || (kind >= TOKEN.null && kind <= TOKEN.number)
}

function isWhiteSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

function isDelimiter(unit: number): boolean {
  return isWhiteSpace(unit) || DELIMITERS.has(unit)
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function isHexDigit(unit: number): boolean {
  return isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66)
}
