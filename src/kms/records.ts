/**
 * What the rows of a key service hold, as JSON: keys, policies, grants, materials, aliases, use, custom key stores.
 *
 * Every record carries the version of its form; a newer form is refused. Points in time are milliseconds since the
 * epoch. Secrets stand in materials alone, and there wrapped.
 */
import type {
  CustomKeyStoreType,
  ExpirationModelType,
  ConnectionErrorCodeType,
  ConnectionStateType,
  KeyLastUsageTrackingOperation,
  KeyManagerType,
  KeyMaterialState,
  KeySpec,
  KeyState,
  KeyUsageType,
  OriginType,
  RotationType,
  Tag,
  GrantOperation,
  GrantConstraints,
  XksProxyConnectivityType,
} from './shapes.js'
import { StoreError, type Change, type Expectation } from './store.js'

export interface KeyRecord {
  readonly form: 1
  readonly arn: string
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsageType
  readonly origin: OriginType
  readonly keyManager: KeyManagerType
  /** As it was left; what a custom key store makes of it is found when it is asked for. */
  readonly state: KeyState
  readonly description: string
  readonly createdAtMs: number
  readonly tags: readonly Tag[]
  /** In the order of their making; none before the first import. */
  readonly materials: readonly MaterialEntry[]
  /** Only PendingDeletion. */
  readonly deletionAtMs?: number
  /** PendingDeletion and PendingReplicaDeletion. */
  readonly pendingWindowInDays?: number
  readonly multiRegion?: MultiRegionRecord
  /** Creating and Updating alone: when the key leaves that state. */
  readonly transitionEndsAtMs?: number
  readonly rotation?: RotationRecord
  /** How often it was rotated on demand. */
  readonly onDemandRotations?: number
  /** A rotation on demand that runs. */
  readonly onDemandRotationAtMs?: number
  readonly customKeyStoreId?: string
  readonly cloudHsmClusterId?: string
  readonly xksKeyId?: string
  /** The earliest time at which the service has to do something with this key by itself. */
  readonly dueAtMs?: number
}

/** The same in every related key. */
export interface MultiRegionRecord {
  readonly primaryRegion: string
  /** Of the replicas. */
  readonly replicaRegions: readonly string[]
}

/** There while automatic rotation is on. */
export interface RotationRecord {
  readonly periodInDays: number
  readonly nextAtMs: number
}

export interface MaterialEntry {
  /** Computed from key id and material: 64 lower-case hex digits. */
  readonly materialId: string
  readonly state: KeyMaterialState
  readonly createdAtMs: number
  /** When it became current by a rotation; the first material has none. */
  readonly rotatedAtMs?: number
  readonly rotationType?: RotationType
  /** Imported material alone. */
  readonly imported?: {
    /** False once it was deleted or has expired. */
    readonly isPresent: boolean
    readonly expirationModel: ExpirationModelType
    readonly validToMs?: number
    readonly description?: string
  }
}

/** Where a key id is. */
export interface KeyIdRecord {
  readonly form: 1
  readonly accountId: string
}

export interface PolicyRecord {
  readonly form: 1
  /** As it was given. */
  readonly policy: string
}

export interface MaterialRecord {
  readonly form: 1
  /** What the keyring made of it, base64. */
  readonly wrapped: string
  /** DER SubjectPublicKeyInfo of an asymmetric key, base64: it is asked for without its private half. */
  readonly publicKey?: string
}

export interface GrantRecord {
  readonly form: 1
  readonly grantId: string
  readonly name?: string
  readonly granteePrincipal?: string
  readonly granteeServicePrincipal?: string
  readonly retiringPrincipal?: string
  readonly retiringServicePrincipal?: string
  readonly operations: readonly GrantOperation[]
  readonly constraints?: GrantConstraints
  /** Twelve digits. */
  readonly issuingAccount: string
  readonly createdAtMs: number
}

export interface AliasRecord {
  readonly form: 1
  /** `alias/payments` */
  readonly aliasName: string
  readonly targetKeyId: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** The last successful cryptographic operation. */
export interface UsageRecord {
  readonly form: 1
  readonly operation: KeyLastUsageTrackingOperation
  readonly atMs: number
  readonly eventId: string
  readonly requestId: string
}

export interface CustomKeyStoreRecord {
  readonly form: 1
  readonly customKeyStoreId: string
  readonly name: string
  readonly type: CustomKeyStoreType
  readonly createdAtMs: number
  readonly connectionState: ConnectionStateType
  readonly connectionErrorCode?: ConnectionErrorCodeType
  readonly cloudHsmClusterId?: string
  readonly trustAnchorCertificate?: string
  readonly connectivity?: XksProxyConnectivityType
  readonly uriEndpoint?: string
  readonly uriPath?: string
  /** Of the proxy credential; its secret stands in `wrappedSecrets`. */
  readonly accessKeyId?: string
  readonly vpcEndpointServiceName?: string
  readonly vpcEndpointServiceOwner?: string
  /** Passwords and proxy credentials as the keyring wrapped them, base64. */
  readonly wrappedSecrets?: string
}

interface AnyRecord {
  readonly form: 1
}

/** The record of a row. The type is that of whoever wrote rows of this name: nobody else writes them. */
export function parseRecord<T extends AnyRecord>(name: string, value: string): T {
  const record: unknown = JSON.parse(value)
  if (typeof record !== 'object' || record === null || !('form' in record) || record.form !== 1) {
    throw new StoreError(`the row ${name} has a form that this version does not know`)
  }
  return record as T
}

export function put<T extends AnyRecord>(name: string, record: T, expect: Expectation): Change {
  return { kind: 'put', name, value: JSON.stringify(record), expect }
}

/** A row that says everything by its name. */
export function putName(name: string, expect: Expectation = 'any'): Change {
  return { kind: 'put', name, value: '{}', expect }
}

export function remove(name: string, expect: Expectation = 'any'): Change {
  return { kind: 'delete', name, expect }
}
