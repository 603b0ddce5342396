import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAccessQuery, type AccessQuery } from '../../src/text/access-query.js'

/** A query without its places: what it asks, in a few words. */
function gist(query: AccessQuery): unknown {
  const { conditions, via, from, through } = query.context
  return {
    kind: query.kind,
    ...('principal' in query ? { principal: principalGist(query.principal) } : {}),
    ...('actions' in query ? { actions: query.actions.map(({ action }) => action) } : {}),
    ...(query.resource === undefined ? {} : { resource: resourceGist(query.resource) }),
    ...(conditions.length === 0
      ? {}
      : {
          when: conditions.map(({ key, operator, values }) => [key.text, operator, ...values.map(({ text }) => text)]),
        }),
    ...(via === undefined ? {} : { via: via.text }),
    ...(from === undefined ? {} : { from: from.text }),
    ...(through === undefined ? {} : { through: through.text }),
  }
}

function principalGist({
  span,
  ...principal
}: Extract<AccessQuery, { kind: 'can' | 'whyCan' | 'whyNot' }>['principal']): unknown {
  expect(span.end).toBeGreaterThan(span.start)
  return principal
}

function resourceGist({ span, ...resource }: Extract<AccessQuery, { kind: 'whoCan' }>['resource']): unknown {
  expect(span.end).toBeGreaterThan(span.start)
  if (resource.kind !== 'arn') return resource
  return { kind: 'arn', arn: resource.arn, resource: resource.pattern.resource.text }
}

const app = { kind: 'principal', name: { kind: 'role', path: '/', name: 'App' } }
const payments = { kind: 'alias', alias: 'alias/payments' }
const decrypt = ['kms:Decrypt']

const READ: readonly { readonly query: string; readonly gist: object }[] = [
  {
    query: 'can role/App do kms:Decrypt on alias/payments',
    gist: { kind: 'can', principal: app, actions: decrypt, resource: payments },
  },
  {
    query: 'can role/App do Decrypt, kms:GenerateDataKey*,kms:* on *',
    gist: {
      kind: 'can',
      principal: app,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:*'],
      resource: { kind: 'any' },
    },
  },
  {
    query:
      'can user/ops/alice do * on key/1234abcd-12ab-34cd-56ef-1234567890ab when kms:EncryptionContext:tenant = "a" and kms:KeyOrigin in ("AWS_KMS", EXTERNAL) via s3 from 203.0.113.10 through vpce-1a2b3c4d',
    gist: {
      kind: 'can',
      principal: { kind: 'principal', name: { kind: 'user', path: '/ops/', name: 'alice' } },
      actions: ['*'],
      resource: { kind: 'key', keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' },
      when: [
        ['kms:EncryptionContext:tenant', '=', 'a'],
        ['kms:KeyOrigin', 'in', 'AWS_KMS', 'EXTERNAL'],
      ],
      via: 's3',
      from: '203.0.113.10',
      through: 'vpce-1a2b3c4d',
    },
  },
  {
    query:
      'can root do kms:Decrypt on mrk-1234abcd12ab34cd56ef1234567890ab from 2001:db8::1 when aws:MultiFactorAuthPresent=true and aws:MultiFactorAuthAge = 21',
    gist: {
      kind: 'can',
      principal: { kind: 'principal', name: { kind: 'root' } },
      actions: decrypt,
      resource: { kind: 'key', keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' },
      when: [
        ['aws:MultiFactorAuthPresent', '=', 'true'],
        ['aws:MultiFactorAuthAge', '=', '21'],
      ],
      from: '2001:db8::1',
    },
  },
  {
    query:
      'can arn:aws:sts::111122223333:assumed-role/App/i-0123 do kms:Decrypt on arn:aws:kms:us-west-2:111122223333:key/1',
    gist: {
      kind: 'can',
      principal: {
        kind: 'principal',
        name: { kind: 'session', role: 'App', session: 'i-0123' },
        account: '111122223333',
        partition: 'aws',
      },
      actions: decrypt,
      resource: { kind: 'arn', arn: 'arn:aws:kms:us-west-2:111122223333:key/1', resource: 'key/1' },
    },
  },
  {
    query: 'can 111122223333:role/path/App do kms:Decrypt on 444455556666:alias/x',
    gist: {
      kind: 'can',
      principal: { kind: 'principal', name: { kind: 'role', path: '/path/', name: 'App' }, account: '111122223333' },
      actions: decrypt,
      resource: { kind: 'alias', alias: 'alias/x', account: '444455556666' },
    },
  },
  {
    query: 'can 111122223333 do kms:Decrypt on key/*',
    gist: {
      kind: 'can',
      principal: { kind: 'principal', name: { kind: 'root' }, account: '111122223333' },
      actions: decrypt,
      resource: { kind: 'key', keyId: '*' },
    },
  },
  {
    query: 'can logs.us-west-2.amazonaws.com do kms:Decrypt on alias/payments',
    gist: {
      kind: 'can',
      principal: { kind: 'service', service: 'logs.us-west-2.amazonaws.com' },
      actions: decrypt,
      resource: payments,
    },
  },
  {
    query: 'can anyone do kms:Decrypt on *',
    gist: { kind: 'can', principal: { kind: 'anyone' }, actions: decrypt, resource: { kind: 'any' } },
  },
  {
    query: 'can "user/a=b,c" do kms:Decrypt on * when "kms:EncryptionContext:app name" = "\\"x\\u0041\\n"',
    gist: {
      kind: 'can',
      principal: { kind: 'principal', name: { kind: 'user', path: '/', name: 'a=b,c' } },
      actions: decrypt,
      resource: { kind: 'any' },
      when: [['kms:EncryptionContext:app name', '=', '"xA\n']],
    },
  },
  { query: 'who can kms:Decrypt on alias/payments', gist: { kind: 'whoCan', actions: decrypt, resource: payments } },
  {
    query: 'WHO Can DO kms:Decrypt\n  on alias/payments',
    gist: { kind: 'whoCan', actions: decrypt, resource: payments },
  },
  { query: 'what can role/App', gist: { kind: 'whatCan', principal: app } },
  { query: 'what can role/App do', gist: { kind: 'whatCan', principal: app } },
  {
    query: 'what can role/App do on alias/payments via s3',
    gist: { kind: 'whatCan', principal: app, resource: payments, via: 's3' },
  },
  { query: 'what can role/App on alias/payments', gist: { kind: 'whatCan', principal: app, resource: payments } },
  {
    query: 'why not role/App do kms:Decrypt on alias/payments',
    gist: { kind: 'whyNot', principal: app, actions: decrypt, resource: payments },
  },
  {
    query: 'why can role/App do kms:Decrypt on alias/payments',
    gist: { kind: 'whyCan', principal: app, actions: decrypt, resource: payments },
  },
]

const PRINCIPAL_FORMS =
  'expected `role/name`, `user/name`, `root`, an ARN, a service such as `logs.us-west-2.amazonaws.com`, or `anyone`'
const KEY_FORMS = 'expected `alias/name`, `key/id`, an ARN or `*`'

/** `at` is what the place of the error covers. */
const REFUSED: readonly {
  readonly query: string
  readonly at: string
  readonly message: string
  readonly hint: string
}[] = [
  { query: '', at: '', message: 'the query is empty', hint: 'expected `can`, `who`, `what` or `why`' },
  { query: 'cna role/App do', at: 'cna', message: 'unexpected `cna`', hint: 'did you mean `can`?' },
  { query: 'is role/App', at: 'is', message: 'unexpected `is`', hint: 'expected `can`, `who`, `what` or `why`' },
  { query: 'can', at: '', message: 'the query ends too early', hint: 'expected a principal such as `role/App`' },
  { query: 'can role/App', at: '', message: 'the query ends too early', hint: 'expected `do`' },
  {
    query: 'can role/App kms:Decrypt on *',
    at: 'kms:Decrypt',
    message: 'unexpected `kms:Decrypt`',
    hint: 'expected `do`',
  },
  {
    query: 'can role/App do on *',
    at: 'on',
    message: 'unexpected `on`',
    hint: 'expected an action such as `kms:Decrypt`; a word of the query stands in double quotes to be one',
  },
  { query: 'can role/App do kms:Decrypt *', at: '*', message: 'unexpected `*`', hint: 'expected `,` or `on`' },
  {
    query: 'can role/App do kms:Decrypt on * whn a = b',
    at: 'whn',
    message: 'unexpected `whn`',
    hint: 'did you mean `when`?',
  },
  {
    query: 'can role/App do kms:Decrypt on * when a',
    at: '',
    message: 'the query ends too early',
    hint: 'expected `in` or `=`',
  },
  {
    query: 'can role/App do kms:Decrypt on * when a =',
    at: '',
    message: 'the query ends too early',
    hint: 'expected a value such as `"text"`',
  },
  { query: 'can role/App do kms:Decrypt on * when a in b', at: 'b', message: 'unexpected `b`', hint: 'expected `(`' },
  {
    query: 'can role/App do kms:Decrypt on * when a = "b',
    at: '"b',
    message: 'a text in double quotes is not closed',
    hint: 'expected a text in double quotes with the escapes of JSON',
  },
  {
    query: 'can role/App do kms:Decrypt on * when a = "\\x"',
    at: '"\\x"',
    message: 'a text in double quotes has a line break or an escape that JSON does not know',
    hint: 'expected a text in double quotes with the escapes of JSON',
  },
  {
    query: 'can role/App do kms:Decrypt on * when a = b and A = c',
    at: 'A',
    message: 'the condition key `A` is there already',
    hint: 'expected all its values in one `A in (...)`',
  },
  {
    query: 'can role/App do kms:Decrypt on * when a = b when c = d',
    at: 'when',
    message: '`when` is there already',
    hint: 'expected `and` before a further condition',
  },
  {
    query: 'can role/App do kms:Decrypt on * via s3 via s3',
    at: 'via',
    message: '`via` is there already',
    hint: 'expected one `via`',
  },
  {
    query: 'can role/App do kms:Decrypt on * from here',
    at: 'here',
    message: '`here` is not an IP address',
    hint: 'expected one such as `203.0.113.10`',
  },
  {
    query: 'can role/App do kms:Decrypt on * through vpc-1',
    at: 'vpc-1',
    message: '`vpc-1` is not a VPC endpoint',
    hint: 'expected one such as `vpce-1a2b3c4d`',
  },
  {
    query: 'can role/App do kms:Decrypt on * via S3',
    at: 'S3',
    message: '`S3` is not a service',
    hint: 'expected `s3`, `s3.us-west-2.amazonaws.com` or the like',
  },
  { query: 'can alice do kms:Decrypt on *', at: 'alice', message: '`alice` is not a principal', hint: PRINCIPAL_FORMS },
  {
    query: 'can rol/App do kms:Decrypt on *',
    at: 'rol/App',
    message: '`rol/App` is not a principal',
    hint: 'did you mean `role/App`?',
  },
  {
    query: 'can group/Ops do kms:Decrypt on *',
    at: 'group/Ops',
    message: '`group/Ops` is a group, and a group is never a principal',
    hint: 'name its users, or a role',
  },
  {
    query: 'can 1111:role/App do kms:Decrypt on *',
    at: '1111:role/App',
    message: '`1111` is not an account',
    hint: 'expected 12 digits',
  },
  {
    query: 'can arn:aws:iam::1111:root do kms:Decrypt on *',
    at: '1111',
    message: '`1111` is not an account',
    hint: 'expected 12 digits',
  },
  {
    query: 'can root do kms:Decr!pt on *',
    at: 'kms:Decr!pt',
    message: '`kms:Decr!pt` is not an action',
    hint: 'expected an action such as `kms:Decrypt`, with wildcards only in its name',
  },
  {
    query: 'can root do k*:Decrypt on *',
    at: 'k*:Decrypt',
    message: '`k*:Decrypt` is not an action',
    hint: 'expected an action such as `kms:Decrypt`, with wildcards only in its name',
  },
  {
    query: 'can root do kms:Decrypt on payments',
    at: 'payments',
    message: '`payments` is not a key or an alias',
    hint: KEY_FORMS,
  },
  {
    query: 'can root do kms:Decrypt on alas/payments',
    at: 'alas/payments',
    message: '`alas/payments` is not a key or an alias',
    hint: 'did you mean `alias/payments`?',
  },
  {
    query: 'can root do kms:Decrypt on arn:aws:kms',
    at: '',
    message: 'the ARN `arn:aws:kms` ends before its region',
    hint: 'expected `arn:partition:service:region:account:resource`',
  },
  { query: 'who can kms:Decrypt', at: '', message: 'the query ends too early', hint: 'expected `,` or `on`' },
  {
    query: 'why role/App do kms:Decrypt on *',
    at: 'role/App',
    message: 'unexpected `role/App`',
    hint: 'expected `can` or `not`',
  },
]

describe('parseAccessQuery', () => {
  for (const { query, gist: expected } of READ) {
    test(query, () => {
      const read = parseAccessQuery(query)
      expect(read.ok ? gist(read.value) : read.error).toEqual(expected)
    })
  }
  for (const { query, at, message, hint } of REFUSED) {
    test(`refuses ${JSON.stringify(query)}`, () => {
      const read = parseAccessQuery(query)
      expect(!read.ok && { ...read.error, at: query.slice(read.error.start, read.error.end) }).toMatchObject({
        at,
        message,
        hint,
      })
    })
  }

  test('the span of a term is where it stands, quotes included', () => {
    const query = 'who can kms:Decrypt on "alias/x"'
    const read = parseAccessQuery(query)
    if (!read.ok || read.value.kind !== 'whoCan') throw new Error('not read')
    expect(read.value.actions.map(({ span }) => query.slice(span.start, span.end))).toEqual(['kms:Decrypt'])
    expect(query.slice(read.value.resource.span.start, read.value.resource.span.end)).toBe('"alias/x"')
  })

  test('a query of 8,192 characters is read, a longer one is refused', () => {
    const head = 'can role/App do kms:Decrypt on * when a in ('
    const longest = `${head}${'b,'.repeat((8192 - head.length - 2) / 2)}b)`
    expect(longest.length).toBe(8192)
    expect(parseAccessQuery(longest).ok).toBe(true)
    const longer = parseAccessQuery(`${longest} `)
    expect(!longer.ok && longer.error.message).toBe('a query of 8193 characters is too long')
  })

  const word = fc.constantFrom(
    'can',
    'who',
    'what',
    'why',
    'not',
    'do',
    'on',
    'when',
    'and',
    'in',
    'via',
    'role/App',
    'kms:Decrypt',
    '*',
    '=',
    '(',
    ')',
    ',',
    '"',
    '"a"',
    's3',
  )
  test('any order of words is read, or refused at a place inside the text with a hint', () =>
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const query = words.join(' ')
        const read = parseAccessQuery(query)
        if (read.ok) return
        expect(read.error.start).toBeLessThanOrEqual(read.error.end)
        expect(read.error.end).toBeLessThanOrEqual(query.length)
        expect(read.error.hint).toMatch(/^(expected|did you mean|name) /)
      }),
      { numRuns: 300, seed: 7 },
    ))
})
