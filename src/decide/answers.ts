/**
 * Answers to the questions of `combine` for one call, each layer asked at most once.
 */
import type { Leaf } from '../graph/combine.js'
import type { GrantInput } from '../graph/grant.js'
import {
  SAYS_ACCOUNT,
  SAYS_ALLOW,
  SAYS_DENY,
  SAYS_DIRECT,
  SAYS_NOTHING,
  SAYS_VIA,
  type CompiledPolicy,
  type MatchInput,
} from '../graph/policy.js'
import type { Call, PolicyLevels } from './call.js'

export const ASKED_LAYERS = ['rcp', 'scp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session', 'grant'] as const

export type AskedLayer = (typeof ASKED_LAYERS)[number]

/** Which layer a question is put to, and which bits of its answer say yes. */
export const LEAVES: Readonly<Record<Leaf, { readonly layer: AskedLayer; readonly bits: number }>> = {
  denyRcp: { layer: 'rcp', bits: SAYS_DENY },
  denyScp: { layer: 'scp', bits: SAYS_DENY },
  denyVpce: { layer: 'vpce', bits: SAYS_DENY },
  denyKeyPolicy: { layer: 'keyPolicy', bits: SAYS_DENY },
  denyIdentity: { layer: 'identity', bits: SAYS_DENY },
  denyBoundary: { layer: 'boundary', bits: SAYS_DENY },
  denySession: { layer: 'session', bits: SAYS_DENY },
  allowScp: { layer: 'scp', bits: SAYS_ALLOW },
  allowVpce: { layer: 'vpce', bits: SAYS_ALLOW },
  keyPolicyDirect: { layer: 'keyPolicy', bits: SAYS_DIRECT },
  keyPolicyVia: { layer: 'keyPolicy', bits: SAYS_VIA },
  keyPolicyAccount: { layer: 'keyPolicy', bits: SAYS_ACCOUNT },
  allowIdentity: { layer: 'identity', bits: SAYS_ALLOW },
  allowBoundary: { layer: 'boundary', bits: SAYS_ALLOW },
  allowSession: { layer: 'session', bits: SAYS_ALLOW },
  grantDirect: { layer: 'grant', bits: SAYS_DIRECT },
  grantVia: { layer: 'grant', bits: SAYS_VIA },
  grantAccount: { layer: 'grant', bits: SAYS_ACCOUNT },
}

export function matchInput(call: Call): MatchInput {
  call.subject.refresh()
  const { type } = call.subject.caller
  return {
    subject: call.subject,
    actionBit: call.actionBit,
    action: call.action,
    resource: call.resource.arn,
    // Root users and services have none, whatever was given.
    hasBoundary: call.boundary !== undefined && type !== 'root' && type !== 'service',
    notPrincipalAncestors: call.options.notPrincipalAncestors,
    cautious: call.options.uncomparable === 'deny',
  }
}

export function grantInput(call: Call): GrantInput {
  return {
    caller: call.subject.caller,
    keyArn: call.resource.arn ?? '',
    keyAccount: call.resource.accountId ?? '',
    actionBit: call.actionBit,
    encryptionContext: call.encryptionContext,
    sourceArn: call.sourceArn,
    grantTokens: call.grantTokens,
    grantId: call.grantId,
    createGrant: call.createGrant,
  }
}

/** What one layer says, as bits. A layer of several policies allows when one of them does, unless one denies. */
export function layerSays(layer: AskedLayer, call: Call, input: MatchInput): number {
  const { values } = call
  switch (layer) {
    case 'rcp':
      return levelsSay(call.rcps ?? [], input, call)
    case 'scp':
      return levelsSay(call.scps ?? [], input, call)
    case 'vpce':
      // AWS's default endpoint policy allows everything.
      return call.endpoint?.policy === undefined ? SAYS_DIRECT : call.endpoint.policy.says(input, values)
    case 'keyPolicy':
      return call.keyPolicy === undefined ? SAYS_NOTHING : call.keyPolicy.says(input, values)
    case 'identity':
      return policiesSay(call.identity, input, call)
    case 'boundary':
      return call.boundary === undefined ? SAYS_NOTHING : call.boundary.says(input, values)
    case 'session':
      return policiesSay(call.session, input, call)
    case 'grant':
      return call.grants.says(grantInput(call), call.options)
  }
}

function policiesSay(policies: readonly CompiledPolicy[], input: MatchInput, call: Call): number {
  let said = SAYS_NOTHING
  for (const policy of policies) {
    said |= policy.says(input, call.values)
    if ((said & SAYS_DENY) !== 0) return said
  }
  return said
}

/** A Deny at any level denies; to allow, every level must (facts D1.2, D1.3): a level without policies allows nothing. */
function levelsSay(levels: PolicyLevels, input: MatchInput, call: Call): number {
  let allowed = SAYS_DIRECT
  for (const level of levels) {
    const said = policiesSay(level, input, call)
    if ((said & SAYS_DENY) !== 0) return SAYS_DENY
    if ((said & SAYS_ALLOW) === 0) allowed = SAYS_NOTHING
  }
  return allowed
}
