/** The value formats of conditions: authorization.md B3 and B4. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64 } from '../../src/text/base64.js'
import { parseBool } from '../../src/text/bool.js'
import { formatIpAddress, isInRange, parseIpAddress, parseIpRange } from '../../src/text/ip.js'
import { compareDecimals, formatDecimal, parseDecimal } from '../../src/text/number.js'

describe('numbers', () => {
  const ORDER: readonly (readonly [left: string, right: string, sign: number])[] = [
    ['7', '7.0', 0],
    ['007', '+7.000', 0],
    ['-0', '0.0', 0],
    ['9', '10', -1],
    ['0.15', '0.2', -1],
    ['0.2', '0.25', -1],
    ['-2', '-1', -1],
    ['-0.1', '0', -1],
    ['100000000000000000000000000000001', '100000000000000000000000000000000', 1],
    ['0.1000000000000000000000000000001', '0.1', 1],
    ['9007199254740993', '9007199254740992', 1],
  ]
  for (const [left, right, sign] of ORDER) {
    test(`${left} compared with ${right}`, () => {
      const [first, second] = [parseDecimal(left), parseDecimal(right)]
      if (first === undefined || second === undefined) throw new Error('expected two numbers')
      expect(Math.sign(compareDecimals(first, second))).toBe(sign)
      expect(Math.sign(compareDecimals(second, first))).toBe(sign === 0 ? 0 : -sign)
    })
  }

  for (const text of [
    '',
    '-',
    '.',
    '1.',
    '.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1,5',
    '--1',
    '1.2.3',
    '١',
    'Infinity',
    'NaN',
  ]) {
    test(`${JSON.stringify(text)} is no number`, () => expect(parseDecimal(text)).toBeUndefined())
  }

  test('equal numbers are equal member by member, and print in their shortest form', () => {
    expect(parseDecimal('-07.50')).toEqual({ isNegative: true, integer: '7', fraction: '5' })
    for (const [text, shortest] of [
      ['-07.50', '-7.5'],
      ['000', '0'],
      ['-0.0', '0'],
      ['0.50', '0.5'],
    ] as const) {
      const decimal = parseDecimal(text)
      expect(decimal && formatDecimal(decimal)).toBe(shortest)
    }
  })

  test('integers compare as bigints do', () => {
    const integer = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
    fc.assert(
      fc.property(integer, integer, (left, right) => {
        const [first, second] = [parseDecimal(String(left)), parseDecimal(`${right}.0`)]
        if (first === undefined || second === undefined) throw new Error('expected two numbers')
        expect(Math.sign(compareDecimals(first, second))).toBe(left === right ? 0 : left < right ? -1 : 1)
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})

test('true and false in any case, and nothing else', () => {
  expect(['true', 'TRUE', 'False', 'tRuE'].map(parseBool)).toEqual([true, true, false, true])
  expect(['', '1', '0', 'yes', ' true', 'true ', 'truee', 'nope', 'faſe'].map(parseBool)).toEqual(
    Array(9).fill(undefined),
  )
})

describe('base64', () => {
  const CASES: readonly (readonly [text: string, bytes: string | undefined])[] = [
    ['', ''],
    ['Zg==', 'f'],
    ['Zm8=', 'fo'],
    ['Zm9v', 'foo'],
    ['Zm9vYmFy', 'foobar'],
    ['/+8A', '\u00ff\u00ef\u0000'],
    ['Zg', undefined],
    ['Zg=', undefined],
    ['Zh==', undefined],
    ['Zm9=', undefined],
    ['Z===', undefined],
    ['====', undefined],
    ['Zg==Zg==', undefined],
    ['Zm 9', undefined],
    ['Zm9v\n', undefined],
    ['_-8A', undefined],
  ]
  // RFC 4648, section 10, and what section 3 warns of.
  for (const [text, bytes] of CASES) test(`${JSON.stringify(text)}`, () => expect(decodeBase64(text)).toBe(bytes))

  test('what Buffer encodes is decoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toBe(Buffer.from(bytes).toString('latin1'))
      }),
      { numRuns: 300, seed: 1 },
    )
  })
})

describe('addresses', () => {
  const INSIDE: readonly (readonly [address: string, range: string, inside: boolean])[] = [
    ['203.0.113.7', '203.0.113.0/24', true],
    ['203.0.114.7', '203.0.113.0/24', false],
    ['203.0.113.7', '203.0.113.200/24', true],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.8', '203.0.113.7', false],
    ['255.255.255.255', '0.0.0.0/0', true],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['203.0.113.7', '::/0', false],
    ['2001:db8:1::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', true],
    ['2001:db8::2', '2001:db8::1', false],
    ['10.0.0.1', '10.0.0.0/31', true],
    ['10.0.0.2', '10.0.0.0/31', false],
    // A mapped address is the IPv4 address.
    ['::ffff:203.0.113.7', '203.0.113.0/24', true],
    ['::ffff:cb00:7107', '203.0.113.0/24', true],
    ['203.0.113.7', '::ffff:203.0.113.0/120', true],
    ['203.0.114.7', '::ffff:203.0.113.0/120', false],
    ['203.0.113.7', '::ffff:0:0/95', false],
  ]
  for (const [address, range, inside] of INSIDE) {
    test(`${address} is ${inside ? 'inside' : 'outside'} ${range}`, () => {
      const [parsed, parsedRange] = [parseIpAddress(address), parseIpRange(range)]
      if (parsed === undefined || parsedRange === undefined) throw new Error('expected an address and a range')
      expect(isInRange(parsed, parsedRange)).toBe(inside)
    })
  }

  const REFUSED: readonly string[] = [
    '',
    '1.2.3',
    '1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '1.2.3.256',
    '1.2.3.4.5',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '1.2.3.4%1',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::ffff:010.0.0.1',
    '::1.2.3',
    '[::1]',
    '1:2:3:4:5:6:7:8:9',
  ]
  for (const text of REFUSED) {
    test(`${JSON.stringify(text)} is no address and no range`, () => {
      expect(parseIpAddress(text)).toBeUndefined()
      expect(parseIpRange(text)).toBeUndefined()
    })
  }

  for (const text of [
    '1.2.3.4/',
    '1.2.3.4/33',
    '::/129',
    '1.2.3.4/08',
    '1.2.3.4/-1',
    '1.2.3.4/1.0',
    '1.2.3.4/24/24',
    '1.2.3.4/255.255.255.0',
    '/8',
    '1.2.3.4/ 8',
  ]) {
    test(`${text} is no range`, () => expect(parseIpRange(text)).toBeUndefined())
  }

  test('a range has its first and last address', () => {
    expect(parseIpRange('10.0.0.77/30')).toEqual({ family: 4, prefixLength: 30, first: 0x0a00004cn, last: 0x0a00004fn })
    expect(parseIpRange('::/0')).toEqual({ family: 6, prefixLength: 0, first: 0n, last: (1n << 128n) - 1n })
  })

  test('an address prints, and reads back as itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseIpAddress(text)
        expect(address && parseIpAddress(formatIpAddress(address))).toEqual(address)
        expect(address).toBeDefined()
      }),
      { numRuns: 500, seed: 1 },
    )
    expect(formatIpAddress({ family: 6, value: 1n })).toBe('::1')
    expect(formatIpAddress({ family: 4, value: 0x0a000001n })).toBe('10.0.0.1')
  })
})
