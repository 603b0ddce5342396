/** Policies in every form that is read, cut and put together anew, and what must hold of whatever comes out. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { defaultConfig } from '../../src/lint/config.js'
import { fixFile, type FixSettings } from '../../src/lint/fix.js'
import { Linter } from '../../src/lint/lint.js'
import { RULES } from '../../src/lint/rules/index.js'
import { POLICY_KINDS } from '../../src/policy/kind.js'
import type { SourceText } from '../../src/text/source.js'

const STATEMENTS = [
  {
    Sid: 'Allow use',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:*',
    Resource: '*',
  },
  {
    Sid: 'Grants',
    Effect: 'Allow',
    Principal: { AWS: ['111122223333', 'arn:aws:iam::444455556666:role/App'], Service: 'logs.us-east-1.amazonaws.com' },
    Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:decrypt'],
    Resource: ['*', 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
    Condition: {
      Bool: { 'kms:GrantIsForAWSResource': true },
      StringEquals: { 'kms:ViaService': ['s3.us-east-1.amazonaws.com'], 'aws:PrincipalOrgID': 'o-exampleorgid' },
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] },
      IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
      NumericLessThan: { 'kms:RotationPeriodInDays': 90 },
    },
  },
  {
    Effect: 'Deny',
    NotPrincipal: { AWS: '111122223333' },
    NotAction: 'kms:List*',
    NotResource: 'arn:aws:s3:::b/${aws:username}',
  },
] as const

const PARTS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '*',
  '?',
  '${',
  '}',
  'kms:',
  'arn:aws:kms:::',
  'null',
  'true',
  '0',
  '\\',
  '\\u',
  '\n',
  ' ',
  '#',
  '- ',
  '&a ',
  '*a',
  '!Sub ',
  '\u202e',
  '\ud800',
  '//',
  'Not',
  'ForAnyValue:',
  'IfExists',
  '111122223333',
]

type Form = 'json' | 'pretty' | 'yaml' | 'template' | 'string' | 'plan' | 'terraform' | 'terraformJson' | 'grant'

const DOCUMENT = `data "aws_iam_policy_document" "d" {
  statement {
    sid       = "A"
    actions   = local.actions
    resources = ["*", aws_kms_key.k.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.us-east-1.amazonaws.com"]
    }
  }
}
locals {
  actions = ["kms:Decrypt", "kms:Encrypt"]
}
`

/** How a policy stands in each form. */
const WRITTEN: Readonly<Record<Form, (policy: object) => SourceText>> = {
  json: (policy) => ({ name: 'x.json', text: JSON.stringify(policy) }),
  pretty: (policy) => ({ name: 'x.json', text: JSON.stringify(policy, null, 2) }),
  yaml: (policy) => ({ name: 'x.yaml', text: stringify(policy) }),
  template: (policy) => {
    const Properties = {
      KeyPolicy: policy,
      KeySpec: 'RSA_2048',
      EnableKeyRotation: true,
      PendingWindowInDays: { 'Fn::If': ['Prod', 30, { Ref: 'Days' }] },
    }
    const Name = { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Role}' }
    const Role = {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: JSON.stringify(policy),
        Policies: [{ PolicyName: Name, PolicyDocument: policy }],
      },
    }
    const Resources = { Key: { Type: 'AWS::KMS::Key', Properties }, Role }
    return { name: 'x.yaml', text: stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources }) }
  },
  string: (policy) => ({
    name: 'x.json',
    text: JSON.stringify({ PolicyName: 'default', Policy: JSON.stringify(policy) }),
  }),
  plan: (policy) => {
    const after = { policy: JSON.stringify(policy), enable_key_rotation: true }
    const change = { actions: ['create'], after, after_unknown: { arn: true } }
    const key = { address: 'aws_kms_key.k[0]', mode: 'managed', type: 'aws_kms_key', name: 'k', change }
    return { name: 'plan.json', text: JSON.stringify({ format_version: '1.2', resource_changes: [key] }) }
  },
  terraform: (policy) => ({
    name: 'x.tf',
    text: `resource "aws_kms_key" "k" {\n  policy = jsonencode(${JSON.stringify(policy, null, 2)})\n}\nresource "aws_iam_policy" "p" {\n  policy = <<-EOT\n    ${JSON.stringify(policy)}\n  EOT\n}\n${DOCUMENT}`,
  }),
  terraformJson: (policy) => {
    const resource = { aws_kms_key: { k: { policy: JSON.stringify(policy), key_usage: '${local.usage}' } } }
    const statement = [{ actions: ['kms:*'], resources: ['${aws_kms_key.k.arn}'] }]
    const data = { aws_iam_policy_document: { d: { statement } } }
    return { name: 'x.tf.json', text: JSON.stringify({ resource, data, locals: { usage: 'SIGN_VERIFY' } }, null, 2) }
  },
  grant: () => {
    const Constraints = { EncryptionContextSubset: { a: 'b' }, EncryptionContextEquals: { c: 'd' } }
    const GranteePrincipal = 'arn:aws:iam::111122223333:root'
    return {
      name: 'x.json',
      text: JSON.stringify({ KeyId: 'k', GranteePrincipal, Operations: ['Decrypt*'], Constraints }),
    }
  },
}

export const mutatedText: fc.Arbitrary<SourceText> = fc
  .record({
    statements: fc.subarray([...STATEMENTS], { minLength: 1 }),
    form: fc.constantFrom<Form>(
      'json',
      'pretty',
      'yaml',
      'template',
      'string',
      'plan',
      'terraform',
      'terraformJson',
      'grant',
    ),
    changes: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(12),
        put: fc.constantFrom(...PARTS, ''),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ statements, form, changes }) => {
    const policy = { Version: '2012-10-17', Statement: statements }
    const { name, text } = WRITTEN[form](policy)
    let written = text
    for (const { at, cut, put } of changes) {
      const place = Math.floor(at * written.length)
      written = written.slice(0, place) + put + written.slice(place + cut)
    }
    return { name, text: written }
  })

const LINTERS = [undefined, ...POLICY_KINDS].map(
  (kind) => () =>
    new Linter(RULES, {
      config: defaultConfig(),
      choice: { preset: 'strict' },
      ...(kind === undefined ? {} : { kind }),
      today: '2026-11-22',
      readers: EMBEDDED_READERS,
    }),
)

export const anyLinter: fc.Arbitrary<() => Linter> = fc.constantFrom(...LINTERS)

/** There is an answer, and each finding has its place in the text. */
export function checkAnswered(source: SourceText, linter: Linter): void {
  linter.add(source, true)
  for (const { span, related } of linter.finish().findings) {
    for (const { start, end } of [span, ...related.map((place) => place.span)]) {
      if (start < 0 || end < start || end > source.text.length) {
        throw new Error(`a finding is at ${start} to ${end} of ${source.text.length}`)
      }
    }
  }
}

/** Fixing ends, in a text that can be read as far as it could be before and in which nothing is left to fix. */
export function checkFixed(source: SourceText, linter: Linter): void {
  const check = (written: string): ReturnType<Linter['check']> =>
    linter.check({ name: source.name, text: written }, true)
  const settings: FixSettings = { safety: 'unsafe', prove: () => 'equal', check }
  const faults = check(source.text).file.faults.length
  const fixed = fixFile(source.text, settings)
  expect(check(fixed.text).file.faults.length).toBeLessThanOrEqual(faults)
  expect(fixFile(fixed.text, settings).text).toBe(fixed.text)
}
