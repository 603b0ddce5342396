/** Statements that change nothing, with the reason for each. */
import { describe, expect, test } from 'vitest'
import { redundantInPolicy, redundantStatements, type RedundancyReason } from '../../src/solve/redundant.js'
import { ALICE, allow, APP, delegating, deny, KEY, policy, policyOf, worldOf } from './worlds.js'

type Expected = Readonly<Record<number, RedundancyReason>>

const toApp = (action: unknown, when?: object): object => allow(action, { to: { AWS: APP }, ...(when && { when }) })

describe('in a key policy', () => {
  const CASES: readonly {
    readonly name: string
    readonly statements: readonly unknown[]
    readonly expect: Expected
  }[] = [
    { name: 'each says its own', statements: [delegating, toApp('kms:Decrypt')], expect: {} },
    { name: 'a narrower Allow', statements: [toApp('kms:*'), toApp('kms:Decrypt')], expect: { 1: 'covered' } },
    { name: 'two equal ones', statements: [toApp('kms:Decrypt'), toApp('kms:Decrypt')], expect: { 1: 'duplicate' } },
    {
      name: 'two halves of a third',
      statements: [
        toApp('kms:Decrypt', { IpAddress: { 'aws:SourceIp': '10.0.0.0/9' } }),
        toApp('kms:Decrypt', { IpAddress: { 'aws:SourceIp': '10.128.0.0/9' } }),
        toApp('kms:Decrypt', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
      ],
      expect: { 2: 'covered' },
    },
    {
      name: 'an Allow of what is denied',
      statements: [deny('kms:Enc*', { to: '*' }), toApp('kms:*'), toApp('kms:Encrypt')],
      expect: { 2: 'denied' },
    },
    {
      name: 'conditions that exclude each other',
      statements: [
        delegating,
        toApp('kms:Decrypt', { StringLike: { 'kms:ViaService': 's3.*' }, StringNotLike: { 'kms:ViaService': 's*' } }),
      ],
      expect: { 1: 'unreachable' },
    },
    {
      name: 'a Deny that another one repeats, and one that stands guard alone',
      statements: [
        toApp('kms:Decrypt'),
        deny('kms:*', { to: { AWS: ALICE } }),
        deny('kms:Sign', { to: { AWS: ALICE } }),
        deny('kms:Decrypt', { to: '*', when: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ],
      expect: { 1: 'idle', 2: 'covered' },
    },
  ]
  for (const { name, statements, expect: wanted } of CASES) {
    test(name, () => {
      const snapshot = worldOf({
        keys: [{ arn: KEY, policy: policy(...statements) }],
        principals: [{ arn: APP }, { arn: ALICE }],
      })
      const compiled = snapshot.keys.get(KEY)?.policy
      if (compiled === undefined) throw new Error('the key has a policy')
      const found = redundantStatements({ snapshot }, [compiled])
      if (found.answer !== 'complete') throw new Error(found.reason)
      expect(Object.fromEntries(found.redundant.map(({ statement, reason }) => [statement, reason]))).toEqual(wanted)
    })
  }
})

test('in an identity policy, for the actions of every service', () => {
  const document = policyOf(
    policy(
      allow(['s3:Get*', 'kms:*']),
      allow('s3:GetObject', { on: 'arn:aws:s3:::bucket/*' }),
      allow('kms:Decrypt', { on: KEY }),
      allow('s3:PutObject', { on: 'arn:aws:s3:::bucket/*' }),
      deny('ec2:*'),
    ),
    'identity',
  )
  expect(redundantInPolicy(document)).toEqual({
    answer: 'complete',
    redundant: [
      { statement: 1, reason: 'covered' },
      { statement: 2, reason: 'covered' },
      { statement: 4, reason: 'idle' },
    ],
  })
})
