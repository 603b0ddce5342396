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
const LONGEST_BLOCK = 128
/** Of one UTF-16 unit. */
const MOST_BYTES = 3

/** Hexadecimal digits of two MACs of SHA-256, side by side to be compared. */
const made = Buffer.alloc(64)
const given = Buffer.alloc(64)

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

  /**
   * Whether these are the MAC of a text, of SHA-256 and in lower-case hexadecimal digits. In constant time; too few digits
   * and too many cost as much as others that are wrong.
   */
  verifyText(text: string, digits: string): boolean {
    if (this.hash !== 'sha256') throw new Error('texts are verified with HMAC-SHA-256')
    if (text.length * MOST_BYTES > scratch.length - LONGEST_BLOCK) this.#digestInner(Buffer.from(text))
    else this.#digestScratch(scratch.write(text, this.#block))
    made.write(hash('sha256', this.#outer, 'hex'), 'latin1')
    const isSized = digits.length === given.length
    // What is no digit takes more than a byte, so that all of it has no room, or is none in UTF-8 either.
    const size = given.write(isSized ? digits : WRONG_DIGITS, 'utf8')
    return timingSafeEqual(made, given) && isSized && size === given.length
  }

  release(): void {
    this.#secrets.release(this.#inner)
    this.#secrets.release(this.#outer)
    this.#isReleased = true
  }

  /** The inner digest is no key: it says nothing without the outer block. */
  #digestInner(message: Uint8Array): void {
    const size = this.#block + message.length
    if (size <= scratch.length) {
      scratch.set(message, this.#block)
      this.#digestScratch(message.length)
      return
    }
    const input = this.#secrets.allocate(size)
    input.set(message, this.#block)
    try {
      this.#digest(input)
    } finally {
      this.#secrets.release(input)
    }
  }

  /** Of a message that stands in the scratch, where the key's block has its place before it. */
  #digestScratch(size: number): void {
    const input = scratch.subarray(0, this.#block + size)
    try {
      this.#digest(input)
    } finally {
      input.fill(0)
    }
  }

  #digest(input: Buffer): void {
    if (this.#isReleased) throw new Error('an HMAC key was used after its release')
    input.set(this.#inner)
    this.#outer.write(hash(this.hash, input, 'binary'), this.#block, 'latin1')
  }
}

const WRONG_DIGITS = '-'.repeat(64)
