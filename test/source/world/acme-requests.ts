/**
 * Requests to the invented organization of `fixtures/acme`: one for every cause of a denial.
 */
import { fileURLToPath } from 'node:url'
import type { CauseCode } from '../../../src/aws/causes.js'
import type { AuthorizationRequest } from '../../../src/decide/resolve.js'

export const ACME = fileURLToPath(new URL('../../../fixtures/acme/world', import.meta.url))

export const PAYMENTS = '444455556666'
const DATA = '777788889999'
const session = (account: string, role: string): string => `arn:aws:sts::${account}:assumed-role/${role}/story`
const paymentsKey = (id: string, region = 'us-east-1'): string => `arn:aws:kms:${region}:${PAYMENTS}:key/${id}`
const dataKey = (id: string): string => `arn:aws:kms:us-east-1:${DATA}:key/${id}`

const KEY = {
  payments: paymentsKey('1f0c6f5e-8d2b-4c57-9a61-6b0f3d2e7a01'),
  console: paymentsKey('2a7d90c4-51be-4f0a-8c3d-9e1b4f6a8b02'),
  tenant: paymentsKey('3b8ea1d5-62cf-4a1b-9d4e-af2c5a7b9c03'),
  hmac: paymentsKey('6eb1d4a8-95f2-4d4e-9a71-d25f8daecf06'),
  signing: paymentsKey('5da0c3f7-84e1-4c3d-8f60-c14e7c9dbe05'),
  rds: paymentsKey('7fc2e5b9-a6a3-4e5f-8b82-e36a9ebfda07'),
  ebs: paymentsKey('80d3f6ca-b7b4-4f60-9c93-f47bafc0eb08'),
  archive: paymentsKey('91e4a7db-c8c5-4a71-8da4-a58cb0d1fc09'),
  image: 'arn:aws:kms:us-east-1:222233334444:key/b2a5c8d3-1e4f-4a67-9b80-2c3d4e5f6a71',
  ledger: dataKey('c3b6d9e4-2f50-4b78-8c91-3d4e5f6a7b82'),
  projects: dataKey('d4c7eaf5-3061-4c89-9da2-4e5f6a7b8c93'),
  vault: dataKey('e5d8fb06-4172-4d9a-8eb3-5f6a7b8c9da4'),
  exchange: dataKey('f6e90c17-5283-4eab-9fc4-6a7b8c9daeb5'),
  sandbox: 'arn:aws:kms:us-east-1:123456789012:key/a7fa1d28-6394-4fbc-8ad5-7b8c9daebfc6',
  frankfurt: 'arn:aws:kms:eu-central-1:123456789012:key/b80b2e39-74a5-4acd-9be6-8c9daebfcad7',
  imported: 'arn:aws:kms:us-east-1:333344445555:key/c91c3f4a-85b6-4bde-8cf7-9daebfcadbe8',
} as const

const PAYMENTS_API = session(PAYMENTS, 'PaymentsApi')
const RECONCILE = session(PAYMENTS, 'ReconcileJob')
const EXPORT = session(PAYMENTS, 'TenantExport')
const BREAK_GLASS = session(PAYMENTS, 'BreakGlass')
const DEPLOYER = session(PAYMENTS, 'Deployer')
const RESEARCHER = session('123456789012', 'Researcher')
const ENDPOINT = { 'aws:SourceVpce': 'vpce-0a1b2c3d4e5f60001' }
const PARTNER_GRANT = '29f5b7c3e4a6d8f0b2c3e5a7d9f1b3c5e7a9d1f3b5c7e9a1d3f5b7c9e1a3d5f7'
export const FEDERATED = `arn:aws:sts::${PAYMENTS}:federated-user/alice`

export interface AcmeRequest extends AuthorizationRequest {
  /** Statements of a session policy. */
  readonly session?: readonly object[]
}

export const REQUESTS: Readonly<Record<CauseCode, AcmeRequest>> = {
  'rcp-explicit-deny': {
    principal: 'arn:aws:iam::555566667777:role/PartnerImport',
    action: 'kms:Decrypt',
    resource: KEY.projects,
  },
  'scp-explicit-deny': { principal: BREAK_GLASS, action: 'kms:ScheduleKeyDeletion', resource: KEY.payments },
  'vpce-explicit-deny': {
    principal: BREAK_GLASS,
    action: 'kms:PutKeyPolicy',
    resource: KEY.payments,
    context: ENDPOINT,
  },
  'key-policy-explicit-deny': {
    principal: session(PAYMENTS, 'TenantService'),
    action: 'kms:Encrypt',
    resource: KEY.tenant,
  },
  'identity-explicit-deny': { principal: DEPLOYER, action: 'kms:Decrypt', resource: KEY.payments },
  'boundary-explicit-deny': { principal: RECONCILE, action: 'kms:PutKeyPolicy', resource: KEY.payments },
  'session-explicit-deny': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
    ],
  },
  'scp-level-empty': { principal: session('210987654321', 'LastOneOut'), action: 'kms:CreateKey' },
  'scp-no-statement': { principal: session('333344445555', 'Importer'), action: 'kms:Decrypt', resource: KEY.imported },
  'scp-action': { principal: RESEARCHER, action: 'kms:PutKeyPolicy', resource: KEY.sandbox },
  'scp-resource': { principal: RESEARCHER, action: 'kms:Decrypt', resource: KEY.frankfurt },
  'scp-condition': { principal: RESEARCHER, action: 'kms:CreateGrant', resource: KEY.sandbox },
  'scp-condition-key-absent': { principal: RESEARCHER, action: 'kms:ReEncryptFrom', resource: KEY.sandbox },
  'vpce-no-statement': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    context: { 'aws:SourceVpce': 'vpce-0a1b2c3d4e5f60002' },
  },
  'vpce-principal': {
    principal: session('222233334444', 'ImageBuilder'),
    action: 'kms:Decrypt',
    resource: KEY.image,
    context: ENDPOINT,
  },
  'vpce-action': { principal: BREAK_GLASS, action: 'kms:DescribeKey', resource: KEY.payments, context: ENDPOINT },
  'vpce-resource': { principal: BREAK_GLASS, action: 'kms:Decrypt', resource: KEY.rds, context: ENDPOINT },
  'vpce-condition': { principal: PAYMENTS_API, action: 'kms:ReEncryptFrom', resource: KEY.payments, context: ENDPOINT },
  'vpce-condition-key-absent': { principal: BREAK_GLASS, action: 'kms:Sign', resource: KEY.signing, context: ENDPOINT },
  'operation-cross-account': {
    principal: session(PAYMENTS, 'DataLakeReader'),
    action: 'kms:TagResource',
    resource: KEY.exchange,
  },
  'operation-resource': { principal: BREAK_GLASS, action: 'kms:CreateKey', resource: KEY.payments },
  'key-policy-absent': { principal: BREAK_GLASS, action: 'kms:Decrypt', resource: KEY.archive },
  'key-policy-no-statement': { principal: session(DATA, 'LedgerWriter'), action: 'kms:Decrypt', resource: KEY.vault },
  'key-policy-principal': {
    principal: session(PAYMENTS, 'DataLakeReader'),
    action: 'kms:Decrypt',
    resource: KEY.ledger,
  },
  'key-policy-action': {
    principal: session(PAYMENTS, 'TenantService'),
    action: 'kms:ReEncryptFrom',
    resource: KEY.tenant,
    encryptionContext: { tenant: 'blue' },
  },
  'key-policy-resource': {
    principal: session(DATA, 'LedgerWriter'),
    action: 'kms:ReEncryptFrom',
    resource: KEY.ledger,
  },
  'key-policy-condition': {
    principal: session(PAYMENTS, 'TenantService'),
    action: 'kms:Decrypt',
    resource: KEY.tenant,
    encryptionContext: { tenant: 'green' },
  },
  'key-policy-condition-key-absent': {
    principal: session(PAYMENTS, 'Support'),
    action: 'kms:Decrypt',
    resource: KEY.tenant,
  },
  'delegation-missing': { principal: BREAK_GLASS, action: 'kms:Decrypt', resource: KEY.hmac },
  'aws-managed-key': { principal: PAYMENTS_API, action: 'kms:Decrypt', resource: KEY.ebs },
  'grant-constraint': {
    principal: EXPORT,
    action: 'kms:GenerateDataKey',
    resource: KEY.tenant,
    encryptionContext: { tenant: 'blue' },
  },
  'grant-operation': { principal: EXPORT, action: 'kms:Verify', resource: KEY.tenant },
  'grant-grantee': {
    principal: session('222233334444', 'ImageBuilder'),
    action: 'kms:Decrypt',
    resource: KEY.tenant,
    encryptionContext: { tenant: 'blue', job: 'export' },
  },
  'grant-not-propagated': { principal: EXPORT, action: 'kms:Decrypt', resource: KEY.projects },
  'grant-child': {
    principal: EXPORT,
    action: 'kms:CreateGrant',
    resource: KEY.tenant,
    createGrant: { operations: ['Decrypt', 'Encrypt'], constraints: { encryptionContextSubset: { tenant: 'green' } } },
  },
  'grant-limited': { principal: session(PAYMENTS, 'ArchiveJob'), action: 'kms:Decrypt', resource: KEY.tenant },
  'identity-no-policy': { principal: session(PAYMENTS, 'Reporting'), action: 'kms:Decrypt', resource: KEY.payments },
  'identity-action': { principal: PAYMENTS_API, action: 'kms:DescribeKey', resource: KEY.payments },
  'identity-resource': { principal: PAYMENTS_API, action: 'kms:Decrypt', resource: KEY.rds },
  'identity-condition': { principal: PAYMENTS_API, action: 'kms:CreateGrant', resource: KEY.payments },
  'identity-condition-key-absent': { principal: PAYMENTS_API, action: 'kms:ReEncryptFrom', resource: KEY.payments },
  'boundary-no-statement': {
    principal: session(PAYMENTS, 'ArchiveJob'),
    action: 'kms:Decrypt',
    resource: KEY.payments,
  },
  'boundary-action': { principal: session(DATA, 'Loader'), action: 'kms:Decrypt', resource: KEY.projects },
  'boundary-resource': { principal: RECONCILE, action: 'kms:Decrypt', resource: KEY.payments },
  'boundary-condition': { principal: RECONCILE, action: 'kms:ReEncryptFrom', resource: KEY.payments },
  'boundary-condition-key-absent': { principal: RECONCILE, action: 'kms:Encrypt', resource: KEY.payments },
  'session-not-passed': { principal: FEDERATED, action: 'kms:Encrypt', resource: KEY.payments },
  'session-no-statement': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [{ Effect: 'Deny', Action: 'iam:*', Resource: '*' }],
  },
  'session-action': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  },
  'session-resource': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY.rds }],
  },
  'session-condition': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
      },
    ],
  },
  'session-condition-key-absent': {
    principal: BREAK_GLASS,
    action: 'kms:Decrypt',
    resource: KEY.payments,
    session: [
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      },
    ],
  },
  'grant-not-found': {
    principal: session(DATA, 'Curator'),
    action: 'kms:RetireGrant',
    resource: KEY.exchange,
    grantId: 'ffff',
  },
  'grant-retire': {
    principal: session('222233334444', 'ImageBuilder'),
    action: 'kms:RetireGrant',
    resource: KEY.exchange,
    grantId: PARTNER_GRANT,
  },
  'retire-identity': {
    principal: session(DATA, 'LedgerWriter'),
    action: 'kms:RetireGrant',
    resource: KEY.exchange,
    grantId: PARTNER_GRANT,
  },
}
