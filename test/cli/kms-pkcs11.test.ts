/** Tokens at the command line: root keys that they keep, and clusters of custom key stores. On tokens of SoftHSM. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { issue } from '../kms/attestation/authority.js'
import { LIBRARY, reasonToSkip, softHsm, type SoftHsm } from '../kms/cloudhsm/soft-hsm.js'
import { file, init, keys, keyward, kms, newKey, ROOT } from './kms-folder.js'

const VARIABLES = ['LIBRARY', 'TOKEN', 'KEY', 'PIN', 'PIN_FILE'].map((name) => `KEYWARD_PKCS11_${name}`)
beforeEach(() => {
  for (const name of [...VARIABLES, 'KEYWARD_CLOUDHSM_CLUSTERS']) vi.stubEnv(name, undefined)
})

const PIN = 'kmsPassword1'
/** Whatever is said of them: nothing of a token is looked at. */
const SOMEWHERE = ['--pkcs11-library', '/nowhere.so', '--pkcs11-token', 'main']

describe('without a token', () => {
  const CASES: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no library', ['--pkcs11-token', 'main'], /name it with `--pkcs11-library` and `--pkcs11-token`$/],
    ['two root keys', [...SOMEWHERE, '--root-key-env'], /give one of the options that name it$/],
    ['no PIN', SOMEWHERE, /there is no terminal to ask for the PIN; give `--pkcs11-pin-file`$/],
    ['no file with the PIN', [...SOMEWHERE, '--pkcs11-pin-file', '/none'], /cannot read the PIN from `\/none`: ENOENT/],
    ['no variable with it', [...SOMEWHERE, '--pkcs11-pin-env', 'NO_PIN'], /variable NO_PIN is not set$/],
    ['two PINs', [...SOMEWHERE, '--pkcs11-pin-env', 'A', '--pkcs11-pin-file', 'b'], /a token has one PIN/],
  ]
  test.each(CASES)('%s', async (_name, options, says) => {
    const { err, exitCode } = await keyward('init', '--data-dir', keys, ...options)
    expect([exitCode, err.trim()]).toEqual([2, expect.stringMatching(says)])
    expect(existsSync(keys)).toBe(false)
  })

  test('a library that is not there', async () => {
    const pin = file('pin', PIN)
    const { err, exitCode } = await keyward('init', '--data-dir', keys, ...SOMEWHERE, '--pkcs11-pin-file', pin)
    expect(exitCode).toBe(2)
    expect(err).toMatch(/needs the package `pkcs11js`|of `\/nowhere.so` cannot be used/)
    expect(err).not.toContain(PIN)
    expect(existsSync(keys)).toBe(false)
  })

  test('a PIN cannot be given as an argument, which everybody on the machine can read', async () => {
    const { err, exitCode } = await keyward('init', '--data-dir', keys, ...SOMEWHERE, '--pkcs11-pin', PIN)
    expect([exitCode, err]).toEqual([2, expect.stringContaining('unknown option')])
  })

  const CLUSTERS: readonly (readonly [string, string])[] = [
    ['{', 'it is no JSON object'],
    ['[]', 'it is no JSON object'],
    ['{"main":{}}', '`main` is no cluster id, such as cluster-abcdefghijk'],
    ['{"cluster-abcdefghijk":7}', 'cluster-abcdefghijk is no object'],
    ['{"cluster-abcdefghijk":{"library":"a"}}', 'cluster-abcdefghijk has no token'],
    ['{"cluster-abcdefghijk":{"pin":"1234"}}', 'cluster-abcdefghijk has an unknown member `pin`'],
    ['{"cluster-abcdefghijk":{"library":7}}', 'library of cluster-abcdefghijk is no text'],
  ]
  test.each(CLUSTERS)('clusters in %s', async (text, says) => {
    await init()
    const path = file('clusters.json', text)
    const options = ['--data-dir', keys, '--as', ROOT, '--cloudhsm-clusters', path]
    const { err, exitCode } = await keyward('kms', 'list-keys', ...options)
    expect([exitCode, err]).toEqual([2, expect.stringContaining(`cannot be used: ${says}`)])
  })
})

const reason = reasonToSkip()

describe.skipIf(reason !== undefined)(`with a token${reason === undefined ? '' : ` (${reason})`}`, () => {
  let hsm: SoftHsm
  beforeAll(() => {
    hsm = softHsm()
    for (const label of ['main', 'other', 'cluster']) hsm.addToken(label, PIN)
  })
  afterAll(() => {
    hsm.remove()
  })

  const inToken = (token: string, pin: string): readonly string[] => {
    return ['--pkcs11-library', LIBRARY, '--pkcs11-token', token, '--pkcs11-pin-file', pin]
  }

  test('a store has its root key in a token, and opens with it alone', async () => {
    const pin = file('pin', `${PIN}\n`)
    const { out } = await keyward('init', '--data-dir', keys, ...inToken('main', pin))
    expect(out).toMatch(/ {2}root key {2}the key keyward of the token main \(id [0-9a-f]{32}, new\)/)
    expect(out).toContain(`--pkcs11-library ${LIBRARY} --pkcs11-token main --pkcs11-key keyward --as`)
    expect(existsSync(join(keys, 'root.key'))).toBe(false)
    const KeyId = await newKey(...inToken('main', pin))
    const wrong = file('wrong', 'another PIN')
    const opened = await keyward('kms', 'list-keys', '--data-dir', keys, '--as', ROOT, ...inToken('main', wrong))
    expect([opened.exitCode, opened.err]).toEqual([2, expect.stringContaining('CKR_PIN_INCORRECT')])

    // What the options leave out stands in the environment.
    const bare = await keyward('kms', 'list-keys', '--data-dir', keys, '--as', ROOT)
    expect(bare.err).toContain('the root key is in a token: name it with `--pkcs11-library`')
    vi.stubEnv('KEYWARD_PKCS11_LIBRARY', LIBRARY)
    vi.stubEnv('KEYWARD_PKCS11_TOKEN', 'main')
    vi.stubEnv('KEYWARD_PKCS11_PIN_FILE', pin)
    await kms('describe-key', '--key-id', KeyId)
    vi.stubEnv('KEYWARD_PKCS11_PIN_FILE', undefined)
    vi.stubEnv('KEYWARD_PKCS11_PIN', PIN)
    await kms('describe-key', '--key-id', KeyId)
    vi.stubEnv('KEYWARD_PKCS11_PIN', 'another PIN')
    vi.stubEnv('MY_PIN', PIN)
    await kms('describe-key', '--key-id', KeyId, '--pkcs11-pin-env', 'MY_PIN')
  })

  test('a key that is there is used, and stays where it is when the rest cannot be', async () => {
    const pin = file('pin', PIN)
    const key = ['--pkcs11-key', 'shared']
    await init(...inToken('other', pin), ...key)
    const second = join(keys, '..', 'second')
    const { out } = await keyward('init', '--data-dir', second, ...inToken('other', pin), ...key)
    expect(out).toContain(', which was there)')
    const again = await keyward('init', '--data-dir', keys, ...inToken('other', pin), ...key)
    expect([again.exitCode, again.err]).toEqual([2, expect.stringContaining('holds a store already')])
    await newKey(...inToken('other', pin), ...key)
  })

  test('what cannot be leaves no key in the token behind', async () => {
    const pin = file('pin', PIN)
    const blocked = file('blocked', 'no folder')
    const options = [...inToken('other', pin), '--pkcs11-key', 'taken back']
    expect((await keyward('init', '--data-dir', blocked, ...options)).exitCode).not.toBe(0)
    const { out } = await keyward('init', '--data-dir', keys, ...options)
    expect(out).toContain(', new)')
  })

  test('a root key moves from a file to a token, and on to another key of it', async () => {
    const pin = file('pin', PIN)
    await init()
    const KeyId = await newKey()
    const to = inToken('main', pin).map((word) => word.replace('--', '--to-'))
    const options = [...to, '--to-pkcs11-key', 'first']
    const moved = await keyward('kms', 'rotate-root-key', '--data-dir', keys, ...options)
    expect([moved.exitCode, moved.err]).toEqual([0, ''])
    expect(moved.out).toContain('root key  the key first of the token main (id ')
    const first = [...inToken('main', pin), '--pkcs11-key', 'first']
    await kms('encrypt', '--key-id', KeyId, '--plaintext', 'AA==', ...first)
    const next = await keyward('kms', 'rotate-root-key', '--data-dir', keys, ...first, ...to, '--to-pkcs11-key', 'next')
    expect([next.exitCode, next.err]).toEqual([0, ''])
    await kms('encrypt', '--key-id', KeyId, '--plaintext', 'AA==', ...inToken('main', pin), '--pkcs11-key', 'next')
  })

  test('a custom key store stands on a cluster of a file', async () => {
    await init()
    const { der } = issue({ name: 'customerCA', isCa: true, fromMs: 0, toMs: Date.UTC(2040, 0) })
    const anchor = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
    file('anchor.pem', anchor)
    const cluster = { library: LIBRARY, token: 'cluster', trustAnchorCertificate: 'file://anchor.pem' }
    vi.stubEnv('KEYWARD_CLOUDHSM_CLUSTERS', file('clusters.json', JSON.stringify({ 'cluster-abcdefghijk': cluster })))
    const { CustomKeyStoreId } = await kms(
      'create-custom-key-store',
      '--custom-key-store-name',
      'inside',
      '--cloud-hsm-cluster-id',
      'cluster-abcdefghijk',
      '--key-store-password',
      `file://${file('password', PIN)}`,
      '--trust-anchor-certificate',
      `file://${join(keys, '..', 'anchor.pem')}`,
    )
    const inStore = ['--custom-key-store-id', String(CustomKeyStoreId)]
    expect((await keyward('kms', 'connect-custom-key-store', '--data-dir', keys, '--as', ROOT, ...inStore)).err).toBe(
      '',
    )
    const KeyId = await newKey('--origin', 'AWS_CLOUDHSM', ...inStore)
    const { CiphertextBlob } = await kms('encrypt', '--key-id', KeyId, '--plaintext', 'aGVsbG8=')
    const { Plaintext } = await kms('decrypt', '--ciphertext-blob', String(CiphertextBlob))
    expect(Plaintext).toBe('aGVsbG8=')
  })
})
