/**
 * The invented organization of `fixtures/acme` has a request for every cause of a denial.
 *
 * Each row is one request and the one code that it must end in, so a change of the fixture that loses a cause is seen.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { CAUSES } from '../../../src/aws/causes.js'
import type { Authorizer } from '../../../src/explain/authorizer.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import { loadWorld } from '../../../src/source/world/load-world.js'
import { toAuthorizer } from '../../../src/source/world/to-authorizer.js'
import { policiesOf } from '../../../src/source/world/to-definition.js'
import { ACME, FEDERATED, PAYMENTS, REQUESTS } from './acme-requests.js'

describe('every cause has a request in fixtures/acme', () => {
  let acme: Authorizer

  beforeAll(async () => {
    const world = loadWorld(ACME)
    if (!world.ok) throw new Error('fixtures/acme cannot be loaded')
    acme = toAuthorizer(world.value)
    // A federated session has the policies of the user who asked for it, whom its ARN does not name.
    const alice = world.value.principals.get(`arn:aws:iam::${PAYMENTS}:user/people/alice`)
    const policies = alice === undefined ? [] : policiesOf(world.value, alice).map(({ document }) => document)
    acme.putPrincipal({ arn: FEDERATED, policies })
  })

  // A record over the codes cannot lack one; a code that is new shows up as a type error here.
  for (const [code, { session: statements, ...request }] of Object.entries(REQUESTS)) {
    test(code, () => {
      const policy = statements && parsePolicyValue({ Version: '2012-10-17', Statement: statements }, 'session')
      const sessionPolicies = policy?.ok === true ? [acme.compile(policy.value)] : []
      const explained = acme.explain({ ...request, sessionPolicies })
      expect(explained).toMatchObject({ ok: true, value: { cause: { code } } })
    })
  }

  test('the table has every code', () => {
    expect(Object.keys(REQUESTS).toSorted()).toEqual(Object.keys(CAUSES).toSorted())
  })
})
