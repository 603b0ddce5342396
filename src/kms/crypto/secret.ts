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
    Mark.put(buffer, this)
    this.#live++
    this.#observer?.allocated?.(buffer)
    return buffer
  }

  #drop(buffer: Buffer): void {
    if (!Mark.take(buffer, this)) throw new Error('a buffer was released that this pool does not hold')
    this.#live--
  }
}

/** Is what it is given, so that a class built on it has its private members on that. */
class Given {
  constructor(buffer: Buffer) {
    // oxlint-disable-next-line no-constructor-return -- it is what this class is for
    return buffer
  }
}

/**
 * Written on a buffer: which pool holds it. Nobody else can read or write that, and a forgotten secret is still collected,
 * of which `live` tells. A WeakSet says the same and costs as much as the hash that made the secret.
 */
class Mark extends Given {
  #pool: SecretPool | undefined

  private constructor(buffer: Buffer, pool: SecretPool) {
    super(buffer)
    this.#pool = pool
  }

  static put(buffer: Buffer, pool: SecretPool): void {
    if (#pool in buffer) buffer.#pool = pool
    else new Mark(buffer, pool)
  }

  /** False where it is another's, or nobody's any more. */
  static take(buffer: Buffer, pool: SecretPool): boolean {
    if (!(#pool in buffer) || buffer.#pool !== pool) return false
    buffer.#pool = undefined
    return true
  }
}
