/** Input made to be costly ends in an answer or in `unknown` with a reason, and nobody waits for either. */
import { describe, expect, test } from 'vitest'
import { GraphTables } from '../../src/graph/tables.js'
import { compareAccess, type Comparison, type SolveOptions } from '../../src/solve/access.js'
import { comparePolicies } from '../../src/solve/policies.js'
import { allow, KEY, policy, policyOf, worldOf } from './worlds.js'

const keyPolicy = (conditions: readonly object[]): object =>
  policy(...conditions.map((when) => allow('kms:Decrypt', { to: '*', when })))
const LETTERS = 'a b c d e f g h i j k l'.split(' ')
const tenant = (operator: string, value: unknown): object => ({ [operator]: { 'kms:EncryptionContext:tenant': value } })

function compared(before: readonly object[], after: readonly object[], options: SolveOptions = {}): Comparison {
  return comparePolicies(policyOf(keyPolicy(before), 'key'), policyOf(keyPolicy(after), 'key'), 'key', options)
}

describe('costly policies', () => {
  test('twelve patterns that look for something in the middle', () => {
    const patterns = LETTERS.map((letter) => tenant('StringLike', `*${letter}*`))
    expect(compared(patterns, patterns.slice(1)).verdict).toBe('less')
  })

  test('twelve that make too many kinds of values are no proof of anything', () => {
    const patterns = LETTERS.map((letter) => tenant('StringLike', `*${letter.repeat(4)}*x*${letter}*`))
    const { verdict, reason } = compared(patterns, patterns.slice(1))
    expect(verdict).toBe('unknown')
    expect(reason).toContain('kms:encryptioncontext:tenant')
    expect(compared(patterns, patterns.toReversed()).verdict).toBe('equivalent')
  })

  test('two hundred statements that all differ by one value', () => {
    const values = Array.from({ length: 200 }, (_, index) => tenant('StringEquals', `v${index}`))
    expect(compared(values, values.toReversed()).verdict).toBe('equivalent')
    expect(compared(values, values.with(77, tenant('StringEquals', 'another'))).verdict).toBe('incomparable')
  })

  test('variables everywhere', () => {
    const variables = Array.from({ length: 30 }, (_, index) => tenant('StringEquals', `\${aws:PrincipalTag/t${index}}`))
    expect(compared(variables, variables.toReversed()).verdict).toBe('equivalent')
    expect(['more', 'unknown']).toContain(compared(variables.slice(1), variables).verdict)
  })
})

describe('budgets', () => {
  const values = Array.from({ length: 40 }, (_, index) => tenant('StringLike', `v${index}*`))
  test.each([
    { name: 'nodes', options: { budget: { maxNodes: 1 } }, reason: 'more than 1 nodes' },
    { name: 'steps', options: { budget: { maxSteps: 1 } }, reason: 'more than 1 steps' },
    { name: 'cells', options: { budget: { maxCells: 1 } }, reason: 'more than 1 combinations' },
  ])('$name', ({ options, reason }) => {
    const { verdict, reason: told } = compared(
      values,
      [
        ...values,
        tenant('StringEquals', 'x'),
        ...values.slice(3, 9).map((each) => ({ ...each, Bool: { 'aws:SecureTransport': 'true' } })),
      ],
      options,
    )
    expect(verdict).toBe('unknown')
    expect(told).toContain(reason)
  })

  test('time, by a clock that is given', () => {
    let nowMs = 0
    const nowMsOf = (): number => (nowMs += 100)
    const found = compared(values, values.slice(1), { nowMs: nowMsOf, budget: { maxMs: 50 } })
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'more than 50 ms' })
  })

  test('a signal', () => {
    const found = compared(values, values.slice(1), { signal: AbortSignal.abort() })
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'the question was stopped' })
  })

  test('progress is told to its end', () => {
    const told: number[] = []
    compared(values, values.slice(1), { onProgress: ({ done, total }) => told.push(done / total) })
    expect(told.at(-1)).toBe(1)
  })
})

test('worlds that do not share their tables cannot be compared', () => {
  const world = (): { readonly snapshot: ReturnType<typeof worldOf> } => ({
    snapshot: worldOf({ keys: [{ arn: KEY, policy: keyPolicy([tenant('StringEquals', 'a')]) }] }, new GraphTables()),
  })
  expect(() => compareAccess(world(), world())).toThrow('share their GraphTables')
})
