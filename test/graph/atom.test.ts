/**
 * What each mode of an atom asks: for every shape of a request's value, the modes that hold.
 *
 * Source: IAM User Guide, "Single-valued vs. multivalued context keys", "Conditions with multiple context keys or
 * values"; authorization.md B2 to B4, K-12, K-32.
 */
import { describe, expect, test } from 'vitest'
import { Atom, ATOM_MODES, atomMode, type SlotValue } from '../../src/graph/atom.js'
import { KEY_POLICY_TEMPLATE, LITERAL, TEMPLATE } from '../../src/graph/template-value.js'
import type { BaseOperator } from '../../src/policy/document.js'

type Mode = (typeof ATOM_MODES)[number]

const SLOT = 1
const VARIABLE = 2

function atomOf(mode: Mode, operator: BaseOperator, marked: readonly string[]): Atom {
  return new Atom(atomMode(mode), operator, SLOT, marked, () => VARIABLE)
}

function holding(operator: BaseOperator, marked: readonly string[], value: SlotValue): readonly Mode[] {
  return ATOM_MODES.filter((mode) => atomOf(mode, operator, marked).holds([undefined, value]))
}

/** Asked of `NumericEquals` 5: `6` and `7` differ from it, `x` and `y` cannot be compared. */
const NUMBERS: readonly (readonly [value: SlotValue, modes: readonly Mode[]])[] = [
  [undefined, ['absent']],
  ['5', ['matches', 'anyMatches', 'presentNoneDiffers', 'someNotDiffering', 'mayMatch', 'allMatch']],
  ['6', ['presentUnmatched', 'presentNoneMatches', 'anyDiffers', 'someUnmatched', 'differs', 'allDiffer']],
  [
    'x',
    [
      'uncomparable',
      'presentUnmatched',
      'presentNoneMatches',
      'presentNoneDiffers',
      'someUnmatched',
      'someNotDiffering',
      'mayMatch',
    ],
  ],
  // Several values without a set operator are not compared at all (K-12).
  [
    ['5', '5'],
    [
      'uncomparable',
      'presentUnmatched',
      'anyMatches',
      'presentNoneDiffers',
      'someNotDiffering',
      'mayMatch',
      'allMatch',
    ],
  ],
  [
    ['5', '6'],
    ['uncomparable', 'presentUnmatched', 'anyMatches', 'anyDiffers', 'someUnmatched', 'someNotDiffering', 'mayMatch'],
  ],
  [
    ['5', 'x'],
    [
      'uncomparable',
      'presentUnmatched',
      'anyMatches',
      'presentNoneDiffers',
      'someUnmatched',
      'someNotDiffering',
      'mayMatch',
    ],
  ],
  [
    ['6', '7'],
    ['uncomparable', 'presentUnmatched', 'presentNoneMatches', 'anyDiffers', 'someUnmatched', 'mayMatch', 'allDiffer'],
  ],
  [
    ['6', 'x'],
    [
      'uncomparable',
      'presentUnmatched',
      'presentNoneMatches',
      'anyDiffers',
      'someUnmatched',
      'someNotDiffering',
      'mayMatch',
    ],
  ],
  [
    ['x', 'y'],
    [
      'uncomparable',
      'presentUnmatched',
      'presentNoneMatches',
      'presentNoneDiffers',
      'someUnmatched',
      'someNotDiffering',
      'mayMatch',
    ],
  ],
  // An empty text is a value, but a set of empty texts is no set, and to `Null` only a list of them is nothing (B4).
  ['', ['uncomparable', 'presentUnmatched', 'mayMatch']],
  [[''], ['uncomparable', 'presentUnmatched', 'absent', 'mayMatch']],
  [
    ['', ''],
    ['uncomparable', 'presentUnmatched', 'absent', 'mayMatch'],
  ],
  [
    ['', '5'],
    [
      'uncomparable',
      'presentUnmatched',
      'anyMatches',
      'presentNoneDiffers',
      'someUnmatched',
      'someNotDiffering',
      'mayMatch',
    ],
  ],
]

/** A list of one empty text is the one list that is a single value. */
const TEXTS: readonly (readonly [wanted: string, value: SlotValue, modes: readonly Mode[]])[] = [
  ['', '', ['matches', 'mayMatch']],
  ['', [''], ['matches', 'absent', 'mayMatch']],
  ['a', '', ['presentUnmatched', 'differs']],
  ['a', [''], ['presentUnmatched', 'absent', 'differs']],
  ['', ['', ''], ['uncomparable', 'presentUnmatched', 'absent', 'mayMatch']],
]

describe('the modes that hold', () => {
  test.each(NUMBERS)('for %j against the number 5', (value, modes) => {
    expect(holding('NumericEquals', [`${LITERAL}5`], value)).toEqual(modes)
  })
  test.each(TEXTS)('for the text %j against %j', (wanted, value, modes) => {
    expect(holding('StringEquals', [LITERAL + wanted], value)).toEqual(modes)
  })
})

test('no atom has a mode that is none', () => {
  expect(() => new Atom(ATOM_MODES.length, 'StringEquals', SLOT, [], () => VARIABLE).holds([undefined, 'a'])).toThrow(
    'no atom has mode 14',
  )
})

describe('one atom, asked again', () => {
  test('answers each value for itself, in any order', () => {
    const atom = atomOf('matches', 'NumericEquals', [`${LITERAL}5`])
    const asked = ['5', '5', '6', '6', '5', undefined, '5', ['5', '6'], '5']
    expect(asked.map((value) => atom.holds([undefined, value]))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      false,
      true,
    ])
  })

  test('answers with the variable of this request, not of the last', () => {
    for (const mark of [TEMPLATE, KEY_POLICY_TEMPLATE]) {
      const atom = atomOf('matches', 'StringEquals', [`${mark}\${aws:username}`])
      expect(atom.slots).toEqual([SLOT, VARIABLE])
      expect(['Alice', 'Bob', undefined, 'Alice'].map((name) => atom.holds([undefined, 'Alice', name]))).toEqual([
        true,
        false,
        false,
        true,
      ])
    }
  })

  test('answers texts of any length', () => {
    const text = 'a'.repeat(300)
    const atom = atomOf('matches', 'StringEquals', [LITERAL + text])
    expect([text, `${text}a`, text, 'a', text].map((value) => atom.holds([undefined, value]))).toEqual([
      true,
      false,
      true,
      false,
      true,
    ])
  })
})

test('only a key with one value that must match is a plain match', () => {
  expect(ATOM_MODES.filter((mode) => atomOf(mode, 'StringEquals', [`${LITERAL}a`]).isPlainMatch)).toEqual(['matches'])
})

test('says whether a value could be compared', () => {
  const atom = atomOf('matches', 'NumericEquals', [`${LITERAL}5`])
  expect(['5', '6', 'x', ''].map((value) => atom.canCompare(value, []))).toEqual([true, true, false, false])
})
