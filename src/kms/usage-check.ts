/**
 * Whether a key is for what it is asked to do: its usage, its spec, the algorithm.
 *
 * Source: KMS API Reference, InvalidKeyUsageException; kms-behaviour 6.
 */
import type { OperationName } from '../aws/operations.js'
import { fail, type Failed } from './failure.js'
import { algorithmsOf } from './key-specs.js'
import type { LoadedKey } from './loaded-key.js'
import type { KeySpec, KeyUsageType } from './shapes.js'

/** Undefined where the key has the usage. */
export function wrongUsage(key: LoadedKey, usage: KeyUsageType, operation: OperationName): Failed | undefined {
  if (key.keyUsage === usage) return undefined
  return fail(
    'InvalidKeyUsageException',
    `${key.arn} key usage is ${key.keyUsage} which is not valid for ${operation}.`,
  )
}

/** Undefined where the key is for this algorithm. */
export function wrongAlgorithm(key: LoadedKey, algorithm: string): Failed | undefined {
  const { keySpec, keyUsage } = key.record
  if (algorithmNames(keySpec, keyUsage).includes(algorithm)) return undefined
  return fail('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${keySpec}.`)
}

/** Data keys come from symmetric encryption keys alone. */
export function notSymmetric(key: LoadedKey, operation: OperationName): Failed | undefined {
  const { keySpec } = key.record
  if (keySpec === 'SYMMETRIC_DEFAULT') return undefined
  return fail('InvalidKeyUsageException', `${key.arn} key spec is ${keySpec} which is not valid for ${operation}.`)
}

function algorithmNames(keySpec: KeySpec, keyUsage: KeyUsageType): readonly string[] {
  const byUsage = (ALGORITHMS[keySpec] ??= {})
  return (byUsage[keyUsage] ??= Object.values<readonly string[]>(algorithmsOf(keySpec, keyUsage)).flat())
}

/** Filled as they are asked for: every request asks. */
const ALGORITHMS: Partial<Record<KeySpec, Partial<Record<KeyUsageType, readonly string[]>>>> = {}
