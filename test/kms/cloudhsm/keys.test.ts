/** Keys in CloudHSM key stores, on tokens of SoftHSM. Facts: kms-behaviour 2, 5, 13, 15. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { CloudHsmClusters } from '../../../src/kms/cloudhsm/clusters.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { StoreError, type Store } from '../../../src/kms/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { ACCOUNT, ADMIN, keyId, lastRecord, REGION, type TestKms } from '../test-kms.js'
import { at, bench, CLUSTER, CLUSTERS, DAY_MS, engine, PASSWORD, STORE } from './cluster-fixture.js'
import { reasonToSkip } from './soft-hsm.js'

const reason = reasonToSkip()

describe.skipIf(reason !== undefined)(
  `keys in CloudHSM key stores${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    const on = bench()
    const { aStore, connected, withKey } = on
    let t: TestKms
    beforeEach(() => {
      t = on.t
    })

    describe('a key', () => {
      test('is made in the cluster', async () => {
        const { created, CustomKeyStoreId, KeyId } = await withKey()
        expect(created.KeyMetadata).toMatchObject({
          Origin: 'AWS_CLOUDHSM',
          CustomKeyStoreId,
          CloudHsmClusterId: CLUSTER,
          KeyState: 'Enabled',
          KeySpec: 'SYMMETRIC_DEFAULT',
        })
        expect(created.KeyMetadata?.CurrentKeyMaterialId).toBeUndefined()
        const { rows } = await t.store.scan('', {})
        const names = rows.map(({ name }) => name)
        expect(names.filter((name) => name.startsWith('material/') && name.includes(KeyId))).toEqual([])
        expect(names.filter((name) => name.startsWith('custom-key-store-doomed/'))).toEqual([])
      })

      const MAKES: readonly (readonly [string, Partial<KmsInputs['CreateKey']>, string])[] = [
        ['of another spec', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException'],
        ['for MACs', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'UnsupportedOperationException'],
        ['of several Regions', { MultiRegion: true }, 'UnsupportedOperationException'],
        ['on an external key', { XksKeyId: 'one' }, 'ValidationException'],
        ['of an external key store', { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'one' }, 'ValidationException'],
        ['with imported material', { Origin: 'EXTERNAL' }, 'ValidationException'],
        ['in no key store', { CustomKeyStoreId: undefined }, 'ValidationException'],
        ['in an unknown one', { CustomKeyStoreId: 'cks-none' }, 'CustomKeyStoreNotFoundException'],
      ]
      test.each(MAKES)('is not made %s', async (_name, change, code) => {
        const CustomKeyStoreId = await connected()
        const answer = await t.fails('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId, ...change })
        expect(answer.split(':')[0]).toBe(code)
      })

      test('is not made in a store that is not connected', async () => {
        const CustomKeyStoreId = await aStore()
        expect(await t.fails('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })).toMatch(
          /^CustomKeyStoreInvalidStateException/,
        )
      })

      test('seals and opens with the same context alone', async () => {
        const { KeyId } = await withKey()
        const EncryptionContext = { tenant: 'a' }
        const Plaintext = Buffer.from('in the cluster')
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext, EncryptionContext })
        expect(Buffer.from(CiphertextBlob!).includes(Plaintext)).toBe(false)
        const opened = await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob!, EncryptionContext })
        expect(Buffer.from(opened.Plaintext!).toString()).toBe('in the cluster')
        expect(await t.fails('Decrypt', { CiphertextBlob })).toBe('InvalidCiphertextException')
        expect(await t.fails('Decrypt', { CiphertextBlob, EncryptionContext: { tenant: 'b' } })).toBe(
          'InvalidCiphertextException',
        )
        const largest = Buffer.alloc(4096, 1)
        const sealed = await t.ok('Encrypt', { KeyId, Plaintext: largest })
        expect(Buffer.from((await t.ok('Decrypt', { CiphertextBlob: sealed.CiphertextBlob! })).Plaintext!)).toEqual(
          largest,
        )
      })

      test('opens no blob that was changed anywhere, nor one of another key', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        const second = keyId(await t.ok('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }))
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
        expect(await t.fails('Decrypt', { CiphertextBlob, KeyId: second })).toMatch(/^IncorrectKeyException/)
        for (let index = 0; index < CiphertextBlob!.length; index += 3) {
          const changed = Uint8Array.from(CiphertextBlob!)
          changed[index]! ^= 1
          expect(await t.fails('Decrypt', { CiphertextBlob: changed })).toMatch(/^(?:InvalidCiphertext|AccessDenied)/)
        }
        const other = Buffer.from(
          (await t.ok('Encrypt', { KeyId: second, Plaintext: Buffer.from('x') })).CiphertextBlob!,
        )
        // The head of one blob before the body of another.
        const mixed = Buffer.concat([other.subarray(0, -17), Buffer.from(CiphertextBlob!).subarray(-17)])
        expect(await t.fails('Decrypt', { CiphertextBlob: mixed })).toBe('InvalidCiphertextException')
      })

      test('makes data keys of random bytes of the cluster, and no data key pairs', async () => {
        const { KeyId } = await withKey()
        const data = await t.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
        expect((await t.ok('Decrypt', { CiphertextBlob: data.CiphertextBlob! })).Plaintext).toEqual(data.Plaintext)
        const without = await t.ok('GenerateDataKeyWithoutPlaintext', { KeyId, NumberOfBytes: 48 })
        expect((await t.ok('Decrypt', { CiphertextBlob: without.CiphertextBlob! })).Plaintext).toHaveLength(48)
        for (const name of ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'] as const) {
          expect(await t.fails(name, { KeyId, KeyPairSpec: 'ECC_NIST_P256' })).toMatch(/^UnsupportedOperationException/)
        }
      })

      test('moves to another key by ReEncrypt, and back', async () => {
        const { KeyId } = await withKey()
        const plain = keyId(await t.ok('CreateKey', {}))
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('moving') })
        const moved = await t.ok('ReEncrypt', { CiphertextBlob: CiphertextBlob!, DestinationKeyId: plain })
        const back = await t.ok('ReEncrypt', { CiphertextBlob: moved.CiphertextBlob!, DestinationKeyId: KeyId })
        const opened = await t.ok('Decrypt', { CiphertextBlob: back.CiphertextBlob! })
        expect(Buffer.from(opened.Plaintext!).toString()).toBe('moving')
      })

      test('does not rotate, take material or have replicas', async () => {
        const { KeyId } = await withKey()
        const refused: readonly (readonly [
          'EnableKeyRotation' | 'RotateKeyOnDemand' | 'GetKeyRotationStatus',
          object,
        ])[] = [
          ['EnableKeyRotation', {}],
          ['RotateKeyOnDemand', {}],
          ['GetKeyRotationStatus', {}],
        ]
        for (const [name] of refused) {
          expect(await t.fails(name, { KeyId })).toMatch(/^UnsupportedOperationException/)
        }
        const WrappingKeySpec = 'RSA_2048'
        const WrappingAlgorithm = 'RSAES_OAEP_SHA_256'
        expect(await t.fails('GetParametersForImport', { KeyId, WrappingKeySpec, WrappingAlgorithm })).toMatch(
          /^UnsupportedOperationException/,
        )
        expect(await t.fails('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' })).toMatch(
          /^UnsupportedOperationException/,
        )
        expect(await t.fails('GetPublicKey', { KeyId })).toMatch(/^UnsupportedOperationException/)
      })

      test('tells in its audit record which store it is in, and nothing secret', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('nobody reads this') })
        const record = lastRecord(t)
        expect(record.additionalEventData).toMatchObject({ customKeyStoreId: CustomKeyStoreId })
        expect(JSON.stringify(t.records)).not.toContain('nobody reads this')
      })

      test('is unavailable while its store is away, and what it was before once it is back', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
        await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({
          KeyState: 'Unavailable',
          Enabled: false,
        })
        const answer = `KMSInvalidStateException: arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyId} is unavailable.`
        expect(await t.fails('Decrypt', { CiphertextBlob })).toBe(answer)
        expect(await t.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })).toBe(answer)
        await t.ok('DisableKey', { KeyId })
        await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata?.KeyState).toBe('Disabled')
        await t.ok('EnableKey', { KeyId })
        expect((await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).Plaintext).toHaveLength(1)
      })

      test('holds its store until it is deleted, and is destroyed with it', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        expect(await t.fails('DeleteCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
        const id = await materialIdOf(KeyId)
        expect(await inToken(KeyId, id)).toBe(true)
        await t.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
        t.clock.nowMs += 7 * DAY_MS - 1
        await t.kms.tick()
        expect(await inToken(KeyId, id)).toBe(true)
        t.clock.nowMs += 1
        await t.kms.tick()
        expect(await inToken(KeyId, id)).toBe(false)
        expect(t.records.some(({ eventName }) => eventName === 'DeleteKey')).toBe(true)
        await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        await t.ok('DeleteCustomKeyStore', { CustomKeyStoreId })
        const { rows } = await t.store.scan('custom-key-store', {})
        expect(rows).toEqual([])
      })

      test('that was deleted while its store was away is destroyed once that is back', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        const id = await materialIdOf(KeyId)
        await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        expect(await t.fails('DeleteCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreHasCMKsException/)
        await t.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
        t.clock.nowMs += 7 * DAY_MS
        await t.kms.tick()
        expect(await t.fails('DescribeKey', { KeyId })).toMatch(/^NotFoundException/)
        await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        expect(await inToken(KeyId, id)).toBe(false)
        const { rows } = await t.store.scan('custom-key-store-doomed/', {})
        expect(rows).toEqual([])
      })

      test('whose making broke off is destroyed when its store is connected again', async () => {
        const inner = createMemoryStore()
        let isBroken = false
        const commit: Store['commit'] = (changes, records) => {
          if (isBroken && changes.some(({ name }) => name.startsWith('key/'))) throw new StoreError('the disk is full')
          return inner.commit(changes, records)
        }
        const store = new Proxy(inner, {
          get: (target, name) => {
            const member: unknown = name === 'commit' ? commit : Reflect.get(target, name, target)
            return typeof member === 'function' ? (member.bind(target) as unknown) : member
          },
        })
        const broken = await engine({ store })
        const CustomKeyStoreId = (await broken.ok('CreateCustomKeyStore', STORE)).CustomKeyStoreId!
        await broken.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        isBroken = true
        expect(await broken.fails('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })).toMatch(/^KMSInternal/)
        const { rows } = await store.scan('custom-key-store-doomed/', {})
        const [label = '', id = ''] = rows[0]?.name.split('/').slice(-2) ?? []
        expect(await inToken(label, id)).toBe(true)
        await broken.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        await broken.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        expect(await inToken(label, id)).toBe(false)
        await broken.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        await broken.ok('DeleteCustomKeyStore', { CustomKeyStoreId })
        await broken.kms.close()
      })

      test('serves another engine on the same store, which logs in by itself', async () => {
        const store = createMemoryStore()
        const rootKey = { kind: 'bytes', bytes: Buffer.alloc(32, 3) } as const
        const first = await engine({ store, keyring: await openKeyring({ store, rootKey }) })
        const CustomKeyStoreId = (await first.ok('CreateCustomKeyStore', STORE)).CustomKeyStoreId!
        await first.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        const KeyId = keyId(await first.ok('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }))
        const { CiphertextBlob } = await first.ok('Encrypt', { KeyId, Plaintext: Buffer.from('kept') })
        const beside = await engine({ store, keyring: await openKeyring({ store, rootKey }) })
        for (const each of [beside, first, beside]) {
          const opened = await each.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
          expect(Buffer.from(opened.Plaintext!).toString()).toBe('kept')
        }
        await Promise.all([first.kms.close(), beside.kms.close()])

        const later = await engine({ store, keyring: await openKeyring({ store, rootKey }) })
        const opened = await later.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
        expect(Buffer.from(opened.Plaintext!).toString()).toBe('kept')
        await later.kms.close()

        const without = await engine({ store, keyring: await openKeyring({ store, rootKey }), cloudHsmClusters: {} })
        expect(await without.fails('Decrypt', { CiphertextBlob })).toMatch(
          /^KMSInvalidStateException: .* because the CloudHSM cluster cannot be reached\.$/,
        )
        expect(await without.fails('GenerateRandom', { CustomKeyStoreId, NumberOfBytes: 8 })).toMatch(
          /^CustomKeyStoreInvalidStateException/,
        )
        expect(await without.fails('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })).toMatch(
          /^CustomKeyStoreInvalidStateException/,
        )
        await without.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
        await without.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        const { CustomKeyStores: [entry] = [] } = await without.ok('DescribeCustomKeyStores', {})
        expect([entry?.ConnectionState, entry?.ConnectionErrorCode]).toEqual(['FAILED', 'CLUSTER_NOT_FOUND'])
        await without.kms.close()
      })

      test('leaves no secret behind, whatever becomes of a request', async () => {
        const { KeyId, CustomKeyStoreId } = await withKey()
        const before = t.secrets.live
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
        await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
        await t.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
        await t.ok('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' })
        await t.ok('ReEncrypt', { CiphertextBlob: CiphertextBlob!, DestinationKeyId: KeyId })
        await t.ok('GenerateRandom', { CustomKeyStoreId, NumberOfBytes: 32 })
        await t.fails('Decrypt', { CiphertextBlob, EncryptionContext: { a: 'b' } })
        await t.fails('Decrypt', { CiphertextBlob, DryRun: true })
        await t.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256', DryRun: true })
        expect(t.secrets.live).toBe(before)
      })

      /** Asked through the engine's own thread, because a library is one thing to a process. */
      async function inToken(label: string, id: string): Promise<boolean> {
        const clusters = new CloudHsmClusters(CLUSTERS, t.secrets, () => undefined)
        const associatedData = Buffer.alloc(0)
        const job = {
          kind: 'seal',
          label,
          id,
          iv: Buffer.alloc(12),
          associatedData,
          plaintext: Buffer.alloc(1),
        } as const
        const answer = await clusters.session(CLUSTER, CLUSTERS[CLUSTER], PASSWORD).run(job)
        await clusters.close()
        if (answer.ok) return true
        expect(answer.error.kind).toBe('noKey')
        return false
      }

      async function materialIdOf(KeyId: string): Promise<string> {
        const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
        return (await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).KeyMaterialId!
      }
    })

    describe('GenerateRandom', () => {
      test('asks a cluster that is connected', async () => {
        const CustomKeyStoreId = await aStore()
        const input = { CustomKeyStoreId, NumberOfBytes: 1024 }
        expect(await t.fails('GenerateRandom', input)).toMatch(/^CustomKeyStoreInvalidStateException/)
        await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
        const [one, two] = [await t.ok('GenerateRandom', input), await t.ok('GenerateRandom', input)]
        expect(one.Plaintext).toHaveLength(1024)
        expect(one.Plaintext).not.toEqual(two.Plaintext)
      })
    })

    test('the event loop stays free while the cluster works', async () => {
      const { KeyId } = await withKey()
      let turns = 0
      const timer = setInterval(() => void turns++, 1)
      const calls = Array.from({ length: 100 }, () => t.ok('Encrypt', { KeyId, Plaintext: Buffer.alloc(4096) }))
      await sleep(1)
      await Promise.all(calls)
      clearInterval(timer)
      expect(turns).toBeGreaterThan(1)
    })

    test('nobody waits for longer than the cluster says, nor in too long a queue', async () => {
      const hasty = 'cluster-hastyabcdef'
      const told: string[] = []
      const clusters = new CloudHsmClusters({ [hasty]: at('main', { timeoutMs: 1 }) }, t.secrets, (message) => {
        told.push(message)
      })
      const before = t.secrets.live
      const { KeyId } = await withKey()
      const calls = Array.from({ length: 200 }, () => t.ok('Encrypt', { KeyId, Plaintext: Buffer.alloc(4096) }))
      await sleep(1)
      expect(await clusters.look(hasty, at('main', { timeoutMs: 1 }))).toMatchObject({ kind: 'timeout' })
      const looks = Array.from({ length: 400 }, () => clusters.look(hasty, at('main', { timeoutMs: 1 })))
      expect((await Promise.all(looks)).some((failure) => failure?.kind === 'busy')).toBe(true)
      await Promise.all(calls)
      expect(told).toEqual([
        `Keyward: the CloudHSM cluster ${hasty} fails (timeout): the token has not answered in time`,
      ])
      expect(t.secrets.live).toBe(before)
      await clusters.close()
    })

    test('each call needs its permission', async () => {
      const { KeyId } = await withKey()
      const nobody = { ...ADMIN, principal: `arn:aws:iam::${ACCOUNT}:user/nobody` }
      expect(await t.fails('CreateCustomKeyStore', STORE, nobody)).toMatch(/^AccessDeniedException/)
      expect(await t.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') }, nobody)).toMatch(/^AccessDeniedException/)
    })
  },
)
