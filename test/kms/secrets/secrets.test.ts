/**
 * Plain secrets: each is zero once it is no longer needed, whatever becomes of the request, and none of them stands in
 * records, errors, logs or rows.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import { attestedRecipients } from '../../../src/kms/attestation/recipient.js'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { RecipientInfo } from '../../../src/kms/shapes.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { CALLS_ALONE, CALLS_WITH_KEY, fresh, importInput, makeKey, MESSAGE, PEER } from '../table/calls.js'
import { failingStore, type FailingStore } from '../table/failing-store.js'
import { STORE } from '../table/situations.js'
import { ADMIN, keyId, NOBODY, START_MS, testKms, type TestKms } from '../test-kms.js'
import { ConformingProxy } from '../xks/conforming-proxy.js'
import { attestation } from './attestation.js'
import { SpyPool } from './spy-pool.js'
import { Traces } from './traces.js'

const traces = new Traces()
const told: unknown[] = []
const records: AuditRecord[] = []
let pool: SpyPool
let failing: FailingStore
let proxy: ConformingProxy
let t: TestKms
let recipient: RecipientInfo
/** A key whose material is all that stays ready, once it was used. */
let flushKey: string
/** What the keyring holds, and that one key. */
let atRest: number

beforeAll(async () => {
  proxy = await ConformingProxy.start(() => t.clock.nowMs)
  failing = failingStore(createMemoryStore({ onAudit: (record) => void records.push(record) }))
  pool = new SpyPool(traces)
  const rootKey = randomBytes(32)
  traces.add('the root key', rootKey)
  const keyring = await openKeyring({ store: failing.store, rootKey: { kind: 'bytes', bytes: rootKey }, secrets: pool })
  // Derived from the root key, and told to everybody.
  traces.except(keyring.rootKeyId)
  const attested = attestation(START_MS)
  recipient = attested.recipient
  t = await testKms({
    store: failing.store,
    keyring,
    maxReadyMaterials: 1,
    onWarning: (message) => void told.push(message),
    onDenied: (denied) => void told.push(denied),
    verifyRecipient: attestedRecipients({ anchors: [attested.root] }),
    xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 },
  })
  flushKey = await makeKey(t, 'mac')
  atRest = await liveAtRest()
})
afterAll(() => proxy.stop())

const LOGS = ['log', 'info', 'warn', 'error', 'debug'] as const
beforeEach(() => {
  for (const name of LOGS) vi.spyOn(console, name).mockImplementation((...given) => void told.push(given))
  vi.spyOn(process, 'emitWarning').mockImplementation((...given: readonly unknown[]) => void told.push(given))
})
afterEach(() => {
  vi.restoreAllMocks()
  failing.isBroken = false
})

/** How many secrets are held when no material but that of one key is ready. */
async function liveAtRest(): Promise<number> {
  await t.ok('GenerateMac', { KeyId: flushKey, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })
  return pool.live
}

async function expectNothingHeld(): Promise<void> {
  expect(await liveAtRest()).toBe(atRest)
  expect([pool.unclean, pool.isAnyUsedAgain()]).toEqual([0, false])
}

async function tell(name: OperationName, input: object, caller = ADMIN): Promise<string> {
  const answer = await t.fails(name, input, caller)
  told.push(answer)
  return answer
}

const PLAINTEXT = randomBytes(48)
traces.add('a plaintext of a client', PLAINTEXT)

for (const call of [...CALLS_WITH_KEY, ...CALLS_ALONE]) {
  const { name, key } = call
  describe(name, () => {
    const prepare = async (): Promise<{ readonly arn: string; readonly input: object }> => {
      const arn = key === undefined ? '' : await makeKey(t, key)
      const input = await call.input({ t, arn, owner: ADMIN, donor: arn, caller: ADMIN })
      return { arn, input: name === 'Encrypt' ? { ...input, Plaintext: PLAINTEXT } : input }
    }

    test('gives back every secret where it succeeds, twice in a row and as a dry run', async () => {
      const { input } = await prepare()
      const expected = name === 'CancelKeyDeletion' ? /^KMSInvalidState/ : /^succeeded$/
      expect(await tell(name, input)).toMatch(expected)
      await tell(name, input)
      await tell(name, { ...input, DryRun: true })
      await expectNothingHeld()
    })

    test('gives back every secret where it is refused, by permission, by state and by input', async () => {
      const { arn, input } = await prepare()
      // Who may retire a grant is who the grant says.
      expect(await tell(name, input, NOBODY)).toMatch(name === 'ListRetirableGrants' ? /./ : /^AccessDenied/)
      await tell(name, Object.fromEntries(Object.keys(input).map((member) => [member, 7])))
      if (arn !== '') {
        await tell('DisableKey', { KeyId: arn })
        await tell(name, input)
        await tell('ScheduleKeyDeletion', { KeyId: arn })
        await tell(name, input)
      }
      await expectNothingHeld()
    })

    test('gives back every secret where the store fails', async () => {
      const { input } = await prepare()
      failing.isBroken = true
      expect(await tell(name, input)).toMatch(/^KMSInternalException/)
      failing.isBroken = false
      await expectNothingHeld()
    })
  })
}

describe('what else holds secrets', () => {
  test('plaintexts that go to an attested recipient', async () => {
    const KeyId = await makeKey(t, 'symmetric')
    const agreement = await makeKey(t, 'agreement')
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    const document = { Recipient: recipient }
    for (const [name, input] of [
      ['Decrypt', { CiphertextBlob }],
      ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
      ['GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' }],
      ['DeriveSharedSecret', { KeyId: agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey: PEER }],
      ['GenerateRandom', { NumberOfBytes: 32 }],
    ] as const) {
      const answer = await t.kms.attempt(name, { ...input, ...document }, ADMIN)
      expect(answer.ok, name).toBe(true)
      if (answer.ok) expect(traces.in(JSON.stringify(answer.value)), name).toEqual([])
      await expectNothingHeld()
    }
  })

  test('data key pairs and keys of every quick spec', async () => {
    const KeyId = await makeKey(t, 'symmetric')
    for (const KeyPairSpec of ['ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
      await t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec })
      await t.ok('GenerateDataKeyPairWithoutPlaintext', { KeyId, KeyPairSpec })
    }
    await t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ML_KEM_512' })
    for (const [KeySpec, SigningAlgorithm] of [
      ['ECC_NIST_P384', 'ECDSA_SHA_384'],
      ['ECC_NIST_P521', 'ECDSA_SHA_512'],
      ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
      ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
      ['ML_DSA_44', 'ML_DSA_SHAKE_256'],
      ['RSA_2048', 'RSASSA_PSS_SHA_256'],
    ] as const) {
      const signer = keyId(await t.ok('CreateKey', { KeySpec, KeyUsage: 'SIGN_VERIFY' }))
      const { Signature } = await t.ok('Sign', { KeyId: signer, Message: MESSAGE, SigningAlgorithm })
      await t.ok('Verify', { KeyId: signer, Message: MESSAGE, SigningAlgorithm, Signature: Signature! })
      await expectNothingHeld()
    }
    const rsa = await makeKey(t, 'rsa')
    const sealing = { KeyId: rsa, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const
    const { CiphertextBlob } = await t.ok('Encrypt', { ...sealing, Plaintext: PLAINTEXT })
    await t.ok('Decrypt', { ...sealing, CiphertextBlob: CiphertextBlob! })
    await tell('Decrypt', { ...sealing, CiphertextBlob: randomBytes(256) })
    await expectNothingHeld()
  })

  test('imports that are refused', async () => {
    const KeyId = await makeKey(t, 'external')
    const material = randomBytes(32)
    traces.add('imported material', material)
    const input = await importInput(t, KeyId, material)
    expect(await tell('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: randomBytes(256) })).toMatch(/^Invalid/)
    expect(await tell('ImportKeyMaterial', { ...input, ImportToken: randomBytes(64) })).toMatch(/^InvalidImportToken/)
    const short = await importInput(t, KeyId, randomBytes(31))
    expect(await tell('ImportKeyMaterial', short)).toMatch(/^IncorrectKeyMaterial/)
    await t.ok('ImportKeyMaterial', input)
    const again = { ...(await importInput(t, KeyId, randomBytes(32))), ImportType: 'EXISTING_KEY_MATERIAL' }
    expect(await tell('ImportKeyMaterial', again)).toMatch(/^IncorrectKeyMaterial/)
    await expectNothingHeld()
  })

  test('ciphertexts that do not open', async () => {
    const KeyId = await makeKey(t, 'symmetric')
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    for (let index = 0; index < CiphertextBlob!.length; index += 5) {
      const changed = Uint8Array.from(CiphertextBlob!)
      changed[index]! ^= 1
      await tell('Decrypt', { CiphertextBlob: changed })
      await tell('ReEncrypt', { CiphertextBlob: changed, DestinationKeyId: KeyId })
    }
    await expectNothingHeld()
  })

  test('rotation, replication and work that is due', async () => {
    const KeyId = await makeKey(t, 'multiRegion')
    await t.ok('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' })
    await t.ok('RotateKeyOnDemand', { KeyId })
    await t.ok('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 })
    t.clock.nowMs += 91 * 86_400_000
    expect(await t.kms.tick()).toBeGreaterThan(0)
    await expectNothingHeld()
  })

  test('custom key stores, their credentials and what goes through their proxies', async () => {
    const { CustomKeyStoreId = '' } = await t.ok('CreateCustomKeyStore', STORE)
    traces.add('the credential of a proxy', Buffer.from(STORE.XksProxyAuthenticationCredential!.RawSecretAccessKey))
    await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    const XksKeyId = fresh('xks')
    proxy.addKey(XksKeyId)
    const made = await t.ok('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId })
    const KeyId = keyId(made)
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
    await t.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
    proxy.misbehaviour.answer = () => 'break'
    expect(await tell('Decrypt', { CiphertextBlob })).toMatch(/^KMSInvalidState/)
    expect(await tell('Encrypt', { KeyId, Plaintext: PLAINTEXT })).toMatch(/^KMSInvalidState/)
    expect(await tell('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })).toMatch(/^KMSInvalidState/)
    delete proxy.misbehaviour.answer
    await t.ok('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'renamed' })
    await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    await expectNothingHeld()
  })

  test('many requests at once, some of them for what slow threads do', async () => {
    const KeyId = await makeKey(t, 'symmetric')
    const pairs = Array.from({ length: 6 }, () => t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ML_KEM_768' }))
    const keys = Array.from({ length: 40 }, () => t.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }))
    await Promise.all([...pairs, ...keys])
    await expectNothingHeld()
  })
})

test('nothing of all that stands in records, errors, logs or rows', async () => {
  expect(traces.count).toBeGreaterThan(2000)
  expect(records.length).toBeGreaterThan(400)
  expect(traces.in(JSON.stringify(records))).toEqual([])
  expect(traces.in(JSON.stringify(told))).toEqual([])
  const rows: string[] = []
  let cursor: string | undefined
  do {
    const page = await failing.store.scan('', cursor === undefined ? {} : { cursor })
    for (const { name, value } of page.rows) rows.push(name, value)
    cursor = page.cursor
  } while (cursor !== undefined)
  expect(traces.in(rows.join('\n'))).toEqual([])
  expect(traces.in(rows.map((row) => Buffer.from(row, 'base64').toString('latin1')).join('\n'))).toEqual([])
})

test('the search finds what is there', () => {
  const own = new Traces()
  const secret = randomBytes(32)
  own.add('it', secret)
  for (const text of [
    secret.toString('latin1'),
    `x${secret.toString('hex')}`,
    Buffer.concat([Buffer.from('a'), secret, Buffer.from('b')]).toString('base64'),
    Buffer.concat([Buffer.from('ab'), secret]).toString('base64url'),
    JSON.stringify({ secret: secret.toString('latin1') }),
    JSON.stringify([...secret]),
  ]) {
    expect(own.in(text)).toEqual(['it'])
  }
  expect(own.in(Buffer.concat([randomBytes(5), secret]))).toEqual(['it'])
  expect(own.in(randomBytes(1000))).toEqual([])
})

test('once the service is closed it holds nothing at all', async () => {
  await t.kms.close()
  expect(pool.live).toBe(0)
  expect([pool.unclean, pool.isAnyUsedAgain()]).toEqual([0, false])
})
