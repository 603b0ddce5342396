/**
 * Custom key stores: where they are kept, whether they are connected, and how their proxies and clusters are reached.
 *
 * Source: KMS Developer Guide, "Custom key stores", "External key stores"; facts kms-behaviour 13, xks 3 and 4.
 */
import { Agent } from 'node:https'
import { LRUCache } from 'lru-cache'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { CloudHsmClusters, type CloudHsmClusterMap, type ClusterSession } from './cloudhsm/clusters.js'
import { fail, type Failure } from './failure.js'
import type { MaterialBinding, Materials } from './materials.js'
import { parseRecord, type CustomKeyStoreRecord } from './records.js'
import { customKeyStoreRow, customKeyStoresPrefix, partitionOf } from './row-names.js'
import { scanAll } from './scan.js'
import type { Awaitable, RowVersion, Store } from './store.js'
import { XKS_FAILURES, type XksFailure } from './xks/failure.js'
import { XksProxy, type ProxyAddress } from './xks/proxy.js'
import type { ProxyCredential } from './xks/sign.js'
import type { TransportOptions } from './xks/transport.js'

export interface LoadedKeyStore {
  readonly record: CustomKeyStoreRecord
  readonly version: RowVersion
  readonly place: KeyStorePlace
}

export interface KeyStorePlace {
  readonly accountId: string
  readonly region: string
  readonly customKeyStoreId: string
}

export interface CustomKeyStoresOptions {
  readonly store: Store
  readonly materials: Materials
  readonly nowMs: () => number
  /** How proxies are reached; their public names and port 443 when left out. */
  readonly transport?: TransportOptions
  /** None when left out. */
  readonly clusters?: CloudHsmClusterMap
  /** Told once of every way in which a cluster fails. */
  readonly onWarning: (message: string) => void
}

/** What a proxy is configured with, as a request gives it. */
export interface ProxyConfiguration {
  readonly uriEndpoint: string
  readonly uriPath: string
  readonly credential: ProxyCredential
}

const MAX_PROXIES = 100
/** Other versions are admitted by the API's pattern, and spoken by nobody. */
const PATH = /^(?:\/[a-zA-Z0-9/_-]+)?\/kms\/xks\/v1$/
const MAX_URI_LENGTH = 256

export class CustomKeyStores {
  private readonly agent = new Agent({ keepAlive: true })
  private readonly proxies = new LRUCache<string, XksProxy>({ max: MAX_PROXIES })
  private readonly sessions = new LRUCache<string, ClusterSession>({ max: MAX_PROXIES })
  readonly clusters: CloudHsmClusters

  constructor(private readonly options: CustomKeyStoresOptions) {
    const { clusters = {}, materials, onWarning } = options
    this.clusters = new CloudHsmClusters(clusters, materials.secrets, onWarning)
  }

  /** The key store of this id, if the account has it in this Region. */
  at(place: KeyStorePlace): Awaitable<LoadedKeyStore | undefined> {
    const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
    return after(this.options.store.get(name), (row) =>
      row === undefined
        ? undefined
        : { record: parseRecord<CustomKeyStoreRecord>(name, row.value), version: row.version, place },
    )
  }

  find(
    accountId: string | undefined,
    region: string,
    customKeyStoreId: string,
  ): Awaitable<Result<LoadedKeyStore, Failure>> {
    const found = accountId === undefined ? undefined : this.at({ accountId, region, customKeyStoreId })
    return after(found, (store) =>
      store === undefined
        ? fail('CustomKeyStoreNotFoundException', `The custom key store ${customKeyStoreId} does not exist.`)
        : { ok: true, value: store },
    )
  }

  /** All of an account in a Region: there are few. */
  all(accountId: string, region: string): Awaitable<readonly LoadedKeyStore[]> {
    const found: LoadedKeyStore[] = []
    return after(
      scanAll(this.options.store, customKeyStoresPrefix(accountId, region), ({ name, value, version }) => {
        const record = parseRecord<CustomKeyStoreRecord>(name, value)
        found.push({ record, version, place: { accountId, region, customKeyStoreId: record.customKeyStoreId } })
      }),
      () => found,
    )
  }

  /** The credential of an external key store or the password of one in a cluster, wrapped for its row. */
  wrap(place: KeyStorePlace, secrets: KeyStoreSecrets): string {
    const { materials } = this.options
    const bytes = materials.secrets.adopt(Buffer.from(JSON.stringify(secrets), 'utf8'))
    return materials.wrapSecret(bytes, bindingOf(place))
  }

  unwrap({ record, place }: LoadedKeyStore): KeyStoreSecrets {
    const { materials } = this.options
    const bytes = materials.unwrapSecret(record.wrappedSecrets ?? '', bindingOf(place))
    if (bytes === undefined) throw new Error(`the secrets of ${place.customKeyStoreId} cannot be unwrapped`)
    const secrets = JSON.parse(bytes.toString('utf8')) as KeyStoreSecrets
    materials.secrets.release(bytes)
    return secrets
  }

  /** The proxy of an external key store. */
  proxy(store: LoadedKeyStore): XksProxy {
    const name = `${store.place.customKeyStoreId} ${store.version}`
    let proxy = this.proxies.get(name)
    if (proxy === undefined) {
      const { uriEndpoint = '', uriPath = '' } = store.record
      const { credential } = this.unwrap(store)
      if (credential === undefined) throw new Error(`${store.place.customKeyStoreId} has no proxy credential`)
      proxy = this.proxyAt({ uriEndpoint, uriPath, credential }, store.place.region)
      this.proxies.set(name, proxy)
    }
    return proxy
  }

  /** Asks a proxy how it is before anything is believed of it. */
  probe(
    { uriEndpoint, uriPath, credential }: ProxyConfiguration,
    region: string,
    kmsOperation: string,
    kmsRequestId: string,
  ): Promise<Result<undefined, XksFailure>> {
    return this.proxyAt({ uriEndpoint, uriPath, credential }, region).health({ kmsOperation, kmsRequestId })
  }

  /** The way into the cluster of a CloudHSM key store; undefined where the cluster is none that can be reached here. */
  session(store: LoadedKeyStore): ClusterSession | undefined {
    const name = `${store.place.customKeyStoreId} ${store.version}`
    const known = this.sessions.get(name)
    if (known !== undefined) return known
    const { cloudHsmClusterId = '' } = store.record
    const cluster = this.clusters.find(cloudHsmClusterId, store.place)
    if (cluster === undefined) return undefined
    const { password = '' } = this.unwrap(store)
    const session = this.clusters.session(cloudHsmClusterId, cluster, password)
    this.sessions.set(name, session)
    return session
  }

  async close(): Promise<void> {
    this.agent.destroy()
    this.proxies.clear()
    this.sessions.clear()
    await this.clusters.close()
  }

  private proxyAt({ uriEndpoint, uriPath, credential }: ProxyConfiguration, region: string): XksProxy {
    const address: ProxyAddress = { endpoint: uriEndpoint, path: uriPath, credential, region }
    return new XksProxy(address, this.options.nowMs, { agent: this.agent, ...this.options.transport })
  }
}

export interface KeyStoreSecrets {
  /** Of an external key store's proxy. */
  readonly credential?: ProxyCredential
  /** Of the user `kmsuser` of a CloudHSM cluster. */
  readonly password?: string
}

function bindingOf({ accountId, region, customKeyStoreId }: KeyStorePlace): MaterialBinding {
  return {
    keyArn: `arn:${partitionOf(region)}:kms:${region}:${accountId}:custom-key-store/${customKeyStoreId}`,
    materialId: customKeyStoreId,
    purpose: 'custom key store',
  }
}

/** Undefined for an address that a proxy may have. */
export function addressFailure(uriEndpoint: string, uriPath: string): Failure | undefined {
  const isIpAddress = /^https:\/\/[0-9.]+$/.test(uriEndpoint)
  if (isIpAddress || uriEndpoint.length + uriPath.length > MAX_URI_LENGTH) {
    return {
      code: 'XksProxyInvalidConfigurationException',
      message:
        'The endpoint of an external key store proxy is a host name, and its whole URI has at most 256 characters.',
    }
  }
  return PATH.test(uriPath)
    ? undefined
    : {
        code: 'XksProxyInvalidConfigurationException',
        message: 'The path of an external key store proxy must end with /kms/xks/v1.',
      }
}

/** Undefined where no other key store of the account is in the way. */
export function sharedAddressFailure(
  wanted: Pick<CustomKeyStoreRecord, 'uriEndpoint' | 'uriPath' | 'connectivity' | 'vpcEndpointServiceName'>,
  others: readonly LoadedKeyStore[],
): Failure | undefined {
  for (const { record } of others) {
    if (record.type !== 'EXTERNAL_KEY_STORE') continue
    const isSameEndpoint = record.uriEndpoint === wanted.uriEndpoint
    if (isSameEndpoint && record.uriPath === wanted.uriPath) {
      return {
        code: 'XksProxyUriInUseException',
        message: 'Another external key store has this proxy endpoint and path.',
      }
    }
    const isPublic = wanted.connectivity === 'PUBLIC_ENDPOINT' && record.connectivity === 'PUBLIC_ENDPOINT'
    if (isSameEndpoint && !isPublic) {
      return {
        code: 'XksProxyUriEndpointInUseException',
        message: 'Another external key store has this proxy endpoint.',
      }
    }
    if (
      wanted.vpcEndpointServiceName !== undefined &&
      record.vpcEndpointServiceName === wanted.vpcEndpointServiceName
    ) {
      return {
        code: 'XksProxyVpcEndpointServiceInUseException',
        message: 'Another external key store has this VPC endpoint service.',
      }
    }
  }
  return undefined
}

/** What CreateCustomKeyStore and UpdateCustomKeyStore answer when the proxy does not. */
export function storeFailure({ kind }: XksFailure): Failure {
  const { store, words } = XKS_FAILURES[kind]
  return { code: store, message: `The request failed because ${words}.` }
}
