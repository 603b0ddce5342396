/**
 * What is known of each condition key of KMS itself: a value, that the request does not have it, or nothing.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; KMS API Reference; authorization.md E.
 */
import { describe } from 'vitest'
import type { RequestDetails } from '../../src/decide/facts.js'
import {
  alias,
  A,
  type Given,
  KEY,
  KEY_ID,
  MRK,
  absent,
  key,
  none,
  service,
  table,
  unknown,
  user,
} from './known-key.js'

describe('the key', () => {
  table([
    ['kms:KeySpec', {}, unknown],
    ['kms:KeySpec', { resource: { ...key, keySpec: 'RSA_2048' } }, 'RSA_2048'],
    ['kms:KeyUsage', {}, unknown],
    ['kms:KeyOrigin', {}, unknown],
    ['kms:KeyOrigin', { resource: { ...key, origin: 'EXTERNAL' } }, 'EXTERNAL'],
    ['kms:MultiRegion', {}, 'false'],
    ['kms:MultiRegion', { resource: { type: 'key' } }, unknown],
    ['kms:MultiRegion', { resource: { type: 'key', arn: 'no ARN' } }, unknown],
    ['kms:MultiRegion', { resource: { type: 'key', arn: MRK } }, 'true'],
    ['kms:MultiRegion', { resource: { type: 'key', arn: MRK, multiRegion: false } }, 'false'],
    ['kms:MultiRegionKeyType', {}, absent],
    ['kms:MultiRegionKeyType', { resource: { type: 'key' } }, unknown],
    ['kms:MultiRegionKeyType', { resource: { type: 'key', arn: MRK } }, unknown],
    ['kms:MultiRegionKeyType', { resource: { type: 'key', arn: MRK, multiRegionKeyType: 'PRIMARY' } }, 'PRIMARY'],
    ['kms:ResourceAliases', {}, unknown],
    ['kms:ResourceAliases', { resource: { ...key, aliases: [] } }, absent],
    [
      'kms:ResourceAliases',
      { resource: { ...key, aliases: ['alias/a', 'odd', 'arn:x:alias/y'] } },
      ['alias/a', 'odd', 'alias/y'],
    ],
    ['kms:TrailingDaysWithoutKeyUsage', { action: 'kms:DisableKey' }, unknown],
    [
      'kms:TrailingDaysWithoutKeyUsage',
      { action: 'kms:DisableKey', resource: { ...key, trailingDaysWithoutKeyUsage: 0 } },
      '0',
    ],
    // Another action has no such key.
    ['kms:TrailingDaysWithoutKeyUsage', { resource: { ...key, trailingDaysWithoutKeyUsage: 7 } }, absent],
    ['kms:RequestAlias', {}, unknown],
    ['kms:RequestAlias', { request: { keyIdAs: KEY } }, absent],
    ['kms:RequestAlias', { request: { keyIdAs: KEY_ID } }, absent],
    ['kms:RequestAlias', { request: { keyIdAs: 'alias/x' } }, 'alias/x'],
    ['kms:RequestAlias', { request: { keyIdAs: 'x:alias/y' } }, absent],
    ['kms:RequestAlias', { request: { parameters: { KeyId: 'alias/x' } } }, 'alias/x'],
    ['kms:RequestAlias', { request: { parameters: { SourceKeyId: 'alias/x' } } }, unknown],
    [
      'kms:RequestAlias',
      { action: 'kms:ReEncryptFrom', request: { parameters: { SourceKeyId: 'alias/x' } } },
      'alias/x',
    ],
    [
      'kms:RequestAlias',
      { action: 'kms:ReEncryptFrom', request: { parameters: { DestinationKeyId: 'alias/x' } } },
      unknown,
    ],
    [
      'kms:RequestAlias',
      { action: 'kms:ReEncryptTo', request: { parameters: { DestinationKeyId: 'alias/x' } } },
      'alias/x',
    ],
    ['kms:RequestAlias', { action: 'kms:ReEncryptTo', request: { parameters: { KeyId: 'alias/x' } } }, unknown],
    ['kms:ReEncryptOnSameKey', { action: 'kms:ReEncryptFrom' }, unknown],
    ['kms:ReEncryptOnSameKey', { action: 'kms:ReEncryptFrom', request: { parameters: { SourceKeyId: KEY } } }, unknown],
    [
      'kms:ReEncryptOnSameKey',
      { action: 'kms:ReEncryptFrom', request: { parameters: { DestinationKeyId: MRK } } },
      'false',
    ],
    [
      'kms:ReEncryptOnSameKey',
      { action: 'kms:ReEncryptFrom', request: { parameters: { DestinationKeyId: 'other' } } },
      'false',
    ],
    ['kms:ReEncryptOnSameKey', { action: 'kms:ReEncryptTo', request: { parameters: { SourceKeyId: KEY_ID } } }, 'true'],
    [
      'kms:ReEncryptOnSameKey',
      { action: 'kms:ReEncryptTo', request: { parameters: { DestinationKeyId: KEY } } },
      unknown,
    ],
    ['kms:ReEncryptOnSameKey', { action: 'kms:ReEncryptTo', otherKeyArn: KEY }, 'true'],
    [
      'kms:ReEncryptOnSameKey',
      { action: 'kms:ReEncryptTo', otherKeyArn: `arn:aws:kms:us-west-2:${A}:alias/x` },
      unknown,
    ],
    ['kms:ReEncryptOnSameKey', { action: 'kms:ReEncryptTo', otherKeyArn: KEY, resource: { type: 'key' } }, unknown],
    [
      'kms:ReEncryptOnSameKey',
      { action: 'kms:ReEncryptTo', otherKeyArn: KEY, resource: { type: 'key', arn: 'x' } },
      unknown,
    ],
  ])
})

// Authorised on an alias a request has the keys of everybody, and few of KMS.
describe('an alias', () => {
  const made = { action: 'kms:CreateAlias', resource: { ...alias, keySpec: 'RSA_2048', aliases: ['alias/x'] } }
  table([
    ['aws:PrincipalArn', made, user.arn],
    ['aws:ResourceAccount', made, A],
    ['aws:SourceIp', made, unknown],
    ['kms:CallerAccount', made, A],
    ['kms:ViaService', made, absent],
    ['kms:KeySpec', made, absent],
    ['kms:ResourceAliases', made, absent],
    // The same action on the key.
    ['kms:KeySpec', { ...made, resource: key }, unknown],
  ])
})

describe('parameters', () => {
  const of = (action: string, parameters?: Readonly<Record<string, unknown>>, resource = key): Given => ({
    action,
    resource,
    request: parameters === undefined ? {} : { parameters },
  })
  const create = (parameters?: Readonly<Record<string, unknown>>): Given => of('kms:CreateKey', parameters, none)
  table([
    ['kms:KeySpec', create({ KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_4096' }), 'RSA_2048'],
    ['kms:CustomerMasterKeySpec', create({ KeySpec: 'RSA_2048' }), 'RSA_2048'],
    ['kms:KeyUsage', create(), 'ENCRYPT_DECRYPT'],
    ['kms:KeyUsage', create({ KeySpec: 'SYMMETRIC_DEFAULT' }), 'ENCRYPT_DECRYPT'],
    ['kms:KeyUsage', create({ CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }), 'ENCRYPT_DECRYPT'],
    ['kms:KeyUsage', create({ CustomerMasterKeySpec: 'RSA_2048' }), unknown],
    ['kms:KeyUsage', create({ KeySpec: 'RSA_2048' }), unknown],
    ['kms:KeyUsage', create({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }), 'SIGN_VERIFY'],
    ['kms:KeyOrigin', create({ Origin: 'EXTERNAL' }), 'EXTERNAL'],
    ['kms:MultiRegion', create({ MultiRegion: true }), 'true'],
    ['kms:MultiRegionKeyType', create(), absent],
    ['kms:MultiRegionKeyType', create({ MultiRegion: false }), absent],
    ['kms:BypassPolicyLockoutSafetyCheck', create(), absent],
    ['kms:BypassPolicyLockoutSafetyCheck', { ...create(), request: { bypassPolicyLockoutSafetyCheck: true } }, 'true'],
    [
      'kms:BypassPolicyLockoutSafetyCheck',
      {
        ...create(),
        request: { bypassPolicyLockoutSafetyCheck: false, parameters: { BypassPolicyLockoutSafetyCheck: true } },
      },
      'false',
    ],
    ['kms:ExpirationModel', of('kms:ImportKeyMaterial'), absent],
    ['kms:ExpirationModel', of('kms:ImportKeyMaterial', { ExpirationModel: 'X' }), 'X'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial'), absent],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: 1546257599.5 }), '1546257599.5'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: '1546257599' }), '1546257599'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: '2018-12-31' }), '1546214400'],
    // A number is seconds, also one of four digits, and stays as it was written.
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: 2026 }), '2026'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: '1546257599.50' }), '1546257599.50'],
    // What cannot be read stays, so that a comparison can say so.
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: 'never 1546257599' }), 'never 1546257599'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: '1546257599 or so' }), '1546257599 or so'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: '1546257599.' }), '1546257599.'],
    ['kms:ValidTo', of('kms:ImportKeyMaterial', { ValidTo: {} }), absent],
    ['kms:EncryptionAlgorithm', of('kms:Decrypt', { EncryptionAlgorithm: 'SM2PKE' }), 'SM2PKE'],
    ['kms:EncryptionAlgorithm', of('kms:Encrypt', { EncryptionAlgorithm: 'SM2PKE' }), 'SM2PKE'],
    ['kms:EncryptionAlgorithm', of('kms:ReEncryptTo', { DestinationEncryptionAlgorithm: 'SM2PKE' }), 'SM2PKE'],
    ['kms:EncryptionAlgorithm', of('kms:GenerateDataKey', { EncryptionAlgorithm: 'SM2PKE' }), 'SYMMETRIC_DEFAULT'],
    ['kms:MessageType', of('kms:Sign', { MessageType: ['RAW'] }), 'RAW'],
    ['kms:MessageType', of('kms:Sign', { MessageType: 'DIGEST' }), 'DIGEST'],
    ['kms:RotationPeriodInDays', of('kms:EnableKeyRotation', { RotationPeriodInDays: 180 }), '180'],
    ['kms:ScheduleKeyDeletionPendingWindowInDays', of('kms:ScheduleKeyDeletion', { PendingWindowInDays: 7 }), '7'],
    // What the API requires and the facts do not say is not known.
    ['kms:DataKeyPairSpec', of('kms:GenerateDataKeyPair'), unknown],
    ['kms:DataKeyPairSpec', of('kms:GenerateDataKeyPair', { KeyPairSpec: 'RSA_2048' }), 'RSA_2048'],
    ['kms:KeyAgreementAlgorithm', of('kms:DeriveSharedSecret'), unknown],
    ['kms:KeyAgreementAlgorithm', of('kms:DeriveSharedSecret', { KeyAgreementAlgorithm: 'ECDH' }), 'ECDH'],
    ['kms:MacAlgorithm', of('kms:GenerateMac'), unknown],
    ['kms:MacAlgorithm', of('kms:GenerateMac', { MacAlgorithm: 'HMAC_SHA_256' }), 'HMAC_SHA_256'],
    ['kms:PrimaryRegion', of('kms:UpdatePrimaryRegion'), unknown],
    ['kms:PrimaryRegion', of('kms:UpdatePrimaryRegion', { PrimaryRegion: 'eu-west-1' }), 'eu-west-1'],
    ['kms:ReplicaRegion', of('kms:ReplicateKey'), unknown],
    ['kms:SigningAlgorithm', of('kms:Sign'), unknown],
    ['kms:WrappingAlgorithm', of('kms:GetParametersForImport'), unknown],
    ['kms:WrappingAlgorithm', of('kms:GetParametersForImport', { WrappingAlgorithm: 'X' }), 'X'],
    ['kms:WrappingKeySpec', of('kms:GetParametersForImport'), unknown],
    ['kms:WrappingKeySpec', of('kms:GetParametersForImport', { WrappingKeySpec: 'RSA_2048' }), 'RSA_2048'],
    // Whether an attestation document came along is known, what it says is not.
    ['kms:RecipientAttestation:ImageSha384', {}, absent],
    ['kms:RecipientAttestation:ImageSha384', of('kms:Decrypt', { Recipient: {} }), unknown],
    ['kms:RecipientAttestation:PCR3', of('kms:Decrypt', { Recipient: {} }), unknown],
    ['kms:RecipientAttestation:NitroTPMPCR4', of('kms:Decrypt', { Recipient: {} }), unknown],
  ])
})

describe('grants and the encryption context', () => {
  const P = { tenant: 'a' }
  const making = (more: RequestDetails): Given => ({ action: 'kms:CreateGrant', request: more })
  const grant = { operations: ['Decrypt'] }
  const input = (more: object): Given => making({ parameters: { Operations: ['Decrypt', 7, 'Encrypt'], ...more } })
  table([
    ['kms:GrantOperations', making({}), unknown],
    ['kms:GrantOperations', making({ parameters: {} }), unknown],
    ['kms:GrantOperations', making({ parameters: { Operations: 'Decrypt' } }), unknown],
    ['kms:GrantOperations', making({ createGrant: { operations: [] } }), absent],
    ['kms:GrantOperations', input({}), ['Decrypt', 'Encrypt']],
    ['kms:GrantOperations', making({ createGrant: grant, parameters: { Operations: ['Sign'] } }), ['Decrypt']],
    ['kms:GranteePrincipal', making({}), unknown],
    ['kms:GranteePrincipal', making({ createGrant: grant }), absent],
    ['kms:GranteePrincipal', input({ GranteePrincipal: user.arn }), user.arn],
    ['kms:GranteePrincipal', input({ GranteePrincipal: 7 }), absent],
    ['kms:GranteeServicePrincipal', making({}), unknown],
    ['kms:GranteeServicePrincipal', making({ createGrant: grant }), absent],
    ['kms:GranteeServicePrincipal', input({ GranteeServicePrincipal: service.arn }), service.arn],
    ['kms:RetiringPrincipal', making({}), unknown],
    ['kms:RetiringPrincipal', making({ createGrant: grant }), absent],
    ['kms:RetiringPrincipal', input({ RetiringPrincipal: user.arn }), user.arn],
    ['kms:RetiringServicePrincipal', making({}), unknown],
    ['kms:RetiringServicePrincipal', making({ createGrant: grant }), absent],
    ['kms:RetiringServicePrincipal', input({ RetiringServicePrincipal: service.arn }), service.arn],
    ['kms:GrantConstraintSourceArn', making({}), unknown],
    ['kms:GrantConstraintSourceArn', making({ createGrant: grant }), absent],
    ['kms:GrantConstraintSourceArn', input({}), absent],
    ['kms:GrantConstraintSourceArn', input({ Constraints: null }), absent],
    ['kms:GrantConstraintSourceArn', input({ Constraints: 'SourceArn' }), absent],
    ['kms:GrantConstraintSourceArn', input({ Constraints: { SourceArn: 7 } }), absent],
    ['kms:GrantConstraintSourceArn', input({ Constraints: Object.create({ SourceArn: KEY }) as object }), absent],
    ['kms:GrantConstraintType', making({}), unknown],
    ['kms:GrantConstraintType', making({ createGrant: grant }), absent],
    ['kms:GrantConstraintType', input({ Constraints: { EncryptionContextEquals: P } }), 'EncryptionContextEquals'],
    ['kms:GrantConstraintType', input({ Constraints: { EncryptionContextSubset: P } }), 'EncryptionContextSubset'],
    ['kms:GrantConstraintType', input({ Constraints: { EncryptionContextSubset: ['a'] } }), absent],
    ['kms:GrantConstraintType', input({ Constraints: { EncryptionContextEquals: null } }), absent],
    ['kms:GrantConstraintType', { action: 'kms:RetireGrant' }, unknown],
    ['kms:GrantConstraintType', { action: 'kms:RetireGrant', retiredConstraints: {} }, absent],
    ['kms:GrantConstraintType', { action: 'kms:RetireGrant', request: { createGrant: grant } }, unknown],
    // Of the request.
    ['kms:EncryptionContextKeys', {}, absent],
    ['kms:EncryptionContext:tenant', {}, absent],
    ['kms:EncryptionContext:tenant', { request: { encryptionContext: P } }, 'a'],
    ['kms:EncryptionContext:tenant', { request: { parameters: { EncryptionContext: { tenant: 7 } } } }, absent],
    ['kms:EncryptionContext:tenant', { request: { parameters: { EncryptionContext: ['a'] } } }, absent],
    ['kms:EncryptionContext:0', { request: { parameters: { EncryptionContext: ['a'] } } }, absent],
    ['kms:EncryptionContext:tenant', { request: { parameters: { EncryptionContext: null } } }, absent],
    ['kms:EncryptionContext:tenant', { request: { parameters: { EncryptionContext: 'tenant' } } }, absent],
    [
      'kms:EncryptionContext:tenant',
      { request: { encryptionContext: P, parameters: { EncryptionContext: { tenant: 'b' } } } },
      'a',
    ],
    // ReEncrypt has one at each end; what stands beside them is of either.
    ['kms:EncryptionContext:tenant', { action: 'kms:ReEncryptFrom', request: { encryptionContext: P } }, 'a'],
    ['kms:EncryptionContext:tenant', { action: 'kms:ReEncryptTo', request: { encryptionContext: P } }, 'a'],
    [
      'kms:EncryptionContext:tenant',
      {
        action: 'kms:ReEncryptTo',
        request: { encryptionContext: P, parameters: { DestinationEncryptionContext: {} } },
      },
      absent,
    ],
    [
      'kms:EncryptionContext:tenant',
      { action: 'kms:ReEncryptTo', request: { parameters: { SourceEncryptionContext: P } } },
      absent,
    ],
    // Decrypt has neither end.
    [
      'kms:EncryptionContext:tenant',
      { request: { parameters: { SourceEncryptionContext: P, DestinationEncryptionContext: P } } },
      absent,
    ],
    // Of an operation that has none.
    ['kms:EncryptionContext:tenant', { action: 'kms:Sign', request: { encryptionContext: P } }, absent],
    // Of the grant to make or to retire.
    ['kms:EncryptionContext:tenant', making({ encryptionContext: P }), unknown],
    ['kms:EncryptionContext:tenant', making({ createGrant: grant }), absent],
    ['kms:EncryptionContext:tenant', input({ Constraints: { EncryptionContextEquals: P } }), 'a'],
    [
      'kms:EncryptionContext:tenant',
      input({ Constraints: { EncryptionContextEquals: P, EncryptionContextSubset: { tenant: 'b' } } }),
      'a',
    ],
    ['kms:EncryptionContextKeys', { action: 'kms:RetireGrant' }, unknown],
    ['kms:EncryptionContextKeys', { action: 'kms:RetireGrant', retiredConstraints: {} }, absent],
    [
      'kms:EncryptionContextKeys',
      { action: 'kms:RetireGrant', retiredConstraints: { encryptionContextEquals: P } },
      ['tenant'],
    ],
  ])
})
