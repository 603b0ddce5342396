import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import { possibilities } from '../../src/decide/possible.js'
import { authorizeDocuments } from '../reference/generate.js'
import { CallReader } from './read-calls.js'

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

function document(condition: object, context: object = {}): object {
  return {
    principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
    action: 'kms:Decrypt',
    resource: { type: 'key', arn: KEY },
    keyPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*', Condition: condition }],
    },
    context,
  }
}

describe('what a call could come to while a key is unknown', () => {
  const tenantIsA = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }

  test('it depends, and on what', () => {
    const call = new CallReader().call(document(tenantIsA))
    const { decisions, ways, complete } = possibilities(call, ['kms:EncryptionContext:Tenant'])
    expect(complete).toBe(true)
    expect([...decisions].toSorted()).toEqual(['allow', 'implicitDeny'])
    expect(ways.find(({ outcome }) => outcome.decision === 'allow')?.when).toEqual([
      { key: 'kms:encryptioncontext:tenant', operator: 'StringEquals', values: ['a'], holds: true },
    ])
  })

  test('a key that no deciding statement asks about changes nothing', () => {
    const call = new CallReader().call(document(tenantIsA, { 'kms:EncryptionContext:tenant': 'a' }))
    expect(possibilities(call, ['kms:ViaService']).decisions).toEqual(['allow'])
  })

  test('two tests that want different texts of one key are no way', () => {
    const given = {
      ...document({}),
      keyPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: '111122223333' },
            Action: 'kms:*',
            Resource: '*',
            Condition: { StringEquals: { 'aws:username': 'a' } },
          },
        ],
      },
      identityPolicies: [
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'kms:*',
              Resource: '*',
              Condition: { StringEquals: { 'aws:username': 'b' } },
            },
          ],
        },
      ],
    }
    expect(possibilities(new CallReader().call(given), ['aws:username']).decisions).toEqual(['implicitDeny'])
  })
})

test('whatever the unknown keys hold, the decision is among those that were listed', () => {
  const reader = new CallReader()
  fc.assert(
    fc.property(authorizeDocuments(), fc.integer({ min: 0, max: 7 }), (given, seed) => {
      const call = reader.call(given)
      const keys = Object.keys(given.context ?? {}).filter((_key, index) => (index + seed) % 3 === 0)
      const { decisions, complete } = possibilities(call, keys)
      if (complete) expect(decisions).toContain(decide(call).decision)
    }),
    { seed: 20261122, numRuns: 120 },
  )
})
