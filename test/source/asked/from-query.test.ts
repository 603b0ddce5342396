import { describe, expect, test } from 'vitest'
import { nameResolver } from '../../../src/source/asked/name-resolver.js'
import { questionsOfText } from '../../../src/source/asked/from-query.js'
import { whyUnknown, type Question } from '../../../src/source/asked/question.js'
import { A, ALICE, B, KEY, KEY_ID, OTHER, OTHER_ID, ROLE } from './events.js'

const ROLE_B = `arn:aws:iam::${B}:role/App`
const OPS = `arn:aws:iam::${A}:role/Ops`
const KEY_B = `arn:aws:kms:eu-central-1:${B}:key/${OTHER_ID}`
const ALIAS = `arn:aws:kms:us-west-2:${A}:alias/payments`
const NAMES = nameResolver({
  principals: [ROLE, ROLE_B, OPS, ALICE],
  keys: [
    { arn: KEY, aliases: ['alias/payments', 'alias/both'] },
    { arn: OTHER, aliases: ['alias/logs'] },
    { arn: KEY_B, aliases: ['alias/both'] },
  ],
})

function ask(text: string): readonly Question[] {
  const asked = questionsOfText(text, NAMES)
  if (!asked.ok) throw new Error(`${asked.error.message}; ${asked.error.hint ?? ''}`)
  return asked.value.questions
}

function checkOf(text: string): Question['checks'][number] {
  const [question, ...more] = ask(text)
  expect(more).toEqual([])
  expect(question?.checks).toHaveLength(1)
  return question!.checks[0]!
}

describe('names', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['can role/Ops do kms:Decrypt on alias/payments', OPS, ALIAS],
    ['can user/Alice do kms:Decrypt on alias/payments', ALICE, ALIAS],
    [`can ${B}:role/App do kms:Decrypt on key/${KEY_ID}`, ROLE_B, KEY],
    [`can role/service/App do kms:Decrypt on ${KEY_ID}`, ROLE, KEY],
    [
      `can ${A}:assumed-role/App/i-1 do kms:Decrypt on ${B}:alias/both`,
      `arn:aws:sts::${A}:assumed-role/App/i-1`,
      `arn:aws:kms:eu-central-1:${B}:alias/both`,
    ],
    [`can ${A}:root do kms:Decrypt on ${A}:key/${KEY_ID}`, `arn:aws:iam::${A}:root`, KEY],
    [`can logs.us-west-2.amazonaws.com do kms:Decrypt on ${KEY}`, 'logs.us-west-2.amazonaws.com', KEY],
    [`can arn:aws:iam::${B}:user/nobody do kms:Decrypt on ${KEY}`, `arn:aws:iam::${B}:user/nobody`, KEY],
    ['can role/Ops do kms:ListKeys on *', OPS, undefined],
    // Operations that take no alias: the alias is how the reader names the key.
    ['can role/Ops do kms:ScheduleKeyDeletion on alias/payments', OPS, KEY],
    ['can role/Ops do kms:DeleteAlias on alias/payments', OPS, ALIAS],
  ]
  for (const [text, principal, resource] of cases) {
    test(text, () => {
      const check = checkOf(text)
      expect(check.principal).toBe(principal)
      expect(check.resource).toBe(resource)
    })
  }

  test('a role of the exact path goes before one of another path', () => {
    expect(checkOf('can role/App do kms:Decrypt on alias/payments').principal).toBe(ROLE_B)
  })

  test('actions in any case, and several', () => {
    expect(
      ask('can role/Ops do Decrypt, kms:encrypt on alias/payments').map(({ checks }) => checks[0]?.action),
    ).toEqual(['kms:Decrypt', 'kms:Encrypt'])
  })

  test('patterns: every action and every key that fits', () => {
    const asked = ask('can role/Ops do kms:ReEncrypt* on key/*')
    expect(asked.map(({ checks }) => [checks[0]?.action, checks[0]?.resource])).toEqual(
      ['kms:ReEncryptFrom', 'kms:ReEncryptTo'].flatMap((action) => [KEY, OTHER, KEY_B].map((key) => [action, key])),
    )
  })

  test('an action on an alias says that its key is asked, too', () => {
    expect(ask('can role/Ops do kms:DeleteAlias on alias/payments')[0]?.notes).toEqual([
      'kms:DeleteAlias is checked on the key behind the alias as well; this asks about the alias alone',
    ])
  })
})

describe('errors have a place and a hint', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    [
      'can role/Opps do kms:Decrypt on alias/payments',
      'role/Opps',
      'no principal `role/Opps` is known',
      'did you mean `role/Ops`?',
    ],
    [
      'can role/Nobody do kms:Decrypt on alias/payments',
      'role/Nobody',
      'no principal `role/Nobody` is known',
      'expected one that is known here, or a whole ARN',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/payment',
      'alias/payment',
      'no key or alias `alias/payment` is known',
      'did you mean `alias/payments`?',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/both',
      'alias/both',
      '`alias/both` is the name of 2',
      `expected one of \`arn:aws:kms:us-west-2:${A}:alias/both\`, \`arn:aws:kms:eu-central-1:${B}:alias/both\``,
    ],
    [
      'can role/Ops do kms:Decript on alias/payments',
      'kms:Decript',
      'KMS has no permission `kms:Decript`',
      'did you mean `kms:Decrypt`?',
    ],
    [
      'can role/Ops do kms:ReEncrypt on alias/payments',
      'kms:ReEncrypt',
      'KMS has no permission `kms:ReEncrypt`',
      'ReEncrypt asks for `kms:ReEncryptFrom` and `kms:ReEncryptTo`',
    ],
    [
      'can role/Ops do kms:Decrypt on *',
      'kms:Decrypt',
      '`kms:Decrypt` is asked for on a key or an alias',
      'expected one after `on`, not `*`',
    ],
    [
      'can anyone do kms:Decrypt on alias/payments',
      'anyone',
      '`anyone` is no caller',
      'expected `who can … on …`, or somebody by name',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/payments when kms:EncryptionContex:a = b',
      'kms:EncryptionContex:a',
      'no request to KMS carries `kms:EncryptionContex:a`',
      'expected one such as `kms:EncryptionContext:tenant`',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/payments when aws:SourceVpcc = b',
      'aws:SourceVpcc',
      'no request to KMS carries `aws:SourceVpcc`',
      'did you mean `aws:SourceVpc`?',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/payments when aws:SourceVpc in (a, b)',
      'b',
      'a request has one value of `aws:SourceVpc`',
      'expected one value after `=`',
    ],
    [
      'can role/Ops do kms:Decrypt on alias/payments from 1.2.3.400',
      '1.2.3.400',
      '`1.2.3.400` is not an IP address',
      'expected one such as `203.0.113.10`',
    ],
  ]
  for (const [text, place, message, hint] of cases) {
    test(text, () => {
      const asked = questionsOfText(text, NAMES)
      if (asked.ok) throw new Error('no error')
      const { start, end } = asked.error
      expect({ place: text.slice(start, end), message: asked.error.message, hint: asked.error.hint }).toEqual({
        place,
        message,
        hint,
      })
    })
  }

  test('a service and an endpoint at once', () => {
    const asked = questionsOfText('can role/Ops do kms:Decrypt on alias/payments via s3 through vpce-1a', NAMES)
    expect(asked).toMatchObject({
      ok: false,
      error: { message: 'a request is either `via` a service or `through` an endpoint' },
    })
  })

  test('a question for a list', () => {
    expect(questionsOfText('who can kms:Decrypt on alias/payments', NAMES)).toMatchObject({
      ok: false,
      error: { message: 'this asks who may do something, not about one request' },
    })
  })
})

// authorization.md E.
describe('what is known of the request', () => {
  const ON = 'can role/Ops do kms:Decrypt on alias/payments'
  const cases: readonly (readonly [string, object])[] = [
    ['via s3', { via: 's3.amazonaws.com' }],
    ['via s3.us-west-2.amazonaws.com', { via: 's3.us-west-2.amazonaws.com' }],
    ['when kms:ViaService = s3.us-west-2.amazonaws.com', { via: 's3.us-west-2.amazonaws.com', context: {} }],
    [
      'when kms:EncryptionContext:Tenant = "a" and kms:EncryptionContext:x = b',
      { encryptionContext: { Tenant: 'a', x: 'b' }, context: {} },
    ],
    ['when aws:CurrentTime = 2026-03-15T12:00:00Z', { time: '2026-03-15T12:00:00Z', context: {} }],
    ['when AWS:sourcevpc = vpc-1', { context: { 'aws:SourceVpc': 'vpc-1' } }],
    [
      'when aws:CalledVia in ("athena.amazonaws.com", "s3.amazonaws.com")',
      { context: { 'aws:CalledVia': ['athena.amazonaws.com', 's3.amazonaws.com'] } },
    ],
    ['from 203.0.113.10', { context: { 'aws:SourceIp': '203.0.113.10' } }],
    ['through vpce-1a2b', { context: { 'aws:SourceVpce': 'vpce-1a2b' } }],
    ['through vpce-1a2b from 10.0.0.7', { context: { 'aws:SourceVpce': 'vpce-1a2b', 'aws:VpcSourceIp': '10.0.0.7' } }],
  ]
  for (const [clauses, request] of cases)
    test(clauses, () => expect(checkOf(`${ON} ${clauses}`)).toMatchObject(request))

  test('what the query does not tell is not known', () => {
    const [question] = ask(`${ON} from 203.0.113.10 when kms:EncryptionContext:tenant = "a"`)
    const { unknown } = question!
    expect(whyUnknown(unknown, 'kms:ViaService')).toBe('the query does not tell it')
    expect(whyUnknown(unknown, 'aws:MultiFactorAuthPresent')).toBe('the query does not tell it')
    for (const key of [
      'aws:SourceIp',
      'aws:SourceVpce',
      'kms:EncryptionContext:tenant',
      'kms:RequestAlias',
      'kms:GrantOperations',
    ]) {
      expect(whyUnknown(unknown, key)).toBeUndefined()
    }
  })

  test('a service that is not known to call KMS is noted', () => {
    expect(ask(`${ON} via nothing`)[0]?.notes).toEqual(['`nothing` is not known to call KMS for a principal'])
  })
})
