/** Developer Guide, "Encryption context": exact, case-sensitive, in any order; and bound without ambiguity. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEncryptionContext, type EncryptionContext } from '../../../src/kms/crypto/encryption-context.js'

function hex(context: EncryptionContext | undefined): string {
  return encodeEncryptionContext(context).toString('hex')
}

describe('the encoding', () => {
  test.each<[EncryptionContext | undefined, string]>([
    [undefined, ''],
    [{}, ''],
    [{ a: 'bc' }, '0000000161' + '000000026263'],
    [{ ab: 'c' }, '000000026162' + '0000000163'],
    [{ a: '' }, '0000000161' + '00000000'],
    [{ b: '2', a: '1' }, '0000000161' + '0000000131' + '0000000162' + '0000000132'],
    [{ A: 'a' }, '0000000141' + '0000000161'],
    [{ ä: '€' }, '00000002c3a4' + '00000003e282ac'],
  ])('of %j', (context, expected) => {
    expect(hex(context)).toBe(expected)
  })

  test('sorts by bytes, not by UTF-16 units', () => {
    // U+FF5E is below U+1F511 in UTF-8 and above its surrogates in UTF-16.
    expect(hex({ '\u{1f511}': '', '～': '' })).toBe('00000003efbd9e' + '00000000' + '00000004f09f9491' + '00000000')
  })

  test.each<[string, EncryptionContext, EncryptionContext]>([
    ['key and value run together', { ab: 'c' }, { a: 'bc' }],
    ['two pairs and one', { a: 'b', c: 'd' }, { a: 'bcd' }],
    ['case', { a: 'b' }, { a: 'B' }],
    ['value and key exchanged', { a: 'b' }, { b: 'a' }],
    ['composed and decomposed letters', { a: '\u00e9' }, { a: 'e\u0301' }],
    ['lone surrogates and what UTF-8 writes for them', { a: '\ud800' }, { a: '\ufffd' }],
    ['two lone surrogates', { a: '\ud800' }, { a: '\udfff' }],
    ['a pair and its halves apart', { '\ud83d': '\udd11' }, { '\ud83d\udd11': '' }],
    ['a key named like the prototype', JSON.parse('{"__proto__":"x"}') as EncryptionContext, {}],
    ['an empty key', { '': '' }, {}],
  ])('tells apart: %s', (_name, one, other) => {
    expect(hex(one)).not.toBe(hex(other))
  })
})

const contexts = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  {
    maxKeys: 4,
    noNullPrototype: true,
  },
)

test('different maps have different bytes, the same map in any order the same', () => {
  fc.assert(
    fc.property(contexts, contexts, (one, other) => {
      const reversed = Object.fromEntries(Object.entries(one).reverse())
      expect(hex(reversed)).toBe(hex(one))
      const names = Object.keys(one)
      const same =
        names.length === Object.keys(other).length &&
        names.every((name) => Object.hasOwn(other, name) && other[name] === one[name])
      expect(hex(one) === hex(other)).toBe(same)
    }),
    { seed: 4, numRuns: 300 },
  )
})
