/** Conditions that only deployment knows may test anything: no rule says of them that a test is missing. */
import { expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../../src/cli/lint-readers.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import { RULES } from '../../../src/lint/rules/index.js'
import { runRules } from '../../../src/lint/run-rules.js'
import { active, projectFacts } from '../rule-cases.js'

const UNKNOWN = { 'Fn::ImportValue': 'Guard' }

function rulesThatFire(statement: object): readonly string[] {
  const isKeyPolicy = 'Principal' in statement
  const policy = { Version: '2012-10-17', Statement: statement }
  const resource = isKeyPolicy
    ? { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy } }
    : { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: policy } }
  const text = JSON.stringify({ Resources: { Guarded: resource } })
  const file = findPolicies({ name: 'template.json', text }, { isNamed: true }, EMBEDDED_READERS)
  return runRules(
    file,
    RULES.map((rule) => active(rule)),
    projectFacts(),
  ).map(({ rule }) => rule.id)
}

const ROLES = { Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' }
const LINKED = { Effect: 'Allow', Action: 'iam:CreateServiceLinkedRole', Resource: '*' }
const ATTACH = { Effect: 'Allow', Action: ['iam:AttachRolePolicy', 'iam:AttachUserPolicy'], Resource: '*' }
const SERVICE = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'kms:Decrypt', Resource: '*' }
const NETWORK = { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }
const ORGANIZATION = { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }
const DENY = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }

test.each<[string, object, object, object]>([
  ['SEC001', ROLES, {}, UNKNOWN],
  ['SEC001', ROLES, {}, { StringEquals: UNKNOWN }],
  ['SEC002', LINKED, {}, UNKNOWN],
  ['SEC004', ATTACH, {}, UNKNOWN],
  ['KEY010', SERVICE, {}, UNKNOWN],
  ['KEY010', SERVICE, {}, { StringEquals: UNKNOWN }],
  ['KMS009', DENY, { Condition: NETWORK }, { ...NETWORK, BoolIfExists: UNKNOWN }],
  ['KMS010', { ...DENY, Principal: '*' }, { Condition: ORGANIZATION }, { ...ORGANIZATION, BoolIfExists: UNKNOWN }],
])('%s', (id, statement, firing, Condition) => {
  expect(rulesThatFire({ ...statement, ...firing })).toContain(id)
  expect(rulesThatFire({ ...statement, Condition })).not.toContain(id)
})
