import { describe, expect, test } from 'vitest'
import { decisiveStatements } from '../../src/explain/decisive.js'
import {
  account,
  ALICE,
  allow,
  APP,
  ask,
  deny,
  delegated,
  grant,
  named,
  OPS,
  session,
  user,
  B,
  type Question,
} from './build.js'

const CASES: readonly (readonly [string, Question, readonly unknown[]])[] = [
  [
    'a delegated allow is completed by identity statements',
    { identity: [[allow({ Action: 's3:*' })], [allow({ Sid: 'Use' })]] },
    [{ layer: 'identity', policy: 1, statement: 0, sid: 'Use' }],
  ],
  [
    'C3: a statement that names the caller, not the one that delegates',
    { key: [...delegated, allow({ Principal: named(ALICE) })], identity: [[allow()]] },
    [{ layer: 'keyPolicy', policy: 0, statement: 1 }],
  ],
  [
    'C3: direct before via',
    { caller: session(), key: [allow({ Principal: named(APP) }), allow({ Sid: 'All', Principal: '*' })] },
    [{ layer: 'keyPolicy', policy: 0, statement: 1, sid: 'All' }],
  ],
  [
    'C3: the role where nothing names the session',
    { caller: session(), key: [allow({ Principal: named(APP) })] },
    [{ layer: 'keyPolicy', policy: 0, statement: 0 }],
  ],
  [
    'every Deny that applied, in the order of evaluation',
    {
      identity: [[deny({ Sid: 'One' }), deny({ Action: 's3:*' })]],
      scps: [[[allow(), deny()]]],
      key: [...delegated, deny({ Principal: account() })],
    },
    [
      { layer: 'scp', account: '111122223333', level: 0, policy: 0, statement: 1 },
      { layer: 'keyPolicy', policy: 0, statement: 1 },
      { layer: 'identity', policy: 0, statement: 0, sid: 'One' },
    ],
  ],
  ['nothing for an implicit denial', { key: [allow({ Principal: named(OPS) })] }, []],
  [
    'the grants that permit',
    {
      key: [allow({ Principal: named(OPS) })],
      grants: [grant(), grant({ grantId: 'g2', operations: ['Encrypt'] }), grant({ grantId: 'g3' })],
    },
    [
      { layer: 'grant', grantId: 'g1' },
      { layer: 'grant', grantId: 'g3' },
    ],
  ],
  [
    'K-14: a grant to the role that the boundary cuts is not among them',
    {
      caller: session(),
      key: [allow({ Principal: named(OPS) })],
      boundary: [allow({ Action: 's3:*' })],
      grants: [grant({ granteePrincipal: APP }), grant({ grantId: 'g2', granteePrincipal: session().arn })],
    },
    [{ layer: 'grant', grantId: 'g2' }],
  ],
  [
    'F6: the retired grant',
    {
      action: 'kms:RetireGrant',
      grantId: 'g1',
      grants: [grant({ retiringPrincipal: ALICE }), grant({ grantId: 'g2', retiringPrincipal: ALICE })],
    },
    [{ layer: 'grant', grantId: 'g1' }],
  ],
  [
    'F6: the identity policy that lets the owning account retire',
    { action: 'kms:RetireGrant', grantId: 'g1', grants: [grant()], identity: [[allow({ Action: 'kms:*' })]] },
    [{ layer: 'identity', policy: 0, statement: 0 }],
  ],
  [
    'D6: across accounts the identity side completes',
    { caller: user('Bob', B), key: [allow({ Principal: account(B) })], identity: [[allow()]] },
    [{ layer: 'identity', policy: 0, statement: 0 }],
  ],
]

describe('decisiveStatements', () => {
  for (const [name, question, expected] of CASES)
    test(name, () => expect(decisiveStatements(ask(question))).toEqual(expected))
})
