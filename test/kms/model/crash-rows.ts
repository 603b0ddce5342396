/**
 * What must hold between the rows of a store and its audit records, at every moment and whatever was interrupted: both
 * come from the same commits. Read from the rows themselves, before any service has had a chance to mend them.
 */
import { expect } from 'vitest'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import { parseRecord, type AliasRecord, type CustomKeyStoreRecord, type KeyRecord } from '../../../src/kms/records.js'
import { parseDueRow } from '../../../src/kms/row-names.js'
import type { Store } from '../../../src/kms/store.js'
import { keyIdOf } from './crash-script.js'

type Rows = ReadonlyMap<string, string>

export async function allRows(store: Store): Promise<Rows> {
  const rows = new Map<string, string>()
  let cursor: string | undefined
  do {
    const page = await store.scan('', cursor === undefined ? {} : { cursor })
    for (const { name, value } of page.rows) rows.set(name, value)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

export async function allRecords(store: Store): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  let cursor: string | undefined
  do {
    const page = await store.auditRecords(cursor === undefined ? {} : { cursor })
    records.push(...page.records)
    cursor = page.cursor
  } while (cursor !== undefined)
  return records
}

export function expectAgreement(rows: Rows, records: readonly AuditRecord[]): void {
  const events = new Counts(records)
  const parts = partsByKey(rows)
  const keys = [...rows].filter(([name]) => name.startsWith('key/'))
  const expected = events.arns().filter((arn) => events.of(arn, 'CreateKey') > events.of(arn, 'DeleteKey'))
  const places = keys.map(([name, value]) => [name.slice('key/'.length), parseRecord<KeyRecord>(name, value)] as const)
  expect(places.map(([, { arn }]) => arn).toSorted()).toEqual(expected.toSorted())
  for (const [place, record] of places) {
    const { arn } = record
    const found = parts.get(place) ?? []
    parts.delete(place)
    const names = (kind: string): readonly string[] => found.filter((name) => name.startsWith(`${kind}/`))
    const present = record.materials.filter(({ imported }) => imported?.isPresent !== false)
    const own = (id: string): string => `material/${place}/${id}`
    expect(names('material').toSorted()).toEqual(present.map(({ materialId }) => own(materialId)).toSorted())
    if (record.origin === 'EXTERNAL') {
      const lost = events.of(arn, 'DeleteImportedKeyMaterial') + events.of(arn, 'DeleteExpiredKeyMaterial')
      expect(present.length).toBe(events.of(arn, 'ImportKeyMaterial') - lost)
    } else expect(present.length).toBe(1 + events.of(keyIdOf(arn), 'RotateKey'))
    expect(names('policy')).toHaveLength(1)
    expect(rows.has(`key-id/${place.split('/').slice(1).join('/')}`)).toBe(true)
    const grants = events.of(arn, 'CreateGrant') - events.of(arn, 'RevokeGrant') - events.of(arn, 'RetireGrant')
    expect([names('grant').length, names('retirable').length]).toEqual([grants, grants])
    expect(names('key-alias')).toHaveLength(events.of(arn, 'CreateAlias') - events.of(arn, 'DeleteAlias'))
    const due = names('due').map((name) => parseDueRow(name)?.atMs ?? Number.NaN)
    expect([arn, due.length === 0 ? undefined : Math.min(...due)]).toEqual([arn, record.dueAtMs])
  }
  // Nothing is left of a key that is not there.
  expect([...parts.values()].flat()).toEqual([])
  expectAliases(rows)
  expectStores(rows, events)
}

const KINDS: ReadonlySet<string> = new Set(['policy', 'material', 'grant', 'key-alias', 'usage', 'due', 'retirable'])

/** The names of the rows about each key, by its place. */
function partsByKey(rows: Rows): Map<string, string[]> {
  const parts = new Map<string, string[]>()
  for (const name of rows.keys()) {
    const [kind = '', ...rest] = name.split('/')
    if (!KINDS.has(kind)) continue
    const place = (kind === 'due' || kind === 'retirable' ? rest.slice(2, 5) : rest.slice(0, 3)).join('/')
    const names = parts.get(place)
    if (names === undefined) parts.set(place, [name])
    else names.push(name)
  }
  return parts
}

/** An alias stands twice: by its name, and with its key. */
function expectAliases(rows: Rows): void {
  const aliases = [...rows].filter(([name]) => name.startsWith('alias/'))
  const expected = aliases.map(([name, value]) => {
    const [, accountId, region, alias] = name.split('/')
    const { targetKeyId } = parseRecord<AliasRecord>(name, value)
    return `key-alias/${accountId}/${region}/${targetKeyId}/${alias}`
  })
  const found = [...rows.keys()].filter((name) => name.startsWith('key-alias/'))
  expect(found.toSorted()).toEqual(expected.toSorted())
}

function expectStores(rows: Rows, events: Counts): void {
  const stores = [...rows].filter(([name]) => name.startsWith('custom-key-store/'))
  const found = stores.map(([name, value]) => parseRecord<CustomKeyStoreRecord>(name, value))
  const expected = events.storeIds().filter((id) => events.of(id, 'DeleteCustomKeyStore') === 0)
  expect(found.map(({ customKeyStoreId }) => customKeyStoreId).toSorted()).toEqual(expected.toSorted())
  for (const { customKeyStoreId: id, connectionState } of found) {
    const isConnected = events.of(id, 'ConnectCustomKeyStore') > events.of(id, 'DisconnectCustomKeyStore')
    expect(connectionState).toBe(isConnected ? 'CONNECTED' : 'DISCONNECTED')
  }
}

/** How often what has succeeded, by the ARN of a key, by its id in all of its Regions, and by the id of a key store. */
class Counts {
  private readonly counts = new Map<string, Map<string, number>>()

  constructor(records: readonly AuditRecord[]) {
    for (const { eventName, errorCode, resources = [], requestParameters, responseElements } of records) {
      if (errorCode !== undefined) continue
      const arns = resources.map(({ ARN }) => ARN)
      const storeId = requestParameters?.['customKeyStoreId'] ?? responseElements?.['customKeyStoreId']
      const abouts = new Set([...arns, ...arns.map(keyIdOf), ...(typeof storeId === 'string' ? [storeId] : [])])
      for (const about of abouts) {
        const counts = this.counts.get(about) ?? new Map<string, number>()
        counts.set(eventName, (counts.get(eventName) ?? 0) + 1)
        this.counts.set(about, counts)
      }
    }
  }

  of(about: string, eventName: string): number {
    return this.counts.get(about)?.get(eventName) ?? 0
  }

  arns(): readonly string[] {
    return [...this.counts.keys()].filter((about) => about.startsWith('arn:'))
  }

  storeIds(): readonly string[] {
    return [...this.counts.keys()].filter((about) => about.startsWith('cks-'))
  }
}
