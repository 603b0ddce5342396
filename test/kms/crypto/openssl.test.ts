/** RSA, ECDSA, Ed25519, ECDH and key derivation against the `openssl` command; skipped where there is none. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deriveSharedSecret } from '../../../src/kms/crypto/ecdh.js'
import { HmacKey } from '../../../src/kms/crypto/hmac.js'
import { deriveKey } from '../../../src/kms/crypto/kdf.js'
import { generateKeyMaterial, loadPrivateKey, loadPublicKey, publicKeyInfo } from '../../../src/kms/crypto/key-pair.js'
import type { AsymmetricSpec, MessageType, SigningAlgorithm } from '../../../src/kms/crypto/key-spec.js'
import { rsaDecrypt, rsaEncrypt } from '../../../src/kms/crypto/rsa.js'
import type { SecretPool } from '../../../src/kms/crypto/secret.js'
import { signMessage, verifyMessage } from '../../../src/kms/crypto/signing.js'
import { hasProgram, openssl } from './outside.js'
import { good, watchedPool } from './pool.js'

const MESSAGE = Buffer.from('what openssl sees')

interface Files {
  readonly privateKey: Buffer
  readonly publicKey: Buffer
}

function filesOf(spec: AsymmetricSpec, secrets: SecretPool): Files {
  const privateKey = generateKeyMaterial(spec, secrets)
  return { privateKey, publicKey: publicKeyInfo(good(loadPrivateKey(spec, privateKey, secrets))) }
}

const PSS = ['-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:digest']

const SIGNATURES: readonly [AsymmetricSpec, SigningAlgorithm, string, readonly string[]][] = [
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', PSS],
  ['RSA_2048', 'RSASSA_PSS_SHA_384', 'sha384', PSS],
  ['RSA_3072', 'RSASSA_PSS_SHA_512', 'sha512', PSS],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', []],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', []],
  ['RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', []],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', []],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', []],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', []],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', []],
]

describe.skipIf(!hasProgram('openssl', ['version']))('openssl', () => {
  test.each(SIGNATURES)('%s %s', (spec, algorithm, hash, options) => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = filesOf(spec, secrets)
    const ours = good(loadPrivateKey(spec, privateKey, secrets))
    const theirs = good(loadPublicKey(spec, publicKey))
    const digest = createHash(hash).update(MESSAGE).digest()
    const given = { m: digest, key: privateKey, pub: publicKey }
    const tail = ['-keyform', 'DER', '-pkeyopt', `digest:${hash}`, ...options]
    const messages: readonly [MessageType, Buffer][] = [
      ['RAW', MESSAGE],
      ['DIGEST', digest],
    ]
    for (const [type, message] of messages) {
      const signature = good(signMessage(ours, algorithm, type, message, secrets))
      const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', 'pub', '-in', 'm', '-sigfile', 's', ...tail]
      expect(openssl(verify, { ...given, s: signature })?.toString()).toContain('Success')
      const theirSignature = openssl(['pkeyutl', '-sign', '-inkey', 'key', '-in', 'm', ...tail], given)
      expect(verifyMessage(theirs, algorithm, type, message, theirSignature ?? Buffer.alloc(0)).ok, type).toBe(true)
    }
  })

  test('ECC_NIST_EDWARDS25519 ED25519_SHA_512', () => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = filesOf('ECC_NIST_EDWARDS25519', secrets)
    const ours = good(loadPrivateKey('ECC_NIST_EDWARDS25519', privateKey, secrets))
    const signature = good(signMessage(ours, 'ED25519_SHA_512', 'RAW', MESSAGE, secrets))
    const args = [
      'pkeyutl',
      '-verify',
      '-rawin',
      '-pubin',
      '-inkey',
      'pub',
      '-keyform',
      'DER',
      '-in',
      'm',
      '-sigfile',
      's',
    ]
    expect(openssl(args, { m: MESSAGE, pub: publicKey, s: signature })?.toString()).toContain('Success')
  })

  test.each([
    ['RSA_2048', 'RSAES_OAEP_SHA_1', 'sha1'],
    ['RSA_2048', 'RSAES_OAEP_SHA_256', 'sha256'],
    ['RSA_3072', 'RSAES_OAEP_SHA_256', 'sha256'],
  ] as const)('%s %s', (spec, algorithm, hash) => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = filesOf(spec, secrets)
    const [ours, theirs] = [good(loadPrivateKey(spec, privateKey, secrets)), good(loadPublicKey(spec, publicKey))]
    if (ours.form !== 'keyObject' || theirs.form !== 'keyObject') throw new Error('RSA keys are key objects')
    const files = { key: privateKey, pub: publicKey }
    const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`]
    const tail = ['-keyform', 'DER', ...options.flatMap((option) => ['-pkeyopt', option])]
    const ciphertext = good(rsaEncrypt(theirs.key, algorithm, MESSAGE))
    const decrypted = openssl(['pkeyutl', '-decrypt', '-inkey', 'key', '-in', 'c', ...tail], {
      ...files,
      c: ciphertext,
    })
    expect(decrypted?.equals(MESSAGE)).toBe(true)
    const encrypted = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', 'pub', '-in', 'm', ...tail], {
      ...files,
      m: MESSAGE,
    })
    expect(good(rsaDecrypt(ours.key, algorithm, encrypted ?? Buffer.alloc(0), secrets)).equals(MESSAGE)).toBe(true)
  })

  test.each(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] as const)('%s ECDH', (spec) => {
    const { secrets } = watchedPool()
    const [one, other] = [filesOf(spec, secrets), filesOf(spec, secrets)]
    const ours = good(loadPrivateKey(spec, one.privateKey, secrets))
    if (ours.form !== 'keyObject') throw new Error('a curve key is a key object')
    const shared = good(deriveSharedSecret(spec, ours.key, other.publicKey, secrets))
    const args = ['pkeyutl', '-derive', '-inkey', 'key', '-keyform', 'DER', '-peerkey', 'pub', '-peerform', 'DER']
    expect(openssl(args, { key: other.privateKey, pub: one.publicKey })?.equals(shared)).toBe(true)
  })

  test('derives the same keys (KBKDF)', () => {
    const { secrets } = watchedPool()
    const material = Buffer.alloc(32, 0x42)
    const derived = deriveKey(
      new HmacKey('sha256', material, secrets),
      Buffer.from('a label'),
      Buffer.from('a context'),
      80,
      secrets,
    )
    const options = [
      'mac:HMAC',
      'digest:SHA256',
      `hexkey:${material.toString('hex')}`,
      'salt:a label',
      'info:a context',
    ]
    const args = ['kdf', '-keylen', '80', '-binary', ...options.flatMap((option) => ['-kdfopt', option]), 'KBKDF']
    expect(openssl(args, {})?.equals(derived)).toBe(true)
  })
})
