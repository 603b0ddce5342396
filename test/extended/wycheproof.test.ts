/**
 * Every vector of Project Wycheproof for the algorithms that KMS has, against the primitive that an operation calls.
 *
 * `valid` must be accepted and `invalid` refused. What happens to `acceptable` ones, and which vectors have parameters
 * that KMS lacks (they are run too, and refused), stands in `test/kms/crypto/wycheproof-outcomes.json`; a change of that
 * file is a change of what Keyward takes. Vectors: `KEYWARD_SHARED`/vectors/wycheproof.
 */
import { createHash, createPrivateKey } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { deriveSharedSecret } from '../../src/kms/crypto/ecdh.js'
import { ecPrivateKeyInfo } from '../../src/kms/crypto/ec-key.js'
import { ed25519phVerifyMessage } from '../../src/kms/crypto/eddsa.js'
import { gcmOpen, gcmSeal } from '../../src/kms/crypto/gcm.js'
import { HmacKey } from '../../src/kms/crypto/hmac.js'
import { loadPrivateKey, loadPublicKey, type PublicKey } from '../../src/kms/crypto/key-pair.js'
import { unwrapKey, wrapKey } from '../../src/kms/crypto/key-wrap.js'
import {
  CURVES,
  type AsymmetricSpec,
  type EcdsaSpec,
  type MlDsaSpec,
  type MlKemSpec,
  type NistCurveSpec,
  type RsaEncryptionAlgorithm,
  type SigningAlgorithm,
} from '../../src/kms/crypto/key-spec.js'
import { latticePublicKeyInfo } from '../../src/kms/crypto/lattice-key.js'
import { hasNativeMlDsa, mlDsaPublicKey, mlDsaSign, mlDsaVerify } from '../../src/kms/crypto/ml-dsa.js'
import { decapsulate, mlKemPublicKey } from '../../src/kms/crypto/ml-kem.js'
import { rsaDecrypt } from '../../src/kms/crypto/rsa.js'
import { SecretPool } from '../../src/kms/crypto/secret.js'
import { verifyMessage } from '../../src/kms/crypto/signing.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = path.resolve(root, process.env['KEYWARD_SHARED'] ?? '../shared', 'vectors/wycheproof')

/** Members of a group or test are texts and numbers, whatever the file. */
type Fields = Readonly<Record<string, string | number | undefined>>

interface VectorFile {
  readonly numberOfTests: number
  readonly testGroups: readonly (Fields & { readonly tests: readonly Vector[] })[]
}

type Vector = Fields & {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly flags: readonly string[]
}

type Outcome = 'accepted' | 'refused'

/** What a vector came to, and why KMS has no such thing, where it has not. */
interface Run {
  readonly outcome: Outcome
  readonly lacking?: string
}

type Runner = (group: Fields, vector: Fields) => Run

interface Recorded {
  /** File, flags, and how many came out how. */
  readonly acceptable: Readonly<Record<string, Readonly<Record<string, Partial<Record<Outcome, number>>>>>>
  /** File, reason, and how many valid vectors were refused for it. */
  readonly lacking: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const recorded = JSON.parse(
  readFileSync(path.join(root, 'test/kms/crypto/wycheproof-outcomes.json'), 'utf8'),
) as Recorded

const secrets = new SecretPool()

function bytes(fields: Fields, name: string): Buffer {
  return Buffer.from(String(fields[name] ?? ''), 'hex')
}

function whether(accepted: boolean): Run {
  return { outcome: accepted ? 'accepted' : 'refused' }
}

/** The secret of a result equals what is expected; it is released. */
function gives(result: ReturnType<typeof unwrapKey>, expected: Buffer): Run {
  if (!result.ok) return { outcome: 'refused' }
  expect(result.value.toString('hex')).toBe(expected.toString('hex'))
  secrets.release(result.value)
  return { outcome: 'accepted' }
}

/** Refused as it must be, with the reason. */
function lacking(run: Run, reason: string): Run {
  return { ...run, lacking: reason }
}

const aesGcm: Runner = (group, vector) => {
  const [key, iv, aad] = [bytes(vector, 'key'), bytes(vector, 'iv'), bytes(vector, 'aad')]
  const [body, tag, msg] = [bytes(vector, 'ct'), bytes(vector, 'tag'), bytes(vector, 'msg')]
  const run = gives(gcmOpen(key, iv, aad, body, tag, secrets), msg)
  if (group['keySize'] !== 256) return lacking(run, 'only 256-bit keys')
  if (group['ivSize'] !== 96) return lacking(run, 'only 96-bit nonces')
  if (run.outcome === 'accepted') expect(gcmSeal(key, iv, aad, msg)).toEqual({ ok: true, value: { body, tag } })
  return run
}

const keyWrap: Runner = (group, vector) => {
  const [key, wrapped, msg] = [bytes(vector, 'key'), bytes(vector, 'ct'), bytes(vector, 'msg')]
  const run = gives(unwrapKey(key, wrapped, secrets), msg)
  if (group['keySize'] !== 256) return lacking(run, 'only 256-bit wrapping keys')
  if (run.outcome === 'accepted') expect(wrapKey(key, msg)).toEqual({ ok: true, value: wrapped })
  return run
}

function hmac(hash: HmacKey['hash']): Runner {
  return (group, vector) => {
    const key = new HmacKey(hash, bytes(vector, 'key'), secrets)
    const run = whether(key.verify(bytes(vector, 'msg'), bytes(vector, 'tag')).ok)
    key.release()
    return Number(group['tagSize']) === key.size * 8 ? run : lacking(run, 'no shortened MACs')
  }
}

function publicKey(spec: AsymmetricSpec, spki: Buffer): PublicKey {
  const loaded = loadPublicKey(spec, spki)
  if (!loaded.ok) throw new Error('a public key of a vector was refused')
  return loaded.value
}

/** Raw message and digest must be judged alike. */
function signature(spec: AsymmetricSpec, algorithm: SigningAlgorithm, hash?: string): Runner {
  return (group, vector) => {
    const key = publicKey(spec, bytes(group, 'publicKeyDer'))
    const [msg, sig] = [bytes(vector, 'msg'), bytes(vector, 'sig')]
    const raw = verifyMessage(key, algorithm, 'RAW', msg, sig)
    if (hash !== undefined) {
      const digest = createHash(hash).update(msg).digest()
      expect(verifyMessage(key, algorithm, 'DIGEST', digest, sig).ok, `${vector['tcId']} by digest`).toBe(raw.ok)
    }
    return whether(raw.ok)
  }
}

const ed25519: Runner = (group, vector) => {
  const run = signature('ECC_NIST_EDWARDS25519', 'ED25519_SHA_512')(group, vector)
  const key = publicKey('ECC_NIST_EDWARDS25519', bytes(group, 'publicKeyDer'))
  // A signature by Ed25519 is none by Ed25519ph.
  if (key.form === 'keyObject') {
    expect(ed25519phVerifyMessage(key.key, bytes(vector, 'msg'), bytes(vector, 'sig')).ok).toBe(false)
  }
  return run
}

function ecdh(spec: NistCurveSpec): Runner {
  return (_group, vector) => {
    // A number that may have leading zeros too many, or too few.
    const scalar = secrets.copyOf(
      Buffer.from(
        BigInt(`0x${vector['private']}`)
          .toString(16)
          .padStart(2 * CURVES[spec].size, '0'),
        'hex',
      ),
    )
    const info = ecPrivateKeyInfo(CURVES[spec], scalar, secrets)
    secrets.release(scalar)
    if (!info.ok) throw new Error('a private key of a vector was refused')
    const key = createPrivateKey({ key: info.value, format: 'der', type: 'pkcs8' })
    secrets.release(info.value)
    return gives(deriveSharedSecret(spec, key, bytes(vector, 'public'), secrets), bytes(vector, 'shared'))
  }
}

function oaep(spec: AsymmetricSpec, algorithm: RsaEncryptionAlgorithm): Runner {
  return (group, vector) => {
    const key = loadPrivateKey(spec, bytes(group, 'privateKeyPkcs8'), secrets)
    if (!key.ok || key.value.form !== 'keyObject') throw new Error('a private key of a vector was refused')
    const run = gives(rsaDecrypt(key.value.key, algorithm, bytes(vector, 'ct'), secrets), bytes(vector, 'msg'))
    return vector['label'] === '' ? run : lacking(run, 'only the empty label')
  }
}

const MLDSA_PROVIDERS = hasNativeMlDsa() ? (['native', 'library'] as const) : (['library'] as const)

function mldsaVerify(spec: MlDsaSpec): Runner {
  return (group, vector) => {
    const spki = latticePublicKeyInfo(spec, bytes(group, 'publicKey'))
    const [msg, sig] = [bytes(vector, 'msg'), bytes(vector, 'sig')]
    const [first, ...others] = MLDSA_PROVIDERS.map((provider) => mlDsaVerify(spec, spki, 'RAW', msg, sig, provider).ok)
    for (const other of others) expect(other, `${vector['tcId']} elsewhere`).toBe(first)
    const run = whether(first ?? false)
    return bytes(vector, 'ctx').length === 0 ? run : lacking(run, 'only the empty context')
  }
}

function mldsaSign(spec: MlDsaSpec): Runner {
  return (group, vector) => {
    const seed = bytes(group, 'privateSeed')
    const expected = bytes(vector, 'sig')
    const randomness = vector['rnd'] === undefined ? false : bytes(vector, 'rnd')
    const library = { provider: 'library', randomness } as const
    if (bytes(vector, 'ctx').length > 0) {
      const signed = mlDsaSign(spec, seed, 'RAW', bytes(vector, 'msg'), secrets, library)
      return lacking(whether(signed.ok && signed.value.equals(expected)), 'only the empty context')
    }
    if (vector['msg'] === undefined && vector['mu'] === undefined) throw new Error('neither a message nor its mu')
    const runs = (['msg', 'mu'] as const)
      .filter((name) => vector[name] !== undefined)
      .map((name) => {
        const type = name === 'mu' ? 'EXTERNAL_MU' : 'RAW'
        const signed = mlDsaSign(spec, seed, type, bytes(vector, name), secrets, library)
        if (!signed.ok) return false
        expect(signed.value.equals(expected), `${vector['tcId']} by ${name}`).toBe(true)
        const spki = mlDsaPublicKey(spec, seed)
        expect(spki.equals(latticePublicKeyInfo(spec, bytes(group, 'publicKey')))).toBe(true)
        expect(mlDsaVerify(spec, spki, type, bytes(vector, name), signed.value).ok).toBe(true)
        return true
      })
    expect(new Set(runs).size).toBe(1)
    return whether(runs[0] ?? false)
  }
}

function mlkem(spec: MlKemSpec): Runner {
  return (_group, vector) => {
    const seed = bytes(vector, 'seed')
    const run = gives(decapsulate(spec, seed, bytes(vector, 'c'), secrets), bytes(vector, 'K'))
    if (run.outcome === 'accepted') {
      expect(mlKemPublicKey(spec, seed).equals(latticePublicKeyInfo(spec, bytes(vector, 'ek')))).toBe(true)
    }
    return run
  }
}

function ecdsa(spec: EcdsaSpec): Runner {
  return signature(spec, CURVES[spec].algorithm, CURVES[spec].hash)
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  aes_gcm: aesGcm,
  aes_kwp: keyWrap,
  ecdh_secp256r1: ecdh('ECC_NIST_P256'),
  ecdh_secp384r1: ecdh('ECC_NIST_P384'),
  ecdh_secp521r1: ecdh('ECC_NIST_P521'),
  ecdsa_secp256k1_sha256: ecdsa('ECC_SECG_P256K1'),
  ecdsa_secp256r1_sha256: ecdsa('ECC_NIST_P256'),
  ecdsa_secp384r1_sha384: ecdsa('ECC_NIST_P384'),
  ecdsa_secp521r1_sha512: ecdsa('ECC_NIST_P521'),
  ed25519,
  hmac_sha224: hmac('sha224'),
  hmac_sha256: hmac('sha256'),
  hmac_sha384: hmac('sha384'),
  hmac_sha512: hmac('sha512'),
  mldsa_44_sign_seed: mldsaSign('ML_DSA_44'),
  mldsa_44_verify: mldsaVerify('ML_DSA_44'),
  mldsa_65_sign_seed: mldsaSign('ML_DSA_65'),
  mldsa_65_verify: mldsaVerify('ML_DSA_65'),
  mldsa_87_sign_seed: mldsaSign('ML_DSA_87'),
  mldsa_87_verify: mldsaVerify('ML_DSA_87'),
  mlkem_1024: mlkem('ML_KEM_1024'),
  mlkem_512: mlkem('ML_KEM_512'),
  mlkem_768: mlkem('ML_KEM_768'),
  rsa_oaep_2048_sha1_mgf1sha1: oaep('RSA_2048', 'RSAES_OAEP_SHA_1'),
  rsa_oaep_2048_sha256_mgf1sha256: oaep('RSA_2048', 'RSAES_OAEP_SHA_256'),
  rsa_oaep_3072_sha256_mgf1sha256: oaep('RSA_3072', 'RSAES_OAEP_SHA_256'),
  rsa_oaep_4096_sha256_mgf1sha256: oaep('RSA_4096', 'RSAES_OAEP_SHA_256'),
  rsa_pss_2048_sha256_mgf1_32: signature('RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256'),
  rsa_pss_2048_sha384_mgf1_48: signature('RSA_2048', 'RSASSA_PSS_SHA_384', 'sha384'),
  rsa_pss_3072_sha256_mgf1_32: signature('RSA_3072', 'RSASSA_PSS_SHA_256', 'sha256'),
  rsa_pss_4096_sha256_mgf1_32: signature('RSA_4096', 'RSASSA_PSS_SHA_256', 'sha256'),
  rsa_pss_4096_sha384_mgf1_48: signature('RSA_4096', 'RSASSA_PSS_SHA_384', 'sha384'),
  rsa_pss_4096_sha512_mgf1_64: signature('RSA_4096', 'RSASSA_PSS_SHA_512', 'sha512'),
  rsa_signature_2048_sha256: signature('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256'),
  rsa_signature_2048_sha384: signature('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384'),
  rsa_signature_2048_sha512: signature('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512'),
  rsa_signature_3072_sha256: signature('RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256'),
  rsa_signature_4096_sha512: signature('RSA_4096', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512'),
}

describe.skipIf(!existsSync(folder))('Wycheproof', () => {
  test('every file has a runner', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
    expect(files.map((file) => file.replace(/\.json$/, '')).sort()).toEqual(Object.keys(RUNNERS).sort())
  })

  test.each(Object.entries(RUNNERS))('%s', (name, run) => {
    // The shape is the published schema's; runners read members by name and compare all they read.
    const file = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as VectorFile
    const wrong: string[] = []
    const acceptable: Record<string, Partial<Record<Outcome, number>>> = {}
    const absent: Record<string, number> = {}
    let count = 0
    for (const group of file.testGroups) {
      for (const vector of group.tests) {
        count++
        const { outcome, lacking: reason } = run(group, vector)
        if (vector.result === 'acceptable') {
          const tally = (acceptable[vector.flags.join(' ')] ??= {})
          tally[outcome] = (tally[outcome] ?? 0) + 1
        } else if (reason !== undefined && vector.result === 'valid') {
          absent[reason] = (absent[reason] ?? 0) + 1
          if (outcome !== 'refused') wrong.push(`${vector.tcId} has parameters that KMS lacks, and was ${outcome}`)
        } else if (outcome !== (vector.result === 'valid' ? 'accepted' : 'refused')) {
          wrong.push(`${vector.tcId} is ${vector.result} and was ${outcome}`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBe(file.numberOfTests)
    expect(secrets.live).toBe(0)
    expect(acceptable).toEqual(recorded.acceptable[name] ?? {})
    expect(absent).toEqual(recorded.lacking[name] ?? {})
  })
})
