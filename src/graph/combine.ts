/**
 * The order of evaluation, written once.
 *
 * `combine` says how the verdicts of the layers make a decision, as a formula over questions (`Leaf`) and outcomes. It
 * does not know how a question is answered: deciding, building a gate, tracing and the symbolic diagram are algebras
 * over it. Nothing else in the program may know the order.
 *
 * Source: IAM User Guide, "How AWS enforcement code logic evaluates requests"; KMS Developer Guide, "Default key
 * policy", "Allowing users in other accounts to use a KMS key", "Grants in AWS KMS".
 */
import type { Layer } from '../aws/causes.js'

export type { Layer }

export type DecisionKind = 'allow' | 'implicitDeny' | 'explicitDeny'

/** A decision and the layer that made it: for an allow the one that completes it, for a denial the one AWS names. */
export interface Outcome {
  readonly decision: DecisionKind
  readonly layer: Layer
}

/** One yes-or-no question to the policies or grants of a request. */
export type Leaf =
  | 'denyRcp'
  | 'denyScp'
  | 'denyVpce'
  | 'denyKeyPolicy'
  | 'denyIdentity'
  | 'denyBoundary'
  | 'denySession'
  | 'allowScp'
  | 'allowVpce'
  | 'keyPolicyDirect'
  | 'keyPolicyVia'
  | 'keyPolicyAccount'
  | 'allowIdentity'
  | 'allowBoundary'
  | 'allowSession'
  | 'grantDirect'
  | 'grantVia'
  | 'grantAccount'

/** What about a request decides which layers take part and how they are joined. */
export interface RequestKind {
  /**
   * `key`: one KMS key. `alias`: a KMS alias, which has no resource policy. `none`: an action without a resource.
   * `other`: a resource of another service, whose policy (if any) works by the common rules. `role`: a role that is to be
   * assumed, whose trust policy must allow. `mismatch`: a KMS action on a kind of resource that it is not authorised on.
   */
  readonly target: 'key' | 'alias' | 'none' | 'other' | 'role' | 'mismatch'
  /** Whose the resource is: the caller's own account, another, or the caller is a service and has none. */
  readonly relation: 'same' | 'cross' | 'service'
  /** `root`: the identity side counts as allowed. `none`: a service principal, which has none. */
  readonly identity: 'policies' | 'root' | 'none'
  readonly boundary: boolean
  /** `missing`: a GetFederationToken session made without session policies has no identity-side permission. */
  readonly session: 'none' | 'some' | 'missing'
  readonly scp: boolean
  readonly rcp: boolean
  readonly vpce: boolean
  /** False when the operation cannot be used on another account's key. */
  readonly crossAccountUse: boolean
  /** RetireGrant is decided by the grant; key policies and RCPs have no effect on it. */
  readonly retire: boolean
}

export interface Algebra<B> {
  outcome(outcome: Outcome): B
  /** `yes` where the leaf holds, else `no`. Both are built before they are asked for: an algebra shares or ignores. */
  ask(leaf: Leaf, yes: B, no: B): B
}

/** The decision on a request of this kind, in the algebra's terms. */
export function combine<B>(kind: RequestKind, algebra: Algebra<B>): B {
  return explicitDenies(kind, algebra, guardrails(kind, algebra, permission(kind, algebra)))
}

/** The layers that take part, each with the questions that make its own verdict. What refuses an operation is none. */
export function layersOf(
  kind: RequestKind,
): readonly { readonly layer: Exclude<Layer, 'operation'>; readonly deny?: Leaf; readonly allow: readonly Leaf[] }[] {
  const keyPolicy = takesKeyPolicy(kind)
  const side = kind.identity === 'policies'
  return [
    ...(kind.rcp ? [{ layer: 'rcp', deny: 'denyRcp', allow: [] } as const] : []),
    ...(kind.scp ? [{ layer: 'scp', deny: 'denyScp', allow: ['allowScp'] } as const] : []),
    ...(kind.vpce ? [{ layer: 'vpce', deny: 'denyVpce', allow: ['allowVpce'] } as const] : []),
    ...(keyPolicy
      ? [
          {
            layer: 'keyPolicy',
            deny: 'denyKeyPolicy',
            allow: ['keyPolicyDirect', 'keyPolicyVia', 'keyPolicyAccount'],
          } as const,
        ]
      : []),
    ...(side ? [{ layer: 'identity', deny: 'denyIdentity', allow: ['allowIdentity'] } as const] : []),
    ...(side && kind.boundary ? [{ layer: 'boundary', deny: 'denyBoundary', allow: ['allowBoundary'] } as const] : []),
    ...(side && kind.session !== 'none'
      ? [{ layer: 'session', deny: 'denySession', allow: ['allowSession'] } as const]
      : []),
    ...(kind.target === 'key' ? [{ layer: 'grant', allow: ['grantDirect', 'grantVia', 'grantAccount'] } as const] : []),
  ]
}

function takesKeyPolicy(kind: RequestKind): boolean {
  return (kind.target === 'key' || kind.target === 'other' || kind.target === 'role') && !kind.retire
}

/** Any Deny that applies wins. The order only chooses which is reported when several do (K-21). */
function explicitDenies<B>(kind: RequestKind, algebra: Algebra<B>, rest: B): B {
  let result = rest
  const deny = (leaf: Leaf, layer: Layer): void => {
    result = algebra.ask(leaf, algebra.outcome({ decision: 'explicitDeny', layer }), result)
  }
  // Last to first, since each wraps what comes after it.
  if (kind.identity === 'policies') {
    if (kind.session !== 'none') deny('denySession', 'session')
    if (kind.boundary) deny('denyBoundary', 'boundary')
    deny('denyIdentity', 'identity')
  }
  if (takesKeyPolicy(kind)) deny('denyKeyPolicy', 'keyPolicy')
  if (kind.vpce) deny('denyVpce', 'vpce')
  if (kind.scp) deny('denyScp', 'scp')
  if (kind.rcp) deny('denyRcp', 'rcp')
  return result
}

/**
 * What must allow before any permission counts. RCPs are not asked: RCPFullAWSAccess stands at every level and cannot be
 * detached, and customer RCPs only deny.
 */
function guardrails<B>(kind: RequestKind, algebra: Algebra<B>, rest: B): B {
  const refuse = (layer: Layer): B => algebra.outcome({ decision: 'implicitDeny', layer })
  const operation =
    kind.target === 'mismatch' || (kind.relation === 'cross' && !kind.crossAccountUse) ? refuse('operation') : rest
  const endpoint = kind.vpce ? algebra.ask('allowVpce', operation, refuse('vpce')) : operation
  return kind.scp ? algebra.ask('allowScp', endpoint, refuse('scp')) : endpoint
}

function permission<B>(kind: RequestKind, algebra: Algebra<B>): B {
  const refuse = (layer: Layer): B => algebra.outcome({ decision: 'implicitDeny', layer })
  const allow = (layer: Layer): B => algebra.outcome({ decision: 'allow', layer })
  if (kind.retire) return retirement(kind, algebra)
  switch (kind.target) {
    case 'mismatch':
      return refuse('operation')
    case 'none':
    case 'alias':
      return identitySide(kind, algebra, allow('identity'), refuse)
    case 'other':
      return otherService(kind, algebra)
    case 'key':
      return ownPolicyFirst(kind, algebra, (layer) => grants(kind, algebra, () => refuse(layer)))
    case 'role':
      // Whoever trusts the account does not trust its root user, which can assume no role.
      return kind.identity === 'root' ? refuse('operation') : ownPolicyFirst(kind, algebra, refuse)
  }
}

/**
 * Keys and roles: nothing comes about without the resource's own policy (for a role, its trust policy), but for what
 * `otherwise` still knows.
 */
function ownPolicyFirst<B>(kind: RequestKind, algebra: Algebra<B>, otherwise: (layer: Layer) => B): B {
  const allow = (layer: Layer): B => algebra.outcome({ decision: 'allow', layer })
  const delegated = identitySide(kind, algebra, allow('identity'), otherwise)
  const neither = otherwise('keyPolicy')
  if (kind.relation === 'service') return algebra.ask('keyPolicyDirect', allow('keyPolicy'), neither)
  // A root user has no identity policies that could complete the allow of another account's key policy.
  const both = kind.identity === 'root' ? allow('keyPolicy') : delegated
  if (kind.relation === 'cross') return anyKeyPolicyClass(algebra, both, neither)
  // A role (or the parent user of a federated session) named in the key policy needs no identity policy, but its
  // implicit denies by boundary and session policy still count; a caller named itself is above both.
  const named = limited(kind, algebra, allow('keyPolicy'), otherwise)
  return algebra.ask(
    'keyPolicyDirect',
    allow('keyPolicy'),
    algebra.ask('keyPolicyVia', named, algebra.ask('keyPolicyAccount', delegated, neither)),
  )
}

function anyKeyPolicyClass<B>(algebra: Algebra<B>, yes: B, no: B): B {
  const account = algebra.ask('keyPolicyAccount', yes, no)
  return algebra.ask('keyPolicyDirect', yes, algebra.ask('keyPolicyVia', yes, account))
}

/** Boundary and session policy, each only where there is one. */
function limited<B>(kind: RequestKind, algebra: Algebra<B>, yes: B, refuse: (layer: Layer) => B): B {
  if (kind.identity !== 'policies') return yes
  const session = kind.session === 'none' ? yes : algebra.ask('allowSession', yes, refuse('session'))
  return kind.boundary ? algebra.ask('allowBoundary', session, refuse('boundary')) : session
}

/** Identity policies, boundary and session policies: all must allow. */
function identitySide<B>(kind: RequestKind, algebra: Algebra<B>, yes: B, refuse: (layer: Layer) => B): B {
  switch (kind.identity) {
    case 'root':
      return yes
    case 'none':
      return refuse('identity')
    case 'policies':
      return algebra.ask('allowIdentity', limited(kind, algebra, yes, refuse), refuse('identity'))
  }
}

/** A grant is a complete permission, across accounts too; only its class (K-14, K-15) may ask for more. */
function grants<B>(kind: RequestKind, algebra: Algebra<B>, otherwise: (layer: Layer) => B): B {
  const allow = algebra.outcome({ decision: 'allow', layer: 'grant' })
  const account = algebra.ask('grantAccount', identitySide(kind, algebra, allow, otherwise), otherwise('grant'))
  // Where a boundary cuts the grant to a role, the same boundary cuts a delegated grant: no use asking on.
  const via = algebra.ask('grantVia', limited(kind, algebra, allow, otherwise), account)
  return algebra.ask('grantDirect', allow, via)
}

/** RetireGrant: the leaves ask for the grant that is to be retired; `grantAccount` holds for those who need an Allow. */
function retirement<B>(kind: RequestKind, algebra: Algebra<B>): B {
  const refuse = (layer: Layer): B => algebra.outcome({ decision: 'implicitDeny', layer })
  const byGrant = algebra.outcome({ decision: 'allow', layer: 'grant' })
  // A root user needs no identity Allow, and has none that could complete this one.
  const completing = kind.identity === 'root' ? byGrant : algebra.outcome({ decision: 'allow', layer: 'identity' })
  const byIdentity = identitySide(kind, algebra, completing, refuse)
  const account = algebra.ask('grantAccount', byIdentity, refuse('grant'))
  return algebra.ask('grantDirect', byGrant, algebra.ask('grantVia', limited(kind, algebra, byGrant, refuse), account))
}

/** Other services: in the same account either side is enough, across accounts both are needed. */
function otherService<B>(kind: RequestKind, algebra: Algebra<B>): B {
  const refuse = (layer: Layer): B => algebra.outcome({ decision: 'implicitDeny', layer })
  const byResource = algebra.outcome({ decision: 'allow', layer: 'keyPolicy' })
  const byIdentity = algebra.outcome({ decision: 'allow', layer: 'identity' })
  if (kind.relation === 'service') return algebra.ask('keyPolicyDirect', byResource, refuse('keyPolicy'))
  const side = identitySide(kind, algebra, byIdentity, refuse)
  if (kind.relation === 'cross') {
    return anyKeyPolicyClass(algebra, kind.identity === 'root' ? byResource : side, refuse('keyPolicy'))
  }
  const named = limited(kind, algebra, byResource, refuse)
  return algebra.ask('keyPolicyDirect', byResource, algebra.ask('keyPolicyVia', named, side))
}
