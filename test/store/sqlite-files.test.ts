/** The files of the durable store: modes, strangers, damage, schema versions, a full disk. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StoreError, StoreTimeout } from '../../src/kms/store.js'
import { CommitWriter } from '../../src/store/sqlite-commits.js'
import { openDatabase } from '../../src/store/sqlite-driver.js'
import { asStoreError } from '../../src/store/sqlite-files.js'
import { MIGRATIONS, openForWriting } from '../../src/store/sqlite-schema.js'
import { auditRecord, openTestStore, temporaryFolder } from './support.js'

const LARGE = 'x'.repeat(100_000)

describe('files', () => {
  test('the folder has mode 0700, every file in it 0600, also while the store is written', async () => {
    const folder = join(temporaryFolder(), 'deep', 'data')
    const store = await openTestStore({ folder })
    await store.commit([{ kind: 'put', name: 'a', value: '1', expect: 'any' }], [])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const names = readdirSync(folder)
    expect(names).toContain('keyward.db')
    expect(names).toContain('keyward.db-wal')
    for (const name of names) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
  })

  test('an empty folder is made private, a full one that others may read is refused', async () => {
    const folder = join(temporaryFolder(), 'data')
    mkdirSync(folder, { mode: 0o755 })
    await (await openTestStore({ folder })).close()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    chmodSync(folder, 0o750)
    await expect(openTestStore({ folder })).rejects.toThrow(/is open to other users \(mode 0750\); expected mode 0700$/)
  })

  test('a database that others may read is refused', async () => {
    const folder = temporaryFolder()
    await (await openTestStore({ folder })).close()
    chmodSync(join(folder, 'keyward.db'), 0o644)
    await expect(openTestStore({ folder })).rejects.toThrow(/is open to other users \(mode 0644\); expected mode 0600$/)
  })

  test('nothing is left over from making it, and everything is in the one file after it was closed', async () => {
    const folder = temporaryFolder()
    const store = await openTestStore({ folder })
    await store.commit([{ kind: 'put', name: 'a', value: 'needle', expect: 'any' }], [])
    await store.close()
    expect(readdirSync(folder).filter((name) => !name.startsWith('keyward.db'))).toEqual([])
    expect(readdirSync(folder).filter((name) => name.includes('new'))).toEqual([])
    expect(readFileSync(join(folder, 'keyward.db')).includes('needle')).toBe(true)
  })

  test('what was closed opens again with its id and its rows', async () => {
    const folder = temporaryFolder()
    const store = await openTestStore({ folder })
    await store.commit([{ kind: 'put', name: 'a', value: '1', expect: 'any' }], [])
    const row = await store.get('a')
    const version = await store.version()
    await store.close()
    const again = await openTestStore({ folder })
    expect(again.id).toBe(store.id)
    expect(await again.get('a')).toEqual(row)
    expect(await again.changesSince(version)).toMatchObject({ names: [], lost: false })
  })
})

describe('strangers and damage', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    ['an empty file', (path) => writeFileSync(path, '', { mode: 0o600 }), /is not a Keyward database/],
    ['a text', (path) => writeFileSync(path, 'no database\n'.repeat(500), { mode: 0o600 }), /file is not a database/],
    ['another database', otherDatabase, /is not a Keyward database$/],
    ['a folder', (path) => mkdirSync(path, { mode: 0o700 }), /is not a file$/],
  ])('%s is refused and left as it is', async (_name, make, message) => {
    const folder = temporaryFolder()
    const path = join(folder, 'keyward.db')
    make(path)
    const before = statSync(path).isFile() ? readFileSync(path) : undefined
    const opening = openTestStore({ folder })
    await expect(opening).rejects.toThrow(StoreError)
    await expect(opening).rejects.toThrow(message)
    if (before !== undefined) expect(readFileSync(path).equals(before)).toBe(true)
  })

  test.each([
    ['its end', (path: string) => truncateSync(path, 8192)],
    ['all but its first page', (path: string) => truncateSync(path, 4096)],
    ['half of a page', (path: string) => truncateSync(path, statSync(path).size - 2000)],
    ['all but a few bytes', (path: string) => truncateSync(path, 50)],
    ['everything', (path: string) => truncateSync(path, 0)],
  ])('a file that has lost %s gives one clear error', async (_name, damage) => {
    const folder = temporaryFolder()
    const path = join(folder, 'keyward.db')
    const store = await openTestStore({ folder })
    for (const name of ['a', 'b', 'c']) {
      await store.commit([{ kind: 'put', name, value: LARGE, expect: 'any' }], [])
    }
    await store.close()
    damage(path)
    const opening = openTestStore({ folder })
    await expect(opening).rejects.toThrow(StoreError)
    await expect(opening).rejects.toThrow(/keyward\.db` is (?:damaged: |not a Keyward database)/)
  })

  test('a page of noise is a StoreError for whoever reads it, and no other error', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'keyward.db')
    const store = await openTestStore({ folder })
    for (let number = 0; number < 50; number++) {
      await store.commit([{ kind: 'put', name: `k${number}`, value: LARGE, expect: 'any' }], [])
    }
    await store.close()
    const bytes = readFileSync(path)
    for (let page = 5; page < bytes.length / 4096; page += 3) bytes.fill(0xa5, page * 4096, (page + 1) * 4096)
    writeFileSync(path, bytes)
    const again = await openTestStore({ folder })
    const read = async (): Promise<void> => {
      for await (const items of again.snapshot()) expect(items.length).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toThrow(StoreError)
  })
})

describe('schema versions', () => {
  test('a newer one is refused, and nothing of the file is changed', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'keyward.db')
    await (await openTestStore({ folder })).close()
    const database = openDatabase(path)
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    database.close()
    const content = (): string[] =>
      [path, `${path}-wal`].map((file) => (existsSync(file) ? readFileSync(file).toString('hex') : ''))
    const before = content()
    await expect(openTestStore({ folder })).rejects.toThrow(
      /was written by a newer Keyward: schema 2; this program knows/,
    )
    expect(content()).toEqual(before)
  })

  test('an older one is brought forward with all it holds, once', async () => {
    const { path } = await storeWithRow()
    let runs = 0
    const next = [
      ...MIGRATIONS,
      (database: { exec(sql: string): void }) => {
        runs++
        database.exec(`ALTER TABLE rows ADD COLUMN note TEXT; UPDATE rows SET note = 'from schema 1'`)
      },
    ]
    for (let opening = 0; opening < 2; opening++) {
      const database = openForWriting(path, next)
      expect(database.prepare('SELECT value, note FROM rows').all()).toMatchObject([
        { value: '1', note: 'from schema 1' },
      ])
      expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 })
      database.close()
    }
    expect(runs).toBe(1)
    // The program of before now meets a newer one.
    expect(() => openForWriting(path)).toThrow(/newer Keyward/)
  })

  test('a step that fails leaves the older one as it was', async () => {
    const { path, folder } = await storeWithRow()
    const failing = [
      ...MIGRATIONS,
      (database: { exec(sql: string): void }) => {
        database.exec('DELETE FROM rows')
        throw new StoreError('the step fails')
      },
    ]
    expect(() => openForWriting(path, failing)).toThrow('the step fails')
    const store = await openTestStore({ folder })
    expect(await store.get('a')).toMatchObject({ value: '1' })
  })

  async function storeWithRow(): Promise<{ readonly folder: string; readonly path: string }> {
    const folder = temporaryFolder()
    const store = await openTestStore({ folder })
    await store.commit([{ kind: 'put', name: 'a', value: '1', expect: 'any' }], [])
    await store.close()
    return { folder, path: join(folder, 'keyward.db') }
  }
})

test('a full disk is a StoreError for who does not fit, and the store goes on', async () => {
  const store = await openTestStore({ maxBytes: 300_000 })
  expect((await store.commit([{ kind: 'put', name: 'small', value: '1', expect: 'any' }], [])).ok).toBe(true)
  // In one transaction with others that fit.
  const [before, large, after] = await Promise.allSettled([
    store.commit([{ kind: 'put', name: 'before', value: '1', expect: 'any' }], []),
    store.commit([{ kind: 'put', name: 'large', value: LARGE.repeat(10), expect: 'any' }], []),
    store.commit([{ kind: 'put', name: 'after', value: '1', expect: 'any' }], []),
  ])
  expect(before).toMatchObject({ status: 'fulfilled', value: { ok: true } })
  expect(large).toMatchObject({ status: 'rejected', reason: { name: 'StoreError' } })
  expect(String((large as PromiseRejectedResult).reason)).toContain('disk is full')
  expect(after).toMatchObject({ status: 'fulfilled', value: { ok: true } })
  expect(await store.get('large')).toBeUndefined()
  expect(await store.get('after')).toMatchObject({ value: '1' })
  expect((await store.commit([{ kind: 'delete', name: 'small', expect: 'any' }], [])).ok).toBe(true)
})

test('a store that another process does not let go of is one that took too long', async () => {
  const folder = temporaryFolder()
  await (await openTestStore({ folder })).close()
  const path = join(folder, 'keyward.db')
  const database = openForWriting(path)
  database.exec('PRAGMA busy_timeout = 10')
  const writer = new CommitWriter(database)
  const other = openDatabase(path)
  other.exec('BEGIN IMMEDIATE')
  const request = { names: '["a"]', audit: null, changes: [] }
  expect(writer.write([request, request])).toEqual(
    Array.from({ length: 2 }, () => ({ failure: 'database is locked', isBusy: true })),
  )
  expect(asStoreError(busyError(database), 'it cannot be read')).toBeInstanceOf(StoreTimeout)
  other.exec('COMMIT')
  expect(writer.write([request])).toEqual([expect.any(Number)])
  expect(asStoreError(new Error('no'), 'it cannot be read')).not.toBeInstanceOf(StoreTimeout)
})

function busyError(database: ReturnType<typeof openDatabase>): unknown {
  try {
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    return error
  }
  throw new Error('it was not held')
}

test('old names leave the change log, audit records stay', async () => {
  const folder = temporaryFolder()
  await (await openTestStore({ folder })).close()
  const writer = new CommitWriter(openForWriting(join(folder, 'keyward.db')), { kept: 20, prunedEvery: 8 })
  for (let number = 0; number < 100; number++) {
    const audit = number % 10 === 0 ? JSON.stringify([auditRecord(number)]) : null
    writer.write([{ names: JSON.stringify([`k${number}`]), audit, changes: [] }])
  }
  const store = await openTestStore({ folder })
  const last = Number(await store.version())
  expect(await store.changesSince(String(last - 40))).toMatchObject({ lost: true, names: [] })
  const page = await store.changesSince(String(last - 20))
  expect(page.names).toEqual(Array.from({ length: 20 }, (_, number) => `k${number + 80}`))
  expect((await store.auditRecords()).records).toHaveLength(10)
})

function otherDatabase(path: string): void {
  writeFileSync(path, '', { mode: 0o600 })
  const database = openDatabase(path)
  database.exec('CREATE TABLE customers (name TEXT)')
  database.close()
  expect(existsSync(path)).toBe(true)
}
