/** Multi-Region keys. Facts: kms-behaviour 10, 15; D4. */
import { describe, expect, test } from 'vitest'
import { ACCOUNT, ADMIN, keyArnOf, keyId, policyOf, REGION, testKms } from '../test-kms.js'

const DAY_MS = 86_400_000
const REPLICA = 'eu-west-1'
const THERE = { ...ADMIN, region: REPLICA }

async function family(options: Parameters<typeof testKms>[0] = {}) {
  const kms = await testKms(options)
  const created = await kms.ok('CreateKey', { MultiRegion: true })
  const KeyId = keyId(created)
  const output = await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })
  return { kms, KeyId, arn: keyArnOf(created), replicaArn: keyArnOf(created).replace(REGION, REPLICA), output }
}

describe('ReplicateKey', () => {
  test('makes the same key elsewhere, Creating at first', async () => {
    const { kms, KeyId, arn, replicaArn, output } = await family({ transitionMs: 1000 })
    expect(KeyId).toMatch(/^mrk-[0-9a-f]{32}$/)
    expect(output.ReplicaKeyMetadata).toMatchObject({
      Arn: replicaArn,
      KeyId,
      KeyState: 'Creating',
      Enabled: false,
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: { Arn: arn, Region: REGION },
        ReplicaKeys: [{ Arn: replicaArn, Region: REPLICA }],
      },
    })
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') }, THERE)).toBe(
      `KMSInvalidStateException: ${replicaArn} is creating.`,
    )
    kms.clock.nowMs += 1000
    expect((await kms.ok('DescribeKey', { KeyId }, THERE)).KeyMetadata?.KeyState).toBe('Enabled')
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata?.MultiRegionConfiguration?.ReplicaKeys).toHaveLength(1)
  })

  test('what one seals the other opens, with the same context alone', async () => {
    const { kms, KeyId } = await family()
    const EncryptionContext = { a: 'b' }
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('both'), EncryptionContext })
    const opened = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob!, EncryptionContext }, THERE)
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('both')
    expect(opened.KeyId).toContain(REPLICA)
    expect(await kms.fails('Decrypt', { CiphertextBlob }, THERE)).toBe('InvalidCiphertextException')
  })

  test('signs and verifies across Regions', async () => {
    const kms = await testKms()
    const KeyId = keyId(
      await kms.ok('CreateKey', { MultiRegion: true, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    )
    await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })
    const input = { KeyId, Message: Buffer.from('m'), SigningAlgorithm: 'ECDSA_SHA_256' as const }
    const { Signature } = await kms.ok('Sign', input)
    expect((await kms.ok('Verify', { ...input, Signature: Signature! }, THERE)).SignatureValid).toBe(true)
    expect((await kms.ok('GetPublicKey', { KeyId }, THERE)).PublicKey).toEqual(
      (await kms.ok('GetPublicKey', { KeyId })).PublicKey,
    )
  })

  test('logs ReplicateKey in the primary Region and CreateKey in the other (kms-behaviour 15)', async () => {
    const { kms, arn, replicaArn } = await family()
    expect(kms.records.slice(-2).map((one) => [one.eventName, one.awsRegion, one.resources?.[0]?.ARN])).toEqual([
      ['ReplicateKey', REGION, arn],
      ['CreateKey', REPLICA, replicaArn],
    ])
    expect(kms.records.at(-1)?.userIdentity.invokedBy).toBe('AWS Internal')
  })

  test('refuses a single-Region key, a replica, a Region that has one, and its own', async () => {
    const { kms, KeyId } = await family()
    const single = keyId(await kms.ok('CreateKey', {}))
    const code = async (input: { KeyId: string; ReplicaRegion: string }, caller = ADMIN) =>
      (await kms.fails('ReplicateKey', input, caller)).split(':')[0]
    expect(await code({ KeyId: single, ReplicaRegion: REPLICA })).toBe('UnsupportedOperationException')
    expect(await code({ KeyId, ReplicaRegion: 'us-west-2' }, THERE)).toBe('UnsupportedOperationException')
    expect(await code({ KeyId, ReplicaRegion: REPLICA })).toBe('AlreadyExistsException')
    expect(await code({ KeyId, ReplicaRegion: REGION })).toBe('AlreadyExistsException')
    expect(await code({ KeyId, ReplicaRegion: 'cn-north-1' })).toBe('ValidationException')
  })

  test('needs kms:CreateKey in the other Region (D4)', async () => {
    const limited = policyOf('identity', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Deny',
          Action: 'kms:CreateKey',
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestedRegion': REPLICA } },
        },
      ],
    })
    const kms = await testKms({ identities: { principals: [{ arn: ADMIN.principal, policies: [limited] }] } })
    const KeyId = keyId(await kms.ok('CreateKey', { MultiRegion: true }))
    expect(await kms.fails('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })).toMatch(/kms:CreateKey/)
    await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: 'us-west-2' })
  })

  test('a policy that would lock the caller out is refused for the replica too', async () => {
    const { kms, KeyId } = await family()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/x` }, Action: 'kms:*', Resource: '*' },
      ],
    })
    const input = { KeyId, ReplicaRegion: 'us-west-2', Policy }
    expect(await kms.fails('ReplicateKey', input)).toMatch(
      /^MalformedPolicyDocumentException: The new key policy will not/,
    )
    await kms.ok('ReplicateKey', { ...input, BypassPolicyLockoutSafetyCheck: true })
  })
})

describe('what is shared and what is not', () => {
  test('a rotation of the primary reaches its replicas, whose own is refused', async () => {
    const { kms, KeyId, replicaArn } = await family()
    await kms.ok('RotateKeyOnDemand', { KeyId })
    const current = async (caller = ADMIN) =>
      (await kms.ok('DescribeKey', { KeyId }, caller)).KeyMetadata?.CurrentKeyMaterialId
    expect(await current(THERE)).toBe(await current())
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') }, THERE)
    await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
    expect(await kms.fails('RotateKeyOnDemand', { KeyId }, THERE)).toBe(
      `UnsupportedOperationException: ${replicaArn} is a replica: its primary key is rotated.`,
    )
    expect(kms.records.some(({ eventName }) => eventName === 'SynchronizeMultiRegionKey')).toBe(true)
  })

  test('states, aliases, tags and grants are each key its own', async () => {
    const { kms, KeyId } = await family()
    await kms.ok('DisableKey', { KeyId })
    await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') }, THERE)
    await kms.ok('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })
    expect((await kms.ok('ListResourceTags', { KeyId }, THERE)).Tags).toEqual([])
    await kms.ok('CreateAlias', { AliasName: 'alias/x', TargetKeyId: KeyId }, THERE)
    expect(await kms.fails('DescribeKey', { KeyId: 'alias/x' })).toMatch(/^NotFoundException/)
  })
})

describe('UpdatePrimaryRegion', () => {
  test('exchanges primary and replica, and both go on working meanwhile', async () => {
    const { kms, KeyId, arn, replicaArn } = await family({ transitionMs: 1000 })
    kms.clock.nowMs += 1000
    await kms.ok('UpdatePrimaryRegion', { KeyId, PrimaryRegion: REPLICA })
    for (const caller of [ADMIN, THERE]) {
      const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId }, caller)
      expect(KeyMetadata?.KeyState).toBe('Updating')
      await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') }, caller)
      expect(await kms.fails('DisableKey', { KeyId }, caller)).toMatch(/is updating\.$/)
    }
    kms.clock.nowMs += 1000
    expect((await kms.ok('DescribeKey', { KeyId }, THERE)).KeyMetadata).toMatchObject({
      KeyState: 'Enabled',
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'PRIMARY',
        PrimaryKey: { Arn: replicaArn },
        ReplicaKeys: [{ Arn: arn }],
      },
    })
    await kms.ok('RotateKeyOnDemand', { KeyId }, THERE)
    expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^UnsupportedOperationException/)
  })

  test('logs in both Regions', async () => {
    const { kms, KeyId } = await family()
    await kms.ok('UpdatePrimaryRegion', { KeyId, PrimaryRegion: REPLICA })
    expect(kms.records.slice(-2).map((one) => [one.eventName, one.awsRegion])).toEqual([
      ['UpdatePrimaryRegion', REGION],
      ['UpdatePrimaryRegion', REPLICA],
    ])
  })

  test('wants a replica there, and is asked of the primary', async () => {
    const { kms, KeyId } = await family()
    expect(await kms.fails('UpdatePrimaryRegion', { KeyId, PrimaryRegion: 'us-west-2' })).toMatch(/^NotFoundException/)
    expect(await kms.fails('UpdatePrimaryRegion', { KeyId, PrimaryRegion: REGION }, THERE)).toMatch(
      /^UnsupportedOperationException/,
    )
  })
})

describe('deletion', () => {
  test('a primary waits for its replicas, and then its own time', async () => {
    const { kms, KeyId, arn } = await family()
    expect(await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).toEqual({
      KeyId: arn,
      KeyState: 'PendingReplicaDeletion',
      PendingWindowInDays: 7,
    })
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({
      KeyState: 'PendingReplicaDeletion',
      PendingDeletionWindowInDays: 7,
    })
    kms.clock.nowMs += 30 * DAY_MS
    await kms.kms.tick()
    await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, THERE)
    kms.clock.nowMs += 7 * DAY_MS
    await kms.kms.tick()
    expect(await kms.fails('DescribeKey', { KeyId }, THERE)).toMatch(/^NotFoundException/)
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({
      KeyState: 'PendingDeletion',
      DeletionDate: new Date(kms.clock.nowMs + 7 * DAY_MS),
    })
    kms.clock.nowMs += 7 * DAY_MS
    await kms.kms.tick()
    expect(await kms.fails('DescribeKey', { KeyId })).toMatch(/^NotFoundException/)
  })

  test('a replica that is gone can be made again', async () => {
    const { kms, KeyId } = await family()
    await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, THERE)
    expect(await kms.fails('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })).toMatch(/^AlreadyExistsException/)
    kms.clock.nowMs += 7 * DAY_MS
    await kms.kms.tick()
    await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! }, THERE)
  })
})
