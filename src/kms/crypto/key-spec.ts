/**
 * Key specs, their families and algorithms, with the figures that the primitives need.
 *
 * Which usage a key was made for is not known here.
 *
 * Source: AWS KMS API Reference, "CreateKey"; Developer Guide, "Key spec reference".
 */

export type RsaSpec = 'RSA_2048' | 'RSA_3072' | 'RSA_4096'
export type NistCurveSpec = 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521'
export type EcdsaSpec = NistCurveSpec | 'ECC_SECG_P256K1'
export type Ed25519Spec = 'ECC_NIST_EDWARDS25519'
/** For Chinese Regions. */
export type Sm2Spec = 'SM2'
export type HmacSpec = 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512'
export type MlDsaSpec = 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87'
export type MlKemSpec = 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'

/** Keys with a public half. */
export type AsymmetricSpec = RsaSpec | EcdsaSpec | Ed25519Spec | MlDsaSpec | MlKemSpec | Sm2Spec
export type SymmetricSpec = 'SYMMETRIC_DEFAULT'
export type KeySpec = SymmetricSpec | HmacSpec | AsymmetricSpec
/** What GenerateDataKeyPair makes; there is no ML-DSA data key pair. */
export type DataKeyPairSpec = RsaSpec | EcdsaSpec | Ed25519Spec | MlKemSpec | Sm2Spec

export type RsaEncryptionAlgorithm = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'
export type RsaSigningAlgorithm =
  | 'RSASSA_PSS_SHA_256'
  | 'RSASSA_PSS_SHA_384'
  | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256'
  | 'RSASSA_PKCS1_V1_5_SHA_384'
  | 'RSASSA_PKCS1_V1_5_SHA_512'
export type EcdsaAlgorithm = 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512'
export type SigningAlgorithm =
  RsaSigningAlgorithm | EcdsaAlgorithm | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512' | 'ML_DSA_SHAKE_256' | 'SM2DSA'
export type MacAlgorithm = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'
/** RSAES_PKCS1_V1_5 has been refused since October 2023. */
export type RsaWrappingAlgorithm = RsaEncryptionAlgorithm | 'RSA_AES_KEY_WRAP_SHA_1' | 'RSA_AES_KEY_WRAP_SHA_256'
export type WrappingAlgorithm = RsaWrappingAlgorithm | 'SM2PKE'
export type MessageType = 'RAW' | 'DIGEST' | 'EXTERNAL_MU'

export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'
/** Bytes of a digest. */
export const DIGEST_SIZE: Readonly<Record<HashName, number>> = {
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

export const RSA_BITS: Readonly<Record<RsaSpec, number>> = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 }

export interface CurveFacts {
  /** The name that node:crypto makes and reports keys under. */
  readonly nodeName: string
  /** Bytes of a coordinate, and of a private scalar. */
  readonly size: number
  readonly algorithm: EcdsaAlgorithm
  readonly hash: HashName
  /** DER of the AlgorithmIdentifier: id-ecPublicKey with the named curve. RFC 5480, section 2.1.1.1. */
  readonly algorithmIdentifier: Buffer
}

export const CURVES: Readonly<Record<EcdsaSpec, CurveFacts>> = {
  ECC_NIST_P256: {
    nodeName: 'prime256v1',
    size: 32,
    algorithm: 'ECDSA_SHA_256',
    hash: 'sha256',
    algorithmIdentifier: Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex'),
  },
  ECC_NIST_P384: {
    nodeName: 'secp384r1',
    size: 48,
    algorithm: 'ECDSA_SHA_384',
    hash: 'sha384',
    algorithmIdentifier: Buffer.from('301006072a8648ce3d020106052b81040022', 'hex'),
  },
  ECC_NIST_P521: {
    nodeName: 'secp521r1',
    size: 66,
    algorithm: 'ECDSA_SHA_512',
    hash: 'sha512',
    algorithmIdentifier: Buffer.from('301006072a8648ce3d020106052b81040023', 'hex'),
  },
  ECC_SECG_P256K1: {
    nodeName: 'secp256k1',
    size: 32,
    algorithm: 'ECDSA_SHA_256',
    hash: 'sha256',
    algorithmIdentifier: Buffer.from('301006072a8648ce3d020106052b8104000a', 'hex'),
  },
}

export const HMAC_HASH: Readonly<Record<MacAlgorithm, HashName>> = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
}

export const HMAC_ALGORITHM: Readonly<Record<HmacSpec, MacAlgorithm>> = {
  HMAC_224: 'HMAC_SHA_224',
  HMAC_256: 'HMAC_SHA_256',
  HMAC_384: 'HMAC_SHA_384',
  HMAC_512: 'HMAC_SHA_512',
}

export function isRsaSpec(spec: KeySpec): spec is RsaSpec {
  return Object.hasOwn(RSA_BITS, spec)
}

export function isEcdsaSpec(spec: KeySpec): spec is EcdsaSpec {
  return Object.hasOwn(CURVES, spec)
}

export function isHmacSpec(spec: KeySpec): spec is HmacSpec {
  return Object.hasOwn(HMAC_ALGORITHM, spec)
}

export function isMlDsaSpec(spec: KeySpec): spec is MlDsaSpec {
  return spec === 'ML_DSA_44' || spec === 'ML_DSA_65' || spec === 'ML_DSA_87'
}

export function isMlKemSpec(spec: KeySpec): spec is MlKemSpec {
  return spec === 'ML_KEM_512' || spec === 'ML_KEM_768' || spec === 'ML_KEM_1024'
}
