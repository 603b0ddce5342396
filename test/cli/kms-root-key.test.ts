/** `keyward init`, and root keys from wherever they come. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { initRootKey } from '../../src/kms/keyring/root-key-source.js'
import { openSqliteStore } from '../../src/store/sqlite.js'
import { file, init, keys, keyward, kms, newKey, ROOT } from './kms-folder.js'

describe('init', () => {
  test('makes files that nobody else can read', async () => {
    await init()
    expect(statSync(keys).mode & 0o777).toBe(0o700)
    expect(statSync(join(keys, 'keyward.db')).mode & 0o777).toBe(0o600)
    expect(statSync(join(keys, 'root.key')).mode & 0o777).toBe(0o600)
  })

  test('prints a root key for the environment', async () => {
    const { out } = await keyward('init', '--print-root-key')
    expect(out).toMatch(/^keyward-root-key-1:[0-9a-f]{32}:[0-9a-f]{64}\n$/)
    expect(existsSync(keys)).toBe(false)
  })

  test('a root key of the environment is found again without an option', async () => {
    vi.stubEnv('KEYWARD_ROOT_KEY', (await keyward('init', '--print-root-key')).out.trim())
    await init('--root-key-env')
    expect(existsSync(join(keys, 'root.key'))).toBe(false)
    await newKey()
    vi.stubEnv('KEYWARD_ROOT_KEY', (await keyward('init', '--print-root-key')).out.trim())
    const { err, exitCode } = await keyward('kms', 'list-keys', '--data-dir', keys, '--as', ROOT)
    expect(exitCode).toBe(2)
    expect(err).toMatch(/^keyward: the store wants the root key [0-9a-f]{32}, from the environment/)
  })

  test('a root key of a variable with another name', async () => {
    vi.stubEnv('MY_ROOT_KEY', (await keyward('init', '--print-root-key')).out.trim())
    const { out } = await keyward('init', '--data-dir', keys, '--root-key-env', 'MY_ROOT_KEY')
    expect(out).toContain(`--data-dir ${keys} --root-key-env MY_ROOT_KEY --as`)
    await newKey('--root-key-env', 'MY_ROOT_KEY')
  })

  test('a passphrase from a file opens the store again, another one does not', async () => {
    const right = file('right', 'correct horse battery staple\nanother line\n')
    const wrong = file('wrong', 'incorrect horse battery staple\n')
    await init('--passphrase-file', right)
    await newKey('--passphrase-file', right)
    const { err, exitCode } = await keyward(
      'kms',
      'list-keys',
      '--data-dir',
      keys,
      '--as',
      ROOT,
      '--passphrase-file',
      wrong,
    )
    expect(exitCode).toBe(2)
    expect(err).toContain('the store wants the root key')
    // Without an option somebody would be asked, and nobody is there.
    expect((await keyward('kms', 'list-keys', '--data-dir', keys, '--as', ROOT)).err).toContain(
      'give `--passphrase-file`',
    )
  })

  test('a root key file that others can read is refused', async () => {
    await init()
    chmodSync(join(keys, 'root.key'), 0o644)
    const { err, exitCode } = await keyward('kms', 'list-keys', '--data-dir', keys, '--as', ROOT)
    expect(exitCode).toBe(2)
    expect(err).toContain('is open to other users (mode 0644); expected mode 0600')
  })

  test('what broke off is taken up again', async () => {
    await (await openSqliteStore({ folder: keys })).close()
    await init()
    await newKey()
  })

  test('what cannot be leaves no root key behind', async () => {
    mkdirSync(keys, { mode: 0o755 })
    chmodSync(keys, 0o755)
    writeFileSync(join(keys, 'other'), '')
    const { err, exitCode } = await keyward('init', '--data-dir', keys)
    expect(exitCode).toBe(2)
    expect(err).toContain('is open to other users')
    expect(existsSync(join(keys, 'root.key'))).toBe(false)
  })
})

describe('rotating the root key', () => {
  test('is taken up where it broke off', async () => {
    await init()
    const KeyId = await newKey()
    const path = join(keys, 'root.key')
    // Broken off before anything was done, and after everything but the change of names.
    initRootKey({ kind: 'file', path: `${path}.new` })
    await kms('describe-key', '--key-id', KeyId)
    const store = await openSqliteStore({ folder: keys })
    const sources = { rootKey: { kind: 'file', path }, otherRootKey: { kind: 'file', path: `${path}.new` } } as const
    const keyring = await openKeyring({ store, ...sources })
    await keyring.rotateRootKey(sources.otherRootKey)
    const { rootKeyId } = keyring
    keyring.close()
    await store.close()
    await kms(
      'generate-mac',
      '--key-id',
      await newKey('--key-spec', 'HMAC_256', '--key-usage', 'GENERATE_VERIFY_MAC'),
      '--message',
      'AA==',
      '--mac-algorithm',
      'HMAC_SHA_256',
    )

    const { out } = await keyward('kms', 'rotate-root-key', '--data-dir', keys)
    expect(out).toContain(`root key  the file ${path} (id ${rootKeyId})`)
    expect(existsSync(`${path}.new`)).toBe(false)
    expect(readFileSync(path, 'utf8')).toContain(rootKeyId)
    await kms('describe-key', '--key-id', KeyId)
  })

  test('to the environment, and from there to a passphrase', async () => {
    await init()
    const KeyId = await newKey()
    vi.stubEnv('KEYWARD_ROOT_KEY', (await keyward('init', '--print-root-key')).out.trim())
    expect((await keyward('kms', 'rotate-root-key', '--data-dir', keys, '--to-root-key-env')).exitCode).toBe(0)
    await kms('encrypt', '--key-id', KeyId, '--plaintext', 'AA==')
    expect((await keyward('kms', 'rotate-root-key', '--data-dir', keys)).err).toContain(
      'say with a `--to-` option what it is to be afterwards',
    )
    const passphrase = file('passphrase', 'correct horse battery staple')
    const to = ['--to-passphrase-file', passphrase]
    expect((await keyward('kms', 'rotate-root-key', '--data-dir', keys, ...to)).exitCode).toBe(0)
    await kms('encrypt', '--key-id', KeyId, '--plaintext', 'AA==', '--passphrase-file', passphrase)
  })
})
