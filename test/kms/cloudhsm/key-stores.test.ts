/** CloudHSM key stores, on tokens of SoftHSM. Facts: kms-behaviour 13. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { START_MS, STRANGER, type TestKms } from '../test-kms.js'
import {
  ANCHOR,
  AWAY,
  bench,
  certificate,
  CLUSTER,
  COPY,
  FOREIGN,
  PASSWORD,
  STORE,
  THEIRS,
  warnings,
} from './cluster-fixture.js'
import { reasonToSkip } from './soft-hsm.js'

const reason = reasonToSkip()

describe.skipIf(reason !== undefined)(`CloudHSM key stores${reason === undefined ? '' : ` (${reason})`}`, () => {
  const on = bench()
  const { aStore, connected, withKey, described } = on
  let t: TestKms
  beforeEach(() => {
    t = on.t
  })

  describe('a key store', () => {
    test('is described without its password, and is not connected yet', async () => {
      const CustomKeyStoreId = await aStore()
      expect(await described(CustomKeyStoreId)).toEqual({
        CustomKeyStoreId,
        CustomKeyStoreName: 'inside',
        ConnectionState: 'DISCONNECTED',
        CreationDate: new Date(START_MS),
        CustomKeyStoreType: 'AWS_CLOUDHSM',
        CloudHsmClusterId: CLUSTER,
        TrustAnchorCertificate: ANCHOR,
      })
      const { rows } = await t.store.scan('', {})
      expect(JSON.stringify([rows, t.records])).not.toContain(PASSWORD)
    })

    const REFUSED: readonly (readonly [string, Partial<KmsInputs['CreateCustomKeyStore']>, string])[] = [
      ['no cluster', { CloudHsmClusterId: undefined }, 'ValidationException'],
      ['no password', { KeyStorePassword: undefined }, 'ValidationException'],
      ['a password that is too short', { KeyStorePassword: 'short' }, 'ValidationException'],
      ['no trust anchor', { TrustAnchorCertificate: undefined }, 'ValidationException'],
      ['a proxy', { XksProxyConnectivity: 'PUBLIC_ENDPOINT' }, 'ValidationException'],
      ['an unknown cluster', { CloudHsmClusterId: 'cluster-unknownabcd' }, 'CloudHsmClusterNotFoundException'],
      ['the cluster of another account', { CloudHsmClusterId: THEIRS }, 'CloudHsmClusterNotFoundException'],
      ['a cluster without its token', { CloudHsmClusterId: AWAY }, 'CloudHsmClusterNotActiveException'],
      ['another trust anchor', { TrustAnchorCertificate: certificate('x') }, 'IncorrectTrustAnchorException'],
      ['no certificate at all', { TrustAnchorCertificate: 'nothing' }, 'IncorrectTrustAnchorException'],
    ]
    test.each(REFUSED)('is refused with %s', async (_name, change, code) => {
      expect((await t.fails('CreateCustomKeyStore', { ...STORE, ...change })).split(':')[0]).toBe(code)
      expect((await t.ok('DescribeCustomKeyStores', {})).CustomKeyStores).toEqual([])
    })

    test('whoever runs the service learns what is wrong with a cluster, and nobody else', async () => {
      const answer = await t.fails('CreateCustomKeyStore', { ...STORE, CloudHsmClusterId: AWAY })
      expect(answer).toBe(
        'CloudHsmClusterNotActiveException: The request failed because the CloudHSM cluster cannot be reached.',
      )
      expect(warnings).toEqual([
        `Keyward: the CloudHSM cluster ${AWAY} fails (noToken): there is no token \`nothing of that name\``,
      ])
    })

    test('has a cluster of its own', async () => {
      await aStore()
      expect(await t.fails('CreateCustomKeyStore', { ...STORE, CustomKeyStoreName: 'b' })).toMatch(
        /^CloudHsmClusterInUseException/,
      )
    })
  })

  describe('connecting', () => {
    test('and disconnecting, each once', async () => {
      const CustomKeyStoreId = await connected()
      expect((await described(CustomKeyStoreId))?.ConnectionState).toBe('CONNECTED')
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
      await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
      expect((await described(CustomKeyStoreId))?.ConnectionState).toBe('DISCONNECTED')
      expect(await t.fails('DisconnectCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
    })

    test('with a wrong password says so in the description, until the right one is given', async () => {
      const CustomKeyStoreId = await aStore({ KeyStorePassword: 'anotherPassword' })
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
      expect(await described(CustomKeyStoreId)).toMatchObject({
        ConnectionState: 'FAILED',
        ConnectionErrorCode: 'INVALID_CREDENTIALS',
      })
      expect(await t.fails('ConnectCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
      const change = { CustomKeyStoreId, KeyStorePassword: PASSWORD }
      expect(await t.fails('UpdateCustomKeyStore', change)).toMatch(/^CustomKeyStoreInvalidState/)
      await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
      await t.ok('UpdateCustomKeyStore', change)
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
      const entry = await described(CustomKeyStoreId)
      expect([entry?.ConnectionState, entry?.ConnectionErrorCode]).toEqual(['CONNECTED', undefined])
    })

    test('takes no wrong password while somebody is logged in with the right one', async () => {
      const { KeyId } = await withKey()
      const there = { ...STRANGER, region: 'eu-west-1' }
      const input = { ...STORE, CloudHsmClusterId: THEIRS, KeyStorePassword: 'anotherPassword' }
      const { CustomKeyStoreId } = await t.ok('CreateCustomKeyStore', input, there)
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId: CustomKeyStoreId! }, there)
      const { CustomKeyStores: [entry] = [] } = await t.ok('DescribeCustomKeyStores', {}, there)
      expect(entry?.ConnectionErrorCode).toBe('INVALID_CREDENTIALS')
      // Whoever was connected before still is.
      await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    })
  })

  describe('UpdateCustomKeyStore', () => {
    test('changes the name of a connected store, and nothing else of it', async () => {
      const CustomKeyStoreId = await connected()
      await t.ok('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'renamed' })
      expect((await described(CustomKeyStoreId))?.CustomKeyStoreName).toBe('renamed')
      for (const change of [{ KeyStorePassword: PASSWORD }, { CloudHsmClusterId: COPY }]) {
        expect(await t.fails('UpdateCustomKeyStore', { CustomKeyStoreId, ...change })).toMatch(
          /^CustomKeyStoreInvalidStateException/,
        )
      }
    })

    test('moves to a related cluster alone, and its keys with it', async () => {
      const { CustomKeyStoreId, KeyId } = await withKey()
      await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
      const move = (CloudHsmClusterId: string) =>
        t.fails('UpdateCustomKeyStore', { CustomKeyStoreId, CloudHsmClusterId })
      expect(await move('cluster-unknownabcd')).toMatch(/^CloudHsmClusterNotFoundException/)
      expect(await move(FOREIGN)).toMatch(/^CloudHsmClusterNotRelatedException/)
      expect(await move(AWAY)).toMatch(/^CloudHsmClusterNotActiveException/)
      expect(await move(COPY)).toBe('succeeded')
      expect((await t.ok('DescribeKey', { KeyId })).KeyMetadata?.CloudHsmClusterId).toBe(COPY)
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
      // It was no real copy.
      expect(await t.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') })).toMatch(
        /^KMSInvalidStateException: .* because its key is not in the CloudHSM cluster\.$/,
      )
    })

    test('wants members of this kind of store', async () => {
      const CustomKeyStoreId = await aStore()
      expect(await t.fails('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyUriPath: '/kms/xks/v1' })).toMatch(
        /^ValidationException/,
      )
    })
  })
})
