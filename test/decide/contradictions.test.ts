/**
 * Which two tests of one unknown key can both hold: an outcome that is not listed must be impossible, so a way is left
 * out only where two tests plainly contradict each other.
 *
 * Source: authorization.md A7, B1 to B3.
 */
import { describe, expect, test } from 'vitest'
import { possibilities } from '../../src/decide/possible.js'
import type { ConditionJson } from '../reference/document.js'
import { A, allow, asked, policy } from '../reference/example.js'
import { CallReader } from './read-calls.js'

const K = 'kms:EncryptionContext:k'

/** What is possible where the key policy delegates on one condition and an identity policy allows on another. */
function decisions(
  delegated: ConditionJson,
  allowed: ConditionJson,
  unknown: readonly string[] = [K],
): readonly string[] {
  const document = asked({
    keyPolicy: policy(allow('kms:*', { to: { AWS: A }, when: delegated })),
    identityPolicies: [policy(allow('kms:*', { when: allowed }))],
  })
  return possibilities(new CallReader().call(document), unknown).decisions.toSorted()
}

const is = (operator: string, ...values: readonly string[]): ConditionJson => ({ [operator]: { [K]: values } })

const CASES: readonly (readonly [name: string, one: ConditionJson, other: ConditionJson, canBoth: boolean])[] = [
  ['the same text', is('StringEquals', 'a'), is('StringEquals', 'a'), true],
  ['two texts', is('StringEquals', 'a'), is('StringEquals', 'b'), false],
  ['lists with a text in common', is('StringEquals', 'a', 'b'), is('StringEquals', 'b', 'c'), true],
  ['lists without', is('StringEquals', 'a', 'b'), is('StringEquals', 'c', 'd'), false],
  ['a text and a pattern', is('StringEquals', 'bx'), is('StringLike', 'b*'), true],
  ['two patterns', is('StringLike', 'b*'), is('StringLike', '*x'), true],
  ['texts but for case', is('StringEqualsIgnoreCase', 'A'), is('StringEqualsIgnoreCase', 'a'), true],
  ['two texts of a list', is('ForAnyValue:StringEquals', 'a'), is('ForAnyValue:StringEquals', 'b'), true],
  ['a text and another that it is not', is('StringEquals', 'b'), is('StringNotEquals', 'a'), true],
  ['two that it is not', is('StringNotEquals', 'a'), is('StringNotEquals', 'b'), true],
  ['a text and a variable', is('StringEquals', 'a'), is('StringEquals', '${aws:username}'), true],
  ['a text and a list with a variable', is('StringEquals', 'a'), is('StringEquals', 'c', '${aws:username}'), true],
  ['two texts where the key may be absent', is('StringEqualsIfExists', 'a'), is('StringEqualsIfExists', 'b'), true],
]

describe('one key can hold', () => {
  test.each(CASES)('%s', (_name, one, other, canBoth) => {
    const expected = canBoth ? ['allow', 'implicitDeny'] : ['implicitDeny']
    expect(decisions(one, other, [K, 'aws:username'])).toEqual(expected)
    expect(decisions(other, one, [K, 'aws:username'])).toEqual(expected)
  })
})

test('two keys hold what they like', () => {
  expect(decisions(is('StringEquals', 'a'), { StringEquals: { 'aws:userid': 'b' } }, [K, 'aws:userid'])).toEqual([
    'allow',
    'implicitDeny',
  ])
})

test('the key of the first slot may be unknown as any other', () => {
  const when = { StringEquals: { 'aws:SourceVpce': 'vpce-1' } }
  expect(decisions(when, when, ['aws:SourceVpce'])).toEqual(['allow', 'implicitDeny'])
  expect(decisions(when, when, ['aws:NobodyNamesIt'])).toEqual(['implicitDeny'])
})
