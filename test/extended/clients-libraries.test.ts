/**
 * Libraries on top of the AWS SDK, as they are installed, with `keyward serve` behind them: the AWS Encryption SDK, and a
 * signer of Ethereum transactions.
 *
 * Source: AWS Encryption SDK Developer Guide, "AWS KMS keyrings"; SEC 1, 4.1.6 (recovery of the public key).
 */
import { createHash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { KMS } from '@aws-sdk/client-kms'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { Address, KmsSigner } from 'aws-kms-signer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kmsClient } from '../server/clients/scene.js'
import { REGION, serveProcess, type ServeProcess } from '../server/clients/serve-process.js'

/** What is used of the package. Its own types do not compile where what is left out is not `undefined`. */
interface EncryptionSdk {
  readonly CommitmentPolicy: { readonly REQUIRE_ENCRYPT_REQUIRE_DECRYPT: string }
  readonly KmsKeyringNode: new (options: object) => object
  readonly buildClient: (policy: string) => {
    readonly encrypt: (keyring: object, plaintext: Buffer, options?: object) => Promise<{ readonly result: Buffer }>
    readonly decrypt: (
      keyring: object,
      message: Buffer,
    ) => Promise<{ readonly plaintext: Buffer; readonly messageHeader: { readonly encryptionContext: object } }>
  }
  readonly getClient: (client: typeof KMS, settings: object) => unknown
}

const require = createRequire(import.meta.url)
const { buildClient, CommitmentPolicy, getClient, KmsKeyringNode } = require('@aws-crypto/client-node') as EncryptionSdk
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

let served: ServeProcess
beforeAll(async () => {
  served = await serveProcess()
})
afterAll(async () => {
  expect(await served.stop(), served.told()).toBe(0)
})

describe('the AWS Encryption SDK', () => {
  const context = { department: 'IT', purpose: 'test' }
  const message = randomBytes(100_000)

  function provider(): unknown {
    return getClient(KMS, { endpoint: served.url, credentials: served.rootKeys })
  }

  async function newKey(region = REGION): Promise<string> {
    const { KeyMetadata } = await kmsClient({ url: served.url, keys: served.rootKeys, region }).createKey({})
    return KeyMetadata!.Arn!
  }

  test('encrypts and decrypts a message under keys of two Regions', async () => {
    const [here, there] = [await newKey(), await newKey('eu-west-1')]
    const keyring = new KmsKeyringNode({ clientProvider: provider(), generatorKeyId: here, keyIds: [there] })
    const { result } = await encrypt(keyring, message, { encryptionContext: context })
    for (const arn of [here, there]) {
      const one = new KmsKeyringNode({ clientProvider: provider(), keyIds: [arn] })
      const { plaintext, messageHeader } = await decrypt(one, result)
      expect(plaintext.equals(message)).toBe(true)
      expect(messageHeader.encryptionContext).toMatchObject(context)
    }
  })

  test('opens nothing whose context was changed, and nothing with a key that is disabled', async () => {
    const arn = await newKey()
    const keyring = new KmsKeyringNode({ clientProvider: provider(), generatorKeyId: arn })
    const { result } = await encrypt(keyring, message, { encryptionContext: context })
    const changed = Buffer.from(result)
    changed.write('deportment', changed.indexOf('department'))
    await expect(decrypt(keyring, changed)).rejects.toThrow('InvalidCiphertextException')
    await kmsClient({ url: served.url, keys: served.rootKeys }).disableKey({ KeyId: arn })
    await expect(decrypt(keyring, result)).rejects.toThrow(`${arn} is disabled.`)
    await expect(encrypt(keyring, message)).rejects.toMatchObject({ name: 'DisabledException' })
  })
})

describe('aws-kms-signer', () => {
  test('signs as the holder of an Ethereum address, and the signature is right', async () => {
    const kms = kmsClient({ url: served.url, keys: served.rootKeys })
    const { KeyMetadata } = await kms.createKey({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' })
    const { KeyId } = KeyMetadata!
    const signer = new KmsSigner(KeyId!, { endpoint: served.url, region: REGION, credentials: served.rootKeys })
    const { PublicKey } = await kms.getPublicKey({ KeyId })
    // 65 bytes at the end of a SubjectPublicKeyInfo.
    const point = Buffer.from(PublicKey!).subarray(-65)
    expect(await signer.getPublicKey()).toEqual(Buffer.from(PublicKey!))
    expect((await signer.getAddress()).equals(Address.fromPublicKey(point.subarray(1)))).toBe(true)

    for (let index = 0; index < 8; index++) {
      const digest = createHash('sha256').update(`transaction ${index}`).digest()
      const { r, s, v } = await signer.sign(digest)
      const compact = Buffer.concat([r, s])
      // The smaller one of the two values of s, as Ethereum wants it; `lowS` refuses the other.
      expect(secp256k1.verify(compact, digest, point, { prehash: false, lowS: true })).toBe(true)
      const recovery = v - 27
      const recovered = secp256k1.recoverPublicKey(Buffer.concat([Buffer.of(recovery), compact]), digest, {
        prehash: false,
      })
      expect(secp256k1.Point.fromBytes(recovered).toBytes(false)).toEqual(Uint8Array.from(point))
      const other = createHash('sha256').update('another').digest()
      expect(secp256k1.verify(compact, other, point, { prehash: false, lowS: true })).toBe(false)
    }
  })
})
