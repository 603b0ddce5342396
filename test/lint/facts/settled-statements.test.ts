/** What is known of a key policy before deployment although a part of it is not: KEY007 asks of nothing else. */
import { expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../../src/cli/lint-readers.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import { publicKeyPolicy } from '../../../src/lint/rules/KEY007-public-key-policy.js'
import { runRules } from '../../../src/lint/run-rules.js'
import { pointerAt } from '../../../src/lint/structural-path.js'
import { active, projectFacts } from '../rule-cases.js'

const ADMIN = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' }
const PUBLIC = { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }
const UNKNOWN = { 'Fn::ImportValue': 'Partner' }

const places = (...statements: readonly unknown[]): readonly string[] => {
  const KeyPolicy = { Version: '2012-10-17', Statement: statements }
  const text = JSON.stringify({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } } } })
  const file = findPolicies({ name: 'template.json', text }, { isNamed: true }, EMBEDDED_READERS)
  return runRules(file, [active(publicKeyPolicy)], projectFacts()).map(
    ({ span }) => pointerAt(file.root!, span).pointer.split('/KeyPolicy/')[1] ?? '',
  )
}

const AT_2 = ['Statement/2/Principal']
test.each<[string, readonly unknown[], readonly string[]]>([
  ['all is known', [ADMIN, ADMIN, PUBLIC], AT_2],
  ['a principal of another Allow is not', [ADMIN, { ...PUBLIC, Principal: { AWS: UNKNOWN } }, PUBLIC], AT_2],
  ['nor an action', [{ ...ADMIN, Action: ['kms:ListGrants', UNKNOWN] }, ADMIN, PUBLIC], AT_2],
  ['a value of the statement itself is not', [ADMIN, { ...PUBLIC, Action: UNKNOWN }], []],
  [
    'nor that of its condition',
    [ADMIN, { ...PUBLIC, Condition: { StringEquals: { 'kms:CallerAccount': UNKNOWN } } }],
    [],
  ],
  ['a Deny may close what is open', [{ ...PUBLIC, Effect: 'Deny', Action: UNKNOWN }, ADMIN, PUBLIC], []],
  ['a known Deny counts', [{ ...ADMIN, Principal: { AWS: UNKNOWN } }, { ...PUBLIC, Effect: 'Deny' }, PUBLIC], []],
  ['a whole statement is not', [ADMIN, UNKNOWN, PUBLIC], []],
  ['nor an effect', [ADMIN, { ...ADMIN, Effect: UNKNOWN }, PUBLIC], []],
  ['what AWS refuses is not judged', [{ ...ADMIN, Effect: 'allow', Resource: UNKNOWN }, PUBLIC], []],
])('%s', (_name, statements, expected) => {
  expect(places(...statements)).toEqual(expected)
})
