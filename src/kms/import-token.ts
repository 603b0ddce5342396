/**
 * Import tokens: what lets the service unwrap the material that a customer sends, for one key and one day.
 *
 * A token carries its private wrapping key, wrapped for rest and bound to the key, the algorithm and the time at which it
 * ends; the service remembers nothing of it.
 *
 * Source: KMS API Reference, "GetParametersForImport", "ImportKeyMaterial"; facts kms-behaviour 8.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Result } from '../text/source.js'
import type { WrappingAlgorithm } from './crypto/key-spec.js'
import { fail, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import type { MaterialBinding, Materials } from './materials.js'

export const TOKEN_LIFE_MS = 86_400_000

/** What a customer may wrap material with, as the token names it. */
const ALGORITHMS: readonly WrappingAlgorithm[] = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
]

const FORM = 1

export interface ImportParameters {
  /** That of SM2 is its scalar, a secret of the caller's. */
  readonly wrappingKey: KeyObject | Buffer
  readonly algorithm: WrappingAlgorithm
}

/** @param wrappingKey - PKCS #8, or the scalar of SM2; a secret that is released. */
export function makeImportToken(
  { arn }: LoadedKey,
  algorithm: WrappingAlgorithm,
  expiresAtMs: number,
  wrappingKey: Buffer,
  materials: Materials,
): Buffer {
  const wrapped = materials.wrapSecret(wrappingKey, bindingOf(arn, algorithm, expiresAtMs))
  return Buffer.from(JSON.stringify([FORM, ALGORITHMS.indexOf(algorithm), expiresAtMs, wrapped]), 'utf8')
}

export function readImportToken(
  { arn }: LoadedKey,
  token: Uint8Array,
  nowMs: number,
  materials: Materials,
): Result<ImportParameters, Failure> {
  const parts = partsOf(token)
  const secret = parts && materials.unwrapSecret(parts.wrapped, bindingOf(arn, parts.algorithm, parts.expiresAtMs))
  if (parts === undefined || secret === undefined) {
    return fail('InvalidImportTokenException', `The import token is not valid for ${arn}.`)
  }
  const { algorithm, expiresAtMs } = parts
  if (expiresAtMs <= nowMs) {
    materials.secrets.release(secret)
    return fail('ExpiredImportTokenException', 'The import token has expired.')
  }
  if (algorithm === 'SM2PKE') return { ok: true, value: { wrappingKey: secret, algorithm } }
  const wrappingKey = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
  materials.secrets.release(secret)
  return { ok: true, value: { wrappingKey, algorithm } }
}

interface TokenParts {
  readonly algorithm: WrappingAlgorithm
  readonly expiresAtMs: number
  readonly wrapped: string
}

function partsOf(token: Uint8Array): TokenParts | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(token.buffer, token.byteOffset, token.length).toString('utf8'))
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== FORM) return undefined
  const [, index, expiresAtMs, wrapped] = parts as readonly unknown[]
  const algorithm = typeof index === 'number' ? ALGORITHMS[index] : undefined
  return algorithm === undefined || typeof expiresAtMs !== 'number' || typeof wrapped !== 'string'
    ? undefined
    : { algorithm, expiresAtMs, wrapped }
}

function bindingOf(keyArn: string, algorithm: WrappingAlgorithm, expiresAtMs: number): MaterialBinding {
  return { keyArn, materialId: `${algorithm} ${expiresAtMs}`, purpose: 'import token' }
}
