/**
 * A statement whose conditions no request can meet, by themselves or together with its principals, actions and
 * resources.
 *
 * Source: IAM User Guide, "Policy evaluation logic" and "Conditions with multiple context keys or values".
 */
import { removeStatements } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { callerClass, neverCarriedBy } from '../facts/caller-class.js'
import { accountOf, compared, witnessOf } from '../facts/compared-policies.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { withStatements } from '../facts/key-world.js'
import { populationOf } from '../facts/key-population.js'
import { resourceEntries } from '../facts/resource-entries.js'
import { appliesNowhere, besideEverything, hasLogic, isSettled } from '../facts/statement-logic.js'
import { faultOfValue } from '../facts/value-format.js'
import type { ConditionView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Witness } from '../rule.js'
import { keySpan } from '../spans.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'

export const unsatisfiableStatement: PolicyRule = {
  on: 'policy',
  id: 'LOG001',
  name: 'unsatisfiable-statement',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A statement whose conditions no request can meet, by themselves or together with its principals, actions and resources.',
    why: 'The statement does nothing: what it allows is not allowed, what it denies is not denied. Proven for every request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:PrincipalTag/team": "a"\n        },\n        "StringNotEquals": {\n          "aws:PrincipalTag/team": "a"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:PrincipalTag/team": "a"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Remove the statement, or the test that contradicts. `--unsafe-fixes` removes the statement.',
    whenToIgnore: 'Never: the statement does nothing.',
    equivalents: [],
    source: 'IAM User Guide, "Policy evaluation logic" and "Conditions with multiple context keys or values"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined || !hasLogic(policy) || !isSettled(policy)) return
    for (const view of policy.statements) {
      const statement = document.statements[view.index]
      if (
        statement === undefined ||
        !mayContradict(view) ||
        view.conditions.some((test) => isToldElsewhere(test, view, policy))
      )
        continue
      const account = accountOf(policy, project)
      if (!appliesNowhere(document, statement, account)) continue
      // Without its conditions it does nothing either: that is about its actions or resources, and told as such.
      if (appliesNowhere(document, { ...statement, conditions: [] }, account)) continue
      const witness = missed(document, statement, account)
      report({
        at: view.head,
        message: 'no request meets the conditions of this statement',
        effect: view.effect === 'Deny' ? 'it denies nothing' : 'it allows nothing',
        help: 'remove the test that contradicts, or the statement',
        related: view.conditions.slice(0, 4).map(({ key }) => ({ message: 'one of the tests', at: keySpan(key) })),
        ...(witness === undefined ? {} : { witness }),
        fix: { safety: 'unsafe', title: 'remove the statement', edits: removeStatements(policy, [view.index]) },
      })
    }
  },
}

/** Two tests of one key that may exclude each other, or one of what the principals, resources or network settle. */
function mayContradict(statement: StatementView): boolean {
  const byKey = new Map<string, ConditionView[]>()
  for (const test of statement.conditions) {
    const lower = test.key.key.toLowerCase()
    const same = byKey.get(lower)
    if (same === undefined) byKey.set(lower, [test])
    else same.push(test)
  }
  const isRequired = (key: string): boolean => (byKey.get(key) ?? []).some((test) => resultWithoutKey(test) === false)
  if (isRequired('aws:sourceip') && ['aws:sourcevpc', 'aws:sourcevpce'].some(isRequired)) return true
  return [...byKey].some(([key, tests]) => areApart(tests) || isSettledOtherwise(key, tests, statement))
}

/** Whether no value is seen at once that meets all tests of one key. */
function areApart(tests: readonly ConditionView[]): boolean {
  if (tests.length < 2) return false
  const isNull = ({ parsed }: ConditionView): boolean => parsed?.base === 'Null'
  const others = tests.filter((test) => !isNull(test))
  if (others.length < tests.length && !tests.some((test) => isNull(test) && resultWithoutKey(test) === true)) {
    return areApart(others)
  }
  const positive = others.filter(({ parsed }) => parsed?.negated === false)
  const negated = others.filter(({ parsed }) => parsed?.negated === true)
  const [first] = positive
  if (first === undefined)
    return others.length < tests.length && others.some((test) => resultWithoutKey(test) === false)
  const isIn = (value: string, { values }: ConditionView): boolean => values.some((other) => other.value === value)
  return !first.values.some(
    ({ value }) =>
      !/[*?]/.test(value) &&
      positive.every((test) => isIn(value, test)) &&
      negated.every((test) => !isIn(value, test) && !test.values.some((other) => /[*?]/.test(other.value))),
  )
}

const ACCOUNT_KEYS: ReadonlySet<string> = new Set(['kms:calleraccount', 'aws:principalaccount', 'aws:principalarn'])

/** Values of an account that no principal, or no resource, of the statement has. */
function isSettledOtherwise(
  key: string,
  tests: readonly ConditionView[],
  { principal, resource }: StatementView,
): boolean {
  const values = tests
    .flatMap((test) => (resultWithoutKey(test) === false ? test.values : []))
    .map(({ value }) => value)
  if (values.length === 0) return false
  const isSaid = (account: string): boolean => values.some((value) => value.includes(account) || /[*?]/.test(value))
  if (ACCOUNT_KEYS.has(key)) {
    const entries = principal?.negated === false ? principal.entries : []
    const accounts = entries.map(({ value }) => /[0-9]{12}/.exec(value)?.[0])
    const isElsewhere = accounts.every((account) => account !== undefined && !isSaid(account))
    return (
      entries.length > 0 && (isElsewhere || (key === 'aws:principalarn' && !entries.some(({ value }) => value === '*')))
    )
  }
  if (key !== 'aws:resourceaccount' || resource === undefined || resource.negated) return false
  return resourceEntries(resource).every(
    ({ fields }) => fields !== undefined && /^[0-9]{12}$/.test(fields.account) && !isSaid(fields.account),
  )
}

/** What other rules say of a test by itself. */
function isToldElsewhere(test: ConditionView, { action, principal }: StatementView, { kind }: PolicyView): boolean {
  const { key, parsed, values } = test
  if (parsed === undefined || values.length === 0) return true
  if (kind === 'key' && keyFacts(key.key)?.info?.inKeyPolicy === false) return true
  if (values.every(({ value }) => faultOfValue(key.key, parsed, value) !== undefined)) return true
  if (resultWithoutKey(test) !== false) return false
  const callers = callerClass(principal)
  if (callers !== undefined && neverCarriedBy(key.key, callers)) return true
  return action !== undefined && populationOf(action, key.key)?.carrying === 0
}

/** A request that the statement would apply to, were it not for its conditions. A Deny is asked about beside an Allow of everything. */
function missed(document: PolicyDocument, statement: Statement, account: string): Witness | undefined {
  const isDeny = statement.effect === 'Deny'
  const only = (one: Statement): PolicyDocument =>
    isDeny ? besideEverything(document, [one]) : withStatements(document, [one])
  const dead = only(statement)
  const free = only({ ...statement, conditions: [] })
  const [first] = (isDeny ? compared(free, dead, account) : compared(dead, free, account)).more
  return first === undefined
    ? undefined
    : witnessOf(
        first,
        isDeny ? 'after' : 'before',
        dead,
        `the statement does not ${isDeny ? 'deny' : 'allow'} this request, nor any other`,
      )
}
