/**
 * Reads YAML 1.2 (core schema) into the same tree as JSON.
 *
 * Only what has a JSON meaning is taken: string keys, one document, no merge keys, no tags beyond the core ones (and
 * the short forms of CloudFormation on request). Dates stay strings, so `Version: 2012-10-17` is the string AWS
 * expects. Depth is measured on the concrete syntax before anything recursive sees it; aliases share the node of
 * their anchor, and what they would add up to is counted against a budget.
 *
 * Source: YAML 1.2.2, chapters 6 to 10; CloudFormation User Guide, "Intrinsic function reference" (short forms).
 */
import { Composer, Lexer, Parser, isAlias, isMap, isScalar } from 'yaml'
import type { Alias, CST, Document, ErrorCode, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { createErrorList } from './error-list.js'
import type { ErrorList } from './error-list.js'
import { quote } from './escape.js'
import { DEFAULT_MAX_DEPTH, DEPTH_CEILING } from './json.js'
import type { ReadOptions } from './json.js'
import { positionAt } from './source.js'
import type { Result, SourceError, SourceText, Span } from './source.js'
import type { Member, SyntaxNode } from './syntax-tree.js'

export interface ReadYamlOptions extends ReadOptions {
  /** How many aliases a text may use; 1,000 when left out. */
  readonly maxAliasCount?: number
  /** How many nodes all aliases together may stand for; 100,000 when left out. */
  readonly maxAliasNodes?: number
  /** `cloudFormation`: `!Sub x` reads as `{"Fn::Sub": x}`. Otherwise every tag outside the core schema is refused. */
  readonly tags?: 'refuse' | 'cloudFormation'
}

/** YAML costs far more to read than JSON; CloudFormation stops at 1 MB. */
const DEFAULT_MAX_YAML_LENGTH = 2 * 1024 * 1024
const DEFAULT_MAX_ALIAS_COUNT = 1000
const DEFAULT_MAX_ALIAS_NODES = 100_000

const CORE_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** Short form without its `!`, and the key it stands for. */
const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ['Ref', 'Ref'],
  ['Condition', 'Condition'],
  ...[
    'And',
    'Base64',
    'Cidr',
    'Contains',
    'EachMemberEquals',
    'EachMemberIn',
    'Equals',
    'FindInMap',
    'GetAtt',
    'GetAZs',
    'If',
    'ImportValue',
    'Join',
    'Length',
    'Not',
    'Or',
    'RefAll',
    'Select',
    'Split',
    'Sub',
    'ToJsonString',
    'Transform',
    'ValueOf',
    'ValueOfAll',
  ].map((name): [string, string] => [name, `Fn::${name}`]),
])

/**
 * The tree of a YAML text, or what is wrong with it (at most 20 errors, in the order of their places).
 */
export function readYaml(
  source: SourceText,
  options: ReadYamlOptions = {},
): Result<SyntaxNode, readonly SourceError[]> {
  const errors = createErrorList(source)
  const root = read(source.text, errors, options)
  if (root === undefined || !errors.isEmpty()) return { ok: false, error: errors.sorted() }
  return { ok: true, value: root }
}

function read(text: string, errors: ErrorList, options: ReadYamlOptions): SyntaxNode | undefined {
  const maxLength = options.maxLength ?? DEFAULT_MAX_YAML_LENGTH
  const maxDepth = Math.min(options.maxDepth ?? DEFAULT_MAX_DEPTH, DEPTH_CEILING)
  if (text.length > maxLength) {
    const hint = `at most ${maxLength} are read`
    errors.add({ start: 0, end: 0 }, `the text has ${text.length} characters`, { hint })
    return undefined
  }
  const tokens = readTokens(text, maxDepth, errors)
  if (tokens === undefined) return undefined
  const document = compose(text, tokens, errors)
  if (document === undefined) return undefined
  return new TreeBuilder(text, errors, maxDepth, options).build(document)
}

/**
 * The concrete syntax, unless it nests too deeply for the recursive composer: near the end of the stack V8 can fail to
 * compile a RegExp, and that ends the whole process instead of throwing.
 */
function readTokens(text: string, maxDepth: number, errors: ErrorList): readonly CST.Token[] | undefined {
  const tokens: CST.Token[] = []
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    // The document and a scalar stand on the stack beside the collections.
    const deepest = parser.stack[maxDepth + 2]
    if (deepest !== undefined) {
      refuseDepth(errors, { start: deepest.offset, end: deepest.offset + 1 }, maxDepth)
      return undefined
    }
  }
  tokens.push(...parser.end())
  return tokens
}

function refuseDepth(errors: ErrorList, span: Span, maxDepth: number): void {
  errors.add(span, `nested deeper than ${maxDepth} levels`)
}

/** The one document of the text, unless YAML itself finds fault with it. */
function compose(text: string, tokens: readonly CST.Token[], errors: ErrorList): Document.Parsed | undefined {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'silent',
    // Quadratic there; duplicates are found while the tree is built.
    uniqueKeys: false,
  })
  let document: Document.Parsed | undefined
  for (const next of composer.compose(tokens, true, text.length)) {
    if (document !== undefined) {
      errors.add(spanIn(text, next.range), 'a second document begins here', { hint: 'expected one document' })
      return undefined
    }
    document = next
    reportComposed(text, next, errors)
    if (!errors.isEmpty()) return undefined
  }
  return document
}

function reportComposed(text: string, document: Document.Parsed, errors: ErrorList): void {
  const directive = document.directives.yaml
  if (directive.explicit === true && directive.version !== '1.2') {
    const start = Math.max(text.indexOf('%YAML'), 0)
    const hint = 'only YAML 1.2 is read'
    errors.add({ start, end: lineEnd(text, start) }, `the text declares YAML ${directive.version}`, { hint })
  }
  const warnings = document.warnings.filter((warning) => warning.code === 'BAD_DIRECTIVE')
  for (const error of [...document.errors, ...warnings]) {
    if (errors.isFull()) return
    const span = spanIn(text, error.pos)
    const found = text.slice(span.start, Math.min(span.end, lineEnd(text, span.start)))
    const isAtEnd = found === '' && text.slice(span.start).trim() === ''
    // A bracket that is never closed is one that is not indented enough, for the yaml package.
    const { message, hint } = WORDING[isAtEnd && error.code === 'BAD_INDENT' ? 'MISSING_CHAR' : error.code]
    const place = isAtEnd ? 'the end of the text' : found === '' ? 'the end of the line' : quote(found, 40)
    errors.add(
      span,
      message.replace('%', () => place),
      hint === undefined ? {} : { hint },
    )
  }
}

/** Our words for what the yaml package finds; `%` is the text at the place. */
const WORDING: Readonly<Record<ErrorCode, { readonly message: string; readonly hint?: string }>> = {
  ALIAS_PROPS: { message: 'an alias cannot have an anchor or a tag' },
  BAD_ALIAS: {
    message: '% is not a usable anchor or alias name',
    hint: 'a text that begins with `*` or `&` stands in quotes',
  },
  BAD_COLLECTION_TYPE: { message: 'the tag % does not fit this collection' },
  BAD_DIRECTIVE: { message: 'unknown directive %' },
  BAD_DQ_ESCAPE: { message: 'unknown escape in a double-quoted string' },
  BAD_INDENT: { message: 'wrong indentation at %', hint: 'lines of one collection start in the same column' },
  BAD_PROP_ORDER: { message: 'anchor or tag % in the wrong place' },
  BAD_SCALAR_START: { message: 'a plain value cannot start with %', hint: 'put it in quotes' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'unexpected `: ` inside a value',
    hint: 'put the value in quotes or on a new line',
  },
  BLOCK_IN_FLOW: { message: 'a block collection cannot stand inside `[]` or `{}`' },
  DUPLICATE_KEY: { message: 'duplicate key %' },
  IMPOSSIBLE: { message: 'unexpected %' },
  KEY_OVER_1024_CHARS: { message: 'a key without `?` is longer than 1024 characters' },
  MISSING_CHAR: {
    message: 'something is missing at %',
    hint: 'expected a closing quote or bracket, a comma, a space or `:`',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key without `?` spans several lines', hint: 'expected `:` after the key' },
  MULTIPLE_ANCHORS: { message: 'a second anchor % on one value' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'expected one document' },
  MULTIPLE_TAGS: { message: 'a second tag % on one value' },
  NON_STRING_KEY: { message: 'the key % is no string' },
  RESOURCE_EXHAUSTION: { message: 'the text is too complex to read' },
  TAB_AS_INDENT: { message: 'a tab indents this line', hint: 'YAML indents with spaces' },
  TAG_RESOLVE_FAILED: { message: 'unknown tag %' },
  UNEXPECTED_TOKEN: { message: 'unexpected %' },
}

interface Anchored {
  readonly node: SyntaxNode
  readonly nodes: number
  readonly height: number
}

/** Turns a composed document into our tree. Recursion is bounded by the depth limit. */
class TreeBuilder {
  private readonly text: string
  private readonly errors: ErrorList
  private readonly maxDepth: number
  private readonly shortForms: boolean
  private readonly anchors = new Map<string, Anchored>()
  private aliasesLeft: number
  private aliasNodesLeft: number
  private nodes = 0
  /** The greatest depth met since the nearest anchored node began. */
  private deepest = 0

  constructor(text: string, errors: ErrorList, maxDepth: number, options: ReadYamlOptions) {
    this.text = text
    this.errors = errors
    this.maxDepth = maxDepth
    this.shortForms = options.tags === 'cloudFormation'
    this.aliasesLeft = options.maxAliasCount ?? DEFAULT_MAX_ALIAS_COUNT
    this.aliasNodesLeft = options.maxAliasNodes ?? DEFAULT_MAX_ALIAS_NODES
  }

  build(document: Document.Parsed): SyntaxNode | undefined {
    if (document.contents === null || isImplicitNull(document.contents, this.text)) {
      const at = this.text.length
      this.errors.add({ start: at, end: at }, 'the text is empty', { hint: 'expected a YAML value' })
      return undefined
    }
    return this.node(document.contents, 0)
  }

  private node(source: ParsedNode, depth: number): SyntaxNode | undefined {
    if (this.errors.isFull()) return undefined
    if (isAlias(source)) return this.alias(source, depth)
    const { anchor } = source
    if (anchor === undefined) return this.tagged(source, depth)
    const nodesBefore = this.nodes
    const deepestBefore = this.deepest
    this.deepest = depth
    const node = this.tagged(source, depth)
    if (node !== undefined) {
      this.anchors.set(anchor, { node, nodes: this.nodes - nodesBefore, height: this.deepest - depth })
    }
    this.deepest = Math.max(this.deepest, deepestBefore)
    return node
  }

  private alias(source: Alias.Parsed, depth: number): SyntaxNode | undefined {
    const span = spanIn(this.text, source.range)
    const target = this.anchors.get(source.source)
    if (target === undefined) {
      const hint = 'an anchor must stand, complete, before its alias'
      this.errors.add(span, `no anchor for the alias ${quote(source.source)}`, { hint })
      return undefined
    }
    this.aliasesLeft -= 1
    this.aliasNodesLeft -= target.nodes
    if (this.aliasesLeft < 0 || this.aliasNodesLeft < 0) {
      this.errors.add(span, 'the aliases of this text stand for too many values')
      return undefined
    }
    if (depth + target.height > this.maxDepth) {
      refuseDepth(this.errors, span, this.maxDepth)
      return undefined
    }
    this.nodes += target.nodes
    this.deepest = Math.max(this.deepest, depth + target.height)
    return target.node
  }

  private tagged(source: Exclude<ParsedNode, Alias.Parsed>, depth: number): SyntaxNode | undefined {
    const { tag } = source
    if (tag === undefined || CORE_TAGS.has(tag) || tag === '!') return this.plain(source, depth)
    const shortForm = this.shortForms && tag.startsWith('!') ? SHORT_FORMS.get(tag.slice(1)) : undefined
    const { start, end } = spanIn(this.text, source.range)
    // The tag stands before its value, outside the range; it is the last `!` there.
    const tagStart = Math.max(this.text.lastIndexOf('!', Math.max(start - 1, 0)), 0)
    const tagSpan = { start: tagStart, end: Math.min(tagStart + tag.length, Math.max(start, tagStart + 1)) }
    if (shortForm === undefined) {
      const known = this.shortForms ? 'the YAML core schema and of CloudFormation' : 'the YAML core schema'
      this.errors.add(tagSpan, `unknown tag ${quote(tag)}`, { hint: `only the tags of ${known} are read` })
      return undefined
    }
    const value = this.plain(source, depth + 1)
    if (value === undefined) return undefined
    this.nodes += 1
    const member = { key: shortForm, keyStart: tagSpan.start, keyEnd: tagSpan.end, value }
    return { kind: 'object', members: [member], start: tagSpan.start, end }
  }

  private plain(source: Exclude<ParsedNode, Alias.Parsed>, depth: number): SyntaxNode | undefined {
    this.nodes += 1
    if (isScalar(source)) return this.scalar(source)
    const span = spanIn(this.text, source.range)
    if (depth >= this.maxDepth) {
      refuseDepth(this.errors, { start: span.start, end: Math.min(span.start + 1, span.end) }, this.maxDepth)
      return undefined
    }
    this.deepest = Math.max(this.deepest, depth + 1)
    return isMap(source) ? this.map(source, span, depth) : this.seq(source, span, depth)
  }

  private seq(source: YAMLSeq.Parsed, span: Span, depth: number): SyntaxNode {
    const items: SyntaxNode[] = []
    for (const item of source.items) {
      const node = this.node(item, depth + 1)
      if (node !== undefined) items.push(node)
    }
    return { kind: 'array', items, ...span }
  }

  private map(source: YAMLMap.Parsed, span: Span, depth: number): SyntaxNode {
    const members: Member[] = []
    const places = new Map<string, number>()
    for (const pair of source.items) {
      const member = this.member(pair, depth)
      if (member === undefined) continue
      const first = places.get(member.key)
      if (first === undefined) {
        places.set(member.key, member.keyStart)
        members.push(member)
      } else {
        const { line, column } = positionAt(this.text, first)
        const place = { start: member.keyStart, end: member.keyEnd }
        this.errors.add(place, `duplicate key ${quote(member.key)}`, { hint: `it stands at ${line}:${column} already` })
      }
    }
    return { kind: 'object', members, ...span }
  }

  private member(pair: Pair<ParsedNode, ParsedNode | null>, depth: number): Member | undefined {
    const keySpan = spanIn(this.text, pair.key.range)
    const key = this.key(pair.key, keySpan)
    if (key === undefined) return undefined
    const value: SyntaxNode | undefined =
      pair.value === null ? { kind: 'null', start: keySpan.end, end: keySpan.end } : this.node(pair.value, depth + 1)
    return value === undefined ? undefined : { key, keyStart: keySpan.start, keyEnd: keySpan.end, value }
  }

  private key(source: ParsedNode, span: Span): string | undefined {
    const value: unknown = isScalar(source) ? source.value : undefined
    const written = quote(this.text.slice(span.start, Math.min(span.end, lineEnd(this.text, span.start))), 40)
    if (!isScalar(source) || typeof value !== 'string') {
      this.errors.add(span, `the key ${written} is no string`, { hint: 'put it in quotes' })
      return undefined
    }
    if (value === '<<' && source.type === 'PLAIN') {
      const hint = 'write the members out, or quote the key if it is meant literally'
      this.errors.add(span, 'merge keys are not part of YAML 1.2', { hint })
      return undefined
    }
    if (source.tag !== undefined && !CORE_TAGS.has(source.tag) && source.tag !== '!') {
      this.errors.add(span, `unknown tag ${quote(source.tag)} on the key ${written}`)
      return undefined
    }
    if (source.anchor !== undefined) {
      this.anchors.set(source.anchor, { node: { kind: 'string', value, ...span }, nodes: 1, height: 0 })
    }
    return value
  }

  private scalar(source: Scalar.Parsed): SyntaxNode | undefined {
    const span = spanIn(this.text, source.range)
    const { value }: { value: unknown } = source
    if (typeof value === 'string') return { kind: 'string', value, ...span }
    if (typeof value === 'boolean') return { kind: 'boolean', value, ...span }
    if (value === null) return { kind: 'null', ...span }
    const text = this.text.slice(span.start, span.end)
    if (typeof value === 'number' && Number.isFinite(value)) {
      return { kind: 'number', value, text: source.source ?? text, ...span }
    }
    this.errors.add(span, `${quote(text, 40)} is no finite number`, { hint: 'put it in quotes' })
    return undefined
  }
}

/** A document of comments alone composes to a null that takes no room. */
function isImplicitNull(node: ParsedNode, text: string): boolean {
  return (
    isScalar(node) && node.value === null && node.tag === undefined && spanIn(text, node.range).start >= node.range[1]
  )
}

function spanIn(text: string, range: readonly [number, number, ...unknown[]]): Span {
  const start = Math.min(Math.max(range[0], 0), text.length)
  return { start, end: Math.min(Math.max(range[1], start), text.length) }
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end === -1 ? text.length : end
}
