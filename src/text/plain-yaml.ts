/**
 * Reads YAML as people write it in world files, fast; of any other text it says no more than that.
 *
 * Takes block mappings and sequences, flow collections, strings and booleans on one line, and a few aliases. What it
 * takes is the tree that `readYaml` makes of the same text, save that a block collection ends with its last value;
 * anything else, a number say, is left to `readYaml`, and so is every fault. The package that reads all of YAML takes longer to load
 * than most worlds take to read.
 *
 * Source: YAML 1.2.2, chapters 6 to 8 and 10.3.
 */
import type { Member, SyntaxNode } from './syntax-tree.js'

/** The tree of a text, or undefined where `readYaml` has to be asked. */
export function readPlainYaml(text: string): SyntaxNode | undefined {
  // Tabs, carriage returns and what cannot be printed; markers of documents.
  if (text.length > MAX_LENGTH || UNUSUAL.test(text) || MARKER.test(text)) return undefined
  const reader = new PlainYaml(text)
  const root = reader.block(0)
  return root !== undefined && reader.isAtEnd ? root : undefined
}

const MAX_LENGTH = 2 * 1024 * 1024
const MAX_DEPTH = 64
const MAX_KEY = 1000
/** As few and in so short a text that they cannot stand for much. */
const MAX_ALIASES = 16
const MAX_LENGTH_WITH_ALIASES = 16 * 1024
const ANCHOR_NAME = /[A-Za-z0-9_-]+/y
const UNUSUAL = /[^\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/
const MARKER = /^(?:---|\.\.\.)/m

/** What a plain value cannot begin with. */
const INDICATORS = new Set(',[]{}#&*!|>\'"%@`')
const FLOW_INDICATORS = new Set(',[]{}')

/** Values that are no strings, but for `true` and `false`. */
const NULL = /^(?:~|null|Null|NULL)$/
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/
const NUMBER =
  /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

interface Key {
  readonly value: string
  readonly start: number
  readonly end: number
}

class PlainYaml {
  /** The first character of the present line that is no space, and its column. */
  private at = 0
  private column = 0
  isAtEnd = false
  private readonly anchors = new Map<string, SyntaxNode>()
  private aliases = 0

  constructor(private readonly text: string) {
    this.toContent(0)
  }

  /** Goes to the next line with something on it. @param from - where a line begins. */
  private toContent(from: number): void {
    const { text } = this
    for (let start = from; start < text.length;) {
      let at = start
      while (text[at] === ' ') at++
      if (at < text.length && text[at] !== '\n' && text[at] !== '#') {
        this.at = at
        this.column = at - start
        return
      }
      start = this.lineEnd(at) + 1
    }
    this.at = text.length
    this.column = -1
    this.isAtEnd = true
  }

  private lineEnd(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.text.length : end
  }

  /** A mapping or sequence that begins at the present line. */
  block(depth: number): SyntaxNode | undefined {
    if (depth > MAX_DEPTH || this.isAtEnd) return undefined
    return this.isDash(this.at) ? this.sequence(depth) : this.mapping(depth)
  }

  private isDash(at: number): boolean {
    return this.text[at] === '-' && this.isSpaceOrEnd(at + 1)
  }

  private isSpaceOrEnd(at: number): boolean {
    const char = this.text[at]
    return char === ' ' || char === '\n' || char === undefined
  }

  private mapping(depth: number): SyntaxNode | undefined {
    const { column, at: start } = this
    const members: Member[] = []
    const keys = new Set<string>()
    while (this.column === column && !this.isDash(this.at)) {
      const key = this.key(this.at)
      if (key === undefined || keys.has(key.value)) return undefined
      keys.add(key.value)
      const value = this.valueAfter(key.end + 1, column, depth)
      if (value === undefined) return undefined
      members.push({ key: key.value, keyStart: key.start, keyEnd: key.end, value })
    }
    const last = members.at(-1)
    if (last === undefined || this.column >= column) return undefined
    return { kind: 'object', members, start, end: last.value.end }
  }

  /** What stands behind the colon of a key, or below it. */
  private valueAfter(from: number, column: number, depth: number): SyntaxNode | undefined {
    const at = this.pastSpaces(from)
    if (!this.isLineDone(at)) return this.inline(at, column, depth)
    this.toContent(this.lineEnd(at) + 1)
    if (this.column > column) return this.block(depth + 1)
    // A sequence may begin in the column of its key; nothing at all would be a null.
    return this.column === column && this.isDash(this.at) ? this.sequence(depth + 1) : undefined
  }

  private sequence(depth: number): SyntaxNode | undefined {
    const { column, at: start } = this
    const items: SyntaxNode[] = []
    while (this.column === column && this.isDash(this.at)) {
      const item = this.item(column, depth)
      if (item === undefined) return undefined
      items.push(item)
    }
    const last = items.at(-1)
    return last === undefined || this.column > column ? undefined : { kind: 'array', items, start, end: last.end }
  }

  private item(column: number, depth: number): SyntaxNode | undefined {
    const at = this.pastSpaces(this.at + 1)
    if (this.isLineDone(at)) {
      this.toContent(this.lineEnd(at) + 1)
      return this.column > column ? this.block(depth + 1) : undefined
    }
    if (!this.isDash(at) && this.key(at) === undefined) return this.inline(at, column, depth)
    this.column += at - this.at
    this.at = at
    return this.block(depth + 1)
  }

  private pastSpaces(from: number): number {
    let at = from
    while (this.text[at] === ' ') at++
    return at
  }

  /** Nothing but a comment may follow. */
  private isLineDone(at: number): boolean {
    const char = this.text[at]
    return char === '\n' || char === undefined || (char === '#' && this.text[at - 1] === ' ')
  }

  /** A key with its colon, in a block. */
  private key(start: number): Key | undefined {
    const { text } = this
    const first = text[start]
    if (first === '"' || first === "'") {
      const quoted = this.quoted(start)
      const isKey = quoted !== undefined && text[quoted.end] === ':' && this.isSpaceOrEnd(quoted.end + 1)
      return isKey ? quoted : undefined
    }
    if (!this.mayBeginPlain(start)) return undefined
    for (let at = start; at - start < MAX_KEY; at++) {
      const char = text[at]
      if (char === '\n' || char === undefined || (char === '#' && text[at - 1] === ' ')) return undefined
      if (char === ':' && this.isSpaceOrEnd(at + 1)) return this.plainKey(start, at)
    }
    return undefined
  }

  private plainKey(start: number, end: number): Key | undefined {
    const value = this.text.slice(start, end)
    const isString = !BOOLEAN.test(value) && !NULL.test(value) && !NUMBER.test(value)
    return value === '' || value === '<<' || value.endsWith(' ') || !isString ? undefined : { value, start, end }
  }

  private mayBeginPlain(at: number): boolean {
    const first = this.text[at] ?? ' '
    if (first === '-' || first === '?' || first === ':') {
      const next = this.text[at + 1] ?? ' '
      return next !== ' ' && next !== '\n' && !FLOW_INDICATORS.has(next)
    }
    return !INDICATORS.has(first)
  }

  /** A value on the line of its key or dash; a flow collection may go on below. */
  private inline(start: number, column: number, depth: number): SyntaxNode | undefined {
    const first = this.text[start]
    if (first === '&') return this.anchored(start + 1, column, depth)
    if (first === '*') return this.alias(start + 1, column)
    const value =
      first === '{' || first === '['
        ? this.flow(start, column, depth + 1)
        : first === '"' || first === "'"
          ? this.quotedValue(start)
          : this.plain(start)
    if (value === undefined) return undefined
    return this.isLastOfLine(value.end, column) ? value : undefined
  }

  /** Goes on to the next line, which may not be deeper: it would go on with the value. */
  private isLastOfLine(from: number, column: number): boolean {
    const at = this.pastSpaces(from)
    if (!this.isLineDone(at)) return false
    this.toContent(this.lineEnd(at) + 1)
    return this.column <= column
  }

  private nameAt(start: number): string | undefined {
    ANCHOR_NAME.lastIndex = start
    return ANCHOR_NAME.exec(this.text)?.[0]
  }

  private anchored(start: number, column: number, depth: number): SyntaxNode | undefined {
    const name = this.nameAt(start)
    if (name === undefined || !this.isSpaceOrEnd(start + name.length)) return undefined
    const before = this.aliases
    const at = this.pastSpaces(start + name.length)
    const first = this.text[at]
    let node: SyntaxNode | undefined
    if (this.isLineDone(at)) {
      this.toContent(this.lineEnd(at) + 1)
      if (this.column > column) node = this.block(depth + 1)
    } else if (first !== '&' && first !== '*') node = this.inline(at, column, depth)
    // Aliases of what has aliases would multiply.
    if (node === undefined || this.aliases !== before) return undefined
    this.anchors.set(name, node)
    return node
  }

  private alias(start: number, column: number): SyntaxNode | undefined {
    const name = this.nameAt(start)
    const node = name === undefined ? undefined : this.anchors.get(name)
    this.aliases++
    if (name === undefined || node === undefined || !this.isSpaceOrEnd(start + name.length)) return undefined
    if (this.aliases > MAX_ALIASES || this.text.length > MAX_LENGTH_WITH_ALIASES) return undefined
    return this.isLastOfLine(start + name.length, column) ? node : undefined
  }

  private quotedValue(start: number): SyntaxNode | undefined {
    const quoted = this.quoted(start)
    return quoted === undefined ? undefined : { kind: 'string', ...quoted }
  }

  /** Without escapes, on one line. */
  private quoted(start: number): Key | undefined {
    const quote = this.text[start]
    for (let at = start + 1; ; at++) {
      const char = this.text[at]
      if (char === '\n' || char === '\\' || char === undefined) {
        if (char === '\\' && quote === "'") continue
        return undefined
      }
      if (char !== quote) continue
      if (quote === "'" && this.text[at + 1] === "'") return undefined
      return { value: this.text.slice(start + 1, at), start, end: at + 1 }
    }
  }

  /** A plain value to the end of its line. */
  private plain(start: number): SyntaxNode | undefined {
    if (!this.mayBeginPlain(start)) return undefined
    const { text } = this
    let end = this.lineEnd(start)
    const comment = text.indexOf(' #', start)
    if (comment >= 0 && comment < end) end = comment
    const written = text.slice(start, end).trimEnd()
    if (written.includes(': ') || written.endsWith(':')) return undefined
    return scalar(written, start)
  }

  // ------------------------------------------------------------------------------------------------------------ flow

  private flow(start: number, column: number, depth: number): SyntaxNode | undefined {
    if (depth > MAX_DEPTH) return undefined
    return this.text[start] === '{' ? this.flowMapping(start, column, depth) : this.flowSequence(start, column, depth)
  }

  private flowSequence(start: number, column: number, depth: number): SyntaxNode | undefined {
    const items: SyntaxNode[] = []
    let at = this.pastFlowSpace(start + 1, column)
    if (this.text[at] === ']') return { kind: 'array', items, start, end: at + 1 }
    for (;;) {
      const item = this.flowValue(at, column, depth)
      if (item === undefined) return undefined
      items.push(item)
      at = this.pastFlowSpace(item.end, column)
      if (this.text[at] === ']') return { kind: 'array', items, start, end: at + 1 }
      if (this.text[at] !== ',') return undefined
      at = this.pastFlowSpace(at + 1, column)
    }
  }

  private flowMapping(start: number, column: number, depth: number): SyntaxNode | undefined {
    const members: Member[] = []
    const keys = new Set<string>()
    let at = this.pastFlowSpace(start + 1, column)
    if (this.text[at] === '}') return { kind: 'object', members, start, end: at + 1 }
    for (;;) {
      const key = this.flowKey(at)
      if (key === undefined || keys.has(key.value)) return undefined
      keys.add(key.value)
      const value = this.flowValue(this.pastFlowSpace(key.end + 1, column), column, depth)
      if (value === undefined) return undefined
      members.push({ key: key.value, keyStart: key.start, keyEnd: key.end, value })
      at = this.pastFlowSpace(value.end, column)
      if (this.text[at] === '}') return { kind: 'object', members, start, end: at + 1 }
      if (this.text[at] !== ',') return undefined
      at = this.pastFlowSpace(at + 1, column)
    }
  }

  private flowKey(start: number): Key | undefined {
    const key = this.key(start)
    if (key === undefined || this.text[start] === '"' || this.text[start] === "'") return key
    for (const char of key.value) if (FLOW_INDICATORS.has(char)) return undefined
    return key
  }

  private flowValue(start: number, column: number, depth: number): SyntaxNode | undefined {
    const { text } = this
    const first = text[start]
    if (first === '{' || first === '[') return this.flow(start, column, depth + 1)
    if (first === '"' || first === "'") return this.quotedValue(start)
    if (!this.mayBeginPlain(start)) return undefined
    let end = start
    for (; ; end++) {
      const char = text[end]
      if (char === undefined || char === '\n' || FLOW_INDICATORS.has(char)) break
      if (char === '#' && text[end - 1] === ' ') return undefined
      const next = text[end + 1] ?? ' '
      if (char === ':' && (next === ' ' || next === '\n' || FLOW_INDICATORS.has(next))) return undefined
    }
    // On the next line it would go on; only what ends it may stand there.
    const after = text[this.pastFlowSpace(end, column)]
    return after === ',' || after === ']' || after === '}' ? scalar(text.slice(start, end).trimEnd(), start) : undefined
  }

  /** Spaces and line feeds; every further line has to be deeper than what the collection belongs to. */
  private pastFlowSpace(from: number, column: number): number {
    const { text } = this
    let at = from
    let lineStart: number | undefined
    for (; text[at] === ' ' || text[at] === '\n'; at++) if (text[at] === '\n') lineStart = at + 1
    return lineStart !== undefined && at - lineStart <= column ? text.length : at
  }
}

function scalar(written: string, start: number): SyntaxNode | undefined {
  const end = start + written.length
  if (written === '' || NULL.test(written) || NUMBER.test(written)) return undefined
  if (BOOLEAN.test(written)) return { kind: 'boolean', value: written.toLowerCase() === 'true', start, end }
  return { kind: 'string', value: written, start, end }
}
