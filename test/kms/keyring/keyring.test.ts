/** The keyring: what is wrapped opens where it belongs and nowhere else; root keys rotate while the store is used. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { KeyringError } from '../../../src/kms/keyring/keyring-error.js'
import { type Keyring, type KeyringOptions, openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { RootKeySource } from '../../../src/kms/keyring/root-key-source.js'
import type { MaterialBinding } from '../../../src/kms/materials.js'
import type { Change, Store } from '../../../src/kms/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { openTestStore, temporaryFolder } from '../../store/support.js'

const FIRST: RootKeySource = { kind: 'bytes', bytes: Buffer.alloc(32, 1) }
const SECOND: RootKeySource = { kind: 'bytes', bytes: Buffer.alloc(32, 2) }
const THIRD: RootKeySource = { kind: 'bytes', bytes: Buffer.alloc(32, 3) }
const SECRET = Buffer.from('c0ffee'.repeat(10), 'hex')
const BINDING: MaterialBinding = {
  keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  materialId: 'm1',
  purpose: 'key material',
}

const keyrings: Keyring[] = []

afterEach(() => {
  for (const keyring of keyrings.splice(0)) {
    keyring.close()
    expect(keyring.secrets.live, 'secrets that nobody has released').toBe(0)
  }
})

async function open(options: Partial<KeyringOptions> = {}): Promise<Keyring> {
  const keyring = await openKeyring({ store: createMemoryStore(), rootKey: FIRST, ...options })
  keyrings.push(keyring)
  return keyring
}

function unwrapped(keyring: Keyring, text: string, binding = BINDING): string {
  const secret = keyring.unwrap(text, binding)
  const shown = secret.toString('hex')
  keyring.secrets.release(secret)
  return shown
}

describe('wrapping', () => {
  test('what was wrapped comes back, and never looks the same twice', async () => {
    const keyring = await open()
    const texts = [keyring.wrap(SECRET, BINDING), keyring.wrap(SECRET, BINDING)]
    expect(new Set(texts).size).toBe(2)
    for (const text of texts) {
      expect(text.startsWith(`kw1.${keyring.rootKeyId}.`)).toBe(true)
      expect(unwrapped(keyring, text)).toBe(SECRET.toString('hex'))
    }
    expect(unwrapped(keyring, keyring.wrap(Buffer.alloc(0), BINDING))).toBe('')
  })

  test.each<[string, Partial<MaterialBinding>]>([
    ['another key', { keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/2' }],
    ['another material', { materialId: 'm2' }],
    ['another purpose', { purpose: 'import token' }],
    ['fields cut elsewhere', { keyArn: `${BINDING.keyArn}m`, materialId: '1' }],
  ])('does not open for %s', async (_name, other) => {
    const keyring = await open()
    const text = keyring.wrap(SECRET, BINDING)
    expect(() => keyring.unwrap(text, { ...BINDING, ...other })).toThrow(KeyringError)
  })

  test('does not open for another key when the text itself is made to name that key', async () => {
    const keyring = await open()
    const other = { ...BINDING, keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/2' }
    const [head, id, body = ''] = keyring.wrap(SECRET, BINDING).split('.')
    const bytes = Buffer.from(body, 'base64url')
    const at = bytes.indexOf(BINDING.keyArn)
    bytes.write(other.keyArn, at, 'latin1')
    const forged = `${head}.${id}.${bytes.toString('base64url')}`
    expect(() => keyring.unwrap(forged, other)).toThrow('was changed, or comes from another store')
  })

  test('does not open in another store under the same root key', async () => {
    const [keyring, other] = [await open(), await open()]
    expect(other.rootKeyId).toBe(keyring.rootKeyId)
    const text = keyring.wrap(SECRET, BINDING)
    expect(() => other.unwrap(text, BINDING)).toThrow('was changed, or comes from another store')
  })

  test('a text with any changed character does not open', async () => {
    const keyring = await open()
    const text = keyring.wrap(SECRET, BINDING)
    for (let index = 0; index < text.length; index++) {
      const other = text[index] === 'A' ? 'B' : 'A'
      const changed = text.slice(0, index) + other + text.slice(index + 1)
      expect(() => keyring.unwrap(changed, BINDING), changed).toThrow(KeyringError)
    }
  })

  test('any text at all is a KeyringError or what was wrapped', async () => {
    const keyring = await open()
    const text = keyring.wrap(SECRET, BINDING)
    const prefix = `kw1.${keyring.rootKeyId}.`
    const hostile = fc.oneof(
      fc.string(),
      fc.nat(text.length - 1).map((length) => text.slice(0, length)),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => prefix + Buffer.from(bytes).toString('base64url')),
    )
    fc.assert(
      fc.property(hostile, (each) => {
        expect(() => keyring.unwrap(each, BINDING)).toThrow(KeyringError)
      }),
      { seed: 20260102, numRuns: 500 },
    )
  })

  test('every secret is a buffer of the pool, and zero when it is given back', async () => {
    const released: Buffer[] = []
    const secrets = new SecretPool({ released: (buffer) => released.push(buffer) })
    const keyring = await open({ secrets })
    unwrapped(keyring, keyring.wrap(SECRET, BINDING))
    keyring.close()
    expect(secrets.live).toBe(0)
    expect(released.length).toBeGreaterThan(4)
    expect(released.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true)
  })

  test('a closed keyring opens and wraps nothing', async () => {
    const keyring = await open()
    const text = keyring.wrap(SECRET, BINDING)
    keyring.close()
    keyring.close()
    expect(() => keyring.unwrap(text, BINDING)).toThrow(KeyringError)
    expect(() => keyring.wrap(SECRET, BINDING)).toThrow(KeyringError)
  })
})

describe('the root key of a store', () => {
  test('the first one given is the store’s, and another one is refused by its id', async () => {
    const store = createMemoryStore()
    const { rootKeyId } = await open({ store })
    const again = await open({ store })
    expect(again.rootKeyId).toBe(rootKeyId)
    const refused = openKeyring({ store, rootKey: SECOND })
    await expect(refused).rejects.toThrow(KeyringError)
    await expect(refused).rejects.toThrow(
      new RegExp(
        `^the store wants the root key ${rootKeyId}, from the program when it was made; given: the key given is `,
      ),
    )
  })

  test('of two processes that come first with different keys, one is the owner', async () => {
    const store = createMemoryStore()
    const results = await Promise.allSettled([open({ store }), openKeyring({ store, rootKey: SECOND })])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('a store with rows and without its root key row is not given a new one', async () => {
    const store = createMemoryStore({ rows: [{ name: 'key/1', value: '{}' }] })
    await expect(openKeyring({ store, rootKey: FIRST })).rejects.toThrow('its row `root-key` is gone')
  })

  test.each(['', '{}', '{"form":2}', '{"form":1,"current":{"id":"x","kind":"file"}}', 'null'])(
    'a damaged row is one clear error: %s',
    async (value) => {
      const store = createMemoryStore({ rows: [{ name: 'root-key', value }] })
      await expect(openKeyring({ store, rootKey: FIRST })).rejects.toThrow('the row `root-key` of the store is damaged')
    },
  )
})

describe('rotation', () => {
  test.each(['memory', 'SQLite'])(
    'everything is wrapped under the other root key, and the first is no longer wanted: %s',
    async (kind) => {
      const store = kind === 'memory' ? createMemoryStore() : await openTestStore()
      const keyring = await open({ store })
      const old = keyring.rootKeyId
      await commit(store, materials(keyring, 250))
      const outcome = await keyring.rotateRootKey(SECOND)
      expect(outcome).toEqual({ rows: 250, damaged: [] })
      expect(keyring.isRotating).toBe(false)
      const values = (await all(store)).map(({ value }) => value)
      expect(values.filter((value) => value.includes(old))).toEqual([])
      const again = await open({ store, rootKey: SECOND })
      for (let number = 0; number < 250; number += 50) await expectMaterial(store, again, number)
      await expect(openKeyring({ store, rootKey: FIRST })).rejects.toThrow(`wants the root key ${again.rootKeyId}`)
    },
  )

  test('what is wrapped and read meanwhile opens, before and after', async () => {
    const store = createMemoryStore()
    const keyring = await open({ store })
    await commit(store, materials(keyring, 300))
    const rotating = keyring.rotateRootKey(SECOND)
    for (let number = 1000; number < 1020; number++) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      await commit(store, [material(keyring, number)])
      await expectMaterial(store, keyring, number)
      await expectMaterial(store, keyring, number - 1000)
    }
    expect((await rotating).damaged).toEqual([])
    const again = await open({ store, rootKey: SECOND })
    for (const number of [0, 299, 1000, 1019]) await expectMaterial(store, again, number)
  })

  test('a row that somebody else changes meanwhile keeps that change', async () => {
    const store = createMemoryStore()
    const keyring = await open({ store })
    await commit(store, materials(keyring, 120))
    const name = 'material/a/r/k/0'
    const racing: Store = Object.create(store, {
      commit: {
        value: async (changes: readonly Change[]) => {
          // Quicker than the first try on this row.
          if (changes[0]?.name === name && !(await valueOf(store, name)).includes('"note":"mine"')) {
            const record = JSON.parse(await valueOf(store, name)) as object
            await commit(store, [
              { kind: 'put', name, value: JSON.stringify({ ...record, note: 'mine' }), expect: 'any' },
            ])
          }
          return store.commit(changes, [])
        },
      },
      get: { value: (each: string) => store.get(each) },
      scan: { value: (prefix: string, options: object) => store.scan(prefix, options) },
      id: { value: store.id },
    }) as Store
    const rotating = await open({ store: racing })
    expect(await rotating.rotateRootKey(SECOND)).toEqual({ rows: 120, damaged: [] })
    expect(await valueOf(store, name)).toContain('"note":"mine"')
    await expectMaterial(store, await open({ store, rootKey: SECOND }), 0)
  })

  test('a commit with a secret under the old root key fails once the rotation has begun, in another process too', async () => {
    const store = createMemoryStore()
    const [keyring, other] = [await open({ store }), await open({ store, otherRootKey: SECOND })]
    const late = [material(other, 1), other.guard()]
    await keyring.rotateRootKey(SECOND)
    expect(await store.commit(late, [])).toEqual({ ok: false, conflict: 'root-key' })
    await other.refresh()
    expect((await store.commit([material(other, 1), other.guard()], [])).ok).toBe(true)
    await expectMaterial(store, keyring, 1)
    // One that was never given the new root key says which one it wants.
    const without = await open({ store: createMemoryStore() })
    await expect(openKeyring({ store, rootKey: FIRST })).rejects.toThrow(keyring.rootKeyId)
    expect(without.rootKeyId).not.toBe(keyring.rootKeyId)
  })

  test('interrupted anywhere, it wants both root keys and goes on with the same one only', async () => {
    for (const commits of [1, 2, 60, 130, 150]) {
      const store = createMemoryStore()
      const keyring = await open({ store })
      await commit(store, materials(keyring, 150))
      const dying = await open({ store: failingAfter(store, commits) })
      await expect(dying.rotateRootKey(SECOND)).rejects.toThrow('power is gone')

      await expect(openKeyring({ store, rootKey: FIRST })).rejects.toThrow(/wants the root key/)
      await expect(openKeyring({ store, rootKey: SECOND })).rejects.toThrow(
        /until the rotation that has begun is ended/,
      )
      const resumed = await open({ store, rootKey: SECOND, otherRootKey: FIRST })
      expect(resumed.isRotating).toBe(true)
      for (const number of [0, 75, 149]) await expectMaterial(store, resumed, number)
      await expect(resumed.rotateRootKey(THIRD)).rejects.toThrow(/has begun; the key given is another one/)
      const { rows, damaged } = await resumed.rotateRootKey(SECOND)
      expect(damaged).toEqual([])
      expect(rows).toBeLessThanOrEqual(150)
      const again = await open({ store, rootKey: SECOND })
      for (const number of [0, 75, 149]) await expectMaterial(store, again, number)
    }
  })

  test('a secret that does not open keeps the old root key wanted, and is named', async () => {
    const store = createMemoryStore()
    const keyring = await open({ store })
    const stranger = await open()
    await commit(store, [...materials(keyring, 3), material(stranger, 7)])
    expect(await keyring.rotateRootKey(SECOND)).toEqual({ rows: 3, damaged: ['material/a/r/k/7'] })
    expect(keyring.isRotating).toBe(true)
    await commit(store, [{ kind: 'delete', name: 'material/a/r/k/7', expect: 'any' }])
    expect(await keyring.rotateRootKey(SECOND)).toEqual({ rows: 0, damaged: [] })
    expect(keyring.isRotating).toBe(false)
  })

  test('a client’s text that looks like a wrapped secret is left as it is', async () => {
    const store = createMemoryStore()
    const keyring = await open({ store })
    const value = JSON.stringify({
      form: 1,
      name: `kw1.${keyring.rootKeyId}.AAAA`,
      wrappedSecrets: keyring.wrap(SECRET, BINDING),
    })
    const text = JSON.stringify({ form: 1, name: `kw1.${keyring.rootKeyId}.AAAA` })
    await commit(store, [
      { kind: 'put', name: 'custom-key-store/a', value, expect: 'any' },
      { kind: 'put', name: 'custom-key-store/b', value: text, expect: 'any' },
    ])
    const old = keyring.rootKeyId
    expect(await keyring.rotateRootKey(SECOND)).toEqual({ rows: 1, damaged: [] })
    expect(await valueOf(store, 'custom-key-store/b')).toBe(text)
    const record = JSON.parse(await valueOf(store, 'custom-key-store/a')) as { name: string; wrappedSecrets: string }
    expect(record.name).toBe(`kw1.${old}.AAAA`)
    expect(unwrapped(keyring, record.wrappedSecrets)).toBe(SECRET.toString('hex'))
  })

  test('to the root key in use is refused', async () => {
    const keyring = await open()
    await expect(keyring.rotateRootKey(FIRST)).rejects.toThrow('is the one in use')
  })
})

test('nothing secret is found in the files of a store: as bytes, hex, base64, base64url or latin1', async () => {
  const folder = temporaryFolder()
  const store = await openTestStore({ folder })
  const root = randomBytes(32)
  const keyring = await open({ store, rootKey: { kind: 'bytes', bytes: root } })
  const secret = randomBytes(48)
  const wrapped = keyring.wrap(secret, BINDING)
  await commit(store, [{ kind: 'put', name: 'material/a/r/k/0', value: JSON.stringify({ wrapped }), expect: 'any' }])
  for (const when of ['open', 'closed']) {
    if (when === 'closed') await store.close()
    const content = readdirSync(folder)
      .filter((name) => !name.endsWith('-shm'))
      .map((name) => readFileSync(join(folder, name)))
    expect(content.some((bytes) => bytes.includes(wrapped.slice(0, 60)))).toBe(true)
    for (const bytes of content) {
      for (const each of [secret, root]) {
        // Parts of 24 bytes at every alignment that base64 can give them.
        for (const start of [0, 1, 2]) {
          const part = each.subarray(start, start + 24)
          for (const form of [
            part,
            part.toString('hex'),
            part.toString('base64').slice(0, 32),
            part.toString('base64url').slice(0, 32),
          ]) {
            expect(bytes.includes(form)).toBe(false)
          }
        }
      }
    }
  }
  rmSync(folder, { recursive: true, force: true })
})

function material(keyring: Keyring, number: number): Change {
  const secret = Buffer.concat([SECRET, Buffer.from([number & 255])])
  const wrapped = keyring.wrap(secret, { ...BINDING, materialId: `m${number}` })
  return { kind: 'put', name: `material/a/r/k/${number}`, value: JSON.stringify({ form: 1, wrapped }), expect: 'any' }
}

function materials(keyring: Keyring, count: number): readonly Change[] {
  return Array.from({ length: count }, (_, number) => material(keyring, number))
}

async function expectMaterial(store: Store, keyring: Keyring, number: number): Promise<void> {
  const { wrapped } = JSON.parse(await valueOf(store, `material/a/r/k/${number}`)) as { wrapped: string }
  const expected = Buffer.concat([SECRET, Buffer.from([number & 255])]).toString('hex')
  expect(unwrapped(keyring, wrapped, { ...BINDING, materialId: `m${number}` })).toBe(expected)
}

async function valueOf(store: Store, name: string): Promise<string> {
  return (await store.get(name))?.value ?? ''
}

async function commit(store: Store, changes: readonly Change[]): Promise<void> {
  const result = await store.commit(changes, [])
  expect(result.ok).toBe(true)
}

async function all(store: Store): Promise<{ readonly value: string }[]> {
  const rows: { readonly value: string }[] = []
  let cursor: string | undefined
  do {
    const page = await store.scan('', cursor === undefined ? {} : { cursor })
    rows.push(...page.rows)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

/** The same store, whose process dies after so many commits. */
function failingAfter(store: Store, commits: number): Store {
  let left = commits
  return Object.create(store, {
    id: { value: store.id },
    get: { value: (name: string) => store.get(name) },
    scan: { value: (prefix: string, options: object) => store.scan(prefix, options) },
    commit: {
      value: (changes: readonly Change[]) => {
        if (left-- <= 0) throw new Error('power is gone')
        return store.commit(changes, [])
      },
    },
  }) as Store
}
