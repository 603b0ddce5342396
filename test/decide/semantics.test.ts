/**
 * Every semantics case (`test/cases/semantics/README.md`), answered and decided, each by the page that it names.
 *
 * The slow interpreter answers them too: a case that only one of the two gets right is a mistake in the other.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Simulator, type Answer } from '../../src/source/simulate.js'
import type { SimulationDocument } from '../reference/document.js'
import { interpret, interpretLockout, interpretMulti } from '../reference/interpret.js'
import { waysDiffer } from './agree.js'
import { CallReader } from './read-calls.js'

const FOLDER = new URL('../cases/semantics/', import.meta.url)

interface Case {
  readonly name: string
  readonly page: string
  readonly document: SimulationDocument
  readonly expect: Expected
}

interface Expected {
  readonly decision?: string
  readonly layer?: string
  readonly cause?: string
  readonly failingCheck?: number | null
  readonly lockout?: string
  readonly error?: string
}

const simulator = new Simulator()
const reader = new CallReader()

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const cases = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as readonly Case[]
  describe(file, () => {
    for (const { name, page, document, expect: expected } of cases) {
      test(`${name} (${page})`, () => check(document, expected))
    }
  })
}

function check(document: SimulationDocument, expected: Expected): void {
  const [answer] = simulator.answer(JSON.stringify(document), 1)
  if (expected.error !== undefined) {
    expect(answer).toHaveProperty('error.message', expect.stringContaining(expected.error))
    return
  }
  expect(picked(answer, expected)).toEqual(expected)
  for (const call of reader.calls(document)) expect(waysDiffer(call)).toBeUndefined()
  // The interpreter fills in no condition keys and knows no cause codes.
  if (isDerived(document)) return
  const { cause: _cause, ...verdict } = expected
  expect(picked(interpreted(document), verdict)).toEqual(verdict)
}

/** The members of an answer that the case judges. */
function picked(answer: Answer | object | undefined, expected: Expected): object {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, answer && Reflect.get(answer, name)]))
}

function isDerived(document: object): boolean {
  return 'derive' in document && document.derive === true
}

function interpreted(document: SimulationDocument): object {
  if (document.kind === 'multi') return interpretMulti(document)
  return document.kind === 'lockout' ? { lockout: interpretLockout(document) } : interpret(document)
}
