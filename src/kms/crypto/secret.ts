/**
 * The one allocator of plain key material. Nothing else in the engine makes a buffer that holds a secret.
 *
 * Such a buffer has memory of its own, outside the heap that the garbage collector moves: never a piece of the slab
 * that Node.js shares between small buffers, and never a small typed array inside the heap, of which a collection can
 * leave a stale copy. It is released by whoever holds it, and then it is zero.
 *
 * What it cannot do: big integers, and strings that a caller made, stay until they are collected.
 */

/** For tests: sees every buffer when it comes and right after it was made zero. */
export interface SecretObserver {
  allocated?(buffer: Buffer): void
  released?(buffer: Buffer): void
}

export class SecretPool {
  readonly #observer: SecretObserver | undefined
  /** Weak, so that a forgotten secret is at least collected; `live` still tells that it was forgotten. */
  readonly #held = new WeakSet<Buffer>()
  #live = 0

  constructor(observer?: SecretObserver) {
    this.#observer = observer
  }

  /** How many buffers have been given out and not come back. */
  get live(): number {
    return this.#live
  }

  /** All zero. */
  allocate(size: number): Buffer {
    return this.#hold(Buffer.from(new ArrayBuffer(size)))
  }

  /** The source stays with its owner, who wipes it when it is a secret too. */
  copyOf(bytes: Uint8Array): Buffer {
    const buffer = this.allocate(bytes.length)
    buffer.set(bytes)
    return buffer
  }

  /**
   * Takes over bytes that somebody else made; the caller does not use the source again. What node:crypto returns lies
   * in memory of its own and is held as it is. Anything else, such as what a library in JavaScript made, is moved.
   */
  adopt(bytes: Uint8Array): Buffer {
    if (Buffer.isBuffer(bytes) && bytes.byteLength === bytes.buffer.byteLength) return this.#hold(bytes)
    const buffer = this.copyOf(bytes)
    bytes.fill(0)
    return buffer
  }

  /** Zeroes it. Releasing what is not held is a bug of the caller, and thrown. */
  release(buffer: Buffer): void {
    this.#drop(buffer)
    buffer.fill(0)
    this.#observer?.released?.(buffer)
  }

  /**
   * Gives the memory away: the caller must transfer it to another thread, which leaves nothing here.
   * @returns what to put on the transfer list.
   */
  surrender(buffer: Buffer): ArrayBuffer {
    this.#drop(buffer)
    const memory = buffer.buffer
    if (!(memory instanceof ArrayBuffer)) throw new TypeError('shared memory cannot be transferred')
    return memory
  }

  #hold(buffer: Buffer): Buffer {
    this.#held.add(buffer)
    this.#live++
    this.#observer?.allocated?.(buffer)
    return buffer
  }

  #drop(buffer: Buffer): void {
    if (!this.#held.delete(buffer)) throw new Error('a buffer was released that this pool does not hold')
    this.#live--
  }
}
