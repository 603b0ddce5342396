/** What is remembered of earlier documents never changes an answer, and is found where it was read. */
import { describe, expect, test } from 'vitest'
import { MemberMemory } from '../../src/source/member-memory.js'
import { Simulator } from '../../src/source/simulate.js'
import { ALICE, asked, KEY, OTHER_KEY, policyFor } from './documents.js'

const known = (text: string, variant = ''): { text: string; variant: string; value: string } => ({
  text,
  variant,
  value: `value of ${text}`,
})

describe('what came lately', () => {
  test('is found where its text stands, and only there', () => {
    const memory = new MemberMemory()
    memory.put('principal', known('{"a":1}'))
    expect(memory.findAt('principal', 'x{"a":1}y', 1)?.value).toBe('value of {"a":1}')
    expect(memory.findAt('principal', 'x{"a":1}y', 0)).toBeUndefined()
    expect(memory.findAt('principal', 'x{"a":1', 1)).toBeUndefined()
    expect(memory.findAt('resource', 'x{"a":1}y', 1)).toBeUndefined()
  })

  test('is not a bare word, whose end the next character tells', () => {
    const memory = new MemberMemory()
    memory.put('derive', known('true'))
    memory.put('derive', known('1'))
    expect(memory.findAt('derive', '12', 0)).toBeUndefined()
    expect(memory.find('derive', '', '1')?.value).toBe('value of 1')
  })

  test('is the last few; the others are found by their text', () => {
    const memory = new MemberMemory()
    const texts = ['"a"', '"b"', '"c"', '"d"', '"e"']
    for (const text of texts) memory.put('action', known(text))
    expect(texts.map((text) => memory.findAt('action', text, 0)?.text)).toEqual([undefined, '"b"', '"c"', '"d"', '"e"'])
    expect(memory.find('action', '', '"a"')?.text).toBe('"a"')
    expect(texts.map((text) => memory.findAt('action', text, 0)?.text)).toEqual(['"a"', undefined, '"c"', '"d"', '"e"'])
  })

  test('keeps readings of one text apart by their variant', () => {
    const memory = new MemberMemory()
    memory.put('keyPolicy', known('{}', 'key'))
    expect(memory.find('keyPolicy', 'resource', '{}')).toBeUndefined()
    expect(memory.findAt('keyPolicy', '{}', 0)?.variant).toBe('key')
  })
})

describe('answers do not depend on the documents before', () => {
  const texts = [
    asked(),
    asked({ action: 'kms:Encrypt' }),
    asked({ action: 's3:GetObject', resource: { type: 'none', arn: 'arn:aws:s3:::bucket/x' } }),
    asked({ keyPolicy: policyFor('*') }),
    asked({ keyPolicy: policyFor('*', { Effect: 'Deny' }) }),
    asked({ keyPolicy: policyFor('*', { Principals: 1 }) }),
    asked({ keyPolicy: null }),
    asked({ keyPolicy: policyFor(ALICE.arn), identityPolicies: [policyFor('*')] }),
    asked({ derive: true }),
    asked({ derive: false }),
    asked({ derive: 1 }),
    asked({ resource: { type: 'key', arn: OTHER_KEY } }),
    asked({ resource: { type: 'key', arn: KEY, accountId: '444455556666' } }),
    { kind: 'lockout', principal: ALICE, resource: { type: 'key', arn: KEY }, newKeyPolicy: policyFor('*') },
    { kind: 'multi', principal: ALICE, checks: [{ action: 'kms:Decrypt', resource: { type: 'key', arn: KEY } }] },
  ].map((document) => JSON.stringify(document))

  test('every document after every other', () => {
    for (const options of [{}, { only: 'decision' }] as const) {
      const alone = texts.map((text) => new Simulator(options).answer(text, 1))
      const simulator = new Simulator(options)
      for (const [first, before] of texts.entries()) {
        for (const [second, after] of texts.entries()) {
          expect(simulator.answer(before, 1)).toEqual(alone[first])
          expect(simulator.answer(after, 1)).toEqual(alone[second])
        }
      }
    }
  })

  test('a known value with something behind it is not taken for it', () => {
    const simulator = new Simulator()
    const text = JSON.stringify(asked())
    expect(simulator.answer(text, 1)).toMatchObject([{ decision: 'implicitDeny' }])
    for (const behind of ['x', '"', '{}', ' 1', '/**/']) {
      const damaged = text.replace('"action":"kms:Decrypt"', `"action":"kms:Decrypt"${behind}`)
      expect(simulator.answer(damaged, 1)).toEqual(new Simulator().answer(damaged, 1))
      expect(simulator.answer(damaged, 1)).toMatchObject([{ error: { line: 1 } }])
    }
  })
})
