/**
 * A key in memory: its record, policy, grants and aliases, as the store had them.
 *
 * Holds no key material. `keys.ts` loads it, keeps it as true as the store and hands it out.
 */
import { resourceOf } from './audit.js'
import type { AuditResource } from './audit-record.js'
import type { GrantRecord, KeyRecord, MaterialEntry, UsageRecord } from './records.js'
import type { KeyPlace } from './row-names.js'
import type { KeyState, KeyUsageType } from './shapes.js'
import type { RowVersion } from './store.js'

export interface LoadedGrant {
  readonly record: GrantRecord
  readonly version: RowVersion
}

interface UsedMaterial {
  readonly additionalEventData: { readonly keyMaterialId: string }
}

export class LoadedKey {
  /** False once it is no longer in the cache: whoever holds it looks again. */
  isLive = true
  /** Of a key in a custom key store: true while that is not connected. Looked up for every request. */
  isStoreAway = false
  /** Rows that have changed since they were read. */
  stale: Set<string> | undefined
  /** How often that was. */
  noticed = 0
  /** How often what the graph knows of it has changed. */
  changes = 0
  /** When the next grant becomes usable without its token. */
  nextPropagationMs = Infinity

  record: KeyRecord
  version: RowVersion
  policy: string
  policyVersion: RowVersion
  readonly grants: Map<string, LoadedGrant>
  /** Alias names, such as `alias/payments`. */
  aliases: readonly string[]
  /** The last cryptographic use as it was written; `uses.ts` may know of a later one. */
  use: UsageRecord | undefined
  /** As audit records have it, the same list in all of them. */
  readonly resources: readonly AuditResource[]
  private lastUsed: UsedMaterial | undefined

  constructor(
    readonly arn: string,
    readonly place: KeyPlace,
    rows: {
      readonly record: KeyRecord
      readonly version: RowVersion
      readonly policy: string
      readonly policyVersion: RowVersion
      readonly grants: Map<string, LoadedGrant>
      readonly aliases: readonly string[]
      readonly use: UsageRecord | undefined
    },
  ) {
    this.record = rows.record
    this.version = rows.version
    this.policy = rows.policy
    this.policyVersion = rows.policyVersion
    this.grants = rows.grants
    this.aliases = rows.aliases
    this.use = rows.use
    this.resources = [resourceOf({ accountId: place.accountId, arn })]
  }

  get accountId(): string {
    return this.place.accountId
  }

  /** As it is seen: a key whose custom key store is away is unavailable, unless it waits for its deletion. */
  get state(): KeyState {
    const { state } = this.record
    return this.isStoreAway && state !== 'PendingDeletion' ? 'Unavailable' : state
  }

  get keyUsage(): KeyUsageType {
    return this.record.keyUsage
  }

  /** What encryption uses; undefined before the first import. */
  get currentMaterial(): MaterialEntry | undefined {
    return this.record.materials.findLast(({ state }) => state === 'CURRENT')
  }

  material(materialId: string): MaterialEntry | undefined {
    return this.record.materials.find((material) => material.materialId === materialId)
  }

  /** What audit records tell of the use of a material: one object in all of them, because they are kept. */
  usedMaterial(keyMaterialId: string): UsedMaterial {
    if (this.lastUsed?.additionalEventData.keyMaterialId !== keyMaterialId) {
      this.lastUsed = { additionalEventData: { keyMaterialId } }
    }
    return this.lastUsed
  }

  /** What a commit expects of the key's own row. */
  get unchanged(): { readonly version: RowVersion } {
    return { version: this.version }
  }
}
