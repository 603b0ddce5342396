/** What an engine has written itself it need not read again; what others write meanwhile it must. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import type { Store } from '../../src/kms/store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { openSqliteStore } from '../../src/store/sqlite.js'
import { changedStore } from '../store/changed-store.js'
import { makeKey, MESSAGE } from './table/calls.js'
import { NOBODY, testKms, type TestKms } from './test-kms.js'

const ROOT_KEY = { kind: 'bytes', bytes: Buffer.alloc(32, 7) } as const
const DENIED: unknown = expect.stringMatching(/^AccessDeniedException/)

async function engineOn(store: Store): Promise<TestKms> {
  return testKms({ store, keyring: await openKeyring({ store, rootKey: ROOT_KEY }) })
}

async function grant(t: TestKms, KeyId: string): Promise<string> {
  const Operations = ['Encrypt'] as const
  const made = await t.ok('CreateGrant', { KeyId, GranteePrincipal: NOBODY.principal, Operations })
  return made.GrantId ?? ''
}

function encryptByGrant(t: TestKms, KeyId: string): Promise<string> {
  return t.fails('Encrypt', { KeyId, Plaintext: MESSAGE }, NOBODY)
}

/** Listeners are told a moment after the commit. */
function told(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
}

async function sqliteStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-own-'))
  const store = await openSqliteStore({ folder })
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

for (const { name, open, unread } of [
  { name: 'in memory', open: () => Promise.resolve(createMemoryStore()), unread: /^(?:grant|key|policy)\// },
  // Where an answer takes long, its grant is heard of before, and read.
  { name: 'in SQLite', open: sqliteStore, unread: /^(?:key|policy)\// },
]) {
  describe(`grants in a store ${name}`, () => {
    test('of the engine itself are usable without being read', async () => {
      const read: string[] = []
      const inner = await open()
      const t = await engineOn(
        changedStore(inner, {
          get: (row) => {
            read.push(row)
            return inner.get(row)
          },
        }),
      )
      const KeyId = await makeKey(t, 'symmetric')
      await grant(t, KeyId)
      await told()
      expect(await encryptByGrant(t, KeyId)).toBe('succeeded')
      read.length = 0
      for (let count = 0; count < 5; count++) {
        await grant(t, KeyId)
        await told()
      }
      expect(await encryptByGrant(t, KeyId)).toBe('succeeded')
      expect(read.filter((row) => unread.test(row))).toEqual([])
    })

    test('that another engine revokes are gone, and those that it makes are there', async () => {
      const store = await open()
      const [one, other] = [await engineOn(store), await engineOn(store)]
      const KeyId = await makeKey(one, 'symmetric')
      const GrantId = await grant(one, KeyId)
      expect(await encryptByGrant(one, KeyId)).toBe('succeeded')
      await told()
      await other.ok('RevokeGrant', { KeyId, GrantId })
      await expect.poll(() => encryptByGrant(one, KeyId)).toEqual(DENIED)
      await grant(other, KeyId)
      await expect.poll(() => encryptByGrant(one, KeyId)).toBe('succeeded')
    })
  })
}

test('a store that does not know the versions of changed rows loses nothing', async () => {
  const inner = createMemoryStore()
  const store = changedStore(inner, {
    subscribe: (listener) => inner.subscribe((names, version, lost) => listener(names, version, lost)),
  })
  const [one, other] = [await engineOn(store), await engineOn(store)]
  const KeyId = await makeKey(one, 'symmetric')
  const GrantId = await grant(one, KeyId)
  expect(await encryptByGrant(one, KeyId)).toBe('succeeded')
  await other.ok('RevokeGrant', { KeyId, GrantId })
  await told()
  expect(await encryptByGrant(one, KeyId)).toEqual(DENIED)
})

test('a grant that somebody takes away before its own commit has answered does not come back', async () => {
  const inner = createMemoryStore()
  let isTakenAway = false
  const store = changedStore(inner, {
    commit: async (changes, audit) => {
      const result = await inner.commit(changes, audit)
      const made = changes.find(({ name, kind }) => kind === 'put' && name.startsWith('grant/'))
      if (isTakenAway && made !== undefined) {
        await inner.commit([{ kind: 'delete', name: made.name, expect: 'any' }], [])
        await told()
      }
      return result
    },
  })
  const t = await engineOn(store)
  const KeyId = await makeKey(t, 'symmetric')
  await grant(t, KeyId)
  expect(await encryptByGrant(t, KeyId)).toBe('succeeded')
  const { Grants } = await t.ok('ListGrants', { KeyId })
  for (const { GrantId } of Grants ?? []) await t.ok('RevokeGrant', { KeyId, GrantId: GrantId ?? '' })
  isTakenAway = true
  await grant(t, KeyId)
  expect(await encryptByGrant(t, KeyId)).toEqual(DENIED)
})

test('the engine says how many keys it has loaded', async () => {
  const t = await testKms()
  expect(t.kms.loadedKeys).toBe(0)
  const KeyId = await makeKey(t, 'symmetric')
  await t.ok('DescribeKey', { KeyId })
  expect(t.kms.loadedKeys).toBe(1)
  await t.kms.close()
  expect(t.kms.loadedKeys).toBe(0)
})
