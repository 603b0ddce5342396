/**
 * What statements of one document say about each other: which applies to no request, which Allow is always denied,
 * which adds nothing to the others. Proven for every request, or not said.
 *
 * A cheap look at actions and keys tells which statements may be such at all; only those are asked about, each with the
 * statements it shares actions with.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import { actionEntries } from './action-entries.js'
import { allowedBy, compared, everything } from './compared-policies.js'
import { keyWorld, LINT_OPTIONS, withStatements } from './key-world.js'
import { overlaps } from './pattern-overlap.js'
import type { ConditionView, PatternsView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyDocument, PolicyKind, Statement } from '../../policy/document.js'
import type { Comparison } from '../../solve/access.js'
import { compileGlob } from '../../text/glob.js'
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
  return redundantStatements({ snapshot }, policy, { resources: [arn], unknownIdentity: 'any' }, LINT_OPTIONS)
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

/** Pairs of statements of which the second may say all that the first says, as far as a look at their parts can tell. */
export function coverPairs(policy: PolicyView, effect: 'Allow' | 'Deny'): readonly StatementView[] {
  const same = policy.statements.filter((statement) => statement.effect === effect && statement.action !== undefined)
  if (same.length < 2) return []
  const involved = new Set<StatementView>()
  for (const statement of same.slice(0, MAX_STATEMENTS)) {
    for (const other of same.slice(0, MAX_STATEMENTS)) {
      if (other === statement || !mayCover(other, statement)) continue
      involved.add(statement)
      involved.add(other)
    }
  }
  return policy.statements.filter((statement) => involved.has(statement))
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
  return tests.some(
    (test) => !isPlainList(wide) || !isPlainList(test) || test.values.every(({ value }) => isListed(value, wide)),
  )
}

/** A positive comparison of texts without variables: it lets through what its values match. */
function isPlainList({ parsed, values }: ConditionView): boolean {
  const isText = parsed?.base.startsWith('String') === true && parsed.base !== 'StringEqualsIgnoreCase'
  return isText && parsed?.negated === false && parsed.set === undefined && values.every(({ value }) => !isOpen(value))
}

function isListed(value: string, { values, parsed }: ConditionView): boolean {
  return values.some((other) =>
    parsed?.base === 'StringLike' ? compileGlob(other.value).matches(value) : other.value === value,
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
}

const namesOf = new WeakMap<PatternsView, ActionNames>()

function actionNames(action: PatternsView): ActionNames {
  const known = namesOf.get(action)
  if (known !== undefined) return known
  const entries = actionEntries(action)
  const names = {
    literal: new Set(entries.map(({ folded }) => folded)),
    patterns: entries.filter(({ form }) => form === 'pattern').map(({ folded }) => folded),
    isAny: entries.some(({ form }) => form === 'any'),
  }
  namesOf.set(action, names)
  return names
}

/** Patterns of one statement that are compared with the actions of another. */
const MAX_PATTERNS = 40

function mayCoverActions(wide: PatternsView, narrow: PatternsView): boolean {
  const { literal, patterns, isAny } = actionNames(wide)
  if (isAny) return !wide.negated
  if (narrow.negated) return wide.negated
  if (patterns.length > MAX_PATTERNS) return false
  return actionEntries(narrow).every(
    ({ folded }) => (literal.has(folded) || patterns.some((pattern) => overlaps(pattern, folded))) !== wide.negated,
  )
}

/** Entries of one statement that are compared with those of another. */
const MAX_RESOURCES = 40

function mayCoverResources(wide: PatternsView | undefined, narrow: PatternsView | undefined): boolean {
  if (wide === undefined || narrow === undefined) return false
  if (!wide.negated && wide.items.some(({ value }) => value === '*')) return true
  if (narrow.negated) return wide.negated
  if (wide.items.length > MAX_RESOURCES || narrow.items.length > MAX_RESOURCES) return false
  // Whatever takes in all that a pattern does takes in the text of the pattern, too.
  const globs = wide.items.map(({ value }) => (isOpen(value) ? undefined : compileGlob(value)))
  return narrow.items.every(({ value }) => {
    if (isOpen(value) || globs.includes(undefined)) return true
    return globs.some((glob) => glob?.matches(value) === true) !== wide.negated
  })
}

/** A text that matches other than as it stands: with variables, or an ARN whose missing fields are filled in. */
function isOpen(value: string): boolean {
  return value.includes('${') || (value.startsWith('arn:') && value.split(':', FIELDS_OF_ARN).length < FIELDS_OF_ARN)
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

/** Denies that may deny all that the Allow allows, each by itself. */
export function shadowCandidates(policy: PolicyView, statement: StatementView): readonly StatementView[] {
  return policy.statements.filter((one) => one.effect === 'Deny' && mayCover(one, statement))
}
