/**
 * The cause of a denial, as one code of the closed list in `aws/causes.ts`.
 *
 * For an explicit denial the layer says it all. For an implicit one the code tells what the nearest statement or grant
 * of the deciding layer lacked. Uses nothing but the trace.
 *
 * Source: facts D1, D8, F2, F5, F6; KMS Developer Guide, "Troubleshooting AWS KMS permissions".
 */
import type { CauseCode } from '../aws/causes.js'
import type { GrantTrace, StatementPart, StatementTrace, Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import type { GrantMiss } from '../graph/grant.js'
import { SAYS_NOTHING } from '../graph/policy.js'
import { CLASS_ACCOUNT } from '../graph/subject.js'
import { splitArn } from '../text/arn.js'
import { fittingGrants, grantSays, sideAllows } from './decisive.js'
import {
  hasNoEffect,
  lackingLevels,
  lackingPolicies,
  nearestStatement,
  operationName,
  type RankedMiss,
} from './near-miss.js'
import { layerTrace } from './reference.js'

/**
 * Null for an allow.
 * @param ranked - the near misses of the trace, where they are known.
 */
export function causeOf(trace: Trace, ranked: readonly RankedMiss[] = []): CauseCode | null {
  switch (trace.outcome.decision) {
    case 'allow':
      return null
    case 'explicitDeny':
      return EXPLICIT[trace.outcome.layer]
    case 'implicitDeny':
      return implicitCause(trace, ranked[0])
  }
}

/** Grants and operations never deny explicitly; should one ever seem to, what they refuse is named. */
const EXPLICIT: Readonly<Record<Layer, CauseCode>> = {
  rcp: 'rcp-explicit-deny',
  scp: 'scp-explicit-deny',
  vpce: 'vpce-explicit-deny',
  keyPolicy: 'key-policy-explicit-deny',
  identity: 'identity-explicit-deny',
  boundary: 'boundary-explicit-deny',
  session: 'session-explicit-deny',
  grant: 'grant-retire',
  operation: 'operation-resource',
}

function implicitCause(trace: Trace, first: RankedMiss | undefined): CauseCode {
  const { layer } = trace.outcome
  switch (layer) {
    case 'scp':
      return scpCause(trace)
    // RCPFullAWSAccess stands at every level, so a resource control policy is never what is missing.
    case 'rcp':
      return EXPLICIT.rcp
    case 'vpce':
      return VPCE[lackIn(trace, 'vpce', first)]
    case 'operation':
      // On roles: that of root users, who may assume none.
      return trace.kind.target === 'mismatch' || trace.kind.target === 'role'
        ? 'operation-resource'
        : 'operation-cross-account'
    case 'keyPolicy':
      return keyPolicyCause(trace, first)
    case 'identity':
      return trace.kind.retire ? 'retire-identity' : IDENTITY[lackIn(trace, 'identity', first)]
    case 'boundary':
      return BOUNDARY[lackIn(trace, 'boundary', first)]
    case 'session':
      return trace.kind.session === 'missing' ? 'session-not-passed' : SESSION[lackIn(trace, 'session', first)]
    case 'grant':
      return retireCause(trace)
  }
}

// ------------------------------------------------------------------------------------------------ what a layer lacks

/** What the nearest Allow of a layer lacked; `statement` where no Allow could ever apply. */
type Lack = 'statement' | 'principal' | 'action' | 'resource' | 'condition' | 'conditionKey'

type LackCodes = Readonly<Record<Lack, CauseCode>>

const SCP: LackCodes = {
  statement: 'scp-no-statement',
  // Policies of these kinds have no Principal.
  principal: 'scp-no-statement',
  action: 'scp-action',
  resource: 'scp-resource',
  condition: 'scp-condition',
  conditionKey: 'scp-condition-key-absent',
}

const VPCE: LackCodes = {
  statement: 'vpce-no-statement',
  principal: 'vpce-principal',
  action: 'vpce-action',
  resource: 'vpce-resource',
  condition: 'vpce-condition',
  conditionKey: 'vpce-condition-key-absent',
}

const KEY_POLICY: LackCodes = {
  statement: 'key-policy-no-statement',
  principal: 'key-policy-principal',
  action: 'key-policy-action',
  resource: 'key-policy-resource',
  condition: 'key-policy-condition',
  conditionKey: 'key-policy-condition-key-absent',
}

const IDENTITY: LackCodes = {
  statement: 'identity-no-policy',
  principal: 'identity-no-policy',
  action: 'identity-action',
  resource: 'identity-resource',
  condition: 'identity-condition',
  conditionKey: 'identity-condition-key-absent',
}

const BOUNDARY: LackCodes = {
  statement: 'boundary-no-statement',
  principal: 'boundary-no-statement',
  action: 'boundary-action',
  resource: 'boundary-resource',
  condition: 'boundary-condition',
  conditionKey: 'boundary-condition-key-absent',
}

const SESSION: LackCodes = {
  statement: 'session-no-statement',
  principal: 'session-no-statement',
  action: 'session-action',
  resource: 'session-resource',
  condition: 'session-condition',
  conditionKey: 'session-condition-key-absent',
}

function allowsOf(trace: Trace, layer: Layer): readonly StatementTrace[] {
  const allows: StatementTrace[] = []
  for (const { statements } of layerTrace(trace, layer)?.policies ?? []) {
    for (const traced of statements) if (isAllow(traced)) allows.push(traced)
  }
  return allows
}

/** @param first - the best near miss, where it is known. */
function lackIn(trace: Trace, layer: Layer, first: RankedMiss | undefined): Lack {
  // With one failed part nothing can be nearer; with more, a statement that is no near miss may be.
  if (first?.kind === 'statement' && first.policy.layer === layer && first.traced.failed.length === 1) {
    return lackBy(first.traced)
  }
  return lackOf(allowsOf(trace, layer), trace.call.action)
}

function isAllow(traced: StatementTrace): boolean {
  return traced.statement.effect === 'Allow' && !hasNoEffect(traced)
}

/** Of several failed parts the one to name: without it the others are not worth mending. */
const NAMED_FIRST: readonly StatementPart[] = ['principal', 'action', 'resource', 'condition']

function lackOf(allows: readonly StatementTrace[], action: string): Lack {
  const nearest = nearestStatement(allows, action)
  return nearest === undefined ? 'statement' : lackBy(nearest)
}

function lackBy(nearest: StatementTrace): Lack {
  const part = NAMED_FIRST.find((each) => nearest.failed.includes(each))
  if (part === undefined) return 'statement'
  return part === 'condition' && lacksKeysOnly(nearest) ? 'conditionKey' : part
}

/** Whether the conditions fail for want of keys and not for another value. */
function lacksKeysOnly({ conditions }: StatementTrace): boolean {
  return conditions.every(({ holds, miss }) => holds || miss === 'absent' || miss === 'hidden')
}

function scpCause(trace: Trace): CauseCode {
  const layer = layerTrace(trace, 'scp')
  if (layer === undefined) return 'scp-level-empty'
  const [level] = lackingLevels(trace, layer)
  const policies = lackingPolicies(trace, layer).filter((policy) => policy.level === level)
  if (policies.length === 0) return 'scp-level-empty'
  return SCP[lackOf(policies.flatMap(({ statements }) => statements).filter(isAllow), trace.call.action)]
}

// --------------------------------------------------------------------------------------------------- the key policy

/** A request that nothing lets in is reported for the key policy, also where a grant was the nearest. */
function keyPolicyCause(trace: Trace, first: RankedMiss | undefined): CauseCode {
  if (fittingGrants(trace).some((grant) => grantSays(trace, grant) !== SAYS_NOTHING)) return 'grant-limited'
  const lack = lackIn(trace, 'keyPolicy', first)
  // Before its conditions: nobody can change the policy of such a key.
  if (trace.call.resource.awsManagedKey) return namedGrantCause(trace) ?? 'aws-managed-key'
  if (lack === 'condition' || lack === 'conditionKey') return KEY_POLICY[lack]
  const named = namedGrantCause(trace)
  if (named !== undefined) return named
  const allows = allowsOf(trace, 'keyPolicy')
  if (trace.call.keyPolicy === undefined) return otherGrantCause(trace, allows) ?? 'key-policy-absent'
  if (isDelegationMissing(trace, allows)) return 'delegation-missing'
  return otherGrantCause(trace, allows) ?? KEY_POLICY[lack]
}

const NAMED_GRANT: readonly (readonly [GrantMiss, CauseCode])[] = [
  ['constraint', 'grant-constraint'],
  ['child', 'grant-child'],
  ['notPropagated', 'grant-not-propagated'],
]

/** A grant to this caller for this operation that fails by something else. */
function namedGrantCause(trace: Trace): CauseCode | undefined {
  return NAMED_GRANT.find(([miss]) => grantsMissing(trace, miss).length > 0)?.[1]
}

function grantsMissing(trace: Trace, wanted: GrantMiss): readonly GrantTrace[] {
  return (layerTrace(trace, 'grant')?.grants ?? []).filter(({ miss }) => miss === wanted)
}

/** The identity side allows, and not one Allow of the key policy so much as hands the account anything. */
function isDelegationMissing(trace: Trace, allows: readonly StatementTrace[]): boolean {
  const { kind, call } = trace
  if (kind.relation !== 'same' || kind.identity !== 'policies' || kind.target !== 'key') return false
  if (!sideAllows(trace, 'identity') || !sideAllows(trace, 'boundary') || !sideAllows(trace, 'session')) return false
  const account = call.subject.caller.accountId
  return !allows.some(
    ({ reach, statement }) =>
      reach === CLASS_ACCOUNT ||
      statement.principal?.entries.some(
        ({ kind: form, value }) => form === 'any' || (form === 'account' && value === account),
      ),
  )
}

/**
 * A grant to the caller for something else, or for this operation to somebody else, where the key policy has nothing
 * nearer. Somebody else counts when it is of the caller's account: another session, another role.
 */
function otherGrantCause(trace: Trace, allows: readonly StatementTrace[]): CauseCode | undefined {
  const single = (part: StatementPart): StatementTrace[] =>
    allows.filter(({ failed }) => failed.length === 1 && failed[0] === part)
  if (
    single('action').length === 0 &&
    single('resource').length === 0 &&
    grantsMissing(trace, 'operation').length > 0
  ) {
    return 'grant-operation'
  }
  const operation = operationName(trace)
  const others = grantsMissing(trace, 'grantee').filter(({ grant }) => grant.operations.includes(operation))
  if (others.length === 0) return undefined
  const toOthers = single('principal')
  if (toOthers.length === 0 && single('action').length === 0) return 'grant-grantee'
  const account = trace.call.subject.caller.accountId
  if (account === undefined || toOthers.some(({ statement }) => namesAccount(statement, account))) return undefined
  return others.some(({ grant }) => accountIn(grant.granteePrincipal ?? '') === account) ? 'grant-grantee' : undefined
}

function namesAccount({ principal }: StatementTrace['statement'], account: string): boolean {
  return (
    principal?.entries.some(({ kind, value }) => (kind === 'account' ? value : accountIn(value)) === account) ?? false
  )
}

function accountIn(arn: string): string | undefined {
  return splitArn(arn)?.account
}

// ---------------------------------------------------------------------------------------------------------- retiring

function retireCause(trace: Trace): CauseCode {
  const { grantTokens, resource } = trace.call
  // A grant that has not arrived yet cannot be found without its token.
  const isFound = fittingGrants(trace).some(
    ({ keyArn, grantId, propagated }) => keyArn === resource.arn && (propagated || grantTokens.includes(grantId)),
  )
  return isFound ? 'grant-retire' : 'grant-not-found'
}
