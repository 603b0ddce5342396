/** Rotation, by itself and on demand. Facts: kms-behaviour 7, 15 and 16. */
import { describe, expect, test } from 'vitest'
import { ADMIN, keyArnOf, keyId, testKms, type TestKms } from '../test-kms.js'

const DAY_MS = 86_400_000

async function rotating(periodInDays?: number) {
  const kms = await testKms()
  const created = await kms.ok('CreateKey', {})
  const KeyId = keyId(created)
  await kms.ok('EnableKeyRotation', {
    KeyId,
    ...(periodInDays === undefined ? {} : { RotationPeriodInDays: periodInDays }),
  })
  return { kms, KeyId, arn: keyArnOf(created) }
}

async function materialOf({ ok }: TestKms, KeyId: string) {
  return (await ok('DescribeKey', { KeyId })).KeyMetadata?.CurrentKeyMaterialId
}

describe('automatic rotation', () => {
  test('is off until it is enabled, with 365 days unless told otherwise', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    const KeyId = keyId(created)
    expect(await kms.ok('GetKeyRotationStatus', { KeyId })).toEqual({
      KeyId: keyArnOf(created),
      KeyRotationEnabled: false,
    })
    await kms.ok('EnableKeyRotation', { KeyId })
    expect(await kms.ok('GetKeyRotationStatus', { KeyId })).toEqual({
      KeyId: keyArnOf(created),
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
      NextRotationDate: new Date(kms.clock.nowMs + 365 * DAY_MS),
    })
    await kms.ok('DisableKeyRotation', { KeyId })
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(false)
  })

  for (const days of [89, 2561]) {
    test(`does not take ${days} days`, async () => {
      const kms = await testKms()
      const KeyId = keyId(await kms.ok('CreateKey', {}))
      expect(await kms.fails('EnableKeyRotation', { KeyId, RotationPeriodInDays: days })).toMatch(
        /^ValidationException/,
      )
    })
  }

  test('brings new material in time, and the old one still opens', async () => {
    const { kms, KeyId } = await rotating(90)
    const first = await materialOf(kms, KeyId)
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('old') })
    kms.clock.nowMs += 90 * DAY_MS - 1
    expect(await materialOf(kms, KeyId)).toBe(first)
    kms.clock.nowMs += 1
    const second = await materialOf(kms, KeyId)
    expect(second).not.toBe(first)
    const opened = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('old')
    expect(opened.KeyMaterialId).toBe(first)
    const again = await kms.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
    expect(again.KeyMaterialId).toBe(second)
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).NextRotationDate).toEqual(
      new Date(kms.clock.nowMs + 90 * DAY_MS),
    )
  })

  test('is told by the service itself (kms-behaviour 15)', async () => {
    const { kms, KeyId, arn } = await rotating(90)
    kms.clock.nowMs += 90 * DAY_MS
    await kms.kms.tick()
    expect(kms.records.at(-1)).toMatchObject({
      eventName: 'RotateKey',
      eventType: 'AwsServiceEvent',
      resources: [{ ARN: arn }],
      serviceEventDetails: { rotationType: 'AUTOMATIC', keyId: KeyId },
    })
  })

  test('waits while the key is disabled, and comes at once when it is enabled', async () => {
    const { kms, KeyId } = await rotating(90)
    const first = await materialOf(kms, KeyId)
    await kms.ok('DisableKey', { KeyId })
    kms.clock.nowMs += 300 * DAY_MS
    expect(await kms.kms.tick()).toBe(0)
    expect(await materialOf(kms, KeyId)).toBe(first)
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(true)
    await kms.ok('EnableKey', { KeyId })
    expect(await materialOf(kms, KeyId)).not.toBe(first)
    expect((await kms.ok('ListKeyRotations', { KeyId })).Rotations).toHaveLength(1)
  })

  test('is off while the key waits for its deletion, and on again after', async () => {
    const { kms, KeyId } = await rotating(90)
    await kms.ok('ScheduleKeyDeletion', { KeyId })
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(false)
    await kms.ok('CancelKeyDeletion', { KeyId })
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(true)
  })

  test('is for symmetric encryption keys with material of KMS alone', async () => {
    const kms = await testKms()
    const pair = await kms.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    const mac = await kms.ok('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    const external = await kms.ok('CreateKey', { Origin: 'EXTERNAL' })
    for (const key of [pair, mac, external]) {
      expect(await kms.fails('EnableKeyRotation', { KeyId: keyId(key) })).toMatch(/^UnsupportedOperationException/)
    }
    expect(await kms.fails('GetKeyRotationStatus', { KeyId: keyId(pair) })).toMatch(/^UnsupportedOperationException/)
    expect(await kms.fails('EnableKeyRotation', { KeyId: keyId(external) })).toBe(
      `UnsupportedOperationException: ${keyArnOf(external)} origin is EXTERNAL which is not valid for this operation.`,
    )
  })
})

describe('rotation on demand', () => {
  test('comes at once and does not move the schedule', async () => {
    const { kms, KeyId, arn } = await rotating(365)
    const first = await materialOf(kms, KeyId)
    const before = (await kms.ok('GetKeyRotationStatus', { KeyId })).NextRotationDate
    kms.clock.nowMs += DAY_MS
    expect(await kms.ok('RotateKeyOnDemand', { KeyId })).toEqual({ KeyId: arn })
    const second = await materialOf(kms, KeyId)
    expect(second).not.toBe(first)
    expect((await kms.ok('GetKeyRotationStatus', { KeyId })).NextRotationDate).toEqual(before)
    expect((await kms.ok('ListKeyRotations', { KeyId })).Rotations).toEqual([
      {
        KeyId: arn,
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: new Date(kms.clock.nowMs),
        RotationType: 'ON_DEMAND',
      },
    ])
    expect((await kms.ok('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations).toEqual([
      { KeyId: arn, KeyMaterialId: first, KeyMaterialState: 'NON_CURRENT' },
      expect.objectContaining({ KeyMaterialId: second }),
    ])
  })

  test('25 times in the life of a key, automatic rotations not counted', async () => {
    const { kms, KeyId } = await rotating(90)
    for (let index = 0; index < 25; index++) {
      kms.clock.nowMs += 10 * DAY_MS
      await kms.ok('RotateKeyOnDemand', { KeyId })
    }
    expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^LimitExceededException/)
  })

  test('25 times for all related keys together, whichever of them is the primary', async () => {
    const kms = await testKms()
    const KeyId = keyId(await kms.ok('CreateKey', { MultiRegion: true }))
    for (let index = 0; index < 25; index++) await kms.ok('RotateKeyOnDemand', { KeyId })
    await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' })
    await kms.ok('UpdatePrimaryRegion', { KeyId, PrimaryRegion: 'eu-west-1' })
    const there = { ...ADMIN, region: 'eu-west-1' }
    expect(await kms.fails('RotateKeyOnDemand', { KeyId }, there)).toMatch(/^LimitExceededException/)
  })

  test('not within 20 minutes of an automatic one', async () => {
    const { kms, KeyId } = await rotating(90)
    kms.clock.nowMs += 90 * DAY_MS - 20 * 60_000
    expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^ConflictException/)
    kms.clock.nowMs -= 1
    await kms.ok('RotateKeyOnDemand', { KeyId })
  })

  test('not of a disabled key', async () => {
    const { kms, KeyId, arn } = await rotating(90)
    await kms.ok('DisableKey', { KeyId })
    expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toBe(`DisabledException: ${arn} is disabled.`)
    // Its state comes before its kind: the table of key states has one answer for all that are disabled.
    const pair = await kms.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(await kms.fails('RotateKeyOnDemand', { KeyId: keyId(pair) })).toMatch(/^UnsupportedOperationException/)
    await kms.ok('DisableKey', { KeyId: keyId(pair) })
    expect(await kms.fails('RotateKeyOnDemand', { KeyId: keyId(pair) })).toMatch(/^DisabledException/)
  })

  test('leaves two records: the request and the rotation', async () => {
    const { kms, KeyId, arn } = await rotating(90)
    kms.records.length = 0
    await kms.ok('RotateKeyOnDemand', { KeyId })
    expect(kms.records.map(({ eventName, eventType }) => [eventName, eventType])).toEqual([
      ['RotateKeyOnDemand', 'AwsApiCall'],
      ['RotateKey', 'AwsServiceEvent'],
    ])
    expect(kms.records[0]?.responseElements).toEqual({ keyId: arn })
    expect(kms.records[1]?.serviceEventDetails).toEqual({ rotationType: 'ON_DEMAND', keyId: KeyId })
  })
})

test('a key of many rotations lists them in pages', async () => {
  const { kms, KeyId } = await rotating(90)
  for (let index = 0; index < 7; index++) {
    kms.clock.nowMs += DAY_MS
    await kms.ok('RotateKeyOnDemand', { KeyId })
  }
  const first = await kms.ok('ListKeyRotations', { KeyId, Limit: 5 })
  expect(first.Truncated).toBe(true)
  const second = await kms.ok('ListKeyRotations', { KeyId, Limit: 5, Marker: first.NextMarker! })
  expect(second.Truncated).toBe(false)
  expect([...first.Rotations!, ...second.Rotations!]).toHaveLength(7)
})
