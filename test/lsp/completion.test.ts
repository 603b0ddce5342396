/** What is offered where, also in texts that cannot be read yet. Source: IAM User Guide, "Grammar of the IAM JSON policy language". */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { OPERATORS } from '../../src/lsp/candidates.js'
import { completionsAt } from '../../src/lsp/completion.js'
import { parseOperator } from '../../src/policy/operator.js'

/** `¦` is the cursor. */
function offered(marked: string, format: 'json' | 'jsonc' | 'yaml'): readonly string[] {
  const offset = marked.indexOf('¦')
  const document = TextDocument.create('file:///p', format, 1, marked.replace('¦', ''))
  return completionsAt(document, format, offset, true)?.items.map(({ label }) => label) ?? []
}

/** The text after the item of this label was taken. */
function taken(marked: string, format: 'json' | 'yaml', label: string): string {
  const offset = marked.indexOf('¦')
  const document = TextDocument.create('file:///p', format, 1, marked.replace('¦', ''))
  const item = completionsAt(document, format, offset, false)?.items.find((each) => each.label === label)
  return item?.textEdit === undefined ? 'nothing' : TextDocument.applyEdits(document, [item.textEdit as never])
}

const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]
const DOCUMENT = ['Version', 'Id', 'Statement']

interface Case {
  readonly at: string
  readonly first: readonly string[]
}

const JSON_CASES: readonly Case[] = [
  { at: '{¦}', first: DOCUMENT },
  { at: '{ "¦', first: DOCUMENT },
  { at: '{ "Version": "¦" }', first: ['2012-10-17'] },
  { at: '{ "Statement": [{ "¦" }] }', first: ELEMENTS },
  { at: '{ "Statement": [{ "Effect": "Allow", ¦ }] }', first: ELEMENTS },
  { at: '{ "Statement": { "Eff¦', first: ELEMENTS },
  { at: '{ "Statement": [{ "Effect": "¦" }] }', first: ['Allow', 'Deny'] },
  { at: '{ "Statement": [{ "Effect": ¦', first: ['Allow', 'Deny'] },
  { at: '{ "Statement": [{ "Action": ["kms:Encrypt", "¦"] }] }', first: ['kms:CancelKeyDeletion'] },
  { at: '{ "Statement": [{ "Action": "s3:Get¦', first: ['s3:AbortMultipartUpload'] },
  { at: '{ "Statement": [{ "Principal": { "¦" } }] }', first: ['AWS', 'Service', 'Federated', 'CanonicalUser'] },
  { at: '{ "Statement": [{ "Principal": "¦" }] }', first: ['*'] },
  { at: '{ "Statement": [{ "Condition": { "¦" } }] }', first: ['StringEquals', 'StringNotEquals'] },
  { at: '{ "Statement": [{ "Condition": { "Bool": { "aws:SecureTransport": "¦" } } }] }', first: ['true', 'false'] },
  {
    at: '{ "Statement": [{ "Condition": { "StringEquals": { "kms:KeyUsage": ["¦"] } } }] }',
    first: ['ENCAPSULATE_DECAPSULATE', 'ENCRYPT_DECRYPT'],
  },
  { at: '{ "Resources": { "K": { "Properties": { "KeyPolicy": { "¦" } } } } }', first: DOCUMENT },
  { at: '{ "Resources": { "K": { "Properties": { "KeyPolicy": { "Statement": [{ "¦" }] } } } } }', first: ELEMENTS },
]

const YAML_CASES: readonly Case[] = [
  { at: '¦', first: DOCUMENT },
  { at: 'Version: ¦', first: ['2012-10-17'] },
  { at: 'Statement:\n  - ¦', first: ELEMENTS },
  { at: 'Statement:\n  - Sid: A\n    Eff¦\n', first: ELEMENTS },
  { at: 'Statement:\n- Sid: A\n  Eff¦\n', first: ELEMENTS },
  { at: 'Statement:\n  - Effect: ¦\n', first: ['Allow', 'Deny'] },
  { at: 'Statement:\n  - Effect: Allow\n    Action: kms:¦\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - Action:\n      - kms:Encrypt\n      - kms:¦\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - Action:\n    - kms:Encrypt\n    - ¦\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - Action: [kms:Encrypt, kms:¦]\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - { ¦', first: ELEMENTS },
  { at: 'Statement:\n  - { Effect: Allow, Act¦ }\n', first: ELEMENTS },
  { at: 'Statement: [{ Effect: ¦ }]\n', first: ['Allow', 'Deny'] },
  { at: 'Statement:\n  - { Effect: Allow, Action: [kms:Encrypt, kms:¦] }\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - { "Effect":"Allow", "Action": "kms:¦" }\n', first: ['kms:CancelKeyDeletion'] },
  { at: 'Statement:\n  - Principal: { ¦ }\n', first: ['AWS', 'Service'] },
  { at: 'Statement:\n  - Condition: { Bool: { aws:SecureTransport: ¦ } }\n', first: ['true', 'false'] },
  {
    at: 'Statement:\n  - Sid: A\n    Condition: {\n      Bool: {\n        aws:SecureTransport: ¦\n',
    first: ['true', 'false'],
  },
  { at: 'Statement: [\n  {\n    Effect: Allow, # all, {of} it\n    ¦\n  }\n]\n', first: ELEMENTS },
  { at: '{ Version: ¦ }', first: ['2012-10-17'] },
  { at: 'Statement:\n  - Sid: A\n    Condition:\n      ¦\n', first: ['StringEquals'] },
  { at: 'Statement:\n  - Condition:\n      Bool:\n        aws:SecureTransport: "¦"\n', first: ['true', 'false'] },
  { at: 'Statement:\n  - Principal:\n      ¦', first: ['AWS', 'Service'] },
  {
    at: 'Resources:\n  Key:\n    Properties:\n      KeyPolicy:\n        Statement:\n          # all\n          - ¦',
    first: ELEMENTS,
  },
]

const QUIET: readonly (readonly ['json' | 'yaml', string])[] = [
  ['json', '{ "name": "a package", "description": "long enough to be none", "¦" }'],
  ['json', '{ "Statement": [{ "Sid": "¦" }] }'],
  ['json', '{ "Statement": [{ "Condition": ¦ }] }'],
  ['json', '{ "Statement": [{ "Action": "kms:Decrypt"¦ }] }'],
  ['yaml', 'Statement:\n  - Sid: A # ¦'],
  ['yaml', '# a comment ¦'],
  ['yaml', 'Statement:\n  - { Sid: A # ¦'],
  ['yaml', 'Statement:\n  - { Sid: ¦ }'],
  ['yaml', 'name: a package\ndescription: long enough to be none\n¦'],
]

describe.each([
  ['json', JSON_CASES],
  ['yaml', YAML_CASES],
] as const)('%s', (format, cases) => {
  test.each(cases)('$at', ({ at, first }) => expect(offered(at, format).slice(0, first.length)).toEqual(first))
})

test.each(QUIET)('nothing in %s at %s', (format, at) => expect(offered(at, format)).toEqual([]))

describe('what is taken', () => {
  const CASES: readonly (readonly ['json' | 'yaml', string, string, string])[] = [
    ['json', '{ "Statement": [{ "Eff¦" }] }', 'Effect', '{ "Statement": [{ "Effect":  }] }'],
    ['json', '{ "Statement": [{ "Eff¦": "Deny" }] }', 'Effect', '{ "Statement": [{ "Effect": "Deny" }] }'],
    ['json', '{ "Statement": [{ "Effect": ¦ }] }', 'Deny', '{ "Statement": [{ "Effect": "Deny" }] }'],
    [
      'json',
      '{ "Statement": [{ "Action": "kms:De¦" }] }',
      'kms:Decrypt',
      '{ "Statement": [{ "Action": "kms:Decrypt" }] }',
    ],
    ['json', '{ "Statement": [{ "Action": "¦" }] }', 's3:', '{ "Statement": [{ "Action": "s3:" }] }'],
    ['yaml', 'Statement:\n  - Eff¦', 'Effect', 'Statement:\n  - Effect: '],
    ['yaml', 'Statement:\n  - Action: kms:De¦cr\n', 'kms:Decrypt', 'Statement:\n  - Action: kms:Decrypt\n'],
    ['yaml', 'Statement:\n  - Resource: ¦\n', '*', "Statement:\n  - Resource: '*'\n"],
    ['yaml', 'Statement:\n  - Resource: "¦"\n', '*', 'Statement:\n  - Resource: "*"\n'],
    ['yaml', 'Version: ¦', '2012-10-17', "Version: '2012-10-17'"],
    ['yaml', 'Statement: [{ Eff¦: Deny }]', 'Effect', 'Statement: [{ Effect: Deny }]'],
    ['yaml', 'Statement: [{ Effect: De¦ }]', 'Deny', 'Statement: [{ Effect: Deny }]'],
  ]
  test.each(CASES)('%s %s: %s', (format, at, label, after) => expect(taken(at, format, label)).toBe(after))
})

test('keys of sets come first after a set operator', () => {
  const at = '{ "Statement": [{ "Condition": { "ForAnyValue:StringEquals": { "¦" } } }] }'
  expect(offered(at, 'json').slice(0, 3)).toContain('kms:EncryptionContextKeys')
  const single = offered(at.replace('ForAnyValue:', ''), 'json')
  expect(single.indexOf('kms:EncryptionContextKeys')).toBeGreaterThan(single.indexOf('kms:ViaService'))
})

test('every operator that is offered is one', () => {
  expect(OPERATORS.filter((name) => !parseOperator(name).ok)).toEqual([])
  expect(new Set(OPERATORS).size).toBe(OPERATORS.length)
})

test('no text is too broken to be asked about', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    ':',
    ': ',
    ',',
    '\n',
    '\r\n',
    '  ',
    '- ',
    '#',
    'Statement',
    'Action',
    'kms:',
    '|',
    '\\',
    '\u{1f600}',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.nat(),
      fc.constantFrom('json', 'jsonc', 'yaml'),
      (pieces, at, format) => {
        const text = pieces.join('')
        const cursor = at % (text.length + 1)
        const document = TextDocument.create('file:///p', format, 1, text)
        for (const item of completionsAt(document, format, cursor, true)?.items ?? []) {
          // An editor takes only what is on the line of the cursor and around it.
          const { range } = item.textEdit as {
            range: { start: { line: number; character: number }; end: { line: number } }
          }
          const here = document.positionAt(cursor)
          expect([range.start.line, range.end.line]).toEqual([here.line, here.line])
          expect(range.start.character).toBeLessThanOrEqual(here.character)
        }
      },
    ),
    { seed: 6, numRuns: 300 },
  )
})
