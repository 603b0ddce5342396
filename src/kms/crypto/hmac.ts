/**
 * HMAC with a prepared key: GenerateMac, VerifyMac, and the pseudo-random function of `kdf.ts`.
 *
 * A MAC is two one-shot hashes over a block of the key. That costs half of what an Hmac object costs, and a sixth on the
 * Node.js versions where creating one is slow. Sizes of KMS messages are not known here.
 *
 * Source: RFC 2104; FIPS 198-1.
 */

import { hash, timingSafeEqual } from 'node:crypto'
import { INVALID_MAC, PASSED, type CryptoResult } from './crypto-error.js'
import { DIGEST_SIZE, type HashName } from './key-spec.js'
import type { SecretPool } from './secret.js'

type MacHash = Exclude<HashName, 'sha1'>

/** Bytes of the hash's input block. */
const BLOCK_SIZE: Readonly<Record<MacHash, number>> = { sha224: 64, sha256: 64, sha384: 128, sha512: 128 }

/** Where key block and message are laid side by side; wiped before the call that used it returns. */
const scratch = Buffer.from(new ArrayBuffer(4096 + 128))

export class HmacKey {
  readonly hash: MacHash
  /** Of a MAC, which is never shortened. */
  readonly size: number
  readonly #secrets: SecretPool
  readonly #block: number
  /** The key XOR ipad. */
  readonly #inner: Buffer
  /** The key XOR opad, and room for the inner digest. */
  readonly #outer: Buffer
  #isReleased = false

  /** The key's bytes stay with the caller. */
  constructor(hashName: MacHash, key: Uint8Array, secrets: SecretPool) {
    this.hash = hashName
    this.size = DIGEST_SIZE[hashName]
    this.#secrets = secrets
    this.#block = BLOCK_SIZE[hashName]
    const shortKey = key.length > this.#block ? secrets.adopt(hash(hashName, key, 'buffer')) : secrets.copyOf(key)
    this.#inner = secrets.allocate(this.#block)
    this.#outer = secrets.allocate(this.#block + this.size)
    for (let index = 0; index < this.#block; index++) {
      const byte = shortKey[index] ?? 0
      this.#inner[index] = byte ^ 0x36
      this.#outer[index] = byte ^ 0x5c
    }
    secrets.release(shortKey)
  }

  mac(message: Uint8Array): Buffer {
    this.#digestInner(message)
    // A MAC is made to be shown, so it may pass through a string, which is quicker than a buffer.
    return Buffer.from(hash(this.hash, this.#outer, 'binary'), 'latin1')
  }

  /** For keys made of a MAC: the result is a secret and never was a string. */
  secretMac(message: Uint8Array): Buffer {
    this.#digestInner(message)
    return this.#secrets.adopt(hash(this.hash, this.#outer, 'buffer'))
  }

  /** In constant time. A MAC of another length, shortened or not, does not match. */
  verify(message: Uint8Array, mac: Uint8Array): CryptoResult<void> {
    if (mac.length !== this.size) return INVALID_MAC
    return timingSafeEqual(this.mac(message), mac) ? PASSED : INVALID_MAC
  }

  release(): void {
    this.#secrets.release(this.#inner)
    this.#secrets.release(this.#outer)
    this.#isReleased = true
  }

  /** The inner digest is no key: it says nothing without the outer block. */
  #digestInner(message: Uint8Array): void {
    if (this.#isReleased) throw new Error('an HMAC key was used after its release')
    const size = this.#block + message.length
    const isLong = size > scratch.length
    const input = isLong ? this.#secrets.allocate(size) : scratch.subarray(0, size)
    input.set(this.#inner)
    input.set(message, this.#block)
    this.#outer.write(hash(this.hash, input, 'binary'), this.#block, 'latin1')
    if (isLong) this.#secrets.release(input)
    else input.fill(0)
  }
}
