/**
 * Callers are asked about in groups; each of them gets the answer that it gets alone.
 *
 * The worlds have principals that differ in one thing each: policies, boundary, tags, path, account, kind, or that some
 * key, grant, guardrail or condition names them.
 */
import { describe, expect, test } from 'vitest'
import { accessOf, type Access, type AccessList } from '../../src/solve/access.js'
import type { SolveScope } from '../../src/solve/scope.js'
import type { Grant } from '../../src/graph/grant.js'
import { isAllowed } from './pairs.js'
import { ACCOUNT, allow, delegating, deny, OTHER_ACCOUNT, policy, worldOf, type WorldJson } from './worlds.js'

const keyArn = (number: number): string =>
  `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-00000000000${number}`
const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`
const user = (name: string): string => `arn:aws:iam::${ACCOUNT}:user/${name}`

const decrypt = policy(allow('kms:Decrypt'))
const encrypt = policy(allow(['kms:Encrypt', 'kms:Decrypt']))
const byTag = deny('kms:Encrypt', { to: '*', when: { StringEquals: { 'aws:PrincipalTag/team': 'red' } } })
const byPath = allow('kms:Decrypt', { to: '*', when: { ArnLike: { 'aws:PrincipalArn': role('special/*') } } })

const PRINCIPALS: NonNullable<WorldJson['principals']> = [
  { arn: role('Plain'), policies: [decrypt] },
  { arn: role('Same'), policies: [decrypt] },
  { arn: role('Third'), policies: [decrypt] },
  { arn: role('special/Fourth'), policies: [decrypt] },
  { arn: role('special/Fifth'), policies: [decrypt] },
  { arn: role('Tagged'), policies: [encrypt], tags: { team: 'red' } },
  { arn: role('Untagged'), policies: [encrypt], tags: { team: 'blue' } },
  { arn: role('Bounded'), policies: [encrypt], boundary: decrypt },
  { arn: role('Nothing') },
  { arn: user('Ann'), policies: [decrypt] },
  { arn: user('Ben'), policies: [decrypt] },
  { arn: user('Cat'), policies: [encrypt] },
  { arn: role('Plain', OTHER_ACCOUNT), policies: [decrypt] },
  { arn: role('Same', OTHER_ACCOUNT), policies: [decrypt] },
  { arn: role('aws-service-role/x.amazonaws.com/Linked'), policies: [decrypt] },
]

const grant = (keyNumber: number, granteePrincipal: string): Grant => ({
  grantId: `grant-${keyNumber}`,
  keyArn: keyArn(keyNumber),
  granteePrincipal,
  operations: ['Encrypt'],
  propagated: true,
})

const WORLD: WorldJson = {
  keys: [
    { arn: keyArn(0), policy: policy(delegating) },
    {
      arn: keyArn(1),
      policy: policy(delegating, allow('kms:Encrypt', { to: { AWS: [role('Same'), role('Stranger')] } })),
    },
    {
      arn: keyArn(2),
      policy: policy(delegating, deny('kms:Decrypt', { to: { AWS: [user('Ben'), role('Stranger')] } })),
    },
    { arn: keyArn(3), policy: policy(byTag, allow('kms:*', { to: { AWS: OTHER_ACCOUNT } }), byPath) },
    { arn: keyArn(4), policy: policy(delegating), grants: [grant(4, role('Third'))] },
    {
      arn: keyArn(5),
      policy: policy(allow('kms:*', { to: '*' }), {
        Effect: 'Deny',
        NotPrincipal: { AWS: [role('Untagged'), `arn:aws:iam::${ACCOUNT}:root`, user('Ann')] },
        Action: 'kms:Encrypt',
        Resource: '*',
      }),
    },
  ],
  principals: PRINCIPALS,
  accounts: [
    { accountId: ACCOUNT, scps: [[policy(allow('*'), deny('kms:Encrypt', { on: keyArn(0) }))]] },
    { accountId: OTHER_ACCOUNT },
  ],
}

/** By caller, key and action: under which conditions; one text each, to be compared. */
function told(list: AccessList): ReadonlyMap<string, string> {
  if (list.answer === 'unknown') throw new Error(list.reason)
  expect(list.answer).toBe('complete')
  const found = new Map<string, string>()
  const conditions = ({ cubes }: Access): string =>
    cubes
      .map((cube) => JSON.stringify(cube.map(({ key, words }) => [key, words])))
      .toSorted()
      .join(' or ')
  for (const access of list.access) {
    for (const { principal, userArn, standing } of access.callers) {
      if (standing === 'stranger') continue
      for (const action of access.actions) {
        found.set(`${principal} ${userArn ?? ''} ${access.resource.arn ?? ''} ${action}`, conditions(access))
      }
    }
  }
  return found
}

const SCOPE: SolveScope = { actions: ['kms:Decrypt', 'kms:Encrypt'], sessionPolicies: 'none' }
const NAMED = [role('Stranger')]

describe('fifteen principals and six keys', () => {
  const snapshot = worldOf(WORLD)
  const list = accessOf({ snapshot }, SCOPE)
  const all = told(list)

  test.each([...PRINCIPALS.map(({ arn }) => arn), ...NAMED])(
    '%s as when it is asked about alone, key by key',
    (arn) => {
      for (const { arn: key } of WORLD.keys!) {
        const alone = told(accessOf({ snapshot }, { ...SCOPE, principals: [arn], resources: [key] }))
        const together = new Map([...all].filter(([which]) => which.startsWith(`${arn}  ${key} `)))
        expect(together).toEqual(alone)
      }
    },
  )

  test('what is said of everybody is what they are allowed', () => {
    let allowed = 0
    for (const { arn: principal } of PRINCIPALS) {
      for (const { arn: resource } of WORLD.keys!) {
        for (const action of ['kms:Decrypt', 'kms:Encrypt']) {
          const isTold = all.has(`${principal}  ${resource} ${action}`)
          expect(isAllowed(snapshot, { principal, action, resource }), `${principal} ${resource} ${action}`).toBe(
            isTold,
          )
          if (isTold) allowed += 1
        }
      }
    }
    expect(allowed).toBeGreaterThan(50)
  })

  test('federated sessions of users are told user by user', () => {
    const federated = [...all.keys()].filter((which) => which.includes(':federated-user/'))
    for (const name of ['Ann', 'Ben', 'Cat']) expect(federated.join('\n')).toContain(user(name))
  })
})
