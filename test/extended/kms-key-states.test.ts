/**
 * The table of key states in the shared facts and the one that the tests of operations go by say the same; where the facts
 * leave a cell open, there is a choice.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OperationName } from '../../src/aws/operations.js'
import type { KeyState } from '../../src/kms/shapes.js'
import { MADE_HERE, STATES, TABLE, type Row } from '../kms/table/key-state-table.js'
import { ROOT } from '../tooling/sources.js'

const FACTS = join(ROOT, process.env['KEYWARD_SHARED'] ?? '../shared', 'facts/kms-behaviour.md')
const COLUMNS: readonly (readonly KeyState[])[] = [
  ['Enabled'],
  ['Disabled'],
  ['PendingDeletion', 'PendingReplicaDeletion'],
  ['PendingImport'],
  ['Unavailable'],
  ['Creating'],
  ['Updating'],
]

const invalid = (end: RegExp): RegExp => new RegExp(`^KMSInvalidStateException: \\{arn\\} is ${end.source}$`)
const PENDING_DELETION = invalid(/pending deletion\.?/)
const UNSUPPORTED = /^UnsupportedOperationException/
/** By the numbers under the table. */
const FOOTNOTES: Readonly<Record<string, RegExp>> = {
  ok: /^ok$/,
  'n/a': /^never$/,
  '1': /^DisabledException: \{arn\} is disabled\.$/,
  '2/3': /^$/,
  '3': PENDING_DELETION,
  '4': invalid(/not pending deletion/),
  '5': invalid(/pending import\./),
  '6': /^UnsupportedOperationException: \{arn\} origin is EXTERNAL/,
  '7': UNSUPPORTED,
  '8': PENDING_DELETION,
  '9': UNSUPPORTED,
  '10': PENDING_DELETION,
  '11': invalid(/unavailable\./),
  '12': /^ok$/,
  '13': /^$/,
  '14': invalid(/creating\./),
  '15': invalid(/updating\./),
}

interface Documented {
  readonly name: OperationName
  readonly state: KeyState
  readonly text: string
}

function documented(): readonly Documented[] {
  const page = readFileSync(FACTS, 'utf8')
  const [, table = ''] = page.split(/^\| Operation \| Enabled .*\n\|[-|]+\n/m)
  const [rows = ''] = table.split('\n\n')
  return rows.split('\n').flatMap((row) => {
    const [, operations = '', ...cells] = row.split('|').map((cell) => cell.trim())
    const names = operations
      .replace(/ \(.*\)/, '')
      .split(', ')
      .map((name) => name as OperationName)
    return names.flatMap((name) =>
      COLUMNS.flatMap((states, index) => states.map((state) => ({ name, state, text: cells[index] ?? '' }))),
    )
  })
}

test.skipIf(!existsSync(FACTS))('every cell is as documented, or a choice', () => {
  const cells = documented()
  const names = new Set(cells.map(({ name }) => name))
  expect([...names].toSorted()).toEqual(Object.keys(TABLE).toSorted())
  expect(cells).toHaveLength(46 * STATES.length)
  const wrong = cells.filter(({ name, state, text }) => {
    const { outcome, choice } = TABLE[name]![state]
    const ofOthers = (MADE_HERE[name] as Row | undefined)?.[state].outcome ?? outcome
    const marks = text.match(/\bok\b|\bn\/a\b|\b2\/3\b|\b\d{1,2}\b/g) ?? []
    const isOpen = text.includes('?') || text === '2/3'
    const isAsSaid = marks.some((mark) => FOOTNOTES[mark]?.test(outcome) === true || FOOTNOTES[mark]?.test(ofOthers))
    return choice === undefined && (isOpen || !isAsSaid)
  })
  expect(wrong).toEqual([])
})
