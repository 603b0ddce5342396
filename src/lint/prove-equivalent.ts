/**
 * Whether two policies decide every request alike, as far as a policy decides: what each allows, and what each denies
 * explicitly, which counts also where it allows nothing.
 *
 * Each is proved by the symbolic engine. What is denied is seen by adding, to both, a statement that allows everything:
 * whatever is not allowed then is denied. Key policies are compared for callers with any identity policies and for
 * callers without any, since a key policy may allow by itself or leave it to those.
 *
 * Four things are known and need no proof: without variables the versions of the language are one; keys that AWS documents as two names of one value are one key; a set operator
 * says nothing of a key that every request has one value of; and policies of other services, which the engine does not
 * model, decide alike when each statement is about the same actions and resources as before and all else in it is as it
 * was.
 *
 * Source: IAM User Guide, "Policy evaluation logic"; KMS Developer Guide, "kms:KeySpec", "kms:KeyUsage".
 */
import { isAlwaysCarried } from './facts/condition-key-facts.js'
import type { ProveEquivalent } from './fix.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import type { ConditionTest, PolicyDocument, PolicyKind, PrincipalElement, Statement } from '../policy/document.js'
import { parsePolicyValue } from '../policy/parse.js'
import { printPolicy } from '../policy/print.js'
import type { SolveOptions } from '../solve/access.js'
import { comparePolicies, type PolicyComparisonOptions } from '../solve/policies.js'

export function proverWith(options: SolveOptions): ProveEquivalent {
  return (old, now, kind) => {
    const [before, after] = [asMeant(old), asMeant(now)]
    if (saysTheSame(before, after)) return 'equal'
    if (kind === 'trust' || kind === 'resource') return statementByStatement(before, after, options)
    for (const question of questions(before, after, kind, options)) {
      const verdict = compared(question, kind)
      if (verdict !== 'equal') return verdict
    }
    return 'equal'
  }
}

function compared({ before, after, options }: Question, kind: PolicyKind): ReturnType<ProveEquivalent> {
  const [old, now] = [written(before, kind), written(after, kind)]
  if (old === undefined || now === undefined) return 'unknown'
  const { verdict } = comparePolicies(old, now, kind, options)
  return verdict === 'equivalent' ? 'equal' : verdict === 'unknown' ? 'unknown' : 'different'
}

/** With a text of its own: whoever evaluates a policy reads its text again. */
function written(document: PolicyDocument, kind: PolicyKind): PolicyDocument | undefined {
  const parsed = parsePolicyValue(printPolicy(document), kind, 'a fix', { sizes: 'report' })
  return parsed.ok ? parsed.value : undefined
}

/** What is known without a proof: one name for each key, and no set operator where there is always one value. */
function asMeant(document: PolicyDocument): PolicyDocument {
  const statements = document.statements.map((statement) => ({
    ...statement,
    conditions: statement.conditions.map((test) => withoutSet(withOneName(test), statement)),
  }))
  // The versions differ in their variables alone.
  const version = JSON.stringify(statements).includes('${') ? document.version : '2012-10-17'
  return { ...document, version, statements }
}

function withOneName(test: ConditionTest): ConditionTest {
  return { ...test, key: conditionKeyInfo(test.key)?.synonymOf ?? test.key }
}

function withoutSet(test: ConditionTest, { action }: Statement): ConditionTest {
  const { set, operator, key, base } = test
  if (set === undefined || base === 'Null' || conditionKeyInfo(key)?.multi !== false) return test
  if (action === undefined || action.negated || !isAlwaysCarried(key, action.patterns)) return test
  return { ...test, set: undefined, operator: operator.slice(set.length + 1) }
}

/** Whether statement for statement the same actions and resources are matched, and nothing else differs. */
function statementByStatement(
  before: PolicyDocument,
  after: PolicyDocument,
  options: SolveOptions,
): ReturnType<ProveEquivalent> {
  if (before.version !== after.version || before.statements.length !== after.statements.length) return 'unknown'
  for (const [index, old] of before.statements.entries()) {
    const now = after.statements[index]!
    if (rest(old) !== rest(now)) return 'unknown'
    const question = { before: matching(old, before), after: matching(now, after), options }
    const verdict = compared(question, 'identity')
    if (verdict !== 'equal') return verdict
  }
  return 'equal'
}

function rest({ sid: _sid, action: _action, resource: _resource, conditions, ...others }: Statement): string {
  // All of them have to hold, in whatever order they stand.
  return JSON.stringify([others, conditions.map((test) => JSON.stringify(asPresence(test))).toSorted()])
}

/** Of a key with one value, any text is a value, and so the test is whether there is one. */
function asPresence(test: ConditionTest): ConditionTest {
  const { base, set, negated, ifExists, key, values } = test
  const isAny = base === 'StringLike' && set === undefined && !negated && !ifExists
  if (!isAny || conditionKeyInfo(key)?.multi !== false || !values.some((value) => /^\*+$/.test(value))) return test
  return { ...test, operator: 'Null', base: 'Null', values: ['false'] }
}

/** Allows what the statement matches, to one caller and under no condition. */
function matching({ action, resource }: Statement, document: PolicyDocument): PolicyDocument {
  const statement: Statement = {
    index: 0,
    effect: 'Allow',
    ...(action === undefined ? {} : { action }),
    resource: resource ?? ALL,
    conditions: [],
  }
  return { ...document, statements: [statement] }
}

/** Names of statements and of the policy decide nothing. */
function saysTheSame(before: PolicyDocument, after: PolicyDocument): boolean {
  return decisive(before) === decisive(after)
}

function decisive({ version, statements }: PolicyDocument): string {
  return JSON.stringify([version, statements.map(({ sid: _sid, ...rest }) => rest)])
}

interface Question {
  readonly before: PolicyDocument
  readonly after: PolicyDocument
  readonly options: PolicyComparisonOptions
}

function questions(
  before: PolicyDocument,
  after: PolicyDocument,
  kind: PolicyKind,
  options: SolveOptions,
): readonly Question[] {
  const denied = { before: allowingAll(before), after: allowingAll(after), options }
  // It is compared around a key that allows everything, so what it does not allow it denies.
  if (kind === 'rcp') return [{ before, after, options }]
  if (kind !== 'key') return [{ before, after, options }, denied]
  return [
    { before, after, options: { ...options, scope: { unknownIdentity: 'none' } } },
    { before, after, options: { ...options, scope: { unknownIdentity: 'any' } } },
    denied,
  ]
}

const ANYBODY: PrincipalElement = { negated: false, entries: [{ kind: 'any', value: '*' }] }
const ALL = { negated: false, patterns: ['*'] } as const

function allowingAll(document: PolicyDocument): PolicyDocument {
  const { kind, statements } = document
  const takesPrincipal = kind === 'key' || kind === 'vpce'
  const everything: Statement = {
    index: statements.length,
    effect: 'Allow',
    ...(takesPrincipal ? { principal: ANYBODY } : {}),
    action: ALL,
    resource: ALL,
    conditions: [],
  }
  return { ...document, statements: [...statements, everything] }
}
