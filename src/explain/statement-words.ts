/**
 * One statement or grant in words: what each of its parts wants, what the request has, and a sentence on both.
 *
 * Knows nothing of the decision as a whole; `summary.ts` does.
 */
import type { ConditionTrace, StatementPart, StatementTrace, Trace } from '../decide/trace.js'
import type { EncryptionContext, Grant, GrantMiss } from '../graph/grant.js'
import { CLASS_ACCOUNT } from '../graph/subject.js'
import type { PatternElement } from '../policy/document.js'
import { compileGlob } from '../text/glob.js'
import { gotValue, testWords } from './condition-words.js'
import {
  capital,
  layerSubject,
  listed,
  placedName,
  principalInWords,
  principalNames,
  quoted,
  shortened,
} from './names.js'
import { operationName } from './near-miss.js'
import { placeOf, type Place } from './place.js'
import type { PlacedStatement } from './reference.js'

/** One part of a statement, or one thing that a grant asks for. */
export interface Check {
  readonly part: StatementPart | GrantMiss
  readonly holds: boolean
  readonly wanted: string
  readonly got: string
  readonly place: Place | null
}

// ------------------------------------------------------------------------------------------------------- statements

/** Every part of a statement that it has, conditions one by one. */
export function statementChecks(trace: Trace, { policy, traced }: PlacedStatement): readonly Check[] {
  const { statement, failed, conditions } = traced
  const { document } = policy
  const { principal, action, resource, index } = statement
  const holds = (part: StatementPart): boolean => !failed.includes(part)
  const checks: Check[] = []
  if (principal !== undefined) {
    const wanted = `${principal.negated ? 'everybody except ' : ''}${principalNames(principal)}`
    const place = placeOf(document, { part: 'principal', statement: index })
    checks.push({ part: 'principal', holds: holds('principal'), wanted, got: callerInWords(trace), place })
  }
  const actionPlace = placeOf(document, {
    part: 'action',
    statement: index,
    ...matchingPattern(action, trace.call.action),
  })
  checks.push({
    part: 'action',
    holds: holds('action'),
    wanted: elementWords(action),
    got: trace.call.action,
    place: actionPlace,
  })
  const resourcePlace = placeOf(document, { part: 'resource', statement: index })
  const got = trace.call.resource.arn ?? 'no resource, which only "*" matches'
  checks.push({ part: 'resource', holds: holds('resource'), wanted: elementWords(resource), got, place: resourcePlace })
  for (const [which, condition] of conditions.entries()) {
    const { wanted } = testWords(condition, policy, trace.call.values)
    const place = placeOfTest(traced, policy, which)
    checks.push({ part: 'condition', holds: condition.holds, wanted, got: gotValue(condition), place })
  }
  return checks
}

/** Which of the listed actions covers this one: the place that a reader looks for. */
function matchingPattern(element: PatternElement | undefined, action: string): { readonly pattern?: number } {
  if (element === undefined || element.negated) return {}
  const pattern = element.patterns.findIndex((text) => compileGlob(text, { ignoreCase: true }).matches(action))
  return pattern < 0 ? {} : { pattern }
}

/** The key and its values together, so that a reader sees the whole test. */
function placeOfTest(
  { statement }: StatementTrace,
  { document }: PlacedStatement['policy'],
  condition: number,
): Place | null {
  const key = placeOf(document, { part: 'conditionKey', statement: statement.index, condition })
  const value = placeOf(document, { part: 'conditionValue', statement: statement.index, condition })
  if (key === null || value === null) return key
  return { ...key, span: { start: key.span.start, end: value.span.end } }
}

function elementWords(element: PatternElement | undefined): string {
  if (element === undefined) return 'nothing: the statement lacks this element'
  if (element.patterns.length === 0) return 'nothing: the list is empty'
  return `${element.negated ? 'everything except ' : ''}${listed(element.patterns.map(shortened), element.negated ? 'and' : 'or')}`
}

export function callerInWords({ call }: Trace): string {
  const { caller } = call.subject
  if (caller.type === 'root') return `the root user of account ${caller.accountId ?? '?'}`
  return caller.type === 'service' ? `service ${caller.arn}` : principalInWords(caller.arn)
}

/** What is asked for as the object of a sentence: `this key`. */
export function resourceInWords({ call, kind }: Trace): string {
  if (call.resource.arn === undefined) return 'no resource'
  if (kind.target === 'key') return 'this key'
  return kind.target === 'alias' ? 'this alias' : 'this resource'
}

/** Why a statement does not apply, as a sentence with the layer as its subject; without the final stop. */
export function missSentence(trace: Trace, placed: PlacedStatement): string {
  const { policy, traced } = placed
  const { statement, failed } = traced
  const subject = capital(layerSubject(trace, policy.layer))
  const { action } = trace.call
  const delegates = traced.reach === CLASS_ACCOUNT && policy.layer === 'keyPolicy'
  const account = trace.call.subject.caller.accountId ?? '?'
  const verb = delegates ? `leaves ${action} to the IAM policies of account ${account}` : `allows ${action}`
  const tests = failed.includes('condition') ? traced.conditions.filter(({ holds }) => !holds) : []
  if (failed.includes('principal')) {
    const to = statement.principal === undefined ? 'nobody' : principalNames(statement.principal)
    const more = tests.length === 0 ? '' : `, and only when ${onlyWhen(tests, placed, trace)}`
    if (failed.includes('action'))
      return `${subject} allows ${patternWords(statement.action)} to ${to}, not to this caller`
    return `${subject} allows ${action} to ${to}, not to this caller${more}`
  }
  if (failed.includes('action')) {
    const whom = policy.layer === 'keyPolicy' || policy.layer === 'vpce' ? ' to this caller' : ''
    const what = patternWords(statement.action)
    return delegates
      ? `${subject} leaves ${what} to the IAM policies of account ${account}, but not ${action}`
      : `${subject} allows ${what}${whom}, but not ${action}`
  }
  const on =
    trace.call.resource.arn === undefined
      ? `on ${patternWords(statement.resource)}; it has no resource, so only "*" covers it`
      : `on ${patternWords(statement.resource)}, not on ${resourceInWords(trace)}`
  if (failed.includes('resource')) {
    return `${subject} ${verb} ${on}${tests.length === 0 ? '' : `, and only when ${onlyWhen(tests, placed, trace)}`}`
  }
  return tests.length === 0 ? `${subject} ${verb}` : `${subject} ${verb} only when ${onlyWhen(tests, placed, trace)}`
}

/** One test: `K is "a"; this request has "b"`. Several: each with what the request has in brackets. */
function onlyWhen(tests: readonly ConditionTrace[], { policy }: PlacedStatement, { call }: Trace): string {
  const words = tests.map((test) => testWords(test, policy, call.values))
  const [first] = words
  if (first !== undefined && words.length === 1) return `${first.wanted}; ${first.got}`
  return listed(
    words.map(({ wanted, got }) => `${wanted} (${got})`),
    'and',
  )
}

function patternWords(element: PatternElement | undefined): string {
  if (element === undefined) return 'nothing'
  return `${element.negated ? 'everything except ' : ''}${listed(element.patterns.map(shortened), 'and')}`
}

/** Why a statement applies: `statement 2 "Deny" denies kms:Decrypt when …; this request has …`. */
export function applySentence(trace: Trace, placed: PlacedStatement): string {
  const { policy, traced } = placed
  const { statement, conditions } = traced
  const verb = statement.effect === 'Deny' ? 'denies' : 'allows'
  const name = `${capital(placedName(trace, policy, statement))}, ${verb} ${trace.call.action}`
  const whom =
    statement.principal?.negated === true ? ` to everybody except ${principalNames(statement.principal)}` : ''
  return conditions.length === 0 ? `${name}${whom}` : `${name}${whom} when ${onlyWhen(conditions, placed, trace)}`
}

/** What stands between a statement and applying, for a list: a clause whose subject is the statement. */
export function missGist(trace: Trace, placed: PlacedStatement): string {
  return listed(
    placed.traced.failed.map((part) => partGist(trace, placed, part)),
    'and',
  )
}

function partGist(trace: Trace, placed: PlacedStatement, part: StatementPart): string {
  const { statement, conditions } = placed.traced
  switch (part) {
    case 'principal':
      return `is for ${statement.principal === undefined ? 'nobody' : principalNames(statement.principal)}`
    case 'action':
      return `is about ${patternWords(statement.action)}`
    case 'resource':
      return `is about ${patternWords(statement.resource)}`
    case 'condition': {
      const failing = conditions.filter(({ holds }) => !holds)
      return `asks that ${onlyWhen(failing, placed, trace)}`
    }
  }
}

// ----------------------------------------------------------------------------------------------------------- grants

export function grantName({ grantId }: Grant): string {
  return `grant ${quoted(grantId)}`
}

/** Why a grant does not permit the call; without the final stop. */
export function grantMissSentence(trace: Trace, grant: Grant, miss: GrantMiss): string {
  const name = capital(grantName(grant))
  const operation = operationName(trace)
  switch (miss) {
    case 'key':
      return `${name} is on another key`
    case 'grantee':
      return `${name} allows ${operation} to ${granteeInWords(grant)}, not to this caller`
    case 'operation':
      return `${name} names this caller and allows ${listed(grant.operations, 'and')}, but not ${operation}`
    case 'notPropagated':
      return `${name} allows this, but it is new: until it has reached all of KMS, only a request with its grant token can use it`
    case 'constraint':
      return `${name} allows ${operation} to this caller only ${constraintWords(grant)}; this request has ${constraintGot(trace, grant)}`
    case 'child':
      return `${name} lets this caller create grants for ${listed(grant.operations, 'and')} at most, with constraints at least as strict as its own`
  }
}

/** As `missGist`, for a grant. */
export function grantGist(trace: Trace, grant: Grant, miss: GrantMiss): string {
  switch (miss) {
    case 'key':
      return 'is on another key'
    case 'grantee':
      return `is for ${granteeInWords(grant)}`
    case 'operation':
      return `is about ${listed(grant.operations, 'and')}`
    case 'notPropagated':
      return 'is new and needs its grant token'
    case 'constraint':
      return `works only ${constraintWords(grant)}; this request has ${constraintGot(trace, grant)}`
    case 'child':
      return `lets create grants for ${listed(grant.operations, 'and')} at most`
  }
}

export function grantChecks(trace: Trace, grant: Grant, miss: GrantMiss | undefined): readonly Check[] {
  const wanted: Readonly<Record<GrantMiss, string>> = {
    key: grant.keyArn,
    grantee: granteeInWords(grant),
    operation: listed(grant.operations, 'or'),
    notPropagated: 'the grant token, while the grant is new',
    constraint: constraintWords(grant),
    child: 'a grant within this one',
  }
  const got: Readonly<Record<GrantMiss, string>> = {
    key: trace.call.resource.arn ?? 'no key',
    grantee: callerInWords(trace),
    operation: operationName(trace),
    notPropagated: 'a request without it',
    constraint: constraintGot(trace, grant),
    child: 'a wider one, or a request that does not say what it creates',
  }
  return miss === undefined ? [] : [{ part: miss, holds: false, wanted: wanted[miss], got: got[miss], place: null }]
}

export function granteeInWords({ granteePrincipal, granteeServicePrincipal }: Grant): string {
  if (granteeServicePrincipal !== undefined) return `service ${granteeServicePrincipal}`
  return granteePrincipal === undefined ? 'nobody' : principalInWords(granteePrincipal)
}

function constraintWords({ constraints = {} }: Grant): string {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = constraints
  const parts: string[] = []
  if (equals !== undefined) parts.push(`with exactly the encryption context ${contextWords(equals)}`)
  if (subset !== undefined) parts.push(`with an encryption context that has ${contextWords(subset)}`)
  if (sourceArn !== undefined) parts.push(`when aws:SourceArn matches ${quoted(sourceArn)}`)
  return listed(parts, 'and')
}

function constraintGot({ call }: Trace, { constraints = {} }: Grant): string {
  const parts: string[] = []
  if (constraints.encryptionContextEquals !== undefined || constraints.encryptionContextSubset !== undefined) {
    parts.push(contextWords(call.encryptionContext ?? {}))
  }
  if (constraints.sourceArn !== undefined)
    parts.push(call.sourceArn === undefined ? 'no aws:SourceArn' : `aws:SourceArn ${quoted(call.sourceArn)}`)
  return listed(parts, 'and')
}

function contextWords(context: EncryptionContext): string {
  const pairs = Object.entries(context).map(([key, value]) => `${shortened(key)}=${quoted(value)}`)
  return pairs.length === 0 ? 'no encryption context' : listed(pairs, 'and')
}
