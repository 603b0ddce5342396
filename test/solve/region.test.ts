/**
 * Regions against brute force: over all short texts of a small alphabet every combination of answers that occurs is a
 * region, and every region's sample is a value whose answers are the region's.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileMatcher } from '../../src/graph/matcher.js'
import { ResourcePattern } from '../../src/graph/resource-pattern.js'
import {
  DEFAULT_REGION_BUDGET,
  describeRegion,
  partition,
  passes,
  type Region,
  type ValueDomain,
  type ValueTest,
} from '../../src/solve/region.js'
import { compileGlob } from '../../src/text/glob.js'

const TEXT: ValueDomain = { kind: 'text' }

function regionsOf(tests: readonly ValueTest[], domain: ValueDomain = TEXT): readonly Region[] {
  const made = partition(tests, domain, DEFAULT_REGION_BUDGET)
  if (!made.ok) throw new Error(`${made.error.kind}: ${made.error.detail}`)
  return made.value
}

/** The engine's answers, straight from its matchers. */
function answersOf(tests: readonly ValueTest[]): (value: string) => string {
  const questions = tests.map(questionOf)
  return (value) => questions.map((asks) => (asks(value) ? '1' : '0')).join('')
}

function questionOf(one: ValueTest): (value: string) => boolean {
  const noSlot = (): number => 0
  switch (one.kind) {
    case 'resource': {
      const patterns = one.marked.map((marked) => new ResourcePattern(marked, noSlot))
      return (value) => patterns.some((pattern) => pattern.matches(value, []))
    }
    case 'action': {
      const globs = one.patterns.map((pattern) => compileGlob(pattern, { ignoreCase: true }))
      return (value) => globs.some((glob) => glob.matches(value))
    }
    case 'matches':
    case 'uncomparable': {
      const matcher = compileMatcher(one.operator, one.marked, noSlot)
      return (value) => {
        const fields = value.split(':')
        const isArn = fields[0] === 'arn' && fields.length > 5
        const subject = one.of === 'account' ? (isArn ? fields[4] : undefined) : value
        return subject !== undefined && matcher.compare(subject, []) === (one.kind === 'matches' ? 1 : -1)
      }
    }
  }
}

function textsOf(alphabet: string, maxLength: number): readonly string[] {
  let last = ['']
  const all = ['']
  for (let length = 1; length <= maxLength; length++) {
    last = last.flatMap((text) => [...alphabet].map((char) => text + char))
    for (const text of last) all.push(text)
  }
  return all
}

function signatureText(region: Region, count: number): string {
  return Array.from({ length: count }, (_, index) => (passes(region, index) ? '1' : '0')).join('')
}

/** Sample and signature agree, no signature twice, and every value given lies in a region. */
function expectExact(tests: readonly ValueTest[], values: readonly string[], domain: ValueDomain = TEXT): void {
  const regions = regionsOf(tests, domain)
  const signatures = regions.map((region) => signatureText(region, tests.length))
  const answers = answersOf(tests)
  expect(regions.map((region) => answers(region.sample))).toEqual(signatures)
  expect(new Set(signatures).size).toBe(signatures.length)
  const found = new Set(signatures)
  expect(values.filter((value) => !found.has(answers(value)))).toEqual([])
}

const condition = (operator: 'StringLike' | 'StringEquals' | 'StringEqualsIgnoreCase' | 'ArnLike' | 'Bool') =>
  fc.record({
    kind: fc.constantFrom('matches' as const, 'uncomparable' as const),
    operator: fc.constant(operator),
    marked: fc.array(patternText(operator === 'ArnLike' ? ':' : 'A'), { maxLength: 3 }),
  })

function patternText(extra: string): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom('a', 'b', '*', '?', '*', extra, extra), { maxLength: extra === ':' ? 10 : 5 })
    .map((chars) => `=${chars.join('')}`)
}

describe('brute force over all short texts', () => {
  const shortTexts = textsOf('abAc', 5)
  test('texts, with and without case', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(condition('StringLike'), condition('StringEquals'), condition('StringEqualsIgnoreCase')), {
          maxLength: 4,
        }),
        (tests) => expectExact(tests, shortTexts),
      ),
      { seed: 1, numRuns: 150 },
    )
  })

  const arns = textsOf('ab:', 8)
  test('ARNs, field by field, and resources', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            condition('ArnLike'),
            fc.record({ kind: fc.constant('resource' as const), marked: fc.array(patternText(':'), { maxLength: 2 }) }),
          ),
          { maxLength: 3 },
        ),
        (tests) => expectExact(tests, arns),
      ),
      { seed: 2, numRuns: 150 },
    )
  })
})

describe('domains', () => {
  const like = (pattern: string): ValueTest => ({ kind: 'matches', operator: 'StringLike', marked: [`=${pattern}`] })
  const equals = (...texts: string[]): ValueTest => ({
    kind: 'matches',
    operator: 'StringEquals',
    marked: texts.map((text) => `=${text}`),
  })
  const samplesOf = (tests: readonly ValueTest[], domain: ValueDomain): string[] =>
    regionsOf(tests, domain)
      .map((region) => region.sample)
      .toSorted()
  const wordsOf = (tests: readonly ValueTest[], domain: ValueDomain): string[] =>
    regionsOf(tests, domain)
      .map((region) => describeRegion(region, tests, domain))
      .toSorted()
  const ROLE: ValueDomain = { kind: 'principal', forms: ['role'] }

  test('account ids: every one of a few digits that patterns tell apart', () => {
    const digits = textsOf('12', 6).filter((text) => text.length === 6)
    const accounts = digits.map((text) => `111111${text}`)
    const pattern = fc
      .array(fc.constantFrom('1', '2', '*', '?'), { maxLength: 7 })
      .map((chars) => like(`111111${chars.join('')}`))
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), (tests) => expectExact(tests, accounts, { kind: 'account' })),
      { seed: 3, numRuns: 60 },
    )
  })

  test('principals: account and ARN in one', () => {
    const parts = ['1', '2'].flatMap((digit) =>
      textsOf('ab', 3)
        .slice(1)
        .map((name) => `arn:aws:iam::${digit.repeat(12)}:role/${name}`),
    )
    const account = fc.constantFrom('1', '2', '*').map((digit): ValueTest => {
      const marked = [digit === '*' ? '=1*' : `=${digit.repeat(12)}`]
      return { kind: 'matches', operator: 'StringLike', marked, of: 'account' }
    })
    const arn = fc
      .tuple(fc.constantFrom('111111111111', '*', '2*'), fc.constantFrom('a', 'a*', '*b', '*', '?b*'))
      .map(([id, name]): ValueTest => {
        return { kind: 'matches', operator: 'ArnLike', marked: [`=arn:*:iam::${id}:role/${name}`] }
      })
    fc.assert(
      fc.property(fc.array(fc.oneof(account, arn), { maxLength: 5 }), (tests) => expectExact(tests, parts, ROLE)),
      { seed: 4, numRuns: 60 },
    )
  })

  test('samples look real', () => {
    expect(samplesOf([], ROLE)).toEqual(['arn:aws:iam::111122223333:role/other'])
    expect(
      samplesOf([like('arn:aws:iam::444455556666:*'), equals('arn:aws:iam::444455556666:role/App')], ROLE),
    ).toEqual([
      'arn:aws:iam::111122223333:role/other',
      'arn:aws:iam::444455556666:role/App',
      'arn:aws:iam::444455556666:role/other',
    ])
    expect(
      samplesOf([like('*.eu-west-1.amazonaws.com'), equals('s3.eu-west-1.amazonaws.com')], { kind: 'viaService' }),
    ).toEqual(['ec2.eu-west-1.amazonaws.com', 's3.eu-west-1.amazonaws.com', 's3.us-east-1.amazonaws.com'])
  })

  test('a value that the domain does not have makes no region', () => {
    expect(samplesOf([equals('123'), like('*x*')], { kind: 'account' })).toEqual(['111122223333'])
    expect(samplesOf([equals('maybe')], { kind: 'boolean' })).toEqual(['true'])
    const keys: ValueDomain = { kind: 'keyArn', accounts: ['111122223333'], regions: ['eu-west-1'] }
    expect(samplesOf([like('arn:aws:kms:us-*'), like('*:alias/*')], keys)).toEqual([
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ])
  })

  test('in words', () => {
    expect(wordsOf([like('arn:aws:iam::444455556666:*'), equals('arn:aws:iam::444455556666:role/App')], ROLE)).toEqual([
      'any other role',
      'any other role in account 444455556666',
      'arn:aws:iam::444455556666:role/App',
    ])
    expect(wordsOf([{ kind: 'matches', operator: 'IpAddress', marked: ['=10.0.0.0/8'] }], { kind: 'address' })).toEqual(
      ['an address in 10.0.0.0/8', 'an address outside 10.0.0.0/8'],
    )
    expect(
      wordsOf([{ kind: 'matches', operator: 'NumericLessThan', marked: ['=7'] }], { kind: 'number', whole: true }),
    ).toEqual(['a number below 7, such as 1', 'a number of at least 7, such as 7'])
    expect(wordsOf([equals('a', 'b'), equals('b', 'c')], TEXT)).toEqual(['a', 'any other value', 'b', 'c'])
    expect(wordsOf([{ kind: 'matches', operator: 'Bool', marked: ['=true'] }], { kind: 'boolean' })).toEqual([
      'false',
      'true',
    ])
  })

  test('many patterns in one test are one region and not two to their number', () => {
    const marked = Array.from({ length: 60 }, (_, index) => `=*word${index}x*`)
    expect(regionsOf([{ kind: 'matches', operator: 'StringLike', marked }])).toHaveLength(2)
  })
})

describe('values with an order', () => {
  const numeric = fc
    .tuple(
      fc.constantFrom('matches' as const, 'uncomparable' as const),
      fc.constantFrom('NumericEquals' as const, 'NumericLessThan' as const, 'NumericGreaterThanEquals' as const),
      fc.array(fc.constantFrom('=0', '=3', '=3.5', '=3.50', '=-2', '=7', '=x'), { maxLength: 2 }),
    )
    .map(([kind, operator, marked]): ValueTest => ({ kind, operator, marked }))
  const texts = fc
    .array(fc.constantFrom('=3', '=3.0', '=x', '=other', '=', '=2026'), { maxLength: 2 })
    .map((marked): ValueTest => ({ kind: 'matches', operator: 'StringEquals', marked }))
  const tenths = Array.from({ length: 120 }, (_, index) => (index - 30) / 10)

  test('numbers', () => {
    const values = [...tenths.map(String), '3.0', '+3', 'x', 'other', 'y', '']
    fc.assert(
      fc.property(fc.array(fc.oneof(numeric, texts), { maxLength: 4 }), (tests) => expectExact(tests, values)),
      { seed: 5, numRuns: 80 },
    )
    const whole = Array.from({ length: 12 }, (_, index) => String(index))
    fc.assert(
      fc.property(fc.array(fc.oneof(numeric, texts), { maxLength: 4 }), (tests) =>
        expectExact(tests, whole, { kind: 'number', whole: true }),
      ),
      { seed: 6, numRuns: 80 },
    )
  })

  test('dates, also where the same text is a number', () => {
    const date = fc
      .tuple(
        fc.constantFrom('matches' as const, 'uncomparable' as const),
        fc.constantFrom('DateEquals' as const, 'DateLessThan' as const, 'DateGreaterThanEquals' as const),
        fc.array(fc.constantFrom('=2026', '=1970-01-01T00:00:03Z', '=2026-08-01T00:00:00.5Z', '=3', '=x'), {
          maxLength: 2,
        }),
      )
      .map(([kind, operator, marked]): ValueTest => ({ kind, operator, marked }))
    const instants = [0, 2999, 3000, 3001, 1767225599999, 1767225600000, 1785542400499, 1785542400500, 1785542400501]
    const values = [
      ...instants.map((at) => new Date(at).toISOString()),
      ...instants.map((at) => String(at / 1000)),

      '2025',
      '2026',
      '2027',
      '1969',
      '1970',
      '3',
      '3.0',
      '3.0005',
      '03',
      '0003',
      '+3',
      '-3',
      '1767225600',
      'x',
      '',
    ]
    fc.assert(
      fc.property(fc.array(fc.oneof(date, numeric, texts), { maxLength: 4 }), (tests) => expectExact(tests, values)),
      { seed: 7, numRuns: 80 },
    )
  })

  test('addresses', () => {
    const address = fc
      .tuple(
        fc.constantFrom('matches' as const, 'uncomparable' as const),
        fc.array(
          fc.constantFrom(
            '=10.0.0.0/8',
            '=10.1.0.0/16',
            '=10.1.2.3',
            '=0.0.0.0/0',
            '=::/0',
            '=::ffff:0:0/95',
            '=2001:db8::/32',
            '=x',
          ),
          { maxLength: 2 },
        ),
      )
      .map(([kind, marked]): ValueTest => ({ kind, operator: 'IpAddress', marked }))
    const values = [
      '10.0.0.0',
      '10.1.0.0',
      '10.1.2.3',
      '10.1.2.4',
      '10.255.255.255',
      '11.0.0.0',
      '9.9.9.9',
      '::ffff:10.1.2.3',
      '::',
      '::1',
      '::fffe:0:1',
      '::1:0:0:0',
      '2001:db8::1',
      '2001:db9::',
      'ffff::',
      'x',
      '',
      'other',
    ]
    fc.assert(
      fc.property(fc.array(fc.oneof(address, texts), { maxLength: 4 }), (tests) => expectExact(tests, values)),
      { seed: 8, numRuns: 80 },
    )
    const real = values.filter((value) => value.includes('.') || value.includes(':'))
    fc.assert(
      fc.property(fc.array(address, { maxLength: 4 }), (tests) => expectExact(tests, real, { kind: 'address' })),
      { seed: 9, numRuns: 40 },
    )
  })
})

describe('what has no exact partition ends in a reason', () => {
  const kindOf = (tests: readonly ValueTest[], budget = DEFAULT_REGION_BUDGET): string => {
    const made = partition(tests, TEXT, budget)
    return made.ok ? `${made.value.length} regions` : made.error.kind
  }
  const infix = (count: number): ValueTest[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: 'matches',
      operator: 'StringLike',
      marked: [`=*word${index}x*`],
    }))

  test('too many regions, too many states', () => {
    expect(kindOf(infix(5))).toBe('32 regions')
    expect(kindOf(infix(12), { maxRegions: 1000, maxStates: 1_000_000 })).toBe('tooManyRegions')
    expect(kindOf(infix(40), { maxRegions: 1_000_000, maxStates: 5000 })).toBe('tooManyStates')
  })

  test('variables, unless they have no value at all', () => {
    expect(kindOf([{ kind: 'matches', operator: 'StringLike', marked: ['$${aws:username}'] }])).toBe('variables')
    // facts A7: a key policy sees no tags of the resource, so the value matches nothing.
    expect(kindOf([{ kind: 'matches', operator: 'StringLike', marked: ['&${aws:ResourceTag/a}'] }])).toBe('1 regions')
    expect(kindOf([{ kind: 'matches', operator: 'StringLike', marked: ['$a${*}'] }])).toBe('2 regions')
  })

  test('wildcards and an order on the same values', () => {
    const tests: ValueTest[] = [
      { kind: 'matches', operator: 'StringLike', marked: ['=1*'] },
      { kind: 'matches', operator: 'NumericLessThan', marked: ['=5'] },
    ]
    expect(kindOf(tests)).toBe('mixedTests')
  })
})
