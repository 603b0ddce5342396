/** I5: nothing of a policy is silently dropped. I6: `parse(print(policy))` is `policy`. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyDocument } from '../../src/policy/document.js'
import { POLICY_KINDS } from '../../src/policy/kind.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { printPolicy } from '../../src/policy/print.js'
import { ELEMENT_RULES } from '../../src/policy/element-rules.js'
import { accept, policyText } from './policies.js'

type Json = Readonly<Record<string, unknown>>

const PARAMETERS = { seed: 20_260_315, numRuns: 200 } as const

/** Characters that policies may have and that break careless printing. */
const text = fc.string({
  unit: fc.constantFrom('a', 'B', '7', '*', '?', '"', '\\', '/', "'", '\n', '\t', ' ', 'é', 'ÿ', '{', '}', ':'),
  maxLength: 8,
})
const oneOrMore = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | readonly T[]> =>
  fc.oneof(item, fc.array(item, { maxLength: 3 }))
const action = fc.constantFrom('kms:Decrypt', 'kms:*', 'KMS:get?', 'kms:Nothing', 's3:GetObject', '*')
const stsAction = fc.constantFrom('sts:AssumeRole', 'STS:tagsession', 'sts:*')
const resource = fc.constantFrom(
  '*',
  'arn:aws:s3:::b/${aws:username}',
  'arn:*:kms:*:*:key/*',
  "arn:aws:s3:::${aws:username, 'x:y'}",
)
const aws = fc.constantFrom(
  '111122223333',
  'arn:aws:iam::111122223333:role/a/b',
  'arn:aws:sts::111122223333:assumed-role/b/s',
  'AROACKCEVSQ6C2EXAMPLE',
  '*',
)
const principal = fc.oneof(
  fc.constant('*'),
  fc
    .record({ AWS: oneOrMore(aws), Service: oneOrMore(fc.constant('logs.amazonaws.com')) }, { requiredKeys: [] })
    .filter((types) => Object.values(types).flat().length > 0),
)
const operator = fc.constantFrom(
  'StringLike',
  'ForAnyValue:StringNotEqualsIfExists',
  'ArnEquals',
  'ForAllValues:Null',
  'NumericLessThan',
  'NotIpAddress',
  'Bool',
  'DateEquals',
)
const key = fc.constantFrom(
  'aws:username',
  '7',
  '__proto__',
  'constructor',
  'kms:ViaService',
  'aws:TagKeys',
  'x"\\/~ é',
)
const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())
const dictionary = <T>(name: fc.Arbitrary<string>, item: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.uniqueArray(fc.tuple(name, item), { selector: ([word]) => word, minLength: 1, maxLength: 3 }).map((entries) => {
    const object = Object.create(null) as Record<string, unknown>
    for (const [word, item] of entries) object[word] = item
    return object
  })
const condition = dictionary(operator, dictionary(key, oneOrMore(value)))

/** A policy that AWS accepts, as JSON. */
const policy = fc.constantFrom(...POLICY_KINDS.filter((kind) => kind !== 'rcp')).chain((kind) => {
  const rules = ELEMENT_RULES[kind]
  const named = <T>(name: string, item: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
    fc.tuple(fc.boolean(), item).map(([negated, content]) => ({ [negated ? `Not${name}` : name]: content }))
  const statement = fc
    .tuple(
      fc.record(
        { Sid: rules.sid === 'alphanumeric' ? fc.constant('') : text, Condition: condition },
        { requiredKeys: [] },
      ),
      rules.principal === 'forbidden'
        ? fc.constant({ Effect: 'Deny' })
        : named('Principal', principal).map((element) => ({ Effect: 'Deny', ...element })),
      named('Action', oneOrMore(kind === 'trust' ? stsAction : action)),
      rules.resource === 'forbidden' ? fc.constant({}) : named('Resource', oneOrMore(resource)),
    )
    .map((parts): Json => Object.assign({}, ...parts) as Json)
  const document = fc.record(
    {
      Version: fc.constant('2012-10-17'),
      ...(rules.id === 'allowed' ? { Id: text } : {}),
      Statement: fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 3 })),
    },
    { requiredKeys: ['Statement', ...(rules.versionRequired ? (['Version'] as const) : [])] },
  )
  return document.map((content) => ({ kind, content }))
})

function parse(content: unknown, kind: PolicyDocument['kind']): PolicyDocument {
  const parsed = parsePolicyValue(content, kind, '<memory>', { sizes: 'report' })
  if (!parsed.ok) throw new Error(`${parsed.error[0]?.message}: ${JSON.stringify(content)}`)
  return parsed.value
}

const meaning = ({ kind, version, id, statements }: PolicyDocument): unknown => ({ kind, version, id, statements })

test('I6: parse(print(policy)) is policy', () => {
  fc.assert(
    fc.property(policy, ({ kind, content }) => {
      const document = parse(content, kind)
      expect(meaning(parse(printPolicy(document), kind))).toEqual(meaning(document))
    }),
    PARAMETERS,
  )
})

/** What a policy says, worked out from its JSON alone: every value in a list, every number and boolean a text. */
function canonical({ Version = '2008-10-17', Id, Statement }: Json): unknown {
  const list = (item: unknown): readonly unknown[] => (Array.isArray(item) ? (item as unknown[]) : [item])
  const entries = (object: unknown): readonly [string, unknown][] => Object.entries(object as Json)
  const statements = list(Statement).map((statement) =>
    entries(statement)
      .map(([name, content]) => {
        if (name.endsWith('Principal'))
          return [
            name,
            content === '*'
              ? [['AWS', ['*']]]
              : entries(content).flatMap(([type, names]) => (list(names).length === 0 ? [] : [[type, list(names)]])),
          ]
        if (name === 'Condition')
          return [
            name,
            entries(content).map(([word, block]) => [
              word,
              entries(block).map(([field, values]) => [field, list(values).map(String)]),
            ]),
          ]
        return [name, name === 'Sid' || name === 'Effect' ? content : list(content)]
      })
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
  return { Version, Id, statements }
}

describe('I5: nothing is silently dropped', () => {
  test('what is read from a policy says all that its JSON says', () => {
    fc.assert(
      fc.property(policy, ({ kind, content }) => {
        // Through JSON, so that numbers have the text that was read.
        const written = JSON.parse(JSON.stringify(content)) as Json
        expect(canonical(JSON.parse(printPolicy(parse(content, kind))) as Json)).toEqual(canonical(written))
      }),
      PARAMETERS,
    )
  })

  test('a member of an unknown name anywhere refuses the policy at that name', () => {
    const places: readonly (readonly [change: Json, document: Json, pointer: string])[] = [
      [{}, { Comment: 'x' }, '/Comment'],
      [{ Comment: 'x' }, {}, '/Statement/0/Comment'],
      [{ Principal: { AWS: '*', Comment: 'x' } }, {}, '/Statement/0/Principal/Comment'],
      [{ Condition: { Comment: {} } }, {}, '/Statement/0/Condition/Comment'],
    ]
    for (const [change, document, pointer] of places) {
      const parsed = parsePolicyValue(policyText('key', change, document), 'key')
      expect(parsed.ok ? [] : parsed.error.map((error) => error.pointer)).toEqual([pointer])
    }
  })

  test('an empty part that is accepted has a diagnostic', () => {
    const empties: readonly Json[] = [
      { Action: [] },
      { Resource: [] },
      { Condition: {} },
      { Condition: { Bool: {} } },
      { Condition: { Bool: { 'aws:SecureTransport': [] } } },
    ]
    for (const change of empties)
      expect([change, accept('key', policyText('key', change)).diagnostics.length]).toEqual([change, 1])
  })
})

test('numbers keep the text they were written with', () => {
  const document = accept(
    'identity',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"a":[1.50,1e3,21,-0]}}}}',
  )
  expect(document.statements[0]?.conditions[0]?.values).toEqual(['1.50', '1e3', '21', '-0'])
})

test('the canonical text', () => {
  const content = {
    Statement: {
      Action: 'kms:Sign',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Effect: 'Allow',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': true } },
    },
  }
  expect(printPolicy(parse(content, 'key'))).toBe(`{
  "Version": "2008-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": [
          "111122223333"
        ]
      },
      "Action": [
        "kms:Sign"
      ],
      "Resource": [
        "*"
      ],
      "Condition": {
        "Bool": {
          "aws:SecureTransport": [
            "true"
          ]
        }
      }
    }
  ]
}`)
})
