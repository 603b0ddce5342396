/**
 * Audit records of requests: what CloudTrail would write of each.
 *
 * Every request leaves one record; one that reached a key of another account with success leaves a copy in that account,
 * tied to it by `sharedEventID`, and a denial none. Of the input only those members stand in a record that the
 * operation's audit shape names.
 *
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"; facts G4; kms-behaviour 15.
 */
import type { OperationName } from '../aws/operations.js'
import type { AuditRecord, AuditResource } from './audit-record.js'
import type { CallerFrame } from './caller.js'
import type { Failure } from './failure.js'
import type { AuditShape, DoneAudit } from './operation.js'

/** A member of the input and how a record spells it. */
interface LoggedMember {
  readonly member: string
  readonly name: string
  readonly fallback: unknown
}

/** An audit shape as records are written from it. */
export interface AuditPlan {
  readonly readOnly: boolean
  readonly members: readonly LoggedMember[]
  readonly response: 'nothing' | 'keyArn' | 'told'
}

export function planAudit<N extends OperationName>(shape: AuditShape<N>): AuditPlan {
  const defaults: Readonly<Record<string, unknown>> = { ...shape.defaults }
  const members = Object.entries<'logged' | 'hidden'>(shape.request)
    .filter(([, how]) => how === 'logged')
    .map(([member]) => ({ member, name: lowerFirst(member), fallback: defaults[member] }))
  return { readOnly: shape.readOnly, members, response: shape.response }
}

export interface AuditedRequest {
  readonly eventName: string
  readonly plan: AuditPlan
  readonly caller: CallerFrame
  readonly region: string
  readonly eventTime: string
  readonly requestId: string
  readonly eventId: string
  /** Undefined where the input was not understood: nothing of it is trusted enough to be kept. */
  readonly input: Readonly<Record<string, unknown>> | undefined
  /** Of the keys that were found. */
  readonly resources: readonly AuditResource[]
  /** The text by which the caller has named the first key before; records that name it so share this one. */
  readonly namedAs: string | undefined
}

/** Of a request that failed. */
export function auditFailure(
  request: AuditedRequest,
  failure: Failure,
  keyward: Readonly<Record<string, unknown>> | undefined,
): AuditRecord {
  const record = recordOf(request, parametersOf(request), null)
  record.errorCode = failure.code === 'AccessDeniedException' ? 'AccessDenied' : failure.code
  if (failure.message !== undefined) record.errorMessage = failure.message
  if (keyward !== undefined) record.keyward = keyward
  return record
}

/** The records of a request that succeeded: the caller's own first, then those of other accounts whose keys it used. */
export function auditSuccess(
  request: AuditedRequest,
  done: DoneAudit | undefined,
  keyward: Readonly<Record<string, unknown>> | undefined,
  newId: () => string,
): readonly AuditRecord[] {
  const { resources, caller, plan } = request
  const parameters = parametersOf(request)
  const response =
    plan.response === 'nothing'
      ? null
      : plan.response === 'told'
        ? (done?.response ?? null)
        : { keyId: resources[0]?.ARN ?? null }
  const record = recordOf(
    request,
    done?.request === undefined ? parameters : { ...parameters, ...done.request },
    response,
  )
  if (done?.additionalEventData !== undefined) record.additionalEventData = done.additionalEventData
  if (keyward !== undefined) record.keyward = keyward
  for (const { accountId } of resources) {
    if (accountId !== caller.accountId) return withForeignCopies(record, request, newId)
  }
  return [record]
}

function withForeignCopies(
  record: AuditRecord,
  { resources, caller }: AuditedRequest,
  newId: () => string,
): readonly AuditRecord[] {
  // A service has no account of its own: its events are those of the accounts whose keys it uses.
  const own = caller.accountId
  const others = [...new Set(resources.map(({ accountId }) => accountId))].filter((accountId) => accountId !== own)
  const sharedEventID = newId()
  const copies = others.map((accountId): AuditRecord => {
    const { keyward: _explained, ...rest } = record
    return {
      ...rest,
      userIdentity: own === undefined ? caller.identity : caller.foreignIdentity,
      eventID: newId(),
      recipientAccountId: accountId,
      sharedEventID,
      resources: resources.filter((resource) => resource.accountId === accountId),
    }
  })
  return own === undefined ? copies : [{ ...record, sharedEventID }, ...copies]
}

type Mutable<T> = { -readonly [M in keyof T]: T[M] }

/** One literal for what every record has: they are made by the thousand and kept. */
function recordOf(
  request: AuditedRequest,
  requestParameters: AuditRecord['requestParameters'],
  responseElements: AuditRecord['responseElements'],
): Mutable<AuditRecord> {
  const { caller, resources } = request
  const { origin } = caller
  const record: Mutable<AuditRecord> = {
    eventVersion: '1.11',
    userIdentity: caller.identity,
    eventTime: request.eventTime,
    eventSource: 'kms.amazonaws.com',
    eventName: request.eventName,
    awsRegion: request.region,
    sourceIPAddress: origin.sourceIPAddress,
    userAgent: origin.userAgent,
    requestParameters,
    responseElements,
    requestID: request.requestId,
    eventID: request.eventId,
    readOnly: request.plan.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.accountId ?? resources[0]?.accountId ?? '',
    eventCategory: 'Management',
  }
  if (resources.length > 0) record.resources = resources
  if (origin.vpcEndpointId !== undefined) record.vpcEndpointId = origin.vpcEndpointId
  if (origin.vpcEndpointAccountId !== undefined) record.vpcEndpointAccountId = origin.vpcEndpointAccountId
  if (origin.tlsDetails !== undefined) record.tlsDetails = origin.tlsDetails
  return record
}

function parametersOf({ plan, input, namedAs }: AuditedRequest): Readonly<Record<string, unknown>> | null {
  if (input === undefined) return null
  let parameters: Record<string, unknown> | null = null
  for (const { member, name, fallback } of plan.members) {
    const value = input[member] ?? fallback
    if (value === undefined) continue
    parameters ??= {}
    if (typeof value === 'object') parameters[name] = MAPS.has(member) ? value : logged(value)
    // Equal texts, of which the one is kept anyway: the other would be kept with the record.
    else parameters[name] = value === namedAs ? namedAs : value
  }
  return parameters
}

/** Members whose own member names are data. */
const MAPS: ReadonlySet<string> = new Set([
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
  'EncryptionContextEquals',
  'EncryptionContextSubset',
])

/** A value of the API as a record spells it: member names with a small first letter, bytes never, dates as text. */
export function logged(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return undefined
  if (Array.isArray(value)) return value.map((item: unknown) => logged(item))
  if (typeof value !== 'object' || value === null) return value
  const members: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    const shown: unknown = MAPS.has(name) ? member : logged(member)
    if (shown !== undefined) members.push([lowerFirst(name), shown])
  }
  return Object.fromEntries(members)
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

export function resourceOf(key: { readonly accountId: string; readonly arn: string }): AuditResource {
  return { accountId: key.accountId, type: 'AWS::KMS::Key', ARN: key.arn }
}
