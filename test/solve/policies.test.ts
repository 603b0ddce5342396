/** Two bare policies of one kind. */
import { describe, expect, test } from 'vitest'
import type { PolicyKind } from '../../src/policy/document.js'
import type { Verdict } from '../../src/solve/access.js'
import { comparePolicies } from '../../src/solve/policies.js'
import { allow, APP, delegating, deny, KEY, policy, policyOf } from './worlds.js'

interface Case {
  readonly name: string
  readonly kind: PolicyKind
  readonly before: object
  readonly after: object
  readonly expect: Verdict
}

const bucket = (name: string): string => `arn:aws:s3:::${name}/*`

const CASES: readonly Case[] = [
  {
    name: 'actions by name and by pattern',
    kind: 'identity',
    before: policy(allow(['s3:GetObject', 's3:GetObjectAcl'])),
    after: policy(allow('s3:GetObject*')),
    expect: 'more',
  },
  {
    name: 'a pattern that a wider one holds',
    kind: 'identity',
    before: policy(allow('s3:*')),
    after: policy(allow('s3:*'), allow('S3:Get*')),
    expect: 'equivalent',
  },
  {
    name: 'NotAction of one service, and a Deny of it',
    kind: 'identity',
    before: policy(allow('*'), deny('iam:*')),
    after: policy({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
    expect: 'equivalent',
  },
  {
    name: 'another resource',
    kind: 'identity',
    before: policy(allow('s3:GetObject', { on: bucket('a') })),
    after: policy(allow('s3:GetObject', { on: [bucket('a'), bucket('b*')] })),
    expect: 'more',
  },
  {
    name: 'NotResource',
    kind: 'identity',
    before: policy(allow('s3:*'), deny('s3:*', { on: bucket('a') })),
    after: policy({ Effect: 'Allow', Action: 's3:*', NotResource: bucket('a') }),
    expect: 'equivalent',
  },
  {
    name: 'a key and all keys',
    kind: 'identity',
    before: policy(allow('kms:Decrypt', { on: KEY })),
    after: policy(allow('kms:Decrypt', { on: 'arn:aws:kms:*:*:key/*' })),
    expect: 'more',
  },
  {
    name: 'a resource with a variable',
    kind: 'identity',
    before: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::home/${aws:username}/*' })),
    after: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::home/*' })),
    expect: 'more',
  },
  {
    name: 'a condition on a key that no request for the action has',
    kind: 'identity',
    before: policy(allow('kms:Decrypt', { when: { StringEquals: { 'kms:EncryptionContext:t': 'a' } } })),
    after: policy(
      allow(['kms:Decrypt', 'kms:ListKeys'], { when: { StringEquals: { 'kms:EncryptionContext:t': 'a' } } }),
    ),
    expect: 'equivalent',
  },
  {
    name: 'an SCP',
    kind: 'scp',
    before: policy(allow('*')),
    after: policy(allow('*'), deny('kms:ScheduleKeyDeletion')),
    expect: 'less',
  },
  {
    name: 'an RCP',
    kind: 'rcp',
    before: policy(deny('kms:*', { to: '*', when: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a' } } })),
    after: policy(deny('kms:*', { to: '*', when: { StringNotEquals: { 'aws:PrincipalOrgID': ['o-a', 'o-b'] } } })),
    expect: 'more',
  },
  {
    name: 'an endpoint policy',
    kind: 'vpce',
    before: policy(allow('*', { to: '*' })),
    after: policy(allow('kms:*', { to: { AWS: APP } })),
    expect: 'less',
  },
  {
    name: 'a key policy',
    kind: 'key',
    before: policy(delegating),
    after: policy(delegating, allow('kms:Decrypt', { to: { AWS: APP } })),
    expect: 'more',
  },
  {
    name: 'a trust policy is of another service',
    kind: 'trust',
    before: policy({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }),
    after: policy({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }),
    expect: 'unknown',
  },
]

describe('two policies', () => {
  for (const { name, kind, before, after, expect: wanted } of CASES) {
    test(`${kind}: ${name}`, () => {
      const found = comparePolicies(policyOf(before, kind), policyOf(after, kind), kind)
      expect(found.verdict).toBe(wanted)
      for (const { witness } of found.more)
        expect(witness?.outcomes.map(({ decision }) => decision === 'allow')).toEqual([false, true])
      for (const { witness } of found.less)
        expect(witness?.outcomes.map(({ decision }) => decision === 'allow')).toEqual([true, false])
    })
  }
})

test('what is more says which resource it is', () => {
  const [before, after] = [bucket('a'), bucket('b')].map((on) =>
    policyOf(policy(allow('s3:GetObject', { on })), 'identity'),
  )
  if (before === undefined || after === undefined) throw new Error('two policies')
  const { more, less } = comparePolicies(before, after, 'identity')
  expect(more.map(({ witness }) => witness?.request.resource?.startsWith('arn:aws:s3:::b/'))).toEqual([true])
  expect(less.map(({ witness }) => witness?.request.resource?.startsWith('arn:aws:s3:::a/'))).toEqual([true])
  expect(more[0]?.actions).toEqual(['s3:getobject'])
})
