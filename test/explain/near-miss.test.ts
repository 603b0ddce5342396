import { describe, expect, test } from 'vitest'
import { nearMisses } from '../../src/explain/near-miss.js'
import { A, account, ALICE, allow, ask, delegated, deny, grant, named, OPS, type Question } from './build.js'

const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }
const kp = (statement: number, ...failed: string[]): unknown => ({ layer: 'keyPolicy', policy: 0, statement, failed })

const CASES: readonly (readonly [string, Question, readonly unknown[]])[] = [
  ['nothing for an allow', { identity: [[allow(), allow({ Condition: tenant })]] }, []],
  ['nothing for an explicit denial', { identity: [[deny()]] }, []],
  [
    'condition, then principal, then action',
    {
      key: [
        allow({ Principal: named(ALICE), Action: 'kms:Encrypt' }),
        allow({ Principal: named(OPS) }),
        allow({ Principal: named(ALICE), Condition: tenant }),
      ],
      identity: [[allow()]],
    },
    [kp(2, 'condition'), kp(1, 'principal'), kp(0, 'action')],
  ],
  [
    'fewer failed parts first, ties by order',
    {
      key: [
        allow({ Principal: named(OPS), Condition: tenant }),
        allow({ Principal: named(OPS) }),
        allow({ Principal: named(`arn:aws:iam::${A}:role/X`) }),
      ],
      identity: [[allow()]],
    },
    [kp(1, 'principal'), kp(2, 'principal'), kp(0, 'principal', 'condition')],
  ],
  [
    'neither about the caller nor about the action is not near',
    { key: [allow({ Principal: named(OPS), Action: 'kms:Encrypt' })] },
    [],
  ],
  [
    'the deciding layer first, then other layers that lack an allow',
    { key: [allow({ Principal: named(OPS) })], identity: [[allow({ Sid: 'S', Condition: tenant })]] },
    [kp(0, 'principal'), { layer: 'identity', policy: 0, statement: 0, sid: 'S', failed: ['condition'] }],
  ],
  [
    'D1.3: only the levels of the organization that lack an allow',
    {
      identity: [[allow()]],
      scps: [[[allow({ Action: '*' }), allow({ Condition: tenant })]], [[allow({ Condition: tenant })]]],
    },
    [{ layer: 'scp', account: A, level: 1, policy: 0, statement: 0, failed: ['condition'] }],
  ],
  [
    'grants stand among the statements of other layers',
    {
      key: [allow({ Principal: named(OPS) })],
      identity: [[allow()]],
      grants: [
        grant({ granteePrincipal: OPS, operations: ['Encrypt'] }),
        grant({ grantId: 'g2', propagated: false }),
        grant({ grantId: 'g3', granteePrincipal: OPS }),
      ],
    },
    [
      kp(0, 'principal'),
      { layer: 'grant', grantId: 'g2', failed: ['notPropagated'] },
      { layer: 'grant', grantId: 'g3', failed: ['grantee'] },
    ],
  ],
  [
    'the same service before another one',
    { identity: [[allow({ Action: 's3:*' }), allow({ Action: 'kms:Encrypt' })]] },
    [
      { layer: 'identity', policy: 0, statement: 1, failed: ['action'] },
      { layer: 'identity', policy: 0, statement: 0, failed: ['action'] },
    ],
  ],
  [
    'a statement that can never apply is not near',
    { key: [...delegated, { Effect: 'Allow', Principal: account(), Action: 'kms:*' }] },
    [],
  ],
]

describe('nearMisses', () => {
  for (const [name, question, expected] of CASES) test(name, () => expect(nearMisses(ask(question))).toEqual(expected))

  test('are ten at most', () => {
    const identity = [Array.from({ length: 30 }, () => allow({ Action: 'kms:Encrypt' }))]
    expect(nearMisses(ask({ identity }))).toHaveLength(10)
  })
})
