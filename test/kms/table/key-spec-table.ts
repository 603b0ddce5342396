/**
 * What each key spec is for, restated. SM2 and what is slow to make (RSA-3072, RSA-4096) are left to their own tests.
 *
 * Source: KMS Developer Guide, "Key spec reference"; KMS API Reference, CreateKey, Sign; kms-behaviour 6.
 */
import type {
  EncryptionAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  MessageType,
  SigningAlgorithmSpec,
} from '../../../src/kms/shapes.js'

export interface SpecRow {
  readonly spec: KeySpec
  readonly usages: readonly KeyUsageType[]
  readonly encryption?: readonly EncryptionAlgorithmSpec[]
  readonly signing?: readonly SigningAlgorithmSpec[]
  readonly mac?: MacAlgorithmSpec
}

const ECC: readonly KeyUsageType[] = ['SIGN_VERIFY', 'KEY_AGREEMENT']
const RSA_SIGNING = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
] as const

function rsa(spec: KeySpec): SpecRow {
  return {
    spec,
    usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    signing: RSA_SIGNING,
  }
}

function lattice(spec: KeySpec): SpecRow {
  return { spec, usages: ['SIGN_VERIFY'], signing: ['ML_DSA_SHAKE_256'] }
}

export const QUICK_SPECS: readonly SpecRow[] = [
  { spec: 'SYMMETRIC_DEFAULT', usages: ['ENCRYPT_DECRYPT'], encryption: ['SYMMETRIC_DEFAULT'] },
  rsa('RSA_2048'),
  { spec: 'ECC_NIST_P256', usages: ECC, signing: ['ECDSA_SHA_256'] },
  { spec: 'ECC_NIST_P384', usages: ECC, signing: ['ECDSA_SHA_384'] },
  { spec: 'ECC_NIST_P521', usages: ECC, signing: ['ECDSA_SHA_512'] },
  { spec: 'ECC_SECG_P256K1', usages: ['SIGN_VERIFY'], signing: ['ECDSA_SHA_256'] },
  { spec: 'ECC_NIST_EDWARDS25519', usages: ['SIGN_VERIFY'], signing: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  lattice('ML_DSA_44'),
  lattice('ML_DSA_65'),
  lattice('ML_DSA_87'),
  { spec: 'ML_KEM_512', usages: ['ENCAPSULATE_DECAPSULATE'] },
  { spec: 'ML_KEM_768', usages: ['ENCAPSULATE_DECAPSULATE'] },
  { spec: 'ML_KEM_1024', usages: ['ENCAPSULATE_DECAPSULATE'] },
  { spec: 'HMAC_224', usages: ['GENERATE_VERIFY_MAC'], mac: 'HMAC_SHA_224' },
  { spec: 'HMAC_256', usages: ['GENERATE_VERIFY_MAC'], mac: 'HMAC_SHA_256' },
  { spec: 'HMAC_384', usages: ['GENERATE_VERIFY_MAC'], mac: 'HMAC_SHA_384' },
  { spec: 'HMAC_512', usages: ['GENERATE_VERIFY_MAC'], mac: 'HMAC_SHA_512' },
]

export const SLOW_SPECS: readonly SpecRow[] = [rsa('RSA_3072'), rsa('RSA_4096')]

/** How long what is signed must be; undefined for any message; `refused` where the algorithm has no such type. */
export function signedSize(algorithm: SigningAlgorithmSpec, type: MessageType): number | 'refused' | undefined {
  const isLattice = algorithm === 'ML_DSA_SHAKE_256'
  switch (type) {
    case 'RAW':
      return algorithm === 'ED25519_PH_SHA_512' ? 'refused' : undefined
    case 'EXTERNAL_MU':
      return isLattice ? 64 : 'refused'
    case 'DIGEST':
      if (algorithm === 'SM2DSA') return 32
      return isLattice || algorithm === 'ED25519_SHA_512' ? 'refused' : Number(algorithm.slice(-3)) / 8
  }
}
