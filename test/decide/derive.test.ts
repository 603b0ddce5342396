/** Condition keys from facts, key by key, as the pages of the keys have them. */
import { describe, expect, test } from 'vitest'
import { CONDITION_KEYS } from '../../src/aws/condition-keys.js'
import { deriveContext, deriveContextKey, unknownKeys } from '../../src/decide/derive.js'
import type {
  ContextValue,
  PrincipalFacts,
  RequestDetails,
  RequestFacts,
  ResourceFacts,
} from '../../src/decide/facts.js'

const A = '111122223333'
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const KEY = `arn:aws:kms:us-west-2:${A}:key/${KEY_ID}`
const MRK = `arn:aws:kms:eu-west-1:${A}:key/mrk-1234abcd12ab34cd56ef1234567890ab`

const user: PrincipalFacts = { type: 'user', arn: `arn:aws:iam::${A}:user/team/Alice`, accountId: A, userId: 'AIDAX' }
const root: PrincipalFacts = { type: 'root', arn: `arn:aws:iam::${A}:root`, accountId: A }
const session: PrincipalFacts = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-0abc`,
  accountId: A,
  roleArn: `arn:aws:iam::${A}:role/app/App`,
  roleId: 'AROAX',
}
const federated: PrincipalFacts = { type: 'federated', arn: `arn:aws:sts::${A}:federated-user/Fay`, accountId: A }
const service: PrincipalFacts = { type: 'service', arn: 'logs.us-west-2.amazonaws.com' }

const key: ResourceFacts = {
  type: 'key',
  arn: KEY,
  accountId: A,
  keySpec: 'RSA_2048',
  keyUsage: 'SIGN_VERIFY',
  origin: 'EXTERNAL',
}
const alias: ResourceFacts = {
  type: 'alias',
  arn: `arn:aws:kms:us-west-2:${A}:alias/x`,
  accountId: A,
  aliases: ['alias/x'],
}
const none: ResourceFacts = { type: 'none' }

interface Case {
  readonly key: string
  readonly action?: string
  readonly principal?: PrincipalFacts
  readonly resource?: ResourceFacts
  readonly request?: RequestDetails
  readonly more?: Partial<RequestFacts>
  readonly expect: ContextValue | undefined
}

function facts({
  action = 'kms:Decrypt',
  principal = user,
  resource = key,
  request = {},
  more = {},
}: Omit<Case, 'key' | 'expect'>): RequestFacts {
  return { action, principal, resource, request, ...more }
}

function check(each: Case): void {
  expect(deriveContextKey(each.key, facts(each))).toEqual(each.expect)
}

// IAM User Guide, "AWS global condition context keys"; facts K-34.
describe('the caller', () => {
  const CASES: readonly Case[] = [
    { key: 'aws:PrincipalArn', expect: user.arn },
    { key: 'AWS:principalARN', principal: session, expect: session.roleArn },
    {
      key: 'aws:PrincipalArn',
      principal: { type: 'role', arn: `arn:aws:iam::${A}:role/R`, accountId: A },
      expect: `arn:aws:iam::${A}:role/R`,
    },
    { key: 'aws:PrincipalArn', principal: { type: 'role', arn: session.arn, accountId: A }, expect: undefined },
    { key: 'aws:PrincipalArn', principal: federated, expect: federated.arn },
    { key: 'aws:PrincipalArn', principal: root, expect: root.arn },
    { key: 'aws:PrincipalArn', principal: service, expect: undefined },
    { key: 'aws:PrincipalAccount', expect: A },
    { key: 'aws:PrincipalAccount', principal: service, expect: undefined },
    { key: 'kms:CallerAccount', expect: A },
    { key: 'kms:CallerAccount', principal: service, expect: undefined },
    { key: 'kms:CallerAccount', action: 'kms:ListKeys', resource: none, expect: undefined },
    { key: 'kms:CallerAccount', action: 'kms:CreateAlias', resource: alias, expect: A },
    { key: 'aws:PrincipalType', expect: 'User' },
    { key: 'aws:PrincipalType', principal: root, expect: 'Account' },
    { key: 'aws:PrincipalType', principal: session, expect: 'AssumedRole' },
    { key: 'aws:PrincipalType', principal: federated, expect: 'FederatedUser' },
    { key: 'aws:PrincipalType', principal: service, expect: undefined },
    { key: 'aws:userid', expect: 'AIDAX' },
    { key: 'aws:userid', principal: root, expect: A },
    { key: 'aws:userid', principal: session, expect: 'AROAX:i-0abc' },
    { key: 'aws:userid', principal: federated, expect: `${A}:Fay` },
    { key: 'aws:userid', principal: service, expect: undefined },
    { key: 'aws:username', expect: 'Alice' },
    { key: 'aws:username', principal: session, expect: undefined },
    { key: 'aws:PrincipalIsAWSService', expect: 'false' },
    { key: 'aws:PrincipalIsAWSService', principal: service, expect: 'true' },
    { key: 'aws:PrincipalServiceName', principal: service, expect: service.arn },
    { key: 'aws:PrincipalServiceNamesList', principal: service, expect: [service.arn] },
    { key: 'aws:PrincipalServiceName', expect: undefined },
    { key: 'aws:PrincipalTag/TEAM', principal: { ...user, tags: { team: 'a' } }, expect: 'a' },
    { key: 'aws:PrincipalTag/team', principal: { ...user, tags: { team: 'a', Team: 'b' } }, expect: ['a', 'b'] },
    { key: 'aws:PrincipalTag/__proto__', principal: { ...user, tags: { team: 'a' } }, expect: undefined },
    { key: 'aws:PrincipalOrgID', more: { organization: { callerOrgId: 'o-1' } }, expect: 'o-1' },
    { key: 'aws:PrincipalOrgPaths', more: { organization: { callerOrgPath: 'o-1/r-1/' } }, expect: ['o-1/r-1/'] },
    { key: 'aws:ResourceOrgID', more: { organization: { resourceOrgId: 'o-2' } }, expect: 'o-2' },
  ]
  test.each(CASES)('$key of $principal.type is $expect', check)
})

// KMS Developer Guide, "AWS KMS condition keys".
describe('the key', () => {
  const CASES: readonly Case[] = [
    { key: 'kms:KeySpec', expect: 'RSA_2048' },
    { key: 'kms:CustomerMasterKeySpec', expect: 'RSA_2048' },
    { key: 'kms:KeyUsage', expect: 'SIGN_VERIFY' },
    { key: 'kms:CustomerMasterKeyUsage', expect: 'SIGN_VERIFY' },
    { key: 'kms:KeyOrigin', expect: 'EXTERNAL' },
    { key: 'kms:KeySpec', resource: { type: 'key', arn: KEY }, expect: undefined },
    { key: 'kms:KeySpec', action: 'kms:CreateAlias', resource: alias, expect: undefined },
    { key: 'kms:MultiRegion', expect: 'false' },
    { key: 'kms:MultiRegion', resource: { type: 'key', arn: MRK }, expect: 'true' },
    { key: 'kms:MultiRegionKeyType', resource: { type: 'key', arn: MRK }, expect: undefined },
    {
      key: 'kms:MultiRegionKeyType',
      resource: { type: 'key', arn: MRK, multiRegionKeyType: 'REPLICA' },
      expect: 'REPLICA',
    },
    {
      key: 'kms:ResourceAliases',
      resource: { ...key, aliases: ['alias/a', `arn:aws:kms:us-west-2:${A}:alias/b`] },
      expect: ['alias/a', 'alias/b'],
    },
    { key: 'kms:ResourceAliases', resource: { ...key, aliases: [] }, expect: undefined },
    { key: 'aws:ResourceTag/env', resource: { ...key, tags: { Env: 'Prod' } }, expect: 'Prod' },
    { key: 'aws:ResourceTag/env', resource: { ...alias, tags: { Env: 'Prod' } }, expect: undefined },
    { key: 'aws:ResourceAccount', expect: A },
    { key: 'aws:ResourceAccount', action: 'kms:ListKeys', resource: none, expect: undefined },
    { key: 'aws:RequestedRegion', expect: 'us-west-2' },
    { key: 'aws:RequestedRegion', action: 'kms:ListKeys', resource: none, expect: undefined },
    {
      key: 'kms:TrailingDaysWithoutKeyUsage',
      action: 'kms:DisableKey',
      resource: { ...key, trailingDaysWithoutKeyUsage: 7 },
      expect: '7',
    },
    { key: 'kms:RequestAlias', request: { keyIdAs: `arn:aws:kms:us-west-2:${A}:alias/x` }, expect: 'alias/x' },
    { key: 'kms:RequestAlias', request: { keyIdAs: KEY }, expect: undefined },
    {
      key: 'kms:RequestAlias',
      action: 'kms:ReEncryptTo',
      request: { parameters: { DestinationKeyId: 'alias/d' } },
      expect: 'alias/d',
    },
    { key: 'kms:RequestAlias', action: 'kms:EnableKey', request: { keyIdAs: 'alias/x' }, expect: undefined },
  ]
  test.each(CASES)('$key for $action is $expect', check)
})

// KMS Developer Guide, "AWS KMS condition keys": defaults, presence and the parameter of each key.
describe('parameters', () => {
  const create = (parameters: Readonly<Record<string, unknown>> = {}): Omit<Case, 'key' | 'expect'> => ({
    action: 'kms:CreateKey',
    resource: none,
    request: { parameters },
  })
  const of = (action: string, parameters: Readonly<Record<string, unknown>> = {}): Omit<Case, 'key' | 'expect'> => ({
    action,
    request: { parameters },
  })
  const CASES: readonly Case[] = [
    { key: 'kms:KeySpec', ...create(), expect: 'SYMMETRIC_DEFAULT' },
    { key: 'kms:KeySpec', ...create({ CustomerMasterKeySpec: 'ECC_NIST_P256' }), expect: 'ECC_NIST_P256' },
    { key: 'kms:KeyUsage', ...create(), expect: 'ENCRYPT_DECRYPT' },
    { key: 'kms:KeyUsage', ...create({ KeySpec: 'RSA_2048' }), expect: undefined },
    { key: 'kms:KeyOrigin', ...create(), expect: 'AWS_KMS' },
    { key: 'kms:MultiRegion', ...create(), expect: 'false' },
    { key: 'kms:MultiRegionKeyType', ...create({ MultiRegion: true }), expect: 'PRIMARY' },
    { key: 'kms:BypassPolicyLockoutSafetyCheck', ...create(), expect: undefined },
    {
      key: 'kms:BypassPolicyLockoutSafetyCheck',
      ...create({ BypassPolicyLockoutSafetyCheck: false }),
      expect: 'false',
    },
    { key: 'aws:RequestTag/team', ...create({ Tags: [{ TagKey: 'Team', TagValue: 'a' }] }), expect: 'a' },
    { key: 'aws:ResourceTag/team', ...create({ Tags: [{ TagKey: 'Team', TagValue: 'a' }] }), expect: 'a' },
    { key: 'aws:TagKeys', ...create({ Tags: [{ TagKey: 'Team', TagValue: 'a' }] }), expect: ['Team'] },
    { key: 'aws:TagKeys', ...of('kms:UntagResource', { TagKeys: ['Team'] }), expect: ['Team'] },
    { key: 'aws:TagKeys', expect: undefined },
    { key: 'kms:EncryptionAlgorithm', expect: 'SYMMETRIC_DEFAULT' },
    {
      key: 'kms:EncryptionAlgorithm',
      ...of('kms:ReEncryptFrom', { SourceEncryptionAlgorithm: 'SM2PKE' }),
      expect: 'SM2PKE',
    },
    {
      key: 'kms:EncryptionAlgorithm',
      ...of('kms:ReEncryptTo', { SourceEncryptionAlgorithm: 'SM2PKE' }),
      expect: 'SYMMETRIC_DEFAULT',
    },
    { key: 'kms:EncryptionAlgorithm', ...of('kms:Sign'), expect: undefined },
    { key: 'kms:MessageType', ...of('kms:Sign'), expect: 'RAW' },
    { key: 'kms:MessageType', ...of('kms:Verify', { MessageType: 'DIGEST' }), expect: 'DIGEST' },
    { key: 'kms:SigningAlgorithm', ...of('kms:Sign', { SigningAlgorithm: 'ED25519' }), expect: 'ED25519' },
    { key: 'kms:MacAlgorithm', ...of('kms:VerifyMac', { MacAlgorithm: 'HMAC_SHA_256' }), expect: 'HMAC_SHA_256' },
    { key: 'kms:RotationPeriodInDays', ...of('kms:EnableKeyRotation'), expect: '365' },
    { key: 'kms:RotationPeriodInDays', ...of('kms:EnableKeyRotation', { RotationPeriodInDays: 90 }), expect: '90' },
    { key: 'kms:ScheduleKeyDeletionPendingWindowInDays', ...of('kms:ScheduleKeyDeletion'), expect: '30' },
    { key: 'kms:DataKeyPairSpec', ...of('kms:GenerateDataKeyPair', { KeyPairSpec: 'RSA_2048' }), expect: 'RSA_2048' },
    { key: 'kms:ExpirationModel', ...of('kms:ImportKeyMaterial'), expect: undefined },
    { key: 'kms:ValidTo', ...of('kms:ImportKeyMaterial', { ValidTo: '2018-12-31T11:59:59Z' }), expect: '1546257599' },
    { key: 'kms:ReplicaRegion', ...of('kms:ReplicateKey', { ReplicaRegion: 'eu-west-1' }), expect: 'eu-west-1' },
    { key: 'kms:ReEncryptOnSameKey', ...of('kms:ReEncryptFrom', { DestinationKeyId: KEY }), expect: 'true' },
    { key: 'kms:ReEncryptOnSameKey', ...of('kms:ReEncryptFrom', { DestinationKeyId: KEY_ID }), expect: 'true' },
    { key: 'kms:ReEncryptOnSameKey', ...of('kms:ReEncryptTo', { SourceKeyId: MRK }), expect: 'false' },
    { key: 'kms:ReEncryptOnSameKey', ...of('kms:ReEncryptTo', { SourceKeyId: 'alias/x' }), expect: undefined },
    { key: 'kms:ReEncryptOnSameKey', ...of('kms:ReEncryptFrom'), more: { otherKeyArn: KEY }, expect: 'true' },
    { key: 'kms:RecipientAttestation:PCR0', expect: undefined },
  ]
  test.each(CASES)('$key for $action is $expect', check)
})

// Facts E: the encryption-context keys come from the request, or from the constraint of the grant.
describe('encryption context and grants', () => {
  const subset = { encryptionContextSubset: { tenant: 'a' } }
  const createGrant = { operations: ['Encrypt', 'Decrypt'], granteePrincipal: user.arn, constraints: subset }
  const CASES: readonly Case[] = [
    { key: 'kms:EncryptionContext:TENANT', request: { encryptionContext: { tenant: 'a' } }, expect: 'a' },
    {
      key: 'kms:EncryptionContextKeys',
      request: { encryptionContext: { tenant: 'a', App: 'b' } },
      expect: ['tenant', 'App'],
    },
    { key: 'kms:EncryptionContextKeys', request: { encryptionContext: {} }, expect: undefined },
    {
      key: 'kms:EncryptionContext:tenant',
      request: { parameters: { EncryptionContext: { tenant: 'p' } } },
      expect: 'p',
    },
    {
      key: 'kms:EncryptionContext:t',
      action: 'kms:ReEncryptFrom',
      request: { parameters: { SourceEncryptionContext: { t: '1' }, DestinationEncryptionContext: { t: '2' } } },
      expect: '1',
    },
    {
      key: 'kms:EncryptionContext:t',
      action: 'kms:ReEncryptTo',
      request: { parameters: { SourceEncryptionContext: { t: '1' }, DestinationEncryptionContext: { t: '2' } } },
      expect: '2',
    },
    {
      key: 'kms:EncryptionContext:tenant',
      action: 'kms:Sign',
      request: { encryptionContext: { tenant: 'a' } },
      expect: undefined,
    },
    {
      key: 'kms:EncryptionContext:tenant',
      action: 'kms:CreateGrant',
      request: { createGrant, encryptionContext: { tenant: 'r' } },
      expect: 'a',
    },
    {
      key: 'kms:EncryptionContextKeys',
      action: 'kms:RetireGrant',
      more: { retiredConstraints: subset },
      expect: ['tenant'],
    },
    {
      key: 'kms:GrantConstraintType',
      action: 'kms:CreateGrant',
      request: { createGrant },
      expect: 'EncryptionContextSubset',
    },
    {
      key: 'kms:GrantConstraintType',
      action: 'kms:RetireGrant',
      more: { retiredConstraints: { sourceArn: KEY } },
      expect: undefined,
    },
    { key: 'kms:GrantOperations', action: 'kms:CreateGrant', request: { createGrant }, expect: ['Encrypt', 'Decrypt'] },
    { key: 'kms:GranteePrincipal', action: 'kms:CreateGrant', request: { createGrant }, expect: user.arn },
    { key: 'kms:RetiringPrincipal', action: 'kms:CreateGrant', request: { createGrant }, expect: undefined },
    {
      key: 'kms:GrantConstraintSourceArn',
      action: 'kms:CreateGrant',
      request: { parameters: { Operations: ['Decrypt'], Constraints: { SourceArn: KEY } } },
      expect: KEY,
    },
    { key: 'kms:GrantIsForAWSResource', action: 'kms:CreateGrant', expect: 'false' },
    {
      key: 'kms:GrantIsForAWSResource',
      action: 'kms:RevokeGrant',
      request: { via: 'rds.us-west-2.amazonaws.com' },
      expect: 'true',
    },
    { key: 'kms:GrantIsForAWSResource', expect: undefined },
  ]
  test.each(CASES)('$key for $action is $expect', check)
})

// Facts E: kms:ViaService is regional, aws:CalledVia is not; both only on forward access calls.
describe('the call', () => {
  const request: RequestDetails = { via: 's3.us-west-2.amazonaws.com', time: '2026-03-15T12:00:00Z' }
  const CASES: readonly Case[] = [
    { key: 'kms:ViaService', request, expect: 's3.us-west-2.amazonaws.com' },
    { key: 'kms:ViaService', request: { via: 's3.amazonaws.com' }, expect: 's3.us-west-2.amazonaws.com' },
    { key: 'kms:ViaService', expect: undefined },
    { key: 'aws:CalledVia', request, expect: ['s3.amazonaws.com'] },
    { key: 'aws:CalledViaFirst', request, expect: 's3.amazonaws.com' },
    { key: 'aws:CalledViaLast', request, expect: 's3.amazonaws.com' },
    { key: 'aws:ViaAWSService', request, expect: 'true' },
    { key: 'aws:ViaAWSService', expect: 'false' },
    { key: 'aws:CurrentTime', request, expect: '2026-03-15T12:00:00Z' },
    { key: 'aws:EpochTime', request, expect: '1773576000' },
    { key: 'aws:CurrentTime', expect: undefined },
    { key: 'aws:RequestedRegion', action: 'kms:CreateKey', resource: none, request, expect: 'us-west-2' },
    { key: 'aws:SourceIp', request, expect: undefined },
    { key: 'made:Up', expect: undefined },
  ]
  test.each(CASES)('$key is $expect', check)
})

describe('all keys', () => {
  const rich: RequestFacts = facts({
    principal: { ...session, tags: { team: 'a', Team: 'b' } },
    resource: { ...key, aliases: ['alias/a'], tags: { env: 'x' } },
    request: {
      encryptionContext: { tenant: 'a' },
      via: 's3.us-west-2.amazonaws.com',
      time: '2026',
      keyIdAs: 'alias/a',
    },
  })

  test('the whole context agrees with each key asked alone', () => {
    const context = deriveContext(rich)
    expect(Object.keys(context).length).toBeGreaterThan(20)
    for (const [name, value] of Object.entries(context)) {
      const alone = deriveContextKey(name.toUpperCase(), rich)
      // Spellings that differ by case stand beside each other in the whole context and are one list when asked for.
      expect(name.toLowerCase() === 'aws:principaltag/team' ? [alone].flat().includes(String(value)) : alone).toEqual(
        name.toLowerCase() === 'aws:principaltag/team' ? true : value,
      )
    }
  })

  test('every kms key of the table has a rule', () => {
    const everything = facts({ request: { parameters: { Recipient: {} } } })
    const silent = CONDITION_KEYS.filter(
      ({ pattern, actions }) => pattern.startsWith('kms:') && !pattern.includes('{') && actions !== null,
    )
      .filter(({ pattern, actions }) => {
        const asked = { ...everything, action: actions![0]!, resource: none, request: {} }
        return deriveContextKey(pattern, asked) === undefined && unknownKeys(asked, [pattern]).length === 0
      })
      .map(({ pattern }) => pattern)
    // Known to be absent without a parameter, an alias, a service or a grant.
    expect(silent).toEqual([
      'kms:BypassPolicyLockoutSafetyCheck',
      'kms:ExpirationModel',
      'kms:MultiRegionKeyType',
      'kms:ValidTo',
      'kms:ViaService',
      'kms:RecipientAttestation:ImageSha384',
    ])
  })

  test('unknown keys are those that could be there and are not known', () => {
    const asked = [
      'aws:SourceIp',
      'kms:KeySpec',
      'kms:SigningAlgorithm',
      'kms:ViaService',
      'aws:PrincipalTag/team',
      'aws:CurrentTime',
    ]
    expect(unknownKeys(facts({ resource: { type: 'key', arn: KEY } }), asked)).toEqual([
      'aws:SourceIp',
      'kms:KeySpec',
      'aws:PrincipalTag/team',
      'aws:CurrentTime',
    ])
    expect(unknownKeys(facts({ request: { via: 's3.us-west-2.amazonaws.com' } }), ['aws:SourceVpce'])).toEqual([])
  })
})
