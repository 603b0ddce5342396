/** Where plain key material lives, and that it is zero afterwards. */
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SecretPool } from '../../../src/kms/crypto/secret.js'

describe('a secret', () => {
  test.each([0, 1, 16, 32, 64, 65, 4096, 100_000])('of %i bytes has memory of its own, all zero', (size) => {
    const pool = new SecretPool()
    const [one, other] = [pool.allocate(size), pool.allocate(size)]
    for (const buffer of [one, other]) {
      expect(buffer.length).toBe(size)
      expect(buffer.buffer.byteLength).toBe(size)
      expect(buffer.every((byte) => byte === 0)).toBe(true)
    }
    expect(one.buffer).not.toBe(other.buffer)
  })

  test('is zero when it was released, and an observer sees it so', () => {
    const events: string[] = []
    const pool = new SecretPool({
      allocated: (buffer) => events.push(`allocated ${buffer.length}`),
      released: (buffer) => events.push(`released ${buffer.toString('hex')}`),
    })
    const secret = pool.copyOf(Buffer.from('c0ffee', 'hex'))
    expect(secret.toString('hex')).toBe('c0ffee')
    expect(pool.live).toBe(1)
    pool.release(secret)
    expect(pool.live).toBe(0)
    expect(secret.toString('hex')).toBe('000000')
    expect(events).toEqual(['allocated 3', 'released 000000'])
  })

  test('released twice, or never held, is a bug', () => {
    const pool = new SecretPool()
    const secret = pool.allocate(4)
    pool.release(secret)
    expect(() => pool.release(secret)).toThrow('does not hold')
    expect(() => pool.release(Buffer.alloc(4))).toThrow('does not hold')
    expect(pool.live).toBe(0)
  })
})

describe('bytes taken over', () => {
  test('from node:crypto are held as they are', () => {
    const pool = new SecretPool()
    const digest = hash('sha256', 'x', 'buffer')
    expect(pool.adopt(digest)).toBe(digest)
    expect(pool.live).toBe(1)
  })

  test.each<[string, () => Uint8Array]>([
    ['a piece of the shared slab', () => Buffer.from('secret')],
    ['an array of a library', () => Uint8Array.from([1, 2, 3])],
    ['a view of a larger array', () => new Uint8Array(Uint8Array.from([1, 2, 3, 4]).buffer, 1, 2)],
  ])('from %s are moved', (_name, make) => {
    const pool = new SecretPool()
    const source = make()
    const before = Buffer.from(source).toString('hex')
    const held = pool.adopt(source)
    expect(held.toString('hex')).toBe(before)
    expect(held.buffer.byteLength).toBe(held.length)
    expect(source.every((byte) => byte === 0)).toBe(true)
    pool.release(held)
  })

  test('given away are another thread’s', () => {
    const pool = new SecretPool()
    const secret = pool.copyOf(Buffer.from('abc'))
    const memory = pool.surrender(secret)
    expect(pool.live).toBe(0)
    expect(structuredClone(memory, { transfer: [memory] }).byteLength).toBe(3)
    expect(secret.length).toBe(0)
  })
})
