/**
 * Multi-Region keys: which of the related ones is the primary, and where the others are.
 *
 * Source: KMS Developer Guide, "Multi-Region keys"; facts kms-behaviour 10.
 */
import { after, firstOf } from './awaitable.js'
import type { LoadedKey } from './loaded-key.js'
import type { KeyRecord } from './records.js'
import type { KeyPlace } from './row-names.js'
import type { Services } from './services.js'
import type { Awaitable } from './store.js'

function regionOf({ arn }: Pick<KeyRecord, 'arn'>): string {
  return arn.split(':', 4)[3] ?? ''
}

/** True for every key that has no primary besides itself. */
export function isPrimary({ arn, multiRegion }: Pick<KeyRecord, 'arn' | 'multiRegion'>): boolean {
  return multiRegion === undefined || multiRegion.primaryRegion === regionOf({ arn })
}

export function isPrimaryWithReplicas(record: KeyRecord): boolean {
  return isPrimary(record) && (record.multiRegion?.replicaRegions.length ?? 0) > 0
}

/** The same key in another Region. */
export function relatedPlace(place: KeyPlace, region: string): KeyPlace {
  return { ...place, region }
}

/** The places of all related keys but this one. */
function otherPlaces(place: KeyPlace, { multiRegion }: KeyRecord): readonly KeyPlace[] {
  if (multiRegion === undefined) return []
  return [multiRegion.primaryRegion, ...multiRegion.replicaRegions]
    .filter((region) => region !== place.region)
    .map((region) => relatedPlace(place, region))
}

/** The other keys of a multi-Region family, as they are now; a single-Region key has none. */
export function otherKeys(key: LoadedKey, { keys }: Services): Awaitable<readonly LoadedKey[]> {
  const found: LoadedKey[] = []
  return after(
    firstOf(otherPlaces(key.place, key.record), (place) =>
      after(keys.at(place), (other) => {
        if (other !== undefined) found.push(other)
        return undefined
      }),
    ),
    () => found,
  )
}
