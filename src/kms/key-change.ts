/**
 * A change of a key's record, together with the rows of what will be due.
 *
 * What is due follows from the record alone, so nobody who changes a record can forget to say so.
 *
 * Source: facts kms-behaviour 7 to 10.
 */
import type { LoadedKey } from './loaded-key.js'
import { put, putName, remove, type KeyRecord, type MaterialEntry } from './records.js'
import { dueRow, keyRow, type KeyPlace } from './row-names.js'
import type { Change } from './store.js'

/** The kinds of due work, as their rows name them. */
export type DueKind = 'delete' | 'rotate' | 'expire' | 'settle'

export interface DueTime {
  readonly what: DueKind
  readonly atMs: number
}

/** What of a key has to be done at which time. */
function dueTimes(record: KeyRecord): readonly DueTime[] {
  const { state, deletionAtMs, rotation, transitionEndsAtMs } = record
  const due: DueTime[] = []
  if (state === 'PendingDeletion' && deletionAtMs !== undefined) due.push({ what: 'delete', atMs: deletionAtMs })
  // A disabled key does not rotate; enabled again, it does at once what is overdue.
  if (rotation !== undefined && rotates(record)) due.push({ what: 'rotate', atMs: rotation.nextAtMs })
  const expiries = record.materials.flatMap((material) => expiryOf(material) ?? [])
  if (expiries.length > 0) due.push({ what: 'expire', atMs: Math.min(...expiries) })
  if ((state === 'Creating' || state === 'Updating') && transitionEndsAtMs !== undefined) {
    due.push({ what: 'settle', atMs: transitionEndsAtMs })
  }
  return due
}

/** When imported material goes; undefined where it stays or is gone already. */
export function expiryOf({ imported }: MaterialEntry): number | undefined {
  return imported?.isPresent === true ? imported.validToMs : undefined
}

function rotates({ state, arn, multiRegion }: KeyRecord): boolean {
  // Replicas follow their primary.
  const isPrimary = multiRegion === undefined || multiRegion.primaryRegion === arn.split(':', 4)[3]
  return state === 'Enabled' && isPrimary
}

/** The record as it is stored: it knows when the key has to be looked at next. */
function withDueTime(record: KeyRecord): KeyRecord {
  const { dueAtMs: _former, ...rest } = record
  const times = dueTimes(record).map(({ atMs }) => atMs)
  return times.length === 0 ? rest : { ...rest, dueAtMs: Math.min(...times) }
}

/** The changes that put another record in place of a key's own. */
export function changedKey(key: LoadedKey, record: KeyRecord): readonly Change[] {
  return [
    put(keyRow(key.place), withDueTime(record), key.unchanged),
    ...changedDueRows(key.place, dueTimes(key.record), dueTimes(record)),
  ]
}

/** The changes that put a new key's record in its place. */
export function addedKey(place: KeyPlace, record: KeyRecord): readonly Change[] {
  return [put(keyRow(place), withDueTime(record), 'absent'), ...changedDueRows(place, [], dueTimes(record))]
}

/** The changes that take the due work of a key away. */
export function withoutDueRows(key: LoadedKey): readonly Change[] {
  return changedDueRows(key.place, dueTimes(key.record), [])
}

function changedDueRows(place: KeyPlace, before: readonly DueTime[], after: readonly DueTime[]): readonly Change[] {
  const nameOf = ({ what, atMs }: DueTime): string => dueRow(atMs, what, place)
  const former = new Set(before.map(nameOf))
  const next = new Set(after.map(nameOf))
  return [
    ...[...former].filter((name) => !next.has(name)).map((name) => remove(name)),
    ...[...next].filter((name) => !former.has(name)).map((name) => putName(name)),
  ]
}

/** Holds a commit to the record of the key that was read, where nothing of it is written. */
export function keyUnchanged(key: LoadedKey): Change {
  return { kind: 'check', name: keyRow(key.place), expect: key.unchanged }
}
