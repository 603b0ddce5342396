/**
 * A sentence that was put together from members of a file, or stands in one: where each part of it is in the file.
 *
 * Source: `docs/test.md`.
 */
import { spanInString } from '../policy/string-place.js'
import type { TextError } from '../text/grammar-reader.js'
import type { SourceError, SourceText, Span } from '../text/source.js'
import { nodeAt, type SyntaxNode } from '../text/syntax-tree.js'

export interface WrittenText {
  readonly text: string
  /** In order; what stands between them is in no file. */
  readonly pieces: readonly WrittenPiece[]
}

interface WrittenPiece {
  readonly start: number
  readonly end: number
  readonly node: SyntaxNode
  /** Whether the piece is the value of the node as it stands. */
  readonly isVerbatim: boolean
}

/** An error in such a text, at its place in the file. */
export function placedIn(source: SourceText, { pieces }: WrittenText, error: TextError): SourceError {
  const { message, start, end, hint } = error
  const piece = pieces.find((each) => start < each.end || each === pieces.at(-1)) ?? pieces[0]
  const span = piece === undefined ? { start: 0, end: 0 } : spanIn(source.text, piece, start, end)
  return { message, source, span, ...(hint === undefined ? {} : { hint }) }
}

function spanIn(text: string, { start: from, node, isVerbatim }: WrittenPiece, start: number, end: number): Span {
  if (node.kind === 'object' || node.kind === 'array') return { start: node.start, end: node.start + 1 }
  const whole = { start: node.start, end: node.end }
  if (!isVerbatim || node.kind !== 'string') return whole
  const [first, last] = [Math.max(start - from, 0), Math.max(end - from, 0)]
  // YAML has texts in single quotes as well; one without escapes stands there as it is.
  if (text.startsWith("'", node.start) && text.startsWith(node.value, node.start + 1)) {
    return { start: node.start + 1 + first, end: node.start + 1 + last }
  }
  return spanInString(text, whole, node.value, first, last)
}

/**
 * The members `principal`, `action`, `key`, `context`, `via`, `from` and `through` of a test as one sentence.
 * @param form - a query, or an assertion about the principal or about everybody.
 * @param keys - what stands in the place of the keys, where they are not a member.
 */
export function textOfMembers(
  test: SyntaxNode,
  form: 'can' | 'cannot' | 'nobody',
  keys: string | undefined,
): WrittenText {
  const writer = new TextWriter()
  const member = (name: string): SyntaxNode | undefined => nodeAt(test, [name])
  if (form === 'can') writer.words('can ')
  if (form === 'nobody') writer.words('nobody can')
  else {
    writer.names(member('principal'))
    writer.words(form === 'can' ? ' do' : ' cannot')
  }
  writer.words(' ')
  writer.names(member('action'))
  writer.words(' on ')
  if (keys === undefined) writer.names(member('key'))
  else writer.words(keys)
  const context = member('context')
  if (context?.kind === 'object') {
    for (const [index, { key, value }] of context.members.entries()) {
      writer.words(index === 0 ? ' when ' : ' and ')
      writer.quoted(key, value)
      const values = value.kind === 'array' ? value.items : [value]
      writer.words(values.length === 1 ? ' = ' : ' in (')
      for (const [place, each] of values.entries()) {
        if (place > 0) writer.words(', ')
        writer.quoted(textOf(each), each)
      }
      if (values.length !== 1) writer.words(')')
    }
  }
  for (const name of ['via', 'from', 'through']) {
    const node = member(name)
    if (node === undefined) continue
    writer.words(` ${name} `)
    writer.quoted(textOf(node), node)
  }
  return { text: writer.text, pieces: writer.pieces }
}

/** One text and behind it another. */
export function joinedTexts(first: WrittenText, second: WrittenText): WrittenText {
  const by = first.text.length + 1
  const moved = second.pieces.map((piece) => ({ ...piece, start: piece.start + by, end: piece.end + by }))
  return { text: `${first.text} ${second.text}`, pieces: [...first.pieces, ...moved] }
}

class TextWriter {
  text = ''
  readonly pieces: WrittenPiece[] = []

  words(text: string): void {
    this.text += text
  }

  /** One name or several. */
  names(node: SyntaxNode | undefined): void {
    const nodes = node?.kind === 'array' ? node.items : node === undefined ? [] : [node]
    for (const [index, each] of nodes.entries()) {
      if (index > 0) this.words(', ')
      const text = textOf(each)
      if (PLAIN.test(text)) this.piece(text, each, true)
      else this.quoted(text, each)
    }
  }

  quoted(text: string, node: SyntaxNode): void {
    this.piece(JSON.stringify(text), node, false)
  }

  private piece(text: string, node: SyntaxNode, isVerbatim: boolean): void {
    const start = this.text.length
    this.text += text
    this.pieces.push({ start, end: this.text.length, node, isVerbatim })
  }
}

/** A word of a sentence that is nothing else, whatever the words of the sentence are. */
const PLAIN = /^[A-Za-z0-9_-]+[:/][A-Za-z0-9_/:*?+.@-]*$/

/** As policies compare values. */
function textOf(node: SyntaxNode): string {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'number':
      return node.text
    case 'boolean':
      return String(node.value)
    case 'null':
    case 'array':
    case 'object':
      return ''
  }
}
