/**
 * Mutated policies and templates: whatever comes in, there is an answer, each finding has its place in the text, and
 * fixing ends in a text that can still be read.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { defaultConfig } from '../../src/lint/config.js'
import { fixFile, type FixSettings } from '../../src/lint/fix.js'
import { Linter } from '../../src/lint/lint.js'
import { RULES } from '../../src/lint/rules/index.js'
import { POLICY_KINDS } from '../../src/policy/kind.js'

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

const text = fc
  .record({
    statements: fc.subarray([...STATEMENTS], { minLength: 1 }),
    form: fc.constantFrom('json', 'pretty', 'yaml', 'template', 'string'),
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
    const template = {
      AWSTemplateFormatVersion: '2010-09-09',
      Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy } } },
    }
    let written =
      form === 'json'
        ? JSON.stringify(policy)
        : form === 'pretty'
          ? JSON.stringify(policy, null, 2)
          : form === 'yaml'
            ? stringify(policy)
            : form === 'template'
              ? stringify(template)
              : JSON.stringify({ PolicyName: 'default', Policy: JSON.stringify(policy) })
    for (const { at, cut, put } of changes) {
      const place = Math.floor(at * written.length)
      written = written.slice(0, place) + put + written.slice(place + cut)
    }
    return { name: form === 'yaml' || form === 'template' ? 'x.yaml' : 'x.json', text: written }
  })

const linters = [undefined, ...POLICY_KINDS].map(
  (kind) => () =>
    new Linter(RULES, {
      config: defaultConfig(),
      choice: { preset: 'strict' },
      ...(kind === undefined ? {} : { kind }),
      today: '2026-11-22',
      readers: EMBEDDED_READERS,
    }),
)

test('every text is answered', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(...linters), (source, create) => {
      const linter = create()
      linter.add(source, true)
      for (const { span, related } of linter.finish().findings) {
        for (const { start, end } of [span, ...related.map((place) => place.span)]) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThanOrEqual(start)
          expect(end).toBeLessThanOrEqual(source.text.length)
        }
      }
    }),
    { seed: 11, numRuns: 2000 },
  )
})

test('every fix ends, and leaves nothing that could not be read', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(...linters), (source, create) => {
      const linter = create()
      const check = (written: string): ReturnType<Linter['check']> =>
        linter.check({ name: source.name, text: written }, true)
      const settings: FixSettings = { safety: 'unsafe', prove: () => 'equal', check }
      const faults = check(source.text).file.faults.length
      const fixed = fixFile(source.text, settings)
      expect(check(fixed.text).file.faults.length).toBeLessThanOrEqual(faults)
      expect(fixFile(fixed.text, settings).text).toBe(fixed.text)
    }),
    { seed: 12, numRuns: 150 },
  )
})
