/**
 * Imported key material: which of it a key has, which it waits for, and what its state follows from that.
 *
 * Material that has ever been current is associated with the key for good: while any of it is missing, the whole key
 * waits for import. Material that is pending can go without leaving a trace, from a primary and all of its replicas.
 *
 * Source: KMS Developer Guide, "Importing key material"; facts kms-behaviour 8 and 2, "Transitions".
 */
import type { Failure } from './failure.js'
import { changedKey } from './key-change.js'
import type { LoadedKey } from './loaded-key.js'
import { isPrimary } from './multi-region.js'
import { remove, type KeyRecord, type MaterialEntry } from './records.js'
import { materialRow, type KeyPlace } from './row-names.js'
import type { KeyState } from './shapes.js'
import type { Change } from './store.js'

export function isPending({ state }: MaterialEntry): boolean {
  return state === 'PENDING_ROTATION' || state === 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
}

/** Whether everything that is associated for good is there. */
export function isComplete({ materials }: KeyRecord): boolean {
  const associated = materials.filter((material) => !isPending(material))
  return associated.length > 0 && associated.every(({ imported }) => imported?.isPresent !== false)
}

/** Material that is no longer kept for this key. */
interface Loss {
  readonly place: KeyPlace
  readonly materialId: string
}

/**
 * What becomes of a key and its relatives when this material of it was deleted or has expired. What is pending on a
 * primary goes from its replicas too; a replica that loses what is pending waits for it again.
 *
 * @param others - the related keys; nobody needs them where nothing that goes is pending.
 */
export function lossOf(
  key: LoadedKey,
  gone: readonly MaterialEntry[],
  others: readonly LoadedKey[],
): { readonly changes: readonly Change[]; readonly losses: readonly Loss[] } {
  const record = gone.reduce(withoutMaterial, key.record)
  const shared = isPrimary(key.record) ? gone.filter(isPending) : []
  const losses = [
    ...gone.map(({ materialId }) => ({ place: key.place, materialId })),
    ...others.flatMap(({ place }) => shared.map(({ materialId }) => ({ place, materialId }))),
  ]
  return {
    changes: [
      ...changedFamily([
        { key, record: { ...record, state: stateAfterLoss(record) } },
        ...others.map((other) => ({ key: other, record: shared.reduce(withoutEntry, other.record) })),
      ]),
      ...losses.map(({ place, materialId }) => remove(materialRow(place, materialId))),
    ],
    losses,
  }
}

function withoutMaterial(record: KeyRecord, lost: MaterialEntry): KeyRecord {
  if (lost.imported === undefined) return record
  if (isPending(lost) && isPrimary(record)) return withoutEntry(record, lost)
  const { validToMs: _date, ...imported } = lost.imported
  const entry = { ...lost, imported: { ...imported, isPresent: false } }
  return { ...record, materials: record.materials.map((material) => (material === lost ? entry : material)) }
}

function withoutEntry(record: KeyRecord, { materialId }: MaterialEntry): KeyRecord {
  return { ...record, materials: record.materials.filter((material) => material.materialId !== materialId) }
}

/** One of the related keys, and the record that it is to have. */
interface FamilyMember {
  readonly key: LoadedKey
  readonly record: KeyRecord
}

/**
 * The changes of all related keys, or of a key that has none. Pending material is ready for rotation when every one of
 * them has it, and not before: what the primary rotates to, its replicas use from then on.
 */
export function changedFamily(members: readonly FamilyMember[]): readonly Change[] {
  const isEverywhere = members.every(({ record }) =>
    record.materials.filter(isPending).every(({ imported }) => imported?.isPresent === true),
  )
  const state = isEverywhere ? ('PENDING_ROTATION' as const) : ('PENDING_MULTI_REGION_IMPORT_AND_ROTATION' as const)
  return members.flatMap(({ key, record }) => {
    const isSettled = record.materials.every((material) => !isPending(material) || material.state === state)
    const settled = isSettled ? record : { ...record, materials: withPendingState(record.materials, state) }
    return settled === key.record ? [] : changedKey(key, settled)
  })
}

/** The materials, with what is pending among them in this state. */
export function withPendingState(
  materials: readonly MaterialEntry[],
  state: MaterialEntry['state'],
): readonly MaterialEntry[] {
  return materials.map((material) => (isPending(material) ? { ...material, state } : material))
}

/** The state of a key some of whose material may just have gone. */
function stateAfterLoss(record: KeyRecord): KeyState {
  if (isComplete(record)) return record.state
  return record.state === 'PendingDeletion' || record.state === 'PendingReplicaDeletion'
    ? record.state
    : 'PendingImport'
}

/** The state of a key that may just have got the last of its material. */
export function stateAfterImport(record: KeyRecord): KeyState {
  return record.state === 'PendingImport' && isComplete(record) ? 'Enabled' : record.state
}

/** Undefined for keys whose material their owner brings. */
export function importFailure({ arn, record }: LoadedKey): Failure | undefined {
  return record.origin === 'EXTERNAL'
    ? undefined
    : {
        code: 'UnsupportedOperationException',
        message: `${arn} origin is ${record.origin} which is not valid for this operation.`,
      }
}
