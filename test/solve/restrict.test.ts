/** Diagrams told with less: `restrict` and `exists` against every assignment of a few variables. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Meter } from '../../src/solve/budget.js'
import { Diagrams, NO, YES, type DiagramId } from '../../src/solve/diagram.js'

const WIDTHS = [2, 3, 2, 4]

interface Table {
  readonly diagrams: Diagrams
  readonly make: (bits: readonly boolean[]) => DiagramId
}

/** All assignments, the last variable changing first. */
function assignments(): readonly (readonly number[])[] {
  return WIDTHS.reduce<readonly (readonly number[])[]>(
    (all, width) => all.flatMap((values) => Array.from({ length: width }, (_, value) => [...values, value])),
    [[]],
  )
}

const ALL = assignments()

function table(): Table {
  const diagrams = new Diagrams(new Meter())
  for (const width of WIDTHS) diagrams.addVariable(width)
  const make = (bits: readonly boolean[]): DiagramId => {
    const build = (level: number, from: number, count: number): DiagramId => {
      if (level === WIDTHS.length) return bits[from] === true ? YES : NO
      const width = WIDTHS[level]!
      const part = count / width
      return diagrams.node(
        level,
        Array.from({ length: width }, (_, value) => build(level + 1, from + value * part, part)),
      )
    }
    return build(0, 0, ALL.length)
  }
  return { diagrams, make }
}

const functions = fc.array(fc.boolean(), { minLength: ALL.length, maxLength: ALL.length })
const at = (diagrams: Diagrams, id: DiagramId, values: readonly number[]): number =>
  diagrams.evaluate(id, (level) => values[level]!)

test('a restricted function is the same wherever it matters, and asks nothing new', () => {
  fc.assert(
    fc.property(functions, functions, (left, right) => {
      const { diagrams, make } = table()
      const [id, care] = [make(left), make(right)]
      const restricted = diagrams.restrict(id, care)
      for (const values of ALL) {
        if (at(diagrams, care, values) === YES) expect(at(diagrams, restricted, values)).toBe(at(diagrams, id, values))
      }
      const asked = diagrams.support(id)
      expect([...diagrams.support(restricted)].every((level) => asked.has(level))).toBe(true)
    }),
    { numRuns: 200, seed: 7 },
  )
})

test('restricted to itself a function is always, save where it never is', () => {
  const { diagrams, make } = table()
  const id = make(ALL.map((values) => values[1] === 2))
  expect(diagrams.restrict(id, id)).toBe(YES)
  expect(diagrams.restrict(id, NO)).toBe(id)
})

test('exists: some value of the variable will do', () => {
  fc.assert(
    fc.property(functions, fc.nat(WIDTHS.length - 1), (bits, level) => {
      const { diagrams, make } = table()
      const id = make(bits)
      const projected = diagrams.exists(id, level)
      expect(diagrams.support(projected).has(level)).toBe(false)
      for (const values of ALL) {
        const some = Array.from({ length: WIDTHS[level]! }, (_, value) => values.with(level, value))
        expect(at(diagrams, projected, values)).toBe(some.some((each) => at(diagrams, id, each) === YES) ? YES : NO)
      }
    }),
    { numRuns: 100, seed: 8 },
  )
})
