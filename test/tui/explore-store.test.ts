/** Audit records of a store as events: all that are there, then those that come, each of them once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventsOfStore } from '../../src/cli/explore-store.js'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import { openStore } from '../../src/cli/kms-store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { openSqliteStore } from '../../src/store/sqlite.js'

const record = (number: number): AuditRecord => ({
  eventVersion: '1.11',
  userIdentity: { type: 'AWSAccount', accountId: '444455556666' },
  eventTime: '2026-03-15T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'ListKeys',
  awsRegion: 'us-east-1',
  sourceIPAddress: '203.0.113.10',
  userAgent: 'test',
  requestParameters: null,
  responseElements: null,
  eventID: `event-${number}`,
  readOnly: true,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '444455556666',
  eventCategory: 'Management',
})

const records = (from: number, count: number): readonly AuditRecord[] =>
  Array.from({ length: count }, (_, index) => record(from + index))

const idsIn = (text: string): readonly string[] => [...text.matchAll(/event-(\d+)/g)].map(([, id]) => id ?? '')

test.each([0, 1, 199, 200, 201, 450])('%i records are read once each, and the store is closed', async (count) => {
  const store = createMemoryStore()
  await store.commit([], records(0, count))
  const ids: string[] = []
  for await (const text of eventsOfStore('keys', false, () => Promise.resolve(store)).texts(
    new AbortController().signal,
    () => undefined,
  )) {
    for await (const piece of text.pieces()) ids.push(...idsIn(piece))
  }
  expect(ids).toEqual(Array.from({ length: count }, (_, id) => String(id)))
  expect(() => store.auditRecords()).toThrow('closed')
})

test('what another process adds to a store on disk comes, each record once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-explore-store-'))
  const writer = await openSqliteStore({ folder })
  try {
    await writer.commit([], records(0, 3))
    const stop = new AbortController()
    const ids: string[] = []
    let idle = 0
    const onIdle = (): void => {
      idle++
      if (idle === 1) void writer.commit([], records(3, 250))
      if (ids.length === 253) stop.abort()
    }
    for await (const text of eventsOfStore(folder, true, () => openStore(folder)).texts(stop.signal, onIdle)) {
      for await (const piece of text.pieces()) ids.push(...idsIn(piece))
    }
    expect(ids).toEqual(Array.from({ length: 253 }, (_, id) => String(id)))
  } finally {
    await writer.close()
    rmSync(folder, { recursive: true })
  }
})

test('what is recorded later comes too, also behind a full page', async () => {
  const store = createMemoryStore()
  await store.commit([], records(0, 150))
  const stop = new AbortController()
  const ids: string[] = []
  let idle = 0
  const onIdle = (): void => {
    idle++
    if (idle === 1) void store.commit([], records(150, 30))
    if (idle === 2) void store.commit([], records(180, 40))
    if (idle === 3) stop.abort()
  }
  for await (const text of eventsOfStore('keys', true, () => Promise.resolve(store)).texts(stop.signal, onIdle)) {
    for await (const piece of text.pieces()) ids.push(...idsIn(piece))
  }
  expect(ids).toEqual(Array.from({ length: 220 }, (_, id) => String(id)))
})
