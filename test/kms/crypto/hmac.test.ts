/** RFC 4231 (HMAC with SHA-2), and the prepared key against node:crypto. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HmacKey } from '../../../src/kms/crypto/hmac.js'
import { kindOf, watchedPool } from './pool.js'

interface Case {
  readonly name: string
  readonly key: Buffer
  readonly message: Buffer
  readonly macs: Readonly<Record<HmacKey['hash'], string>>
}

// RFC 4231, sections 4.2, 4.3 and 4.7.
const CASES: readonly Case[] = [
  {
    name: 'test case 1',
    key: Buffer.alloc(20, 0x0b),
    message: Buffer.from('Hi There'),
    macs: {
      sha224: '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
      sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      sha384: 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
      sha512:
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    },
  },
  {
    name: 'test case 2',
    key: Buffer.from('Jefe'),
    message: Buffer.from('what do ya want for nothing?'),
    macs: {
      sha224: 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
      sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      sha384: 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
      sha512:
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    },
  },
  {
    name: 'test case 6, a key longer than a block',
    key: Buffer.alloc(131, 0xaa),
    message: Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    macs: {
      sha224: '95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e',
      sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
      sha384: '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
      sha512:
        '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
    },
  },
]

const HASHES = ['sha224', 'sha256', 'sha384', 'sha512'] as const

describe.each(HASHES)('HMAC with %s', (name) => {
  test.each(CASES)('RFC 4231, $name', ({ key, message, macs }) => {
    const { secrets, checkClear } = watchedPool()
    const prepared = new HmacKey(name, key, secrets)
    const mac = prepared.mac(message)
    expect(mac.toString('hex')).toBe(macs[name])
    expect(prepared.verify(message, mac).ok).toBe(true)
    const secret = prepared.secretMac(message)
    expect(secret.equals(mac)).toBe(true)
    secrets.release(secret)
    prepared.release()
    checkClear()
  })

  test('as node:crypto, for keys and messages of any length', () => {
    const { secrets, checkClear } = watchedPool()
    const sizes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 4000, maxLength: 4300 }))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), sizes, (key, message) => {
        const prepared = new HmacKey(name, key, secrets)
        expect(prepared.mac(message).equals(createHmac(name, key).update(message).digest())).toBe(true)
        prepared.release()
      }),
      { seed: 4, numRuns: 60 },
    )
    checkClear()
  })

  test('refuses another message, every other MAC, and a shortened one', () => {
    const { secrets } = watchedPool()
    const key = new HmacKey(name, Buffer.from('key'), secrets)
    const message = Buffer.from('message')
    const mac = key.mac(message)
    expect(kindOf(key.verify(Buffer.from('Message'), mac))).toBe('invalidMac')
    expect(kindOf(key.verify(message, mac.subarray(0, -1)))).toBe('invalidMac')
    expect(kindOf(key.verify(message, Buffer.concat([mac, Buffer.alloc(1)])))).toBe('invalidMac')
    expect(kindOf(key.verify(message, Buffer.alloc(0)))).toBe('invalidMac')
    for (let bit = 0; bit < mac.length * 8; bit++) {
      const changed = Buffer.from(mac)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(kindOf(key.verify(message, changed))).toBe('invalidMac')
    }
  })
})

describe('the MAC of a text, in digits', () => {
  const { secrets } = watchedPool()
  const bytes = Buffer.from('key')
  const key = new HmacKey('sha256', bytes, secrets)
  const digitsOf = (text: string): string => createHmac('sha256', bytes).update(text).digest('hex')

  test.each(['', 'text', 'text with \u00e9 and \u4e2d', 'x'.repeat(5000)])('matches, text %#', (text) => {
    const digits = digitsOf(text)
    expect(key.verifyText(text, digits)).toBe(true)
    expect(key.verifyText(`${text}.`, digits)).toBe(false)
  })

  test('no other digits match, whatever was asked before', () => {
    const right = digitsOf('text')
    for (let index = 0; index < right.length; index++) {
      const other = right[index] === '0' ? '1' : '0'
      expect(key.verifyText('text', right)).toBe(true)
      expect(key.verifyText('text', right.slice(0, index) + other + right.slice(index + 1))).toBe(false)
    }
    // The last two end with the byte of a right digit, if a character were cut to one byte.
    const last = right.charCodeAt(63)
    const wrong = [
      '',
      right.slice(0, -1),
      `${right}0`,
      right.toUpperCase(),
      right.slice(0, -1) + String.fromCharCode(last + 0x100),
      right.slice(0, -1) + String.fromCharCode(last + 0x1000),
    ]
    for (const digits of wrong) {
      expect(key.verifyText('text', right)).toBe(true)
      expect(key.verifyText('text', digits), digits).toBe(false)
    }
  })

  test('is of SHA-256 and of a key that is not released', () => {
    expect(() => new HmacKey('sha512', bytes, secrets).verifyText('text', '')).toThrow('HMAC-SHA-256')
    const released = new HmacKey('sha256', bytes, secrets)
    released.release()
    expect(() => released.verifyText('text', digitsOf('text'))).toThrow('after its release')
  })
})
