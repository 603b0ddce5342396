/** The allocator of plain secrets, watched: what it gave out, and what of that was not zero once it came back. */
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import type { Traces } from './traces.js'

export class SpyPool extends SecretPool {
  /** Every buffer that came back, to look at again later. */
  readonly returned: Buffer[] = []
  /** How many were not zero when they had come back. */
  unclean = 0

  constructor(private readonly traces: Traces) {
    super({ released: (buffer) => void (buffer.every((byte) => byte === 0) || this.unclean++) })
  }

  override release(buffer: Buffer): void {
    this.traces.add(`a secret of ${buffer.length} bytes`, buffer)
    super.release(buffer)
    this.returned.push(buffer)
  }

  override surrender(buffer: Buffer): ArrayBuffer {
    this.traces.add(`a secret of ${buffer.length} bytes in another thread`, buffer)
    return super.surrender(buffer)
  }

  /** Whether anything was written into memory that had been given back. */
  isAnyUsedAgain(): boolean {
    return this.returned.some((buffer) => buffer.some((byte) => byte !== 0))
  }
}
