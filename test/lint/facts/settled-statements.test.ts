/** What is known of a key policy before deployment although a part of it is not: KEY006, KEY007 and KEY008 ask of it. */
import { describe, expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../../src/cli/lint-readers.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import type { Finding } from '../../../src/lint/finding.js'
import type { PolicyRule, RuleOptionValue } from '../../../src/lint/rule.js'
import { foreignAdmin } from '../../../src/lint/rules/KEY006-foreign-admin.js'
import { publicKeyPolicy } from '../../../src/lint/rules/KEY007-public-key-policy.js'
import { ineffectiveGuard } from '../../../src/lint/rules/KEY008-ineffective-guard.js'
import { unguardedServicePrincipal } from '../../../src/lint/rules/KEY010-unguarded-service-principal.js'
import { runRules } from '../../../src/lint/run-rules.js'
import { pointerAt } from '../../../src/lint/structural-path.js'
import { active, projectFacts } from '../rule-cases.js'

const ADMIN = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' }
const PUBLIC = { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }
const UNKNOWN = { 'Fn::ImportValue': 'Partner' }
const OF_ANYBODY = { ...PUBLIC, Principal: { AWS: UNKNOWN } }

interface Asked {
  readonly accounts?: readonly string[]
  readonly options?: Readonly<Record<string, RuleOptionValue>>
}

function findings(
  rule: PolicyRule,
  statements: readonly unknown[],
  { accounts = [], options }: Asked = {},
): readonly (Finding & { readonly place: string })[] {
  const KeyPolicy = { Version: '2012-10-17', Statement: statements }
  const text = JSON.stringify({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } } } })
  const file = findPolicies({ name: 'template.json', text }, { isNamed: true }, EMBEDDED_READERS)
  return runRules(file, [active(rule, options)], projectFacts({ accounts })).map((finding) => ({
    ...finding,
    place: pointerAt(file.root!, finding.span).pointer.split('/KeyPolicy/')[1] ?? '',
  }))
}

const places = (...given: Parameters<typeof findings>): readonly string[] =>
  findings(...given).map(({ place }) => place)

const AT_2 = ['Statement/2/Principal']
test.each<[string, readonly unknown[], readonly string[]]>([
  ['all is known', [ADMIN, ADMIN, PUBLIC], AT_2],
  ['a principal of another Allow is not', [ADMIN, OF_ANYBODY, PUBLIC], AT_2],
  ['nor an action', [{ ...ADMIN, Action: ['kms:ListGrants', UNKNOWN] }, ADMIN, PUBLIC], AT_2],
  ['a value of the statement itself is not', [ADMIN, { ...PUBLIC, Action: UNKNOWN }], []],
  [
    'nor that of its condition',
    [ADMIN, { ...PUBLIC, Condition: { StringEquals: { 'kms:CallerAccount': UNKNOWN } } }],
    [],
  ],
  [
    'one of several principals is not',
    [ADMIN, ADMIN, { ...PUBLIC, Principal: { AWS: [UNKNOWN, '*'] } }],
    AT_2.map((at) => `${at}/AWS/1`),
  ],
  [
    'nor those of another kind',
    [ADMIN, ADMIN, { ...PUBLIC, Principal: { Service: UNKNOWN, AWS: '*' } }],
    AT_2.map((at) => `${at}/AWS`),
  ],
  ['nor one of several actions', [ADMIN, ADMIN, { ...PUBLIC, Action: [UNKNOWN, 'kms:Decrypt'] }], AT_2],
  ['nor the name', [ADMIN, ADMIN, { ...PUBLIC, Sid: UNKNOWN }], AT_2],
  ['all but what may be excepted', [ADMIN, { ...PUBLIC, Action: undefined, NotAction: ['kms:Encrypt', UNKNOWN] }], []],
  [
    'a Deny that may be of more actions',
    [{ ...PUBLIC, Effect: 'Deny', Action: ['kms:Encrypt', UNKNOWN] }, ADMIN, PUBLIC],
    [],
  ],
  ['a Deny by another name', [{ ...PUBLIC, Effect: 'Deny', Action: 'kms:Encrypt', Sid: UNKNOWN }, ADMIN, PUBLIC], AT_2],
  ['a Deny may close what is open', [{ ...PUBLIC, Effect: 'Deny', Action: UNKNOWN }, ADMIN, PUBLIC], []],
  ['a known Deny counts', [{ ...ADMIN, Principal: { AWS: UNKNOWN } }, { ...PUBLIC, Effect: 'Deny' }, PUBLIC], []],
  ['a whole statement is not', [ADMIN, UNKNOWN, PUBLIC], []],
  ['nor an effect', [ADMIN, { ...ADMIN, Effect: UNKNOWN }, PUBLIC], []],
  ['what AWS refuses is not judged', [{ ...ADMIN, Effect: 'allow', Resource: UNKNOWN }, PUBLIC], []],
])('%s', (_name, statements, expected) => {
  expect(places(publicKeyPolicy, statements)).toEqual(expected)
})

describe('KEY008: a guard that binds nobody', () => {
  const VIA = { ...PUBLIC, Condition: { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } } }
  const bound = { 'kms:ViaService': 's3.us-west-2.amazonaws.com', 'kms:CallerAccount': '111122223333' }
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['beside an Allow that is not known', [ADMIN, OF_ANYBODY, VIA], AT_2],
    ['before it', [VIA, ADMIN, OF_ANYBODY], ['Statement/0/Principal']],
    [
      'beside a principal that is not known',
      [ADMIN, ADMIN, { ...VIA, Principal: { AWS: [UNKNOWN, '*'] } }],
      AT_2.map((at) => `${at}/AWS/1`),
    ],
    ['with a value that is not known', [ADMIN, { ...VIA, Action: UNKNOWN }], []],
    ['with a guard that is not known', [ADMIN, { ...VIA, Condition: { StringEquals: UNKNOWN } }], []],
    ['a Deny may close what is open', [{ ...PUBLIC, Effect: 'Deny', Condition: UNKNOWN }, ADMIN, VIA], []],
    ['a guard that binds', [ADMIN, OF_ANYBODY, { ...VIA, Condition: { StringEquals: bound } }], []],
    ['no guard at all', [ADMIN, OF_ANYBODY, PUBLIC], []],
  ])('%s', (_name, statements, expected) => {
    expect(places(ineffectiveGuard, statements)).toEqual(expected)
  })

  test('has no fix where a part of the policy is not known', () => {
    expect(findings(ineffectiveGuard, [ADMIN, OF_ANYBODY, VIA]).map(({ fix }) => fix)).toEqual([undefined])
  })
})

describe('KEY006: another account that rules over grants', () => {
  const FOREIGN = { ...ADMIN, Principal: { AWS: 'arn:aws:iam::444455556666:root' } }
  const accounts = ['111122223333']
  const AT = ['Statement/2/Principal/AWS']
  test.each<[string, readonly unknown[], Asked, readonly string[]]>([
    ['beside an Allow that is not known', [ADMIN, OF_ANYBODY, FOREIGN], { accounts }, AT],
    // The majority of the principals may be another one then.
    [
      'behind a principal that is not known',
      [ADMIN, ADMIN, { ...FOREIGN, Principal: { AWS: [UNKNOWN, ADMIN.Principal.AWS, FOREIGN.Principal.AWS] } }],
      { accounts },
      [`${AT[0]!}/2`],
    ],
    ['where the own account would be a guess', [ADMIN, ADMIN, OF_ANYBODY, FOREIGN], {}, []],
    ['an account of the project', [ADMIN, OF_ANYBODY, FOREIGN], { accounts: [...accounts, '444455556666'] }, []],
    ['a Deny may take it', [ADMIN, { ...OF_ANYBODY, Effect: 'Deny' }, FOREIGN], { accounts }, []],
    ['actions that are not known', [ADMIN, OF_ANYBODY, { ...FOREIGN, Action: UNKNOWN }], { accounts }, []],
    ['a principal that is not known', [ADMIN, ADMIN, { ...ADMIN, Principal: { AWS: UNKNOWN } }], { accounts }, []],
    ['only use of the key', [ADMIN, OF_ANYBODY, { ...FOREIGN, Action: 'kms:Decrypt' }], { accounts }, []],
  ])('%s', (_name, statements, asked, expected) => {
    expect(places(foreignAdmin, statements, asked)).toEqual(expected)
  })
})

describe('KEY010: a service that acts for anybody', () => {
  const LOGS = { ...PUBLIC, Principal: { Service: 'logs.us-east-1.amazonaws.com' } }
  const region = { 'Fn::Join': ['', ['logs.', UNKNOWN, '.amazonaws.com']] }
  const services = ['logs.us-east-1.amazonaws.com', 'ses.amazonaws.com']
  const AT = ['Statement/2/Principal/Service']
  test.each<[string, readonly unknown[], Asked, readonly string[]]>([
    ['beside what is not known', [{ ...OF_ANYBODY, Effect: 'Deny' }, OF_ANYBODY, LOGS], {}, AT],
    ['a condition that may be a guard', [ADMIN, OF_ANYBODY, { ...LOGS, Condition: UNKNOWN }], {}, []],
    ['an action that may be DescribeKey', [ADMIN, OF_ANYBODY, { ...LOGS, Action: UNKNOWN }], {}, []],
    ['one known action suffices', [ADMIN, ADMIN, { ...LOGS, Action: ['kms:Decrypt', UNKNOWN] }], {}, AT],
    ['any service', [ADMIN, ADMIN, { ...LOGS, Principal: { Service: UNKNOWN } }], {}, AT],
    [
      'which may need no guard',
      [ADMIN, ADMIN, { ...LOGS, Principal: { Service: UNKNOWN } }],
      { options: { services } },
      [],
    ],
    ['a part of its name', [ADMIN, ADMIN, { ...LOGS, Principal: { Service: region } }], { options: { services } }, []],
    [
      'which cannot be one that needs none',
      [ADMIN, ADMIN, { ...LOGS, Principal: { Service: region } }],
      { options: { services: ['ses.amazonaws.com'] } },
      [AT[0]!],
    ],
  ])('%s', (_name, statements, asked, expected) => {
    expect(places(unguardedServicePrincipal, statements, asked)).toEqual(expected)
  })
})
