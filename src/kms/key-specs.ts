/**
 * Which usages and algorithms a key spec has.
 *
 * Source: KMS Developer Guide, "Key spec reference"; KMS API Reference, "CreateKey"; kms-behaviour 6.
 */
import type {
  EncapsulationAlgorithmSpec,
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from './shapes.js'

export interface KeySpecInfo {
  readonly usages: readonly KeyUsageType[]
  readonly encryption?: readonly EncryptionAlgorithmSpec[]
  readonly signing?: readonly SigningAlgorithmSpec[]
  readonly mac?: readonly MacAlgorithmSpec[]
  readonly agreement?: readonly KeyAgreementAlgorithmSpec[]
  readonly encapsulation?: readonly EncapsulationAlgorithmSpec[]
}

const RSA: KeySpecInfo = {
  usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  signing: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
}
const ML_DSA: KeySpecInfo = { usages: ['SIGN_VERIFY'], signing: ['ML_DSA_SHAKE_256'] }
const ML_KEM: KeySpecInfo = { usages: ['ENCAPSULATE_DECAPSULATE'], encapsulation: ['ML_KEM'] }

function curve(algorithm: SigningAlgorithmSpec): KeySpecInfo {
  return { usages: ['SIGN_VERIFY', 'KEY_AGREEMENT'], signing: [algorithm], agreement: ['ECDH'] }
}

function hmac(algorithm: MacAlgorithmSpec): KeySpecInfo {
  return { usages: ['GENERATE_VERIFY_MAC'], mac: [algorithm] }
}

export const KEY_SPECS: Readonly<Record<KeySpec, KeySpecInfo>> = {
  SYMMETRIC_DEFAULT: { usages: ['ENCRYPT_DECRYPT'], encryption: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: curve('ECDSA_SHA_256'),
  ECC_NIST_P384: curve('ECDSA_SHA_384'),
  ECC_NIST_P521: curve('ECDSA_SHA_512'),
  ECC_SECG_P256K1: { usages: ['SIGN_VERIFY'], signing: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { usages: ['SIGN_VERIFY'], signing: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  ML_DSA_44: ML_DSA,
  ML_DSA_65: ML_DSA,
  ML_DSA_87: ML_DSA,
  ML_KEM_512: ML_KEM,
  ML_KEM_768: ML_KEM,
  ML_KEM_1024: ML_KEM,
  HMAC_224: hmac('HMAC_SHA_224'),
  HMAC_256: hmac('HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_SHA_512'),
  SM2: {
    usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'],
    encryption: ['SM2PKE'],
    signing: ['SM2DSA'],
    agreement: ['ECDH'],
  },
}

/** The one list of algorithms that fits the usage of a key, under the name that metadata and GetPublicKey have for it. */
export function algorithmsOf(
  keySpec: KeySpec,
  keyUsage: KeyUsageType,
): {
  readonly EncryptionAlgorithms?: readonly EncryptionAlgorithmSpec[]
  readonly SigningAlgorithms?: readonly SigningAlgorithmSpec[]
  readonly MacAlgorithms?: readonly MacAlgorithmSpec[]
  readonly KeyAgreementAlgorithms?: readonly KeyAgreementAlgorithmSpec[]
  readonly EncapsulationAlgorithms?: readonly EncapsulationAlgorithmSpec[]
} {
  const info = KEY_SPECS[keySpec]
  switch (keyUsage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: info.encryption ?? [] }
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: info.signing ?? [] }
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: info.mac ?? [] }
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: info.agreement ?? [] }
    case 'ENCAPSULATE_DECAPSULATE':
      return { EncapsulationAlgorithms: info.encapsulation ?? [] }
  }
}

export function isMlKem(spec: KeySpec): spec is 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024' {
  return KEY_SPECS[spec] === ML_KEM
}
