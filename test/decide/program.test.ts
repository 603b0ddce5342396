/** The program for a kind of request: a diagram without a question asked in vain. */
import { describe, expect, test } from 'vitest'
import { ASKED_LAYERS } from '../../src/decide/answers.js'
import { decodeKind } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { outcomeNumber, outcomeOf, programFor } from '../../src/decide/program.js'

/** Numbers as `requestKind` makes them: every kind that could be decoded. */
const KINDS = Array.from({ length: 1 << 15 }, (_, kind) => kind).filter((kind) => {
  const [target, relation, identity, session] = [kind & 7, (kind >> 3) & 3, (kind >> 5) & 3, (kind >> 7) & 3]
  return target < 6 && relation < 3 && identity < 3 && session < 3 && kind % 5 === 0
})

describe('a program', () => {
  test('asks no question twice over, and none whose answer changes nothing', () => {
    for (const kind of KINDS) {
      const { layer, bits, yes, no } = programFor(kind)
      const nodes = Array.from(layer, (asked, node) => [asked, bits[node], yes[node], no[node]].join(' '))
      const isWrong =
        new Set(nodes).size < nodes.length || nodes.some((_, node) => yes[node] === no[node] || layer[node]! < 0)
      if (isWrong) expect.fail(JSON.stringify(decodeKind(kind)))
    }
  })

  test('goes on to questions made before, so that it ends', () => {
    for (const kind of KINDS) {
      const { start, layer, yes, no } = programFor(kind)
      expect(start).toBeLessThan(layer.length)
      const isWrong = Array.from(layer).some((asked, node) => {
        return yes[node]! >= node || no[node]! >= node || asked >= ASKED_LAYERS.length
      })
      if (isWrong) expect.fail(JSON.stringify(decodeKind(kind)))
    }
  })

  test('is made once', () => {
    expect(programFor(0)).toBe(programFor(0))
  })
})

test('an outcome has one number, and no number is an outcome that none has', () => {
  const outcome = { decision: 'explicitDeny', layer: 'scp' } as const
  const number = outcomeNumber(outcome)
  expect(outcomeNumber({ ...outcome })).toBe(number)
  expect(outcomeOf(number)).toEqual(outcome)
  expect(outcomeNumber({ decision: 'implicitDeny', layer: 'scp' })).not.toBe(number)
  expect(outcomeNumber({ decision: 'explicitDeny', layer: 'rcp' })).not.toBe(number)
  expect(() => outcomeOf(1000)).toThrow('no outcome has number 1000')
  expect(() => outcomeOf(-1)).toThrow(RangeError)
})

// docs/decisions.md, K-12, K-14, K-15, K-26, K-33.
test('the recommended readings', () => {
  expect(DEFAULT_OPTIONS).toEqual({
    grantBoundary: 'roleGrantees',
    rootGrantee: 'delegates',
    notPrincipalAncestors: 'required',
    retireByIdentity: true,
    uncomparable: 'ignore',
  })
})
