/**
 * Witnesses for bare policies: requests of somebody who has one policy and then the other, confirmed by the evaluator.
 */
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import type { Call } from '../decide/call.js'
import { decide } from '../decide/decide.js'
import { DEFAULT_OPTIONS } from '../decide/options.js'
import { ContextReader } from '../decide/values.js'
import { GrantSet, type Grant } from '../graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import { parsePolicyValue } from '../policy/parse.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import { YES, type DiagramId, type WayStep } from './diagram.js'
import { HOLDER_ACCOUNT, holderOf, POLICY_HOLDER } from './policy-holder.js'
import type { PolicyCell, PolicyModel } from './policy-model.js'
import type { ScopedResource } from './scope.js'
import { OutsideShape } from './space.js'
import { Attempt, MAX_WAYS, type Witness } from './witness.js'

const RETIRE_GRANT = actionBit('kms:RetireGrant')

/** Somebody else's grant, as RetireGrant is about one: whoever is allowed by policies may retire it too. */
const SOME_GRANT: Omit<Grant, 'keyArn'> = {
  grantId: 'some-grant',
  granteePrincipal: `arn:aws:iam::${HOLDER_ACCOUNT}:role/Grantee`,
  operations: ['Decrypt'],
  propagated: true,
}

export class PolicyWitnesses {
  private readonly reader: ContextReader
  private delegated: CompiledPolicy | undefined

  constructor(private readonly model: PolicyModel) {
    this.reader = new ContextReader(model.tables)
  }

  /**
   * A request for which `node` of the cell holds; undefined where no way could be made concrete.
   * @param expected - whether each policy is to allow it.
   */
  find(cell: PolicyCell, node: DiagramId, expected: readonly boolean[]): Witness | undefined {
    for (const way of this.model.diagrams.ways(node, MAX_WAYS)) {
      const choice = way.find(({ level }) => level === cell.resource.level)?.values[0] ?? 0
      const rest: readonly WayStep[] = way.filter(({ level }) => level !== cell.resource.level)
      const arn = cell.resource.samples[choice]
      const resource: ScopedResource = { type: arn === undefined ? 'none' : cell.type, arn }
      const point = { caller: POLICY_HOLDER, resource, actions: cell.actions, pins: [cell.pins], borrowed: [] }
      for (const { request } of new Attempt(this.model, point, rest).requests()) {
        const retires = cell.actions[0]?.bit === RETIRE_GRANT
        const asked = { ...request, derive: false, ...(retires ? { grantId: SOME_GRANT.grantId } : {}) }
        const calls = this.model.policies.map((policy) => this.call(policy, cell, arn, asked.context ?? {}))
        const [call] = calls
        if (call === undefined || !this.holds(node, cell, choice, call)) continue
        const outcomes = calls.map(decide)
        if (outcomes.some(({ decision }, index) => (decision === 'allow') !== expected[index])) {
          throw new Error(`a witness is refuted: ${JSON.stringify(asked)} is ${JSON.stringify(outcomes)}`)
        }
        return { request: { ...asked, principal: call.subject.caller.arn }, assumed: {}, outcomes, calls }
      }
    }
    return undefined
  }

  private holds(node: DiagramId, cell: PolicyCell, choice: number, call: Call): boolean {
    const choose = this.model.space.chooser(call.values, call)
    try {
      return (
        this.model.diagrams.evaluate(node, (level) => (level === cell.resource.level ? choice : choose(level))) === YES
      )
    } catch (error) {
      if (error instanceof OutsideShape) return false
      throw error
    }
  }

  /** A caller with this policy alone, on a key that leaves everything to identity policies or on any other thing. */
  private call(
    policy: CompiledPolicy,
    cell: PolicyCell,
    arn: string | undefined,
    context: Parameters<ContextReader['read']>[0],
  ): Call {
    const values = this.reader.read(context)
    const action = cell.actions[0]!
    const given = values[this.model.tables.findSlot('aws:principalarn')]
    const principal = typeof given === 'string' && isRole(given) ? given : POLICY_HOLDER.principal
    const accountId = principal.split(':')[4] ?? HOLDER_ACCOUNT
    const { type } = cell
    const retired = action.bit === RETIRE_GRANT && arn !== undefined ? { ...SOME_GRANT, keyArn: arn } : undefined
    return {
      subject: holderOf(this.model.tables, principal),
      action: KMS_ACTIONS[action.bit]?.name ?? action.name,
      actionBit: action.bit,
      resource: {
        type: type === 'other' ? 'none' : type,
        arn,
        accountId: type === 'key' ? accountId : undefined,
        awsManagedKey: false,
      },
      keyPolicy: type === 'key' ? this.keyPolicyOf(accountId) : undefined,
      identity: [policy],
      boundary: undefined,
      session: [],
      scps: undefined,
      rcps: undefined,
      callerInManagementAccount: false,
      resourceInManagementAccount: false,
      endpoint: undefined,
      grants: retired === undefined ? GrantSet.empty : new GrantSet([retired]),
      encryptionContext: undefined,
      grantTokens: [],
      grantId: retired?.grantId,
      createGrant: undefined,
      values,
      sourceArn: undefined,
      options: DEFAULT_OPTIONS,
    }
  }

  private keyPolicyOf(accountId: string): CompiledPolicy {
    if (accountId === HOLDER_ACCOUNT && this.delegated !== undefined) return this.delegated
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: 'kms:*',
      Resource: '*',
    }
    const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statement }, 'key')
    if (!parsed.ok) throw new Error('the default key policy is refused')
    const compiled = compilePolicy(this.model.tables, parsed.value)
    if (accountId === HOLDER_ACCOUNT) this.delegated = compiled
    return compiled
  }
}

function isRole(arn: string): boolean {
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === 'role'
}
