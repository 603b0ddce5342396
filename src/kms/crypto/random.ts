/**
 * Random bytes. The shell of the engine brings the source in, so that a test can know what comes.
 *
 * Key pairs, signatures and paddings take their randomness from OpenSSL all the same.
 */

import { randomFillSync } from 'node:crypto'
import type { SecretPool } from './secret.js'

export type FillRandom = (target: Buffer) => void

export const fillRandom: FillRandom = (target) => {
  randomFillSync(target)
}

/** @returns a secret of the caller's; for data keys too. */
export function randomSecret(size: number, secrets: SecretPool, fill: FillRandom = fillRandom): Buffer {
  const bytes = secrets.allocate(size)
  fill(bytes)
  return bytes
}
