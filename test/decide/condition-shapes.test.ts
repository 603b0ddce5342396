/**
 * Every shape of a condition test against every kind of value: in an Allow, in a Deny, and in a Deny that would rather
 * refuse than let through.
 *
 * Source: authorization.md A8, B2, B4, K-3, K-12, K-18, K-19, K-28, K-32.
 */
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import type { DecisionOptions } from '../../src/decide/options.js'
import type { AuthorizeDocument, ConditionJson, Context } from '../reference/document.js'
import { allow, asked, deny, policy } from '../reference/example.js'
import { interpret } from '../reference/interpret.js'
import { waysDiffer } from './agree.js'
import { CallReader } from './read-calls.js'

const KEY = 'aws:MultiFactorAuthAge'

const reader = new CallReader()

function decided(document: AuthorizeDocument, options: Partial<DecisionOptions> = {}): string {
  const call = reader.call(document, options)
  expect(waysDiffer(call)).toBeUndefined()
  return decide(call).decision
}

function allowing(when: ConditionJson, context: Context): AuthorizeDocument {
  return asked({ keyPolicy: policy(allow('kms:*', { to: '*', when })), context })
}

function denying(when: ConditionJson, context: Context): AuthorizeDocument {
  return asked({ keyPolicy: policy(allow('kms:*', { to: '*' }), deny('kms:*', { to: '*', when })), context })
}

/** As the slow interpreter has it too. */
function holds(when: ConditionJson, context: Context): boolean {
  const inAllow = decided(allowing(when, context))
  const inDeny = decided(denying(when, context))
  expect([inAllow, inDeny]).toEqual([
    interpret(allowing(when, context)).decision,
    interpret(denying(when, context)).decision,
  ])
  expect(inDeny === 'explicitDeny').toBe(inAllow === 'allow')
  return inAllow === 'allow'
}

function holdsCarefully(when: ConditionJson, context: Context): boolean {
  return decided(denying(when, context), { uncomparable: 'deny' }) === 'explicitDeny'
}

/** What the request has of the key, whose wanted value is 5: `x` and `y` are no numbers. */
const VALUES = {
  absent: undefined,
  same: '5',
  other: '6',
  bad: 'x',
  'same same': ['5', '5'],
  'same other': ['5', '6'],
  'same bad': ['5', 'x'],
  'other other': ['6', '7'],
  'other bad': ['6', 'x'],
  'bad bad': ['x', 'y'],
} as const

type Value = keyof typeof VALUES

const ALL = Object.keys(VALUES) as readonly Value[]

/** `holds`: for which values the test is true; `careful`: for which others too where the doubt is held against it. */
const SHAPES: readonly (readonly [operator: string, holds: readonly Value[], careful: readonly Value[]])[] = [
  // K-12: several values without a set operator are not compared.
  ['NumericEquals', ['same'], ['bad', 'same same', 'same other', 'same bad', 'other other', 'other bad', 'bad bad']],
  [
    'NumericNotEquals',
    ['absent', 'other'],
    ['bad', 'same same', 'same other', 'same bad', 'other other', 'other bad', 'bad bad'],
  ],
  [
    'NumericEqualsIfExists',
    ['absent', 'same'],
    ['bad', 'same same', 'same other', 'same bad', 'other other', 'other bad', 'bad bad'],
  ],
  [
    'NumericNotEqualsIfExists',
    ['absent', 'other'],
    ['bad', 'same same', 'same other', 'same bad', 'other other', 'other bad', 'bad bad'],
  ],
  ['ForAllValues:NumericEquals', ['absent', 'same', 'same same'], ['bad', 'same bad', 'bad bad']],
  ['ForAllValues:NumericNotEquals', ['absent', 'other', 'other other'], ['bad', 'other bad', 'bad bad']],
  ['ForAllValues:NumericEqualsIfExists', ['absent', 'same', 'same same'], ['bad', 'same bad', 'bad bad']],
  ['ForAllValues:NumericNotEqualsIfExists', ['absent', 'other', 'other other'], ['bad', 'other bad', 'bad bad']],
  ['ForAnyValue:NumericEquals', ['same', 'same same', 'same other', 'same bad'], ['bad', 'other bad', 'bad bad']],
  ['ForAnyValue:NumericNotEquals', ['other', 'same other', 'other other', 'other bad'], ['bad', 'same bad', 'bad bad']],
  [
    'ForAnyValue:NumericEqualsIfExists',
    ['absent', 'same', 'same same', 'same other', 'same bad'],
    ['bad', 'other bad', 'bad bad'],
  ],
  [
    'ForAnyValue:NumericNotEqualsIfExists',
    ['absent', 'other', 'same other', 'other other', 'other bad'],
    ['bad', 'same bad', 'bad bad'],
  ],
]

function contextOf(value: Value): Context {
  const given = VALUES[value]
  return given === undefined ? {} : { [KEY]: given }
}

describe('holds for these values, and carefully for those too', () => {
  test.each(SHAPES)('%s: %j, %j', (operator, expected, careful) => {
    const when = { [operator]: { [KEY]: '5' } }
    expect(ALL.filter((value) => holds(when, contextOf(value)))).toEqual(expected)
    expect(ALL.filter((value) => holdsCarefully(when, contextOf(value)))).toEqual(
      ALL.filter((value) => expected.includes(value) || careful.includes(value)),
    )
  })
})

// What a Deny does in doubt an Allow never does.
test('an Allow that cannot compare allows nothing, however careful Denies are', () => {
  for (const [operator, expected] of SHAPES) {
    const when = { [operator]: { [KEY]: '5' } }
    const allowed = ALL.filter(
      (value) => decided(allowing(when, contextOf(value)), { uncomparable: 'deny' }) === 'allow',
    )
    expect(allowed, operator).toEqual(expected)
  }
})

/** A8, K-18: without a value there is nothing to be equal to. */
describe('an empty list of values', () => {
  const PRESENT = ALL.filter((value) => value !== 'absent')
  const SINGLE = ['same', 'other', 'bad'] as const
  const EMPTY: readonly (readonly [operator: string, holds: readonly Value[]])[] = [
    ['StringEquals', []],
    ['StringNotEquals', ['absent', ...SINGLE]],
    ['StringEqualsIfExists', ['absent']],
    ['StringNotEqualsIfExists', ['absent']],
    ['ForAllValues:StringEquals', ['absent']],
    ['ForAllValues:StringNotEquals', ['absent']],
    ['ForAllValues:StringEqualsIfExists', ['absent']],
    ['ForAllValues:StringNotEqualsIfExists', ['absent']],
    ['ForAnyValue:StringEquals', []],
    ['ForAnyValue:StringNotEquals', []],
    ['ForAnyValue:StringEqualsIfExists', ['absent']],
    ['ForAnyValue:StringNotEqualsIfExists', ['absent']],
    // `Null` asks for one of its values, and there is none.
    ['Null', []],
  ]
  test.each(EMPTY)('of %s holds for %j', (operator, expected) => {
    const when = { [operator]: { [KEY]: [] } }
    expect(ALL.filter((value) => holds(when, contextOf(value)))).toEqual(expected)
  })

  test('is none to a set operator that is careful either', () => {
    for (const operator of ['ForAllValues:StringEquals', 'ForAllValues:NumericEquals', 'ForAllValues:ArnLike']) {
      expect(PRESENT.filter((value) => holdsCarefully({ [operator]: { [KEY]: [] } }, contextOf(value)))).toEqual([])
    }
  })
})

/** B2. */
describe('Null', () => {
  const CASES: readonly (readonly [operator: string, wanted: readonly string[], absent: boolean, present: boolean])[] =
    [
      ['Null', ['true'], true, false],
      ['Null', ['TRUE'], true, false],
      ['Null', ['false'], false, true],
      ['Null', ['true', 'false'], true, true],
      ['Null', ['true', 'true'], true, false],
      ['ForAllValues:Null', ['true'], true, true],
      ['ForAllValues:Null', ['false'], true, true],
      ['ForAnyValue:Null', ['true'], false, false],
      ['ForAnyValue:Null', ['false'], false, false],
    ]
  test.each(CASES)('%s %j of an absent key is %s, of one that is there %s', (operator, wanted, absent, present) => {
    const when = { [operator]: { [KEY]: wanted } }
    expect(holds(when, {})).toBe(absent)
    expect(holds(when, { [KEY]: '5' })).toBe(present)
  })
})

/** A7: other operators than String*, Arn* and Bool (K-6) have no variables; what looks like one is no number, date or address. */
describe('a value that looks like a variable', () => {
  const CASES: readonly (readonly [operator: string, got: string])[] = [
    ['NumericEquals', '5'],
    ['DateEquals', '2026'],
    ['BinaryEquals', 'AAEC'],
    ['IpAddress', '10.0.0.1'],
  ]
  test.each(CASES)('of %s is none', (operator, got) => {
    for (const wanted of ['${aws:username}', "${aws:username, '5'}", '${', '${x']) {
      expect(holds({ [operator]: { [KEY]: wanted } }, { [KEY]: got, 'aws:username': got })).toBe(false)
      expect(holds({ [operator]: { [KEY]: [wanted, got] } }, { [KEY]: got, 'aws:username': got })).toBe(true)
    }
  })
})

/** K-19: a key policy does not see the tags and aliases of its key; what it asks of them is asked of an absent key. */
describe('a key that the key policy cannot see', () => {
  const HIDDEN = 'aws:ResourceTag/team'
  const CASES: readonly (readonly [operator: string, wanted: string, holds: boolean])[] = [
    ['StringEquals', 'a', false],
    ['StringNotEquals', 'a', true],
    ['StringNotEquals', 'b', true],
    ['StringEqualsIfExists', 'b', true],
    ['StringNotEqualsIfExists', 'a', true],
    ['ForAllValues:StringEquals', 'b', true],
    ['ForAllValues:StringNotEquals', 'a', true],
    ['ForAnyValue:StringEquals', 'a', false],
    ['ForAnyValue:StringNotEquals', 'b', false],
    ['ForAnyValue:StringEqualsIfExists', 'b', true],
    ['Null', 'true', true],
    ['Null', 'false', false],
  ]
  test.each(CASES)('%s %s', (operator, wanted, expected) => {
    const when = { [operator]: { [HIDDEN]: wanted } }
    expect(holds(when, { [HIDDEN]: 'a' })).toBe(expected)
    expect(holds(when, {})).toBe(expected)
  })

  test('and nothing that is not there hides another statement', () => {
    const always = deny('kms:*', { to: '*', when: { Null: { [KEY]: 'true' } } })
    const never = allow('kms:*', { to: '*', when: { Null: { [HIDDEN]: 'false' } } })
    // The first condition of the policy holds; one that can never hold is no copy of it.
    expect(decided(asked({ keyPolicy: policy({ ...always, Effect: 'Allow', Action: 'kms:Sign' }, never) }))).toBe(
      'implicitDeny',
    )
  })

  const TEAM = '${aws:ResourceTag/team}'
  test('is absent as a variable too, and an identity policy sees it', () => {
    const when = { StringEquals: { 'aws:PrincipalTag/team': TEAM } }
    const context = { 'aws:PrincipalTag/team': 'a', [HIDDEN]: 'a' }
    expect(holds(when, context)).toBe(false)
    const document = asked({
      keyPolicy: policy(allow('kms:*', { to: { AWS: 'arn:aws:iam::111122223333:root' } })),
      identityPolicies: [policy(allow('kms:*', { when }))],
      context,
    })
    expect([decided(document), interpret(document).decision]).toEqual(['allow', 'allow'])
  })
})
