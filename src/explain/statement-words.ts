/**
 * One statement or grant in words: what each of its parts wants, what the request has, and a sentence on both.
 *
 * Knows nothing of the decision as a whole; `summary.ts` does.
 */
import type { StatementPart, StatementTrace, Trace } from '../decide/trace.js'
import type { EncryptionContext, Grant, GrantMiss } from '../graph/grant.js'
import { CLASS_ACCOUNT, type Caller } from '../graph/subject.js'
import { testWords, type TestWords } from './condition-words.js'
import type { KnownStatement } from './known-statement.js'
import { capital, layerSubjectFirst, listed, placedName, principalInWords, quoted, shortened } from './names.js'
import { operationName } from './near-miss.js'
import { once } from './once.js'
import type { Place, StatementPlaces } from './place.js'
import type { PrincipalEntry } from '../policy/document.js'
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

/** Of each condition of a statement what it wants and what the request has; the functions below are handed it. */
export function conditionWords({ call }: Trace, { policy, traced }: PlacedStatement): readonly TestWords[] {
  const { conditions } = traced
  if (conditions.length === 0) return NO_WORDS
  return conditions.map((condition) => testWords(condition, policy, call.values))
}

const NO_WORDS: readonly TestWords[] = []

/** Every part of a statement that it has, conditions one by one. */
export function statementChecks(
  trace: Trace,
  { statement, failed, conditions }: StatementTrace,
  known: KnownStatement,
  places: StatementPlaces,
  words: readonly TestWords[],
): readonly Check[] {
  const { action, resource } = trace.call
  const checks: Check[] = []
  if (statement.principal !== undefined) {
    checks.push({
      part: 'principal',
      holds: !failed.includes('principal'),
      wanted: known.wantedPrincipals,
      got: callerInWords(trace),
      place: places.principal,
    })
  }
  // Of the listed actions the one that covers this one: the place that a reader looks for.
  const pattern = known.patternFor(action)
  checks.push({
    part: 'action',
    holds: !failed.includes('action'),
    wanted: known.wantedActions,
    got: action,
    place: pattern < 0 ? places.allActions : places.action(pattern),
  })
  checks.push({
    part: 'resource',
    holds: !failed.includes('resource'),
    wanted: known.wantedResources,
    got: resource.arn ?? 'no resource, which only "*" matches',
    place: places.resource,
  })
  for (let which = 0; which < conditions.length; which++) {
    const { wanted, value } = words[which]!
    checks.push({
      part: 'condition',
      holds: conditions[which]!.holds,
      wanted,
      got: value,
      place: places.test(which),
    })
  }
  return checks
}

export function callerInWords({ call }: Trace): string {
  return callerWords(call.subject.caller)
}

const callerWords = once((caller: Caller): string => {
  if (caller.type === 'root') return `the root user of account ${caller.accountId ?? '?'}`
  return caller.type === 'service' ? `service ${caller.arn}` : principalInWords(caller.arn)
})

/** What is asked for as the object of a sentence: `this key`. */
export function resourceInWords({ call, kind }: Trace): string {
  if (call.resource.arn === undefined) return 'no resource'
  if (kind.target === 'key') return 'this key'
  if (kind.target === 'role') return 'this role'
  return kind.target === 'alias' ? 'this alias' : 'this resource'
}

/** What stands between a statement and applying: as a sentence, and as a clause whose subject is the statement. */
export function missWords(
  trace: Trace,
  placed: PlacedStatement,
  known: KnownStatement,
  words: readonly TestWords[],
): { readonly sentence: string; readonly gist: string } {
  const { failed, conditions } = placed.traced
  const when = failed.includes('condition')
    ? onlyWhen(words.filter((_, which) => conditions[which]?.holds === false))
    : undefined
  const sentence = missSentence(trace, placed, known, when)
  if (when === undefined) return { sentence, gist: known.gist(failed) }
  const [only] = failed
  const isOnly = only !== undefined && failed.length === 1
  const parts = isOnly ? known.partGist(only, when) : failed.map((part) => known.partGist(part, when))
  return { sentence, gist: typeof parts === 'string' ? parts : listed(parts, 'and') }
}

/** Why a statement does not apply, as a sentence with the layer as its subject; without the final stop. */
function missSentence(
  trace: Trace,
  { policy, traced }: PlacedStatement,
  known: KnownStatement,
  when: string | undefined,
): string {
  const { failed } = traced
  const subject = layerSubjectFirst(trace, policy.layer)
  const { action } = trace.call
  const andWhen = when === undefined ? '' : `, and only when ${when}`
  if (failed.includes('principal')) {
    const to = known.principals
    if (failed.includes('action')) return `${subject} allows ${known.actions} to ${to}, not to this caller`
    return `${subject} allows ${action} to ${to}, not to this caller${andWhen}`
  }
  const delegates = traced.reach === CLASS_ACCOUNT && policy.layer === 'keyPolicy'
  const account = trace.call.subject.caller.accountId ?? '?'
  if (failed.includes('action')) {
    const whom = policy.layer === 'keyPolicy' || policy.layer === 'vpce' ? ' to this caller' : ''
    const what = known.actions
    return delegates
      ? `${subject} leaves ${what} to the IAM policies of account ${account}, but not ${action}`
      : `${subject} allows ${what}${whom}, but not ${action}`
  }
  const verb = delegates ? `leaves ${action} to the IAM policies of account ${account}` : `allows ${action}`
  if (failed.includes('resource')) {
    const on =
      trace.call.resource.arn === undefined
        ? `on ${known.resources}; it has no resource, so only "*" covers it`
        : `on ${known.resources}, not on ${resourceInWords(trace)}`
    return `${subject} ${verb} ${on}${andWhen}`
  }
  return when === undefined ? `${subject} ${verb}` : `${subject} ${verb} only when ${when}`
}

/** One test: `K is "a"; this request has "b"`. Several: each with what the request has in brackets. */
function onlyWhen(tests: readonly TestWords[]): string {
  const [only] = tests
  if (only !== undefined && tests.length === 1) return `${only.wanted}; ${only.got}`
  return listed(
    tests.map(({ wanted, got }) => `${wanted} (${got})`),
    'and',
  )
}

/** Why a statement applies: `statement 2 "Deny" denies kms:Decrypt when …; this request has …`; and that it does. */
export function applyWords(
  trace: Trace,
  placed: PlacedStatement,
  known: KnownStatement,
  words: readonly TestWords[],
): { readonly sentence: string; readonly gist: string } {
  const { policy, traced } = placed
  const { statement } = traced
  const gist = `${statement.effect === 'Deny' ? 'denies' : 'allows'} ${trace.call.action}`
  const whom =
    statement.principal?.negated === true
      ? ` to everybody except ${known.principals}${whyNotExempt(trace, statement.principal.entries)}`
      : ''
  const when = words.length === 0 ? '' : ` when ${onlyWhen(words)}`
  return { sentence: `${capital(placedName(trace, policy, statement))}, ${gist}${whom}${when}`, gist }
}

/** Why a caller of whom NotPrincipal seems to speak is no exception (facts C4, K-26); empty for one that it does not name. */
function whyNotExempt({ call }: Trace, entries: readonly PrincipalEntry[]): string {
  const { type, arn, accountId, roleArn } = call.subject.caller
  const lists = (value: string | undefined): boolean => entries.some((entry) => entry.value === value)
  const isListed = lists(arn)
  if (call.boundary !== undefined && type !== 'root' && type !== 'service' && (isListed || lists(roleArn)))
    return ', and a caller with a permissions boundary is never such an exception'
  if (type === 'role' && !isListed && lists(roleArn))
    return ', and that does not except the sessions of the role, which have to be listed themselves'
  if (!isListed || type === 'root' || type === 'service') return ''
  const missing = [...(type === 'role' && !lists(roleArn) ? ['role'] : []), ...(lists(accountId) ? [] : ['account'])]
  return missing.length === 0
    ? ''
    : `, and a caller is excepted only where its ${missing.join(' and its ')} is listed too`
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
    child: `at most ${listed(grant.operations, 'and')}${hasConstraints(grant) ? `, ${constraintWords(grant)} or stricter` : ''}`,
  }
  const got: Readonly<Record<GrantMiss, string>> = {
    key: trace.call.resource.arn ?? 'no key',
    grantee: callerInWords(trace),
    operation: operationName(trace),
    notPropagated: 'a request without it',
    constraint: constraintGot(trace, grant),
    child: childGot(trace),
  }
  return miss === undefined ? [] : [{ part: miss, holds: false, wanted: wanted[miss], got: got[miss], place: null }]
}

/** What a CreateGrant request asks for. */
function childGot({ call: { createGrant } }: Trace): string {
  if (createGrant === undefined) return 'a request that does not say what it creates'
  const { operations, constraints = {} } = createGrant
  return `${listed(operations, 'and')}, ${hasConstraints({ constraints }) ? constraintWords({ constraints }) : 'without constraints'}`
}

function hasConstraints({ constraints = {} }: Pick<Grant, 'constraints'>): boolean {
  return Object.values(constraints).some((constraint) => constraint !== undefined)
}

export function granteeInWords({ granteePrincipal, granteeServicePrincipal }: Grant): string {
  if (granteeServicePrincipal !== undefined) return `service ${granteeServicePrincipal}`
  return granteePrincipal === undefined ? 'nobody' : principalInWords(granteePrincipal)
}

export function constraintWords({ constraints = {} }: Pick<Grant, 'constraints'>): string {
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
