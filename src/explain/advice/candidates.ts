/**
 * The edits and grants that could let a denied call in: what is missing is added, what denies makes an exception.
 *
 * Each is as narrow as its form allows: this caller, this permission, this key. Which of them together are enough and
 * cheapest is `search.ts`.
 *
 * Source: KMS Developer Guide, "Troubleshooting AWS KMS permissions", "Creating grants"; facts D1, D3, F1.
 */
import { KMS_ACTIONS } from '../../aws/actions.js'
import { LEAVES } from '../../decide/answers.js'
import type { Call } from '../../decide/call.js'
import type { PolicyTrace, StatementTrace, Trace } from '../../decide/trace.js'
import type { Grant } from '../../graph/grant.js'
import type { Layer } from '../../graph/combine.js'
import { viaArn } from '../../graph/subject.js'
import type { PolicyEdit, StatementValue } from '../../policy/policy-edit.js'
import { hasVariable } from '../../text/template.js'
import { statementsOf } from '../reference.js'
import { COSTS, type Change, type GrantChange, type NewPolicyChange, type PolicyChange } from './change.js'

/** Layers whose policies AWS writes cannot be edited; whoever knows says so. */
export type IsEditable = (policy: PolicyTrace) => boolean

export function editCandidates(traced: Trace, isEditable: IsEditable): readonly Change[] {
  const maker = new CandidateMaker(traced, isEditable)
  return maker.all()
}

class CandidateMaker {
  private readonly call: Call

  constructor(
    private readonly traced: Trace,
    private readonly isEditable: IsEditable,
  ) {
    this.call = traced.call
  }

  all(): readonly Change[] {
    const { kind } = this.traced
    if (kind.target === 'mismatch' || (kind.relation === 'cross' && !kind.crossAccountUse)) return []
    return [
      ...this.traced.layers.flatMap((layer) => this.ofLayer(layer.layer)),
      ...this.newPolicies(),
      ...this.grants(),
    ]
  }

  private ofLayer(layer: Layer): readonly Change[] {
    const traced = this.traced.layers.find((each) => each.layer === layer)
    const policies = (traced?.policies ?? []).filter((policy) => this.isEditable(policy))
    const found: PolicyChange[] = []
    for (const policy of policies) {
      for (const statement of policy.statements) found.push(...this.ofStatement(policy, statement))
    }
    // One place for a new statement in each layer, and one in each level of an organization's.
    const places = new Map<number, PolicyTrace>()
    for (const policy of policies) if (!places.has(policy.level ?? 0)) places.set(policy.level ?? 0, policy)
    for (const policy of places.values()) found.push(...this.newStatements(policy))
    return found
  }

  private ofStatement(policy: PolicyTrace, traced: StatementTrace): readonly PolicyChange[] {
    const { statement, failed } = traced
    const at = statement.index
    if (statement.effect === 'Deny') return traced.failed.includes('principal') ? [] : this.exemption(policy, traced)
    const made: PolicyChange[] = []
    const add = (edit: PolicyEdit, cost: number): void => {
      made.push(this.change(policy, edit, cost))
    }
    const onlyFails = (part: (typeof failed)[number]): boolean =>
      failed.every((each) => each === part || each === 'condition')
    const { action, resource, principal } = statement
    if (failed.includes('action') && onlyFails('action') && action?.negated === false && isKmsList(action.patterns)) {
      add({ kind: 'addEntry', statement: at, element: 'Action', entry: this.call.action }, entryCost(policy.layer))
    }
    const arn = this.call.resource.arn
    if (
      failed.includes('resource') &&
      onlyFails('resource') &&
      resource?.negated === false &&
      arn !== undefined &&
      policy.layer !== 'keyPolicy'
    ) {
      add({ kind: 'addEntry', statement: at, element: 'Resource', entry: arn }, entryCost(policy.layer))
    }
    const named = this.principal()
    if (failed.includes('principal') && onlyFails('principal') && principal?.negated === false && named !== undefined) {
      add({ kind: 'addPrincipal', statement: at, ...named }, COSTS.keyPolicyPrincipal)
    }
    traced.conditions.forEach(({ test, holds, miss, got }) => {
      if (holds || miss !== 'value' || test.negated || test.set !== undefined) return
      if (typeof got !== 'string' || !LISTED.has(test.base) || test.values.some(hasVariable) || isPattern(got)) return
      const edit: PolicyEdit = { kind: 'addValue', statement: at, operator: test.operator, key: test.key, value: got }
      add(edit, policy.layer === 'keyPolicy' ? COSTS.keyPolicyValue : entryCost(policy.layer))
    })
    return made
  }

  /** A Deny that does not meet this caller: by its ARN, or by its service name. */
  private exemption(policy: PolicyTrace, { statement }: StatementTrace): readonly PolicyChange[] {
    const { caller } = this.call.subject
    const [operator, key, value] =
      caller.type === 'service'
        ? (['StringNotEquals', 'aws:PrincipalServiceName', caller.arn] as const)
        : (['ArnNotEquals', 'aws:PrincipalArn', viaArn(caller) ?? caller.arn] as const)
    const known = statement.conditions.find(
      (test) =>
        test.key.toLowerCase() === key.toLowerCase() &&
        test.negated &&
        test.set === undefined &&
        test.base === (caller.type === 'service' ? 'StringEquals' : 'ArnLike'),
    )
    const at = statement.index
    const edit: PolicyEdit =
      known === undefined
        ? { kind: 'addTest', statement: at, operator, key, value }
        : { kind: 'addValue', statement: at, operator: known.operator, key: known.key, value }
    return [this.change(policy, edit, denyCost(policy.layer))]
  }

  private newStatements(policy: PolicyTrace): readonly PolicyChange[] {
    const { action, resource } = this.call
    const add = (statement: StatementValue, cost: number): PolicyChange =>
      this.change(policy, { kind: 'addStatement', statement }, cost)
    const allow = { Effect: 'Allow', Action: action }
    const target = resource.arn ?? '*'
    switch (policy.layer) {
      case 'identity':
        return [add({ ...allow, Resource: target }, COSTS.identityStatement)]
      case 'boundary':
        return [add({ ...allow, Resource: target }, COSTS.boundary)]
      case 'session':
        return [add({ ...allow, Resource: target }, COSTS.session)]
      case 'scp':
        return [add({ ...allow, Resource: target }, COSTS.guardrailAllow)]
      case 'vpce':
        return [add({ Effect: 'Allow', Principal: '*', Action: action, Resource: target }, COSTS.endpoint)]
      case 'keyPolicy':
        return this.keyPolicyStatements(add)
      case 'rcp':
      case 'grant':
      case 'operation':
        return []
    }
  }

  private keyPolicyStatements(add: (statement: StatementValue, cost: number) => PolicyChange): readonly PolicyChange[] {
    const { action, subject, resource } = this.call
    const named = this.principal()
    if (named === undefined || this.traced.kind.retire) return []
    const own = resource.type === 'key' ? '*' : (resource.arn ?? '*')
    const statement = { Effect: 'Allow', Principal: { [named.type]: named.entry }, Action: action, Resource: own }
    const { accountId, type } = subject.caller
    if (accountId === undefined || type === 'root') return [add(statement, COSTS.keyPolicyStatement)]
    const root = `arn:${partitionOf(this.call)}:iam::${accountId}:root`
    return [add(statement, COSTS.keyPolicyStatement), add({ ...statement, Principal: { AWS: root } }, COSTS.delegation)]
  }

  private newPolicies(): readonly NewPolicyChange[] {
    const { kind, call } = this.traced
    if (kind.identity !== 'policies') return []
    const has = statementsOf(this.traced.layers.find(({ layer }) => layer === 'identity')).some(({ policy }) =>
      this.isEditable(policy),
    )
    if (has) return []
    const statement = { Effect: 'Allow', Action: call.action, Resource: call.resource.arn ?? '*' }
    return [{ kind: 'newPolicy', id: 'new identity policy', cost: COSTS.identityStatement, statement }]
  }

  private grants(): readonly GrantChange[] {
    const { call, kind } = this.traced
    const info = call.actionBit < 0 ? undefined : KMS_ACTIONS[call.actionBit]
    if (kind.target !== 'key' || kind.retire || info?.grantable !== true || call.resource.awsManagedKey) return []
    const { caller } = call.subject
    if (caller.type === 'root' || call.resource.arn === undefined) return []
    const pairs = Object.entries(call.encryptionContext ?? {})
    const isBound = info.encryptionContext === 'request' && pairs.length > 0
    const grant: Grant = {
      grantId: 'a-new-grant',
      keyArn: call.resource.arn,
      operations: [info.name.slice('kms:'.length)],
      ...(caller.type === 'service'
        ? { granteeServicePrincipal: caller.arn }
        : { granteePrincipal: viaArn(caller) ?? caller.arn }),
      ...(isBound ? { constraints: { encryptionContextSubset: Object.fromEntries(pairs) } } : {}),
      propagated: true,
    }
    return [{ kind: 'grant', id: 'new grant', cost: COSTS.grant, grant }]
  }

  /** As a Principal element names the caller: the role for a session, so that the next session is let in too. */
  private principal(): { readonly type: 'AWS' | 'Service'; readonly entry: string } | undefined {
    const { caller } = this.call.subject
    if (caller.type === 'service') return { type: 'Service', entry: caller.arn }
    return { type: 'AWS', entry: viaArn(caller) ?? caller.arn }
  }

  private change(policy: PolicyTrace, edit: PolicyEdit, cost: number): PolicyChange {
    const { layer, level = 0, policy: place } = policy
    return { kind: 'policy', id: `${layer} ${level} ${place} ${JSON.stringify(edit)}`, cost, policy, edit }
  }
}

/** A list of other services' actions is no place for one of KMS. */
function isKmsList(patterns: readonly string[]): boolean {
  return patterns.some((pattern) => pattern.toLowerCase().startsWith('kms:'))
}

/** A value that would mean more than itself in a policy. */
function isPattern(value: string): boolean {
  return value.includes('*') || value.includes('?') || value.includes('${')
}

const LISTED: ReadonlySet<string> = new Set(['StringEquals', 'StringLike', 'StringEqualsIgnoreCase', 'ArnLike'])

function entryCost(layer: Layer): number {
  switch (layer) {
    case 'identity':
      return COSTS.identityEntry
    case 'keyPolicy':
      return COSTS.keyPolicyEntry
    case 'boundary':
      return COSTS.boundary - 1
    case 'session':
      return COSTS.session - 1
    case 'vpce':
      return COSTS.endpoint - 1
    case 'scp':
    case 'rcp':
      return COSTS.guardrailAllow - 1
    case 'grant':
    case 'operation':
      throw new Error(`layer ${layer} has no policies`)
  }
}

function denyCost(layer: Layer): number {
  if (layer === 'scp' || layer === 'rcp') return COSTS.guardrailDeny
  return layer === 'keyPolicy' || layer === 'vpce' ? COSTS.keyPolicyDeny : COSTS.ownDeny
}

function partitionOf({ resource }: Call): string {
  return resource.arn?.split(':', 2)[1] ?? 'aws'
}

/** Whether an edit or a grant can change what this question comes to. */
export function bearsOn(change: Change, leaf: keyof typeof LEAVES, holds: boolean): boolean {
  const { layer } = LEAVES[leaf]
  const isDeny = leaf.startsWith('deny')
  if (isDeny !== holds) return false
  switch (change.kind) {
    case 'context':
      return false
    case 'grant':
      return layer === 'grant'
    case 'newPolicy':
      return layer === 'identity' && !isDeny
    case 'policy':
      return change.policy.layer === layer && isDeny === isExemption(change)
  }
}

function isExemption({ policy, edit }: PolicyChange): boolean {
  if (edit.kind !== 'addTest' && edit.kind !== 'addValue') return false
  return policy.statements[edit.statement]?.statement.effect === 'Deny'
}
