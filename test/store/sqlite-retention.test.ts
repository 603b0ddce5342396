/** How long audit records stay in the durable store. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import { StoreError, type Store } from '../../src/kms/store.js'
import { CommitWriter, type CommitWriterOptions } from '../../src/store/sqlite-commits.js'
import { openDatabase } from '../../src/store/sqlite-driver.js'
import { readCommits, writeCommit, type Part } from '../../src/store/sqlite-messages.js'
import { SqliteReader } from '../../src/store/sqlite-reader.js'
import { openForWriting } from '../../src/store/sqlite-schema.js'
import { auditRecord, openTestStore, temporaryFolder } from './support.js'

const START_MS = Date.UTC(2026, 0, 1)

/** A day after the one before. */
function record(number: number): AuditRecord {
  const eventTime = `${new Date(START_MS + number * 86_400_000).toISOString().slice(0, 19)}Z`
  return auditRecord(number, { eventTime })
}

interface Opened {
  readonly reader: SqliteReader
  /** A commit of a row with these records. */
  readonly commit: (...numbers: readonly number[]) => void
  /** Another process's writer. */
  readonly again: () => Opened['commit']
}

async function open(options: CommitWriterOptions): Promise<Opened> {
  const folder = temporaryFolder()
  await (await openTestStore({ folder })).close()
  const path = join(folder, 'keyward.db')
  const again = (): Opened['commit'] => {
    const writer = new CommitWriter(openForWriting(path), { auditPrunedEvery: 1, ...options })
    return (...numbers) => {
      const parts: Part[] = []
      writeCommit(parts, [{ kind: 'put', name: 'row', value: 'x', expect: 'any' }], numbers.map(record))
      const [answer] = writer.write(readCommits(parts))
      expect(answer).toEqual(expect.any(Number))
    }
  }
  return { reader: new SqliteReader(openDatabase(path, { readOnly: true })), commit: again(), again }
}

function kept(reader: SqliteReader): { readonly ids: readonly number[]; readonly dropped: number } {
  const { records, dropped } = reader.auditRecords({ limit: 10_000 })
  return { ids: records.map(({ eventID }) => Number(eventID)), dropped }
}

function from(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

describe('audit records of the durable store', () => {
  test('all stay unless something else is said', async () => {
    const { reader, commit } = await open({})
    for (const number of from(1, 400)) commit(number)
    expect(kept(reader)).toEqual({ ids: from(1, 400), dropped: 0 })
  })

  test('by their number: so many of the latest stay, and what is gone is counted', async () => {
    const { reader, commit } = await open({ keepAudit: { records: 10 } })
    for (const number of from(1, 50)) commit(number)
    expect(kept(reader)).toEqual({ ids: from(41, 50), dropped: 40 })
  })

  test('those of one commit stay or go together, and at least the number stays', async () => {
    const { reader, commit } = await open({ keepAudit: { records: 10 } })
    for (const number of from(0, 9)) commit(...from(number * 4 + 1, number * 4 + 4))
    expect(kept(reader)).toEqual({ ids: from(29, 40), dropped: 28 })
  })

  test('by their age, counted from the latest', async () => {
    const { reader, commit } = await open({ keepAudit: { days: 7 } })
    for (const number of from(1, 50)) commit(number)
    expect(kept(reader)).toEqual({ ids: from(43, 50), dropped: 42 })
    commit(500)
    expect(kept(reader)).toEqual({ ids: [500], dropped: 50 })
  })

  test('whichever of two limits takes more', async () => {
    const byAge = await open({ keepAudit: { days: 3, records: 100 } })
    const byNumber = await open({ keepAudit: { days: 100, records: 3 } })
    for (const number of from(1, 20)) {
      byAge.commit(number)
      byNumber.commit(number)
    }
    expect(kept(byAge.reader).ids).toEqual(from(17, 20))
    expect(kept(byNumber.reader).ids).toEqual(from(18, 20))
  })

  test('readers that were under way are told how many they have missed', async () => {
    const { reader, commit } = await open({ keepAudit: { records: 10 } })
    for (const number of from(1, 20)) commit(number)
    const first = reader.auditRecords({ limit: 4 })
    expect([first.records.map(({ eventID }) => Number(eventID)), first.dropped]).toEqual([from(11, 14), 10])
    const next = (cursor: string | undefined) => reader.auditRecords({ limit: 4, ...(cursor && { cursor }) })
    expect(next(first.cursor)).toMatchObject({ dropped: 0, records: from(15, 18).map(record) })
    for (const number of from(21, 40)) commit(number)
    // 15 to 30 are gone.
    const late = next(first.cursor)
    expect(late).toMatchObject({ dropped: 16, records: from(31, 34).map(record) })
    expect(next(late.cursor)).toMatchObject({ dropped: 0, records: from(35, 38).map(record) })
    expect(next(next(late.cursor).cursor)).toEqual({ dropped: 0, records: from(39, 40).map(record), cursor: undefined })
  })

  test('names of changed rows stay as long as they otherwise would, and no longer', async () => {
    const { reader, commit } = await open({ keepAudit: { records: 5 }, kept: 20, prunedEvery: 4 })
    const start = reader.version()
    for (const number of from(1, 15)) commit(number)
    expect(reader.changesSince(start).names).toHaveLength(15)
    for (const number of from(16, 80)) commit(number)
    expect(reader.changesSince(start)).toMatchObject({ lost: true })
    const recent = String(Number(reader.version()) - 20)
    expect(reader.changesSince(recent).names).toHaveLength(20)
    expect(kept(reader)).toEqual({ ids: from(76, 80), dropped: 75 })
  })

  test('a large store is cut down little by little', async () => {
    const { reader, commit, again } = await open({ keepAudit: { records: 10 }, auditPrunedEvery: 2000 })
    for (const number of from(1, 1500)) commit(number)
    // Looked at with the first commit, when there was nothing to remove.
    expect(kept(reader).ids).toHaveLength(1500)
    again()(1501)
    expect(kept(reader)).toEqual({ ids: from(1025, 1501), dropped: 1024 })
    again()(1502)
    expect(kept(reader)).toEqual({ ids: from(1493, 1502), dropped: 1492 })
  })

  test('processes that share a store count together', async () => {
    const { reader, commit, again } = await open({ keepAudit: { records: 10 } })
    const other = again()
    for (const number of from(1, 100)) (number % 3 === 0 ? commit : other)(number)
    expect(kept(reader)).toEqual({ ids: from(91, 100), dropped: 90 })
  })

  test('records that tell no time are never too old', async () => {
    const folder = temporaryFolder()
    const store = await openTestStore({ folder, keepAudit: { days: 1 } })
    const write = (audit: readonly AuditRecord[]) => store.commit([], audit)
    await write([{ eventID: 'none' } as AuditRecord])
    await write([record(50)])
    await write([record(100)])
    expect((await store.auditRecords()).records).toHaveLength(3)
  })
})

describe('openSqliteStore({ keepAudit })', () => {
  test('keeps what it is told to keep, and about as much', async () => {
    const store = await openTestStore({ keepAudit: { records: 100 } })
    for (const number of from(0, 9)) {
      const numbers = from(number * 100 + 1, number * 100 + 100)
      await Promise.all(numbers.map(async (each) => store.commit([], [record(each)])))
    }
    const { records, dropped } = await store.auditRecords({ limit: 10_000 })
    expect(records.at(-1)?.eventID).toBe('1000')
    expect(records.length).toBeGreaterThanOrEqual(100)
    expect(records.length).toBeLessThan(100 + 256 + 100)
    expect(records.length + dropped).toBe(1000)
  })

  test('refuses what cannot be meant', async () => {
    const refusal = async (keepAudit: object): Promise<unknown> =>
      openTestStore({ keepAudit }).then(
        (store: Store) => store.id,
        (error: unknown) => (error instanceof StoreError ? error.message : error),
      )
    expect(await refusal({ days: 0 })).toBe('`keepAudit.days` is 0; expected a number above 0')
    expect(await refusal({ days: Number.NaN })).toBe('`keepAudit.days` is NaN; expected a number above 0')
    expect(await refusal({ records: -1 })).toBe('`keepAudit.records` is -1; expected a whole number above 0')
    expect(await refusal({ records: 2.5 })).toBe('`keepAudit.records` is 2.5; expected a whole number above 0')
  })
})
