/** Deletion of keys and its cancelling. Facts: kms-behaviour 2, 9 and 15. */
import { describe, expect, test } from 'vitest'
import { keyArnOf, keyId, lastRecord, testKms } from '../test-kms.js'

const DAY_MS = 86_400_000

async function scheduled(days?: number) {
  const kms = await testKms()
  const created = await kms.ok('CreateKey', {})
  const output = await kms.ok('ScheduleKeyDeletion', {
    KeyId: keyId(created),
    ...(days === undefined ? {} : { PendingWindowInDays: days }),
  })
  return { kms, id: keyId(created), arn: keyArnOf(created), output }
}

describe('ScheduleKeyDeletion', () => {
  test('waits 30 days unless told otherwise', async () => {
    const { kms, arn, output } = await scheduled()
    expect(output).toEqual({
      KeyId: arn,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 30,
      DeletionDate: new Date(kms.clock.nowMs + 30 * DAY_MS),
    })
    const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId: arn })
    expect(KeyMetadata).toMatchObject({
      KeyState: 'PendingDeletion',
      Enabled: false,
      DeletionDate: new Date(kms.clock.nowMs + 30 * DAY_MS),
    })
  })

  for (const days of [6, 31, 0, 366]) {
    test(`refuses ${days} days`, async () => {
      const kms = await testKms()
      const id = keyId(await kms.ok('CreateKey', {}))
      expect(await kms.fails('ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: days })).toMatch(
        // What the model lets through has words of its own.
        days === 6 || days === 31
          ? /^ValidationException: PendingWindowInDays must be between 7 and 30$/
          : /^ValidationException: 1 validation error detected/,
      )
    })
  }

  test('leaves nothing to do with the key but to cancel, and to look at it', async () => {
    const { kms, id, arn } = await scheduled(7)
    const pending = `KMSInvalidStateException: ${arn} is pending deletion.`
    expect(await kms.fails('ScheduleKeyDeletion', { KeyId: id })).toBe(pending)
    expect(await kms.fails('EnableKey', { KeyId: id })).toBe(pending)
    expect(await kms.fails('Encrypt', { KeyId: id, Plaintext: Buffer.from('x') })).toBe(pending)
    expect(await kms.fails('CreateAlias', { AliasName: 'alias/x', TargetKeyId: id })).toBe(pending)
    await kms.ok('GetKeyPolicy', { KeyId: id })
    await kms.ok('ListGrants', { KeyId: id })
  })

  test('a disabled key can be scheduled, and is pending then', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    await kms.ok('DisableKey', { KeyId: keyId(created) })
    await kms.ok('ScheduleKeyDeletion', { KeyId: keyId(created) })
    expect(await kms.fails('Encrypt', { KeyId: keyId(created), Plaintext: Buffer.from('x') })).toBe(
      `KMSInvalidStateException: ${keyArnOf(created)} is pending deletion.`,
    )
  })
})

describe('CancelKeyDeletion', () => {
  test('leaves the key disabled, and what it sealed opens again once it is enabled', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    const KeyId = keyId(created)
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('keep') })
    await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    kms.clock.nowMs += 7 * DAY_MS - 1
    expect(await kms.ok('CancelKeyDeletion', { KeyId })).toEqual({ KeyId: keyArnOf(created) })
    const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId })
    expect(KeyMetadata?.KeyState).toBe('Disabled')
    expect(KeyMetadata?.DeletionDate).toBeUndefined()
    kms.clock.nowMs += 60 * DAY_MS
    await kms.ok('EnableKey', { KeyId })
    const opened = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('keep')
  })

  test('of a key that is not pending', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    expect(await kms.fails('CancelKeyDeletion', { KeyId: keyId(created) })).toBe(
      `KMSInvalidStateException: ${keyArnOf(created)} is not pending deletion`,
    )
  })
})

describe('when the waiting period is over', () => {
  test('the key is gone with everything of it, whether or not anybody calls tick', async () => {
    const { kms, id, arn } = await scheduled(7)
    kms.clock.nowMs += 7 * DAY_MS
    expect(await kms.fails('DescribeKey', { KeyId: id })).toBe(`NotFoundException: Key '${arn}' does not exist`)
    expect((await kms.ok('ListKeys', {})).Keys).toEqual([])
  })

  test('its aliases, grants and material are gone from the store', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    const KeyId = keyId(created)
    await kms.ok('CreateAlias', { AliasName: 'alias/gone', TargetKeyId: KeyId })
    await kms.ok('CreateGrant', {
      KeyId,
      GranteePrincipal: 'arn:aws:iam::444455556666:role/x',
      RetiringPrincipal: 'arn:aws:iam::111122223333:user/admin',
      Operations: ['Decrypt'],
    })
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    kms.clock.nowMs += 8 * DAY_MS
    expect(await kms.kms.tick()).toBe(1)
    const { rows } = await kms.store.scan('', { limit: 1000 })
    expect(rows.map(({ name }) => name).filter((name) => name.includes(KeyId))).toEqual([])
    expect(rows.filter(({ name }) => name.startsWith('alias/'))).toEqual([])
    expect(await kms.fails('Decrypt', { CiphertextBlob })).toMatch(
      /^AccessDeniedException: The ciphertext refers to a customer master key that does not exist/,
    )
    expect(await kms.kms.tick()).toBe(0)
  })

  test('the service says so in the audit trail (kms-behaviour 15)', async () => {
    const { kms, id, arn } = await scheduled(7)
    kms.clock.nowMs += 7 * DAY_MS
    await kms.kms.tick()
    expect(lastRecord(kms)).toMatchObject({
      eventName: 'DeleteKey',
      eventType: 'AwsServiceEvent',
      userIdentity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
      sourceIPAddress: 'AWS Internal',
      requestParameters: null,
      responseElements: null,
      resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: arn }],
      serviceEventDetails: { keyId: id },
    })
  })

  test('a moment earlier it is still there', async () => {
    const { kms, id } = await scheduled(7)
    kms.clock.nowMs += 7 * DAY_MS - 1
    expect(await kms.kms.tick()).toBe(0)
    await kms.ok('DescribeKey', { KeyId: id })
  })
})
