/**
 * Typed reading of the objects of a simulation document: known members, right types, and a place for everything wrong.
 *
 * Knows nothing of what a member means. A member that is `null` is one that is not there.
 */
import { quote } from '../text/escape.js'
import type { Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import { setMember, type Member, type ObjectNode, type SyntaxNode, type SyntaxPath } from '../text/syntax-tree.js'

export interface ReadError {
  readonly message: string
  readonly path: SyntaxPath
  /** In the text that is read; absent where only the path is known. */
  readonly span?: Span
  /** Something is not there. It may well be there misspelt, which is the better thing to say. */
  readonly isMissing?: true
}

/** More than anybody mends before trying again; only the first is answered. */
const MAX_ERRORS = 20

/** One text that is being read, with what is wrong in it. */
export class Reading {
  readonly errors: ReadError[] = []

  constructor(readonly text: string) {}

  /** Nothing more would be kept: reading on is of no use. */
  get isFull(): boolean {
    return this.errors.length >= MAX_ERRORS
  }

  error(message: string, path: SyntaxPath, span?: Span): void {
    if (this.isFull) return
    this.errors.push({ message, path, ...(span === undefined ? {} : { span: { start: span.start, end: span.end } }) })
  }

  missing(message: string, path: SyntaxPath, span?: Span): void {
    if (!this.isFull) this.errors.push({ message, path, ...(span === undefined ? {} : { span }), isMissing: true })
  }

  wrongType(node: SyntaxNode, path: SyntaxPath, expected: string): void {
    this.error(`${pathName(path)} is ${describe(node)}; expected ${expected}`, path, node)
  }
}

/** The last member name of a path, as messages name it. */
function pathName(path: SyntaxPath): string {
  const last = path.at(-1)
  if (last === undefined) return 'the document'
  return typeof last === 'number' ? `${quote(String(path.at(-2) ?? ''))} item ${last + 1}` : quote(last)
}

function describe(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'string':
      return quote(node.value)
    case 'number':
      return `the number ${quote(node.text)}`
    case 'boolean':
      return `\`${node.value}\``
    case 'null':
      return '`null`'
  }
}

/** The members of one object by name; what is not known, or of the wrong type, has been reported. */
export class ObjectReader {
  private constructor(
    readonly reading: Reading,
    readonly path: SyntaxPath,
    readonly node: ObjectNode,
    private readonly members: ReadonlyMap<string, Member>,
  ) {}

  /** Undefined where the node is no object. */
  static open(
    reading: Reading,
    node: SyntaxNode,
    path: SyntaxPath,
    known: readonly string[],
  ): ObjectReader | undefined {
    if (node.kind !== 'object') {
      reading.wrongType(node, path, 'an object')
      return undefined
    }
    const members = new Map<string, Member>()
    for (const member of node.members) {
      if (reading.isFull) break
      if (known.includes(member.key)) {
        if (member.value.kind !== 'null') members.set(member.key, member)
      } else {
        unknownMember(reading, member, path, known)
      }
    }
    return new ObjectReader(reading, path, node, members)
  }

  pathOf(name: string): SyntaxPath {
    return [...this.path, name]
  }

  get(name: string): SyntaxNode | undefined {
    return this.members.get(name)?.value
  }

  /** As `get`, with an error where the member is missing. */
  required(name: string, expected: string): SyntaxNode | undefined {
    const node = this.get(name)
    if (node === undefined) this.missing(name, expected)
    return node
  }

  missing(name: string, expected: string): void {
    const owner = this.path.length === 0 ? 'the document' : pathName(this.path)
    // An absent member has no place of its own: its object has, at the brace.
    const brace = { start: this.node.start, end: this.node.start + 1 }
    this.reading.missing(`${owner} lacks ${quote(name)}; expected ${expected}`, this.path, brace)
  }

  text(name: string): string | undefined {
    const node = this.get(name)
    if (node === undefined || node.kind === 'string') return node?.value
    this.reading.wrongType(node, this.pathOf(name), 'a string')
    return undefined
  }

  requiredText(name: string, expected: string): string | undefined {
    return this.required(name, expected) === undefined ? undefined : this.text(name)
  }

  flag(name: string): boolean | undefined {
    const node = this.get(name)
    if (node === undefined || node.kind === 'boolean') return node?.value
    this.reading.wrongType(node, this.pathOf(name), '`true` or `false`')
    return undefined
  }

  /** A text out of a few. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const chosen = choices.find((choice) => choice === text)
    if (chosen === undefined) {
      const meant = didYouMean(text, choices, 2)
      const expected = meant === undefined ? `expected ${oneOf(choices)}` : `did you mean ${quote(meant)}?`
      this.error(name, `${quote(name)} is ${quote(text)}; ${expected}`)
    }
    return chosen
  }

  list(name: string): readonly SyntaxNode[] | undefined {
    const node = this.get(name)
    if (node === undefined) return undefined
    if (node.kind === 'array') return node.items
    this.reading.wrongType(node, this.pathOf(name), 'a list')
    return undefined
  }

  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.flatMap((item, index) => {
      if (item.kind === 'string') return [item.value]
      this.reading.wrongType(item, [...this.pathOf(name), index], 'a string')
      return []
    })
  }

  /** An object of texts, such as tags or an encryption context. */
  record(name: string): Readonly<Record<string, string>> | undefined {
    const node = this.get(name)
    if (node === undefined) return undefined
    if (node.kind !== 'object') {
      this.reading.wrongType(node, this.pathOf(name), 'an object of strings')
      return undefined
    }
    const record: Record<string, string> = {}
    for (const { key, value } of node.members) {
      if (value.kind === 'string') setMember(record, key, value.value)
      else this.reading.wrongType(value, [...this.pathOf(name), key], 'a string')
    }
    return record
  }

  /** Reports something about a member that is there. */
  error(name: string, message: string): void {
    this.reading.error(message, this.pathOf(name), this.get(name))
  }
}

function unknownMember(reading: Reading, member: Member, path: SyntaxPath, known: readonly string[]): void {
  const meant = didYouMean(member.key, known, 2)
  const owner = path.length === 0 ? 'a simulation document' : pathName(path)
  const hint = meant === undefined ? `${owner} has ${oneOf(known)}` : `did you mean ${quote(meant)}?`
  reading.error(`unknown member ${quote(member.key)}; ${hint}`, [...path, member.key], {
    start: member.keyStart,
    end: member.keyEnd,
  })
}

/** "`a`, `b` or `c`". */
export function oneOf(choices: readonly string[]): string {
  const quoted = choices.map((choice) => quote(choice))
  if (quoted.length < 2) return quoted.join('')
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`
}
