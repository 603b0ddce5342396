/** CloudTrail records for tests: one of a role session that decrypts, and what is different in others. */
export const A = '111122223333'
export const B = '444455556666'
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/${KEY_ID}`
export const OTHER_ID = '0987dcba-09fe-87dc-65ba-ab0987654321'
export const OTHER = `arn:aws:kms:us-west-2:${A}:key/${OTHER_ID}`
export const SESSION = `arn:aws:sts::${A}:assumed-role/App/i-0abc`
export const ROLE = `arn:aws:iam::${A}:role/service/App`
export const ALICE = `arn:aws:iam::${A}:user/team/Alice`

export type Json = Readonly<Record<string, unknown>>

const sessionIdentity: Json = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLEROLE00000:i-0abc',
  arn: SESSION,
  accountId: A,
  accessKeyId: 'ASIAEXAMPLE',
  sessionContext: {
    sessionIssuer: { type: 'Role', principalId: 'AROAEXAMPLEROLE00000', arn: ROLE, accountId: A, userName: 'App' },
    webIdFederationData: {},
    attributes: { creationDate: '2026-03-15T11:00:00Z', mfaAuthenticated: 'false' },
  },
}

export const userIdentity: Json = {
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLEUSER00000',
  arn: ALICE,
  accountId: A,
  accessKeyId: 'AKIAEXAMPLE',
  userName: 'Alice',
}

export function denied(action = 'kms:Decrypt', caller = SESSION, resource = KEY): string {
  return `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`
}

/** A record; members in `more` win, and one that is undefined is left out. */
export function event(more: Json = {}): Json {
  const all: Json = {
    eventVersion: '1.11',
    userIdentity: sessionIdentity,
    eventTime: '2026-03-15T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: 'us-west-2',
    sourceIPAddress: '203.0.113.10',
    userAgent: 'aws-cli/2.15',
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext: { Tenant: 'a', grantId: 'no' } },
    responseElements: null,
    requestID: 'd1e2a3c4-0000-4000-8000-000000000001',
    eventID: 'd1e2a3c4-0000-4000-8000-000000000002',
    readOnly: true,
    resources: [{ accountId: A, type: 'AWS::KMS::Key', ARN: KEY }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: A,
    eventCategory: 'Management',
    tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_256_GCM_SHA384' },
  }
  return Object.fromEntries(Object.entries({ ...all, ...more }).filter(([, value]) => value !== undefined))
}
