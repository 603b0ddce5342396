/** Backups: all of a store at one moment, restored whole or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KeyringError } from '../../src/kms/keyring/keyring-error.js'
import { type Keyring, openKeyring } from '../../src/kms/keyring/keyring.js'
import type { RootKeySource } from '../../src/kms/keyring/root-key-source.js'
import type { MaterialBinding } from '../../src/kms/materials.js'
import type { SnapshotItem, Store } from '../../src/kms/store.js'
import { BackupError } from '../../src/store/backup-file.js'
import { restoreBackup, writeBackup } from '../../src/store/backup.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { auditRecord, openTestStore, temporaryFolder } from './support.js'

const ROOT_KEY: RootKeySource = { kind: 'bytes', bytes: Buffer.alloc(32, 1) }
const OTHER: RootKeySource = { kind: 'bytes', bytes: Buffer.alloc(32, 2) }
const BINDING: MaterialBinding = { keyArn: 'arn:aws:kms:eu-west-1:1:key/1', materialId: 'm', purpose: 'key material' }
const NEEDLE = 'a text that would be easy to find'

interface Made {
  readonly store: Store
  readonly keyring: Keyring
  readonly folder: string
  readonly file: string
}

async function make(kind: 'memory' | 'SQLite' = 'SQLite', rows = 500): Promise<Made> {
  const folder = temporaryFolder()
  const store = kind === 'memory' ? createMemoryStore() : await openTestStore({ folder: join(folder, 'data') })
  const keyring = await openKeyring({ store, rootKey: ROOT_KEY })
  const hostile = ['a\0b', '\ud800', '😀', NEEDLE].map(
    (name) => ({ kind: 'put', name, value: name, expect: 'any' }) as const,
  )
  const many = Array.from({ length: rows }, (_, number) => {
    return { kind: 'put', name: `k${number}`, value: `${number} `.repeat(50), expect: 'any' } as const
  })
  const wrapped = keyring.wrap(Buffer.from('a plain secret'), BINDING)
  await store.commit([...hostile, ...many], [auditRecord(1, { errorMessage: 'a\nb\ud800' }), auditRecord(2)])
  await store.commit([{ kind: 'put', name: 'wrapped', value: wrapped, expect: 'any' }], [auditRecord(3)])
  return { store, keyring, folder, file: join(folder, 'backup.keyward') }
}

async function itemsOf(store: Store): Promise<SnapshotItem[]> {
  const items: SnapshotItem[] = []
  for await (const part of store.snapshot()) items.push(...part)
  return items
}

describe('a backup', () => {
  test.each(['memory', 'SQLite'] as const)('of %s restores to a store that is the same', async (kind) => {
    const { store, keyring, folder, file } = await make(kind)
    const counts = await writeBackup({ store, keyring, file })
    expect(counts).toEqual({ rows: 506, auditRecords: 3 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const target = join(folder, 'restored')
    expect(await restoreBackup({ file, rootKey: ROOT_KEY, folder: target })).toEqual(counts)
    const restored = await openTestStore({ folder: target })
    expect(restored.id).toBe(store.id)
    expect(await itemsOf(restored)).toEqual(await itemsOf(store))
    const again = await openKeyring({ store: restored, rootKey: ROOT_KEY })
    const secret = again.unwrap((await restored.get('wrapped'))?.value ?? '', BINDING)
    expect(secret.toString()).toBe('a plain secret')
    // It goes on as a store, and nobody who knew the old one is told that nothing has changed.
    expect((await restored.changesSince('0')).lost).toBe(true)
    const before = await restored.get('k1')
    await restored.commit([{ kind: 'put', name: 'k1', value: 'new', expect: { version: before?.version ?? '' } }], [])
    expect((await restored.get('k1'))?.version).not.toBe(before?.version)
    expect(readdirSync(target).filter((name) => !name.startsWith('keyward.db'))).toEqual([])
    expect(statSync(join(target, 'keyward.db')).mode & 0o777).toBe(0o600)
  })

  test('is one moment, whatever is written meanwhile', async () => {
    const { store, keyring, folder, file } = await make('SQLite', 3000)
    const before = await itemsOf(store)
    const writing = writeBackup({ store, keyring, file })
    for (let number = 0; number < 30; number++) {
      await store.commit([{ kind: 'put', name: `k${number}`, value: 'later', expect: 'any' }], [auditRecord(9)])
    }
    await writing
    const target = join(folder, 'restored')
    await restoreBackup({ file, rootKey: ROOT_KEY, folder: target })
    const items = await itemsOf(await openTestStore({ folder: target }))
    // It began before the first of those commits or between two, and shows no half of any.
    const later = items.filter((item) => item.kind === 'row' && item.value === 'later').length
    expect(items.filter(({ kind }) => kind === 'audit').length).toBe(3 + later)
    expect(items.length).toBe(before.length + later)
  })

  test('shows nothing of what is in it', async () => {
    const { store, keyring, file } = await make()
    await writeBackup({ store, keyring, file })
    const bytes = readFileSync(file)
    for (const needle of [NEEDLE, store.id, 'Encrypt', 'a plain secret']) expect(bytes.includes(needle)).toBe(false)
    expect(bytes.includes(keyring.rootKeyId)).toBe(true)
  })

  test('writes over nothing', async () => {
    const { store, keyring, file } = await make()
    writeFileSync(file, 'mine')
    await expect(writeBackup({ store, keyring, file })).rejects.toThrow(BackupError)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('that cannot be written leaves no file', async () => {
    const { store, keyring, folder } = await make()
    const failing = Object.create(store, {
      id: { value: store.id },
      snapshot: {
        async *value() {
          yield [{ kind: 'row', name: 'a', value: '1' }]
          throw new Error('no more')
        },
      },
    }) as Store
    const file = join(folder, 'out', 'backup')
    mkdirSync(join(folder, 'out'))
    await expect(writeBackup({ store: failing, keyring, file })).rejects.toThrow(/cannot be written: no more/)
    expect(readdirSync(join(folder, 'out'))).toEqual([])
    expect(keyring.secrets.live).toBe(2)
  })
})

describe('restoring', () => {
  test('refuses a folder with a store, and leaves it as it is', async () => {
    const { store, keyring, folder, file } = await make()
    await writeBackup({ store, keyring, file })
    await expect(restoreBackup({ file, rootKey: ROOT_KEY, folder: join(folder, 'data') })).rejects.toThrow(
      /holds a store already/,
    )
    expect((await store.get('k1'))?.value).toBeDefined()
  })

  test('refuses another root key, and says which one is wanted', async () => {
    const { store, keyring, folder, file } = await make()
    await writeBackup({ store, keyring, file })
    const restoring = restoreBackup({ file, rootKey: OTHER, folder: join(folder, 'restored') })
    await expect(restoring).rejects.toThrow(KeyringError)
    await expect(restoring).rejects.toThrow(
      `the backup wants the root key ${keyring.rootKeyId}; given: the key given is `,
    )
  })

  test('knows by itself how the key was made of its passphrase', async () => {
    const folder = temporaryFolder()
    const store = createMemoryStore()
    const rootKey: RootKeySource = { kind: 'passphrase', passphrase: 'correct horse battery', cost: 2 ** 14 }
    const keyring = await openKeyring({ store, rootKey })
    const file = join(folder, 'backup')
    await writeBackup({ store, keyring, file })
    await restoreBackup({ file, rootKey, folder: join(folder, 'restored') })
    const wrong = { kind: 'passphrase', passphrase: 'incorrect horse battery' } as const
    await expect(restoreBackup({ file, rootKey: wrong, folder: join(folder, 'other') })).rejects.toThrow(KeyringError)
  })

  test('a file that was changed, cut or added to anywhere restores nothing', async () => {
    const { store, keyring, folder, file } = await make('memory', 700)
    await writeBackup({ store, keyring, file })
    const bytes = readFileSync(file)
    const headEnd = bytes.indexOf(0x0a) + 1
    const parts: Buffer[] = []
    for (let at = headEnd; at < bytes.length;) {
      const end = at + 4 + bytes.readUInt32BE(at) + 16
      parts.push(bytes.subarray(at, end))
      at = end
    }
    expect(parts.length).toBeGreaterThanOrEqual(4)
    const head = bytes.subarray(0, headEnd)
    const flipped = (position: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy[position]! ^= 1
      return copy
    }
    const damaged: readonly (readonly [string, Buffer])[] = [
      ['nothing at all', Buffer.alloc(0)],
      ['some text', Buffer.from('hello\n')],
      ['the head alone', head],
      ['no last part', Buffer.concat([head, ...parts.slice(0, -1)])],
      ['no first part', Buffer.concat([head, ...parts.slice(1)])],
      ['a part left out', Buffer.concat([head, parts[0]!, ...parts.slice(2)])],
      ['two parts changed over', Buffer.concat([head, parts[0]!, parts[2]!, parts[1]!, ...parts.slice(3)])],
      ['a part twice', Buffer.concat([head, parts[0]!, parts[1]!, ...parts.slice(1)])],
      ['a byte more', Buffer.concat([bytes, Buffer.alloc(1)])],
      ['everything twice', Buffer.concat([bytes, bytes.subarray(headEnd)])],
      ['a byte less', bytes.subarray(0, -1)],
      ['half of it', bytes.subarray(0, bytes.length >> 1)],
      ...[
        5,
        headEnd - 10,
        headEnd,
        headEnd + 2,
        headEnd + 10,
        bytes.length >> 1,
        bytes.length - 5,
        bytes.length - 1,
      ].map((position) => [`bit at ${position}`, flipped(position)] as const),
    ]
    for (const [what, content] of damaged) {
      const path = join(folder, 'damaged')
      writeFileSync(path, content)
      const target = join(folder, 'restored')
      const error: unknown = await restoreBackup({ file: path, rootKey: ROOT_KEY, folder: target }).catch(
        (thrown: unknown) => thrown,
      )
      // A changed salt or id is another key.
      expect(error instanceof BackupError || error instanceof KeyringError, `${what}: ${String(error)}`).toBe(true)
      expect(existsSync(join(target, 'keyward.db')), what).toBe(false)
      expect(readdirSync(target), what).toEqual([])
    }
    await restoreBackup({ file, rootKey: ROOT_KEY, folder: join(folder, 'restored') })
  })

  test('a part of another backup of the same store does not open', async () => {
    const { store, keyring, folder } = await make('memory')
    const files = [join(folder, 'one'), join(folder, 'two')]
    for (const file of files) await writeBackup({ store, keyring, file })
    const [one, two] = files.map((file) => readFileSync(file))
    const headEnd = one!.indexOf(0x0a) + 1
    expect(two!.indexOf(0x0a) + 1).toBe(headEnd)
    const mixed = join(folder, 'mixed')
    writeFileSync(mixed, Buffer.concat([one!.subarray(0, headEnd), two!.subarray(headEnd)]))
    await expect(restoreBackup({ file: mixed, rootKey: ROOT_KEY, folder: join(folder, 'r') })).rejects.toThrow(
      BackupError,
    )
  })
})
