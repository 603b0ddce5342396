/**
 * Finds what there is to check in a text: a policy, the policies inside a template or plan, those in the output of an
 * AWS command or in a file of a world, and inputs of CreateGrant.
 *
 * Told by content. A text without any of them is no fault; one that cannot be read is, when somebody named it or when
 * it looks like a policy. Knows no file system.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS API Reference, "CreateGrant".
 */
import type { EmbeddedPolicies, EmbeddedPolicy, EmbeddedPolicyReader, TemplateValues } from './embedded-policies.js'
import { guessKind } from './guess-kind.js'
import { withoutComments } from './json-comments.js'
import type { FileFormat, FileHints, LintFile, LintPolicy } from './lint-file.js'
import { nestedPolicies, type NestedPolicy } from './nested-policies.js'
import { placesInLines, placesInPart, placesInString, placesOfToken, SAME_TEXT, type PlaceMap } from './places.js'
import type { KindOrigin } from './policy-view.js'
import { readPolicyView } from './read-policy-view.js'
import type { SyntaxFault } from './rule.js'
import type { StringFault } from './string-faults.js'
import type { PolicyKind } from '../policy/document.js'
import { detectFormat, readSyntax } from '../text/read-syntax.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

export function findPolicies(
  source: SourceText,
  hints: FileHints,
  readers: readonly EmbeddedPolicyReader[],
  given: TemplateValues = { parameters: {} },
): LintFile {
  const format = hints.format ?? formatOf(source)
  const empty: LintFile = { source, format, policies: [], grants: [], resources: [], faults: [], comments: [] }
  if (format === 'other') {
    const embedded = firstOf(readers, source, 'other', undefined, given)
    return embedded === undefined ? empty : withEmbedded(empty, embedded, hints)
  }
  const large =
    source.text.length > LARGE && format === 'json' ? firstOf(readers, source, 'json', undefined, given) : undefined
  if (large !== undefined) return withEmbedded(empty, large, hints)
  const { text, comments } = format === 'jsonc' ? withoutComments(source.text) : { text: source.text, comments: [] }
  const own: SourceText = text === source.text ? source : { name: source.name, text }
  const syntax = format === 'yaml' ? 'yaml' : 'json'
  const read: Result<SyntaxNode, readonly SourceError[]> = readSyntax(own, syntax, { tags: 'cloudFormation' })
  if (!read.ok) {
    const isOfInterest = hints.isNamed || hints.kind !== undefined || looksLikePolicy(source.text)
    return isOfInterest ? { ...empty, faults: read.error.map((error) => fault(error, source)) } : empty
  }
  const file: LintFile = { ...empty, root: read.value, comments }
  const embedded = firstOf(readers, own, syntax, read.value, given)
  if (embedded !== undefined) return withEmbedded(file, embedded, hints)
  if (isGrantInput(read.value)) return { ...file, grants: [{ root: read.value }] }
  return { ...file, ...policiesOf(read.value, source, syntax, hints) }
}

/** The tree of a longer text may take gigabytes; a reader of plans goes through such a text part by part. */
const LARGE = 4 * 1024 * 1024

function firstOf(
  readers: readonly EmbeddedPolicyReader[],
  source: SourceText,
  format: 'json' | 'yaml' | 'other',
  root: SyntaxNode | undefined,
  given: TemplateValues,
): EmbeddedPolicies | undefined {
  for (const reader of readers) {
    const embedded = reader(source, format, root, given)
    if (embedded !== undefined) return embedded
  }
  return undefined
}

const OTHER = ['.tf', '.hcl', '.tofu'] as const

function formatOf({ name, text }: SourceText): FileFormat {
  const lower = name.toLowerCase()
  if (OTHER.some((extension) => lower.endsWith(extension))) return 'other'
  if (lower.endsWith('.jsonc')) return 'jsonc'
  return detectFormat(name, text)
}

function fault(error: SourceError | StringFault, source: SourceText): SyntaxFault {
  return { ...error, source, fault: error.message.startsWith('duplicate key ') ? 'duplicateKey' : 'syntax' }
}

const POLICY_WORDS = /["']?Statement["']?\s{0,9}:/
const TEMPLATE_WORDS = /AWSTemplateFormatVersion|AWS::KMS::Key|AWS::IAM::/

/** Of a text that cannot be read: would somebody have meant it for us? */
function looksLikePolicy(text: string): boolean {
  return (POLICY_WORDS.test(text) && /["']?Effect["']?/.test(text)) || TEMPLATE_WORDS.test(text)
}

function isGrantInput(root: SyntaxNode): boolean {
  if (root.kind !== 'object') return false
  const has = (key: string): boolean => root.members.some((member) => member.key === key)
  return has('Operations') && (has('GranteePrincipal') || has('GranteeServicePrincipal')) && !has('GrantId')
}

function policiesOf(
  root: SyntaxNode,
  source: SourceText,
  format: 'json' | 'yaml',
  hints: FileHints,
): Pick<LintFile, 'policies' | 'faults'> {
  if (isPolicy(root, hints)) {
    const [kind, kindOrigin] = kindOf(hints, undefined, () => guessKind(root, source.name))
    const view = readPolicyView({ root, where: { source, format, pointer: '' }, kind, kindOrigin })
    return { policies: [{ view, places: SAME_TEXT }], faults: [] }
  }
  const { policies, faults } = nestedPolicies(root, source, format)
  return {
    policies: policies.map((nested) => policyOfNested(nested, hints)),
    faults: faults.map((error) => fault(error, source)),
  }
}

const VERSIONS: ReadonlySet<string> = new Set(['2012-10-17', '2008-10-17'])

/** With a kind said, every object is meant to be a policy; else one that has the look of it. */
function isPolicy(root: SyntaxNode, { kind }: FileHints): boolean {
  if (root.kind !== 'object') return false
  if (root.members.some(({ key }) => key === 'Statement')) return true
  const version = root.members.find(({ key }) => key === 'Version')?.value
  const hasVersion = version?.kind === 'string' && VERSIONS.has(version.value)
  const hasNearMiss = root.members.some(({ key }) => /^statements?$/i.test(key))
  return kind === undefined ? hasVersion || hasNearMiss : hasVersion || hasNearMiss || root.members.length === 0
}

function policyOfNested(nested: NestedPolicy, hints: FileHints): LintPolicy {
  const { root, where, token, resource } = nested
  const [kind, kindOrigin] = kindOf(hints, nested.kind, () => guessKind(root, where.source.name))
  const view = readPolicyView({ root, where, kind, kindOrigin, ...(resource === undefined ? {} : { resource }) })
  if (token === undefined) return { view, places: SAME_TEXT }
  const places =
    token.encoding === 'json' ? placesInString(token.file.text, token, where.source.text) : placesOfToken(token)
  return { view, places }
}

/** What a person says wins over where the policy stands, and that over what it looks like. */
function kindOf(
  { kind, kindOrigin = 'flag' }: FileHints,
  known: PolicyKind | undefined,
  guess: () => PolicyKind,
  origin: KindOrigin = 'world',
): readonly [PolicyKind, KindOrigin] {
  if (kind !== undefined) return [kind, kindOrigin]
  return known === undefined ? [guess(), 'content'] : [known, origin]
}

function withEmbedded(file: LintFile, embedded: EmbeddedPolicies, hints: FileHints): LintFile {
  const policies = embedded.policies.map((policy) => policyOfEmbedded(policy, file.source, hints))
  const { form, resources, notes, grants, faults } = embedded
  const views = policies.map(({ view }) => view)
  return {
    ...file,
    policies,
    grants,
    resources,
    faults: faults.map((error) => fault(error, file.source)),
    template: { source: file.source, form, resources, policies: views, notes },
  }
}

function policyOfEmbedded(embedded: EmbeddedPolicy, file: SourceText, hints: FileHints): LintPolicy {
  const { root, where, symbols, resource } = embedded
  // A kind given for a whole template would be wrong for most of what is in it.
  const given: FileHints = embedded.kind === undefined ? hints : { isNamed: hints.isNamed }
  const [kind, kindOrigin] = kindOf(given, embedded.kind, () => guessKind(root, file.name), 'template')
  const view = readPolicyView({
    root,
    where,
    kind,
    kindOrigin,
    symbols,
    ...(resource === undefined ? {} : { resource }),
  })
  return { view, places: placesOf(embedded, file) }
}

function placesOf({ inToken, where }: EmbeddedPolicy, file: SourceText): PlaceMap {
  if (inToken === undefined) return SAME_TEXT
  switch (inToken.written) {
    case 'string':
      return placesInString(file.text, inToken, where.source.text)
    case 'lines':
      return placesInLines(file.text, inToken, where.source.text, inToken.linesFrom ?? inToken.start)
    case 'part':
      return placesInPart(inToken)
    case 'opaque':
      return placesOfToken(inToken)
  }
}
