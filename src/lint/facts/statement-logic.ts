/**
 * What statements of one document say about each other: which applies to no request, which Allow is always denied,
 * which adds nothing to the others. Proven for every request, or not said.
 *
 * A cheap look at actions and keys tells which statements may be such at all; only those are asked about, each with the
 * statements it shares actions with.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import { resultWithoutKey } from './absent-key.js'
import { actionEntries } from './action-entries.js'
import { allowedBy, compared, everything } from './compared-policies.js'
import { keyWorld, LINT_OPTIONS, withStatements } from './key-world.js'
import { overlaps } from './pattern-overlap.js'
import { surelyCovers } from './sure-cover.js'
import type { ConditionView, PatternsView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyDocument, PolicyKind, Statement } from '../../policy/document.js'
import type { Comparison } from '../../solve/access.js'
import { compileGlob, type Glob } from '../../text/glob.js'
import { redundantInPolicy, redundantStatements, type RedundancyReason } from '../../solve/redundant.js'

/** Kinds whose statements the engine can weigh against each other. */
const KINDS: ReadonlySet<PolicyKind> = new Set(['key', 'identity', 'boundary', 'session', 'scp'])
/** More statements than this are not held against each other. */
const MAX_TOGETHER = 24

export function hasLogic({ kind, document, statements }: PolicyView): boolean {
  return KINDS.has(kind) && document !== undefined && statements.length > 0
}

/** Whether nothing that only deployment knows decides: two unknown values may be equal, or not. */
export function isSettled({ symbols }: PolicyView): boolean {
  return symbols.every(({ expression }) => expression.startsWith('${AWS::'))
}

/** Reasons by statement of the document that is given. */
export function reasonsIn(document: PolicyDocument, account: string): ReadonlyMap<number, RedundancyReason> {
  if (document.statements.length > MAX_TOGETHER) return new Map()
  const found =
    document.kind === 'key' ? redundantInKeyPolicy(document, account) : redundantInPolicy(document, LINT_OPTIONS)
  if (found.answer === 'unknown') return new Map()
  return new Map(found.redundant.map(({ statement, reason }) => [statement, reason]))
}

function redundantInKeyPolicy(document: PolicyDocument, account: string): ReturnType<typeof redundantInPolicy> {
  const { snapshot, arn } = keyWorld(document, account)
  const policy = snapshot.keys.get(arn)?.policy
  if (policy === undefined) throw new Error('the key has its policy')
  return redundantStatements({ snapshot }, [policy], { resources: [arn], unknownIdentity: 'any' }, LINT_OPTIONS)
}

/** Whether the statement, without any Deny, applies to no request. */
export function appliesNowhere(document: PolicyDocument, statement: Statement, account: string): boolean {
  const allow = { ...statement, effect: 'Allow' as const }
  return allowedBy(withStatements(document, [allow]), account).verdict === 'equivalent'
}

/** Whether the Denies leave nothing of what the Allow allows. */
export function isDenied(
  document: PolicyDocument,
  statement: Statement,
  denies: readonly Statement[],
  account: string,
): boolean {
  return allowedBy(withStatements(document, [statement, ...denies]), account).verdict === 'equivalent'
}

/** What the Denies take away of what the Allow allows by itself. */
export function takenAway(
  document: PolicyDocument,
  statement: Statement,
  denies: readonly Statement[],
  account: string,
): Comparison {
  const together = withStatements(document, [statement, ...denies])
  return compared(together, withStatements(document, [statement]), account)
}

/**
 * The statements as far as they speak of one action that the first of them names; undefined where it names none. What
 * does not hold of one action does not hold of all, and is found out much faster.
 */
export function forOneAction(
  [first, ...others]: readonly StatementView[],
  document: PolicyDocument,
): readonly Statement[] | undefined {
  const named =
    first?.action === undefined || first.action.negated
      ? undefined
      : actionEntries(first.action).find(({ form }) => form === 'literal')
  if (first === undefined || named === undefined) return undefined
  const action = { negated: false, patterns: [named.item.value] }
  const speaking = others.filter((other) => other.action !== undefined && speaksOf(other.action, named.folded))
  return [first, ...speaking].flatMap(({ index }) => {
    const statement = document.statements[index]
    return statement === undefined ? [] : [{ ...statement, action }]
  })
}

function speaksOf(action: PatternsView, folded: string): boolean {
  const { literal, patterns, isAny } = actionNames(action)
  return (isAny || literal.has(folded) || patterns.some((pattern) => overlaps(pattern, folded))) !== action.negated
}

export interface CoverPair {
  readonly narrow: StatementView
  readonly wide: StatementView
}

/** Pairs of statements of which the second may say all that the first says, as far as a look at their parts can tell. */
export function coverPairs(policy: PolicyView, effect: 'Allow' | 'Deny'): readonly CoverPair[] {
  const same = policy.statements
    .filter((statement) => statement.effect === effect && statement.action !== undefined)
    .slice(0, MAX_STATEMENTS)
  const pairs: CoverPair[] = []
  for (const narrow of same) {
    for (const wide of same) if (wide !== narrow && mayCover(wide, narrow)) pairs.push({ narrow, wide })
  }
  return pairs
}

/** Those that plainly say nothing that no other says. Of several equal ones the first is kept. */
export function plainlyCovered(pairs: readonly CoverPair[], kind: PolicyKind): ReadonlySet<StatementView> {
  const covered = new Set<StatementView>()
  for (const { narrow, wide } of pairs.toSorted((left, right) => right.narrow.index - left.narrow.index)) {
    if (!covered.has(narrow) && !covered.has(wide) && surelyCovers(wide, narrow, kind)) covered.add(narrow)
  }
  return covered
}

/** More statements of one document are not held against each other. */
const MAX_STATEMENTS = 60

/** Whether `wide` may say all that `narrow` says: necessary, not sufficient, and cheap. */
function mayCover(wide: StatementView, narrow: StatementView): boolean {
  if (wide.action === undefined || narrow.action === undefined) return false
  return (
    mayCoverActions(wide.action, narrow.action) &&
    mayCoverResources(wide.resource, narrow.resource) &&
    mayCoverPrincipals(wide, narrow) &&
    wide.conditions.every((test) => mayCoverTest(test, narrow))
  )
}

/** Whether some test of the same key in `narrow` may let through no more than this one. */
function mayCoverTest(wide: ConditionView, narrow: StatementView): boolean {
  const lower = wide.key.key.toLowerCase()
  if (!testedKeys(narrow).has(lower)) return false
  const tests = narrow.conditions.filter(({ key }) => key.key.toLowerCase() === lower)
  // Whoever meets one of them has the key.
  if (wide.parsed?.base === 'Null' && resultWithoutKey(wide) === true)
    return tests.every((test) => resultWithoutKey(test) !== false)
  return tests.some(
    (test) =>
      !isPlainList(wide) ||
      !isPlainList(test) ||
      test.parsed?.set !== wide.parsed?.set ||
      test.values.every(({ value }) => isListed(value, wide)),
  )
}

/** A positive comparison of texts without variables: it lets through what its values match. */
function isPlainList({ parsed, values }: ConditionView): boolean {
  if (parsed === undefined || parsed.negated || parsed.base === 'StringEqualsIgnoreCase') return false
  const isText = parsed.base.startsWith('String') || parsed.base.startsWith('Arn')
  return isText && values.every(({ value }) => !isOpen(value))
}

function isListed(value: string, { values, parsed }: ConditionView): boolean {
  return values.some((other) =>
    parsed?.base === 'StringEquals' ? other.value === value : compileGlob(other.value).matches(value),
  )
}

const keysOf = new WeakMap<StatementView, ReadonlySet<string>>()

function testedKeys(statement: StatementView): ReadonlySet<string> {
  const known = keysOf.get(statement) ?? new Set(statement.conditions.map(({ key }) => key.key.toLowerCase()))
  keysOf.set(statement, known)
  return known
}

interface ActionNames {
  readonly literal: ReadonlySet<string>
  readonly patterns: readonly string[]
  readonly isAny: boolean
  /** Of all entries. */
  readonly services: ReadonlySet<string>
  readonly globs: (index: number) => Glob
}

const namesOf = new WeakMap<PatternsView, ActionNames>()

function actionNames(action: PatternsView): ActionNames {
  const known = namesOf.get(action)
  if (known !== undefined) return known
  const entries = actionEntries(action)
  const patterns = entries.filter(({ form }) => form === 'pattern').map(({ folded }) => folded)
  const compiled: Glob[] = []
  const names: ActionNames = {
    literal: new Set(entries.map(({ folded }) => folded)),
    patterns,
    isAny: entries.some(({ form }) => form === 'any'),
    services: new Set(entries.map(({ prefix }) => prefix)),
    globs: (index) => (compiled[index] ??= compileGlob(patterns[index] ?? '')),
  }
  namesOf.set(action, names)
  return names
}

/** Patterns of one statement that are compared with the actions of another. */
const MAX_PATTERNS = 40

function mayCoverActions(wide: PatternsView, narrow: PatternsView): boolean {
  const { literal, patterns, isAny, services, globs } = actionNames(wide)
  if (isAny) return !wide.negated
  if (narrow.negated) return wide.negated
  if (patterns.length > MAX_PATTERNS) return false
  // Most statements of a policy are about different services.
  if (!wide.negated) for (const service of actionNames(narrow).services) if (!services.has(service)) return false
  return actionEntries(narrow).every(({ folded, form }) => {
    if (literal.has(folded)) return !wide.negated
    // Whatever takes in all that a pattern does takes in the text of the pattern, too; but of KMS all names are known.
    const isByText = !wide.negated && (form === 'literal' || !folded.startsWith('kms:'))
    const holds = (pattern: string, index: number): boolean =>
      isByText ? globs(index).matches(folded) : overlaps(pattern, folded)
    return patterns.some(holds) !== wide.negated
  })
}

/** Entries of one statement that are compared with those of another. */
const MAX_RESOURCES = 40

function mayCoverResources(wide: PatternsView | undefined, narrow: PatternsView | undefined): boolean {
  if (wide === undefined || narrow === undefined) return false
  if (!wide.negated && wide.items.some(({ value }) => value === '*')) return true
  if (narrow.negated) return wide.negated
  if (wide.items.length > MAX_RESOURCES || narrow.items.length > MAX_RESOURCES) return false
  const entries = wide.items.map(({ value }) => value)
  if (wide.negated) {
    return narrow.items.every(({ value }) => entries.every((entry) => isShort(entry) || !meets(entry, value)))
  }
  // Whatever takes in all that a pattern does takes in the text of the pattern, too; a variable may come to anything.
  const globs = entries.map((value) => (isOpen(value) ? undefined : compileGlob(value)))
  return narrow.items.every(({ value }) => {
    if (isShort(value) || globs.includes(undefined)) return true
    const text = withoutVariables(value)
    return globs.some((glob) => glob?.matches(text) === true)
  })
}

function meets(left: string, right: string): boolean {
  return overlaps(withoutVariables(left), withoutVariables(right))
}

/** Each variable as a wildcard. */
function withoutVariables(value: string): string {
  return value.includes('${') ? value.replaceAll(/\$\{[^}]*\}/g, '*') : value
}

/** A text that matches other than as it stands: with variables, or an ARN whose missing fields are filled in. */
function isOpen(value: string): boolean {
  return value.includes('${') || isShort(value)
}

function isShort(value: string): boolean {
  return value.startsWith('arn:') && value.split(':', FIELDS_OF_ARN).length < FIELDS_OF_ARN
}

const FIELDS_OF_ARN = 6

function mayCoverPrincipals(wide: StatementView, narrow: StatementView): boolean {
  if (wide.principal === undefined || narrow.principal === undefined) return wide.principal === narrow.principal
  if (wide.principal.negated || narrow.principal.negated) return wide.principal.negated
  const { entries } = wide.principal
  if (entries.some(({ value }) => value === '*')) return true
  // An account stands for its principals in a Deny, and the root of an account is the account.
  if (wide.effect === 'Deny' && entries.some(({ entry }) => entry?.kind === 'account')) return true
  return narrow.principal.entries.every(({ value }) => entries.some((entry) => entry.value === value))
}

/** Statements of the document that stand beside an Allow of everything, so that each Deny of them counts. */
export function besideEverything(document: PolicyDocument, statements: readonly Statement[]): PolicyDocument {
  return withStatements(document, [everything(document.kind, 'Allow'), ...statements])
}

const deniesOf = new WeakMap<PolicyView, readonly StatementView[]>()

/** Denies that may deny all that the Allow allows, each by itself. */
export function shadowCandidates(policy: PolicyView, statement: StatementView): readonly StatementView[] {
  const denies = deniesOf.get(policy) ?? policy.statements.filter(({ effect }) => effect === 'Deny')
  deniesOf.set(policy, denies)
  return denies.filter((one) => mayCover(one, statement))
}
