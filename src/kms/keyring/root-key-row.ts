/**
 * What a store remembers of its root key: which one is in use, and during a rotation which one was before.
 */
import type { RootKeyDescription } from './root-key-source.js'
import { KeyringError } from './keyring-error.js'
import type { Row } from '../store.js'

/** The row's name. Whoever commits wrapped secrets lets the commit depend on this row. */
export const ROOT_KEY_ROW = 'root-key'

export interface RootKeyRecord {
  readonly form: 1
  readonly current: RootKeyDescription
  /** There while secrets may still be wrapped under it. */
  readonly previous?: RootKeyDescription
}

const ID = /^[0-9a-f]{32}$/

export function parseRootKeyRow(row: Row): RootKeyRecord {
  let record: unknown
  try {
    record = JSON.parse(row.value)
  } catch {
    record = undefined
  }
  if (!isRecord(record)) throw new KeyringError(`the row \`${ROOT_KEY_ROW}\` of the store is damaged`)
  return record
}

export function isDescription(value: unknown): value is RootKeyDescription {
  if (!isObject(value) || typeof value['id'] !== 'string' || !ID.test(value['id'])) return false
  if (typeof value['kind'] !== 'string') return false
  const scrypt = value['scrypt']
  if (scrypt === undefined) return true
  if (!isObject(scrypt) || typeof scrypt['salt'] !== 'string' || !ID.test(scrypt['salt'])) return false
  return ['cost', 'blockSize', 'parallelization'].every((name) => Number.isSafeInteger(scrypt[name]))
}

function isRecord(value: unknown): value is RootKeyRecord {
  if (!isObject(value) || value['form'] !== 1 || !isDescription(value['current'])) return false
  return value['previous'] === undefined || isDescription(value['previous'])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
