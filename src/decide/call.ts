/**
 * A call, resolved: one action on one resource by one caller, with every policy and grant that bears on it.
 *
 * This is what `decide`, the gate and `trace` read. Who makes one has already found the policies (a world, or a
 * simulation document) and the values of the condition keys.
 *
 * Source: facts C5, D1 to D9.
 */
import { KMS_ACTIONS, MULTI_RESOURCE_APIS } from '../aws/actions.js'
import type { RequestKind } from '../graph/combine.js'
import type { ChildGrant, EncryptionContext, GrantSet } from '../graph/grant.js'
import type { CompiledPolicy } from '../graph/policy.js'
import type { Subject } from '../graph/subject.js'
import type { SlotValues } from '../graph/atom.js'
import type { DecisionOptions } from './options.js'

/** From the organization's root to the account; each level is a list of attached policies. */
export type PolicyLevels = readonly (readonly CompiledPolicy[])[]

export interface CallResource {
  readonly type: 'key' | 'alias' | 'none' | 'other'
  /** Undefined for `none`, except where the authorised "resource" is a principal (ListRetirableGrants). */
  readonly arn: string | undefined
  readonly accountId: string | undefined
  readonly awsManagedKey: boolean
}

export interface Call {
  readonly subject: Subject
  /** `service:Name` in its documented spelling, where known. */
  readonly action: string
  /** Bit of the KMS permission, or -1 for another service's action. */
  readonly actionBit: number
  readonly resource: CallResource
  readonly keyPolicy: CompiledPolicy | undefined
  readonly identity: readonly CompiledPolicy[]
  readonly boundary: CompiledPolicy | undefined
  readonly session: readonly CompiledPolicy[]
  /** Of the caller's account; undefined where no SCP applies to the account. */
  readonly scps: PolicyLevels | undefined
  /** Of the resource's account. */
  readonly rcps: PolicyLevels | undefined
  /** The caller's account is the organization's management account, or the resource's is. */
  readonly callerInManagementAccount: boolean
  readonly resourceInManagementAccount: boolean
  /** The request came through a VPC endpoint; `undefined` policy is AWS's default, which allows everything. */
  readonly endpoint: { readonly policy: CompiledPolicy | undefined } | undefined
  readonly grants: GrantSet
  readonly encryptionContext: EncryptionContext | undefined
  readonly grantTokens: readonly string[]
  readonly grantId: string | undefined
  readonly createGrant: ChildGrant | undefined
  readonly values: SlotValues
  /** The request's `aws:SourceArn`, for grant constraints. */
  readonly sourceArn: string | undefined
  readonly options: DecisionOptions
}

/** Which layers take part in a call, and how they are joined: the argument of `combine`. */
export function requestKind(call: Call): RequestKind {
  const { caller } = call.subject
  const kms = call.actionBit >= 0 ? KMS_ACTIONS[call.actionBit] : undefined
  const target = targetOf(call)
  const service = caller.type === 'service'
  const retire = kms?.name === 'kms:RetireGrant'
  const onResource = target === 'key' || target === 'other'
  return {
    target,
    relation: service ? 'service' : isCross(call) ? 'cross' : 'same',
    identity: service ? 'none' : caller.type === 'root' ? 'root' : 'policies',
    boundary: call.boundary !== undefined,
    session: call.session.length > 0 ? 'some' : caller.type === 'federated' ? 'missing' : 'none',
    scp: call.scps !== undefined && !service && !call.callerInManagementAccount && !caller.isServiceLinkedRole,
    rcp:
      call.rcps !== undefined &&
      onResource &&
      !retire &&
      !call.resource.awsManagedKey &&
      !call.resourceInManagementAccount &&
      !caller.isServiceLinkedRole,
    vpce: call.endpoint !== undefined,
    crossAccountUse: kms === undefined || kms.crossAccount === true,
    retire,
  }
}

function isCross(call: Call): boolean {
  // Without a resource there is nobody else's; ListRetirableGrants names a principal instead, which must be the caller's.
  if (call.resource.arn === undefined || call.resource.accountId === undefined) return false
  return call.resource.accountId !== call.subject.caller.accountId
}

const CHECKED_WITHOUT_RESOURCE: ReadonlySet<string> = new Set(
  Object.values(MULTI_RESOURCE_APIS)
    .flat()
    .filter((check) => check.resource === 'none')
    .map((check) => check.action),
)

/** A KMS action is authorised on a key, an alias or nothing, as its table says; never on something else. */
function targetOf(call: Call): RequestKind['target'] {
  const { type } = call.resource
  if (call.actionBit < 0) return type === 'none' ? 'none' : 'other'
  const resources = KMS_ACTIONS[call.actionBit]?.resources ?? []
  // CreateKey with tags asks for kms:TagResource before there is a key to ask it on.
  const withoutKey = resources.length === 0 || CHECKED_WITHOUT_RESOURCE.has(KMS_ACTIONS[call.actionBit]!.name)
  if (type === 'none') return withoutKey ? 'none' : 'mismatch'
  if (type === 'key' && resources.includes('key')) return 'key'
  if (type === 'alias' && resources.includes('alias')) return 'alias'
  return 'mismatch'
}
