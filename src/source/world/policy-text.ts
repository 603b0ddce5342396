/**
 * Policies of a world: read from wherever they stand, and found there again.
 *
 * A policy is compiled from its own text alone, so that reading it a second time costs no more than the policy. Its
 * origin tells the place in the file: AWS writes a policy as an object, as JSON in a string, or URL-encoded in a string.
 */
import type { PolicyTrace } from '../../decide/trace.js'
import type { UnreadPolicy } from '../../explain/authorizer.js'
import type { PolicyDocument, PolicyKind, PolicySource } from '../../policy/document.js'
import { parsePolicy, parsePolicyNode, type ParsedPolicy } from '../../policy/parse.js'
import { spanInString } from '../../policy/string-place.js'
import {
  positionAt,
  type Position,
  type Result,
  type SourceError,
  type SourceText,
  type Span,
} from '../../text/source.js'
import type { SyntaxNode } from '../../text/syntax-tree.js'
import { errorAt, placeOf, type Located, type WorldPlace } from './places.js'

/** How a policy is written in its file. */
type Encoding = 'document' | 'jsonString' | 'urlEncoded'

export interface PolicyOrigin extends WorldPlace {
  readonly encoding: Encoding
  readonly format: 'json' | 'yaml'
  /** The file holds this value alone, so the pointer leads to the policy. */
  readonly isOnlyValue: boolean
  /** Of a world that was stored: its files are read only when something of them is shown. */
  readonly stored?: StoredFacts
}

/** What is known of a file without reading it. */
export interface StoredFacts {
  readonly fileLength: number
  /** Where the policy begins. */
  readonly position: Position
  readonly isFileUnchanged: () => boolean
}

/** The source of a policy of a world: the text that it was compiled from, and where that came from. */
interface WorldPolicySource extends PolicySource {
  readonly origin: PolicyOrigin
}

function ownSource(text: string, origin: PolicyOrigin): WorldPolicySource {
  const source: SourceText = {
    // Not to be taken for a place in the file: the text is a part of it, or decoded from it.
    get name() {
      return `${origin.source.name}#${origin.pointer}`
    },
    text,
  }
  return { source, format: 'json', pointer: '', origin }
}

/** AWS has accepted the policies of a dump; limits that have changed since are no reason to leave one out. */
const SIZES = { sizes: 'report' } as const

/** A policy that was read before, from its own text; undefined where that is none. */
export function policyAgain(text: string, kind: PolicyKind, origin: PolicyOrigin): PolicyDocument | undefined {
  const compact = ownSource(text, origin)
  const parsed = parsePolicy({ source: compact.source, kind }, SIZES)
  return parsed.ok ? { ...parsed.value, source: compact } : undefined
}

/** Reads the policies of one world; equal texts are read once. */
export class PolicyReader {
  /** By kind, then by text. */
  private readonly read = new Map<PolicyKind, Map<string, ParsedPolicy>>()

  /** A policy written as an object or in a string. */
  policyAt(located: Located, kind: PolicyKind): Result<PolicyDocument, readonly SourceError[]> {
    const written = writtenPolicy(located)
    if (!written.ok) return { ok: false, error: [written.error] }
    const { text, origin } = written.value
    const compact = ownSource(text, origin)
    const { source } = compact
    const parsed = this.parse(located, origin, source, kind)
    if (!parsed.ok) return { ok: false, error: parsed.error.map((error) => relocated(error, source, origin)) }
    const diagnostics = parsed.value.diagnostics.map((diagnostic) => relocated(diagnostic, source, origin))
    return { ok: true, value: { ...parsed.value, source: compact, diagnostics } }
  }

  /** Places count from where the policy begins, pointers from its root. */
  private parse(located: Located, origin: PolicyOrigin, source: SourceText, kind: PolicyKind): ParsedPolicy {
    let ofKind = this.read.get(kind)
    if (ofKind === undefined) {
      ofKind = new Map()
      this.read.set(kind, ofKind)
    }
    // Equal policies may be laid out differently in YAML, and places would differ.
    const known = origin.format === 'yaml' ? undefined : ofKind.get(source.text)
    if (known !== undefined) return known
    let parsed: ParsedPolicy
    if (origin.encoding === 'document') {
      const { slice, node } = located
      const where = { source: { name: '', text: slice.text }, format: slice.format, pointer: ANY_POINTER }
      parsed = fromItsRoot(parsePolicyNode(node, where, kind, SIZES), node.start)
    } else {
      parsed = parsePolicy({ source, kind }, SIZES)
    }
    if (origin.format === 'json') ofKind.set(source.text, parsed)
    return parsed
  }
}

/** Says that the policy is a part of its text, not the whole; taken off again. */
const ANY_POINTER = '/'

function fromItsRoot(parsed: ParsedPolicy, offset: number): ParsedPolicy {
  const moved = (error: SourceError): SourceError => ({
    ...error,
    span: { start: error.span.start - offset, end: error.span.end - offset },
    pointer: (error.pointer ?? '').slice(ANY_POINTER.length),
  })
  if (!parsed.ok) return { ok: false, error: parsed.error.map(moved) }
  return { ok: true, value: { ...parsed.value, diagnostics: parsed.value.diagnostics.map(moved) } }
}

/** A trust policy that nobody has read yet: its own text, decoded, and where that stands. Equal ones are equal data. */
export class WrittenTrust implements UnreadPolicy {
  constructor(
    readonly text: string,
    readonly origin: PolicyOrigin,
  ) {}

  read(): PolicyDocument | undefined {
    return policyAgain(this.text, 'trust', this.origin)
  }

  /** Why it cannot be read; nothing where it can. */
  errors(): readonly SourceError[] {
    const { source } = ownSource(this.text, this.origin)
    const parsed = parsePolicy({ source, kind: 'trust' }, SIZES)
    if (parsed.ok) return []
    const { encoding, format, span } = this.origin
    const isAsWritten = encoding !== 'document' || format === 'json'
    return parsed.error.map((error) => ({
      ...relocated(error, source, this.origin),
      // Of YAML only where the policy begins is known: its own text is another one.
      ...(isAsWritten ? {} : { span: { start: span.start, end: span.start + 1 } }),
    }))
  }
}

/** Where the text of a policy cannot be had, it is an empty one, which is no policy. */
export function writtenTrust(located: Located): WrittenTrust {
  const written = writtenPolicy(located)
  if (written.ok) return new WrittenTrust(written.value.text, written.value.origin)
  const { format, isOnlyValue } = located.slice
  return new WrittenTrust('', Object.assign(placeOf(located), { encoding: 'document' as const, format, isOnlyValue }))
}

interface WrittenPolicy {
  readonly text: string
  readonly origin: PolicyOrigin
}

function writtenPolicy(located: Located): Result<WrittenPolicy, SourceError> {
  const { node, slice } = located
  const originAs = (encoding: Encoding): PolicyOrigin =>
    Object.assign(placeOf(located), { encoding, format: slice.format, isOnlyValue: slice.isOnlyValue })
  if (node.kind === 'object') {
    const text = slice.format === 'json' ? slice.text.slice(node.start, node.end) : asJson(node)
    return { ok: true, value: { text, origin: originAs('document') } }
  }
  if (node.kind !== 'string') {
    return { ok: false, error: errorAt(located, 'expected a policy document: an object, or its JSON in a string') }
  }
  if (!/^\s*%7b/i.test(node.value)) return { ok: true, value: { text: node.value, origin: originAs('jsonString') } }
  try {
    return { ok: true, value: { text: decodeURIComponent(node.value), origin: originAs('urlEncoded') } }
  } catch {
    return { ok: false, error: errorAt(located, 'the policy looks URL-encoded, and its escapes cannot be decoded') }
  }
}

/** Numbers stay as they are written: conditions compare their text. Recursion is bounded by the readers' depth limit. */
function asJson(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object':
      return `{${node.members.map(({ key, value }) => `${JSON.stringify(key)}: ${asJson(value)}`).join(', ')}}`
    case 'array':
      return `[${node.items.map(asJson).join(', ')}]`
    case 'number':
      return JSON.stringify(node.text)
    case 'string':
    case 'boolean':
      return JSON.stringify(node.value)
    case 'null':
      return 'null'
  }
}

/** An error in the policy's own text, at its place in the file; one in a decoded text stays there. */
function relocated(error: SourceError, own: SourceText, origin: PolicyOrigin): SourceError {
  const pointer = origin.pointer + (error.pointer ?? '')
  if (origin.encoding !== 'document') return { ...error, source: own, pointer }
  const { start, end } = error.span
  const from = origin.span.start
  return { ...error, source: origin.source, span: { start: start + from, end: end + from }, pointer }
}

/** Where a policy comes from; undefined for one that no file of a world holds. */
export function originOf(source: PolicySource): PolicyOrigin | undefined {
  return isWorldSource(source) ? source.origin : undefined
}

function isWorldSource(source: PolicySource): source is WorldPolicySource {
  return 'origin' in source
}

/** Larger files are not read again only to find a place. */
const READ_AGAIN = 4 * 1024 * 1024
/** Beyond this a policy that starts far to the right of a single line is shown by itself. */
const MAX_PADDING = 4 * 1024 * 1024

/** Line and column where a policy begins in its file. */
export function beginningOf({ source, span, stored }: PolicyOrigin): Position {
  return stored?.position ?? positionAt(source.text, span.start)
}

/** Whether a policy is shown in its file; another is shown at its place among empty lines. */
function isShownWhole({ isOnlyValue }: Pick<PolicyOrigin, 'isOnlyValue'>, fileLength: number): boolean {
  return isOnlyValue && fileLength <= READ_AGAIN
}

/**
 * The source in which an explanation shows a policy (`ExplainOptions.sourceOf`): the file where it can be, so that line
 * and column are those of the file; the decoded text under the name of file and pointer where the file has it encoded.
 */
export function shownSource({ compiled }: Pick<PolicyTrace, 'compiled'>): PolicySource | undefined {
  const origin = originOf(compiled.source)
  if (origin === undefined || origin.encoding !== 'document') return undefined
  const { source, pointer, format, stored } = origin
  if (isShownWhole(origin, stored?.fileLength ?? source.text.length)) {
    return stored === undefined || stored.isFileUnchanged() ? { source, format, pointer } : undefined
  }
  const { line, column } = beginningOf(origin)
  if (line + column > MAX_PADDING) return undefined
  // As many lines and columns as stand before it keep every place where it is in the file.
  const padding = '\n'.repeat(line - 1) + ' '.repeat(column - 1)
  return { source: { name: source.name, text: padding + compiled.source.source.text }, format, pointer: '' }
}

/** The place in the file of a part of a policy that the file has in a string; as exact as its encoding lets it be. */
export function spanInFile(origin: PolicyOrigin, decoded: string, span: Span): Span {
  const { source, encoding, format } = origin
  if (encoding === 'document') return { start: span.start + origin.span.start, end: span.end + origin.span.start }
  if (encoding === 'urlEncoded' || format !== 'json') return origin.span
  // The span of the string stands in the file as JSON has it, quotes included.
  return spanInString(source.text, origin.span, decoded, span.start, span.end)
}
