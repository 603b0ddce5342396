/** Snapshots: whoever holds an old world keeps getting its answers, while the new one has changed. */
import { describe, expect, test } from 'vitest'
import { createAuthorizer, type Authorizer } from '../../src/explain/authorizer.js'
import { GrantSet, type Grant } from '../../src/graph/grant.js'
import { compilePolicy } from '../../src/graph/policy.js'
import { GraphTables } from '../../src/graph/tables.js'
import { Snapshot, type KeyEntry } from '../../src/graph/world.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PolicyJson } from '../reference/document.js'
import {
  A,
  ALIAS,
  DELEGATED,
  EVERYTHING,
  KEY,
  OTHER_KEY,
  SILENT,
  allow,
  deny,
  policy,
  rootArn,
  session,
  user,
} from '../reference/example.js'

function parsed(value: PolicyJson, kind: PolicyKind): PolicyDocument {
  const read = parsePolicyValue(value, kind)
  if (!read.ok) throw new Error(read.error[0]?.message)
  return read.value
}

const ALICE = user().arn
const open = parsed(policy(allow('kms:*', { to: '*' })), 'key')
const silent = parsed(SILENT, 'key')
const delegated = parsed(DELEGATED, 'key')
const everything = parsed(EVERYTHING, 'identity')

const grant: Grant = { grantId: 'g', keyArn: KEY, granteePrincipal: ALICE, operations: ['Decrypt'], propagated: true }

function ask(world: Authorizer, changes: Partial<Parameters<Authorizer['authorize']>[0]> = {}): string {
  const answer = world.authorize({ principal: ALICE, action: 'kms:Decrypt', resource: KEY, ...changes })
  return answer.decision === 'invalidRequest' ? answer.message : `${answer.decision} ${answer.layer}`
}

interface Change {
  readonly name: string
  readonly before: (world: Authorizer) => void
  readonly change: (world: Authorizer) => void
  readonly request?: Partial<Parameters<Authorizer['authorize']>[0]>
  readonly was: string
  readonly is: string
}

const CHANGES: readonly Change[] = [
  {
    name: 'a key policy is replaced',
    before: (world) => world.putKey({ arn: KEY, policy: open }),
    change: (world) => expect(world.putKeyPolicy(KEY, silent)).toBe(true),
    was: 'allow keyPolicy',
    is: 'implicitDeny keyPolicy',
  },
  {
    name: 'a policy names a condition key that none had named',
    before: (world) => world.putKey({ arn: KEY, policy: open }),
    change: (world) =>
      expect(
        world.putKeyPolicy(
          KEY,
          parsed(
            policy(
              allow('kms:*', { to: '*' }),
              deny('kms:*', { to: '*', when: { StringEquals: { 'aws:username': 'Alice' } } }),
            ),
            'key',
          ),
        ),
      ).toBe(true),
    was: 'allow keyPolicy',
    is: 'explicitDeny keyPolicy',
  },
  {
    name: 'a key is removed',
    before: (world) => world.putKey({ arn: KEY, policy: open, aliases: ['alias/payments'] }),
    change: (world) => world.removeKey(KEY),
    request: { resource: ALIAS },
    was: 'allow keyPolicy',
    is: `alias \`${ALIAS}\` points to no key in this world`,
  },
  {
    name: 'an alias moves to another key',
    before: (world) => world.putKey({ arn: KEY, policy: open, aliases: ['alias/payments'] }),
    change: (world) => world.putKey({ arn: OTHER_KEY, policy: silent, aliases: ['alias/payments'] }),
    request: { resource: ALIAS },
    was: 'allow keyPolicy',
    is: 'implicitDeny keyPolicy',
  },
  {
    name: 'a grant is made',
    before: (world) => world.putKey({ arn: KEY, policy: silent }),
    change: (world) => expect(world.putGrant(grant)).toBe(true),
    was: 'implicitDeny keyPolicy',
    is: 'allow grant',
  },
  {
    name: 'a grant is revoked',
    before: (world) => world.putKey({ arn: KEY, policy: silent, grants: [grant] }),
    change: (world) => expect(world.removeGrant(KEY, 'g')).toBe(true),
    was: 'allow grant',
    is: 'implicitDeny keyPolicy',
  },
  {
    name: 'a principal gets a policy',
    before: (world) => world.putKey({ arn: KEY, policy: delegated }),
    change: (world) => world.putPrincipal({ arn: ALICE, policies: [everything] }),
    was: 'implicitDeny identity',
    is: 'allow identity',
  },
  {
    name: 'a role with a path is put: its sessions are known by it',
    before: (world) =>
      world.putKey({
        arn: KEY,
        policy: parsed(policy(allow('kms:*', { to: { AWS: `arn:aws:iam::${A}:role/team/App` } })), 'key'),
      }),
    change: (world) => world.putPrincipal({ arn: `arn:aws:iam::${A}:role/team/App` }),
    request: { principal: session().arn },
    was: 'implicitDeny keyPolicy',
    is: 'allow keyPolicy',
  },
  {
    name: 'a principal is removed',
    before: (world) => {
      world.putKey({ arn: KEY, policy: delegated })
      world.putPrincipal({ arn: ALICE, policies: [everything] })
    },
    change: (world) => world.removePrincipal(ALICE),
    was: 'allow identity',
    is: 'implicitDeny identity',
  },
  {
    name: 'an account gets an SCP',
    before: (world) => world.putKey({ arn: KEY, policy: open }),
    change: (world) => world.putAccount({ accountId: A, scps: [[parsed(policy(allow('s3:*')), 'scp')]] }),
    was: 'allow keyPolicy',
    is: 'implicitDeny scp',
  },
  {
    name: 'an account becomes the management account',
    before: (world) => {
      world.putKey({ arn: KEY, policy: open })
      world.putAccount({ accountId: A, scps: [[]] })
    },
    change: (world) => world.putAccount({ accountId: A, scps: [[]], isManagement: true }),
    was: 'implicitDeny scp',
    is: 'allow keyPolicy',
  },
  {
    name: 'an account is forgotten',
    before: (world) => {
      world.putKey({ arn: KEY, policy: open })
      world.putAccount({ accountId: A, scps: [[]] })
    },
    change: (world) => world.removeAccount(A),
    was: 'implicitDeny scp',
    is: 'allow keyPolicy',
  },
  {
    name: 'an endpoint gets a policy',
    before: (world) => world.putKey({ arn: KEY, policy: open }),
    change: (world) =>
      world.putEndpoint({ endpointId: 'vpce-1', policy: parsed(policy(allow('s3:*', { to: '*' })), 'vpce') }),
    request: { context: { 'aws:SourceVpce': 'vpce-1' } },
    was: 'allow keyPolicy',
    is: 'implicitDeny vpce',
  },
  {
    name: 'an endpoint is removed',
    before: (world) => {
      world.putKey({ arn: KEY, policy: open })
      world.putEndpoint({ endpointId: 'vpce-1', policy: parsed(policy(allow('s3:*', { to: '*' })), 'vpce') })
    },
    change: (world) => world.removeEndpoint('vpce-1'),
    request: { context: { 'AWS:sourcevpce': 'vpce-1' } },
    was: 'implicitDeny vpce',
    is: 'allow keyPolicy',
  },
]

describe('when', () => {
  for (const { name, before, change, request, was, is } of CHANGES) {
    test(`${name}, a fork stays as it was, and so does the world when the fork changes`, () => {
      for (const changesFork of [false, true]) {
        const world = createAuthorizer()
        before(world)
        expect(ask(world, request)).toBe(was)
        const fork = world.fork()
        const [changed, kept] = changesFork ? [fork, world] : [world, fork]
        change(changed)
        expect(ask(changed, request)).toBe(is)
        expect(ask(kept, request)).toBe(was)
        const explained = kept.explain({ principal: ALICE, action: 'kms:Decrypt', resource: KEY, ...request })
        expect(explained.ok && explained.value.verdict).toBe(was.split(' ')[0])
      }
    })

    test(`${name}, a bound gate follows`, () => {
      const world = createAuthorizer()
      before(world)
      const { principal = ALICE, resource = KEY, ...rest } = request ?? {}
      const bound = world.bind(principal, resource)
      if (!bound.ok) throw new Error(bound.error.message)
      const askGate = (): string => {
        const answer = bound.value.authorize({ action: 'kms:Decrypt', ...rest })
        return answer.decision === 'invalidRequest' ? answer.message : `${answer.decision} ${answer.layer}`
      }
      expect([askGate(), askGate()]).toEqual([was, was])
      change(world)
      expect([askGate(), askGate()]).toEqual([is, is])
    })
  }
})

test('what is not there cannot be changed', () => {
  const world = createAuthorizer()
  expect(world.putKeyPolicy(KEY, open)).toBe(false)
  expect(world.putGrant(grant)).toBe(false)
  expect(world.removeGrant(KEY, 'g')).toBe(false)
  world.putKey({ arn: KEY, policy: open })
  expect(world.removeGrant(KEY, 'g')).toBe(false)
})

describe('a snapshot', () => {
  const tables = new GraphTables()
  const key: KeyEntry = {
    arn: KEY,
    accountId: A,
    policy: compilePolicy(tables, open),
    grants: GrantSet.empty,
    properties: { aliases: ['alias/payments'] },
  }

  test('shares what did not change', () => {
    const first = Snapshot.empty(tables).withKey(key)
    const second = first.withAccount({
      accountId: A,
      isManagement: false,
      scps: undefined,
      rcps: undefined,
      organizationId: undefined,
      organizationPath: undefined,
    })
    expect(second.keys).toBe(first.keys)
    expect(second.keys.get(KEY)).toBe(key)
    expect(second.aliases.get(ALIAS)).toBe(KEY)
  })

  test('forgets the aliases of a key with it, and those that moved stay with the other', () => {
    const other: KeyEntry = { ...key, arn: OTHER_KEY }
    const both = Snapshot.empty(tables).withKey(key).withKey(other)
    expect(both.aliases.get(ALIAS)).toBe(OTHER_KEY)
    expect(both.withoutKey(KEY).aliases.get(ALIAS)).toBe(OTHER_KEY)
    expect(both.withoutKey(OTHER_KEY).aliases.get(ALIAS)).toBeUndefined()
    expect(both.withKey({ ...other, properties: {} }).aliases.get(ALIAS)).toBeUndefined()
  })

  test('forgets the name of a role with it, and not one that another path took over', () => {
    const role = (arn: string): Parameters<Snapshot['withPrincipal']>[0] => ({
      arn,
      accountId: A,
      policies: [],
      boundary: undefined,
      tags: {},
      uniqueId: undefined,
    })
    const old = `arn:aws:iam::${A}:role/old/App`
    const moved = `arn:aws:iam::${A}:role/new/App`
    const both = Snapshot.empty(tables).withPrincipal(role(old)).withPrincipal(role(moved))
    expect(both.roleNames.get(`${A}/App`)).toBe(moved)
    expect(both.withoutPrincipal(old).roleNames.get(`${A}/App`)).toBe(moved)
    expect(both.withoutPrincipal(moved).roleNames.get(`${A}/App`)).toBeUndefined()
    expect(both.withoutPrincipal(rootArn()).roleNames).toBe(both.roleNames)
  })
})
