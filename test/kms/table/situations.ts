/**
 * Keys brought into each of the eight states through the API: by time that passes, by a custom key store that is
 * disconnected, by replicas.
 */
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { KeyState, KmsInputs } from '../../../src/kms/shapes.js'
import { ADMIN, REGION, testKms, type TestKms } from '../test-kms.js'
import { ConformingProxy, CREDENTIAL } from '../xks/conforming-proxy.js'
import { fresh, importMaterial, makeKey, OTHER_REGION, type KeyKind } from './calls.js'

/** How long a replica is being made, and a primary Region updated. */
const TRANSITION_MS = 3_600_000

export const ELSEWHERE: KmsCaller = { ...ADMIN, region: OTHER_REGION }

/** A key that is about to be in a state. */
export interface Situation {
  readonly t: TestKms
  readonly arn: string
  /** Calls in the Region of the key. */
  readonly owner: KmsCaller
  /** Works before the key enters its state; the key itself where it does. */
  readonly donor: string
  /** Whether the key is there before it enters its state. */
  readonly isThere: boolean
  readonly enter: () => Promise<void>
}

export interface Stage {
  /** A key of this kind on its way to this state; undefined where no such key can be in it. */
  situate(state: KeyState, kind: KeyKind): Promise<Situation | undefined>
  /** Connects the custom key store again. */
  connect(): Promise<void>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  let settled: TestKms | undefined
  const proxy = await ConformingProxy.start(() => settled?.clock.nowMs ?? 0)
  settled = await testKms({ xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 } })
  const moving = await testKms({ transitionMs: TRANSITION_MS })
  const t = settled
  const { CustomKeyStoreId = '' } = await t.ok('CreateCustomKeyStore', STORE)
  let isConnected = false

  const connect = async (): Promise<void> => {
    if (!isConnected) await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    isConnected = true
  }

  /** A key of origin EXTERNAL with its material, or any other. */
  const usable = async (at: TestKms, kind: KeyKind, more: KmsInputs['CreateKey'] = {}): Promise<string> => {
    const arn = await makeKey(at, kind, more)
    if (kind === 'external') await importMaterial(at, arn)
    return arn
  }

  const inFirstRegion = (arn: string, enter: () => Promise<unknown>, donor = arn): Situation => ({
    t,
    arn,
    owner: ADMIN,
    donor,
    isThere: true,
    enter: async () => void (await enter()),
  })

  const situate: Stage['situate'] = async (state, kind) => {
    switch (state) {
      case 'Enabled':
        return inFirstRegion(await usable(t, kind), () => Promise.resolve())
      case 'Disabled': {
        const KeyId = await usable(t, kind)
        return inFirstRegion(KeyId, () => t.ok('DisableKey', { KeyId }))
      }
      case 'PendingDeletion': {
        const KeyId = await usable(t, kind)
        return inFirstRegion(KeyId, () => t.ok('ScheduleKeyDeletion', { KeyId }))
      }
      case 'PendingReplicaDeletion': {
        const KeyId = await usable(t, kind, { MultiRegion: true })
        return inFirstRegion(KeyId, async () => {
          const here = { KeyId, ReplicaRegion: OTHER_REGION }
          // What a call was prepared with may have made the replica.
          const answer = await t.fails('ReplicateKey', here)
          if (answer !== 'succeeded' && !answer.startsWith('AlreadyExistsException')) throw new Error(answer)
          await t.ok('ScheduleKeyDeletion', { KeyId })
        })
      }
      case 'PendingImport': {
        const arn = await makeKey(t, kind, { Origin: 'EXTERNAL' })
        const donor = kind === 'external' ? arn : await makeKey(t, kind)
        return inFirstRegion(arn, () => Promise.resolve(), donor)
      }
      case 'Unavailable': {
        // Keys of external key stores are symmetric, of one Region, and nobody imports their material.
        if (kind !== 'symmetric') return undefined
        await connect()
        const XksKeyId = fresh('external')
        proxy.addKey(XksKeyId)
        const arn = await makeKey(t, kind, { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId })
        return inFirstRegion(arn, async () => {
          if (isConnected) await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
          isConnected = false
        })
      }
      case 'Creating': {
        const donor = await usable(moving, kind, { MultiRegion: true })
        const enter = async (): Promise<void> => {
          await moving.ok('ReplicateKey', { KeyId: donor, ReplicaRegion: OTHER_REGION })
        }
        const arn = donor.replace(REGION, OTHER_REGION)
        return { t: moving, arn, owner: ELSEWHERE, donor, isThere: false, enter }
      }
      case 'Updating': {
        const donor = await usable(moving, kind, { MultiRegion: true })
        await moving.ok('ReplicateKey', { KeyId: donor, ReplicaRegion: OTHER_REGION })
        moving.clock.nowMs += TRANSITION_MS
        const arn = donor.replace(REGION, OTHER_REGION)
        if (kind === 'external') await importMaterial(moving, arn, ELSEWHERE)
        const enter = async (): Promise<void> => {
          await moving.ok('UpdatePrimaryRegion', { KeyId: donor, PrimaryRegion: OTHER_REGION })
        }
        return { t: moving, arn, owner: ELSEWHERE, donor, isThere: true, enter }
      }
    }
  }

  return {
    situate,
    connect,
    close: async () => {
      await Promise.all([t.kms.close(), moving.kms.close()])
      await proxy.stop()
    },
  }
}

export const STORE: KmsInputs['CreateCustomKeyStore'] = {
  CustomKeyStoreName: 'outside',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyUriEndpoint: 'https://localhost',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyAuthenticationCredential: {
    AccessKeyId: CREDENTIAL.accessKeyId,
    RawSecretAccessKey: CREDENTIAL.secretAccessKey,
  },
}

/** The state in which a key is seen now. */
export async function stateOf({ t, arn, owner }: Situation): Promise<KeyState | undefined> {
  return (await t.ok('DescribeKey', { KeyId: arn }, owner)).KeyMetadata?.KeyState
}
