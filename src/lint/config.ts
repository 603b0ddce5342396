/**
 * The configuration of a project, `keyward.config.json` or `keyward.config.yaml`: read, checked, and asked what it says
 * of a file.
 *
 * Knows no file system; globs are held against paths as they are given, with `/` between their parts.
 *
 * Source: docs/lint.md, "Configuration"; config.schema.json says the same to other programs.
 */
import { Minimatch } from 'minimatch'
import { validate } from './config.validate.js'
import type { FileFormat } from './lint-file.js'
import type { ProjectAssertion, ProjectFacts, Severity } from './rule.js'
import type { RuleChoice, RuleRegistry } from './rule-set.js'
import type { Suppression } from './suppression.js'
import type { PolicyKind } from '../policy/document.js'
import { parsePolicyKind } from '../policy/kind.js'
import { quote } from '../text/escape.js'
import { detectFormat, readSyntax } from '../text/read-syntax.js'
import type { Result, SourceError, SourceText, Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import { nodeAt, nodeToValue, parsePointer, type SyntaxNode } from '../text/syntax-tree.js'
import { keySpan } from './spans.js'

export type FailOn = Severity | 'never'

export interface LintConfig {
  readonly source: SourceText
  readonly choice: RuleChoice
  readonly failOn?: FailOn
  readonly maxWarnings?: number
  readonly failOnUnresolved: boolean
  readonly project: ProjectFacts
  readonly parameters: Readonly<Record<string, string>>
  readonly exclude: readonly string[]
  readonly sections: readonly ConfigSection[]
  readonly suppressions: readonly ConfigSuppression[]
  readonly baseline?: string
  /** Every place where a rule is named. */
  readonly ruleNames: readonly { readonly name: string; readonly span: Span }[]
}

export interface ConfigSection {
  readonly globs: readonly string[]
  readonly choice: RuleChoice
  readonly kind?: PolicyKind
  readonly format?: FileFormat
}

export interface ConfigSuppression {
  readonly globs: readonly string[]
  readonly rule: string
  readonly fingerprint?: string
  /** The exact text of the token. */
  readonly value?: string
  readonly reason?: string
  readonly until?: string
  readonly span: Span
}

/** The shape that the schema has checked. */
interface Written extends RuleChoice {
  readonly failOn?: FailOn
  readonly maxWarnings?: number
  readonly failOnUnresolved?: boolean
  readonly accounts?: readonly string[]
  readonly organization?: string
  readonly partition?: string
  readonly region?: string
  readonly caller?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly exclude?: string | readonly string[]
  readonly files?: readonly WrittenSection[]
  readonly suppress?: readonly WrittenSuppression[]
  readonly baseline?: string
  readonly assertions?: readonly WrittenAssertion[]
}

interface WrittenSection extends RuleChoice {
  readonly files: string | readonly string[]
  readonly kind?: string
  readonly format?: FileFormat
}

interface WrittenSuppression {
  readonly rule: string
  readonly files?: string | readonly string[]
  readonly fingerprint?: string
  readonly value?: string
  readonly reason?: string
  readonly until?: string
}

type WrittenAssertion = Pick<ProjectAssertion, 'expect' | 'actions'> & Partial<ProjectAssertion>

export function readConfig(source: SourceText): Result<LintConfig, readonly SourceError[]> {
  const read = readSyntax(source, detectFormat(source.name, source.text))
  if (!read.ok) return read
  const root = read.value
  const value = nodeToValue(root)
  if (!isWritten(value)) return { ok: false, error: shapeErrors(root, source) }
  const kinds = kindErrors(value, root, source)
  if (kinds.length > 0) return { ok: false, error: kinds }
  return { ok: true, value: configOf(value, root, source) }
}

function isWritten(value: unknown): value is Written {
  return validate(value)
}

const NO_CONFIG = '{}'

/** What counts without a file. */
export function defaultConfig(): LintConfig {
  const source = { name: '<defaults>', text: NO_CONFIG }
  return configOf({}, { kind: 'object', members: [], start: 0, end: NO_CONFIG.length }, source)
}

function configOf(written: Written, root: SyntaxNode, source: SourceText): LintConfig {
  const {
    failOn,
    maxWarnings,
    failOnUnresolved = false,
    parameters = {},
    baseline,
    suppress = [],
    files = [],
  } = written
  const { accounts = [], organization, partition, region, caller, assertions = [] } = written
  return {
    source,
    choice: choiceOf(written),
    ...(failOn === undefined ? {} : { failOn }),
    ...(maxWarnings === undefined ? {} : { maxWarnings }),
    failOnUnresolved,
    project: {
      accounts,
      ...(organization === undefined ? {} : { organization }),
      ...(partition === undefined ? {} : { partition }),
      ...(region === undefined ? {} : { region }),
      ...(caller === undefined ? {} : { caller }),
      assertions: assertions.map((assertion) => ({ principals: ['*'], resources: ['*'], ...assertion })),
    },
    parameters,
    exclude: globsOf(written.exclude),
    sections: files.map(({ files: globs, kind, format, ...choice }) => {
      const known = kind === undefined ? undefined : parsePolicyKind(kind)
      return {
        globs: globsOf(globs),
        choice: choiceOf(choice),
        ...(known === undefined ? {} : { kind: known }),
        ...(format === undefined ? {} : { format }),
      }
    }),
    suppressions: suppress.map(({ files: globs, ...entry }, index) => {
      const { start, end } = nodeAt(root, ['suppress', index, 'rule']) ?? root
      return { ...entry, globs: globsOf(globs), span: { start, end } }
    }),
    ...(baseline === undefined ? {} : { baseline }),
    ruleNames: ruleNamesOf(root),
  }
}

function choiceOf({ preset, select, extend, ignore, rules }: RuleChoice): RuleChoice {
  return {
    ...(preset === undefined ? {} : { preset }),
    ...(select === undefined ? {} : { select }),
    ...(extend === undefined ? {} : { extend }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(rules === undefined ? {} : { rules }),
  }
}

function globsOf(globs: string | readonly string[] | undefined): readonly string[] {
  return typeof globs === 'string' ? [globs] : (globs ?? [])
}

const compiled = new Map<string, Minimatch>()

/** A pattern without a `/` is one of names; one that ends with `/` is of all that is in the folder. */
export function matchesGlob(path: string, glob: string): boolean {
  let matcher = compiled.get(glob)
  if (matcher === undefined) {
    const pattern = glob.endsWith('/') ? `${glob}**` : glob
    matcher = new Minimatch(pattern, { dot: true, matchBase: !pattern.includes('/'), nonegate: true, nocomment: true })
    compiled.set(glob, matcher)
  }
  return matcher.match(path.startsWith('./') ? path.slice(2) : path)
}

export function matchesAny(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(path, glob))
}

/** The sections that speak of a file; a later one wins. */
export function sectionsFor({ sections }: LintConfig, path: string): readonly ConfigSection[] {
  return sections.filter(({ globs }) => matchesAny(path, globs))
}

/** Those that speak of some of the files; what is kept quiet elsewhere cannot be judged. */
export function configSuppressions(
  { suppressions, source }: LintConfig,
  files: ReadonlySet<string>,
): readonly Suppression[] {
  const ofRun = suppressions.filter(
    ({ globs }) => globs.length === 0 || [...files].some((file) => matchesAny(file, globs)),
  )
  return ofRun.map(({ rule, globs, fingerprint, value, reason, until, span }) => ({
    rules: [rule],
    ...(reason === undefined || reason.trim() === '' ? {} : { reason }),
    ...(until === undefined ? {} : { until }),
    source,
    span,
    scope: {
      covers: (finding) =>
        (globs.length === 0 || matchesAny(finding.source.name, globs)) &&
        (fingerprint === undefined || finding.fingerprint.startsWith(fingerprint)) &&
        (value === undefined || unquoted(finding.source.text.slice(finding.span.start, finding.span.end)) === value),
    },
  }))
}

function unquoted(token: string): string {
  const first = token[0]
  return (first === '"' || first === "'") && token.endsWith(first) && token.length > 1 ? token.slice(1, -1) : token
}

/** Names of rules that do not exist, with their places. */
export function unknownRuleNames({ ruleNames }: LintConfig, registry: RuleRegistry): LintConfig['ruleNames'] {
  return ruleNames.filter(({ name }) => registry.matching(name).length === 0)
}

/** Those of suppressions are reported with the suppressions. */
function ruleNamesOf(root: SyntaxNode): LintConfig['ruleNames'] {
  const sections = nodeAt(root, ['files'])
  const layers = [root, ...(sections?.kind === 'array' ? sections.items : [])]
  return layers.flatMap((layer) => [
    ...['select', 'extend', 'ignore'].flatMap((key) => {
      const list = nodeAt(layer, [key])
      return list?.kind === 'array'
        ? list.items.flatMap((item) => (item.kind === 'string' ? [{ name: item.value, span: item }] : []))
        : []
    }),
    ...membersOf(nodeAt(layer, ['rules'])).map((member) => ({ name: member.key, span: keySpan(member) })),
  ])
}

function membersOf(node: SyntaxNode | undefined): (SyntaxNode & { readonly kind: 'object' })['members'] {
  return node?.kind === 'object' ? node.members : []
}

function kindErrors({ files = [] }: Written, root: SyntaxNode, source: SourceText): readonly SourceError[] {
  return files.flatMap(({ kind }, index) => {
    if (kind === undefined || parsePolicyKind(kind) !== undefined) return []
    const { start, end } = nodeAt(root, ['files', index, 'kind']) ?? root
    const hint = 'expected key, identity, boundary, session, scp, rcp, vpce, trust or resource'
    return [{ message: `unknown kind of policy ${quote(kind)}`, source, span: { start, end }, hint }]
  })
}

const MEMBERS = [
  'preset',
  'select',
  'extend',
  'ignore',
  'rules',
  'failOn',
  'maxWarnings',
  'failOnUnresolved',
  'accounts',
  'organization',
  'partition',
  'region',
  'caller',
  'parameters',
  'exclude',
  'files',
  'suppress',
  'baseline',
  'assertions',
  'kind',
  'format',
  'severity',
  'options',
  'rule',
  'fingerprint',
  'value',
  'reason',
  'until',
]

function shapeErrors(root: SyntaxNode, source: SourceText): readonly SourceError[] {
  const errors: SourceError[] = []
  for (const { instancePath, keyword, params } of validate.errors ?? []) {
    if (keyword === 'if') continue
    const node = nodeAt(root, parsePointer(instancePath) ?? []) ?? root
    const place = {
      start: node.start,
      end: node.kind === 'object' || node.kind === 'array' ? node.start + 1 : node.end,
    }
    const at = (message: string, span: Span, hint?: string): void => {
      errors.push({ message, source, span, pointer: instancePath, ...(hint === undefined ? {} : { hint }) })
    }
    const name = instancePath === '' ? 'the configuration' : quote(instancePath.slice(1))
    if (keyword === 'additionalProperties') {
      const key = String(params['additionalProperty'])
      const member = membersOf(node).find((each) => each.key === key)
      const meant = didYouMean(key, MEMBERS, 2)
      at(
        `unknown member ${quote(key)}`,
        member === undefined ? place : keySpan(member),
        meant && `did you mean \`${meant}\`?`,
      )
    } else if (keyword === 'required') at(`${name} has no \`${String(params['missingProperty'])}\``, place)
    else if (keyword === 'enum')
      at(`${name} has an unknown value`, place, `expected ${listed(params['allowedValues'])}`)
    else if (keyword === 'type') at(`${name} has the wrong type`, place, `expected ${listed(params['type'])}`)
    else at(`${name} is not as expected`, place, describe(keyword, params))
  }
  return errors
}

function listed(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => `\`${String(value)}\``).join(', ') : `\`${String(values)}\``
}

function describe(keyword: string, params: Readonly<Record<string, unknown>>): string {
  if (keyword === 'pattern') return `expected text like \`${String(params['pattern'])}\``
  const { limit } = params
  return typeof limit === 'number' ? `expected ${keyword} ${limit}` : `expected ${keyword}`
}
