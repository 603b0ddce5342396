/**
 * A call, resolved: one action on one resource by one caller, with every policy and grant that bears on it.
 *
 * This is what `decide`, the gate and `trace` read. Who makes one has already found the policies (a world, or a
 * simulation document) and the values of the condition keys.
 *
 * Source: facts C5, D1 to D9.
 */
import { isCheckedWithoutKey } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import type { RequestKind } from '../graph/combine.js'
import type { ChildGrant, EncryptionContext, GrantSet } from '../graph/grant.js'
import type { CompiledPolicy } from '../graph/policy.js'
import type { Subject } from '../graph/subject.js'
import type { SlotValues } from '../graph/atom.js'
import type { DecisionOptions } from './options.js'

/** From the organization's root to the account; each level is a list of attached policies. */
export type PolicyLevels = readonly (readonly CompiledPolicy[])[]

export interface CallResource {
  readonly type: 'key' | 'alias' | 'none' | 'other' | 'role'
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
  /** The resource's own policy; of a role, its trust policy. */
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

/**
 * Which layers take part in a call, and how they are joined, as one number; `decodeKind` gives the argument of
 * `combine`. A number, because every decision asks and few kinds occur.
 */
export function requestKind(call: Call): number {
  const { caller } = call.subject
  const kms = call.actionBit >= 0 ? KMS_ACTIONS[call.actionBit] : undefined
  const target = targetOf(call)
  const service = caller.type === 'service'
  const retire = kms?.name === 'kms:RetireGrant'
  const onResource = target === TARGET_KEY || target === TARGET_OTHER || target === TARGET_ROLE
  const scp = call.scps !== undefined && !service && !call.callerInManagementAccount && !caller.isServiceLinkedRole
  const rcp =
    call.rcps !== undefined &&
    onResource &&
    !retire &&
    !call.resource.awsManagedKey &&
    !call.resourceInManagementAccount &&
    !caller.isServiceLinkedRole
  const relation = service ? RELATION_SERVICE : isCross(call) ? RELATION_CROSS : RELATION_SAME
  const identity = service ? IDENTITY_NONE : caller.type === 'root' ? IDENTITY_ROOT : IDENTITY_POLICIES
  const session = call.session.length > 0 ? SESSION_SOME : caller.type === 'federated' ? SESSION_MISSING : SESSION_NONE
  return (
    target |
    (relation << 3) |
    (identity << 5) |
    (session << 7) |
    (call.boundary !== undefined ? 1 << 9 : 0) |
    (scp ? 1 << 10 : 0) |
    (rcp ? 1 << 11 : 0) |
    (call.endpoint !== undefined ? 1 << 12 : 0) |
    (kms === undefined || kms.crossAccount === true ? 1 << 13 : 0) |
    (retire ? 1 << 14 : 0)
  )
}

const TARGETS = ['key', 'alias', 'none', 'other', 'mismatch', 'role'] as const
const TARGET_KEY = TARGETS.indexOf('key')
const TARGET_ALIAS = TARGETS.indexOf('alias')
const TARGET_NONE = TARGETS.indexOf('none')
const TARGET_OTHER = TARGETS.indexOf('other')
const TARGET_MISMATCH = TARGETS.indexOf('mismatch')
const TARGET_ROLE = TARGETS.indexOf('role')
const RELATIONS = ['same', 'cross', 'service'] as const
const RELATION_SAME = RELATIONS.indexOf('same')
const RELATION_CROSS = RELATIONS.indexOf('cross')
const RELATION_SERVICE = RELATIONS.indexOf('service')
const IDENTITIES = ['policies', 'root', 'none'] as const
const IDENTITY_POLICIES = IDENTITIES.indexOf('policies')
const IDENTITY_ROOT = IDENTITIES.indexOf('root')
const IDENTITY_NONE = IDENTITIES.indexOf('none')
const SESSIONS = ['none', 'some', 'missing'] as const
const SESSION_NONE = SESSIONS.indexOf('none')
const SESSION_SOME = SESSIONS.indexOf('some')
const SESSION_MISSING = SESSIONS.indexOf('missing')

/** The kind that `requestKind` wrote as a number. */
export function decodeKind(kind: number): RequestKind {
  const flag = (bit: number): boolean => ((kind >> bit) & 1) === 1
  return {
    target: member(TARGETS, kind & 7),
    relation: member(RELATIONS, (kind >> 3) & 3),
    identity: member(IDENTITIES, (kind >> 5) & 3),
    session: member(SESSIONS, (kind >> 7) & 3),
    boundary: flag(9),
    scp: flag(10),
    rcp: flag(11),
    vpce: flag(12),
    crossAccountUse: flag(13),
    retire: flag(14),
  }
}

function member<T>(members: readonly T[], index: number): T {
  const found = members[index]
  if (found === undefined) throw new RangeError(`no request kind has ${index} there`)
  return found
}

function isCross(call: Call): boolean {
  // Without a resource there is nobody else's; ListRetirableGrants names a principal instead, which must be the caller's.
  if (call.resource.arn === undefined || call.resource.accountId === undefined) return false
  return call.resource.accountId !== call.subject.caller.accountId
}

/** A KMS action is authorised on a key, an alias or nothing, as its table says; never on something else. */
function targetOf(call: Call): number {
  const { type } = call.resource
  if (call.actionBit < 0) {
    // No KMS permission has this name: it is authorised on nothing.
    if (call.action.toLowerCase().startsWith('kms:')) return TARGET_MISMATCH
    return type === 'none' ? TARGET_NONE : type === 'role' ? TARGET_ROLE : TARGET_OTHER
  }
  const action = KMS_ACTIONS[call.actionBit]
  if (action === undefined) return TARGET_MISMATCH
  const { resources } = action
  if (type === 'none') {
    return resources.length === 0 || isCheckedWithoutKey(action.name) ? TARGET_NONE : TARGET_MISMATCH
  }
  if (type === 'key' && resources.includes('key')) return TARGET_KEY
  if (type === 'alias' && resources.includes('alias')) return TARGET_ALIAS
  return TARGET_MISMATCH
}
