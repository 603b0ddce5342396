/**
 * The policy layers of one request: which of them take part, and which of their statements apply.
 *
 * Decides nothing: `interpret.ts` puts the layers together.
 *
 * Source: authorization.md A2, C5, D1, D3, D7, E, K-10, K-19, K-25, K-29.
 */
import { isAuthorisedOnAliases, isKmsAction, isKmsActionNamed, isRoleAction, takesNoResource } from './action-facts.js'
import { conditionsHold, type Observe } from './conditions.js'
import type { AuthorizeDocument, Context, LeveledPolicies, PolicyJson, StatementJson } from './document.js'
import { accountOfArn, callerOf, classesOf, listsNobody, notPrincipalApplies } from './principals.js'
import type { Caller, NotPrincipalReading, PrincipalClass } from './principals.js'
import { actionCovered, resourceCovered } from './resources.js'
import { contextValues } from './variables.js'

export type PolicyLayer = 'rcp' | 'scp' | 'vpce' | 'keyPolicy' | 'identity' | 'boundary' | 'session'

export interface StatementRef {
  readonly layer: PolicyLayer
  readonly account?: string
  readonly level?: number
  readonly policy: number
  readonly statement: number
  readonly sid?: string
}

/** A statement that covers the request and whose conditions hold, with the ways it names the caller. */
export interface Applied {
  readonly ref: StatementRef
  readonly effect: 'Allow' | 'Deny'
  readonly classes: readonly PrincipalClass[]
}

export interface Layer {
  readonly name: PolicyLayer
  readonly applied: readonly Applied[]
  /** Whether the layer, Denies aside, lets the request through. */
  readonly allows: boolean
}

/**
 * `noResource`: identity side only. `alias`: the same on an alias ARN. `other`: a resource of another service.
 * `role`: a role that is to be assumed. `notOnAliases`: a KMS action that is never authorised on an alias.
 */
export type RequestKind = 'noResource' | 'alias' | 'notOnAliases' | 'key' | 'retireGrant' | 'other' | 'role'

export interface Question {
  readonly caller: Caller
  readonly kind: RequestKind
  readonly action: string
  /** What Resource elements are matched with; absent when only "*" matches. */
  readonly resourceArn: string | undefined
  readonly resourceAccount: string | undefined
  readonly document: AuthorizeDocument
  readonly context: Context
  readonly notPrincipal: NotPrincipalReading
  readonly observe: Observe
}

export function questionOf(document: AuthorizeDocument, notPrincipal: NotPrincipalReading, observe: Observe): Question {
  const { action, resource } = document
  const arn = resource?.arn ?? undefined
  const hasResource =
    resource !== undefined && resource !== null && resource.type !== 'none' && !takesNoResource(action)
  const kind: RequestKind = !hasResource
    ? 'noResource'
    : !isKmsAction(action)
      ? isRoleAction(action) && /^arn:[^:]+:iam::[0-9]{12}:role\//.test(arn ?? '')
        ? 'role'
        : 'other'
      : resource.type === 'alias'
        ? isAuthorisedOnAliases(action)
          ? 'alias'
          : 'notOnAliases'
        : isKmsActionNamed(action, 'RetireGrant')
          ? 'retireGrant'
          : 'key'
  // ListRetirableGrants is authorised on the retiring principal it asks about (D3).
  const isRetiringPrincipal = isKmsActionNamed(action, 'ListRetirableGrants')
  return {
    caller: callerOf(document.principal),
    kind,
    action,
    resourceArn: hasResource || isRetiringPrincipal ? arn : undefined,
    resourceAccount: hasResource || isRetiringPrincipal ? (resource?.accountId ?? accountOfArn(arn ?? '')) : undefined,
    document,
    context: document.context ?? {},
    notPrincipal,
    observe,
  }
}

interface Placed {
  readonly policy: PolicyJson
  readonly index: number
  readonly account?: string
  readonly level?: number
}

function placed(policies: readonly PolicyJson[]): readonly Placed[] {
  return policies.map((policy, index) => ({ policy, index }))
}

function statementsOf(policy: PolicyJson): readonly StatementJson[] {
  return 'Effect' in policy.Statement ? [policy.Statement] : policy.Statement
}

/** The classes in which the statement reaches the caller; none: it does not. */
function reach(layer: PolicyLayer, statement: StatementJson, question: Question): readonly PrincipalClass[] {
  const { caller, observe } = question
  const { Principal, NotPrincipal } = statement
  if (NotPrincipal !== undefined) {
    if (listsNobody(NotPrincipal)) return []
    const hasBoundary = (question.document.permissionsBoundary ?? null) !== null
    const applies = notPrincipalApplies(NotPrincipal, caller, hasBoundary, question.notPrincipal)
    observe(`NotPrincipal ${layer} ${caller.type}${hasBoundary ? ' with a boundary' : ''} ${applies}`)
    return applies ? ['direct'] : []
  }
  if (Principal !== undefined) {
    const classes = classesOf(Principal, caller)
    for (const each of classes) observe(`principal ${layer} ${caller.type} ${each}`)
    return classes
  }
  // Identity-side policies and SCPs name nobody: they reach whoever they are attached to.
  return layer === 'keyPolicy' || layer === 'vpce' || layer === 'rcp' ? [] : ['direct']
}

/** Key policies do not see the key's tags and aliases (K-19). */
function contextSeenBy(layer: PolicyLayer, question: Question): Context {
  if (layer !== 'keyPolicy' || question.kind === 'other' || question.kind === 'role') return question.context
  return Object.fromEntries(
    Object.entries(question.context).filter(([name]) => {
      const hidden = /^aws:resourcetag\//i.test(name) || /^kms:resourcealiases$/i.test(name)
      if (hidden) question.observe('context hidden from the key policy (K-19)')
      return !hidden
    }),
  )
}

function appliedIn(layer: PolicyLayer, policies: readonly Placed[], question: Question): readonly Applied[] {
  const { action, resourceArn, observe } = question
  const context = contextSeenBy(layer, question)
  return policies.flatMap(({ policy, index, account, level }) => {
    const version = policy.Version ?? '2008-10-17'
    return statementsOf(policy).flatMap((statement, number): readonly Applied[] => {
      const classes = reach(layer, statement, question)
      if (classes.length === 0) return []
      if (!actionCovered(statement, action, observe)) return []
      // A trust policy names no resource: it is about its role.
      const isTrust = layer === 'keyPolicy' && question.kind === 'role'
      if (!isTrust && !resourceCovered(statement, version, resourceArn, context, observe)) return []
      if (!conditionsHold(statement.Condition, version, context, observe)) return []
      const ref: StatementRef = {
        layer,
        ...(account === undefined ? {} : { account }),
        ...(level === undefined ? {} : { level }),
        policy: index,
        statement: number,
        ...(statement.Sid === undefined ? {} : { sid: statement.Sid }),
      }
      observe(`applied ${layer} ${statement.Effect}`)
      return [{ ref, effect: statement.Effect, classes }]
    })
  })
}

function hasAllow(applied: readonly Applied[]): boolean {
  return applied.some(({ effect }) => effect === 'Allow')
}

function simpleLayer(name: PolicyLayer, policies: readonly PolicyJson[], question: Question): Layer {
  const applied = appliedIn(name, placed(policies), question)
  return { name, applied, allows: hasAllow(applied) }
}

/** SCPs and RCPs: one list of policies for the organization root, each OU and the account. */
function leveledLayer(
  name: 'scp' | 'rcp',
  all: LeveledPolicies,
  account: string,
  question: Question,
): Layer | undefined {
  const levels = all[account]
  if (!levels) return undefined
  const applied = levels.map((policies, level) =>
    appliedIn(
      name,
      policies.map((policy, index) => ({ policy, index, account, level })),
      question,
    ),
  )
  for (const policies of levels)
    if (name === 'scp' && policies.length === 0) question.observe('scp level without a policy')
  // Every SCP level needs an Allow of its own; RCPFullAWSAccess stands at every RCP level, so only Denies count there.
  return { name, applied: applied.flat(), allows: name === 'rcp' || applied.every(hasAllow) }
}

function scpLayer(question: Question): Layer | undefined {
  const { caller, document, observe } = question
  // Service principals have no account; service-linked roles and the management account are exempt (C5).
  if (caller.account === undefined || document.scps?.[caller.account] === undefined) return undefined
  if (caller.isServiceLinkedRole) {
    observe('scp exempt: service-linked role')
    return undefined
  }
  if ((document.managementAccounts ?? []).includes(caller.account)) {
    observe('scp exempt: management account')
    return undefined
  }
  return leveledLayer('scp', document.scps, caller.account, question)
}

function rcpLayer(question: Question): Layer | undefined {
  const { caller, kind, resourceAccount, document, observe } = question
  if (resourceAccount === undefined || document.rcps?.[resourceAccount] === undefined) return undefined
  const exempt =
    kind === 'noResource' || kind === 'alias' || kind === 'notOnAliases'
      ? 'no key resource (K-25)'
      : kind === 'retireGrant'
        ? 'RetireGrant'
        : document.resource?.keyManager === 'AWS'
          ? 'AWS managed key'
          : caller.isServiceLinkedRole
            ? 'service-linked role'
            : (document.managementAccounts ?? []).includes(resourceAccount)
              ? 'key of the management account'
              : undefined
  if (exempt !== undefined) {
    observe(`rcp exempt: ${exempt}`)
    return undefined
  }
  return leveledLayer('rcp', document.rcps, resourceAccount, question)
}

function vpceLayer(question: Question): Layer | undefined {
  const { document, context, observe } = question
  if (contextValues(context, 'aws:SourceVpce').values.length === 0) {
    if (document.vpcEndpointPolicy) observe('vpce policy not used')
    return undefined
  }
  if (!document.vpcEndpointPolicy) {
    observe('vpce default policy')
    return { name: 'vpce', applied: [], allows: true }
  }
  return simpleLayer('vpce', [document.vpcEndpointPolicy], question)
}

/** The layers that take part, in the order in which explicit denies are reported (G3). */
export function layersOf(question: Question): readonly Layer[] {
  const { caller, kind, document } = question
  const layers: (Layer | undefined)[] = [rcpLayer(question), scpLayer(question), vpceLayer(question)]
  // A key policy has no say in RetireGrant (F6), and there is none for an alias or without a resource (D3, D4).
  // The resource of another service need not have a policy of its own.
  // A role that has none is one that nobody trusts.
  if (kind === 'key' || kind === 'role' || (kind === 'other' && document.keyPolicy)) {
    layers.push(simpleLayer('keyPolicy', document.keyPolicy ? [document.keyPolicy] : [], question))
  }
  if (caller.type !== 'root' && caller.type !== 'service') {
    layers.push(simpleLayer('identity', document.identityPolicies ?? [], question))
    if (document.permissionsBoundary) layers.push(simpleLayer('boundary', [document.permissionsBoundary], question))
    const sessionPolicies = document.sessionPolicies ?? []
    // A GetFederationToken session without session policies has no identity-side permission at all (D1).
    if (sessionPolicies.length > 0 || caller.type === 'federated') {
      layers.push(simpleLayer('session', sessionPolicies, question))
    }
  }
  return layers.filter((layer) => layer !== undefined)
}
