/** A pool that remembers what it gave out, and checks that nothing of it is left. */
import { expect } from 'vitest'
import type { CryptoResult } from '../../../src/kms/crypto/crypto-error.js'
import { SecretPool } from '../../../src/kms/crypto/secret.js'

export interface WatchedPool {
  readonly secrets: SecretPool
  /** All was released, and every byte that ever was a secret is zero. */
  readonly checkClear: () => void
}

export function watchedPool(): WatchedPool {
  const seen: Buffer[] = []
  const secrets = new SecretPool({ allocated: (buffer) => seen.push(buffer) })
  return {
    secrets,
    checkClear: () => {
      expect(secrets.live).toBe(0)
      expect(seen.filter((buffer) => buffer.some((byte) => byte !== 0)).length).toBe(0)
    },
  }
}

/** The value of a result that must not be an error. */
export function good<T>(result: CryptoResult<T>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

export function kindOf(result: CryptoResult<unknown>): string {
  return result.ok ? 'ok' : result.error.kind
}
