/**
 * The rows of a new key: its record, its policy, its material and the place of its id.
 */
import type { KeyProperties } from '../graph/world.js'
import { addedKey } from './key-change.js'
import { put, type KeyRecord, type MaterialEntry } from './records.js'
import { keyArn, keyIdRow, policyRow, type KeyPlace } from './row-names.js'
import type { NewMaterial } from './materials.js'
import type { Change } from './store.js'

export interface NewKey extends Omit<KeyRecord, 'form' | 'arn' | 'materials' | 'createdAtMs'> {
  /** Of a replica: what its primary has. */
  readonly materials?: readonly MaterialEntry[]
}

/** @param material - left out for a key that waits for its import, or whose material is elsewhere. */
export function newKeyRows(
  place: KeyPlace,
  key: NewKey,
  policy: string,
  material: NewMaterial | undefined,
  nowMs: number,
): { readonly record: KeyRecord; readonly changes: readonly Change[] } {
  const materials: readonly MaterialEntry[] =
    material === undefined ? [] : [{ materialId: material.materialId, state: 'CURRENT', createdAtMs: nowMs }]
  const record: KeyRecord = { form: 1, arn: keyArn(place), createdAtMs: nowMs, materials, ...key }
  const changes = [
    ...addedKey(place, record),
    put(policyRow(place), { form: 1, policy }, 'absent'),
    put(keyIdRow(place.region, place.keyId), { form: 1, accountId: place.accountId }, 'any'),
    ...(material === undefined ? [] : [material.change]),
  ]
  return { record, changes }
}

/** What conditions see of a key that is not there yet. */
export function propertiesOf(key: NewKey, region: string): KeyProperties {
  const { keySpec, keyUsage, origin, keyManager, multiRegion, tags } = key
  return {
    keyManager,
    keySpec,
    keyUsage,
    origin,
    multiRegion: multiRegion !== undefined,
    aliases: [],
    tags: Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue])),
    ...(multiRegion === undefined
      ? {}
      : { multiRegionKeyType: region === multiRegion.primaryRegion ? 'PRIMARY' : 'REPLICA' }),
  }
}
