/**
 * Edits of a policy's text: an entry removed, a key renamed, a member added, in JSON, JSONC and YAML, in block or flow
 * style. What stands around the edit, comments among it, stays as it was.
 *
 * Where a change cannot be made so (a value that a YAML alias shares, a list that would be left without an entry) the
 * answer is no edits at all. Knows nothing of why somebody edits.
 *
 * Source: RFC 8259; YAML 1.2.2, chapters 7 and 8.
 */
import type { PolicySource } from './document.js'
import type { Span } from '../text/source.js'
import type { ArrayNode, Member, ObjectNode, SyntaxNode } from '../text/syntax-tree.js'

/** A piece of text to put in the place of a span, which may be empty. */
export interface TextEdit extends Span {
  readonly text: string
}

const NONE: readonly TextEdit[] = []

/** A string put in the place of another, quoted as that one was. */
export function replaceText(where: PolicySource, { start, end }: Span, value: string): readonly TextEdit[] {
  return [{ start, end, text: stringToken(where, start, value) }]
}

/** Any plain value put in the place of a node, on one line. */
export function replaceNode(where: PolicySource, node: SyntaxNode, value: unknown): readonly TextEdit[] {
  if (typeof value === 'string' && node.kind === 'string') return replaceText(where, node, value)
  const { start } = node
  const end = trimmedEnd(where, node)
  // A block collection becomes a flow one, which may stand where it stood only behind its key.
  if (isBlock(where, node) && !isAfterKey(where, start)) return NONE
  return [{ start, end, text: onOneLine(value) }]
}

export function renameKey(where: PolicySource, { keyStart, keyEnd }: Member, key: string): readonly TextEdit[] {
  return [{ start: keyStart, end: keyEnd, text: stringToken(where, keyStart, key) }]
}

/** Removes items of a list; no edits when none would be left. */
export function removeItems(where: PolicySource, list: ArrayNode, indexes: Iterable<number>): readonly TextEdit[] {
  return removeChildren(where, list, list.items, new Set(indexes))
}

/** Removes members of an object; no edits when none would be left. */
export function removeMembers(where: PolicySource, object: ObjectNode, members: Iterable<Member>): readonly TextEdit[] {
  const gone = new Set(members)
  const indexes = object.members.flatMap((member, index) => (gone.has(member) ? [index] : []))
  return removeChildren(where, object, object.members.map(memberSpan), new Set(indexes))
}

/** Adds a member behind the last one. */
export function insertMember(
  where: PolicySource,
  object: ObjectNode,
  key: string,
  value: unknown,
): readonly TextEdit[] {
  const last = object.members.at(-1)
  if (isBlock(where, object)) {
    if (last === undefined || !isInside(object, memberSpan(last))) return NONE
    const first = object.members[0]!
    const indent = ' '.repeat(first.keyStart - lineStart(where.source.text, first.keyStart))
    const at = trimmedEnd(where, memberSpan(last))
    return addLine(where, at, `${indent}${stringToken(where, first.keyStart, key)}: ${onOneLine(value)}`)
  }
  return addChild(where, object, last && memberSpan(last), `${JSON.stringify(key)}: ${onOneLine(value)}`)
}

/** Adds an item behind the last one. */
export function appendItem(where: PolicySource, list: ArrayNode, value: unknown): readonly TextEdit[] {
  const last = list.items.at(-1)
  if (isBlock(where, list)) {
    if (last === undefined || !isInside(list, last)) return NONE
    const { text } = where.source
    const dash = dashBefore(text, last.start)
    if (dash === undefined) return NONE
    const indent = ' '.repeat(dash - lineStart(text, dash))
    const lines = isSpread(where, last) ? blockLines(value) : [onOneLine(value)]
    const written = lines.map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}`).join('\n')
    return addLine(where, trimmedEnd(where, last), written)
  }
  const written = last !== undefined && isSpread(where, last) ? spreadJson(where, last, value) : onOneLine(value)
  return addChild(where, list, last, written)
}

/** Whether a value stands on several lines, as its next one should then. */
function isSpread({ source: { text } }: PolicySource, { start, end }: Span): boolean {
  return text.slice(start, end).trimEnd().includes('\n')
}

/** The members of an object as lines of a block. */
function blockLines(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [onOneLine(value)]
  return Object.entries(value).map(([key, member]) => `${yamlScalar(key)}: ${yamlScalar(member)}`)
}

function yamlScalar(value: unknown): string {
  return typeof value === 'string' && isPlain(value) ? value : onOneLine(value)
}

/** Indented as the value that it comes behind. */
function spreadJson({ source: { text } }: PolicySource, { start, end }: Span, value: unknown): string {
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, start)))![0]
  const below = text.slice(start, end).indexOf('\n') + start + 1
  const inner = /^[ \t]*/.exec(text.slice(below))![0]
  const unit = inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : '  '
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return onOneLine(value)
  const members = Object.entries(value).map(
    ([key, member]) => `${outer}${unit}${JSON.stringify(key)}: ${onOneLine(member)}`,
  )
  return `{\n${members.join(',\n')}\n${outer}}`
}

function removeChildren(
  where: PolicySource,
  container: SyntaxNode,
  children: readonly Span[],
  gone: ReadonlySet<number>,
): readonly TextEdit[] {
  const isWhole = children.every(
    (child, index) => isInside(container, child) && (children[index - 1]?.end ?? 0) <= child.start,
  )
  if (!isWhole || gone.size === 0 || children.every((_, index) => gone.has(index))) return NONE
  return isBlock(where, container)
    ? removeBlockChildren(where, container, children, gone)
    : removeFlowChildren(where.source.text, children, gone)
}

/** Each run of removed children goes with the comma before it, or behind it where it is the first. */
function removeFlowChildren(text: string, children: readonly Span[], gone: ReadonlySet<number>): readonly TextEdit[] {
  const edits: TextEdit[] = []
  const firstKept = children.findIndex((_, index) => !gone.has(index))
  for (const index of gone) {
    const child = children[index]
    if (child === undefined) return NONE
    const isLeading = index < firstKept
    const next = children[index + 1]
    const previous = children[index - 1]
    const gap = isLeading
      ? { start: child.end, end: next?.start ?? child.end }
      : { start: previous?.end ?? child.start, end: child.start }
    if (isPlainGap(text, gap)) {
      edits.push(isLeading ? remove(child.start, gap.end) : remove(gap.start, child.end))
    } else {
      const comma = commaIn(text, gap)
      if (comma === undefined) return NONE
      edits.push(remove(comma, comma + 1), remove(child.start, child.end))
    }
  }
  return edits
}

function remove(start: number, end: number): TextEdit {
  return { start, end, text: '' }
}

function isPlainGap(text: string, { start, end }: Span): boolean {
  for (let at = start; at < end; at++) {
    const unit = text[at]!
    if (unit !== ',' && unit !== ' ' && unit !== '\n' && unit !== '\r' && unit !== '\t') return false
  }
  return true
}

/** The comma between two children, which is none of those that comments have. */
function commaIn(text: string, { start, end }: Span): number | undefined {
  for (let at = start; at < end; at++) {
    if (text[at] === ',') return at
    const isLine = text.startsWith('//', at) || text[at] === '#'
    const close = isLine ? text.indexOf('\n', at) : text.startsWith('/*', at) ? text.indexOf('*/', at) : at
    if (close < 0) return undefined
    at = close
  }
  return undefined
}

/** Whole lines, each child having its own; the first key behind the dash of an item leaves its place to the next. */
function removeBlockChildren(
  where: PolicySource,
  container: SyntaxNode,
  children: readonly Span[],
  gone: ReadonlySet<number>,
): readonly TextEdit[] {
  const { text } = where.source
  const edits: TextEdit[] = []
  for (const index of gone) {
    const child = children[index]
    if (child === undefined) return NONE
    const start = lineStart(text, child.start)
    const before = text.slice(start, child.start)
    const isBehindDash = /^ *- +$/.test(before)
    if (isBehindDash === (container.kind === 'array') && /^ *(?:- +)?$/.test(before)) {
      edits.push(remove(start, nextLine(text, trimmedEnd(where, child))))
    } else {
      const next = children.find((_, at) => at > index && !gone.has(at))
      if (!isBehindDash || index !== 0 || next === undefined) return NONE
      edits.push(remove(child.start, next.start))
    }
  }
  return withoutCovered(edits)
}

/** A removal that another one takes in already is left out. */
function withoutCovered(edits: readonly TextEdit[]): readonly TextEdit[] {
  const sorted = edits.toSorted((a, b) => a.start - b.start || b.end - a.end)
  const kept: TextEdit[] = []
  for (const edit of sorted) {
    const last = kept.at(-1)
    if (last === undefined || edit.start >= last.end) kept.push(edit)
    else if (edit.end > last.end) kept[kept.length - 1] = { ...last, end: edit.end }
  }
  return kept
}

function addChild(
  where: PolicySource,
  container: SyntaxNode,
  last: Span | undefined,
  written: string,
): readonly TextEdit[] {
  const { text } = where.source
  if (last === undefined) {
    const at = container.start + 1
    return [{ start: at, end: at, text: text[at] === '}' || text[at] === ']' ? written : `${written} ` }]
  }
  if (!isInside(container, last)) return NONE
  const line = lineStart(text, last.start)
  const before = text.slice(line, last.start)
  const separator = /^[ \t]*$/.test(before) && line > container.start ? `,\n${before}` : ', '
  return [{ start: last.end, end: last.end, text: separator + written }]
}

function addLine(where: PolicySource, at: number, line: string): readonly TextEdit[] {
  const { text } = where.source
  const end = lineEnd(text, at)
  return [{ start: end, end, text: `\n${line}` }]
}

function memberSpan({ keyStart, value }: Member): Span {
  return { start: keyStart, end: value.end }
}

function isInside(container: Span, child: Span): boolean {
  return child.start >= container.start && child.end <= container.end && child.start <= child.end
}

function isBlock(where: PolicySource, node: SyntaxNode): boolean {
  if (where.format === 'json' || (node.kind !== 'object' && node.kind !== 'array')) return false
  const first = where.source.text[node.start]
  return first !== '{' && first !== '['
}

/** Block collections of YAML end behind their last line break. */
function trimmedEnd(where: PolicySource, { start, end }: Span): number {
  const { text } = where.source
  let at = end
  while (at > start && ' \t\r\n'.includes(text[at - 1]!)) at--
  return at
}

function isAfterKey(where: PolicySource, start: number): boolean {
  const { text } = where.source
  let at = start
  while (at > 0 && ' \t\r\n'.includes(text[at - 1]!)) at--
  return text[at - 1] === ':'
}

/** The dash that introduces the item at `start`, when it stands on the same line with nothing else between. */
function dashBefore(text: string, start: number): number | undefined {
  let at = start - 1
  while (text[at] === ' ') at--
  return text[at] === '-' && /^ *$/.test(text.slice(lineStart(text, at), at)) ? at : undefined
}

function lineStart(text: string, at: number): number {
  let start = at
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--
  return start
}

function lineEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++
  return end
}

function nextLine(text: string, at: number): number {
  const end = lineEnd(text, at)
  return text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length)
}

/** JSON is YAML as well; a space behind commas and colons makes it readable on one line. */
function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${onOneLine(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** Text that is plain in YAML wherever it stands, and no number, boolean, null or date. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_.:/-]*[A-Za-z0-9*]$/
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off'])

function stringToken({ source, format }: PolicySource, start: number, value: string): string {
  const first = source.text[start]
  if (format === 'json' || first === '"') return JSON.stringify(value)
  if (first === "'" && !/[\r\n]/.test(value)) return `'${value.replaceAll("'", "''")}'`
  return isPlain(value) ? value : JSON.stringify(value)
}

function isPlain(value: string): boolean {
  return PLAIN.test(value) && !WORDS.has(value.toLowerCase())
}
