/** The store in memory: what every store does, and its own bounds. */
import { expect, test } from 'vitest'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { logConformance } from './conformance-log.js'
import { conformance } from './conformance.js'
import { auditRecord } from './support.js'

conformance('memory', { open: () => createMemoryStore(), runs: 200 })
logConformance('memory', { open: () => createMemoryStore() })

test('answers are there at once', () => {
  const store = createMemoryStore()
  expect(store.commit([{ kind: 'put', name: 'a', value: '1', expect: 'absent' }], [])).toMatchObject({ ok: true })
  expect(store.get('a')).toMatchObject({ value: '1' })
})

test('the oldest audit records are dropped, and how many is told', () => {
  const store = createMemoryStore({ maxAuditRecords: 3 })
  for (let number = 0; number < 10; number++) void store.commit([], [auditRecord(number)])
  const first = store.auditRecords({ limit: 2 })
  expect(first).toMatchObject({ records: [{ eventID: '7' }, { eventID: '8' }], dropped: 7 })
  const { cursor } = first as { cursor: string }
  expect(store.auditRecords({ cursor })).toMatchObject({ records: [{ eventID: '9' }], dropped: 0, cursor: undefined })
  for (let number = 10; number < 15; number++) void store.commit([], [auditRecord(number)])
  expect(store.auditRecords({ cursor, limit: 1 })).toMatchObject({ records: [{ eventID: '12' }], dropped: 3 })
})

test('a sink gets every audit record, kept or not', () => {
  const heard: AuditRecord[] = []
  const store = createMemoryStore({ maxAuditRecords: 0, onAudit: (record) => heard.push(record) })
  void store.commit([], [auditRecord(1), auditRecord(2)])
  expect(heard).toEqual([auditRecord(1), auditRecord(2)])
  expect(store.auditRecords()).toEqual({ records: [], cursor: undefined, dropped: 2 })
})

test('a change log that does not reach back says so, and one that just reaches back does not', () => {
  const store = createMemoryStore({ maxChanges: 4 })
  for (let number = 1; number <= 6; number++) {
    void store.commit([{ kind: 'put', name: `k${number}`, value: '', expect: 'any' }], [])
  }
  expect(store.changesSince('1')).toEqual({ names: [], version: '6', more: false, lost: true })
  expect(store.changesSince('2')).toMatchObject({ names: ['k3', 'k4', 'k5', 'k6'], lost: false })
})

test('begins with the rows and the id that it is given', () => {
  const store = createMemoryStore({
    id: 'f'.repeat(32),
    rows: [
      { name: 'b', value: '2' },
      { name: 'a', value: '1' },
    ],
  })
  expect(store.id).toBe('f'.repeat(32))
  expect(store.scan('')).toMatchObject({ rows: [{ name: 'a' }, { name: 'b' }] })
})

test('ten names among 200,000 are found without looking at the rest', () => {
  let read = 0
  const names = Array.from(
    { length: 200_000 },
    (_, number) => `key/${String((number * 7919) % 200_003).padStart(6, '0')}`,
  )
  const store = createMemoryStore({ rows: names.map((name) => ({ name, value: '' })) })
  for (const name of names.toSorted().slice(100_000, 100_050)) {
    const page = store.scan(name, { limit: 10 })
    if (page instanceof Promise) throw new Error('memory answers at once')
    read += page.rows.length
    expect(page.rows[0]?.name).toBe(name)
  }
  expect(read).toBe(50)
})

test('a listener that throws keeps no other from hearing', async () => {
  const store = createMemoryStore()
  const heard: string[] = []
  const thrown: unknown[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (error) => thrown.push(error))
  store.subscribe(() => {
    throw new Error('a bug of the listener')
  })
  store.subscribe((names) => heard.push(...names))
  void store.commit([{ kind: 'put', name: 'a', value: '', expect: 'any' }], [])
  await new Promise((resolve) => {
    setTimeout(resolve, 5)
  })
  for (const other of others) process.on('uncaughtException', other)
  expect(heard).toEqual(['a'])
  expect(thrown).toMatchObject([{ message: 'a bug of the listener' }])
})
