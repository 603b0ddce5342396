/** Backups of a store in PostgreSQL, stores in PostgreSQL from backups, and the command line on such a store. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { KeyringError } from '../../src/kms/keyring/keyring-error.js'
import type { SnapshotItem, Store } from '../../src/kms/store.js'
import { BackupError } from '../../src/store/backup-file.js'
import { restoreBackup, writeBackup } from '../../src/store/backup.js'
import { folder, json, keyward, ROOT } from '../cli/kms-folder.js'
import { PASSWORD } from './postgres-server.js'
import { openPostgres, postgresTests } from './postgres-support.js'
import { put } from './steps.js'
import { auditRecord, openTestStore, temporaryFolder } from './support.js'

const ROOT_KEY = { kind: 'bytes', bytes: Buffer.alloc(32, 1) } as const

async function itemsOf(store: Store): Promise<SnapshotItem[]> {
  const items: SnapshotItem[] = []
  for await (const part of store.snapshot()) items.push(...part)
  return items
}

async function fill(store: Store): Promise<string> {
  const keyring = await openKeyring({ store, rootKey: ROOT_KEY })
  const hostile = ['a\0b', '\ud800', '😀', ''].map((name) => put(name, `${name}!`))
  const many = Array.from({ length: 1200 }, (_, number) => put(`k${number}`, `${number} `.repeat(20)))
  await store.commit([...hostile, ...many], [auditRecord(1, { errorMessage: 'a\nb\ud800' }), auditRecord(2)])
  for (let number = 3; number < 20; number++) await store.commit([], [auditRecord(number)])
  const file = join(temporaryFolder(), 'backup.keyward')
  await writeBackup({ store, keyring, file })
  return file
}

postgresTests('PostgreSQL, backups', (server) => {
  describe('a backup', () => {
    test.each([
      ['PostgreSQL', 'PostgreSQL'],
      ['SQLite', 'PostgreSQL'],
      ['PostgreSQL', 'SQLite'],
    ])('of %s restores to a store in %s that is the same', async (from, to) => {
      const schema = `from ${from} to ${to}`
      const store = from === 'SQLite' ? await openTestStore() : await openPostgres(server(), { schema })
      const file = await fill(store)
      const target = `${schema} restored`
      const into = temporaryFolder()
      const place = to === 'SQLite' ? { folder: into } : { url: server().url(target) }
      expect(await restoreBackup({ file, rootKey: ROOT_KEY, ...place })).toMatchObject({ auditRecords: 19 })
      const restored =
        to === 'SQLite' ? await openTestStore({ folder: into }) : await openPostgres(server(), { schema: target })
      expect(restored.id).toBe(store.id)
      expect(await itemsOf(restored)).toEqual(await itemsOf(store))
      // It goes on as a store, and nobody who knew the old one is told that nothing has changed.
      expect((await restored.changesSince('0')).lost).toBe(true)
      const before = await restored.get('k1')
      const result = await restored.commit([put('k1', 'new', { version: before?.version ?? '' })], [auditRecord(20)])
      expect(result.ok).toBe(true)
      expect((await restored.auditRecords()).records.at(-1)?.eventID).toBe('20')
      await expect(restoreBackup({ file, rootKey: ROOT_KEY, ...place })).rejects.toThrow(/holds a store already/)
      expect((await restored.get('k1'))?.value).toBe('new')
    })

    test('that is damaged at its end, or wants another root key, restores nothing', async () => {
      const file = await fill(await openPostgres(server(), { schema: 'damaged' }))
      const bytes = readFileSync(file)
      bytes[bytes.length - 5]! ^= 1
      const damaged = join(temporaryFolder(), 'damaged')
      writeFileSync(damaged, bytes)
      const url = server().url('nothing restored')
      await expect(restoreBackup({ file: damaged, rootKey: ROOT_KEY, url })).rejects.toThrow(BackupError)
      const other = { kind: 'bytes', bytes: Buffer.alloc(32, 2) } as const
      await expect(restoreBackup({ file, rootKey: other, url })).rejects.toThrow(KeyringError)
      expect(await server().query(`SELECT 1 FROM pg_namespace WHERE nspname = 'nothing restored'`)).toEqual([])
    })
  })

  test('the command line takes the URL of a database wherever it takes a folder, and never shows its password', async () => {
    const store = server().url('command line')
    const rootKey = ['--root-key-file', join(folder, 'root.key')]
    const told: string[] = []
    const run = async (...args: string[]) => {
      const ran = await keyward(...args)
      told.push(ran.out, ran.err)
      return ran
    }
    expect(await run('kms', 'list-keys', '--store', store, '--as', ROOT)).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/^keyward: there is no store in `postgres:\/\/keyward@/) as unknown,
    })
    expect(await run('init', '--store', store)).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/root key of a store in a database is elsewhere/) as unknown,
    })
    expect(await run('init', '--store', store, ...rootKey)).toMatchObject({ err: '' })
    expect(await run('init', '--store', store, ...rootKey)).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/holds a store already/) as unknown,
    })
    const made = await json('kms', 'create-key', '--store', store, '--as', ROOT, ...rootKey)
    const { KeyId } = (made as { KeyMetadata: { KeyId: string } }).KeyMetadata
    const listed = await json('kms', 'list-keys', '--store', store, '--as', ROOT, ...rootKey)
    expect(listed).toMatchObject({ Keys: [{ KeyId }] })
    const audit = await run('kms', 'audit', '--store', store)
    expect(audit.out.split('\n').filter((line) => line !== '')).toHaveLength(2)
    expect(await run('kms', 'list-keys', '--store', store, '--as', ROOT)).toMatchObject({ exitCode: 2 })
    expect(await run('kms', 'rotate-root-key', '--store', store, ...rootKey)).toMatchObject({ err: '' })
    const backup = join(folder, 'backup')
    expect(await run('kms', 'backup', backup, '--store', store, ...rootKey)).toMatchObject({ err: '' })
    const again = server().url('command line again')
    expect(await run('kms', 'restore', backup, '--store', again, ...rootKey)).toMatchObject({ err: '' })
    expect(await json('kms', 'list-keys', '--store', again, '--as', ROOT, ...rootKey)).toEqual(listed)
    expect(await run('kms', 'audit', '--store', store, '--data-dir', folder)).toMatchObject({ exitCode: 2 })
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(told.join('\n')).not.toContain(secret)
  })
})
