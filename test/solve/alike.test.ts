/** Known principals that are alike are asked about once, and every one of them is named in the answer. */
import { expect, test } from 'vitest'
import { accessOf } from '../../src/solve/access.js'
import { isAllowed } from './pairs.js'
import { ACCOUNT, allow, delegating, KEY, policy, worldOf, type WorldJson } from './worlds.js'

const roles = ['App', 'App2', 'Ops', 'team/Ops2', 'aws-service-role/x.amazonaws.com/Linked']
const arnOf = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`

interface Case {
  readonly name: string
  readonly statements: readonly unknown[]
  readonly world?: Partial<WorldJson>
  /** Roles without tags otherwise. */
  readonly tags?: Readonly<Record<string, string>>
  readonly tagged?: string
}

const everybody = (when: object): object => allow('kms:Decrypt', { to: '*', when })

const CASES: readonly Case[] = [
  { name: 'all by their identity policies', statements: [delegating] },
  {
    name: 'one that the key policy names',
    statements: [delegating, allow('kms:Encrypt', { to: { AWS: arnOf('App2') } })],
  },
  { name: 'a pattern of their ARNs', statements: [everybody({ ArnLike: { 'aws:PrincipalArn': arnOf('Ops*') } })] },
  {
    name: 'a pattern with a variable',
    statements: [everybody({ StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/${aws:PrincipalTag/team}*' } })],
    tagged: 'Ops',
    tags: { team: 'Ops' },
  },
  {
    name: 'a tag',
    statements: [everybody({ StringEquals: { 'aws:PrincipalTag/team': 'a' } })],
    tagged: 'App',
    tags: { team: 'a' },
  },
  {
    name: 'an SCP, which does not limit the roles of services',
    statements: [delegating],
    world: { accounts: [{ accountId: ACCOUNT, scps: [[policy(allow('s3:*'))]] }] },
  },
]

for (const { name, statements, world = {}, tagged, tags } of CASES) {
  test(name, () => {
    const snapshot = worldOf({
      keys: [{ arn: KEY, policy: policy(...statements) }],
      principals: roles.map((role) => ({
        arn: arnOf(role),
        policies: [policy(allow('kms:Decrypt'))],
        ...(role === tagged && tags !== undefined ? { tags } : {}),
      })),
      ...world,
    })
    const found = accessOf(
      { snapshot },
      { actions: ['kms:Decrypt', 'kms:Encrypt'], resources: [KEY], standing: ['known'] },
    )
    if (found.answer !== 'complete') throw new Error('all of it can be told')
    for (const action of ['kms:Decrypt', 'kms:Encrypt']) {
      const listed = found.access.flatMap(({ actions, callers }) =>
        actions.includes(action) ? callers.map(({ principal }) => principal) : [],
      )
      const allowed = roles.map(arnOf).filter((principal) => isAllowed(snapshot, { principal, action, resource: KEY }))
      expect(listed.toSorted()).toEqual(allowed.toSorted())
    }
  })
}
