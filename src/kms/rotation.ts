/**
 * Which keys rotate, by themselves or on demand, and what a rotation makes of them.
 *
 * Source: KMS Developer Guide, "Rotate AWS KMS keys"; facts kms-behaviour 7, and 2, footnotes 6 and 7.
 */
import type { AuditRecord } from './audit-record.js'
import { customerManagedFailure } from './customer-managed.js'
import type { Failure } from './failure.js'
import { changedKey } from './key-change.js'
import type { LoadedKey } from './loaded-key.js'
import { isPrimary } from './multi-region.js'
import type { KeyRecord, MaterialEntry } from './records.js'
import { serviceEvent, synchronizeEvent } from './service-event.js'
import type { Services } from './services.js'
import type { RotationType } from './shapes.js'
import type { Change } from './store.js'

/** Undefined for keys that can have more than one material: symmetric encryption keys outside custom key stores. */
export function rotatableFailure({ arn, record }: LoadedKey): Failure | undefined {
  if (record.keySpec !== 'SYMMETRIC_DEFAULT') return unsupported(`${arn} is not a symmetric encryption key.`)
  return record.customKeyStoreId === undefined
    ? undefined
    : unsupported(`${arn} origin is ${record.origin} which is not valid for this operation.`)
}

/** Undefined for keys whose automatic rotation may be switched on and off here. */
export function automaticRotationFailure(key: LoadedKey): Failure | undefined {
  const failure = customerManagedFailure(key) ?? rotatableFailure(key)
  if (failure !== undefined) return failure
  const { arn, origin } = key.record
  if (origin !== 'AWS_KMS') return unsupported(`${arn} origin is ${origin} which is not valid for this operation.`)
  return isPrimary(key.record) ? undefined : unsupported(`${arn} is a replica: its primary key is rotated.`)
}

function unsupported(message: string): Failure {
  return { code: 'UnsupportedOperationException', message }
}

/** The record of a key, or of its replica, after a rotation to this material. */
export function rotatedRecord(
  record: KeyRecord,
  materialId: string,
  rotationType: RotationType,
  nowMs: number,
): KeyRecord {
  const current: MaterialEntry = {
    ...(record.materials.find((material) => material.materialId === materialId) ?? { materialId, createdAtMs: nowMs }),
    state: 'CURRENT',
    rotatedAtMs: nowMs,
    rotationType,
  }
  const former = record.materials
    .filter((material) => material.materialId !== materialId)
    .map((material) => (material.state === 'CURRENT' ? { ...material, state: 'NON_CURRENT' as const } : material))
  return {
    ...record,
    materials: [...former, current],
    ...(rotationType === 'ON_DEMAND' ? { onDemandRotations: (record.onDemandRotations ?? 0) + 1 } : {}),
  }
}

/** Fresh material for a symmetric key and all that are related to it. */
export function rotatedToFresh(
  keys: readonly LoadedKey[],
  rotationType: RotationType,
  nowMs: number,
  { materials }: Services,
  recordOf: (record: KeyRecord) => KeyRecord = (record) => record,
): readonly Change[] {
  const fresh = materials.random(SYMMETRIC_BYTES)
  const changes = keys.flatMap((key) => {
    const copy = materials.secrets.copyOf(fresh)
    const { materialId, change } = materials.keep(key.place, 'SYMMETRIC_DEFAULT', copy, undefined)
    return [change, ...changedKey(key, recordOf(rotatedRecord(key.record, materialId, rotationType, nowMs)))]
  })
  materials.secrets.release(fresh)
  return changes
}

const SYMMETRIC_BYTES = 32

/** What a rotation leaves in the audit trail. */
export function rotationEvents(
  key: LoadedKey,
  rotationType: RotationType,
  nowMs: number,
  { ids }: Services,
): readonly AuditRecord[] {
  const rotated = serviceEvent('RotateKey', key, nowMs, ids, { rotationType })
  const hasReplicas = (key.record.multiRegion?.replicaRegions.length ?? 0) > 0
  return hasReplicas ? [rotated, synchronizeEvent(key, nowMs, ids)] : [rotated]
}
