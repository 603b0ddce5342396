/**
 * Every kind of due work and what does it. The name of a kind stands in the rows of the store.
 *
 * Source: facts kms-behaviour 7 to 10 and 15.
 */
import { after } from './awaitable.js'
import { doom } from './cluster-key.js'
import type { DueHandler, DueOutcome } from './due-work.js'
import { changedFamily, isComplete, isPending, lossOf } from './imported.js'
import { changedKey, expiryOf, withoutDueRows, type DueKind } from './key-change.js'
import type { LoadedKey } from './loaded-key.js'
import { isPrimary, otherKeys } from './multi-region.js'
import { remove, type KeyRecord } from './records.js'
import {
  aliasRow,
  grantRow,
  keyAliasRow,
  keyIdRow,
  keyRow,
  keysOfStorePrefix,
  materialRow,
  policyRow,
  retirableRow,
  usageRow,
} from './row-names.js'
import { rotatedToFresh, rotationEvents } from './rotation.js'
import { serviceEvent } from './service-event.js'
import type { Change } from './store.js'

const DAY_MS = 86_400_000

const NOTHING: DueOutcome = { changes: [], events: [] }

/** The waiting period of a key is over. */
const deleteKey: DueHandler = (key, due, nowMs, services) => {
  const { record, place } = key
  if (record.state !== 'PendingDeletion' || record.deletionAtMs !== due.atMs) return NOTHING
  return after(otherKeys(key, services), (others) => {
    // Its key in a cluster goes when nothing can bring the KMS key back any more.
    const doomed = doom(key, services)
    return {
      changes: [
        ...doomed.changes,
        remove(keyRow(place), key.unchanged),
        ...withoutDueRows(key),
        ...rowsOf(key),
        // Ciphertexts name a multi-Region key by the same id in every Region; the row is of one Region alone.
        remove(keyIdRow(place.region, place.keyId)),
        // What only this one was not given yet is everywhere now.
        ...changedFamily(
          others.map((other) => ({ key: other, record: withoutRelated(other.record, place.region, nowMs) })),
        ),
      ],
      events: [serviceEvent('DeleteKey', key, nowMs, services.ids)],
      committed: () => {
        services.uses.forget(key)
        services.keyCounts.changed(place.accountId, place.region, -1)
        for (const { materialId } of record.materials) services.materials.forget(place, materialId)
        return doomed.destroy()
      },
    }
  })
}

function rowsOf({ place, record, aliases, grants }: LoadedKey): readonly Change[] {
  const changes: Change[] = [remove(policyRow(place)), remove(usageRow(place))]
  const { customKeyStoreId, xksKeyId = place.keyId } = record
  if (customKeyStoreId !== undefined) changes.push(remove(keysOfStorePrefix({ ...place, customKeyStoreId }) + xksKeyId))
  for (const { materialId } of record.materials) changes.push(remove(materialRow(place, materialId)))
  for (const alias of aliases) {
    changes.push(remove(aliasRow(place.accountId, place.region, alias)), remove(keyAliasRow(place, alias)))
  }
  for (const [grantId, { record: grant, version }] of grants) {
    changes.push(remove(grantRow(place, grantId), { version }))
    const retiring = grant.retiringPrincipal ?? grant.retiringServicePrincipal
    if (retiring !== undefined) changes.push(remove(retirableRow(retiring, place, grantId)))
  }
  return changes
}

/** A related key after the one in that Region is gone: a primary that waited for its last replica starts its own wait. */
function withoutRelated(record: KeyRecord, region: string, nowMs: number): KeyRecord {
  if (record.multiRegion === undefined) return record
  const replicaRegions = record.multiRegion.replicaRegions.filter((each) => each !== region)
  const left = { ...record, multiRegion: { ...record.multiRegion, replicaRegions } }
  if (record.state !== 'PendingReplicaDeletion' || replicaRegions.length > 0) return left
  const days = record.pendingWindowInDays ?? 0
  return { ...left, state: 'PendingDeletion', deletionAtMs: nowMs + days * DAY_MS }
}

/** It is time for new material. */
const rotate: DueHandler = (key, due, nowMs, services) => {
  const { rotation, state } = key.record
  if (rotation === undefined || rotation.nextAtMs !== due.atMs || state !== 'Enabled' || !isPrimary(key.record)) {
    return NOTHING
  }
  const periodMs = rotation.periodInDays * DAY_MS
  // Periods that passed while the key was disabled or nobody asked bring one rotation, not one each.
  const nextAtMs = due.atMs + periodMs > nowMs ? due.atMs + periodMs : nowMs + periodMs
  return after(otherKeys(key, services), (replicas) => ({
    changes: rotatedToFresh([key, ...replicas], 'AUTOMATIC', nowMs, services, (record) =>
      record.rotation === undefined ? record : { ...record, rotation: { ...record.rotation, nextAtMs } },
    ),
    events: rotationEvents(key, 'AUTOMATIC', nowMs, services),
  }))
}

/** Imported material has reached its date. */
const expire: DueHandler = (key, _due, nowMs, services) => {
  const gone = key.record.materials.filter((material) => (expiryOf(material) ?? Infinity) <= nowMs)
  if (gone.length === 0) return NOTHING
  return after(gone.some(isPending) ? otherKeys(key, services) : [], (others) => {
    const { changes, losses } = lossOf(key, gone, others)
    return {
      changes,
      events: gone.map(({ materialId: keyMaterialId }) =>
        serviceEvent('DeleteExpiredKeyMaterial', key, nowMs, services.ids, { keyMaterialId }),
      ),
      committed: () => {
        for (const { place, materialId } of losses) services.materials.forget(place, materialId)
      },
    }
  })
}

/** A replica is made, or a primary has moved. */
const settle: DueHandler = (key) => {
  const { state, transitionEndsAtMs: _ends, ...record } = key.record
  if (state !== 'Creating' && state !== 'Updating') return NOTHING
  const settled: KeyRecord = { ...record, state: 'Enabled' }
  return {
    changes: changedKey(key, isComplete(settled) ? settled : { ...settled, state: 'PendingImport' }),
    events: [],
  }
}

export const DUE_HANDLERS: Readonly<Record<DueKind, DueHandler>> = { delete: deleteKey, rotate, expire, settle }
