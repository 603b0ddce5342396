/**
 * The scenario that most figures are about: one key with a policy of six statements (four with conditions), a role with
 * four identity policies, an SCP and an RCP of two statements each, and requests with sixteen condition keys.
 *
 * Policies and requests are plain JSON, so that `peers/` can give the same ones to other programs.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface ScenarioRequest {
  readonly name: string
  readonly expected: 'allow' | 'implicitDeny' | 'explicitDeny'
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly encryptionContext: Readonly<Record<string, string>>
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

export const ACCOUNT = '111122223333'
export const REGION = 'eu-west-1'
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/Payments`
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/Payments/i-0123456789abcdef0`

export const KEY_POLICY: Json = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'EnableIamPolicies',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
    {
      Sid: 'Administrators',
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/KeyAdmin`, `arn:aws:iam::${ACCOUNT}:role/BreakGlass`] },
      Action: ['kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*', 'kms:Update*', 'kms:Get*'],
      Resource: '*',
    },
    {
      Sid: 'PaymentsByTenant',
      Effect: 'Allow',
      Principal: { AWS: ROLE_ARN },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:EncryptionContext:tenant': ['a', 'c'] },
        StringLike: { 'kms:ViaService': ['s3.*.amazonaws.com', 'secretsmanager.*.amazonaws.com'] },
      },
    },
    {
      Sid: 'GrantsForAwsServices',
      Effect: 'Allow',
      Principal: { AWS: ROLE_ARN },
      Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
      Resource: '*',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
    {
      Sid: 'ReadersThroughS3',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'kms:DescribeKey',
      Resource: '*',
      Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': `s3.${REGION}.amazonaws.com` } },
    },
    {
      Sid: 'OwnOrganizationOnly',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'kms:*',
      Resource: '*',
      Condition: {
        StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      },
    },
  ],
}

export const IDENTITY_POLICIES: readonly Json[] = [
  {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'], Resource: '*' },
      { Effect: 'Allow', Action: 'sts:GetCallerIdentity', Resource: '*' },
    ],
  },
  {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*'],
        Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
        Condition: {
          StringEquals: { 'kms:EncryptionContext:tenant': ['a', 'b'], 'aws:RequestedRegion': REGION },
        },
      },
    ],
  },
  {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::payments-*/*' },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' },
    ],
  },
  {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:PutKeyPolicy'],
        Resource: '*',
        Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
      },
    ],
  },
]

export const SCP: Json = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Sid: 'ApprovedRegions',
      Effect: 'Deny',
      NotAction: ['iam:*', 'organizations:*', 'sts:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'eu-central-1'] } },
    },
  ],
}

export const RCP: Json = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'EncryptedTransport',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: 'NoConfusedDeputy',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
      Condition: {
        StringNotEqualsIfExists: { 'aws:SourceOrgID': 'o-a1b2c3d4e5' },
        Bool: { 'aws:PrincipalIsAWSService': 'true' },
      },
    },
  ],
}

const CONTEXT = {
  'aws:PrincipalArn': ROLE_ARN,
  'aws:PrincipalAccount': ACCOUNT,
  'aws:PrincipalOrgID': 'o-a1b2c3d4e5',
  'aws:PrincipalType': 'AssumedRole',
  'aws:PrincipalIsAWSService': 'false',
  'aws:PrincipalTag/team': 'payments',
  'aws:userid': 'AROAEXAMPLEID:i-0123456789abcdef0',
  'aws:RequestedRegion': REGION,
  'aws:SecureTransport': 'true',
  'aws:CurrentTime': '2026-11-22T09:00:00Z',
  'aws:ViaAWSService': 'true',
  'aws:CalledVia': ['s3.amazonaws.com'],
  'kms:CallerAccount': ACCOUNT,
  'kms:ViaService': `s3.${REGION}.amazonaws.com`,
  'kms:EncryptionContext:tenant': 'c',
  'kms:EncryptionContextKeys': ['tenant'],
} as const

export const CONTEXT_KEYS = Object.keys(CONTEXT).length

const DECRYPT = { principal: SESSION_ARN, action: 'kms:Decrypt', resource: KEY_ARN }

export const REQUESTS: readonly ScenarioRequest[] = [
  { name: 'allow', expected: 'allow', ...DECRYPT, encryptionContext: { tenant: 'c' }, context: CONTEXT },
  {
    name: 'implicit deny (another tenant)',
    expected: 'implicitDeny',
    ...DECRYPT,
    encryptionContext: { tenant: 'zz' },
    context: { ...CONTEXT, 'kms:EncryptionContext:tenant': 'zz' },
  },
  {
    name: 'explicit deny (another organization)',
    expected: 'explicitDeny',
    ...DECRYPT,
    encryptionContext: { tenant: 'c' },
    context: { ...CONTEXT, 'aws:PrincipalOrgID': 'o-z9y8x7w6v5' },
  },
]
