/**
 * SM2 against the examples of its standard, against the `openssl` command, and against itself.
 *
 * Source: GB/T 32918.5-2017, annexes A.2 and C.2 (examples on the recommended curve).
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { derOf } from '../../../src/kms/crypto/der.js'
import {
  generateDataKeyPair,
  generateKeyMaterial,
  loadPrivateKey,
  loadPublicKey,
  publicKeyInfo,
} from '../../../src/kms/crypto/key-pair.js'
import { importMaterial } from '../../../src/kms/crypto/import-material.js'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { sm2Agree, sm2Decrypt, sm2Encrypt, sm2Sign, sm2Verify } from '../../../src/kms/crypto/sm2.js'
import {
  isSm2Scalar,
  newSm2Scalar,
  sm2PointOf,
  sm2PrivateKeyInfo,
  sm2PublicKeyInfo,
  SM2_ORDER,
} from '../../../src/kms/crypto/sm2-curve.js'

const KEY = Buffer.from('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8', 'hex')
const PUBLIC =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
  'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'
const SPKI = sm2PublicKeyInfo(Buffer.from(PUBLIC, 'hex'))

const folder = mkdtempSync(join(tmpdir(), 'keyward-sm2-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let secrets: SecretPool
beforeEach(() => {
  secrets = new SecretPool()
  return () => {
    expect(secrets.live).toBe(0)
  }
})

function integer(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex')
  return derOf(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

function value<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  if (!result.ok) throw new Error(JSON.stringify(result))
  return result.value
}

function kind(result: { readonly ok: boolean; readonly error?: { readonly kind: string } }): string {
  return result.ok ? 'ok' : (result.error?.kind ?? '')
}

/** What is a secret of ours, as bytes, with the secret given back. */
function told(secret: Buffer): Buffer {
  const copy = Buffer.from(secret)
  secrets.release(secret)
  return copy
}

describe('the examples of the standard', () => {
  test('the public key of the private one', () => {
    expect(sm2PointOf(KEY).toString('hex')).toBe(PUBLIC)
  })

  test('the signature of "message digest"', () => {
    const signature = derOf(
      0x30,
      integer('f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3'),
      integer('b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa'),
    )
    const message = Buffer.from('message digest')
    const digest = Buffer.from('f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640', 'hex')
    expect(kind(sm2Verify(SPKI, 'RAW', message, signature))).toBe('ok')
    expect(kind(sm2Verify(SPKI, 'DIGEST', digest, signature))).toBe('ok')
    expect(kind(sm2Verify(SPKI, 'RAW', digest, signature))).toBe('invalidSignature')
  })

  test('the ciphertext of "encryption standard"', () => {
    const sealed = derOf(
      0x30,
      integer('04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73'),
      integer('e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0'),
      derOf(0x04, Buffer.from('59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766', 'hex')),
      derOf(0x04, Buffer.from('21886ca989ca9c7d58087307ca93092d651efa', 'hex')),
    )
    expect(told(value(sm2Decrypt(KEY, sealed, secrets))).toString()).toBe('encryption standard')
  })

  test('SM3 of "abc" (GB/T 32905-2016, A.1)', () => {
    expect(createHash('sm3').update('abc').digest('hex')).toBe(
      '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    )
  })
})

describe('signatures', () => {
  test('are of one key, message and type alone', () => {
    const scalar = newSm2Scalar(secrets)
    const spki = sm2PublicKeyInfo(sm2PointOf(scalar))
    for (const size of [0, 1, 32, 100, 4096]) {
      const message = Buffer.alloc(size, 7)
      const signature = value(sm2Sign(scalar, 'RAW', message, secrets))
      expect(kind(sm2Verify(spki, 'RAW', message, signature))).toBe('ok')
      expect(kind(sm2Verify(spki, 'RAW', Buffer.alloc(size + 1, 7), signature))).toBe('invalidSignature')
      expect(kind(sm2Verify(SPKI, 'RAW', message, signature))).toBe('invalidSignature')
    }
    const digest = Buffer.alloc(32, 9)
    const overDigest = value(sm2Sign(scalar, 'DIGEST', digest, secrets))
    expect(kind(sm2Verify(spki, 'DIGEST', digest, overDigest))).toBe('ok')
    expect(kind(sm2Verify(spki, 'RAW', digest, overDigest))).toBe('invalidSignature')
    expect(kind(sm2Sign(scalar, 'DIGEST', Buffer.alloc(31), secrets))).toBe('invalidLength')
    expect(kind(sm2Sign(scalar, 'EXTERNAL_MU', Buffer.alloc(64), secrets))).toBe('unsupportedAlgorithm')
    secrets.release(scalar)
  })

  test('that are changed or spelled another way are refused', () => {
    const message = Buffer.from('message')
    const right = value(sm2Sign(KEY, 'RAW', message, secrets))
    for (let index = 0; index < right.length; index++) {
      const changed = Buffer.from(right)
      changed[index]! ^= 1
      expect(kind(sm2Verify(SPKI, 'RAW', message, changed))).toBe('invalidSignature')
    }
    const order = SM2_ORDER.toString(16)
    const one = integer('01')
    const others = [
      Buffer.alloc(0),
      Buffer.concat([right, Buffer.of(0)]),
      right.subarray(0, -1),
      derOf(0x30, one),
      derOf(0x30, integer('00'), one),
      derOf(0x30, one, integer(order)),
      // Together zero.
      derOf(0x30, one, integer((SM2_ORDER - 1n).toString(16))),
      derOf(0x30, derOf(0x02, Buffer.of(0, 1)), one),
      derOf(0x30, derOf(0x02, Buffer.of(0x81)), one),
    ]
    for (const signature of others) {
      expect(kind(sm2Verify(SPKI, 'RAW', message, signature))).toBe('invalidSignature')
    }
  })
})

describe('encryption', () => {
  test('opens what it sealed, of every length', () => {
    for (const size of [1, 31, 32, 33, 64, 1000, 1024]) {
      const plaintext = Buffer.alloc(size, size)
      const sealed = value(sm2Encrypt(SPKI, plaintext, secrets))
      expect(told(value(sm2Decrypt(KEY, sealed, secrets)))).toEqual(plaintext)
    }
    expect(kind(sm2Encrypt(SPKI, Buffer.alloc(0), secrets))).toBe('invalidLength')
  })

  test('opens nothing that was changed, cut or added to, nor under another key', () => {
    const sealed = value(sm2Encrypt(SPKI, Buffer.from('secret'), secrets))
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed)
      changed[index]! ^= 1
      expect(kind(sm2Decrypt(KEY, changed, secrets))).toBe('invalidCiphertext')
      expect(kind(sm2Decrypt(KEY, sealed.subarray(0, index), secrets))).toBe('invalidCiphertext')
    }
    expect(kind(sm2Decrypt(KEY, Buffer.concat([sealed, Buffer.of(0)]), secrets))).toBe('invalidCiphertext')
    const other = newSm2Scalar(secrets)
    expect(kind(sm2Decrypt(other, sealed, secrets))).toBe('invalidCiphertext')
    secrets.release(other)
  })
})

describe('keys', () => {
  test('are made, kept and read again', () => {
    const material = generateKeyMaterial('SM2', secrets)
    expect(isSm2Scalar(material)).toBe(true)
    const loaded = value(loadPrivateKey('SM2', material, secrets))
    const spki = publicKeyInfo(loaded)
    expect(kind(loadPublicKey('SM2', spki))).toBe('ok')
    expect(spki.subarray(0, 27).toString('hex')).toBe('3059301306072a8648ce3d020106082a811ccf5501822d03420004')
    if (loaded.form === 'seed') secrets.release(loaded.seed)
    secrets.release(material)
  })

  test('agree on a secret, and only with keys of the curve', () => {
    const [one, other] = [newSm2Scalar(secrets), newSm2Scalar(secrets)]
    const [first, second] = [one, other].map((scalar) => sm2PublicKeyInfo(sm2PointOf(scalar)))
    const shared = told(value(sm2Agree(one, second!, secrets)))
    expect(shared).toHaveLength(32)
    expect(told(value(sm2Agree(other, first!, secrets)))).toEqual(shared)
    const off = Buffer.from(first!)
    off[off.length - 1]! ^= 1
    expect(kind(sm2Agree(one, off, secrets))).toBe('invalidKey')
    expect(kind(sm2Agree(one, first!.subarray(1), secrets))).toBe('invalidKey')
    secrets.release(one)
    secrets.release(other)
  })

  test('scalars are from 1 to the order less 2', () => {
    const scalarOf = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
    const cases = [
      [0n, false],
      [1n, true],
      [SM2_ORDER - 2n, true],
      [SM2_ORDER - 1n, false],
      [SM2_ORDER, false],
    ] as const
    for (const [number, expected] of cases) expect(isSm2Scalar(scalarOf(number))).toBe(expected)
    expect(isSm2Scalar(Buffer.alloc(31, 1))).toBe(false)
    expect(kind(loadPrivateKey('SM2', scalarOf(SM2_ORDER - 1n), secrets))).toBe('invalidKey')
    // The last one that there is, and the first: what follows them on the curve is computed all the same.
    for (const number of [1n, 2n, SM2_ORDER - 2n]) {
      const spki = sm2PublicKeyInfo(sm2PointOf(scalarOf(number)))
      const sealed = value(sm2Encrypt(spki, Buffer.from('edge'), secrets))
      expect(told(value(sm2Decrypt(scalarOf(number), sealed, secrets))).toString()).toBe('edge')
    }
  })

  test('come in from PKCS #8, if their halves belong together', () => {
    const info = told(sm2PrivateKeyInfo(KEY, secrets))
    expect(told(value(importMaterial('SM2', info, secrets)))).toEqual(KEY)
    const other = told(sm2PrivateKeyInfo(Buffer.alloc(32, 5), secrets))
    // The private half of one and the public half of another.
    const mixed = Buffer.concat([info.subarray(0, -65), other.subarray(-65)])
    expect(kind(importMaterial('SM2', mixed, secrets))).toBe('invalidKey')
    for (let size = 0; size < info.length; size += 9) {
      expect(kind(importMaterial('SM2', info.subarray(0, size), secrets))).toBe('invalidKey')
    }
    const pair = generateDataKeyPair('ECC_NIST_P256', secrets)
    expect(kind(importMaterial('SM2', pair.privateKey, secrets))).toBe('invalidKey')
    secrets.release(pair.privateKey)
  })
})

describe('the openssl command', () => {
  const openssl = (...words: readonly string[]): string =>
    execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes)
    return name
  }
  const get = (name: string): Buffer => readFileSync(join(folder, name))
  const IDENTITY = ['-pkeyopt', 'distid:1234567812345678']

  beforeEach(() => {
    put('private.der', told(sm2PrivateKeyInfo(KEY, secrets)))
    put('public.der', SPKI)
    openssl('pkey', '-inform', 'DER', '-in', 'private.der', '-out', 'private.pem')
    openssl('pkey', '-inform', 'DER', '-pubin', '-in', 'public.der', '-out', 'public.pem')
  })

  test('reads our keys, and we read its', () => {
    openssl('pkey', '-in', 'private.pem', '-pubout', '-outform', 'DER', '-out', 'derived.der')
    expect(get('derived.der').subarray(-65).toString('hex')).toBe(PUBLIC)
    openssl('genpkey', '-algorithm', 'SM2', '-outform', 'DER', '-out', 'theirs.der')
    openssl('pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-in', 'theirs.der', '-outform', 'DER', '-out', 'p8.der')
    openssl('pkey', '-inform', 'DER', '-in', 'p8.der', '-pubout', '-outform', 'DER', '-out', 'their-public.der')
    const scalar = value(importMaterial('SM2', get('p8.der'), secrets))
    expect(sm2PublicKeyInfo(sm2PointOf(scalar))).toEqual(get('their-public.der'))
    secrets.release(scalar)
  })

  test('verifies our signatures, and we verify its', () => {
    const message = Buffer.from('signed on one side, verified on the other')
    put('message', message)
    put('signature', value(sm2Sign(KEY, 'RAW', message, secrets)))
    const rawIn = ['-rawin', '-digest', 'sm3', '-in', 'message', ...IDENTITY]
    const verified = openssl('pkeyutl', '-verify', '-pubin', '-inkey', 'public.pem', '-sigfile', 'signature', ...rawIn)
    expect(verified).toContain('Signature Verified Successfully')
    openssl('pkeyutl', '-sign', '-inkey', 'private.pem', '-out', 'theirs', ...rawIn)
    expect(kind(sm2Verify(SPKI, 'RAW', message, get('theirs')))).toBe('ok')
  })

  test('opens our ciphertexts, and we open its', () => {
    put('sealed', value(sm2Encrypt(SPKI, Buffer.from('sealed here'), secrets)))
    openssl('pkeyutl', '-decrypt', '-inkey', 'private.pem', '-in', 'sealed', '-out', 'opened')
    expect(get('opened').toString()).toBe('sealed here')
    put('plain', Buffer.from('sealed there'))
    openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', 'public.pem', '-in', 'plain', '-out', 'theirs')
    expect(told(value(sm2Decrypt(KEY, get('theirs'), secrets))).toString()).toBe('sealed there')
  })
})
