/** What a world remembers by name besides its entries: aliases of keys and the paths of roles. */
import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import { GrantSet } from '../../src/graph/grant.js'
import { GraphTables } from '../../src/graph/tables.js'
import { Snapshot, type KeyEntry, type PrincipalEntry } from '../../src/graph/world.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { A, B, KEY, allow, policy, session, user } from '../reference/example.js'

const empty = Snapshot.empty(new GraphTables())
const key: KeyEntry = { arn: KEY, accountId: A, policy: undefined, grants: GrantSet.empty, properties: {} }

function entry(arn: string): PrincipalEntry {
  return { arn, accountId: A, policies: [], boundary: undefined, tags: {}, uniqueId: undefined }
}

describe('a snapshot', () => {
  test('has no alias of a key without aliases', () => {
    expect([...empty.withKey(key).aliases.entries()]).toEqual([])
    expect([...empty.withKey(key).withKey(key).withoutKey(KEY).aliases.entries()]).toEqual([])
  })

  test('that is given what it has keeps its maps', () => {
    const alice = entry(user().arn)
    const made = empty.withKey(key).withPrincipal(alice)
    const again = made.withKey(key).withPrincipal(alice)
    expect([again.keys === made.keys, again.principals === made.principals]).toEqual([true, true])
    expect(made.withPrincipal({ ...alice }).principals).not.toBe(made.principals)
  })

  test('has the names of roles, and of no other principal', () => {
    const named = empty.withPrincipal(entry(user().arn)).withPrincipal(entry(`arn:aws:iam::${A}:group/team/App`))
    expect(named.roleNames).toBe(empty.roleNames)
    const ROLES: readonly (readonly [arn: string, name: string])[] = [
      [`arn:aws:iam::${A}:role/App`, `${A}/App`],
      [`arn:aws:iam::${A}:role/team/App`, `${A}/App`],
      [`arn:aws:iam::${B}:role/team/sub/App+x`, `${B}/App+x`],
      [`arn:aws-cn:iam::${A}:role/role/role`, `${A}/role`],
    ]
    for (const [arn, name] of ROLES) {
      expect([...empty.withPrincipal(entry(arn)).roleNames.entries()]).toEqual([[name, arn]])
    }
  })
})

// A session's ARN has the name of its role without the path.
test('a session is of the role that has its name now, with a path or without', () => {
  const [old, now] = [`arn:aws:iam::${A}:role/team/App`, `arn:aws:iam::${A}:role/App`]
  const opened = parsePolicyValue(policy(allow('kms:*', { to: { AWS: now } })), 'key')
  if (!opened.ok) throw new Error(opened.error[0]?.message)
  const world = createAuthorizer()
  world.putKey({ arn: KEY, policy: opened.value })
  const asked = { principal: session().arn, action: 'kms:Decrypt', resource: KEY }
  expect(world.authorize(asked).decision).toBe('allow')
  world.putPrincipal({ arn: old })
  expect(world.authorize(asked).decision).toBe('implicitDeny')
  world.putPrincipal({ arn: now })
  expect(world.authorize(asked).decision).toBe('allow')
})
