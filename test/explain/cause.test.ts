import { describe, expect, test } from 'vitest'
import { CAUSES, type CauseCode } from '../../src/aws/causes.js'
import { causeOf } from '../../src/explain/cause.js'
import {
  A,
  account,
  ALICE,
  allow,
  APP,
  ask,
  B,
  delegated,
  deny,
  federated,
  grant,
  KEY,
  named,
  OPS,
  root,
  service,
  session,
  user,
  type Question,
} from './build.js'

const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
const decrypts = [[allow()]]
const OTHER_KEY = `arn:aws:kms:us-west-2:${A}:key/99999999-12ab-34cd-56ef-1234567890ab`
const tenant = (value: string): unknown => ({ StringEquals: { 'kms:EncryptionContext:tenant': value } })
const full = [{ Sid: 'FullAWSAccess', ...everything }]
const through = (value: string) => ({ 'kms:EncryptionContext:tenant': value })

/** A session of role App, let in by account, so that the layer under test is what is missing. */
const bounded = (boundary: readonly unknown[]): Question => ({ identity: decrypts, boundary })
const withSession = (statements: readonly unknown[]): Question => ({
  caller: session(),
  identity: decrypts,
  session: [statements],
})
const atEndpoint = (endpoint: readonly unknown[]): Question => ({ identity: decrypts, endpoint })
const scp = (...level: readonly (readonly unknown[])[]): Question => ({ identity: decrypts, scps: [[full], level] })
const lost: Partial<Question> = { caller: session('Other', B) }
const retire: Question = { action: 'kms:RetireGrant', grantId: 'g1' }

const CASES: readonly (readonly [CauseCode, string, Question])[] = [
  ['rcp-explicit-deny', 'D1.1', { identity: decrypts, rcps: [[[deny({ Principal: '*' })]]] }],
  ['scp-explicit-deny', 'D1.1', { identity: decrypts, scps: [[full, [deny()]]] }],
  ['vpce-explicit-deny', 'D1.1', atEndpoint([allow({ Principal: '*' }), deny({ Principal: '*' })])],
  ['key-policy-explicit-deny', 'D1.1', { identity: decrypts, key: [...delegated, deny({ Principal: '*' })] }],
  ['identity-explicit-deny', 'D1.1', { identity: [[everything, deny()]] }],
  ['boundary-explicit-deny', 'D1.1', bounded([everything, deny()])],
  ['session-explicit-deny', 'D1.1', withSession([everything, deny()])],
  ['scp-level-empty', 'D1.3', scp()],
  ['scp-no-statement', 'D1.3', scp([deny({ Action: 'kms:Encrypt' })])],
  ['scp-action', 'D1.3', scp([allow({ Action: ['s3:*', 'ec2:*'] })])],
  ['scp-resource', 'D1.3', scp([allow({ Resource: OTHER_KEY })])],
  ['scp-condition', 'D1.3', { ...scp([allow({ Condition: tenant('a') })]), context: through('b') }],
  ['scp-condition-key-absent', 'D1.3', scp([allow({ Condition: tenant('a') })])],
  ['vpce-no-statement', 'D1.4', atEndpoint([deny({ Principal: '*', Action: 'kms:Encrypt' })])],
  ['vpce-principal', 'D1.4', atEndpoint([allow({ Principal: named(OPS) })])],
  ['vpce-action', 'D1.4', atEndpoint([allow({ Principal: '*', Action: 'kms:Encrypt' })])],
  ['vpce-resource', 'D1.4', atEndpoint([allow({ Principal: '*', Resource: OTHER_KEY })])],
  [
    'vpce-condition',
    'D1.4',
    { ...atEndpoint([allow({ Principal: '*', Condition: tenant('a') })]), context: through('b') },
  ],
  ['vpce-condition-key-absent', 'D1.4', atEndpoint([allow({ Principal: '*', Condition: tenant('a') })])],
  ['operation-cross-account', 'D1.5', { caller: user('Bob', B), action: 'kms:PutKeyPolicy', identity: [[everything]] }],
  ['operation-resource', 'D3', { action: 'kms:CreateKey', identity: [[everything]] }],
  ['key-policy-absent', 'D2.1', { key: null, identity: decrypts }],
  ['key-policy-no-statement', 'D2.1', { key: [deny({ Principal: '*', Action: 'kms:Encrypt' })] }],
  [
    'key-policy-principal',
    'D10 root user, only a role is named',
    { caller: root, key: [allow({ Principal: named(OPS) })] },
  ],
  [
    'key-policy-action',
    'D2.5',
    { key: [allow({ Principal: account(), Action: 'kms:DescribeKey' })], identity: decrypts },
  ],
  ['key-policy-resource', 'D2.6', { key: [allow({ Principal: named(ALICE), Resource: OTHER_KEY })] }],
  [
    'key-policy-condition',
    'B2',
    { key: [allow({ Principal: named(ALICE), Condition: tenant('a') })], context: through('b') },
  ],
  ['key-policy-condition-key-absent', 'B2', { key: [allow({ Principal: named(ALICE), Condition: tenant('a') })] }],
  [
    'delegation-missing',
    'D10 AdministratorAccess, only a role is named',
    { key: [allow({ Principal: named(OPS) })], identity: [[everything]] },
  ],
  [
    'aws-managed-key',
    'D8',
    {
      awsManagedKey: true,
      key: [
        allow({
          Principal: '*',
          Condition: { StringEquals: { 'kms:CallerAccount': A, 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
        }),
      ],
    },
  ],
  [
    'grant-constraint',
    'F3',
    {
      key: [allow({ Principal: named(OPS) })],
      grants: [grant({ constraints: { encryptionContextEquals: { tenant: 'a' } } })],
    },
  ],
  ['grant-operation', 'F2', { key: [allow({ Principal: named(OPS) })], grants: [grant({ operations: ['Encrypt'] })] }],
  [
    'grant-grantee',
    'F2',
    { ...lost, grants: [grant({ granteePrincipal: `arn:aws:sts::${B}:assumed-role/Other/first` })] },
  ],
  ['grant-not-propagated', 'F7', { key: [allow({ Principal: named(OPS) })], grants: [grant({ propagated: false })] }],
  [
    'grant-child',
    'F5',
    {
      key: [allow({ Principal: named(OPS) })],
      action: 'kms:CreateGrant',
      createGrant: { operations: ['Encrypt'] },
      grants: [grant({ operations: ['CreateGrant', 'Decrypt'] })],
    },
  ],
  [
    'grant-limited',
    'K-14',
    {
      caller: session(),
      key: [allow({ Principal: named(OPS) })],
      boundary: [allow({ Action: 's3:*' })],
      grants: [grant({ granteePrincipal: APP })],
    },
  ],
  ['identity-no-policy', 'D10 cross-account, no identity policy', { identity: [[deny({ Action: 's3:*' })]] }],
  ['identity-action', 'D1.7', { identity: [[allow({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' })]] }],
  ['identity-resource', 'D5', { identity: [[allow({ Resource: `arn:aws:kms:us-west-2:${A}:alias/x` })]] }],
  ['identity-condition', 'B2', { identity: [[allow({ Condition: tenant('a') })]], context: through('b') }],
  ['identity-condition-key-absent', 'B2', { identity: [[allow({ Condition: tenant('a') })]] }],
  ['boundary-no-statement', 'D1.7', bounded([deny({ Action: 'kms:Encrypt' })])],
  ['boundary-action', 'D1.7', bounded([allow({ Action: 's3:*' })])],
  ['boundary-resource', 'D1.7', bounded([allow({ Resource: OTHER_KEY })])],
  ['boundary-condition', 'B2', { ...bounded([allow({ Condition: tenant('a') })]), context: through('b') }],
  ['boundary-condition-key-absent', 'B2', bounded([allow({ Condition: tenant('a') })])],
  ['session-not-passed', 'D1', { caller: federated, identity: decrypts }],
  ['session-no-statement', 'D1.7', withSession([deny({ Action: 'kms:Encrypt' })])],
  ['session-action', 'D1.7', withSession([allow({ Action: 's3:*' })])],
  ['session-resource', 'D1.7', withSession([allow({ Resource: OTHER_KEY })])],
  ['session-condition', 'B2', { ...withSession([allow({ Condition: tenant('a') })]), context: through('b') }],
  ['session-condition-key-absent', 'B2', withSession([allow({ Condition: tenant('a') })])],
  ['grant-not-found', 'F6', { ...retire, grants: [grant({ grantId: 'other' })] }],
  ['grant-retire', 'F6', { ...retire, caller: user('Bob', B), grants: [grant()] }],
  ['retire-identity', 'F6', { ...retire, grants: [grant()] }],
]

describe('causeOf', () => {
  for (const [code, page, question] of CASES) {
    test(`${code} (${page})`, () => {
      const traced = ask(question)
      const found = causeOf(traced)
      expect(found).toBe(code)
      expect(traced.outcome).toEqual({
        layer: CAUSES[code].layer,
        decision: CAUSES[code].explicit ? 'explicitDeny' : 'implicitDeny',
      })
    })
  }

  test('every code of the list has a case', () => {
    expect([...new Set(CASES.map(([code]) => code))].toSorted()).toEqual(Object.keys(CAUSES).toSorted())
  })

  test('an allow has none', () => expect(causeOf(ask({ identity: decrypts }))).toBeNull())

  const NEARER: readonly (readonly [string, CauseCode, Question])[] = [
    [
      'a condition of the delegation is nearer than a missing delegation',
      'key-policy-condition-key-absent',
      { key: [allow({ Principal: account(), Condition: tenant('a') })], identity: decrypts },
    ],
    [
      'a condition is nearer than a grant that fails',
      'key-policy-condition',
      {
        key: [allow({ Principal: named(ALICE), Condition: tenant('a') })],
        context: through('b'),
        grants: [grant({ propagated: false })],
      },
    ],
    [
      'a test of another value is nearer than one of a key that is absent',
      'key-policy-condition',
      {
        key: [
          allow({ Principal: named(ALICE), Condition: { StringEquals: { 'kms:ViaService': 'x' } } }),
          allow({ Principal: named(ALICE), Condition: tenant('a') }),
        ],
        context: through('b'),
      },
    ],
    [
      'a service has no identity policies',
      'identity-no-policy',
      { caller: service, action: 'kms:ListKeys', resource: null },
    ],
    [
      'the level that lacks is the one judged',
      'scp-action',
      { identity: decrypts, scps: [[full], [[allow({ Action: 's3:*' })]], []] },
    ],
    [
      'a statement without Resource allows nothing',
      'key-policy-no-statement',
      { key: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*' }] },
    ],
    [
      'a grant that has not arrived is not found for retiring',
      'grant-not-found',
      { ...retire, grants: [grant({ propagated: false })] },
    ],
    [
      'a grant to somebody of another account is not what a caller lacks',
      'key-policy-principal',
      { ...lost, grants: [grant()] },
    ],
    [
      'the key ARN counts',
      'grant-not-found',
      { ...retire, grants: [grant({ keyArn: KEY.replace('us-west-2', 'us-east-1') })] },
    ],
  ]
  for (const [name, code, question] of NEARER) test(name, () => expect(causeOf(ask(question))).toBe(code))
})
