/**
 * The values that a file holds, each open to be asked for its members.
 *
 * A file may hold several values (pages of one command concatenated, JSON Lines), and a list of values counts as those
 * values. A large JSON value is never made a tree of: its lists are read item by item while they are walked.
 */
import { readSyntax, type SyntaxFormat } from '../../text/read-syntax.js'
import { DEFAULT_MAX_DEPTH, readJson } from '../../text/json.js'
import { JSON_UNIT, skipSpace } from '../../text/json-scan.js'
import { readPlainJson } from '../../text/plain-json.js'
import type { Result, SourceError, SourceText, Span } from '../../text/source.js'
import { toPointer, type SyntaxNode, type SyntaxPath } from '../../text/syntax-tree.js'
import { outlineItems, outlineMembers, outlineValues } from './json-outline.js'
import { readPlainYaml } from '../../text/plain-yaml.js'
import { headOf, itemsOf, member, type Located, type Slice, type WorldPlace } from './places.js'

/** An object at the top of a file. */
export interface TopValue {
  readonly keys: readonly string[]
  /** What of it can be pointed at as a whole. */
  readonly place: WorldPlace
  has(key: string): boolean
  /** Undefined where the member is missing, null or cannot be read; the last has been reported. */
  get(key: string): Located | undefined
  /** The items of a list, read while they are walked. */
  items(key: string): Iterable<Located>
  /** The whole value; undefined where it is too large to be read at once. */
  root(): Located | undefined
}

/** A value of a file, not read yet. */
export interface Unread {
  /** Characters. */
  readonly size: number
  /** Undefined where the value is no object. */
  open(report: Report): TopValue | undefined
}

export type Report = (error: SourceError) => void

/** Above this many characters a value is read in parts. */
const READ_WHOLE = 128 * 1024

export function valuesOf(file: SourceText, format: SyntaxFormat): Result<readonly Unread[], readonly SourceError[]> {
  if (format === 'yaml') {
    const plain = readPlainYaml(file.text)
    if (plain !== undefined) return { ok: true, value: [tree(file, 'yaml', plain)] }
    const read = readSyntax(file, 'yaml')
    return read.ok ? { ok: true, value: [tree(file, 'yaml', read.value)] } : read
  }
  // Most files are small and hold one value; only others need their outline.
  const whole = file.text.length <= READ_WHOLE ? readJson(file) : undefined
  if (whole?.ok === true && whole.value.kind === 'object') return { ok: true, value: [tree(file, 'json', whole.value)] }
  const large = whole === undefined ? largeValue(file, wholeSpan(file.text), [], true) : undefined
  if (large !== undefined) return { ok: true, value: [large] }
  const outline = outlineValues(file.text)
  if (outline !== undefined && outline.length > 0) {
    return { ok: true, value: outline.flatMap((span) => valuesIn(file, span, outline.length === 1, [])) }
  }
  // What has no outline is no JSON, and its reader has a name for the fault.
  const read = whole ?? readJson(file)
  return read.ok ? { ok: true, value: [tree(file, 'json', read.value)] } : read
}

/** One value, or those of a list. */
function valuesIn(file: SourceText, span: Span, isOnlyValue: boolean, path: SyntaxPath): readonly Unread[] {
  if (file.text.charCodeAt(span.start) === 0x5b && path.length === 0) {
    const items = outlineItems(file.text, span)
    if (items !== undefined) return items.flatMap((item, index) => valuesIn(file, item, isOnlyValue, [index]))
  }
  const large = span.end - span.start > READ_WHOLE ? largeValue(file, span, path, isOnlyValue) : undefined
  if (large !== undefined) return [large]
  const whole = isOnlyValue && path.length === 0
  const slice: Slice = whole
    ? { file, format: 'json', text: file.text, offset: 0, isOnlyValue }
    : { file, format: 'json', text: file.text.slice(span.start, span.end), offset: span.start, isOnlyValue }
  return [
    {
      size: span.end - span.start,
      open(report) {
        const node = readSlice(slice, path, report)
        return node?.kind === 'object' ? new TreeValue({ slice, node, path }) : undefined
      },
    },
  ]
}

/** An object that is read member by member; undefined for anything that is not plainly one. */
function largeValue(file: SourceText, span: Span, path: SyntaxPath, isOnlyValue: boolean): Unread | undefined {
  const members = outlineMembers(file.text, span)
  if (members === undefined) return undefined
  const open = (report: Report): TopValue => new OutlinedValue(file, span, members, path, isOnlyValue, report)
  return { size: span.end - span.start, open }
}

/** Of a text without the white space around it. */
function wholeSpan(text: string): Span {
  return { start: text.length - text.trimStart().length, end: text.trimEnd().length }
}

function tree(file: SourceText, format: SyntaxFormat, node: SyntaxNode): Unread {
  const slice: Slice = { file, format, text: file.text, offset: 0, isOnlyValue: true }
  return {
    size: file.text.length,
    open: () => (node.kind === 'object' ? new TreeValue({ slice, node, path: [] }) : undefined),
  }
}

/** Reads a slice; what is wrong in it is reported with its place in the file. */
function readSlice(slice: Slice, path: SyntaxPath, report: Report): SyntaxNode | undefined {
  const read = readJson({ name: slice.file.name, text: slice.text })
  if (read.ok) return read.value
  for (const error of read.error) report(inFile(error, slice, path))
  return undefined
}

function inFile(error: SourceError, { file, offset }: Slice, path: SyntaxPath): SourceError {
  return {
    ...error,
    source: file,
    span: { start: error.span.start + offset, end: error.span.end + offset },
    ...(error.pointer === undefined ? {} : { pointer: toPointer(path) + error.pointer }),
  }
}

/** An object that has been read already. */
export function topOf(located: Located): TopValue {
  return new TreeValue(located)
}

class TreeValue implements TopValue {
  constructor(private readonly whole: Located) {}

  root(): Located {
    return this.whole
  }

  get keys(): readonly string[] {
    return this.whole.node.kind === 'object' ? this.whole.node.members.map(({ key }) => key) : []
  }

  get place(): WorldPlace {
    return headOf(this.whole)
  }

  has(key: string): boolean {
    return this.keys.includes(key)
  }

  get(key: string): Located | undefined {
    return member(this.whole, key)
  }

  items(key: string): Iterable<Located> {
    return itemsOf(this.get(key))
  }
}

class OutlinedValue implements TopValue {
  constructor(
    private readonly file: SourceText,
    private readonly span: Span,
    private readonly members: ReadonlyMap<string, Span>,
    private readonly path: SyntaxPath,
    private readonly isOnlyValue: boolean,
    private readonly report: Report,
  ) {}

  root(): undefined {
    return undefined
  }

  get keys(): readonly string[] {
    return [...this.members.keys()]
  }

  get place(): WorldPlace {
    const { start } = this.span
    return { source: this.file, span: { start, end: start + 1 }, pointer: toPointer(this.path) }
  }

  has(key: string): boolean {
    return this.members.has(key)
  }

  get(key: string): Located | undefined {
    const span = this.members.get(key)
    return span === undefined ? undefined : this.read(span, [...this.path, key])
  }

  *items(key: string): Iterable<Located> {
    const list = this.members.get(key)
    if (list === undefined) return
    const { text } = this.file
    const slice: Slice = { file: this.file, format: 'json', text, offset: 0, isOnlyValue: this.isOnlyValue }
    const isList = text.charCodeAt(list.start) === JSON_UNIT.openBracket
    let at = isList ? skipSpace(text, list.start + 1) : list.end
    for (let index = 0; at < list.end; index++) {
      const node = readPlainJson(text, at, DEFAULT_MAX_DEPTH)
      const next = node === undefined ? list.end : skipSpace(text, node.end)
      const isLast = next + 1 === list.end && text.charCodeAt(next) === JSON_UNIT.closeBracket
      if (node === undefined || !(isLast || text.charCodeAt(next) === JSON_UNIT.comma)) {
        yield* this.itemsFrom(list, key, index)
        return
      }
      yield { slice, node, path: [...this.path, key, index] }
      if (isLast) return
      at = skipSpace(text, next + 1)
    }
    if (!isList) yield* itemsOf(this.get(key))
  }

  /** Where something is wrong, or the list is empty: from an item on, with the reasons. */
  private *itemsFrom(list: Span, key: string, first: number): Iterable<Located> {
    const items = outlineItems(this.file.text, list)
    // What is wrong with a list that has no outline is said by its reader.
    if (items === undefined) this.get(key)
    for (const [index, item] of (items ?? []).entries()) {
      const located = index < first ? undefined : this.read(item, [...this.path, key, index])
      if (located !== undefined) yield located
    }
  }

  private read({ start, end }: Span, path: SyntaxPath): Located | undefined {
    const { file, isOnlyValue } = this
    const slice: Slice = { file, format: 'json', text: file.text.slice(start, end), offset: start, isOnlyValue }
    const node = readSlice(slice, path, this.report)
    return node === undefined || node.kind === 'null' ? undefined : { slice, node, path }
  }
}
