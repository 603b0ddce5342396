/**
 * Imported key material: which of it a key has, which it waits for, and what its state follows from that.
 *
 * Material that has ever been current is associated with the key for good: while any of it is missing, the whole key
 * waits for import. Material that is pending can go without leaving a trace.
 *
 * Source: KMS Developer Guide, "Importing key material"; facts kms-behaviour 8 and 2, "Transitions".
 */
import type { Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import type { KeyRecord, MaterialEntry } from './records.js'
import type { KeyState } from './shapes.js'

export function isPending({ state }: MaterialEntry): boolean {
  return state === 'PENDING_ROTATION' || state === 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
}

/** Whether everything that is associated for good is there. */
export function isComplete({ materials }: KeyRecord): boolean {
  const associated = materials.filter((material) => !isPending(material))
  return associated.length > 0 && associated.every(({ imported }) => imported?.isPresent !== false)
}

/** The record after this material was deleted or has expired. */
export function withoutMaterial(record: KeyRecord, materialId: string): KeyRecord {
  const materials = record.materials.flatMap((material): readonly MaterialEntry[] => {
    if (material.materialId !== materialId || material.imported === undefined) return [material]
    if (isPending(material)) return []
    const { validToMs: _date, ...imported } = material.imported
    return [{ ...material, imported: { ...imported, isPresent: false } }]
  })
  return { ...record, materials }
}

/** The state of a key some of whose material may just have gone. */
export function stateAfterLoss(record: KeyRecord): KeyState {
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
