/** AWS managed keys. Facts: D8, kms-behaviour 4, 7 and 16. */
import { describe, expect, test } from 'vitest'
import { ACCOUNT, ADMIN, keyId, NOBODY, OTHER_ACCOUNT, REGION, testKms } from '../test-kms.js'

const DAY_MS = 86_400_000
const KEY = 'alias/aws/s3'
/** Somebody without any permission, for whom S3 calls. */
const THROUGH_S3 = { ...NOBODY, via: `s3.${REGION}.amazonaws.com` }

async function used() {
  const kms = await testKms()
  const data = await kms.ok('GenerateDataKey', { KeyId: KEY, KeySpec: 'AES_256' }, THROUGH_S3)
  return { kms, data, arn: data.KeyId! }
}

describe('the key of a service', () => {
  test('is made when the service first uses it, and is there from then on', async () => {
    const { kms, arn } = await used()
    expect((await kms.ok('GenerateDataKey', { KeyId: KEY, KeySpec: 'AES_256' }, THROUGH_S3)).KeyId).toBe(arn)
    const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId: KEY })
    expect(KeyMetadata).toMatchObject({ Arn: arn, KeyManager: 'AWS', KeyState: 'Enabled', Origin: 'AWS_KMS' })
    expect((await kms.ok('ListAliases', {})).Aliases?.map(({ AliasName }) => AliasName)).toEqual([KEY])
  })

  test('is not made by anybody else, nor through another service', async () => {
    const kms = await testKms()
    const missing = `NotFoundException: Alias arn:aws:kms:${REGION}:${ACCOUNT}:${KEY} is not found.`
    expect(await kms.fails('Encrypt', { KeyId: KEY, Plaintext: Buffer.from('x') })).toBe(missing)
    const throughEbs = { ...ADMIN, via: `ec2.${REGION}.amazonaws.com` }
    expect(await kms.fails('Encrypt', { KeyId: KEY, Plaintext: Buffer.from('x') }, throughEbs)).toBe(missing)
    await kms.ok('Encrypt', { KeyId: 'alias/aws/ebs', Plaintext: Buffer.from('x') }, throughEbs)
  })

  test('is each account its own', async () => {
    const { kms, arn, data } = await used()
    const stranger = { principal: `arn:aws:iam::${OTHER_ACCOUNT}:user/stranger`, via: THROUGH_S3.via }
    const theirs = await kms.ok('GenerateDataKey', { KeyId: KEY, KeySpec: 'AES_256' }, stranger)
    expect(theirs.KeyId).not.toBe(arn)
    expect(await kms.fails('Decrypt', { CiphertextBlob: data.CiphertextBlob }, stranger)).toMatch(/^AccessDenied/)
  })

  test('is used through the service by everybody of the account, and directly by nobody', async () => {
    const { kms, data } = await used()
    const input = { CiphertextBlob: data.CiphertextBlob! }
    await kms.ok('Decrypt', input, THROUGH_S3)
    expect(await kms.fails('Decrypt', input, NOBODY)).toMatch(/^AccessDenied/)
    expect(await kms.fails('Decrypt', input, ADMIN)).toMatch(/^AccessDenied/)
    await kms.ok('GetKeyPolicy', { KeyId: data.KeyId! })
  })

  test('rotates every year', async () => {
    const { kms, arn } = await used()
    const first = (await kms.ok('DescribeKey', { KeyId: arn })).KeyMetadata?.CurrentKeyMaterialId
    expect(await kms.ok('GetKeyRotationStatus', { KeyId: arn })).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
    })
    kms.clock.nowMs += 365 * DAY_MS
    expect((await kms.ok('DescribeKey', { KeyId: arn })).KeyMetadata?.CurrentKeyMaterialId).not.toBe(first)
  })

  test('does not count against the quota of keys', async () => {
    const kms = await testKms({ quotas: { keysPerRegion: 1 } })
    await kms.ok('Encrypt', { KeyId: KEY, Plaintext: Buffer.from('x') }, THROUGH_S3)
    await kms.ok('CreateKey', {})
    expect(await kms.fails('CreateKey', {})).toMatch(/^LimitExceeded/)
  })
})

describe('nobody changes it, not even where nothing is enforced', () => {
  const CHANGES: readonly (readonly [string, (KeyId: string) => object])[] = [
    ['DisableKey', (KeyId) => ({ KeyId })],
    ['EnableKey', (KeyId) => ({ KeyId })],
    ['ScheduleKeyDeletion', (KeyId) => ({ KeyId })],
    ['PutKeyPolicy', (KeyId) => ({ KeyId, Policy: '{}' })],
    ['TagResource', (KeyId) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
    ['UntagResource', (KeyId) => ({ KeyId, TagKeys: ['a'] })],
    ['UpdateKeyDescription', (KeyId) => ({ KeyId, Description: 'mine' })],
    ['EnableKeyRotation', (KeyId) => ({ KeyId })],
    ['DisableKeyRotation', (KeyId) => ({ KeyId })],
    ['RotateKeyOnDemand', (KeyId) => ({ KeyId })],
    ['CreateAlias', (TargetKeyId) => ({ AliasName: 'alias/mine', TargetKeyId })],
  ]
  for (const [name, input] of CHANGES) {
    test(name, async () => {
      const kms = await testKms({ mode: 'allowAll' })
      const { KeyId } = await kms.ok('Encrypt', { KeyId: KEY, Plaintext: Buffer.from('x') }, THROUGH_S3)
      const answer = await kms.fails(name as 'DisableKey', input(KeyId!))
      expect(answer).toMatch(/^(?:UnsupportedOperation|Validation|InvalidAliasName)Exception/)
    })
  }

  test('and its alias stays', async () => {
    const kms = await testKms({ mode: 'allowAll' })
    await kms.ok('Encrypt', { KeyId: KEY, Plaintext: Buffer.from('x') }, THROUGH_S3)
    const own = keyId(await kms.ok('CreateKey', {}))
    expect(await kms.fails('DeleteAlias', { AliasName: KEY })).toMatch(/^ValidationException/)
    expect(await kms.fails('UpdateAlias', { AliasName: KEY, TargetKeyId: own })).toMatch(/^ValidationException/)
  })
})
