/** Attestation documents: form, chain, signature, condition keys. Facts: attestation 1, 3, 4. */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AWS_NITRO_ROOT } from '../../../src/kms/attestation/root.js'
import {
  attestationAudit,
  attestationConditionKeys,
  verifyAttestation,
  type AttestationPolicy,
} from '../../../src/kms/attestation/verify.js'
import { issue, signed, type CertificateOptions, type Issued } from './authority.js'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const DAY = 86_400_000
const VALID = { fromMs: NOW - DAY, toMs: NOW + DAY }

const root = issue({ name: 'root', isCa: true, ...VALID })
const middle = issue({ name: 'middle', isCa: true, issuer: root, pathLength: 0, ...VALID })
const leaf = issue({ name: 'leaf', issuer: middle, ...VALID })
const recipient = generateKeyPairSync('rsa', { modulusLength: 2048 })
const recipientDer = recipient.publicKey.export({ format: 'der', type: 'spki' })
const POLICY: AttestationPolicy = { anchors: [root.der], maxAgeMs: 300_000 }
const PCR0 = Buffer.alloc(48, 7)
const PCR3 = Buffer.alloc(48, 9)

function payload(change: Readonly<Record<string, unknown>> = {}): Map<string, unknown> {
  const members = new Map<string, unknown>([
    ['module_id', 'i-0abc-enc0123'],
    ['digest', 'SHA384'],
    ['timestamp', NOW],
    [
      'pcrs',
      new Map([
        [0, PCR0],
        [3, PCR3],
      ]),
    ],
    ['certificate', leaf.der],
    ['cabundle', [root.der, middle.der]],
    ['public_key', recipientDer],
    ['user_data', null],
    ['nonce', null],
  ])
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) members.delete(name)
    else members.set(name, value)
  }
  return members
}

function check(bytes: Uint8Array, policy = POLICY, nowMs = NOW): string {
  const result = verifyAttestation(bytes, policy, nowMs)
  return result.ok ? 'verified' : result.error
}

/** A document whose leaf is issued under a path of these certificates. */
function underPath(authorities: readonly Issued[], options: Partial<CertificateOptions> = {}): Buffer {
  const own = issue({ name: 'leaf', issuer: authorities.at(-1)!, ...VALID, ...options })
  return signed(payload({ certificate: own.der, cabundle: authorities.map((each) => each.der) }), own.key)
}

test('the root of AWS is the published one (attestation 1, "AWS root")', () => {
  expect(createHash('sha256').update(AWS_NITRO_ROOT).digest('hex')).toBe(
    '641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b',
  )
})

describe('a right document', () => {
  const bytes = signed(payload(), leaf.key)

  test('is verified, with and without CBOR tag 18', () => {
    expect(check(bytes)).toBe('verified')
    // A tag is one byte in front of what it tags: major type 6.
    expect(check(Buffer.concat([Buffer.of(0xc0 + 18), bytes]))).toBe('verified')
    expect(check(Buffer.concat([Buffer.of(0xc0 + 17), bytes]))).toBe('the document is no COSE_Sign1 structure')
  })

  test('sets the condition keys of an enclave, in lower-case hex (attestation 3)', () => {
    const result = verifyAttestation(bytes, POLICY, NOW)
    if (!result.ok) throw new Error(result.error)
    expect(attestationConditionKeys(result.value)).toEqual({
      'kms:RecipientAttestation:ImageSha384': '07'.repeat(48),
      'kms:RecipientAttestation:PCR0': '07'.repeat(48),
      'kms:RecipientAttestation:PCR3': '09'.repeat(48),
    })
    expect(attestationAudit(result.value)).toEqual({
      attestationDocumentModuleId: 'i-0abc-enc0123',
      attestationDocumentEnclaveImageDigest: PCR0.toString('base64'),
      attestationDocumentEnclavePCR3: PCR3.toString('base64'),
    })
    expect(createPublicKey({ key: Buffer.from(result.value.publicKeyDer), format: 'der', type: 'spki' })).toBeDefined()
  })

  test('of a NitroTPM sets those of a NitroTPM alone (attestation 3 and 4)', () => {
    const tpm = payload({ pcrs: undefined, nitrotpm_pcrs: new Map([[4, PCR3]]), module_id: 'i-0abc-tpm01' })
    const result = verifyAttestation(signed(tpm, leaf.key), POLICY, NOW)
    if (!result.ok) throw new Error(result.error)
    expect(attestationConditionKeys(result.value)).toEqual({
      'kms:RecipientAttestation:NitroTPMPCR4': '09'.repeat(48),
    })
    expect(Object.keys(attestationAudit(result.value))).toEqual([
      'attestationDocumentModuleId',
      'attestationDocumentNitroTPMPCR4',
    ])
  })
})

describe('the payload (attestation 1, "Payload")', () => {
  const CASES: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['unknown member', { extra: 1 }, 'the payload has an unknown member'],
    ['no module', { module_id: '' }, 'module_id is missing'],
    ['other digest', { digest: 'SHA256' }, 'the digest is not SHA384'],
    ['time zero', { timestamp: 0 }, 'the timestamp is no positive integer'],
    ['no PCRs', { pcrs: new Map() }, 'the PCRs are malformed'],
    ['PCR 32', { pcrs: new Map([[32, PCR0]]) }, 'the PCRs are malformed'],
    ['short PCR', { pcrs: new Map([[0, PCR0.subarray(16)]]) }, 'the PCRs are malformed'],
    ['both kinds', { nitrotpm_pcrs: new Map([[0, PCR0]]) }, 'there are not exactly one of pcrs and nitrotpm_pcrs'],
    ['neither kind', { pcrs: undefined }, 'there are not exactly one of pcrs and nitrotpm_pcrs'],
    ['empty bundle', { cabundle: [] }, 'the certificate bundle is empty, too long or no list'],
    ['large certificate', { certificate: Buffer.alloc(1025) }, 'the certificate is missing or of a wrong size'],
    ['long nonce', { nonce: Buffer.alloc(1025) }, 'public_key, user_data or nonce is malformed'],
    ['no key', { public_key: null }, 'there is no RSA public key of 2048 to 4096 bits'],
    ['a key that is none', { public_key: Buffer.alloc(64) }, 'there is no RSA public key of 2048 to 4096 bits'],
    [
      'an EC key',
      { public_key: createPublicKey(leaf.key).export({ format: 'der', type: 'spki' }) },
      'there is no RSA public key of 2048 to 4096 bits',
    ],
  ]
  for (const [name, change, error] of CASES) {
    test(name, () => expect(check(signed(payload(change), leaf.key))).toBe(error))
  }

  test('user data and nonce are for others to read', () => {
    expect(check(signed(payload({ user_data: Buffer.alloc(1024), nonce: Buffer.alloc(512) }), leaf.key))).toBe(
      'verified',
    )
  })
})

describe('age (attestation 4.3)', () => {
  const bytes = signed(payload(), leaf.key)
  const old = 'the document is too old or from the future'
  const CASES: readonly (readonly [string, number, string])[] = [
    ['five minutes', 300_000, 'verified'],
    ['a little more', 300_001, old],
    ['five minutes ahead', -300_000, 'verified'],
    ['a little more ahead', -300_001, old],
  ]
  for (const [name, ageMs, expected] of CASES) {
    test(name, () => expect(check(bytes, POLICY, NOW + ageMs)).toBe(expected))
  }
})

describe('the chain (attestation 1, "Chain rules")', () => {
  const unsigned = 'a certificate is not signed by the one before it'

  test('a root that nobody trusts', () => {
    const other = issue({ name: 'root', isCa: true, ...VALID })
    expect(check(signed(payload(), leaf.key), { ...POLICY, anchors: [other.der] })).toBe(
      'the bundle does not start with a trusted root',
    )
    expect(check(signed(payload(), leaf.key), { ...POLICY, anchors: [] })).toBe(
      'the bundle does not start with a trusted root',
    )
  })

  test('the root alone may issue', () => expect(check(underPath([root]))).toBe('verified'))

  test('a gap', () => expect(check(signed(payload({ cabundle: [root.der] }), leaf.key))).toBe(unsigned))

  test('a forged authority of the same name', () => {
    const forged = issue({ name: 'middle', isCa: true, ...VALID })
    expect(check(underPath([root, forged]))).toBe(unsigned)
  })

  test('an expired leaf, and one that is not yet valid', () => {
    const error = 'a certificate has expired or is not yet valid'
    expect(check(underPath([root, middle], { toMs: NOW - 1000 }))).toBe(error)
    expect(check(underPath([root, middle], { fromMs: NOW + 1000 }))).toBe(error)
  })

  test('an expired root', () => {
    const past = issue({ name: 'past', isCa: true, fromMs: NOW - 2 * DAY, toMs: NOW - DAY })
    expect(check(underPath([past]), { ...POLICY, anchors: [past.der] })).toBe(
      'a certificate has expired or is not yet valid',
    )
  })

  test('a leaf that issues', () => {
    const issuer = issue({ name: 'leaf', issuer: root, ...VALID })
    expect(check(underPath([root, issuer]))).toBe('an issuer is no authority')
  })

  test('an authority that may not sign certificates', () => {
    const weak = issue({ name: 'weak', isCa: true, keyUsage: 0x80, issuer: root, ...VALID })
    expect(check(underPath([root, weak]))).toBe('an issuer is no authority')
  })

  test('a path longer than an authority allows', () => {
    const deeper = issue({ name: 'deeper', isCa: true, issuer: middle, ...VALID })
    expect(check(underPath([root, middle, deeper]))).toBe('the path is too long')
  })

  test('a leaf that may not sign, is an authority or has a path length', () => {
    expect(check(underPath([root], { keyUsage: 0x04 }))).toBe('the leaf may not sign')
    expect(check(underPath([root], { isCa: true, keyUsage: 0x84 }))).toBe('the leaf is an authority')
    expect(check(underPath([root], { pathLength: 0 }))).toBe('the leaf is an authority')
  })

  test('another curve, another digest, an unknown critical extension', () => {
    const error = 'a certificate is malformed or of another algorithm'
    expect(check(underPath([root], { curve: 'brainpoolP384r1' }))).toBe(error)
    expect(check(underPath([root], { digest: 'sha256' }))).toBe(error)
    expect(check(underPath([root], { critical: '550403' }))).toBe(error)
  })
})

describe('the signature (attestation 1)', () => {
  test('of another key', () => expect(check(signed(payload(), middle.key))).toBe('the signature is wrong'))

  test('no byte of a document can be changed', () => {
    const bytes = signed(payload(), leaf.key)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const other = Buffer.from(bytes)
        other[index] = other[index]! ^ change
        expect(check(other)).not.toBe('verified')
      }),
      { numRuns: 300, seed: 20 },
    )
  })

  test('no part of a document is one, and nothing may follow it', () => {
    const bytes = signed(payload(), leaf.key)
    for (let length = 0; length < bytes.length; length += 17) {
      expect(check(bytes.subarray(0, length))).not.toBe('verified')
    }
    expect(check(Buffer.concat([bytes, Buffer.of(0)]))).toBe('the document is no COSE_Sign1 structure')
  })

  test('random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(check(bytes)).not.toBe('verified')
      }),
      { numRuns: 500, seed: 21 },
    )
  })

  test('a large or deep one too', () => {
    expect(check(Buffer.alloc(262_145))).toBe('the document is empty or too large')
    expect(check(Buffer.alloc(100_000, 0x81))).toBe('the document is no COSE_Sign1 structure')
  })
})
