/** `compileArnGlob`: authorization.md A6 rules 3 and 4, B3 ArnLike, K-13. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileArnGlob, isComparableArnPattern } from '../../src/text/arn-glob.js'
import type { ArnGlobMode } from '../../src/text/arn-glob.js'

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

function splitArn(text: string): readonly string[] {
  const parts = text.split(':')
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])]
}

/** The obvious matcher: each star tries every length; `crosses(i)` says whether the one at i may take a colon. */
function slowly(
  pattern: string,
  subject: string,
  inSixth: (index: number) => boolean,
  crosses: (index: number) => boolean,
): boolean {
  const at = (p: number, s: number): boolean => {
    if (p === pattern.length) return s === subject.length
    const wanted = pattern.charAt(p)
    const found = subject.charAt(s)
    if (wanted === '*') {
      if (at(p + 1, s)) return true
      return s < subject.length && (found !== ':' || crosses(p)) && at(p, s + 1)
    }
    if (s === subject.length) return false
    if (wanted === '?') return (found !== ':' || inSixth(p)) && at(p + 1, s + 1)
    return wanted === found && at(p + 1, s + 1)
  }
  return at(0, 0)
}

function slowArnLike(pattern: string, subject: string): boolean {
  const [patterns, subjects] = [splitArn(pattern), splitArn(subject)]
  if (patterns.length < 6 || subjects.length < 6) return false
  return patterns.every((field, index) =>
    slowly(
      field,
      subjects[index] ?? '',
      () => true,
      () => true,
    ),
  )
}

function slowResource(pattern: string, subject: string): boolean {
  if (splitArn(subject).length < 6) return false
  const inSixth = (index: number) => pattern.slice(0, index).split(':').length > 5
  return slowly(
    pattern,
    subject,
    inSixth,
    (index) => inSixth(index) || index + 1 === pattern.length || pattern[index + 1] === ':',
  )
}

function completed(pattern: string): string {
  return pattern + ':*'.repeat(Math.max(0, 6 - pattern.split(':').length))
}

describe('resource patterns', () => {
  const CASES: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
    [KEY, KEY, true],
    [KEY, `${KEY}x`, false],
    ['*', KEY, true],
    ['*', 'alias/a', false],
    ['arn:aws:kms:*:111122223333:key/*', KEY, true],
    ['arn:aws:kms:us-*-?:111122223333:key/*', KEY, true],
    ['arn:aws:kms:*:444455556666:key/*', KEY, false],
    ['arn:aws:kms:*:*:alias/*', KEY, false],
    ['ARN:aws:kms:*:*:*', KEY, false],
    // A star that ends its field runs on across colons ...
    ['arn:aws:kms:*:key/*', KEY, true],
    ['arn:*:key/1234abcd-12ab-34cd-56ef-1234567890ab', KEY, true],
    ['arn:aws:logs:*:*:log-group:a', 'arn:aws:logs:r:1:x:y:log-group:a', true],
    // ... any other one, and a question mark, does not.
    ['arn:aws:*ms:us-west-2:111122223333:key/*', 'arn:aws:x:kms:us-west-2:111122223333:key/1', false],
    ['arn:aws:kms?us-west-2:111122223333:*:*', KEY, false],
    ['arn:aws:logs:r:1:a?b', 'arn:aws:logs:r:1:a:b', true],
    // Fewer than six fields, not completed.
    ['arn:aws:kms', KEY, false],
    ['arn:aws:kms:*', KEY, true],
    ['arn:aws:kms:us*2', KEY, false],
  ]
  for (const [pattern, subject, expected] of CASES) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${subject}`, () =>
      expect(compileArnGlob(pattern, 'resource').matches(subject)).toBe(expected))
  }

  test('identity policies complete a short ARN with `*` fields', () => {
    const matches = (pattern: string) => compileArnGlob(pattern, 'resource', { complete: true }).matches(KEY)
    expect(matches('arn:aws:kms')).toBe(true)
    expect(matches('arn:aws:kms:us-west-2')).toBe(true)
    expect(matches('arn:aws:s3')).toBe(false)
    expect(matches('arn:aws:kms:us-west-2:111122223333:')).toBe(false)
    expect(matches('*')).toBe(true)
  })
})

describe('ArnLike', () => {
  const ROLE = 'arn:aws:iam::111122223333:role/Admin'
  const CASES: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
    ['arn:*:role/Admin', ROLE, false],
    ['arn:aws:iam::*:role/Ad*', ROLE, true],
    ['arn:aws:iam:*:*:role/Admin', ROLE, true],
    ['arn:aws:iam::111122223333:*', ROLE, true],
    ['arn:aws:iam::111122223333:role/admin', ROLE, false],
    ['*:*:*:*:*:*', ROLE, true],
    ['arn:aws:iam*:*:*:role/Admin', 'arn:aws:iam::x:y:role/Admin', false],
    ['arn:aws:sns:*:*:a*z', 'arn:aws:sns:r:1:a:b:z', true],
    ['*', ROLE, false],
  ]
  for (const [pattern, subject, expected] of CASES) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${subject}`, () =>
      expect(compileArnGlob(pattern, 'arn-like').matches(subject)).toBe(expected))
  }

  test('what can be compared has six fields', () => {
    expect(isComparableArnPattern('arn:*:role/Admin')).toBe(false)
    expect(isComparableArnPattern('a:b:c:d:e:')).toBe(true)
    expect(isComparableArnPattern(['arn:aws:iam::', { wild: '*' }, ':role/x'])).toBe(true)
    expect(isComparableArnPattern(['arn:aws:iam:', { wild: '*' }])).toBe(false)
  })
})

test('text from a variable is literal (A7)', () => {
  const glob = compileArnGlob(['arn:aws:s3:::bucket/', '*', '/', { wild: '*' }], 'resource')
  expect(glob.matches('arn:aws:s3:::bucket/*/x')).toBe(true)
  expect(glob.matches('arn:aws:s3:::bucket/a/x')).toBe(false)
  expect(compileArnGlob(['arn:aws:s3:::', '*'], 'arn-like').literal).toBe('arn:aws:s3:::*')
})

const arnPart = (...letters: string[]) =>
  fc.array(fc.constantFrom(...letters), { maxLength: 3 }).map((all) => all.join(''))
const patterns = fc.array(arnPart('*', 'a', 'b', '?'), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(':'))
const subjects = fc.array(arnPart('a', 'a', 'b', '*'), { minLength: 4, maxLength: 9 }).map((parts) => parts.join(':'))

for (const mode of ['resource', 'arn-like'] satisfies readonly ArnGlobMode[]) {
  test(`${mode}: agrees with the obvious matcher`, () => {
    fc.assert(
      fc.property(patterns, subjects, (pattern, subject) => {
        const expected = mode === 'resource' ? slowResource(pattern, subject) : slowArnLike(pattern, subject)
        expect(compileArnGlob(pattern, mode).matches(subject)).toBe(expected)
      }),
      { numRuns: 2000, seed: 1 },
    )
  })
}

test('completing is writing the missing fields out', () => {
  fc.assert(
    fc.property(patterns, subjects, (pattern, subject) => {
      const glob = compileArnGlob(pattern, 'resource', { complete: true })
      expect(glob.matches(subject)).toBe(slowResource(completed(pattern), subject))
    }),
    { numRuns: 2000, seed: 2 },
  )
})

test('ArnLike never matches more than the same pattern as a resource', () => {
  fc.assert(
    fc.property(patterns, subjects, (pattern, subject) => {
      const narrow = compileArnGlob(pattern, 'arn-like').matches(subject)
      expect(!narrow || compileArnGlob(pattern, 'resource').matches(subject)).toBe(true)
    }),
    { numRuns: 2000, seed: 3 },
  )
})
