/**
 * From a request to a call: the world supplies the policies and grants, the facts supply the condition keys.
 *
 * Source: facts D5 (aliases), D8 (AWS managed keys), E (which keys a request carries).
 */
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import { isRoleAction } from '../aws/role-actions.js'
import { GrantSet } from '../graph/grant.js'
import type { SlotValue } from '../graph/atom.js'
import { Subject, type Caller } from '../graph/subject.js'
import type { CompiledPolicy } from '../graph/policy.js'
import { SLOT_SOURCE_ARN, SLOT_SOURCE_VPCE } from '../graph/tables.js'
import type { AccountEntry, KeyEntry, PrincipalEntry, Snapshot } from '../graph/world.js'
import { parseAliasArn, parseKeyArn, splitArn } from '../text/arn.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import type { Result } from '../text/source.js'
import type { Call, CallResource } from './call.js'
import { deriveContextKey } from './derive.js'
import type { OrganizationFacts, PrincipalFacts, RequestDetails, RequestFacts, ResourceFacts } from './facts.js'
import type { DecisionOptions } from './options.js'
import { toSlotValue, type ContextReader, type RequestContext } from './values.js'

/** One question to a world. */
export interface AuthorizationRequest extends RequestDetails {
  /**
   * ARN of a user, a role ("any session of it"), an assumed-role session, a federated-user session or an account root;
   * or a service name such as `logs.us-west-2.amazonaws.com`.
   */
  readonly principal: string
  /** For a federated-user session: ARN of the user that called GetFederationToken, whose policies are its own. */
  readonly userArn?: string
  /** `service:Name`, in any case. */
  readonly action: string
  /** ARN of the key, alias or other resource; left out for an action without a resource. */
  readonly resource?: string
  /** Condition keys that the request carries besides those that follow from everything else; listed ones win. */
  readonly context?: RequestContext
  /**
   * False: `context` is complete, and a condition key that it does not list is absent. Otherwise every key that follows
   * from caller, resource and request is filled in.
   */
  readonly derive?: boolean
  /** Compiled session policies of this session; a federated session without any has no identity-side permission. */
  readonly sessionPolicies?: readonly CompiledPolicy[]
  /** Session tags; they win over the role's own. */
  readonly sessionTags?: Readonly<Record<string, string>>
}

/** A request that cannot be asked: what is wrong with it, in one sentence. */
export interface RequestError {
  readonly message: string
}

/** A caller, found in a world or not. */
export interface CallerBinding {
  readonly snapshot: Snapshot
  readonly subject: Subject
  readonly principal: PrincipalEntry | undefined
  readonly principalFacts: PrincipalFacts
  readonly callerAccount: AccountEntry | undefined
}

/** A resource, found in a world or not. */
export interface ResourceBinding {
  readonly snapshot: Snapshot
  /** The action it was made for. */
  readonly action: string
  readonly key: KeyEntry | undefined
  /** A role that is to be assumed, and its trust policy. */
  readonly role: PrincipalEntry | undefined
  readonly trust: CompiledPolicy | undefined
  readonly resource: CallResource
  readonly resourceFacts: ResourceFacts
  readonly resourceAccount: AccountEntry | undefined
  /** The alias through which the request named its key. */
  readonly alias: string | undefined
}

/** What of a request does not change while its caller and resource stay the same. */
export interface Binding extends CallerBinding, ResourceBinding {
  readonly organization: OrganizationFacts
}

/** Finds the caller of a request; it need not be known in the world. */
export function bindCaller(
  snapshot: Snapshot,
  principal: string,
  userArn?: string,
): Result<CallerBinding, RequestError> {
  const caller = resolveCaller(snapshot, principal, userArn)
  if (!caller.ok) return caller
  const entry = snapshot.principals.get(callerEntryArn(caller.value))
  const { accountId } = caller.value
  return {
    ok: true,
    value: {
      snapshot,
      subject: new Subject(snapshot.tables, caller.value),
      principal: entry,
      principalFacts: principalFacts(caller.value, entry),
      callerAccount: accountId === undefined ? undefined : snapshot.accounts.get(accountId),
    },
  }
}

/** Finds the resource of a request in the caller's snapshot. */
export function bindResource(
  caller: CallerBinding,
  arn: string | undefined,
  action: string,
): Result<Binding, RequestError> {
  const found = findResource(caller.snapshot, arn, action)
  return found.ok ? { ok: true, value: joined(caller, found.value) } : found
}

export function findResource(
  snapshot: Snapshot,
  arn: string | undefined,
  action: string,
): Result<ResourceBinding, RequestError> {
  const target = resolveResource(snapshot, arn, action)
  if (!target.ok) return target
  const { key, role, resource, alias } = target.value
  const { accountId } = resource
  return {
    ok: true,
    value: {
      snapshot,
      action,
      key,
      role,
      // Now, and not when it is asked: the condition keys it tests must have their slots before a context is read.
      trust: role?.trust?.(),
      resource,
      resourceFacts: resourceFacts(resource, key, role),
      resourceAccount: accountId === undefined ? undefined : snapshot.accounts.get(accountId),
      alias,
    },
  }
}

/** A caller and a resource of one snapshot. Member by member: of many sessions each makes one for every resource. */
export function joined(caller: CallerBinding, found: ResourceBinding): Binding {
  const { snapshot, subject, principal, principalFacts, callerAccount } = caller
  const { action, key, role, trust, resource, resourceFacts, resourceAccount, alias } = found
  const organization = organizationFacts(callerAccount, resourceAccount)
  return {
    snapshot,
    subject,
    principal,
    principalFacts,
    callerAccount,
    action,
    key,
    role,
    trust,
    resource,
    resourceFacts,
    resourceAccount,
    organization,
    alias,
  }
}

function organizationFacts(caller: AccountEntry | undefined, resource: AccountEntry | undefined): OrganizationFacts {
  return {
    ...optional('callerOrgId', caller?.organizationId),
    ...optional('callerOrgPath', caller?.organizationPath),
    ...optional('resourceOrgId', resource?.organizationId),
    ...optional('resourceOrgPath', resource?.organizationPath),
  }
}

/** The call for one action on what was bound. */
export function callOf(
  binding: Binding,
  request: Omit<AuthorizationRequest, 'principal' | 'resource'>,
  reader: ContextReader,
  options: DecisionOptions,
): Call {
  const bit = actionBit(request.action) ?? -1
  const values = reader.read(request.context ?? NO_CONTEXT)
  if (request.derive !== false) fillIn(values, binding, request)
  const endpoint = values[SLOT_SOURCE_VPCE]
  const sourceArn = values[SLOT_SOURCE_ARN]
  return {
    subject: binding.subject,
    action: KMS_ACTIONS[bit]?.name ?? request.action,
    actionBit: bit,
    resource: binding.resource,
    keyPolicy: binding.trust ?? binding.key?.policy,
    identity: binding.principal?.policies ?? NONE,
    boundary: binding.principal?.boundary,
    session: request.sessionPolicies ?? NONE,
    scps: binding.callerAccount?.scps,
    rcps: binding.resourceAccount?.rcps,
    callerInManagementAccount: binding.callerAccount?.isManagement ?? false,
    resourceInManagementAccount: binding.resourceAccount?.isManagement ?? false,
    endpoint: endpoint === undefined ? undefined : { policy: endpointPolicy(binding.snapshot, endpoint) },
    grants: binding.key?.grants ?? GrantSet.empty,
    encryptionContext: request.encryptionContext,
    grantTokens: request.grantTokens ?? NONE,
    grantId: request.grantId,
    createGrant: request.createGrant,
    values,
    sourceArn: typeof sourceArn === 'string' ? sourceArn : undefined,
    options,
  }
}

const NONE: readonly never[] = []
export const NO_CONTEXT: RequestContext = {}

function endpointPolicy(snapshot: Snapshot, endpoint: SlotValue): CompiledPolicy | undefined {
  return typeof endpoint === 'string' ? snapshot.endpoints.get(endpoint)?.policy : undefined
}

/** Fills in what follows from caller, resource and request: in every slot, or in those that somebody will read. */
export function fillIn(
  values: SlotValue[],
  binding: Binding,
  request: Omit<AuthorizationRequest, 'principal' | 'resource'>,
  slots?: readonly number[],
): void {
  const { tables } = binding.snapshot
  const count = slots?.length ?? values.length
  let facts: RequestFacts | undefined
  for (let index = 0; index < count; index++) {
    const slot = slots === undefined ? index : slots[index]!
    if (values[slot] !== undefined) continue
    facts ??= factsOf(binding, request, actionBit(request.action) ?? -1)
    values[slot] = toSlotValue(deriveContextKey(tables.slotName(slot), facts))
  }
}

function factsOf(
  binding: Binding,
  request: Omit<AuthorizationRequest, 'principal' | 'resource'>,
  bit: number,
): RequestFacts {
  const { alias } = binding
  const principal = binding.principalFacts
  const keyIdAs = request.keyIdAs ?? alias
  const retired = request.grantId === undefined ? undefined : binding.key?.grants.find(request.grantId)
  return {
    action: KMS_ACTIONS[bit]?.name ?? request.action,
    principal:
      request.sessionTags === undefined
        ? principal
        : { ...principal, tags: { ...principal.tags, ...request.sessionTags } },
    resource: binding.resourceFacts,
    request: keyIdAs === undefined ? request : { ...request, keyIdAs },
    organization: binding.organization,
    ...optional('retiredConstraints', retired === undefined ? undefined : (retired.constraints ?? {})),
  }
}

// ----------------------------------------------------------------------------------------------------------- caller

const SERVICE_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/

function resolveCaller(
  snapshot: Snapshot,
  principal: string,
  userArn: string | undefined,
): Result<Caller, RequestError> {
  if (SERVICE_NAME.test(principal)) {
    return { ok: true, value: { type: 'service', arn: principal, accountId: undefined, isServiceLinkedRole: false } }
  }
  const parsed = parsePrincipalArn(principal)
  if (!parsed.ok) return { ok: false, error: { message: `principal \`${principal}\`: ${parsed.error.message}` } }
  const { account, partition } = parsed.value
  const base = { arn: principal, accountId: account, isServiceLinkedRole: false }
  switch (parsed.value.kind) {
    case 'root':
      return { ok: true, value: { ...base, type: 'root' } }
    case 'user':
      return { ok: true, value: { ...base, type: 'user' } }
    case 'federatedUser':
      return federatedCaller(base, userArn)
    case 'role':
      return { ok: true, value: roleCaller(base, principal) }
    case 'session': {
      const roleName = parsed.value.role
      // The session's ARN has no path: the world knows it, and a role it does not know is taken to have none.
      const known = snapshot.roleNames.get(`${account}/${roleName}`)
      return { ok: true, value: roleCaller(base, known ?? `arn:${partition}:iam::${account}:role/${roleName}`) }
    }
  }
}

function federatedCaller(base: Omit<Caller, 'type'>, userArn: string | undefined): Result<Caller, RequestError> {
  if (userArn === undefined) return { ok: true, value: { ...base, type: 'federated' } }
  const user = parsePrincipalArn(userArn)
  if (!user.ok || user.value.kind !== 'user' || user.value.account !== base.accountId) {
    return { ok: false, error: { message: `\`userArn\` \`${userArn}\` is no user of the session's account` } }
  }
  return { ok: true, value: { ...base, type: 'federated', userArn } }
}

function roleCaller(base: Omit<Caller, 'type'>, roleArn: string): Caller {
  return { ...base, type: 'role', roleArn, isServiceLinkedRole: roleArn.includes(':role/aws-service-role/') }
}

/** Under which ARN a world keeps the caller's own policies. */
export function callerEntryArn(caller: Caller): string {
  return caller.roleArn ?? caller.userArn ?? caller.arn
}

function principalFacts(caller: Caller, entry: PrincipalEntry | undefined): PrincipalFacts {
  return {
    type: caller.type,
    arn: caller.arn,
    ...optional('accountId', caller.accountId),
    ...optional('roleArn', caller.roleArn),
    ...optional('userArn', caller.userArn),
    ...(caller.type === 'role' ? optional('roleId', entry?.uniqueId) : optional('userId', entry?.uniqueId)),
    ...(entry === undefined ? {} : { tags: entry.tags }),
  }
}

// --------------------------------------------------------------------------------------------------------- resource

interface Target {
  readonly resource: CallResource
  readonly key: KeyEntry | undefined
  readonly role: PrincipalEntry | undefined
  readonly alias: string | undefined
}

const NEITHER = { key: undefined, role: undefined, alias: undefined } as const

function resolveResource(snapshot: Snapshot, arn: string | undefined, action: string): Result<Target, RequestError> {
  if (arn === undefined) {
    return {
      ok: true,
      value: { ...NEITHER, resource: { type: 'none', arn, accountId: undefined, awsManagedKey: false } },
    }
  }
  const alias = parseAliasArn(arn)
  const info = KMS_ACTIONS[actionBit(action) ?? -1]
  if (alias !== undefined && info !== undefined && !info.resources.includes('alias')) {
    // Every other action is authorised on the key that the alias points to (facts D5).
    const keyArn = snapshot.aliases.get(arn)
    if (keyArn === undefined)
      return { ok: false, error: { message: `alias \`${arn}\` points to no key in this world` } }
    return { ok: true, value: keyTarget(snapshot, keyArn, arn) }
  }
  if (alias !== undefined) {
    const resource = { type: 'alias', arn, accountId: alias.account, awsManagedKey: false } as const
    return { ok: true, value: { ...NEITHER, resource } }
  }
  if (parseKeyArn(arn) !== undefined) return { ok: true, value: keyTarget(snapshot, arn, undefined) }
  const other = splitArn(arn)
  if (other === undefined) return { ok: false, error: { message: `resource \`${arn}\` is no ARN` } }
  const accountId = other.account === '' ? undefined : other.account
  if (asksOfRole(action, arn)) {
    const resource = { type: 'role', arn, accountId, awsManagedKey: false } as const
    return { ok: true, value: { ...NEITHER, resource, role: snapshot.principals.get(arn) } }
  }
  // ListRetirableGrants is authorised on a principal, though it has no resource type (facts D3).
  const type = info?.resources.length === 0 ? 'none' : 'other'
  return { ok: true, value: { ...NEITHER, resource: { type, arn, accountId, awsManagedKey: false } } }
}

/** Whether the action is one that a role's trust policy has a say in, and the resource a role. */
export function asksOfRole(action: string, arn: string): boolean {
  if (!isRoleAction(action)) return false
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === 'role'
}

function keyTarget(snapshot: Snapshot, keyArn: string, alias: string | undefined): Target {
  const key = snapshot.keys.get(keyArn)
  const accountId = key?.accountId ?? splitArn(keyArn)?.account
  const awsManagedKey = key?.properties.keyManager === 'AWS'
  return { resource: { type: 'key', arn: keyArn, accountId, awsManagedKey }, key, role: undefined, alias }
}

function resourceFacts(
  resource: CallResource,
  key: KeyEntry | undefined,
  role: PrincipalEntry | undefined,
): ResourceFacts {
  return {
    type: resource.type,
    ...optional('arn', resource.arn),
    ...optional('accountId', resource.accountId),
    ...key?.properties,
    ...optional('tags', role?.tags),
  }
}

/** A member that is there only when its value is. */
function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  // An object literal with a computed name has an index signature; the cast gives it back its one name.
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<K, V>>)
}
