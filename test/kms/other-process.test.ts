/** What an engine keeps in memory follows what others change in the store that they share. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { StoreError, type Awaitable, type Store } from '../../src/kms/store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { importInput, importMaterial, makeKey, MESSAGE, OTHER_REGION } from './table/calls.js'
import { keyId, testKms, type TestKms } from './test-kms.js'

const DAY_MS = 86_400_000
const ROOT_KEY = { kind: 'bytes', bytes: Buffer.alloc(32, 7) } as const

/** The keyring of an engine is its own, as in a process of its own: what it holds in plain is counted by its pool. */
async function engineOn(store: Store): Promise<TestKms> {
  return testKms({ store, keyring: await openKeyring({ store, rootKey: ROOT_KEY }) })
}

/** Listeners are told a moment after the commit. */
function told(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function encrypt(t: TestKms, KeyId: string): Promise<string> {
  return t.fails('Encrypt', { KeyId, Plaintext: MESSAGE })
}

describe('ready material', () => {
  test('is wiped when another process deletes it, and is not when others merely write', async () => {
    const store = createMemoryStore()
    const [one, other] = [await engineOn(store), await engineOn(store)]
    const KeyId = await makeKey(one, 'external')
    await importMaterial(one, KeyId)
    const atRest = other.secrets.live
    expect(await encrypt(other, KeyId)).toBe('succeeded')
    const inUse = other.secrets.live
    expect(inUse).toBeGreaterThan(atRest)
    // Wrapped again under another root key it is still the same material.
    const row = (await store.scan('material/')).rows[0]!
    await store.commit([{ kind: 'put', ...row, expect: { version: row.version } }], [])
    await told()
    expect(other.secrets.live).toBe(inUse)
    await one.ok('DeleteImportedKeyMaterial', { KeyId })
    await told()
    expect(other.secrets.live).toBe(atRest)
    expect(await encrypt(other, KeyId)).toBe(`KMSInvalidStateException: ${KeyId} is pending import.`)
    await importMaterial(one, KeyId)
    expect(await encrypt(other, KeyId)).toBe('succeeded')
  })

  test('is wiped when another process deletes its key in every Region, or lets it expire', async () => {
    const store = createMemoryStore()
    const [one, other] = [await engineOn(store), await engineOn(store)]
    const there = { principal: 'arn:aws:iam::111122223333:user/admin', region: OTHER_REGION }
    const shared = await makeKey(one, 'multiRegion')
    await one.ok('ReplicateKey', { KeyId: shared, ReplicaRegion: OTHER_REGION })
    const expiring = await makeKey(one, 'external')
    const ValidTo = new Date(one.clock.nowMs + DAY_MS)
    const input = await importInput(one, expiring, randomBytes(32))
    await one.ok('ImportKeyMaterial', { ...input, ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo })
    const atRest = other.secrets.live
    const replica = shared.replace('us-east-1', OTHER_REGION)
    await other.ok('Encrypt', { KeyId: replica, Plaintext: MESSAGE }, there)
    expect(await encrypt(other, expiring)).toBe('succeeded')
    expect(other.secrets.live).toBeGreaterThan(atRest)
    await one.ok('ScheduleKeyDeletion', { KeyId: replica, PendingWindowInDays: 7 }, there)
    one.clock.nowMs += 8 * DAY_MS
    expect(await one.kms.tick()).toBe(2)
    await told()
    expect(other.secrets.live).toBe(atRest)
  })

  test('is wiped when nobody can say what has changed, and comes again when it is used', async () => {
    let tell: Parameters<Store['subscribe']>[0] = () => undefined
    const inner = createMemoryStore()
    const get = inner.get.bind(inner)
    const store = Object.assign(inner, {
      subscribe: (listener: Parameters<Store['subscribe']>[0]) => {
        tell = listener
        return () => undefined
      },
    })
    const t = await engineOn(store)
    const KeyId = await makeKey(t, 'symmetric')
    const atRest = t.secrets.live
    const use = async (): Promise<void> => {
      expect(await encrypt(t, KeyId)).toBe('succeeded')
      expect(t.secrets.live).toBeGreaterThan(atRest)
    }
    await use()
    tell([], '', true)
    expect(t.secrets.live).toBe(atRest)
    await use()
    // A row that cannot be read may be gone.
    const name = (await store.scan('material/')).rows[0]!.name
    store.get = () => {
      throw new StoreError('no disk')
    }
    tell([name], '', false)
    expect(t.secrets.live).toBe(atRest)
    store.get = get
    await use()
    store.get = () => Promise.reject(new StoreError('no connection'))
    tell([name], '', false)
    await told()
    expect(t.secrets.live).toBe(atRest)
    store.get = async (row) => {
      await Promise.resolve()
      return get(row)
    }
    await use()
    tell([name], '', false)
    await told()
    expect(t.secrets.live).toBeGreaterThan(atRest)
    await store.commit([{ kind: 'delete', name, expect: 'any' }], [])
    tell([name], '', false)
    await told()
    expect(t.secrets.live).toBe(atRest)
  })
})

test('a key that changes while another one of the same call is looked for is looked at again', async () => {
  const store = createMemoryStore()
  const [one, other] = [await engineOn(store), await engineOn(store)]
  const [from, to] = [await makeKey(one, 'symmetric'), await makeKey(one, 'symmetric')]
  const CiphertextBlob = (await one.ok('Encrypt', { KeyId: from, Plaintext: MESSAGE })).CiphertextBlob!
  expect(await encrypt(other, from)).toBe('succeeded')
  // What is read of the second key comes late the first time: meanwhile the first key is disabled.
  let isDisabled = false
  const [get, scan] = [store.get.bind(store), store.scan.bind(store)]
  async function later<T>(name: string, read: () => Awaitable<T>): Promise<T> {
    if (!isDisabled && name.includes(to.slice(to.indexOf('/') + 1))) {
      isDisabled = true
      await one.ok('DisableKey', { KeyId: from })
      await told()
    }
    return read()
  }
  store.get = (name) => later(name, () => get(name))
  store.scan = (prefix, options) => later(prefix, () => scan(prefix, options))
  const refused = await other.fails('ReEncrypt', { CiphertextBlob, DestinationKeyId: to })
  expect([isDisabled, refused]).toEqual([true, `DisabledException: ${from} is disabled.`])
})

test('a key whose material is gone, or does not open, is not available, and its record says so', async () => {
  const store = createMemoryStore()
  const t = await engineOn(store)
  const [gone, strange] = [await makeKey(t, 'symmetric'), await makeKey(t, 'symmetric')]
  const rows = (await store.scan('material/')).rows
  const rowOf = (arn: string) => rows.find(({ name }) => name.includes(arn.slice(arn.indexOf('/') + 1)))!
  await store.commit(
    [
      { kind: 'delete', name: rowOf(gone).name, expect: 'any' },
      // Wrapped for another key.
      { kind: 'put', name: rowOf(strange).name, value: rowOf(gone).value, expect: 'any' },
    ],
    [],
  )
  for (const KeyId of [gone, strange]) {
    expect(await encrypt(t, KeyId)).toBe(
      'KeyUnavailableException: The request was rejected because the specified KMS key was not available. You can retry the request.',
    )
    const { records } = await store.auditRecords()
    expect(records.at(-1)).toMatchObject({ eventName: 'Encrypt', errorCode: 'KeyUnavailableException' })
    // Where the model has no such error, it is an internal one.
    expect(await t.fails('ReplicateKey', { KeyId, ReplicaRegion: OTHER_REGION })).toMatch(/^UnsupportedOperation/)
  }
  const shared = await makeKey(t, 'multiRegion')
  const { name } = (await store.scan('material/')).rows.find((row) => row.name.includes('mrk-'))!
  await store.commit([{ kind: 'delete', name, expect: 'any' }], [])
  expect(await t.fails('ReplicateKey', { KeyId: shared, ReplicaRegion: OTHER_REGION })).toMatch(/^KMSInternal/)
})

test('a key is deleted once for its quota, however often its deletion was tried', async () => {
  const inner = createMemoryStore()
  let conflicts = 0
  const commit = inner.commit.bind(inner)
  const store = Object.assign(inner, {
    commit: (...[changes, audit]: Parameters<Store['commit']>) => {
      const isDeletion = audit.some(({ eventName }) => eventName === 'DeleteKey')
      const row = changes.find(({ name }) => name.startsWith('key/'))
      if (isDeletion && row !== undefined && conflicts++ < 3) return { ok: false as const, conflict: row.name }
      return commit(changes, audit)
    },
  })
  const t = await testKms({
    store,
    keyring: await openKeyring({ store, rootKey: ROOT_KEY }),
    quotas: { keysPerRegion: 2 },
  })
  await t.ok('CreateKey', {})
  const KeyId = keyId(await t.ok('CreateKey', {}))
  await t.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  t.clock.nowMs += 8 * DAY_MS
  await t.kms.tick()
  expect(conflicts).toBe(4)
  expect(await t.fails('CreateKey', {})).toBe('succeeded')
  expect(await t.fails('CreateKey', {})).toMatch(/^LimitExceededException/)
})
