/**
 * Which statements or grants made the decision.
 *
 * For an allow those that completed it, for an explicit denial every Deny that applied; an implicit denial is made by
 * what is missing, so it has none.
 */
import { grantInput } from '../decide/answers.js'
import type { Trace } from '../decide/trace.js'
import { GrantSet, type Grant } from '../graph/grant.js'
import { SAYS_ACCOUNT, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from '../graph/policy.js'
import { CLASS_DIRECT, CLASS_VIA } from '../graph/subject.js'
import {
  appliedIn,
  grantRef,
  layerTrace,
  statementRef,
  type GrantRef,
  type PlacedStatement,
  type StatementRef,
} from './reference.js'

export type DecidedBy = StatementRef | GrantRef

export function decisiveStatements(trace: Trace): readonly DecidedBy[] {
  if (trace.outcome.decision === 'allow' && trace.outcome.layer === 'grant')
    return permittingGrants(trace).map(grantRef)
  return decidingStatements(trace).map(({ policy, traced }) => statementRef(policy, traced))
}

/** The statements behind `decisiveStatements`; none where a grant decided. */
export function decidingStatements(trace: Trace): readonly PlacedStatement[] {
  switch (trace.outcome.decision) {
    case 'implicitDeny':
      return []
    case 'explicitDeny':
      return denying(trace)
    case 'allow':
      return completing(trace)
  }
}

function denying({ layers }: Trace): readonly PlacedStatement[] {
  const denies: PlacedStatement[] = []
  for (const layer of layers) {
    if (layer.verdict === 'explicitDeny') denies.push(...appliedIn(layer, 'Deny'))
  }
  return denies
}

function completing(trace: Trace): readonly PlacedStatement[] {
  const { layer } = trace.outcome
  const allows = appliedIn(layerTrace(trace, layer), 'Allow')
  if (layer !== 'keyPolicy') return allows
  // A statement that names the caller itself completes the allow; one that names its role does where no such stands.
  const direct = allows.filter(({ traced }) => traced.reach === CLASS_DIRECT)
  return direct.length > 0 ? direct : allows.filter(({ traced }) => traced.reach === CLASS_VIA)
}

/** The grants that permit the call, each with all that its class of grantee still needs. */
export function permittingGrants(trace: Trace): readonly Grant[] {
  return fittingGrants(trace).filter((grant) => isEnough(trace, grant))
}

/** The grants that permit the call by themselves, or that a RetireGrant request names; there may be many others. */
export function fittingGrants({ kind, call, layers }: Trace): readonly Grant[] {
  if (kind.retire) {
    const ids = call.grantId === undefined ? call.grantTokens : [call.grantId]
    return [...new Set(ids)].map((id) => call.grants.find(id)).filter((grant) => grant !== undefined)
  }
  const traced = layers.find(({ layer }) => layer === 'grant')?.grants ?? []
  return traced.filter(({ miss }) => miss === undefined).map(({ grant }) => grant)
}

function isEnough(trace: Trace, grant: Grant): boolean {
  const said = grantSays(trace, grant)
  if ((said & SAYS_DIRECT) !== 0) return true
  const limits = sideAllows(trace, 'boundary') && sideAllows(trace, 'session')
  if ((said & SAYS_VIA) !== 0 && limits) return true
  // An account that may retire a grant does so by its identity policies, which a root user has no need of; as a grantee
  // it holds the grant.
  return (
    (!trace.kind.retire || trace.kind.identity === 'root') &&
    (said & SAYS_ACCOUNT) !== 0 &&
    limits &&
    sideAllows(trace, 'identity')
  )
}

/** By which class of grantee this one grant permits the call, as `SAYS_` bits. */
export function grantSays(trace: Trace, grant: Grant): number {
  const permits = trace.kind.target === 'key' ? new GrantSet([grant]) : GrantSet.empty
  return permits.size === 0 ? SAYS_NOTHING : permits.says(grantInput(trace.call), trace.call.options)
}

/** A layer of the identity side that takes no part limits nothing, save that a service has no identity side at all. */
export function sideAllows(trace: Trace, layer: 'identity' | 'boundary' | 'session'): boolean {
  if (layer === 'identity' && trace.kind.identity === 'none') return false
  const traced = layerTrace(trace, layer)
  return traced === undefined || traced.verdict === 'allow'
}
