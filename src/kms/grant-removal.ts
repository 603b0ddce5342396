/**
 * Taking a grant away, by whichever operation.
 */
import { fail } from './failure.js'
import type { LoadedGrant, LoadedKey } from './loaded-key.js'
import { remove } from './records.js'
import { grantRow, retirableRow } from './row-names.js'
import type { Change } from './store.js'

export function removedGrant(key: LoadedKey, { record, version }: LoadedGrant): readonly Change[] {
  const retiring = record.retiringPrincipal ?? record.retiringServicePrincipal
  return [
    remove(grantRow(key.place, record.grantId), { version }),
    ...(retiring === undefined ? [] : [remove(retirableRow(retiring, key.place, record.grantId))]),
  ]
}

/** The id has the form of one; whether it ever was one is nobody's business. */
export function grantNotFound(grantId: string): ReturnType<typeof fail> {
  return malformedGrantId(grantId) ?? fail('NotFoundException', `Grant ID ${grantId} not found`)
}

/** Undefined for what has the form of one. */
export function malformedGrantId(grantId: string): ReturnType<typeof fail> | undefined {
  return GRANT_ID.test(grantId) ? undefined : fail('InvalidGrantIdException', `Grant ID ${grantId} is not valid`)
}

const GRANT_ID = /^[0-9a-f]{64}$/
