import { describe, expect, test } from 'vitest'
import type { AwsAnswer } from '../../../src/source/asked/aws-answer.js'
import {
  explainDisagreement,
  type Agreement,
  type Comparison,
  type ExplanationKind,
} from '../../../src/source/asked/disagreement.js'
import type { UnknownInput } from '../../../src/source/asked/question.js'
import {
  account,
  ALICE,
  allow,
  APP,
  ask,
  B,
  delegated,
  deny,
  grant,
  KEY,
  named,
  OPS,
  session,
  type Question,
} from '../../explain/build.js'

const identity = [[allow()]]
const full = [allow({ Action: '*' })]
const POLICY = 'arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-12345678'
const implicit = (layer: NonNullable<AwsAnswer['layer']>): AwsAnswer => ({ decision: 'deny', layer, isExplicit: false })
const explicit = (layer: NonNullable<AwsAnswer['layer']>): AwsAnswer => ({ decision: 'deny', layer, isExplicit: true })
const LET_IN: AwsAnswer = { decision: 'allow' }
const tenantOnly = allow({
  Principal: named(ALICE),
  Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } },
})
const toOps = [allow({ Principal: named(OPS) })]
const hidden: readonly UnknownInput[] = [
  { kind: 'conditionKey', name: 'kms:EncryptionContext:{context-key}', why: 'hidden' },
]

interface Case {
  readonly name: string
  readonly said: AwsAnswer
  readonly world: Question
  readonly more?: Omit<Comparison, 'said' | 'trace'>
  readonly agreement: Agreement
  readonly kinds: readonly ExplanationKind[]
  /** Part of the first sentence. */
  readonly first?: string
}

// IAM User Guide, "Troubleshoot access denied error messages"; authorization.md C1, C5, D5, D7, F7, G1 to G3.
const CASES: readonly Case[] = [
  { name: 'both allow', said: LET_IN, world: { identity }, agreement: 'same', kinds: [] },
  { name: 'both deny in the same layer', said: implicit('identity'), world: {}, agreement: 'same', kinds: [] },
  { name: 'both deny, AWS names none', said: { decision: 'deny' }, world: {}, agreement: 'same', kinds: [] },
  {
    name: 'AWS has no words for an operation',
    said: implicit('keyPolicy'),
    world: {
      caller: session('App', B),
      action: 'kms:PutKeyPolicy',
      identity: [full],
      key: [allow({ Principal: account(B), Action: 'kms:*' })],
    },
    agreement: 'same',
    kinds: [],
  },

  {
    name: 'no SCPs are given',
    said: explicit('scp'),
    world: { identity },
    agreement: 'opposite',
    kinds: ['missingScp'],
    first: 'no SCPs are given for account `111122223333`, and one denies this',
  },
  {
    name: 'the SCP that AWS names is not here',
    said: { ...explicit('scp'), policyArn: POLICY },
    world: { identity, scps: [[full]] },
    more: { hasPolicy: () => false },
    agreement: 'opposite',
    kinds: ['policyNotInWorld', 'otherPolicyVersion'],
    first: POLICY,
  },
  {
    name: 'the SCP that AWS names is here',
    said: { ...explicit('scp'), policyArn: POLICY },
    world: { identity, scps: [[full]] },
    more: { hasPolicy: () => true },
    agreement: 'opposite',
    kinds: ['otherPolicyVersion'],
    first: `\`${POLICY}\` was another version`,
  },
  {
    name: 'the management account',
    said: explicit('scp'),
    world: { identity, callerInManagementAccount: true },
    agreement: 'opposite',
    kinds: ['exemptHere'],
    first: 'management account',
  },
  {
    name: 'no RCPs are given',
    said: explicit('rcp'),
    world: { identity },
    agreement: 'opposite',
    kinds: ['missingRcp'],
  },
  {
    name: 'no session policies are given',
    said: implicit('session'),
    world: { caller: session(), identity },
    agreement: 'opposite',
    kinds: ['missingSessionPolicy'],
    first: 'stands in no account dump',
  },
  {
    name: 'no boundary is given',
    said: implicit('boundary'),
    world: { identity },
    agreement: 'opposite',
    kinds: ['missingBoundary'],
  },
  {
    name: 'the endpoint is not told',
    said: implicit('vpce'),
    world: { identity },
    agreement: 'opposite',
    kinds: ['contextKey'],
    first: '`aws:SourceVpce`',
  },
  {
    name: 'the policy of the endpoint is not given',
    said: implicit('vpce'),
    world: { identity, endpoint: null, context: { 'aws:SourceVpce': 'vpce-1' } },
    agreement: 'opposite',
    kinds: ['missingEndpointPolicy'],
  },
  {
    name: 'the key policy is not given',
    said: explicit('keyPolicy'),
    world: { key: null, grants: [grant()] },
    agreement: 'opposite',
    kinds: ['grantTiming', 'missingKeyPolicy'],
  },
  {
    name: 'another identity policy',
    said: implicit('identity'),
    world: { identity },
    agreement: 'opposite',
    kinds: ['otherPolicyVersion'],
  },
  {
    name: 'a key that nobody knows',
    said: implicit('keyPolicy'),
    world: { key: [tenantOnly], context: { 'kms:EncryptionContext:tenant': 'a' } },
    more: { unknown: hidden },
    agreement: 'opposite',
    kinds: ['contextKey', 'otherPolicyVersion'],
    first: 'the key policy tests `kms:EncryptionContext:tenant`, which nobody has told of this request',
  },
  {
    name: 'a grant that was not in effect',
    said: implicit('keyPolicy'),
    world: { key: toOps, grants: [grant()] },
    agreement: 'opposite',
    kinds: ['grantTiming', 'otherPolicyVersion'],
    first: 'up to five minutes',
  },
  {
    name: 'a principal that was made again',
    said: implicit('keyPolicy'),
    world: { key: [allow({ Principal: named(ALICE) })] },
    more: { uniqueIds: { said: 'AIDAOLD', known: 'AIDANEW' } },
    agreement: 'opposite',
    kinds: ['principalRecreated', 'otherPolicyVersion'],
    first: 'is `AIDANEW` here and was `AIDAOLD`',
  },
  {
    name: 'the key of an alias that moved',
    said: { ...implicit('keyPolicy'), resource: `${KEY.slice(0, -3)}abc` },
    world: { identity },
    agreement: 'opposite',
    kinds: ['otherKey', 'otherPolicyVersion'],
    first: 'the alias may point elsewhere now',
  },
  {
    name: 'a key of another Region',
    said: { ...implicit('keyPolicy'), resource: KEY.replace('us-west-2', 'eu-west-1') },
    world: { identity },
    agreement: 'opposite',
    kinds: ['wrongRegionOrAccount', 'otherPolicyVersion'],
  },
  {
    name: 'the text about the ciphertext',
    said: { decision: 'deny', isOpaque: true },
    world: { identity },
    agreement: 'opposite',
    kinds: ['wrongRegionOrAccount', 'otherPolicyVersion'],
  },
  {
    name: 'the short form: everything that is not given',
    said: { decision: 'deny' },
    world: { caller: session(), identity },
    agreement: 'opposite',
    kinds: [
      'missingRcp',
      'missingScp',
      'missingBoundary',
      'missingSessionPolicy',
      'otherPolicyVersion',
      'otherPolicyVersion',
    ],
  },
  {
    name: 'the gaps of the world come last',
    said: explicit('scp'),
    world: { identity },
    more: { gaps: ['no SCPs were given: taken as not limiting'] },
    agreement: 'opposite',
    kinds: ['missingScp', 'gap'],
  },
  {
    name: 'both deny, and AWS named the other layer',
    said: implicit('scp'),
    world: { scps: [[full]], identity: [[deny()]] },
    agreement: 'otherLayer',
    kinds: ['otherPolicyVersion'],
  },
  {
    name: 'both layers deny here',
    said: implicit('boundary'),
    world: { boundary: [allow({ Action: 's3:*' })] },
    agreement: 'otherLayer',
    kinds: ['otherPolicyVersion', 'laterLayer'],
  },

  {
    name: 'AWS allowed: no grants are given',
    said: LET_IN,
    world: { key: toOps },
    agreement: 'opposite',
    kinds: ['missingGrant', 'otherPolicyVersion'],
    first: 'no grants are given for the key',
  },
  {
    name: 'AWS allowed: a grant token leaves no trace',
    said: LET_IN,
    world: { key: toOps, grants: [grant({ propagated: false })] },
    agreement: 'opposite',
    kinds: ['missingGrant', 'grantTiming', 'otherPolicyVersion'],
  },
  {
    name: 'AWS allowed: no key policy',
    said: LET_IN,
    world: { key: null },
    agreement: 'opposite',
    kinds: ['missingKeyPolicy', 'missingGrant'],
  },
  {
    name: 'AWS allowed: no identity policies',
    said: LET_IN,
    world: {},
    agreement: 'opposite',
    kinds: ['missingIdentityPolicy'],
  },
  {
    name: 'AWS allowed: a Deny is here',
    said: LET_IN,
    world: { identity: [[deny()]] },
    agreement: 'opposite',
    kinds: ['otherPolicyVersion'],
  },
  {
    name: 'AWS allowed: a Deny hangs on what nobody knows',
    said: LET_IN,
    world: {
      identity,
      key: [
        ...delegated,
        deny({ Principal: '*', Condition: { StringNotEquals: { 'kms:EncryptionContext:tenant': 'a' } } }),
      ],
    },
    more: { unknown: hidden },
    agreement: 'opposite',
    kinds: ['contextKey', 'otherPolicyVersion'],
  },
  {
    name: 'AWS allowed: an empty level',
    said: LET_IN,
    world: { identity, scps: [[]] },
    agreement: 'opposite',
    kinds: ['otherPolicyVersion'],
    first: 'what is given here is not what there was',
  },
  {
    name: 'AWS allowed: an operation that does not work across accounts',
    said: LET_IN,
    world: {
      caller: session('App', B),
      action: 'kms:PutKeyPolicy',
      identity: [full],
      key: [allow({ Principal: named(APP), Action: 'kms:*' })],
    },
    agreement: 'opposite',
    kinds: ['wrongRegionOrAccount'],
  },
  {
    name: 'let in, and refused for the state of the key',
    said: { decision: 'allow', keyState: 'disabled' },
    world: {},
    more: { keyState: 'Disabled' },
    agreement: 'opposite',
    kinds: ['keyState', 'missingIdentityPolicy'],
    first: 'AWS let the request in and refused it for the state of the key (here it is `Disabled`)',
  },

  {
    name: 'throttling tells nothing',
    said: { decision: 'undecided' },
    world: {},
    agreement: 'notComparable',
    kinds: [],
  },
  {
    name: 'a key that AWS did not find',
    said: { decision: 'undecided', notFound: KEY },
    world: {},
    agreement: 'notComparable',
    kinds: ['wrongRegionOrAccount'],
  },
  {
    name: 'a state that is known',
    said: { decision: 'undecided' },
    world: {},
    more: { keyState: 'PendingDeletion' },
    agreement: 'notComparable',
    kinds: ['keyState'],
  },
]

describe('explanations', () => {
  for (const { name, said, world, more, agreement, kinds, first } of CASES) {
    test(name, () => {
      const found = explainDisagreement({ said, trace: ask(world), ...more })
      expect(found.agreement).toBe(agreement)
      expect(found.explanations.map(({ kind }) => kind)).toEqual(kinds)
      if (first !== undefined) expect(found.explanations[0]?.sentence).toContain(first)
    })
  }

  test('sentences have no control characters and no final stop', () => {
    const said: AwsAnswer = { decision: 'deny', layer: 'scp', isExplicit: true, policyArn: 'arn:\u001b[31m\u202e' }
    const { explanations } = explainDisagreement({
      said,
      trace: ask({ identity, scps: [[full]] }),
      hasPolicy: () => false,
    })
    for (const { sentence } of explanations) {
      // oxlint-disable-next-line no-control-regex
      expect(sentence).not.toMatch(/[\u0000-\u001f\u202e]|\.$/)
    }
    expect(explanations).toHaveLength(2)
  })

  test('every kind is in the table', () => {
    const all = new Set(CASES.flatMap(({ kinds }) => kinds))
    expect([...all].sort()).toEqual([
      'contextKey',
      'exemptHere',
      'gap',
      'grantTiming',
      'keyState',
      'laterLayer',
      'missingBoundary',
      'missingEndpointPolicy',
      'missingGrant',
      'missingIdentityPolicy',
      'missingKeyPolicy',
      'missingRcp',
      'missingScp',
      'missingSessionPolicy',
      'otherKey',
      'otherPolicyVersion',
      'policyNotInWorld',
      'principalRecreated',
      'wrongRegionOrAccount',
    ])
  })
})
