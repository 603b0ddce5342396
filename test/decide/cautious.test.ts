/**
 * The option `uncomparable`: a Deny that cannot compare applies, or does not (facts K-12, K-32, architecture I5).
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import { Gate } from '../../src/decide/gate.js'
import { trace } from '../../src/decide/trace.js'
import { authorizeDocuments } from '../reference/generate.js'
import { CallReader } from './read-calls.js'

function denied(condition: object, context: object): object {
  return {
    principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
    action: 'kms:Decrypt',
    resource: { type: 'key', arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
    keyPolicy: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
        { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: condition },
      ],
    },
    context,
  }
}

interface Case {
  readonly name: string
  readonly condition: object
  readonly context: object
  /** Whether the Deny applies as AWS has it, and with `uncomparable: 'deny'`. */
  readonly ignore: boolean
  readonly deny: boolean
}

const AGE = 'aws:MultiFactorAuthAge'
const BAD = { [AGE]: 'soon' }

const CASES: readonly Case[] = [
  {
    name: 'a number that is none',
    condition: { NumericLessThan: { [AGE]: 9 } },
    context: BAD,
    ignore: false,
    deny: true,
  },
  { name: 'the same negated', condition: { NumericNotEquals: { [AGE]: 9 } }, context: BAD, ignore: false, deny: true },
  {
    name: 'with IfExists',
    condition: { NumericEqualsIfExists: { [AGE]: 9 } },
    context: BAD,
    ignore: false,
    deny: true,
  },
  {
    name: 'an absent key is comparable',
    condition: { NumericEquals: { [AGE]: 9 } },
    context: {},
    ignore: false,
    deny: false,
  },
  {
    name: 'another value differs',
    condition: { NumericEquals: { [AGE]: 9 } },
    context: { [AGE]: '8' },
    ignore: false,
    deny: false,
  },
  {
    name: 'several values without a set operator',
    condition: { StringEquals: { 'aws:TagKeys': 'a' } },
    context: { 'aws:TagKeys': ['a', 'b'] },
    ignore: false,
    deny: true,
  },
  {
    name: 'ForAnyValue with one value that cannot be read',
    condition: { 'ForAnyValue:NumericEquals': { [AGE]: 9 } },
    context: { [AGE]: ['soon', '8'] },
    ignore: false,
    deny: true,
  },
  {
    name: 'ForAnyValue, negated',
    condition: { 'ForAnyValue:NumericNotEquals': { [AGE]: 9 } },
    context: { [AGE]: ['soon', '9'] },
    ignore: false,
    deny: true,
  },
  {
    name: 'ForAllValues with one value that cannot be read',
    condition: { 'ForAllValues:NumericEquals': { [AGE]: 9 } },
    context: { [AGE]: ['soon', '9'] },
    ignore: false,
    deny: true,
  },
  {
    name: 'ForAllValues, one value differs',
    condition: { 'ForAllValues:NumericEquals': { [AGE]: 9 } },
    context: { [AGE]: ['soon', '8'] },
    ignore: false,
    deny: false,
  },
  {
    name: 'ForAnyValue with IfExists, all values differ',
    condition: { 'ForAnyValue:NumericEqualsIfExists': { [AGE]: 9 } },
    context: { [AGE]: ['7', '8'] },
    ignore: false,
    deny: false,
  },
]

describe('a Deny that cannot compare', () => {
  for (const { name, condition, context, ignore, deny } of CASES) {
    test(name, () => {
      const decisions = (['ignore', 'deny'] as const).map((uncomparable) => {
        const call = new CallReader().call(denied(condition, context), { uncomparable })
        const outcome = decide(call)
        expect(Gate.build(call).decide(call.values, call)).toBe(outcome)
        expect(trace(call).outcome).toBe(outcome)
        return outcome.decision === 'explicitDeny'
      })
      expect(decisions).toEqual([ignore, deny])
    })
  }
})

test('being careful never allows what was denied, and decide, gate and trace still agree', () => {
  const reader = new CallReader()
  fc.assert(
    fc.property(authorizeDocuments(), (document) => {
      const careful = reader.call(document, { uncomparable: 'deny' })
      const outcome = decide(careful)
      expect(Gate.build(careful).decide(careful.values, careful)).toBe(outcome)
      expect(trace(careful).outcome).toBe(outcome)
      if (outcome.decision === 'allow') expect(decide(reader.call(document)).decision).toBe('allow')
    }),
    { seed: 20261122, numRuns: 400 },
  )
})
