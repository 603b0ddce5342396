/** Entries of Action are read once for all policies that have them. Source: IAM User Guide, "IAM JSON policy elements: Action". */
import { expect, test } from 'vitest'
import { actionEntries, type ActionEntry } from '../../../src/lint/facts/action-entries.js'
import type { PatternsView, TextValue } from '../../../src/lint/policy-view.js'

function entriesOf(values: readonly (readonly [value: string, known: boolean])[], start = 0): readonly ActionEntry[] {
  const span = { start, end: start + 1 }
  const items = values.map(([value, known], index): TextValue => {
    return { value, known, node: { kind: 'string', value, ...span }, ...span, index }
  })
  const member = { key: 'Action', keyStart: 0, keyEnd: 0, value: { kind: 'array', items: [], ...span } } as const
  const view: PatternsView = { name: 'Action', negated: false, member, items }
  return actionEntries(view)
}

const said = ({ form, folded, prefix, name, service, actions }: ActionEntry): readonly unknown[] => [
  form,
  folded,
  prefix,
  name,
  service?.prefix,
  actions.map((action) => action.name),
]

const TEXTS = ['kms:Decrypt', 'KMS:decrypt', 'kms:Generate*Pair', 'kms:Nothing', 'nosuch:Get*', '*', 'kms', 'k*:Get']

test('a text read before is the same entry at another place', () => {
  const known = TEXTS.map((text) => [text, true] as const)
  const first = entriesOf(known, 10)
  const second = entriesOf(known, 20)
  expect(second.map(said)).toEqual(first.map(said))
  expect(second.map(({ item }) => item.start)).toEqual(TEXTS.map(() => 20))
  expect(first.map(({ form }) => form)).toEqual([
    'literal',
    'literal',
    'pattern',
    'literal',
    'pattern',
    'any',
    'malformed',
    'malformed',
  ])
})

test('a text that is not known is not taken for the same one that is', () => {
  expect(entriesOf([['kms:Decrypt', false]]).map(said)).toEqual([['unknown', 'kms:decrypt', '', '', undefined, []]])
  expect(entriesOf([['kms:Decrypt', true]]).map(said)).toEqual([
    ['literal', 'kms:decrypt', 'kms', 'decrypt', 'kms', ['Decrypt']],
  ])
})

test('more texts than are remembered are read as the first ones were', () => {
  const [before] = entriesOf([['kms:Generate*', true]])
  const many = entriesOf(Array.from({ length: 25_000 }, (_, index) => [`kms:Some${index}`, true] as const))
  expect(many.at(-1)?.folded).toBe('kms:some24999')
  const [after] = entriesOf([['kms:Generate*', true]])
  expect(after && said(after)).toEqual(before && said(before))
})
