/** What holds for every decision, on random policies. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CAUSES } from '../../src/aws/causes.js'
import { causeOf } from '../../src/explain/cause.js'
import { decisiveStatements } from '../../src/explain/decisive.js'
import { explanationJson } from '../../src/explain/explanation-json.js'
import { accessDeniedMessage } from '../../src/explain/message.js'
import { nearMisses } from '../../src/explain/near-miss.js'
import { renderExplanation } from '../../src/explain/render.js'
import { explainTrace } from '../../src/explain/story.js'
import {
  account,
  ALICE,
  APP,
  ask,
  B,
  federated,
  grant,
  named,
  OPS,
  root,
  service,
  session,
  user,
  type Question,
} from './build.js'

const effect = fc.constantFrom('Allow', 'Deny')
const action = fc.constantFrom(
  'kms:Decrypt',
  'kms:*',
  'kms:Encrypt',
  's3:*',
  ['kms:Decrypt', 'kms:CreateGrant'],
  'kms:RetireGrant',
)
const resource = fc.constantFrom('*', 'arn:aws:kms:*:*:key/*', 'arn:aws:kms:us-west-2:111122223333:alias/x')
const condition = fc.constantFrom(
  {},
  {},
  { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } },
  { StringNotEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
  { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { Null: { 'aws:SourceIp': 'false' } },
)
const principal = fc.constantFrom('*', account(), account(B), named(ALICE), named(APP), named(OPS), {
  Service: service.arn,
})

const statement = fc.record({ Effect: effect, Action: action, Resource: resource, Condition: condition })
const statements = fc.array(statement, { minLength: 1, maxLength: 3 })
const withPrincipal = fc.array(
  fc.tuple(statement, principal).map(([rest, Principal]) => ({ ...rest, Principal })),
  { minLength: 1, maxLength: 3 },
)
const levels = fc.array(fc.array(statements, { maxLength: 2 }), { maxLength: 2 })

const question: fc.Arbitrary<Question> = fc.record(
  {
    caller: fc.constantFrom(user(), user('Bob', B), session(), session('Other', B), root, service, federated),
    action: fc.constantFrom('kms:Decrypt', 'kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:RetireGrant', 'kms:CreateKey'),
    key: fc.option(withPrincipal),
    identity: fc.array(statements, { maxLength: 2 }),
    boundary: statements,
    session: fc.array(statements, { maxLength: 1 }),
    scps: levels,
    endpoint: fc.option(withPrincipal),
    grants: fc.constantFrom(
      [grant()],
      [grant({ granteePrincipal: APP, operations: ['Encrypt'] })],
      [grant({ propagated: false }), grant({ grantId: 'g2', constraints: { sourceArn: 'arn:aws:s3:::x' } })],
      [grant({ operations: ['CreateGrant'] })],
    ),
    grantId: fc.constant('g1'),
    awsManagedKey: fc.boolean(),
    context: fc.constantFrom(
      {},
      { 'kms:EncryptionContext:tenant': 'b' },
      { 'aws:SourceIp': 'x' },
      { 'aws:SourceIp': '203.0.113.7' },
    ),
  },
  { requiredKeys: ['caller', 'action'] },
)

const runs = { numRuns: 120, seed: 20260315 }

test('a denial has a cause of the layer that is reported, and an allow has none', () =>
  fc.assert(
    fc.property(question, (asked) => {
      const traced = ask(asked)
      const code = causeOf(traced)
      const { decision, layer } = traced.outcome
      if (decision === 'allow') expect(code).toBeNull()
      else expect(CAUSES[code!]).toMatchObject({ layer, explicit: decision === 'explicitDeny' })
      expect(accessDeniedMessage(traced) === null).toBe(decision === 'allow')
    }),
    runs,
  ))

test('Denies are behind an explicit denial, nothing behind an implicit one, and only that has near misses', () =>
  fc.assert(
    fc.property(question, (asked) => {
      const traced = ask(asked)
      const { decision } = traced.outcome
      const by = decisiveStatements(traced)
      if (decision === 'explicitDeny') expect(by.length).toBeGreaterThan(0)
      if (decision === 'implicitDeny') expect(by).toEqual([])
      if (decision !== 'implicitDeny') expect(nearMisses(traced)).toEqual([])
    }),
    runs,
  ))

test('every explanation can be printed and written as JSON', () =>
  fc.assert(
    fc.property(question, (asked) => {
      const explanation = explainTrace(ask(asked))
      expect(explanation.summary).toMatch(/^[A-Zk].*\.$/)
      expect(explanation.summary).not.toMatch(/undefined|\.\.| {2}/)
      expect(renderExplanation(explanation, { allLayers: true })).toMatch(/^(?:ALLOWED|DENIED)/)
      expect(JSON.parse(JSON.stringify(explanationJson(explanation)))).toMatchObject({
        version: 1,
        verdict: explanation.verdict,
      })
    }),
    runs,
  ))
