/**
 * Audit records of what the service does by itself: deletions, rotations, expiries, synchronization.
 *
 * Source: KMS Developer Guide, "RotateKey", "DeleteKey", "DeleteExpiredKeyMaterial", "SynchronizeMultiRegionKey" log
 * entries; facts kms-behaviour 15.
 */
import { resourceOf } from './audit.js'
import type { AuditRecord } from './audit-record.js'
import { isoTime } from './caller.js'
import type { Ids } from './ids.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call } from './operation.js'

const SERVICE = 'AWS Internal'

export type ServiceEventName = 'DeleteKey' | 'RotateKey' | 'DeleteExpiredKeyMaterial'

export function serviceEvent(
  eventName: ServiceEventName,
  key: Pick<LoadedKey, 'accountId' | 'arn' | 'place'>,
  nowMs: number,
  ids: Ids,
  details: Readonly<Record<string, unknown>> = {},
): AuditRecord {
  return {
    ...commonOf(eventName, key, nowMs, ids),
    responseElements: null,
    eventType: 'AwsServiceEvent',
    serviceEventDetails: { ...details, keyId: key.place.keyId },
  }
}

/** Of the primary key, in whose Region the record stands. */
export function synchronizeEvent(
  primary: Pick<LoadedKey, 'accountId' | 'arn' | 'place'>,
  nowMs: number,
  ids: Ids,
): AuditRecord {
  return {
    ...commonOf('SynchronizeMultiRegionKey', primary, nowMs, ids),
    responseElements: { keyId: primary.arn },
    requestID: ids.uuid(),
    eventType: 'AwsApiCall',
  }
}

function commonOf(
  eventName: string,
  key: Pick<LoadedKey, 'accountId' | 'arn' | 'place'>,
  nowMs: number,
  ids: Ids,
): Omit<AuditRecord, 'responseElements' | 'eventType'> {
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: key.accountId, invokedBy: SERVICE },
    eventTime: isoTime(nowMs),
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: key.place.region,
    sourceIPAddress: SERVICE,
    userAgent: SERVICE,
    requestParameters: null,
    eventID: ids.uuid(),
    readOnly: false,
    resources: [resourceOf(key)],
    managementEvent: true,
    recipientAccountId: key.accountId,
    eventCategory: 'Management',
  }
}

/**
 * What a request leaves in another Region: the same caller, through the service.
 *
 * @param region - whose trail the record stands in.
 * @param requestParameters - as records spell them.
 */
export function eventElsewhere(
  { caller, nowMs, requestId, services }: Call,
  eventName: string,
  region: string,
  keyArn: string,
  requestParameters: unknown,
): AuditRecord {
  const accountId = keyArn.split(':', 5)[4] ?? ''
  return {
    eventVersion: '1.11',
    userIdentity: { ...caller.identity, invokedBy: SERVICE },
    eventTime: isoTime(nowMs),
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: region,
    sourceIPAddress: SERVICE,
    userAgent: SERVICE,
    requestParameters: isMembers(requestParameters) ? requestParameters : null,
    responseElements: { keyId: keyArn },
    requestID: requestId,
    eventID: services.ids.uuid(),
    readOnly: false,
    resources: [resourceOf({ accountId, arn: keyArn })],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
