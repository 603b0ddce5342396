/**
 * How cryptography fails: a closed set of kinds, each with one fixed sentence.
 *
 * The sentences hold no input, key or length of a secret, and failures of one kind that an attacker could tell apart
 * (wrong context, wrong tag, wrong padding) are the same object. Which AWS error a kind becomes is not known here.
 */

import type { Result } from '../../text/source.js'

export type CryptoErrorKind =
  /** It does not open: not ours, changed, cut, sealed under another key, material or encryption context. */
  | 'invalidCiphertext'
  /** It is not a signature of this message by this key. */
  | 'invalidSignature'
  /** It is not a MAC of this message by this key. */
  | 'invalidMac'
  /** A plaintext, message, digest or secret has a length that the algorithm does not take. */
  | 'invalidLength'
  /** Key material or a public key that is malformed, inconsistent or of another key spec. */
  | 'invalidKey'
  /** The key spec does not have this algorithm, or the algorithm not this message type. */
  | 'unsupportedAlgorithm'

export interface CryptoError {
  readonly kind: CryptoErrorKind
  /** Lower case, no final stop, no secret. */
  readonly message: string
}

export type CryptoResult<T> = Result<T, CryptoError>

export interface Failure {
  readonly ok: false
  readonly error: CryptoError
}

function failure(kind: CryptoErrorKind, message: string): Failure {
  return Object.freeze({ ok: false, error: Object.freeze({ kind, message }) })
}

export const INVALID_CIPHERTEXT = failure('invalidCiphertext', 'the ciphertext does not open')
export const INVALID_SIGNATURE = failure('invalidSignature', 'the signature does not match')
export const INVALID_MAC = failure('invalidMac', 'the MAC does not match')
export const INVALID_LENGTH = failure('invalidLength', 'the input has a length that the algorithm does not take')
export const INVALID_KEY = failure('invalidKey', 'the key is malformed or of another key spec')
export const UNSUPPORTED_ALGORITHM = failure('unsupportedAlgorithm', 'the key does not have this algorithm')

/** What a check answers that passes and has nothing to say. */
export const PASSED: CryptoResult<void> = Object.freeze({ ok: true, value: undefined })
