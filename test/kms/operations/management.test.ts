/**
 * CreateKey, DescribeKey, lists, key policies, tags, descriptions, switching keys on and off; how keys are named.
 *
 * Source: KMS API Reference, pages of these operations; KMS Developer Guide, "Key identifiers"; facts H; kms-behaviour 3,
 * 4, 6, 12, 14.
 */
import { describe, expect, test } from 'vitest'
import type { KeySpec, KeyUsageType } from '../../../src/kms/shapes.js'
import {
  ACCOUNT,
  ADMIN,
  keyArnOf,
  lastRecord,
  NOBODY,
  OTHER_ACCOUNT,
  START_MS,
  testKms,
  matching,
} from '../test-kms.js'
import { makeKey } from './samples.js'

const UNKNOWN = '12345678-1234-1234-1234-123456789012'

describe('CreateKey', () => {
  test('a symmetric encryption key is what comes without asking', async () => {
    const t = await testKms()
    const { KeyMetadata } = await t.ok('CreateKey', {})
    expect(KeyMetadata).toEqual({
      AWSAccountId: ACCOUNT,
      KeyId: matching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      Arn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KeyMetadata?.KeyId}`,
      CreationDate: new Date(START_MS),
      Enabled: true,
      Description: '',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: matching(/^[0-9a-f]{64}$/),
    })
    expect(await t.ok('DescribeKey', { KeyId: KeyMetadata!.KeyId })).toEqual({ KeyMetadata })
    await t.kms.close()
  })

  const KINDS: readonly (readonly [KeySpec, KeyUsageType, string, readonly string[]])[] = [
    ['RSA_2048', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']],
    ['ECC_NIST_P256', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
    ['ECC_NIST_P521', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
    ['ECC_SECG_P256K1', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
    ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', 'SigningAlgorithms', ['ED25519_SHA_512', 'ED25519_PH_SHA_512']],
    ['HMAC_384', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_384']],
    ['ML_DSA_65', 'SIGN_VERIFY', 'SigningAlgorithms', ['ML_DSA_SHAKE_256']],
    ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', 'EncapsulationAlgorithms', ['ML_KEM']],
  ]
  for (const [KeySpec, KeyUsage, list, algorithms] of KINDS) {
    test(`${KeySpec} for ${KeyUsage}`, async () => {
      const t = await testKms()
      const { KeyMetadata } = await t.ok('CreateKey', { KeySpec, KeyUsage })
      expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage, CustomerMasterKeySpec: KeySpec, [list]: algorithms })
      const lists = Object.keys(KeyMetadata!).filter((name) => name.endsWith('Algorithms'))
      expect(lists).toEqual([list])
      expect(KeyMetadata).not.toHaveProperty('CurrentKeyMaterialId')
      await t.kms.close()
    })
  }

  test('a key that waits for its import', async () => {
    const t = await testKms()
    const { KeyMetadata } = await t.ok('CreateKey', { Origin: 'EXTERNAL' })
    expect(KeyMetadata).toMatchObject({ Origin: 'EXTERNAL', KeyState: 'PendingImport', Enabled: false })
    expect(KeyMetadata).not.toHaveProperty('CurrentKeyMaterialId')
    expect(KeyMetadata).not.toHaveProperty('ExpirationModel')
    await t.kms.close()
  })

  test('a multi-Region key', async () => {
    const t = await testKms()
    const { KeyMetadata } = await t.ok('CreateKey', { MultiRegion: true })
    expect(KeyMetadata).toMatchObject({
      KeyId: matching(/^mrk-[0-9a-f]{32}$/),
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'PRIMARY',
        PrimaryKey: { Arn: KeyMetadata?.Arn, Region: 'us-east-1' },
        ReplicaKeys: [],
      },
    })
    await t.kms.close()
  })

  const REFUSED: readonly { readonly input: unknown; readonly says: string }[] = [
    {
      input: { KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      says: 'ValidationException: You cannot specify KeySpec and CustomerMasterKeySpec in the same request.',
    },
    {
      input: { KeySpec: 'HMAC_256' },
      says: 'ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    },
    {
      input: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' },
      says: 'ValidationException: KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256',
    },
    {
      input: { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'KEY_AGREEMENT' },
      says: 'ValidationException: KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_SECG_P256K1',
    },
    {
      input: { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' },
      says: 'UnsupportedOperationException: KeySpec SM2 is not supported in this Region.',
    },
    {
      input: { XksKeyId: 'x' },
      says: 'ValidationException: XksKeyId is valid for keys of origin EXTERNAL_KEY_STORE only.',
    },
    {
      input: { Tags: [{ TagKey: 'AWS:x', TagValue: '' }] },
      says: 'TagException: Tags beginning with aws: are reserved',
    },
    {
      input: {
        Tags: [
          { TagKey: 'a', TagValue: '1' },
          { TagKey: 'a', TagValue: '2' },
        ],
      },
      says: 'TagException: Duplicate tag keys',
    },
    {
      input: { Tags: Array.from({ length: 51 }, (_, n) => ({ TagKey: `t${n}`, TagValue: '' })) },
      says: 'TagException: Too many tags',
    },
    { input: { Policy: '{' }, says: 'MalformedPolicyDocumentException' },
    {
      input: { Policy: ' '.repeat(32_769) },
      says: 'LimitExceededException: A key policy may have 32768 bytes at most.',
    },
  ]
  for (const { input, says } of REFUSED) {
    test(`refused: ${says}`, async () => {
      const t = await testKms()
      expect((await t.fails('CreateKey', input)).slice(0, says.length)).toBe(says)
      expect((await t.ok('ListKeys', {})).Keys).toEqual([])
      await t.kms.close()
    })
  }

  test('as many keys as the quota allows', async () => {
    const t = await testKms({ quotas: { keysPerRegion: 2 } })
    await t.ok('CreateKey', {})
    await t.ok('CreateKey', {})
    expect(await t.fails('CreateKey', {})).toBe('LimitExceededException: There are 2 keys in this Region already.')
    expect(await t.fails('CreateKey', {}, { ...ADMIN, region: 'eu-west-1' })).toBe('succeeded')
    await t.kms.close()
  })
})

describe('key policies', () => {
  const policy = (...statements: readonly object[]): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const allows = (principal: string, action = 'kms:*'): object => ({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: action,
    Resource: '*',
  })
  const LOCKED_OUT =
    'MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.'

  const LOCKOUTS = [
    { name: 'the caller itself', statement: allows(ADMIN.principal), locksOut: false },
    {
      name: 'the account, which delegates to the caller',
      statement: allows(`arn:aws:iam::${ACCOUNT}:root`),
      locksOut: false,
    },
    { name: 'somebody else', statement: allows(NOBODY.principal), locksOut: true },
    { name: 'the caller, for something else', statement: allows(ADMIN.principal, 'kms:Encrypt'), locksOut: true },
    { name: 'another account', statement: allows(`arn:aws:iam::${OTHER_ACCOUNT}:root`), locksOut: true },
  ]
  for (const { name, statement, locksOut } of LOCKOUTS) {
    test(`a policy that allows ${name} ${locksOut ? 'locks out' : 'does not lock out'}`, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'symmetric')
      const Policy = policy(statement)
      const expected = locksOut ? LOCKED_OUT : 'succeeded'
      expect(await t.fails('CreateKey', { Policy })).toBe(expected)
      expect(await t.fails('PutKeyPolicy', { KeyId, Policy })).toBe(expected)
      const bypassing = { KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }
      expect(await t.fails('PutKeyPolicy', bypassing)).toBe('succeeded')
      await t.kms.close()
    })
  }

  test('a delegating policy locks out who has no IAM policy for it', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric', {
      Policy: policy(allows(ADMIN.principal), allows(NOBODY.principal, 'kms:PutKeyPolicy')),
    })
    const Policy = policy(allows(`arn:aws:iam::${ACCOUNT}:root`))
    expect(await t.fails('PutKeyPolicy', { KeyId, Policy }, NOBODY)).toBe(LOCKED_OUT)
    await t.kms.close()
  })

  test('take effect at once and are read back as they were given', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const Policy = policy(allows(ADMIN.principal)) + '\n'
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toMatch(/^AccessDenied/)
    await t.ok('PutKeyPolicy', { KeyId, Policy: policy(allows(ADMIN.principal), allows(NOBODY.principal)) })
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toBe('succeeded')
    await t.ok('PutKeyPolicy', { KeyId, PolicyName: 'default', Policy })
    expect(lastRecord(t)).toMatchObject({
      readOnly: false,
      requestParameters: { keyId: KeyId, policyName: 'default', policy: Policy },
      responseElements: { keyId: KeyId },
    })
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toMatch(/^AccessDenied/)
    expect(await t.ok('GetKeyPolicy', { KeyId })).toEqual({ Policy, PolicyName: 'default' })
    expect(JSON.stringify(lastRecord(t))).not.toContain('Statement')
    expect(await t.ok('ListKeyPolicies', { KeyId })).toEqual({ PolicyNames: ['default'], Truncated: false })
    expect(await t.fails('GetKeyPolicy', { KeyId, PolicyName: 'other' })).toBe(
      'NotFoundException: No such policy exists: other',
    )
    await t.kms.close()
  })

  const REFUSED = [
    {
      name: 'no principal',
      text: policy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }),
      says: /^MalformedPolicyDocumentException/,
    },
    {
      name: 'a principal that does not exist',
      text: policy(allows(ADMIN.principal), allows(`arn:aws:iam::${ACCOUNT}:user/gone`)),
      says: /^MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals\.$/,
    },
    {
      name: 'a wildcard inside a principal',
      text: policy(allows(ADMIN.principal), allows(`arn:aws:iam::${ACCOUNT}:user/*`)),
      says: /^MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals\.$/,
    },
    {
      name: 'a group as a principal',
      text: policy(allows(ADMIN.principal), allows(`arn:aws:iam::${ACCOUNT}:group/admins`)),
      says: /^MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals\.$/,
    },
    {
      name: 'an effect that is none',
      text: policy({ ...allows(ADMIN.principal), Effect: 'Permit' }),
      says: /^MalformedPolicyDocumentException: `Permit` is not an effect$/,
    },
    {
      name: 'ForAllValues on what callers choose',
      text: policy(allows(ADMIN.principal), {
        ...allows(ADMIN.principal),
        Condition: { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:a': ['b'] } },
      }),
      says: /^MalformedPolicyDocumentException: OverlyPermissiveCondition/,
    },
  ]
  for (const { name, text, says } of REFUSED) {
    test(`refused: ${name}`, async () => {
      const t = await testKms({ isPrincipalKnown: (arn) => !arn.endsWith('/gone') })
      const KeyId = await makeKey(t, 'symmetric')
      expect(await t.fails('PutKeyPolicy', { KeyId, Policy: text })).toMatch(says)
      await t.kms.close()
    })
  }
})

describe('tags and descriptions', () => {
  test('tags are put over those that are there, and taken away by key', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric', {
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: 'b', TagValue: '2' },
      ],
    })
    await t.ok('TagResource', {
      KeyId,
      Tags: [
        { TagKey: 'a', TagValue: '3' },
        { TagKey: 'c', TagValue: '' },
      ],
    })
    expect(lastRecord(t)).toMatchObject({
      requestParameters: {
        keyId: KeyId,
        tags: [
          { tagKey: 'a', tagValue: '3' },
          { tagKey: 'c', tagValue: '' },
        ],
      },
      responseElements: { keyId: KeyId },
    })
    await t.ok('UntagResource', { KeyId, TagKeys: ['b', 'absent'] })
    const first = await t.ok('ListResourceTags', { KeyId, Limit: 1 })
    expect(first).toMatchObject({ Tags: [{ TagKey: 'a', TagValue: '3' }], Truncated: true })
    expect(await t.ok('ListResourceTags', { KeyId, Marker: first.NextMarker! })).toEqual({
      Tags: [{ TagKey: 'c', TagValue: '' }],
      Truncated: false,
    })
    await t.kms.close()
  })

  test('conditions see the tags of a key, of a request, and of a key to be made', async () => {
    const t = await testKms()
    const { policyOf } = await import('../test-kms.js')
    const statements = [
      { Action: 'kms:DescribeKey', Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } } },
      { Action: 'kms:TagResource', Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } } },
      { Action: 'kms:CreateKey', Condition: { StringEquals: { 'kms:KeySpec': 'HMAC_256' } } },
    ].map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement }))
    const policy = policyOf('identity', { Version: '2012-10-17', Statement: statements })
    t.kms.identities.putPrincipal({ arn: NOBODY.principal, policies: [policy] })
    const KeyId = await makeKey(t, 'symmetric')
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toMatch(/^AccessDenied/)
    await t.ok('TagResource', { KeyId, Tags: [{ TagKey: 'team', TagValue: 'blue' }] })
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toBe('succeeded')
    const tag = (TagKey: string): object => ({ KeyId, Tags: [{ TagKey, TagValue: 'red' }] })
    expect(await t.fails('TagResource', tag('size'), NOBODY)).toMatch(/^AccessDenied/)
    expect(await t.fails('TagResource', tag('team'), NOBODY)).toBe('succeeded')
    expect(await t.fails('CreateKey', {}, NOBODY)).toMatch(/^AccessDenied/)
    expect(await t.fails('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, NOBODY)).toBe(
      'succeeded',
    )
    await t.kms.close()
  })

  test('a description is replaced', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric', { Description: 'one' })
    await t.ok('UpdateKeyDescription', { KeyId, Description: '' })
    expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata?.Description).toBe('')
    await t.kms.close()
  })

  test('a disabled key shows it, and is enabled again', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    await t.ok('DisableKey', { KeyId })
    expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ Enabled: false, KeyState: 'Disabled' })
    await t.ok('EnableKey', { KeyId })
    expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ Enabled: true, KeyState: 'Enabled' })
    await t.kms.close()
  })

  test('kms:TrailingDaysWithoutKeyUsage guards the switch', async () => {
    const t = await testKms()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:DisableKey',
          Resource: '*',
          Condition: { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': '30' } },
        },
      ],
    })
    const KeyId = await makeKey(t, 'symmetric', { Policy })
    const DAY_MS = 86_400_000
    t.clock.nowMs += 31 * DAY_MS
    await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    t.clock.nowMs += 29 * DAY_MS
    expect(await t.fails('DisableKey', { KeyId })).toMatch(/with an explicit deny in a resource-based policy/)
    t.clock.nowMs += DAY_MS
    expect(await t.fails('DisableKey', { KeyId })).toBe('succeeded')
    await t.kms.close()
  })
})

describe('ListKeys', () => {
  test('goes over the keys of the account and Region in pages', async () => {
    const t = await testKms()
    const arns = new Set<string>()
    for (let count = 0; count < 5; count++) arns.add(await makeKey(t, 'symmetric'))
    await t.ok('CreateKey', {}, { ...ADMIN, region: 'eu-west-1' })
    const listed: string[] = []
    let Marker: string | undefined
    do {
      const page = await t.ok('ListKeys', { Limit: 2, Marker })
      listed.push(...page.Keys!.map(({ KeyArn }) => KeyArn!))
      expect(page.Truncated).toBe(page.NextMarker !== undefined)
      Marker = page.NextMarker
    } while (Marker !== undefined)
    expect(listed).toHaveLength(5)
    expect(new Set(listed)).toEqual(arns)
    await t.kms.close()
  })

  test('a marker is of its own list and untouched, or it is none', async () => {
    const t = await testKms()
    for (let count = 0; count < 3; count++) await makeKey(t, 'symmetric')
    const { NextMarker } = await t.ok('ListKeys', { Limit: 1 })
    const says = 'InvalidMarkerException: The marker is not valid.'
    expect(await t.fails('ListKeys', { Marker: 'nonsense' })).toBe(says)
    expect(await t.fails('ListKeys', { Marker: `${NextMarker!.slice(0, -4)}AAA=` })).toBe(says)
    expect(await t.fails('ListKeys', { Marker: NextMarker }, { ...ADMIN, region: 'eu-west-1' })).toBe(says)
    const KeyId = (await t.ok('ListKeys', {})).Keys![0]!.KeyId!
    expect(await t.fails('ListResourceTags', { KeyId, Marker: NextMarker })).toBe(says)
    await t.kms.close()
  })
})

describe('how a key is named', () => {
  test('by id, key ARN, alias name and alias ARN; the answer has the key ARN', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    const id = arn.slice(-36)
    await t.ok('CreateAlias', { AliasName: 'alias/app', TargetKeyId: id })
    const aliasArn = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/app`
    for (const KeyId of [id, arn, 'alias/app', aliasArn]) {
      expect((await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })).KeyId).toBe(arn)
      expect(lastRecord(t).requestParameters).toMatchObject({ keyId: KeyId })
    }
    for (const KeyId of [id, arn]) expect(await t.fails('GetKeyPolicy', { KeyId })).toBe('succeeded')
    expect(await t.fails('GetKeyPolicy', { KeyId: 'alias/app' })).toBe("NotFoundException: Invalid keyId 'alias/app'")
    expect(await t.fails('GetKeyPolicy', { KeyId: aliasArn })).toBe(
      'InvalidArnException: Key Aliases are not supported for this operation.',
    )
    await t.kms.close()
  })

  const NOT_FOUND = [
    { KeyId: UNKNOWN, says: `NotFoundException: Key 'arn:aws:kms:us-east-1:${ACCOUNT}:key/${UNKNOWN}' does not exist` },
    {
      KeyId: `arn:aws:kms:us-east-1:${ACCOUNT}:key/${UNKNOWN}`,
      says: `NotFoundException: Key 'arn:aws:kms:us-east-1:${ACCOUNT}:key/${UNKNOWN}' does not exist`,
    },
    { KeyId: 'alias/none', says: `NotFoundException: Alias arn:aws:kms:us-east-1:${ACCOUNT}:alias/none is not found.` },
    { KeyId: 'fake-key-id', says: "NotFoundException: Invalid keyId 'fake-key-id'" },
    { KeyId: 'no key!', says: "NotFoundException: Invalid keyId 'no key!'" },
    {
      KeyId: 'arn:aws:iam::111122223333:user/x',
      says: "InvalidArnException: Invalid arn 'arn:aws:iam::111122223333:user/x'",
    },
  ]
  for (const { KeyId, says } of NOT_FOUND) {
    test(`not found: ${KeyId}`, async () => {
      const t = await testKms()
      expect(await t.fails('DescribeKey', { KeyId })).toBe(says)
      expect(lastRecord(t)).toMatchObject({ eventName: 'DescribeKey', requestParameters: { keyId: KeyId } })
      expect(lastRecord(t).resources).toBeUndefined()
      await t.kms.close()
    })
  }

  test('an ARN of another partition is not found', async () => {
    const t = await testKms()
    const made = keyArnOf(await t.ok('CreateKey', {}))
    const KeyId = made.replace('arn:aws:', 'arn:aws-cn:')
    expect(await t.fails('DescribeKey', { KeyId })).toBe(`NotFoundException: Key '${KeyId}' does not exist`)
    await t.ok('CreateAlias', { AliasName: 'alias/here', TargetKeyId: made })
    const alias = `arn:aws-cn:kms:us-east-1:${ACCOUNT}:alias/here`
    expect(await t.fails('DescribeKey', { KeyId: alias })).toBe(`NotFoundException: Alias ${alias} is not found.`)
    await t.kms.close()
  })

  test('an ARN of another Region is not found, and nothing is forwarded', async () => {
    const t = await testKms()
    const KeyId = keyArnOf(await t.ok('CreateKey', {}, { ...ADMIN, region: 'eu-west-1' }))
    expect(await t.fails('DescribeKey', { KeyId })).toBe('NotFoundException: Invalid arn eu-west-1')
    expect(await t.fails('DescribeKey', { KeyId }, { ...ADMIN, region: 'eu-west-1' })).toBe('succeeded')
    await t.kms.close()
  })

  test('kms:RequestAlias tells how it was named', async () => {
    const t = await testKms()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { AWS: NOBODY.principal },
          Action: 'kms:Encrypt',
          Resource: '*',
          Condition: { StringEquals: { 'kms:RequestAlias': 'alias/app' } },
        },
      ],
    })
    const arn = await makeKey(t, 'symmetric', { Policy })
    await t.ok('CreateAlias', { AliasName: 'alias/app', TargetKeyId: arn })
    const Plaintext = Buffer.from('x')
    expect(await t.fails('Encrypt', { KeyId: arn, Plaintext }, NOBODY)).toMatch(/^AccessDenied/)
    expect(await t.fails('Encrypt', { KeyId: 'alias/app', Plaintext }, NOBODY)).toBe('succeeded')
    await t.kms.close()
  })
})
