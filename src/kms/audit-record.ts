/**
 * An audit record: what CloudTrail would write of a request, or of what the service did by itself.
 *
 * Never plaintext, key material, messages, MACs, signatures, ciphertext or tokens.
 *
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"; CloudTrail User Guide, "CloudTrail
 * record contents"; facts G4 and kms-behaviour 15.
 */

export interface AuditRecord {
  readonly eventVersion: '1.11'
  readonly userIdentity: AuditIdentity
  /** ISO 8601, whole seconds, `Z`. */
  readonly eventTime: string
  readonly eventSource: 'kms.amazonaws.com' | 'sts.amazonaws.com'
  readonly eventName: string
  readonly awsRegion: string
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly requestParameters: Readonly<Record<string, unknown>> | null
  readonly responseElements: Readonly<Record<string, unknown>> | null
  readonly additionalEventData?: Readonly<Record<string, unknown>>
  /** Events of the service's own doing may have none. */
  readonly requestID?: string
  readonly eventID: string
  readonly readOnly: boolean
  readonly resources?: readonly AuditResource[]
  readonly eventType: 'AwsApiCall' | 'AwsServiceEvent'
  readonly managementEvent: true
  readonly recipientAccountId: string
  readonly serviceEventDetails?: Readonly<Record<string, unknown>>
  /** Ties the two events of a request across accounts. */
  readonly sharedEventID?: string
  readonly vpcEndpointId?: string
  readonly vpcEndpointAccountId?: string
  readonly eventCategory: 'Management'
  readonly tlsDetails?: Readonly<Record<string, unknown>>
  /** Not of CloudTrail: what Keyward adds, such as the explanation of a denial. */
  readonly keyward?: Readonly<Record<string, unknown>>
}

export interface AuditIdentity {
  /** Absent for the service itself. */
  readonly type?: string
  readonly principalId?: string
  readonly arn?: string
  readonly accountId?: string
  readonly accessKeyId?: string
  readonly userName?: string
  readonly sessionContext?: Readonly<Record<string, unknown>>
  readonly invokedBy?: string
}

export interface AuditResource {
  readonly accountId: string
  readonly type: 'AWS::KMS::Key' | 'AWS::IAM::Role'
  readonly ARN: string
}
