/**
 * A test file: which world or policy its tests are about, and what each of them asks and expects.
 *
 * Knows no world and no file system. A file that is wrong is refused with every mistake at its place; whether the names
 * in it exist is found out when the tests run.
 *
 * Source: `docs/test.md`; test-file.schema.json says the same to other programs.
 */
import { actionByName } from '../aws/action.js'
import { CAUSES, type CauseCode } from '../aws/causes.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import type { PolicyKind } from '../policy/document.js'
import { quote } from '../text/escape.js'
import type { TextError } from '../text/grammar-reader.js'
import { detectFormat, readSyntax } from '../text/read-syntax.js'
import type { Result, SourceError, SourceText, Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import { memberAt, nodeAt, nodeToValue, parsePointer, type SyntaxNode } from '../text/syntax-tree.js'
import { parseAssertion, parseRange, type Assertion } from './assertion.js'
import { joinedTexts, placedIn, textOfMembers, type WrittenText } from './written-text.js'
import { validate } from './test-file.validate.js'

export interface TestFile {
  readonly source: SourceText
  readonly about: TestedThing
  readonly tests: readonly PolicyTest[]
}

export interface TestedThing {
  readonly kind: 'world' | 'policy'
  /** As the file has it: relative to the file. */
  readonly path: string
  readonly span: Span
  /** Of a policy. */
  readonly policyKind?: TestedKind
  readonly account?: string
}

/** Kinds of policies that can be tested by themselves. */
export type TestedKind = Extract<PolicyKind, 'key' | 'identity' | 'boundary' | 'scp'>

export type Expected = 'allow' | 'deny' | Exclude<DecisionKind, 'allow'>

export interface PolicyTest {
  /** As written, else what it asks. */
  readonly name: string
  /** Where it stands in its file. */
  readonly span: Span
  readonly asked: AskedTest
  readonly allowUnknown: boolean
}

export type AskedTest =
  | ({ readonly kind: 'query'; readonly text: WrittenText } & ExpectedAnswer)
  | ({ readonly kind: 'event'; readonly path: string; readonly span: Span } & ExpectedAnswer)
  | { readonly kind: 'claim'; readonly text: WrittenText; readonly assertion: Assertion }

export interface ExpectedAnswer {
  readonly expect: Expected
  readonly because?: CauseCode
  readonly layer?: Layer
  /** What the question does not tell must not be able to change the answer. */
  readonly isCertain: boolean
}

/** The shape that the schema has checked. */
interface Written {
  readonly world?: string
  readonly policy?: string
  readonly kind?: TestedKind
  readonly account?: string
  readonly allowUnknown?: boolean
  readonly tests: readonly WrittenTest[]
}

interface WrittenTest {
  readonly name?: string
  readonly query?: string
  readonly event?: string
  readonly for?: string
  readonly assert?: string
  readonly principal?: string
  readonly action?: string | readonly string[]
  readonly key?: string | readonly string[]
  readonly context?: Readonly<Record<string, unknown>>
  readonly via?: string
  readonly from?: string
  readonly through?: string
  readonly expect?: Expected
  readonly because?: string
  readonly layer?: Layer
  readonly certain?: boolean
  readonly allowUnknown?: boolean
}

export function readTestFile(source: SourceText): Result<TestFile, readonly SourceError[]> {
  const read = readSyntax(source, detectFormat(source.name, source.text))
  if (!read.ok) return read
  const root = read.value
  const value = nodeToValue(root)
  if (!isWritten(value)) return { ok: false, error: shapeErrors(root, source) }
  const reader = new FileReader(source, root)
  const about = reader.about(value)
  const tests = value.tests.map((test, index) => reader.test(test, index, value.allowUnknown === true))
  if (about === undefined || reader.errors.length > 0) return { ok: false, error: reader.errors }
  return { ok: true, value: { source, about, tests: tests.flatMap((test) => test ?? []) } }
}

function isWritten(value: unknown): value is Written {
  return validate(value)
}

const FORMS = ['query', 'event', 'assert', 'for', 'principal'] as const
/** Members that a test of one form has and others have not. */
const MEMBERS_OF: Readonly<Record<(typeof FORMS)[number], readonly (keyof WrittenTest)[]>> = {
  query: ['expect', 'because', 'layer', 'certain'],
  event: ['expect', 'because', 'layer', 'certain'],
  assert: [],
  for: ['principal', 'action', 'key', 'context', 'via', 'from', 'through', 'expect'],
  principal: ['action', 'key', 'context', 'via', 'from', 'through', 'expect', 'because', 'layer', 'certain'],
}
const COMMON: readonly (keyof WrittenTest)[] = ['name', 'allowUnknown']

class FileReader {
  readonly errors: SourceError[] = []

  constructor(
    private readonly source: SourceText,
    private readonly root: SyntaxNode,
  ) {}

  about({ world, policy, kind, account }: Written): TestedThing | undefined {
    if (world !== undefined && policy !== undefined) {
      return this.fail('a file tests a world or a policy', ['policy'], 'leave out `world` or `policy`')
    }
    const path = world ?? policy
    if (path === undefined) {
      return this.fail('the file does not say what is tested', [], 'expected `world: FOLDER` or `policy: FILE`')
    }
    if (world !== undefined) {
      for (const name of ['kind', 'account'] as const) {
        if ({ kind, account }[name] !== undefined) this.failAtKey(`\`${name}\` is of a \`policy\``, [name])
      }
      return { kind: 'world', path, span: this.span(['world']) }
    }
    return {
      kind: 'policy',
      path,
      span: this.span(['policy']),
      ...(kind === undefined ? {} : { policyKind: kind }),
      ...(account === undefined ? {} : { account }),
    }
  }

  test(written: WrittenTest, index: number, allowUnknown: boolean): PolicyTest | undefined {
    const at = ['tests', index]
    const form = FORMS.find(
      (name) => written[name] !== undefined && !(name === 'principal' && written.for !== undefined),
    )
    if (form === undefined) {
      return this.fail('the test asks nothing', at, 'expected `query`, `event`, `assert`, `for` or `principal`')
    }
    const allowed = [...COMMON, form, ...MEMBERS_OF[form]]
    const isIn = (name: string): boolean => allowed.some((each) => each === name)
    const stray = Object.keys(written).find((name) => !isIn(name))
    if (stray !== undefined) {
      return this.failAtKey(`\`${stray}\` does not go with \`${form}\``, [...at, stray])
    }
    const asked = this.asked(form, written, at)
    if (asked === undefined) return undefined
    const name = written.name ?? titleOf(written, asked)
    return { name, span: this.span(at), asked, allowUnknown: written.allowUnknown ?? allowUnknown }
  }

  private asked(
    form: (typeof FORMS)[number],
    written: WrittenTest,
    at: readonly (string | number)[],
  ): AskedTest | undefined {
    switch (form) {
      case 'assert':
        return this.claim(this.member(written.assert ?? '', [...at, 'assert']), parseAssertion)
      case 'for':
        return this.ranged(written, at)
      case 'query':
        return this.expecting(written, at, {
          kind: 'query',
          text: this.member(written.query ?? '', [...at, 'query']),
        })
      case 'event':
        return this.expecting(written, at, {
          kind: 'event',
          path: written.event ?? '',
          span: this.span([...at, 'event']),
        })
      case 'principal': {
        if (!this.has(written, at, ['action'])) return undefined
        const ofKey = written.key === undefined ? this.actionOfKey(written) : undefined
        if (ofKey !== undefined) {
          return this.fail('the test has no `key`', at, `${quote(ofKey)} is asked for on a key or an alias`)
        }
        const text = textOfMembers(this.node(at), 'can', written.key === undefined ? '*' : undefined)
        return this.expecting(written, at, { kind: 'query', text })
      }
    }
  }

  /** The first action that is of a key or an alias; a name that KMS does not have is told of when the test runs. */
  private actionOfKey({ action }: WrittenTest): string | undefined {
    const names = typeof action === 'string' ? [action] : (action ?? [])
    return names.find((name) => (actionByName(name)?.resources.length ?? 0) > 0)
  }

  private expecting<T extends { readonly kind: 'query' | 'event' }>(
    { expect, because, layer, certain }: WrittenTest,
    at: readonly (string | number)[],
    asked: T,
  ): (T & ExpectedAnswer) | undefined {
    if (expect === undefined)
      return this.fail('the test expects nothing', at, 'expected `expect: allow` or `expect: deny`')
    if (because !== undefined && expect === 'allow') {
      return this.failAtKey('what is allowed has no cause of a denial', [...at, 'because'])
    }
    const cause = because === undefined ? undefined : causeOf(because)
    if (because !== undefined && cause === undefined) {
      const meant = didYouMean(because, Object.keys(CAUSES), 4)
      const hint = meant === undefined ? 'docs/causes has them all' : `did you mean \`${meant}\`?`
      return this.fail(`no cause is called ${quote(because)}`, [...at, 'because'], hint)
    }
    return {
      ...asked,
      expect,
      isCertain: certain === true,
      ...(cause === undefined ? {} : { because: cause }),
      ...(layer === undefined ? {} : { layer }),
    }
  }

  /** `for: all principals except …` with `action` and `key`; `for: all keys` with `principal` and `action`. */
  private ranged(written: WrittenTest, at: readonly (string | number)[]): AskedTest | undefined {
    const range = this.member(written.for ?? '', [...at, 'for'])
    const read = parseRange(range.text)
    if (!read.ok) return this.add(range, read.error)
    const isOfKeys = read.value.kind === 'keys'
    const [needed, stray] = isOfKeys ? (['principal', 'key'] as const) : (['key', 'principal'] as const)
    if (written[stray] !== undefined) {
      return this.failAtKey(`\`${stray}\` does not go with \`for: all ${read.value.kind}\``, [...at, stray])
    }
    if (!this.has(written, at, [needed, 'action', 'expect'])) return undefined
    const { expect } = written
    if (expect !== 'allow' && expect !== 'deny') {
      return this.fail('of many requests at once only `allow` or `deny` can be expected', [...at, 'expect'])
    }
    const members = textOfMembers(this.node(at), isOfKeys ? 'cannot' : 'nobody', isOfKeys ? 'any key' : undefined)
    const text = joinedTexts(range, members)
    const asked = this.claim(text, (whole) =>
      parseAssertion(' '.repeat(range.text.length) + whole.slice(range.text.length)),
    )
    if (asked === undefined) return undefined
    const { value } = read
    const assertion: Assertion = {
      ...asked.assertion,
      claim: expect === 'allow' ? 'everybody' : 'nobody',
      ...(value.kind === 'keys' ? { keys: value.keys } : { callers: value.callers }),
    }
    return { ...asked, assertion }
  }

  private claim(
    text: WrittenText,
    read: (text: string) => Result<Assertion, TextError>,
  ): Extract<AskedTest, { readonly kind: 'claim' }> | undefined {
    const assertion = read(text.text)
    return assertion.ok ? { kind: 'claim', text, assertion: assertion.value } : this.add(text, assertion.error)
  }

  private has(written: WrittenTest, at: readonly (string | number)[], names: readonly (keyof WrittenTest)[]): boolean {
    const missing = names.find((name) => written[name] === undefined)
    if (missing !== undefined) this.fail(`the test has no \`${missing}\``, at)
    return missing === undefined
  }

  private member(text: string, path: readonly (string | number)[]): WrittenText {
    const node = this.node(path)
    return { text, pieces: [{ start: 0, end: text.length, node, isVerbatim: true }] }
  }

  private node(path: readonly (string | number)[]): SyntaxNode {
    return nodeAt(this.root, path) ?? this.root
  }

  /** Of a whole object only its first character. */
  private span(path: readonly (string | number)[]): Span {
    return headOf(this.node(path))
  }

  private add(text: WrittenText, error: TextError): undefined {
    this.errors.push(placedIn(this.source, text, error))
  }

  private fail(message: string, path: readonly (string | number)[], hint?: string): undefined {
    this.errors.push({
      message,
      source: this.source,
      span: this.span(path),
      ...(hint === undefined ? {} : { hint }),
    })
  }

  private failAtKey(message: string, path: readonly (string | number)[]): undefined {
    const member = memberAt(this.root, path)
    const span = member === undefined ? this.span(path) : { start: member.keyStart, end: member.keyEnd }
    this.errors.push({ message, source: this.source, span })
  }
}

function titleOf(written: WrittenTest, asked: AskedTest): string {
  if (asked.kind === 'event') return asked.path
  if (written.for === undefined) return asked.text.text
  const parts = [written.expect, written.principal, written.action, written.key].flatMap((part) => part ?? [])
  return `${parts.join(' ')} for ${written.for}`
}

function causeOf(text: string): CauseCode | undefined {
  // The keys of a record by cause codes are cause codes.
  return Object.hasOwn(CAUSES, text) ? (text as CauseCode) : undefined
}

function headOf(node: SyntaxNode): Span {
  const isLong = node.kind === 'object' || node.kind === 'array'
  return { start: node.start, end: isLong ? Math.min(node.start + 1, node.end) : node.end }
}

// -------------------------------------------------------------------------------------------------------------- shape

const MEMBERS: readonly string[] = [
  'world',
  'policy',
  'kind',
  'account',
  'tests',
  ...COMMON,
  ...FORMS.flatMap((form) => [form, ...MEMBERS_OF[form]]),
]

function shapeErrors(root: SyntaxNode, source: SourceText): readonly SourceError[] {
  const errors: SourceError[] = []
  for (const { instancePath, keyword, params } of validate.errors ?? []) {
    // Says that none of several shapes fits; what is wrong with each is said already.
    if (keyword === 'anyOf') continue
    const path = parsePointer(instancePath) ?? []
    const node = nodeAt(root, path) ?? root
    const at = (message: string, span: Span, hint?: string): void => {
      errors.push({ message, source, span, pointer: instancePath, ...(hint === undefined ? {} : { hint }) })
    }
    const name = instancePath === '' ? 'a test file' : quote(instancePath.slice(1))
    if (keyword === 'additionalProperties') {
      const key = String(params['additionalProperty'])
      const member = memberAt(root, [...path, key])
      const meant = didYouMean(key, MEMBERS, 2)
      const span = member === undefined ? headOf(node) : { start: member.keyStart, end: member.keyEnd }
      at(`unknown member ${quote(key)}`, span, meant === undefined ? undefined : `did you mean \`${meant}\`?`)
    } else if (keyword === 'required') at(`${name} has no \`${String(params['missingProperty'])}\``, headOf(node))
    else if (keyword === 'enum')
      at(`${name} has an unknown value`, headOf(node), `expected ${listed(params['allowedValues'])}`)
    else if (keyword === 'type') at(`${name} has the wrong type`, headOf(node), `expected ${listed(params['type'])}`)
    else if (keyword === 'pattern') at(`${name} is no account`, headOf(node), 'expected 12 digits, in quotes')
    else at(`${name} is not as expected`, headOf(node), `expected ${keyword} ${String(params['limit'] ?? '')}`.trim())
  }
  return errors
}

function listed(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => `\`${String(value)}\``).join(', ') : `\`${String(values)}\``
}
