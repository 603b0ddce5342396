/** The shipped JSON Schema and the reader agree on what a document is, and answers are what the schema says. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import schema from '../../src/source/simulation.schema.json' with { type: 'json' }
import { SIMULATION_MEMBERS } from '../../src/source/read-simulation.js'
import { Simulator } from '../../src/source/simulate.js'
import { A, ALICE, asked, grantTo, KEY, policyFor } from './documents.js'

const CASES = join(import.meta.dirname, '../cases/semantics')
const documents = readdirSync(CASES)
  .filter((name) => name.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(join(CASES, file), 'utf8')) as readonly { readonly document: object }[])
  .map(({ document }) => document)

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
ajv.addSchema(schema)
const validate = ajv.compile({ $ref: schema.$id })
const isAnswer = ajv.compile({ $ref: `${schema.$id}#/$defs/answer` })

const more: readonly object[] = [
  { kind: 'lockout', principal: ALICE, resource: { type: 'key', arn: KEY }, newKeyPolicy: policyFor('*') },
  asked({ grants: [grantTo(ALICE.arn, { IssuingAccount: A, CreationDate: 1, propagated: false })] }),
  asked({ derive: true, request: { createGrant: { Operations: ['Decrypt'] }, parameters: { A: [1] } } }),
  asked({ context: { a: null, b: [1, 'x', true], c: 2 } }),
]

test('what the reader takes, the schema takes', () => {
  const simulator = new Simulator()
  for (const document of [...documents, ...more]) {
    const [answer] = simulator.answer(JSON.stringify(document), 1)
    const plain: unknown = JSON.parse(JSON.stringify(document))
    if (answer !== undefined && !('error' in answer))
      expect([validate(plain), validate.errors ?? []]).toEqual([true, []])
  }
})

describe('what the schema refuses, the reader refuses', () => {
  test.each([
    asked({ identityPolicy: [] }),
    asked({ principal: { ...ALICE, x: 1 } }),
    asked({ principal: { type: 'user' } }),
    asked({ action: undefined }),
    asked({ kind: 'other' }),
    asked({ kind: 'multi' }),
    asked({ resource: { type: 'key', arn: KEY, spec: 'x' } }),
    asked({ scps: { x: [] } }),
    asked({ grants: [{ GrantId: 'g' }] }),
    asked({ request: { createGrant: { operations: [] } } }),
    asked({ context: { a: { b: 1 } } }),
    asked({ context: { a: [null] } }),
    asked({ derive: 1 }),
    { kind: 'multi', principal: ALICE, checks: [] },
    { kind: 'lockout', principal: ALICE, resource: { type: 'key', arn: KEY } },
  ])('%j', (document) => {
    expect(validate(JSON.parse(JSON.stringify(document)))).toBe(false)
    expect(new Simulator().answer(JSON.stringify(document), 1)).toMatchObject([{ error: {} }])
  })
})

test('the schema has the members of the reader', () => {
  const { authorize, multi, lockout } = schema.$defs
  const names = [authorize, multi, lockout].flatMap(({ properties }) => Object.keys(properties))
  expect(new Set(names)).toEqual(SIMULATION_MEMBERS)
})

test('answers are what the schema says', () => {
  for (const options of [{}, { explain: true }, { only: 'decision' }] as const) {
    const simulator = new Simulator(options)
    for (const document of [...documents, ...more, asked({ kind: 'x' })]) {
      for (const answer of simulator.answer(JSON.stringify(document), 1)) {
        expect([isAnswer(JSON.parse(JSON.stringify(answer))), isAnswer.errors ?? []]).toEqual([true, []])
      }
    }
  }
})
