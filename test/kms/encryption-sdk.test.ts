/**
 * The AWS Encryption SDK for JavaScript as it is installed, with KMS keyrings on an engine in the same process.
 *
 * Source: AWS Encryption SDK Developer Guide, "AWS KMS keyrings", "Multi-keyrings", "Data key caching".
 */
import { KMS } from '@aws-sdk/client-kms'
import { createRequire } from 'node:module'
import { beforeEach, describe, expect, test } from 'vitest'
import type { KmsCaller } from '../../src/kms/caller.js'
import { inProcess } from '../../src/kms/in-process.js'
import { ADMIN, keyArnOf, NOBODY, testKms, type TestKms } from './test-kms.js'

/** What is used of the package. Its own types do not compile where what is left out is not `undefined`. */
interface EncryptionSdk {
  readonly AlgorithmSuiteIdentifier: { readonly ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY: number }
  readonly CommitmentPolicy: { readonly REQUIRE_ENCRYPT_REQUIRE_DECRYPT: string }
  readonly KmsKeyringNode: new (options: object) => Manager
  readonly MultiKeyringNode: new (options: { readonly generator: Manager; readonly children: Manager[] }) => Manager
  readonly NodeCachingMaterialsManager: new (options: object) => Manager
  readonly buildClient: (policy: string) => Client
  readonly getClient: (client: typeof KMS, settings: object) => unknown
  readonly getLocalCryptographicMaterialsCache: (capacity: number) => unknown
}

/** A keyring, or a materials manager. */
type Manager = { readonly onDecrypt: unknown } | { readonly decryptMaterials: unknown }

interface Client {
  readonly encrypt: (manager: Manager, plaintext: Buffer, options?: object) => Promise<{ readonly result: Buffer }>
  readonly decrypt: (
    manager: Manager,
    message: Buffer,
  ) => Promise<{ readonly plaintext: Buffer; readonly messageHeader: { readonly encryptionContext: object } }>
}

const require = createRequire(import.meta.url)
const {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getClient,
  getLocalCryptographicMaterialsCache,
  KmsKeyringNode,
  MultiKeyringNode,
  NodeCachingMaterialsManager,
} = require('@aws-crypto/client-node') as EncryptionSdk

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const CONTEXT = { department: 'IT', purpose: 'test' }
const MESSAGE = Buffer.from('what nobody else may read')

let t: TestKms
beforeEach(async () => {
  t = await testKms()
})

/** Makes a client for each Region that the ARN of a key names. */
function clientProvider(caller: KmsCaller = ADMIN) {
  return getClient(KMS, { ...inProcess(t.kms, caller) })
}

function keyring(
  generatorKeyId: string,
  { keyIds = [], caller = ADMIN }: { keyIds?: string[]; caller?: KmsCaller } = {},
) {
  return new KmsKeyringNode({ clientProvider: clientProvider(caller), generatorKeyId, keyIds })
}

async function newKey(caller: KmsCaller = ADMIN): Promise<string> {
  return keyArnOf(await t.ok('CreateKey', {}, caller))
}

/** What KMS was asked, in order. */
function calls(): readonly string[] {
  return t.records.filter(({ eventName }) => eventName !== 'CreateKey').map(({ eventName }) => eventName)
}

test('what is encrypted under a key is decrypted with it, and both are audited with their context', async () => {
  const arn = await newKey()
  const { result } = await encrypt(keyring(arn), MESSAGE, { encryptionContext: CONTEXT })
  const { plaintext, messageHeader } = await decrypt(keyring(arn), result)
  expect(plaintext.equals(MESSAGE)).toBe(true)
  expect(messageHeader.encryptionContext).toMatchObject(CONTEXT)
  expect(calls()).toEqual(['GenerateDataKey', 'Decrypt'])
  const [generated] = t.records.slice(-2)
  expect(generated?.requestParameters).toMatchObject({ encryptionContext: CONTEXT, keyId: arn })
})

test('a header whose context was changed opens nothing', async () => {
  const arn = await newKey()
  const { result } = await encrypt(keyring(arn), MESSAGE, { encryptionContext: CONTEXT })
  const at = result.indexOf('department')
  expect(at).toBeGreaterThan(0)
  const changed = Buffer.from(result)
  changed.write('deportment', at)
  await expect(decrypt(keyring(arn), changed)).rejects.toThrow('InvalidCiphertextException')
  // KMS was asked with the other context, and refused.
  expect(t.records.at(-1)).toMatchObject({
    eventName: 'Decrypt',
    errorCode: 'InvalidCiphertextException',
    requestParameters: { encryptionContext: { deportment: 'IT' } },
  })
})

test('who may not use the key learns what AWS would say', async () => {
  const arn = await newKey()
  await expect(encrypt(keyring(arn, { caller: NOBODY }), MESSAGE)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('is not authorized to perform: kms:GenerateDataKey on resource:') as unknown,
  })
})

test('a policy that asks for an encryption context is obeyed', async () => {
  const arn = await newKey()
  await t.ok('PutKeyPolicy', {
    KeyId: arn,
    BypassPolicyLockoutSafetyCheck: true,
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: ADMIN.principal },
          Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
          Resource: '*',
          Condition: { StringEquals: { 'kms:EncryptionContext:department': 'IT' } },
        },
      ],
    }),
  })
  const { result } = await encrypt(keyring(arn), MESSAGE, { encryptionContext: CONTEXT })
  expect((await decrypt(keyring(arn), result)).plaintext.equals(MESSAGE)).toBe(true)
  const other = encrypt(keyring(arn), MESSAGE, { encryptionContext: { department: 'HR' } })
  await expect(other).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

describe('several keys', () => {
  test('of two Regions: either opens the message', async () => {
    const here = await newKey()
    const there = await newKey({ ...ADMIN, region: 'eu-west-1' })
    expect(there).toMatch(/^arn:aws:kms:eu-west-1:/)
    const { result } = await encrypt(keyring(here, { keyIds: [there] }), MESSAGE)
    expect(calls()).toEqual(['GenerateDataKey', 'Encrypt'])
    for (const arn of [here, there]) {
      expect((await decrypt(keyring(arn), result)).plaintext.equals(MESSAGE)).toBe(true)
      expect(t.records.at(-1)).toMatchObject({ eventName: 'Decrypt', awsRegion: arn.split(':')[3] })
    }
  })

  test('a multi-keyring: one key that is disabled does no harm', async () => {
    const [first, second] = [await newKey(), await newKey()]
    const both = new MultiKeyringNode({ generator: keyring(first), children: [keyring(second)] })
    const { result } = await encrypt(both, MESSAGE)
    await t.ok('DisableKey', { KeyId: first })
    expect((await decrypt(both, result)).plaintext.equals(MESSAGE)).toBe(true)
    await t.ok('DisableKey', { KeyId: second })
    await expect(decrypt(both, result)).rejects.toMatchObject({ name: 'Error' })
  })

  test('a keyring of another key opens nothing', async () => {
    const { result } = await encrypt(keyring(await newKey()), MESSAGE)
    await expect(decrypt(keyring(await newKey()), result)).rejects.toThrow('unencryptedDataKey has not been set')
  })

  test('discovery asks whichever key the message names', async () => {
    const { result } = await encrypt(keyring(await newKey()), MESSAGE)
    const discovery = new KmsKeyringNode({ clientProvider: clientProvider(), discovery: true })
    expect((await decrypt(discovery, result)).plaintext.equals(MESSAGE)).toBe(true)
  })
})

test('a caching materials manager: twenty messages ask KMS once to encrypt and once to decrypt', async () => {
  const arn = await newKey()
  const messages = Array.from({ length: 20 }, (_, index) => Buffer.from(`message ${index}`))
  // Without signatures, whose keys are each message's own and would make nothing the same.
  const options = {
    encryptionContext: CONTEXT,
    suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
  }

  async function roundTrips(manager: Manager): Promise<number> {
    const before = t.records.length
    for (const message of messages) {
      const { result } = await encrypt(manager, message, { ...options, plaintextLength: message.length })
      expect((await decrypt(manager, result)).plaintext.equals(message)).toBe(true)
    }
    return t.records.length - before
  }

  expect(await roundTrips(keyring(arn))).toBe(40)
  const caching = new NodeCachingMaterialsManager({
    backingMaterials: keyring(arn),
    cache: getLocalCryptographicMaterialsCache(100),
    maxAge: 60_000,
    maxMessagesEncrypted: 100,
  })
  expect(await roundTrips(caching)).toBe(2)
})
