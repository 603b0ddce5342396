/**
 * Audit records of requests to STS: what CloudTrail would write of each. Never a secret, a token or an MFA code.
 *
 * A role of another account that was assumed leaves a copy in that account, tied to the caller's by `sharedEventID`.
 *
 * Source: CloudTrail User Guide, "CloudTrail record contents"; IAM User Guide, "Logging IAM and AWS STS API calls with
 * AWS CloudTrail"; facts G4.
 */
import type { AuditRecord, AuditResource } from '../../kms/audit-record.js'
import { isoTime } from '../../kms/caller.js'
import type { StsFailure } from './failure.js'
import type { StsAttempt } from './operation.js'
import type { StsCall } from './services.js'

const NO_RESOURCES: readonly AuditResource[] = []

/** The records of one request: the caller's own first. */
export function auditRecords(call: StsCall, { outcome, parameters }: StsAttempt): readonly AuditRecord[] {
  const { services, frame } = call
  if (!outcome.ok) return [recordOf(call, parameters, null, NO_RESOURCES, outcome.error)]
  const { response, resources } = outcome.value
  const record = recordOf(call, parameters, response, resources, undefined)
  const other = resources.find(({ accountId }) => accountId !== frame.accountId)
  if (other === undefined) return [record]
  const sharedEventID = services.ids.uuid()
  const { keyward: _explained, ...rest } = record
  return [
    { ...record, sharedEventID },
    {
      ...rest,
      userIdentity: frame.foreignIdentity,
      eventID: services.ids.uuid(),
      recipientAccountId: other.accountId,
      sharedEventID,
    },
  ]
}

function recordOf(
  { services, frame, operation, nowMs, requestId, arn, wouldBeDenied }: StsCall,
  requestParameters: AuditRecord['requestParameters'],
  responseElements: AuditRecord['responseElements'],
  resources: readonly AuditResource[],
  failure: StsFailure | undefined,
): AuditRecord {
  const { origin } = frame
  return {
    eventVersion: '1.11',
    userIdentity: frame.identity,
    eventTime: isoTime(nowMs),
    eventSource: 'sts.amazonaws.com',
    eventName: operation,
    awsRegion: frame.region,
    sourceIPAddress: origin.sourceIPAddress,
    userAgent: origin.userAgent,
    ...(failure === undefined ? {} : { errorCode: failure.code, errorMessage: failure.message }),
    requestParameters,
    responseElements,
    requestID: requestId,
    eventID: services.ids.uuid(),
    readOnly: true,
    ...(resources.length === 0 ? {} : { resources }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: arn.account,
    ...(origin.vpcEndpointId === undefined ? {} : { vpcEndpointId: origin.vpcEndpointId }),
    ...(origin.vpcEndpointAccountId === undefined ? {} : { vpcEndpointAccountId: origin.vpcEndpointAccountId }),
    eventCategory: 'Management',
    ...(origin.tlsDetails === undefined ? {} : { tlsDetails: origin.tlsDetails }),
    ...keywardOf(services.mode, wouldBeDenied),
  }
}

function keywardOf(
  mode: string,
  denied: readonly Readonly<Record<string, unknown>>[],
): { readonly keyward?: Readonly<Record<string, unknown>> } {
  const [first] = denied
  if (first === undefined) return {}
  return { keyward: mode === 'enforce' ? first : { mode, wouldBeDenied: denied } }
}
