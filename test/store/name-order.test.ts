/** Names as bytes: the order, the prefixes and the way back, against Node's own UTF-8 and against code points. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames, decodeText, encodeText, hasPrefix, isPlain, isWellFormed } from '../../src/store/name-order.js'

// Surrogates meet each other often.
const unit = fc.oneof(
  fc.constantFrom('\ud800', '\udbff', '\udc00', '\udfff', '\ue000', '\uffff', '\ud7ff', '\0', 'a', 'é'),
  fc.nat(0xffff).map((code) => String.fromCharCode(code)),
)
const text = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''))
const settings = { seed: 20260102, numRuns: 3000 }

test('every string comes back from its bytes', () => {
  fc.assert(
    fc.property(text, (name) => decodeText(encodeText(name)) === name),
    settings,
  )
})

test('a well-formed string has the bytes of UTF-8', () => {
  fc.assert(
    fc.property(text.filter(isWellFormed), (name) => Buffer.from(name).equals(encodeText(name))),
    settings,
  )
})

test('the order is that of the bytes', () => {
  fc.assert(
    fc.property(text, text, text, (start, left, right) => {
      const [one, other] = [start + left, start + right]
      const expected = Buffer.compare(encodeText(one), encodeText(other))
      expect(Math.sign(compareNames(one, other))).toBe(expected)
    }),
    settings,
  )
})

test('a prefix is one of the bytes', () => {
  fc.assert(
    fc.property(text, text, (prefix, rest) => {
      for (const name of [prefix + rest, rest]) {
        const bytes = Buffer.from(encodeText(name)).subarray(0, encodeText(prefix).length)
        expect(hasPrefix(name, prefix)).toBe(bytes.equals(encodeText(prefix)))
      }
    }),
    settings,
  )
})

test('plain names compare natively as their bytes do', () => {
  fc.assert(
    fc.property(text.filter(isPlain), text.filter(isPlain), (left, right) => {
      expect(left < right).toBe(Buffer.compare(encodeText(left), encodeText(right)) < 0)
    }),
    settings,
  )
})
