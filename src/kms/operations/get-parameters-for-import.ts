/**
 * GetParametersForImport: a public key to wrap key material with, and the token that goes with it.
 *
 * Source: KMS API Reference, "GetParametersForImport"; facts kms-behaviour 8.
 */
import { after } from '../awaitable.js'
import { isRsaSpec } from '../crypto/key-spec.js'
import type { WrappingAlgorithm } from '../crypto/key-spec.js'
import type { Failure } from '../failure.js'
import { makeImportToken, TOKEN_LIFE_MS } from '../import-token.js'
import { importFailure } from '../imported.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import { isAsymmetric, slowFailure } from '../materials.js'
import type { Call, Operation } from '../operation.js'

export const getParametersForImport: Operation<'GetParametersForImport'> = {
  name: 'GetParametersForImport',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notInTransition }],
  checks: [{ action: 'kms:GetParametersForImport', on: 'key' }],
  audit: {
    readOnly: true,
    request: { KeyId: 'logged', WrappingAlgorithm: 'logged', WrappingKeySpec: 'logged' },
    response: 'nothing',
  },
  usage: 'none',
  run: (call) => {
    const { input, key, nowMs, services } = call
    const { materials } = services
    const failure = importFailure(key) ?? stateFailure(STATE_ROWS.importParameters, key.state, key.arn)
    if (failure !== undefined) return { ok: false, error: failure }
    const chosen = algorithmOf(call)
    if ('code' in chosen) return { ok: false, error: chosen }
    const { WrappingKeySpec: spec } = input
    return after(materials.run({ kind: 'generate', spec }), (made) => {
      if (!made.ok) return slowFailure(made.error)
      const { secret, bytes } = made.value
      if (secret === undefined || bytes === undefined) throw new Error('a job that makes a key pair has made none')
      const expiresAtMs = nowMs + TOKEN_LIFE_MS
      return {
        ok: true,
        value: {
          output: {
            KeyId: key.arn,
            ImportToken: makeImportToken(key, chosen.algorithm, expiresAtMs, secret, materials),
            PublicKey: bytes,
            ParametersValidTo: new Date(expiresAtMs),
          },
        },
      }
    })
  },
}

/** Which algorithm fits which material. */
function algorithmOf({
  input,
  key,
  region,
}: Call<'GetParametersForImport'>): Failure | { readonly algorithm: WrappingAlgorithm } {
  const { WrappingAlgorithm: algorithm, WrappingKeySpec: wrappingSpec } = input
  const { keySpec } = key.record
  if (algorithm === 'RSAES_PKCS1_V1_5') {
    return { code: 'UnsupportedOperationException', message: 'RSAES_PKCS1_V1_5 is no longer supported.' }
  }
  const isSm2 = algorithm === 'SM2PKE'
  if ((isSm2 || wrappingSpec === 'SM2') && !region.startsWith('cn-')) {
    return { code: 'UnsupportedOperationException', message: 'SM2 is not supported in this Region.' }
  }
  if (isSm2 !== (wrappingSpec === 'SM2')) {
    return { code: 'ValidationException', message: `${algorithm} does not go with a wrapping key of ${wrappingSpec}.` }
  }
  const isWrap = algorithm === 'RSA_AES_KEY_WRAP_SHA_1' || algorithm === 'RSA_AES_KEY_WRAP_SHA_256'
  const isPrivateKey = isAsymmetric(keySpec)
  const isTooLarge = isRsaSpec(keySpec) || (keySpec === 'ECC_NIST_P521' && wrappingSpec === 'RSA_2048')
  // An RSA key wraps only what is shorter than itself; the two-step algorithms are for private keys.
  if (isWrap ? !isPrivateKey : isTooLarge) {
    return {
      code: 'ValidationException',
      message: `${algorithm} with ${wrappingSpec} cannot wrap key material of ${keySpec}.`,
    }
  }
  return { algorithm }
}
