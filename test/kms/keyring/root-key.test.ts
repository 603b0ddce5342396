/** Where root keys come from: files, environment, passphrases, tokens. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { KeyringError } from '../../../src/kms/keyring/keyring-error.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import {
  initRootKey,
  loadNewRootKey,
  loadRootKey,
  type RootKeySource,
} from '../../../src/kms/keyring/root-key-source.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { temporaryFolder } from '../../store/support.js'

const PASSPHRASE = 'correct horse battery staple'
const CHEAP = 2 ** 14

async function idOf(source: RootKeySource): Promise<string> {
  const secrets = new SecretPool()
  const { key } = await loadNewRootKey(source, secrets)
  key.release()
  expect(secrets.live).toBe(0)
  return key.id
}

/** The message, and that no secret was left behind. */
async function refusal(source: RootKeySource): Promise<string> {
  const secrets = new SecretPool()
  const error: unknown = await loadNewRootKey(source, secrets).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(KeyringError)
  expect(secrets.live).toBe(0)
  return (error as KeyringError).message
}

test('the id of a root key is derived from it, and is the same everywhere', async () => {
  // HMAC-SHA-256 with a key of 32 bytes 00 over 00000001 | label | 00 | 00000080, the first half; by Python's hmac.
  expect(await idOf({ kind: 'bytes', bytes: Buffer.alloc(32) })).toBe('483303e69f9542ee9d94c6f0d3264b53')
})

describe('a file', () => {
  test('made by initRootKey has mode 0600, is never written over, and gives the key with its id', async () => {
    const path = join(temporaryFolder(), 'deep', 'root.key')
    const id = initRootKey({ kind: 'file', path })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await idOf({ kind: 'file', path })).toBe(id)
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`^keyward-root-key-1:${id}:[0-9a-f]{64}\n$`))
    expect(() => initRootKey({ kind: 'file', path })).toThrow(/cannot be written to .*EEXIST/)
    expect(await idOf({ kind: 'file', path })).toBe(id)
  })

  test('two of them are two keys', () => {
    const folder = temporaryFolder()
    const ids = ['a', 'b'].map((name) => initRootKey({ kind: 'file', path: join(folder, name) }))
    expect(new Set(ids).size).toBe(2)
  })

  test.each([0o640, 0o604, 0o666])('with mode %o is refused', async (mode) => {
    const path = join(temporaryFolder(), 'root.key')
    initRootKey({ kind: 'file', path })
    chmodSync(path, mode)
    expect(await refusal({ kind: 'file', path })).toBe(
      `the root key file \`${path}\` is open to other users (mode 0${mode.toString(8)}); expected mode 0600`,
    )
  })

  test.each<[string, (text: string) => string, RegExp]>([
    ['nothing', () => '', /expected one line/],
    ['something else', () => 'hello', /expected one line/],
    ['half a key', (text) => text.slice(0, 80), /expected one line/],
    ['a key and more', (text) => `${text.trim()}00\n`, /expected one line/],
    [
      'another digit',
      (text) => text.replace(/.\n$/, (end) => (end.startsWith('0') ? '1\n' : '0\n')),
      /was changed or mistyped/,
    ],
    ['no digit', (text) => text.replace(/.\n$/, 'g\n'), /no hexadecimal digit/],
    ['a megabyte', () => 'x'.repeat(1 << 20), /expected one line/],
  ])('that holds %s is refused, and the message holds none of it', async (_name, change, message) => {
    const path = join(temporaryFolder(), 'root.key')
    initRootKey({ kind: 'file', path })
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, change(text))
    const said = await refusal({ kind: 'file', path })
    expect(said).toMatch(message)
    expect(said).not.toContain(text.slice(-20, -2))
  })

  test('that is not there is refused', async () => {
    expect(await refusal({ kind: 'file', path: '/nowhere/root.key' })).toMatch(/cannot be read: ENOENT/)
  })
})

describe('the environment', () => {
  test('holds the text of such a file', async () => {
    const path = join(temporaryFolder(), 'root.key')
    const id = initRootKey({ kind: 'file', path })
    process.env['KEYWARD_TEST_ROOT_KEY'] = readFileSync(path, 'latin1').trim()
    try {
      expect(await idOf({ kind: 'environment', variable: 'KEYWARD_TEST_ROOT_KEY' })).toBe(id)
    } finally {
      delete process.env['KEYWARD_TEST_ROOT_KEY']
    }
    expect(await refusal({ kind: 'environment', variable: 'KEYWARD_TEST_ROOT_KEY' })).toBe(
      'the environment variable KEYWARD_TEST_ROOT_KEY is not set',
    )
  })
})

describe('a passphrase', () => {
  const source: RootKeySource = { kind: 'passphrase', passphrase: PASSPHRASE, cost: CHEAP }

  test('gives another key for every store, and the same one for the store that remembers its salt', async () => {
    const secrets = new SecretPool()
    const made = [await loadNewRootKey(source, secrets), await loadNewRootKey(source, secrets)]
    const [first, second] = made.map(({ key }) => key.id)
    expect(first).not.toBe(second)
    const again = await loadRootKey(source, made[0]!.description, secrets)
    expect(again?.id).toBe(first)
    expect(made[0]!.description).toMatchObject({ kind: 'passphrase', scrypt: { cost: CHEAP, blockSize: 8 } })
    for (const key of [...made.map(({ key: each }) => each), again]) key?.release()
    expect(secrets.live).toBe(0)
  })

  test('is the same however its letters are composed', async () => {
    const store = createMemoryStore()
    const composed = 'grüße aus köln'.normalize('NFC')
    const keyring = await openKeyring({ store, rootKey: { kind: 'passphrase', passphrase: composed, cost: CHEAP } })
    const decomposed = { kind: 'passphrase', passphrase: composed.normalize('NFD') } as const
    const again = await openKeyring({ store, rootKey: decomposed })
    expect(again.rootKeyId).toBe(keyring.rootKeyId)
  })

  test('that is wrong is refused by the id that is wanted', async () => {
    const store = createMemoryStore()
    const { rootKeyId } = await openKeyring({ store, rootKey: source })
    const wrong = openKeyring({ store, rootKey: { kind: 'passphrase', passphrase: 'incorrect horse battery' } })
    await expect(wrong).rejects.toThrow(`the store wants the root key ${rootKeyId}, from a passphrase`)
    const other = openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32) } })
    await expect(other).rejects.toThrow(`the store wants the root key ${rootKeyId}, from a passphrase`)
  })

  test('that is short, or made into a key with parameters that are too weak or too much, is refused', async () => {
    expect(await refusal({ kind: 'passphrase', passphrase: 'short' })).toBe(
      'the passphrase has 5 characters; expected at least 12',
    )
    for (const cost of [1, 1024, 2 ** 14 + 1, 2 ** 30, Number.NaN]) {
      expect(await refusal({ kind: 'passphrase', passphrase: PASSPHRASE, cost })).toMatch(/too weak or too much/)
    }
  })
})

test('32 bytes, no more and no fewer', async () => {
  for (const size of [0, 16, 31, 33, 64]) {
    expect(await refusal({ kind: 'bytes', bytes: Buffer.alloc(size) })).toBe(`a root key has 32 bytes, not ${size}`)
  }
})

describe('a token', () => {
  const LIBRARY = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find(
    existsSync,
  )

  const UTILITY = 'softhsm2-util'

  test('that cannot be reached is one clear error', async () => {
    const source = { kind: 'pkcs11', library: '/nowhere.so', token: 't', pin: '1234', key: 'k' } as const
    expect(await refusal(source)).toMatch(/needs the package `pkcs11js`|of `\/nowhere.so` cannot be used/)
  })

  test('keeps the key, and gives the same root key again', async ({ skip }) => {
    const reason = reasonToSkip()
    if (reason !== undefined) return skip(reason)
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'tokens'))
    writeFileSync(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`)
    process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf')
    execFileSync(UTILITY, ['--init-token', '--free', '--label', 'keyward', '--pin', '1234', '--so-pin', '5678'])
    const source = { kind: 'pkcs11', library: LIBRARY ?? '', token: 'keyward', pin: '1234', key: 'root' } as const

    expect(await refusal(source)).toBe('the token `keyward` has no generic secret key `root`')
    const id = initRootKey(source)
    expect(await idOf(source)).toBe(id)
    expect(() => initRootKey(source)).toThrow('has a key `root` already')
    initRootKey({ ...source, key: 'other' })
    expect(await idOf({ ...source, key: 'other' })).not.toBe(id)
    expect(await refusal({ ...source, pin: 'wrong' })).toMatch(/CKR_PIN_INCORRECT/)
    expect(await refusal({ ...source, token: 'nobody' })).toMatch(/has no token `nobody`/)
    const keyring = await openKeyring({ store: createMemoryStore(), rootKey: source })
    expect(keyring.rootKeyId).toBe(id)
  })

  function reasonToSkip(): string | undefined {
    if (LIBRARY === undefined) return 'SoftHSM is not installed'
    try {
      createRequire(import.meta.url)('pkcs11js')
      return undefined
    } catch {
      return 'pkcs11js is not installed'
    }
  }
})
