/**
 * Lowering: a policy document becomes rows of the graph.
 *
 * Knows no request. What can be settled here is: wildcards in KMS actions become bits, tests whose answer never changes
 * disappear, and a statement that can never apply gets no row.
 *
 * Source: IAM User Guide, "IAM JSON policy elements reference"; KMS Developer Guide, "Creating a key policy".
 */
import { LRUCache } from 'lru-cache'
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import type {
  BaseOperator,
  ConditionTest,
  PatternElement,
  PolicyDocument,
  PrincipalElement,
  PrincipalEntry,
  Statement,
} from '../policy/document.js'
import { compileGlob } from '../text/glob.js'
import { hasVariable, parseTemplate } from '../text/template.js'
import { atomMode } from './atom.js'
import { EFFECT_ALLOW, EFFECT_DENY, NO_PRINCIPAL, NO_ROW, type GraphTables } from './tables.js'
import { isHiddenFromKeyPolicies, KEY_POLICY_TEMPLATE, LITERAL, TEMPLATE } from './template-value.js'

/** A condition test as literals that must all hold; `never` when it cannot hold for any request. */
export type LoweredTest = readonly number[] | 'never'

export const ANY_PRINCIPAL = '*'

/** The row ids of a document's statements, in order; NO_ROW for a statement that can never apply. */
export function lowerPolicy(tables: GraphTables, document: PolicyDocument): readonly number[] {
  return document.statements.map((statement) => lowerStatement(tables, document, statement))
}

/** A statement part by part, as a trace shows it; `lowerStatement` makes a row of the same parts. */
export interface LoweredStatement {
  readonly actionLow: number
  readonly actionHigh: number
  /** Undefined where the element is missing or an empty list: the statement never applies (A2, A8). */
  readonly actions: number | undefined
  readonly resources: number | undefined
  /** NO_PRINCIPAL where the statement has none. */
  readonly principals: number
  /** In the order of the statement's conditions. */
  readonly tests: readonly LoweredTest[]
  /** The same for a Deny that is to apply to what it cannot compare; `tests` itself for an Allow. */
  readonly cautiousTests: readonly LoweredTest[]
  /** The slot of each test's condition key; -1 where the policy cannot see the key. */
  readonly slots: readonly number[]
}

export function lowerParts(tables: GraphTables, document: PolicyDocument, statement: Statement): LoweredStatement {
  const { action, resource, principal } = statement
  const resources = resource ?? (document.kind === 'trust' ? WHOLE_ROLE : undefined)
  const kms = action === undefined ? { low: 0, high: 0 } : kmsActionBits(action)
  const tests = statement.conditions.map((test) => lowerTest(tables, document, test, 'strict'))
  return {
    actionLow: kms.low,
    actionHigh: kms.high,
    actions: action === undefined || action.patterns.length === 0 ? undefined : lowerActions(tables, action),
    resources:
      resources === undefined || resources.patterns.length === 0
        ? undefined
        : lowerResource(tables, document, resources),
    principals: principal === undefined ? NO_PRINCIPAL : lowerPrincipal(tables, principal),
    tests,
    cautiousTests:
      statement.effect === 'Allow'
        ? tests
        : statement.conditions.map((test) => lowerTest(tables, document, test, 'cautious')),
    slots: statement.conditions.map((test) => (isHidden(document, test) ? -1 : tables.slot(test.key))),
  }
}

/** A trust policy is about its role and names no resource. */
const WHOLE_ROLE: PatternElement = { negated: false, patterns: ['*'] }

function lowerStatement(tables: GraphTables, document: PolicyDocument, statement: Statement): number {
  // Every test is lowered, also of a statement that gets no row: its condition keys have their slots then.
  const parts = lowerParts(tables, document, statement)
  if (parts.actions === undefined || parts.resources === undefined) return NO_ROW
  if (statement.principal?.entries.length === 0) return NO_ROW
  const guard = lowerGuard(tables, parts.tests)
  const cautious = lowerGuard(tables, parts.cautiousTests)
  if (guard === undefined || cautious === undefined) return NO_ROW
  return tables.rows.intern([
    statement.effect === 'Allow' ? EFFECT_ALLOW : EFFECT_DENY,
    parts.actionLow,
    parts.actionHigh,
    parts.actions,
    parts.principals,
    parts.resources,
    guard,
    cautious,
  ])
}

/** The conjunction of all tests; undefined when one of them can never hold. */
function lowerGuard(tables: GraphTables, tests: readonly LoweredTest[]): number | undefined {
  const literals = new Set<number>()
  for (const test of tests) {
    if (test === 'never') return undefined
    for (const literal of test) literals.add(literal)
  }
  return tables.guards.intern([...literals].toSorted((left, right) => left - right))
}

// ---------------------------------------------------------------------------------------------------------- actions

const LOW_BITS = 32

/** Which KMS permissions an Action or NotAction covers; bit = index in KMS_ACTIONS. */
function kmsActionBits(element: PatternElement): ActionBits {
  let low = 0
  let high = 0
  for (const pattern of element.patterns) {
    const bits = patternBits(pattern)
    low |= bits.low
    high |= bits.high
  }
  if (!element.negated) return { low, high }
  // Only the bits that are permissions: a stray one above would be an action nobody named.
  return { low: ~low, high: ~high & ((1 << (KMS_ACTIONS.length - LOW_BITS)) - 1) }
}

interface ActionBits {
  readonly low: number
  readonly high: number
}

// Policies repeat the same few patterns.
const bitsOfPatterns = new LRUCache<string, ActionBits>({ max: 4096 })

function patternBits(pattern: string): ActionBits {
  const exact = actionBit(pattern)
  if (exact !== undefined) return bitOf(exact)
  const known = bitsOfPatterns.get(pattern)
  if (known !== undefined) return known
  let low = 0
  let high = 0
  const glob = compileGlob(pattern, { ignoreCase: true })
  for (let bit = 0; bit < KMS_ACTIONS.length; bit++) {
    if (!glob.matches(KMS_ACTIONS[bit]!.name)) continue
    low |= bitOf(bit).low
    high |= bitOf(bit).high
  }
  const bits = { low, high }
  bitsOfPatterns.set(pattern, bits)
  return bits
}

function bitOf(bit: number): ActionBits {
  return bit < LOW_BITS ? { low: 1 << bit, high: 0 } : { low: 0, high: 1 << (bit - LOW_BITS) }
}

/** The patterns as they matter to other services; KMS itself is in the bits. */
function lowerActions(tables: GraphTables, element: PatternElement): number {
  const others = element.patterns.filter((pattern) => !pattern.toLowerCase().startsWith('kms:'))
  return tables.actions.intern([element.negated ? 1 : 0, ...internSet(tables, others)])
}

// ------------------------------------------------------------------------------------------------------- principals

/**
 * The string that stands for a principal in the graph; a caller's own forms are written the same way. Undefined for
 * forms that no KMS caller can have: deleted principals, federated providers, canonical users (facts C1).
 */
function principalToken(entry: PrincipalEntry): string | undefined {
  switch (entry.kind) {
    case 'any':
      return ANY_PRINCIPAL
    case 'account':
      return `account ${entry.value}`
    case 'service':
      return `service ${entry.value}`
    case 'user':
    case 'role':
    case 'session':
    case 'federatedUser':
      return entry.value
    case 'uniqueId':
    case 'federated':
    case 'canonicalUser':
      return undefined
  }
}

function lowerPrincipal(tables: GraphTables, element: PrincipalElement): number {
  const tokens = element.entries.map(principalToken).filter((token) => token !== undefined)
  return tables.principals.intern([element.negated ? 1 : 0, ...internSet(tables, tokens)])
}

// -------------------------------------------------------------------------------------------------------- resources

function lowerResource(tables: GraphTables, document: PolicyDocument, element: PatternElement): number {
  const marked = element.patterns.map((pattern) => markValue(tables, document, pattern, true))
  return tables.resources.intern([element.negated ? 1 : 0, ...internSet(tables, marked)])
}

/** The mark says how the text is read later; slots of its variables are made now, while the table may still grow. */
function markValue(tables: GraphTables, document: PolicyDocument, text: string, variables: boolean): string {
  if (!variables || document.version !== '2012-10-17' || !hasVariable(text)) return LITERAL + text
  const template = parseTemplate(text)
  if (!template.ok) throw new Error(`the policy reader let a bad template through: ${template.error.message}`)
  for (const part of template.value) if (part.kind === 'variable') tables.slot(part.key)
  return (document.kind === 'key' ? KEY_POLICY_TEMPLATE : TEMPLATE) + text
}

function internSet(tables: GraphTables, texts: readonly string[]): number[] {
  if (texts.length === 1) return [tables.strings.intern(texts[0]!)]
  return [...new Set(texts.map((text) => tables.strings.intern(text)))].toSorted((left, right) => left - right)
}

// ------------------------------------------------------------------------------------------------------- conditions

const positive = (atom: number): number => atom << 1
const negative = (atom: number): number => (atom << 1) | 1

const ALWAYS: LoweredTest = []

/**
 * How a test is read that cannot be made: `strict` as AWS does, false; `cautious` for a Deny, true (K-12, K-32).
 */
type Reading = 'strict' | 'cautious'

/** One condition test as literals. The table of facts B2, with K-3, K-12, K-18, K-28 and K-32. */
function lowerTest(tables: GraphTables, document: PolicyDocument, test: ConditionTest, reading: Reading): LoweredTest {
  const hidden = isHidden(document, test)
  if (test.base === 'Null') return lowerNull(tables, test, hidden)
  if (hidden) return whenAbsent(test) ? ALWAYS : 'never'
  const values = internSet(
    tables,
    test.values.map((value) => markValue(tables, document, value, takesVariables(test.base))),
  )
  const slot = tables.slot(test.key)
  const atom = (mode: Parameters<typeof atomMode>[0]): number =>
    tables.internAtom(atomMode(mode), test.base, slot, values)
  // With no value to differ from, a set operator or IfExists is left with what it says of an absent key (facts A8).
  const negated = test.negated && (values.length > 0 || (test.set === undefined && !test.ifExists))
  const strict = reading === 'strict'
  switch (test.set) {
    case 'ForAllValues':
      if (negated) return [negative(atom(strict ? 'someNotDiffering' : 'anyMatches'))]
      return [negative(atom(strict ? 'someUnmatched' : 'anyDiffers'))]
    case 'ForAnyValue':
      if (test.ifExists) {
        if (negated) return [negative(atom(strict ? 'presentNoneDiffers' : 'allMatch'))]
        return [negative(atom(strict ? 'presentNoneMatches' : 'allDiffer'))]
      }
      if (negated) return [positive(atom(strict ? 'anyDiffers' : 'someUnmatched'))]
      return [positive(atom(strict ? 'anyMatches' : 'someNotDiffering'))]
    case undefined:
      // An absent key passes a negated operator with or without IfExists.
      if (negated)
        return strict ? [negative(atom('matches')), negative(atom('uncomparable'))] : [negative(atom('matches'))]
      if (test.ifExists) return [negative(atom(strict ? 'presentUnmatched' : 'differs'))]
      return [positive(atom(strict ? 'matches' : 'mayMatch'))]
  }
}

function isHidden(document: PolicyDocument, test: ConditionTest): boolean {
  return document.kind === 'key' && isHiddenFromKeyPolicies(test.key)
}

function lowerNull(tables: GraphTables, test: ConditionTest, hidden: boolean): LoweredTest {
  if (test.set === 'ForAllValues') return ALWAYS
  if (test.set === 'ForAnyValue') return 'never'
  const asksAbsent = test.values.some((value) => value.toLowerCase() === 'true')
  const asksPresent = test.values.some((value) => value.toLowerCase() !== 'true')
  if (asksAbsent && asksPresent) return ALWAYS
  if (!asksAbsent && !asksPresent) return 'never'
  if (hidden) return asksAbsent ? ALWAYS : 'never'
  const absent = tables.internAtom(atomMode('absent'), 'Null', tables.slot(test.key), [])
  return [asksAbsent ? positive(absent) : negative(absent)]
}

function whenAbsent(test: ConditionTest): boolean {
  if (test.ifExists || test.set === 'ForAllValues') return true
  return test.set === undefined && test.negated
}

/** Operators whose values may hold variables: String*, Arn* and, by K-6, Bool. */
function takesVariables(operator: BaseOperator): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'StringEqualsIgnoreCase':
    case 'StringLike':
    case 'ArnLike':
    case 'Bool':
      return true
    default:
      return false
  }
}
