/** Assertions and ranges: what they say, and the place and hint of what is wrong (docs/test.md, "Assertions"). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAssertion, parseRange, type Assertion } from '../../src/check/assertion.js'

function read(text: string): Assertion {
  const parsed = parseAssertion(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

describe('assertions', () => {
  test.each([
    ['nobody can kms:Decrypt on alias/a', 'nobody', undefined],
    ['NOBODY can do kms:Decrypt on alias/a', 'nobody', undefined],
    ['nobody outside the organization can Decrypt on alias/a', 'nobody', { where: 'outside', accounts: undefined }],
    ['nobody in organization can Decrypt on alias/a', 'nobody', { where: 'inside', accounts: undefined }],
    [
      'everybody in accounts 111122223333 and 444455556666 can Decrypt on alias/a',
      'everybody',
      { where: 'inside', accounts: ['111122223333', '444455556666'] },
    ],
    ['role/A cannot Decrypt on alias/a', 'nobody', undefined],
    ['only role/A, role/B can Decrypt on alias/a', 'only', undefined],
  ] as const)('%s', (text, claim, place) => {
    const assertion = read(text)
    expect(assertion.claim).toBe(claim)
    expect(assertion.callers.place).toEqual(place)
    expect(assertion.actions.map(({ action }) => action)).toEqual(['kms:Decrypt'])
  })

  test('who is left out, who is meant alone, and which keys', () => {
    expect(
      read('nobody outside account 111122223333 except role/A, user/b can * on any key').callers.except,
    ).toHaveLength(2)
    expect(read('only role/A and role/B can * on alias/x').callers.except).toHaveLength(2)
    expect(read('role/A and user/b cannot * on alias/x').callers.these).toHaveLength(2)
    expect(read('nobody can * on alias/x, alias/y and key/*').keys).toMatchObject({
      kind: 'these',
      resources: { length: 3 },
    })
    expect(read('nobody can * on any key except alias/x').keys).toMatchObject({ kind: 'any', except: { length: 1 } })
  })

  test('clauses are those of access queries, at their places in the sentence', () => {
    const text = 'nobody can kms:Decrypt on alias/a when kms:EncryptionContext:only = "any key" via s3'
    const { context } = read(text)
    expect(context.via?.text).toBe('s3')
    const [condition] = context.conditions
    expect(condition?.key.text).toBe('kms:EncryptionContext:only')
    expect(text.slice(condition!.key.span.start, condition!.key.span.end)).toBe('kms:EncryptionContext:only')
  })

  test.each([
    ['', 'the assertion is empty', ''],
    ['nobody', 'the assertion ends too early', ''],
    ['nobdy can kms:Decrypt on alias/a', 'unexpected `nobdy`', 'nobdy', 'did you mean `nobody`?'],
    ['nobody outside can kms:Decrypt on alias/a', 'unexpected `can`', 'can'],
    ['nobody outside account 12 can kms:Decrypt on alias/a', '`12` is not an account', '12', 'expected 12 digits'],
    ['nobody can kms:Decrypt on *', '`*` names no key', '*'],
    ['nobody can kms:Decrypt on alias/a wen x = y', 'unexpected `wen`', 'wen', 'did you mean `when`?'],
    ['nobody can kms:Decrypt on alias/a when', 'the query ends too early', ''],
    ['nobody can kms:Decrypt on alias/a from here', '`here` is not an IP address', 'here'],
    ['only rol/A can kms:Decrypt on alias/a', '`rol/A` is not a principal', 'rol/A', 'did you mean `role/A`?'],
    ['nobody can kms:Decrypt on "alias', 'a text in double quotes is not closed', '"alias'],
  ])('%s', (text, message, at, hint?) => {
    const parsed = parseAssertion(text)
    if (parsed.ok) throw new Error('it was read')
    expect(parsed.error.message).toContain(message)
    expect(text.slice(parsed.error.start, parsed.error.end)).toBe(at)
    if (hint !== undefined) expect(parsed.error.hint).toBe(hint)
  })

  test('every text is read or has an error inside of it', () => {
    const word = fc.constantFrom(
      ...'nobody everybody only in outside the organization account 111122223333 except role/A can cannot on any key alias/a , and when x = "y" via s3 "'.split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(' ')
        const parsed = parseAssertion(text)
        if (parsed.ok) return
        expect(parsed.error.start).toBeGreaterThanOrEqual(0)
        expect(parsed.error.start).toBeLessThanOrEqual(parsed.error.end)
        expect(parsed.error.end).toBeLessThanOrEqual(text.length)
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  test('a long sentence is refused at once', () => {
    const parsed = parseAssertion(`nobody except ${'role/A, '.repeat(2000)} can kms:Decrypt on alias/a`)
    expect(parsed).toMatchObject({ ok: false, error: { hint: 'expected at most 8192 characters' } })
  })
})

describe('ranges', () => {
  test.each([
    ['all principals', 'principals', 0],
    ['all principals except role/A, role/B', 'principals', 2],
    ['all principals outside the organization except role/A', 'principals', 1],
    ['all keys', 'keys', 0],
    ['all keys except alias/a, key/*', 'keys', 2],
  ] as const)('%s', (text, kind, left) => {
    const range = parseRange(text)
    if (!range.ok) throw new Error(range.error.message)
    expect(range.value.kind).toBe(kind)
    const { value } = range
    if (value.kind === 'principals') expect(value.callers.except).toHaveLength(left)
    else expect(value.keys).toMatchObject({ kind: 'any', except: { length: left } })
  })

  test('anything else is refused', () => {
    expect(parseRange('all')).toMatchObject({ ok: false, error: { hint: 'expected `keys` or `principals`' } })
    expect(parseRange('nobody')).toMatchObject({ ok: false, error: { message: 'unexpected `nobody`' } })
  })
})
