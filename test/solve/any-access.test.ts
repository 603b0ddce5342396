/** Whether anybody has access, and who has it: lockout, public access, access that must not be granted. */
import { describe, expect, test } from 'vitest'
import { accessOf, anyAccess } from '../../src/solve/access.js'
import type { SolveScope } from '../../src/solve/scope.js'
import { isAllowed } from './pairs.js'
import {
  ACCOUNT,
  ALICE,
  allow,
  APP,
  delegating,
  deny,
  KEY,
  OTHER_ACCOUNT,
  policy,
  ROOT,
  worldOf,
  type WorldJson,
} from './worlds.js'

const world = (statements: readonly unknown[], changes: Partial<WorldJson> = {}): WorldJson => ({
  keys: [{ arn: KEY, policy: policy(...statements), aliases: ['alias/payments'] }],
  principals: [{ arn: APP, policies: [policy(allow('kms:*'))] }, { arn: ALICE }],
  ...changes,
})

interface Case {
  readonly name: string
  readonly world: WorldJson
  readonly scope: SolveScope
  readonly expect: 'yes' | 'no'
}

const ONLY_KEY = { resources: [KEY] }
const STRANGERS: SolveScope = { ...ONLY_KEY, standing: ['stranger'] }
const ownOrg = (effect: typeof allow): object =>
  effect('kms:*', { to: '*', when: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } })

const CASES: readonly Case[] = [
  {
    name: 'a key that every request of the caller has cannot be left out',
    world: world([allow('kms:Decrypt', { to: { AWS: APP } })]),
    scope: { ...ONLY_KEY, principals: [APP], context: { 'aws:PrincipalAccount': null } },
    expect: 'no',
  },
  { name: 'public: nobody but the account', world: world([delegating]), scope: STRANGERS, expect: 'no' },
  { name: 'public: everybody', world: world([allow('kms:Decrypt', { to: '*' })]), scope: STRANGERS, expect: 'yes' },
  {
    name: 'public: everybody of two organizations, and then of none',
    world: world([
      allow('kms:Decrypt', { to: '*', when: { StringEquals: { 'aws:PrincipalOrgID': ['o-b', 'o-c'] } } }),
      ownOrg(deny),
    ]),
    scope: STRANGERS,
    expect: 'no',
  },
  {
    name: 'public: whoever says that some service calls',
    world: world([allow('kms:Decrypt', { to: '*', when: { StringLike: { 'kms:ViaService': '*' } } })]),
    scope: STRANGERS,
    expect: 'yes',
  },
  {
    name: 'public: callers who say that they are in the account',
    world: world([allow('kms:Decrypt', { to: '*', when: { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } } })]),
    scope: { ...STRANGERS, principals: [`arn:aws:iam::${OTHER_ACCOUNT}:root`] },
    expect: 'no',
  },
  {
    name: 'lockout: a role may change the policy',
    world: world([allow('kms:PutKeyPolicy', { to: { AWS: APP } })]),
    scope: { ...ONLY_KEY, actions: ['kms:PutKeyPolicy'], principals: [APP] },
    expect: 'yes',
  },
  {
    name: 'lockout: only the account may, and an SCP keeps its principals out',
    world: world([delegating], {
      accounts: [{ accountId: ACCOUNT, scps: [[policy(allow('*'), deny('kms:Put*'))]] }],
    }),
    scope: { ...ONLY_KEY, actions: ['kms:PutKeyPolicy'] },
    expect: 'no',
  },
  {
    name: 'not granted: a user without an identity policy',
    world: world([delegating]),
    scope: { ...ONLY_KEY, principals: [ALICE] },
    expect: 'no',
  },
  {
    name: 'not granted: two conditions that exclude each other',
    world: world([
      allow('kms:Decrypt', {
        to: { AWS: ALICE },
        when: { StringLike: { 'kms:ViaService': 's3.*' }, StringNotLike: { 'kms:ViaService': 's*' } },
      }),
    ]),
    scope: { ...ONLY_KEY, principals: [ALICE] },
    expect: 'no',
  },
  {
    name: 'not granted: by an alias that is the key’s own',
    world: world([
      allow('kms:Decrypt', { to: { AWS: ALICE }, when: { StringEquals: { 'kms:RequestAlias': 'alias/other' } } }),
    ]),
    scope: { ...ONLY_KEY, principals: [ALICE] },
    expect: 'no',
  },
  {
    name: 'under a context that is known',
    world: world([
      allow('kms:Decrypt', { to: { AWS: ALICE }, when: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }),
    ]),
    scope: { ...ONLY_KEY, principals: [ALICE], context: { 'aws:SourceVpce': 'vpce-2' } },
    expect: 'no',
  },
  {
    name: 'not granted: to the sessions of a role that has another id',
    world: world(
      [
        allow('kms:Decrypt', { to: '*' }),
        deny('kms:*', { to: '*', when: { StringNotLike: { 'aws:userid': 'AROAEXAMPLEOFANOTHER:*' } } }),
      ],
      { principals: [{ arn: APP, uniqueId: 'AROAEXAMPLEOFTHEAPP0' }] },
    ),
    scope: { ...ONLY_KEY, principals: [APP] },
    expect: 'no',
  },
  {
    name: 'a federated session of a user that the key policy names',
    world: world([allow('kms:Decrypt', { to: { AWS: ALICE } })]),
    scope: { ...ONLY_KEY, actions: ['kms:Decrypt'], standing: ['known'] },
    expect: 'yes',
  },
]

describe('does anybody have access', () => {
  for (const { name, world: of, scope, expect: wanted } of CASES) {
    test(name, () => {
      const snapshot = worldOf(of)
      const found = anyAccess({ snapshot }, scope)
      expect(found.answer).toBe(wanted)
      if (found.answer === 'yes' && found.witness.assumed.identity !== true) {
        expect(isAllowed(snapshot, found.witness.request)).toBe(true)
      }
    })
  }

  test('a caller, a resource or an action that is none is no proof of anything', () => {
    const snapshot = worldOf(world([delegating]))
    expect(anyAccess({ snapshot }, { principals: ['Alice'] })).toEqual({
      answer: 'unknown',
      reason: '`Alice` is no caller',
    })
    expect(anyAccess({ snapshot }, { resources: ['alias/payments'] }).answer).toBe('unknown')
    expect(anyAccess({ snapshot }, { actions: ['kms:Decypt'] })).toEqual({
      answer: 'unknown',
      reason: 'no KMS permission is called `kms:Decypt`',
    })
  })
})

test('who has access, by what and under which conditions', () => {
  const snapshot = worldOf(
    world([
      delegating,
      allow('kms:Decrypt', { to: { AWS: ALICE }, when: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } } }),
    ]),
  )
  const found = accessOf({ snapshot }, { actions: ['kms:Decrypt'], sessionPolicies: 'none', ...ONLY_KEY })
  if (found.answer !== 'complete') throw new Error('all of it can be told')
  const told = found.access.map(({ callers, cubes }) => ({
    callers: callers.map(({ principal, kind }) => (kind === 'federated' ? 'federated' : principal)),
    keys: cubes.map((cube) => cube.flatMap(({ key }) => key ?? [])),
  }))
  expect(told).toEqual([
    { callers: [APP, ROOT], keys: [[]] },
    { callers: [ALICE], keys: [['kms:EncryptionContext:tenant']] },
    { callers: ['federated'], keys: [['kms:EncryptionContext:tenant']] },
  ])
})
