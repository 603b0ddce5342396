/** Which rules run, by what people write. */
import { describe, expect, test } from 'vitest'
import { RuleRegistry, type RuleChoice, type RuleNeeds } from '../../src/lint/rule-set.js'
import { fakeRule } from './fake-rules.js'

const check = (): void => undefined
const registry = new RuleRegistry([
  fakeRule({ id: 'AAA001', name: 'first-rule', check }),
  fakeRule({ id: 'AAA002', check, default: 'strict' }),
  fakeRule({ id: 'AAB001', check, aliases: ['OLD001', 'old-name'] }),
  fakeRule({ id: 'BBB001', check, default: 'diff' }),
  fakeRule({ id: 'BBB002', check, default: 'config' }),
  fakeRule({
    id: 'BBB003',
    check,
    precision: 'medium',
    options: [{ name: 'most', type: 'number', default: 3, description: 'Most.' }],
  }),
])

const ids = (choices: readonly RuleChoice[], needs: RuleNeeds = {}): string =>
  registry
    .active(choices, needs)
    .map(({ rule }) => rule.id)
    .join(' ')

describe('selection', () => {
  test.each<[string, readonly RuleChoice[], RuleNeeds, string]>([
    ['the default preset', [], {}, 'AAA001 AAB001'],
    ['the strict preset', [{ preset: 'strict' }], {}, 'AAA001 AAA002 AAB001 BBB003'],
    ['an older version at hand', [], { hasBaselineVersion: true }, 'AAA001 AAB001 BBB001'],
    ['assertions of a project', [], { hasAssertions: true }, 'AAA001 AAB001 BBB002'],
    ['only some, by the beginning of their ids', [{ select: ['AAA'] }], {}, 'AAA001 AAA002'],
    ['by name, in any case', [{ select: ['First-Rule'] }], {}, 'AAA001'],
    ['by a former name', [{ select: ['OLD001'] }], {}, 'AAB001'],
    ['beside those of the preset', [{ extend: ['BBB003'] }], {}, 'AAA001 AAB001 BBB003'],
    ['without some', [{ ignore: ['AAB', 'BBB'] }], {}, 'AAA001'],
    ['all of them', [{ select: ['ALL'] }], {}, 'AAA001 AAA002 AAB001 BBB001 BBB002 BBB003'],
    ['off by a setting', [{ rules: { 'first-rule': 'off' } }], {}, 'AAB001'],
    ['on by a setting', [{ rules: { AAA002: 'warning' } }], {}, 'AAA001 AAA002 AAB001'],
    ['a later layer wins', [{ ignore: ['AAA'] }, { extend: ['AAA001'] }], {}, 'AAA001 AAB001'],
    ['a later selection starts again', [{ extend: ['AAA002'] }, { select: ['AAB'] }], {}, 'AAB001'],
  ])('%s', (_name, choices, needs, expected) => expect(ids(choices, needs)).toBe(expected))

  test('a rule that is named counts findings of medium precision', () => {
    expect(registry.active([{ select: ['BBB003'] }]).map(({ takesMedium }) => takesMedium)).toEqual([true])
    expect(registry.active([]).map(({ takesMedium }) => takesMedium)).toEqual([false, false])
  })

  test('options have their defaults, and unknown ones are left out', () => {
    const [rule] = registry.active([
      { select: ['BBB003'], rules: { BBB003: { severity: 'error', options: { odd: 1 } } } },
    ])
    expect(rule).toMatchObject({ severity: 'error', options: { most: 3 } })
  })

  test('what stands for no rule is named, with the nearest', () => {
    expect(registry.unknown({ select: ['AAA', 'AAC001'], rules: { nothing: 'off' } })).toEqual(['AAC001', 'nothing'])
    expect(registry.suggestion('frist-rule')).toBe('first-rule')
  })
})
