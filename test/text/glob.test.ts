/** `compileGlob` against a table and against a matcher that simply tries everything. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, compileGlobTokens } from '../../src/text/glob.js'
import type { GlobToken } from '../../src/text/glob.js'

/** The obvious matcher: a star takes nothing, or one unit more. */
function slowly(pattern: readonly GlobToken[], subject: string): boolean {
  const [token, ...rest] = pattern
  if (token === undefined) return subject === ''
  if (typeof token === 'string') return subject.startsWith(token) && slowly(rest, subject.slice(token.length))
  if (token.wild === '?') return subject !== '' && slowly(rest, subject.slice(1))
  return slowly(rest, subject) || (subject !== '' && slowly(pattern, subject.slice(1)))
}

function toTokens(pattern: string): readonly GlobToken[] {
  return pattern.split('').map((unit) => (unit === '*' || unit === '?' ? { wild: unit } : unit))
}

describe('authorization.md A6', () => {
  const CASES: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'any/thing:at all\n', true],
    ['**', '', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', ':', true],
    ['?', 'ab', false],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['*Admin*', 'my/Admin/role', true],
    ['*Admin*', 'my/admin/role', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*ab*ab*', 'aab', false],
    ['*ab*ab*', 'abab', true],
    ['a?c*', 'abcd', true],
    ['*?', '', false],
    ['kms:*', 'kms:Decrypt', true],
    ['kms:Re*', 'kms:ReEncryptFrom', true],
    ['[a-z]', 'b', false],
    ['[a-z]', '[a-z]', true],
    ['\\*', '\\x', true],
    ['a.c', 'abc', false],
    ['{a,b}', 'a', false],
  ]
  for (const [pattern, subject, expected] of CASES) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(subject)}`, () =>
      expect(compileGlob(pattern).matches(subject)).toBe(expected))
  }

  test('a character is a UTF-16 unit', () => {
    expect(compileGlob('?').matches('😀')).toBe(false)
    expect(compileGlob('??').matches('😀')).toBe(true)
    expect(compileGlob('*ÿ?ł').matches('aÿbł')).toBe(true)
  })

  test('`literal` is there exactly when nothing is wild', () => {
    expect(compileGlob('kms:Decrypt').literal).toBe('kms:Decrypt')
    expect(compileGlob('kms:Decrypt', { ignoreCase: true }).literal).toBe('kms:decrypt')
    expect(compileGlob('kms:*').literal).toBeUndefined()
    expect(compileGlob('kms:?').literal).toBeUndefined()
  })

  test('action names compare without case (A5)', () => {
    const glob = compileGlob('KMS:gen*Key', { ignoreCase: true })
    expect(glob.matches('kms:GenerateDataKEY')).toBe(true)
    expect(glob.matchesRange('[kms:GenKey]', 1, 11)).toBe(true)
    expect(compileGlob('É', { ignoreCase: true }).matches('é')).toBe(true)
    expect(compileGlob('ΑΣ', { ignoreCase: true }).matches('ας')).toBe(false)
    expect(compileGlob('İ', { ignoreCase: true }).matches('İ')).toBe(true)
  })

  test('literal text in tokens has no wildcards (A7)', () => {
    const glob = compileGlobTokens(['a*', { wild: '*' }, '?z'])
    expect(glob.matches('a*-?z')).toBe(true)
    expect(glob.matches('ab-cz')).toBe(false)
    expect(compileGlobTokens(['*']).literal).toBe('*')
    expect(compileGlobTokens([]).matches('')).toBe(true)
  })
})

const patterns = fc
  .array(fc.constantFrom('*', '*', '?', 'a', 'a', 'b', ':', 'ł'), { maxLength: 10 })
  .map((all) => all.join(''))
const subjects = fc
  .array(fc.constantFrom('a', 'a', 'a', 'b', ':', 'ł', '*'), { maxLength: 12 })
  .map((all) => all.join(''))

test('a glob agrees with the obvious matcher', () => {
  fc.assert(
    fc.property(patterns, subjects, (pattern, subject) => {
      expect(compileGlob(pattern).matches(subject)).toBe(slowly(toTokens(pattern), subject))
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('a range matches as its slice does', () => {
  fc.assert(
    fc.property(patterns, subjects, subjects, subjects, (pattern, before, subject, after) => {
      const whole = before + subject + after
      const end = before.length + subject.length
      expect(compileGlob(pattern).matchesRange(whole, before.length, end)).toBe(compileGlob(pattern).matches(subject))
    }),
    { numRuns: 2000, seed: 2 },
  )
})

test('a subject made from the pattern matches it, also where the pattern takes several words of bits', () => {
  const piece = fc.constantFrom('*', '?', 'a', 'b', 'abcdefghijklmnopqrstuvwxyz', '?????????????', 'aaaaaaaaaaaaaaaaa')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.string({ maxLength: 5 }), (pieces, filling) => {
      const pattern = pieces.join('')
      const subject = pattern.replaceAll('*', () => filling).replaceAll('?', 'x')
      expect(compileGlob(pattern).matches(subject)).toBe(true)
      expect(compileGlob(`${pattern}!`).matches(subject)).toBe(false)
      expect(compileGlob(pattern, { ignoreCase: true }).matches(subject.toUpperCase())).toBe(true)
    }),
    { numRuns: 300, seed: 3 },
  )
})

describe('long and hostile', () => {
  test('patterns that make backtracking explode', () => {
    expect(compileGlob('*a*a*a*a*b').matches('a'.repeat(256))).toBe(false)
    expect(compileGlob(`${'*a?'.repeat(170)}b*`).matches('a'.repeat(8192))).toBe(false)
    expect(compileGlob(`*${'a'.repeat(255)}b${'a'.repeat(255)}*`).matches('a'.repeat(8192))).toBe(false)
    expect(compileGlob(`${'*a'.repeat(255)}b*`).matches('a'.repeat(8192))).toBe(false)
  })

  test('long literal texts are found by the automaton, too', () => {
    const needle = `${'a'.repeat(100)}b${'a'.repeat(100)}`
    expect(compileGlob(`*${needle}*`).matches('a'.repeat(4000) + needle + 'a'.repeat(4000))).toBe(true)
    expect(compileGlob(`*${needle}*${needle}*`).matches('a'.repeat(4000) + needle + 'a'.repeat(4000))).toBe(false)
  })

  test('exactly 31, 32, 33, 63 and 64 units', () => {
    for (const length of [31, 32, 33, 63, 64]) {
      const glob = compileGlob(`?${'x'.repeat(length - 2)}?`)
      expect(glob.matches(`a${'x'.repeat(length - 2)}b`)).toBe(true)
      expect(glob.matches(`a${'x'.repeat(length - 3)}yb`)).toBe(false)
      expect(glob.matches(`a${'x'.repeat(length - 1)}b`)).toBe(false)
    }
  })
})
