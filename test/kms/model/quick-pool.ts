/** Slow work in which every RSA key that wraps an import is the same one: nothing in a model depends on which it is. */
import { generateKeyPairSync } from 'node:crypto'
import type { SecretPool } from '../../../src/kms/crypto/secret.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'

const PAIR = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
})

export class QuickPool extends SlowPool {
  constructor(private readonly pool: SecretPool) {
    super({ secrets: pool })
  }

  override run(...[job]: Parameters<SlowPool['run']>): ReturnType<SlowPool['run']> {
    if (job.kind !== 'generate' || job.spec !== 'RSA_2048') return super.run(job)
    return Promise.resolve({ ok: true, value: { secret: this.pool.copyOf(PAIR.privateKey), bytes: PAIR.publicKey } })
  }
}
