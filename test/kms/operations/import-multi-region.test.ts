/**
 * Imported material of multi-Region keys: when what is pending may be rotated to.
 *
 * Facts: kms-behaviour 8, "Multi-Region"; KMS API Reference, "ImportKeyMaterial", "RotationsListEntry".
 */
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { ADMIN, keyId, testKms, type TestKms } from '../test-kms.js'

const DAY_MS = 86_400_000
const REPLICA = 'eu-west-1'
const THERE = { ...ADMIN, region: REPLICA }
const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const
const TEXT = Buffer.from('x')

const PENDING_EVERYWHERE = 'PENDING_ROTATION IMPORTED'
const PENDING_HERE = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION IMPORTED'
const PENDING_IMPORT = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION PENDING_IMPORT'
const CURRENT = 'CURRENT IMPORTED'

async function imported(
  kms: TestKms,
  KeyId: string,
  material: Buffer,
  caller: KmsCaller,
  change: Partial<KmsInputs['ImportKeyMaterial']> = {},
) {
  const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const { PublicKey, ImportToken } = await kms.ok('GetParametersForImport', { KeyId, ...wrapping }, caller)
  const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const EncryptedKeyMaterial = publicEncrypt({ key, ...padding }, material)
  const input = { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial, ...FOREVER, ...change }
  const { KeyMaterialId } = await kms.ok('ImportKeyMaterial', input, caller)
  return KeyMaterialId!
}

const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const

/** The state and import state of every material that the key knows. */
async function materials(kms: TestKms, KeyId: string, caller: KmsCaller): Promise<readonly string[]> {
  const input = { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' } as const
  const { Rotations } = await kms.ok('ListKeyRotations', input, caller)
  return (Rotations ?? []).map(({ KeyMaterialState, ImportState }) => `${KeyMaterialState} ${ImportState}`)
}

/** What both keys know: the primary's materials, then the replica's. */
async function both(kms: TestKms, KeyId: string) {
  return [await materials(kms, KeyId, ADMIN), await materials(kms, KeyId, THERE)]
}

/** A primary and its replica, which have the same first material. */
async function family() {
  const kms = await testKms()
  const KeyId = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL', MultiRegion: true }))
  const first = randomBytes(32)
  await imported(kms, KeyId, first, ADMIN)
  await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })
  await imported(kms, KeyId, first, THERE)
  return { kms, KeyId }
}

test('new material is ready when the last of the related keys has it, and all rotate to it', async () => {
  const { kms, KeyId } = await family()
  const second = randomBytes(32)
  await imported(kms, KeyId, second, ADMIN, NEW)
  expect(await both(kms, KeyId)).toEqual([
    [CURRENT, PENDING_HERE],
    [CURRENT, PENDING_IMPORT],
  ])
  expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/)
  await imported(kms, KeyId, second, THERE)
  expect(await both(kms, KeyId)).toEqual([
    [CURRENT, PENDING_EVERYWHERE],
    [CURRENT, PENDING_EVERYWHERE],
  ])
  await kms.ok('RotateKeyOnDemand', { KeyId })
  const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: TEXT }, THERE)
  expect(Buffer.from((await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).Plaintext!)).toEqual(TEXT)
})

describe('pending material that goes', () => {
  test('from the primary at its date goes from the replica too, and makes room for the next', async () => {
    const { kms, KeyId } = await family()
    const lost = randomBytes(32)
    const ValidTo = new Date(kms.clock.nowMs + DAY_MS)
    await imported(kms, KeyId, lost, ADMIN, { ...NEW, ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo })
    await imported(kms, KeyId, lost, THERE)
    kms.clock.nowMs += DAY_MS
    await kms.kms.tick()
    expect(await both(kms, KeyId)).toEqual([[CURRENT], [CURRENT]])
    const next = randomBytes(32)
    await imported(kms, KeyId, next, ADMIN, NEW)
    await imported(kms, KeyId, next, THERE)
    expect(await both(kms, KeyId)).toEqual([
      [CURRENT, PENDING_EVERYWHERE],
      [CURRENT, PENDING_EVERYWHERE],
    ])
  })

  test('from the primary by hand goes from the replica too', async () => {
    const { kms, KeyId } = await family()
    const KeyMaterialId = await imported(kms, KeyId, randomBytes(32), ADMIN, NEW)
    await kms.ok('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId })
    expect(await both(kms, KeyId)).toEqual([[CURRENT], [CURRENT]])
  })

  for (const how of ['by hand', 'at its date'] as const) {
    test(`from a replica ${how} is waited for there, and nothing is rotated to meanwhile`, async () => {
      const { kms, KeyId } = await family()
      const second = randomBytes(32)
      await imported(kms, KeyId, second, ADMIN, NEW)
      const ValidTo = new Date(kms.clock.nowMs + DAY_MS)
      const expiring = how === 'by hand' ? {} : { ExpirationModel: 'KEY_MATERIAL_EXPIRES' as const, ValidTo }
      const KeyMaterialId = await imported(kms, KeyId, second, THERE, expiring)
      if (how === 'by hand') {
        await kms.ok('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId }, THERE)
      } else {
        kms.clock.nowMs += DAY_MS
        await kms.kms.tick()
      }
      expect(await both(kms, KeyId)).toEqual([
        [CURRENT, PENDING_HERE],
        [CURRENT, PENDING_IMPORT],
      ])
      expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/)
      await imported(kms, KeyId, second, THERE)
      await kms.ok('RotateKeyOnDemand', { KeyId })
      expect(await kms.fails('Encrypt', { KeyId, Plaintext: TEXT }, THERE)).toBe('succeeded')
    })
  }
})

test('what waits for a replica that became the primary can be given up there', async () => {
  const { kms, KeyId } = await family()
  const KeyMaterialId = await imported(kms, KeyId, randomBytes(32), ADMIN, NEW)
  await kms.ok('UpdatePrimaryRegion', { KeyId, PrimaryRegion: REPLICA })
  await kms.ok('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId }, THERE)
  expect(await both(kms, KeyId)).toEqual([[CURRENT], [CURRENT]])
  await imported(kms, KeyId, randomBytes(32), THERE, NEW)
  expect(await both(kms, KeyId)).toEqual([
    [CURRENT, PENDING_IMPORT],
    [CURRENT, PENDING_HERE],
  ])
})

test('a new replica has to be given what waits for its rotation', async () => {
  const kms = await testKms()
  const KeyId = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL', MultiRegion: true }))
  const first = randomBytes(32)
  const second = randomBytes(32)
  await imported(kms, KeyId, first, ADMIN)
  await imported(kms, KeyId, second, ADMIN, NEW)
  expect(await materials(kms, KeyId, ADMIN)).toEqual([CURRENT, PENDING_EVERYWHERE])
  await kms.ok('ReplicateKey', { KeyId, ReplicaRegion: REPLICA })
  await imported(kms, KeyId, first, THERE)
  expect(await both(kms, KeyId)).toEqual([
    [CURRENT, PENDING_HERE],
    [CURRENT, PENDING_IMPORT],
  ])
  expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/)
  // Encrypting goes on with the material that both have.
  expect(await kms.fails('Encrypt', { KeyId, Plaintext: TEXT }, THERE)).toBe('succeeded')
  await imported(kms, KeyId, second, THERE)
  await kms.ok('RotateKeyOnDemand', { KeyId })
  expect(await kms.fails('Encrypt', { KeyId, Plaintext: TEXT }, THERE)).toBe('succeeded')
})

test('a replica that is gone is no longer waited for', async () => {
  const { kms, KeyId } = await family()
  await imported(kms, KeyId, randomBytes(32), ADMIN, NEW)
  await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, THERE)
  expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/)
  kms.clock.nowMs += 7 * DAY_MS
  await kms.kms.tick()
  expect(await materials(kms, KeyId, ADMIN)).toEqual([CURRENT, PENDING_EVERYWHERE])
  await kms.ok('RotateKeyOnDemand', { KeyId })
})
