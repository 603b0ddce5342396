/**
 * A root key: 256 secret bits under which everything secret in a store is wrapped.
 *
 * Its bytes are used to derive other keys and for nothing else. Its id is derived too, so it can be shown, and two root
 * keys never have the same one.
 *
 * Source: NIST SP 800-108r1, section 4.1.
 */
import { HmacKey } from '../crypto/hmac.js'
import { deriveKey } from '../crypto/kdf.js'
import type { SecretPool } from '../crypto/secret.js'

export const ROOT_KEY_SIZE = 32

const ID_LABEL = Buffer.from('keyward root key id v1', 'latin1')
const ID_SIZE = 16
const NO_CONTEXT = Buffer.alloc(0)

export class RootKey {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly #key: HmacKey
  readonly #secrets: SecretPool

  /** @param secret - taken over, and released. */
  constructor(secret: Buffer, secrets: SecretPool) {
    if (secret.length !== ROOT_KEY_SIZE) throw new Error('a root key is 32 bytes')
    this.#secrets = secrets
    this.#key = new HmacKey('sha256', secret, secrets)
    secrets.release(secret)
    const id = this.derive(ID_LABEL, NO_CONTEXT, ID_SIZE)
    this.id = id.toString('hex')
    secrets.release(id)
  }

  /** @returns a secret of the caller's. */
  derive(label: Buffer, context: Buffer, size: number): Buffer {
    return deriveKey(this.#key, label, context, size, this.#secrets)
  }

  release(): void {
    this.#key.release()
  }
}
