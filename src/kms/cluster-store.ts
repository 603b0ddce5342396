/**
 * What custom key store operations do with the cluster of a CloudHSM key store: whether it fits, connect, disconnect.
 *
 * Source: KMS API Reference, "CreateCustomKeyStore", "UpdateCustomKeyStore", "ConnectCustomKeyStore"; KMS Developer Guide,
 * "AWS CloudHSM key stores"; facts kms-behaviour 13.
 */
import type { Result } from '../text/source.js'
import { isSameCertificate } from './cloudhsm/clusters.js'
import { meaningOf } from './cloudhsm/failure.js'
import type { TokenFailure } from './cloudhsm/token-job.js'
import { destroyDoomed } from './cluster-key.js'
import type { KeyStorePlace, LoadedKeyStore } from './custom-key-stores.js'
import type { Failure } from './failure.js'
import { changedKey } from './key-change.js'
import type { Done } from './operation.js'
import { put, remove, type CustomKeyStoreRecord } from './records.js'
import { customKeyStoreRow, doomedKeysPrefix, keysOfStorePrefix } from './row-names.js'
import { scanAll } from './scan.js'
import type { Services } from './services.js'
import type { Change } from './store.js'

/** Undefined for a cluster that a new key store can be made on. */
export async function clusterFailure(
  { customKeyStores: { clusters } }: Services,
  place: KeyStorePlace,
  wanted: { readonly cloudHsmClusterId: string; readonly trustAnchorCertificate: string },
  others: readonly LoadedKeyStore[],
): Promise<Failure | undefined> {
  const { cloudHsmClusterId, trustAnchorCertificate } = wanted
  const cluster = clusters.find(cloudHsmClusterId, place)
  if (cluster === undefined) return notFound(cloudHsmClusterId)
  if (others.some(({ record }) => record.cloudHsmClusterId === cloudHsmClusterId)) {
    return {
      code: 'CloudHsmClusterInUseException',
      message: `The CloudHSM cluster ${cloudHsmClusterId} is associated with another custom key store.`,
    }
  }
  if (!isSameCertificate(trustAnchorCertificate, cluster.trustAnchorCertificate)) {
    return {
      code: 'IncorrectTrustAnchorException',
      message: `The trust anchor certificate is not that of the CloudHSM cluster ${cloudHsmClusterId}.`,
    }
  }
  const failure = await clusters.look(cloudHsmClusterId, cluster)
  return failure && lookFailure(failure)
}

/** Undefined for a cluster that a key store may move to: one with the same trust anchor, such as a copy from a backup. */
export async function relatedClusterFailure(
  { customKeyStores: { clusters } }: Services,
  { record, place }: LoadedKeyStore,
  cloudHsmClusterId: string,
  others: readonly LoadedKeyStore[],
): Promise<Failure | undefined> {
  const cluster = clusters.find(cloudHsmClusterId, place)
  if (cluster === undefined) return notFound(cloudHsmClusterId)
  if (!isSameCertificate(record.trustAnchorCertificate ?? '', cluster.trustAnchorCertificate)) {
    return {
      code: 'CloudHsmClusterNotRelatedException',
      message: `The CloudHSM cluster ${cloudHsmClusterId} has another trust anchor certificate than that of the key store.`,
    }
  }
  if (others.some((other) => other.record.cloudHsmClusterId === cloudHsmClusterId)) {
    return {
      code: 'CloudHsmClusterInvalidConfigurationException',
      message: `The CloudHSM cluster ${cloudHsmClusterId} is associated with another custom key store.`,
    }
  }
  const failure = await clusters.look(cloudHsmClusterId, cluster)
  return failure && lookFailure(failure)
}

/** The keys of a key store as they are when it stands on another cluster. */
export async function movedKeys(
  { store, keys }: Services,
  { place }: LoadedKeyStore,
  cloudHsmClusterId: string,
): Promise<readonly Change[]> {
  const prefix = keysOfStorePrefix(place)
  const ids: string[] = []
  await scanAll(store, prefix, ({ name }) => void ids.push(name.slice(prefix.length)))
  const changes: Change[] = []
  for (const keyId of ids) {
    const key = await keys.at({ accountId: place.accountId, region: place.region, keyId })
    if (key !== undefined) changes.push(...changedKey(key, { ...key.record, cloudHsmClusterId }))
  }
  return changes
}

/** Logs in, and destroys the keys that nobody could destroy before. */
export async function connectCluster(
  services: Services,
  store: LoadedKeyStore,
): Promise<Result<Done<'ConnectCustomKeyStore'>, Failure>> {
  const { clusters } = services.customKeyStores
  const { cloudHsmClusterId = '' } = store.record
  const cluster = clusters.find(cloudHsmClusterId, store.place)
  const session = services.customKeyStores.session(store)
  if (cluster === undefined || session === undefined) {
    return connected(store, { connectionState: 'FAILED', connectionErrorCode: 'CLUSTER_NOT_FOUND' })
  }
  const missing = await clusters.look(cloudHsmClusterId, cluster)
  if (missing !== undefined) return { ok: false, error: lookFailure(missing) }
  const loggedIn = await session.logIn()
  if (!loggedIn.ok) {
    const { connection } = meaningOf(loggedIn.error)
    return connected(store, { connectionState: 'FAILED', connectionErrorCode: connection })
  }
  return connected(store, { connectionState: 'CONNECTED' }, await destroyDoomed(services, session, store.place))
}

function connected(
  { record, version, place }: LoadedKeyStore,
  state: Pick<CustomKeyStoreRecord, 'connectionState' | 'connectionErrorCode'>,
  further: readonly Change[] = [],
): Result<Done<'ConnectCustomKeyStore'>, Failure> {
  const { connectionErrorCode: _former, ...rest } = record
  const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
  return { ok: true, value: { output: {}, changes: [put(name, { ...rest, ...state }, { version }), ...further] } }
}

/** Logs out. Nobody waits for it: the store is disconnected already. */
export function disconnectCluster({ customKeyStores }: Services, store: LoadedKeyStore): void {
  void customKeyStores.session(store)?.logOut()
}

/** What a key store that is deleted leaves in its cluster is the cluster's from then on. */
export async function forgetDoomed({ store }: Services, place: KeyStorePlace): Promise<readonly Change[]> {
  const changes: Change[] = []
  await scanAll(store, doomedKeysPrefix(place), ({ name }) => void changes.push(remove(name)))
  return changes
}

function notFound(cloudHsmClusterId: string): Failure {
  return {
    code: 'CloudHsmClusterNotFoundException',
    message: `The CloudHSM cluster ${cloudHsmClusterId} cannot be found.`,
  }
}

function lookFailure(failure: TokenFailure): Failure {
  const { look, words } = meaningOf(failure)
  return { code: look, message: `The request failed because ${words}.` }
}
