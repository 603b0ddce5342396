/** A baseline knows findings again when their file has changed, and no more than it has. */
import { describe, expect, test } from 'vitest'
import { baselineOf, printBaseline, readBaseline } from '../../src/lint/baseline.js'
import { defaultConfig } from '../../src/lint/config.js'
import { Linter, type LintResult } from '../../src/lint/lint.js'
import { sidRule, SUP_RULES } from './fake-rules.js'

const statement = (sid: string): string => `{"Sid":"${sid}","Effect":"Allow","Action":"kms:a","Resource":"*"}`
const policy = (...sids: readonly string[]): string =>
  `{"Version":"2012-10-17","Statement":[\n${sids.map(statement).join(',\n')}\n]}`

function lint(text: string, baseline?: string): LintResult {
  const linter = new Linter([sidRule, ...SUP_RULES], {
    config: defaultConfig(),
    choice: {},
    today: '2026-11-22',
    readers: [],
  })
  linter.add({ name: 'x.json', text }, true)
  if (baseline === undefined) return linter.finish()
  const read = readBaseline({ name: 'baseline.json', text: baseline })
  if (!read.ok) throw new Error(read.error[0]?.message)
  return linter.finish(read.value)
}

const written = printBaseline(baselineOf(lint(policy('A', 'B', 'B')).findings))
const found = (text: string): readonly string[] =>
  lint(text, written).findings.map(({ rule, message }) => `${rule.id} ${message}`)

describe('a baseline', () => {
  test('takes out what it has', () => expect(found(policy('A', 'B', 'B'))).toEqual([]))
  test('also when statements and lines have moved', () => expect(found(`\n\n${policy('B', 'A', 'B')}`)).toEqual([]))
  test('leaves what is new', () => expect(found(policy('A', 'C', 'B', 'B'))).toEqual(['TST001 Sid `C`']))
  test('counts', () => expect(found(policy('A', 'B', 'B', 'B'))).toEqual(['TST001 Sid `B`']))
  test('an entry that matches nothing is reported', () =>
    expect(found(policy('A', 'B'))).toEqual([
      'SUP001 an entry of the baseline for `TST001` in `x.json` matches nothing',
    ]))
  test('and pruned', () => expect(lint(policy('A', 'B'), written).pruned.map(({ count }) => count)).toEqual([1, 1]))
  test('pruning what is in use changes nothing', () =>
    expect(printBaseline(lint(policy('A', 'B', 'B'), written).pruned)).toBe(written))
  test('is refused with its place when it is none', () => {
    const read = readBaseline({ name: 'b', text: '{"version": 1, "entries": [{"file": "x"}]}' })
    expect(read.ok ? [] : read.error.map(({ message, span }) => [message, span.start])).toEqual([
      ['an entry of a baseline has `file`, `rule`, `path` and `hash`', 27],
    ])
  })
})
