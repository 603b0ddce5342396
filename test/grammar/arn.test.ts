import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseArnPattern, type ArnPatternRules } from '../../src/text/arn-pattern.js'
import { isAccountId, isPartition, parseAliasArn, parseKeyArn, splitArn } from '../../src/text/arn.js'
import { parsePrincipalArn, parsePrincipalName, type PrincipalArn } from '../../src/text/principal-arn.js'

const FIELDS = ['scheme', 'partition', 'service', 'region', 'account', 'resource'] as const
const RESOURCE: ArnPatternRules = { place: 'resource', variables: true, completes: false }
const IDENTITY: ArnPatternRules = { ...RESOURCE, completes: true }
const OLD: ArnPatternRules = { ...RESOURCE, variables: false }
const CONDITION: ArnPatternRules = { place: 'condition', variables: true, completes: false }

describe('splitArn', () => {
  const cases: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['arn:aws:kms:us-west-2:111122223333:key/1', ['aws', 'kms', 'us-west-2', '111122223333', 'key/1']],
    ['arn:aws:s3:::bucket/a:b:c', ['aws', 's3', '', '', 'bucket/a:b:c']],
    ['arn:aws:s3:::', ['aws', 's3', '', '', '']],
    ['arn:aws:kms:us-west-2:111122223333', undefined],
    ['ARN:aws:kms:us-west-2:111122223333:key/1', undefined],
    ['*', undefined],
    ['', undefined],
  ]
  for (const [text, fields] of cases) {
    test(JSON.stringify(text), () => {
      const arn = splitArn(text)
      expect(arn && [arn.partition, arn.service, arn.region, arn.account, arn.resource]).toEqual(fields)
    })
  }

  test('the fields, joined with colons, are the text', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(':', 'a', '/') }), (rest) => {
        const arn = splitArn(`arn:${rest}`)
        const colons = rest.split(':').length - 1
        expect(arn === undefined).toBe(colons < 4)
        if (arn !== undefined) expect(Object.values(arn).join(':')).toBe(rest)
      }),
      { numRuns: 200, seed: 5 },
    ))
})

// authorization.md A6, A7: IAM User Guide, "IAM JSON policy elements: Resource".
describe('parseArnPattern', () => {
  const read: readonly {
    readonly text: string
    readonly rules: ArnPatternRules
    readonly fields: readonly string[]
  }[] = [
    {
      text: 'arn:aws:kms:*:111122223333:key/*',
      rules: RESOURCE,
      fields: ['arn', 'aws', 'kms', '*', '111122223333', 'key/*'],
    },
    { text: 'arn:aws:s3:::b/a:b', rules: RESOURCE, fields: ['arn', 'aws', 's3', '', '', 'b/a:b'] },
    {
      text: 'arn:aws:s3:::b/${aws:username}/*',
      rules: RESOURCE,
      fields: ['arn', 'aws', 's3', '', '', 'b/${aws:username}/*'],
    },
    {
      text: "arn:aws:s3:::${aws:PrincipalTag/t, 'a:b'}:x",
      rules: RESOURCE,
      fields: ['arn', 'aws', 's3', '', '', "${aws:PrincipalTag/t, 'a:b'}:x"],
    },
    { text: 'arn:aws:kms', rules: IDENTITY, fields: ['arn', 'aws', 'kms', '*', '*', '*'] },
    { text: 'arn:aws', rules: IDENTITY, fields: ['arn', 'aws', '*', '*', '*', '*'] },
    { text: 'arn:', rules: IDENTITY, fields: ['arn', '', '*', '*', '*', '*'] },
    {
      text: 'arn:aws:kms:us-east-1:1:key/${*}',
      rules: RESOURCE,
      fields: ['arn', 'aws', 'kms', 'us-east-1', '1', 'key/${*}'],
    },
    {
      text: 'arn:aws:iam::${aws:PrincipalAccount}:role/*',
      rules: CONDITION,
      fields: ['arn', 'aws', 'iam', '', '${aws:PrincipalAccount}', 'role/*'],
    },
    { text: '*:*:*:*:*:*', rules: CONDITION, fields: ['*', '*', '*', '*', '*', '*'] },
    { text: '${a}:b:c:d:e:f:g', rules: CONDITION, fields: ['${a}', 'b', 'c', 'd', 'e', 'f:g'] },
    { text: 'arn:aws:s3::${aws:x:y', rules: OLD, fields: ['arn', 'aws', 's3', '', '${aws', 'x:y'] },
  ]
  for (const { text, rules, fields } of read) {
    test(`${text} (${rules.place})`, () => {
      const pattern = parseArnPattern(text, rules)
      expect(pattern.ok && FIELDS.map((name) => pattern.value[name].text)).toEqual(fields)
      if (!pattern.ok) return
      for (const name of FIELDS) {
        const { text: written, start, end } = pattern.value[name]
        expect(text.slice(start, end)).toBe(start === end ? '' : written)
      }
    })
  }

  test('the parts of a field are those of the template', () => {
    const pattern = parseArnPattern("arn:aws:s3:::b/${k, 'd'}/*", RESOURCE)
    expect(pattern.ok && pattern.value.resource.parts).toEqual([
      { kind: 'text', text: 'b/' },
      { kind: 'variable', key: 'k', default: 'd', start: 15, end: 24 },
      { kind: 'text', text: '/' },
      { kind: 'wild', wild: '*' },
    ])
  })

  const refused: readonly {
    readonly text: string
    readonly rules: ArnPatternRules
    readonly at: readonly [number, number]
    readonly message: string
  }[] = [
    { text: 'kms:Decrypt', rules: RESOURCE, at: [0, 11], message: '`kms:Decrypt` is not an ARN' },
    { text: '*:aws:kms:::key/1', rules: RESOURCE, at: [0, 17], message: '`*:aws:kms:::key/1` is not an ARN' },
    { text: 'ARN:aws:kms:::key/1', rules: CONDITION, at: [0, 19], message: '`ARN:aws:kms:::key/1` is not an ARN' },
    { text: '', rules: CONDITION, at: [0, 0], message: '`` is not an ARN' },
    { text: 'arn:aws:kms', rules: RESOURCE, at: [11, 11], message: 'the ARN `arn:aws:kms` ends before its region' },
    {
      text: 'arn:*:role/Admin',
      rules: CONDITION,
      at: [16, 16],
      message: 'the ARN `arn:*:role/Admin` ends before its region',
    },
    {
      text: 'arn:aws:k*:::key/1',
      rules: RESOURCE,
      at: [8, 10],
      message: 'the service `k*` of a resource ARN has a wildcard',
    },
    {
      text: 'arn:aws:s3::${aws:PrincipalAccount}:b',
      rules: RESOURCE,
      at: [12, 35],
      message: 'the account of a resource ARN has the variable `aws:PrincipalAccount`',
    },
    {
      text: 'arn:aws:s3:::${aws:username',
      rules: RESOURCE,
      at: [13, 27],
      message: 'the variable `${aws:username` is never closed',
    },
  ]
  for (const { text, rules, at, message } of refused) {
    test(`refuses ${JSON.stringify(text)} (${rules.place})`, () => {
      const pattern = parseArnPattern(text, rules)
      expect(!pattern.ok && { message: pattern.error.message, at: [pattern.error.start, pattern.error.end] }).toEqual({
        message,
        at,
      })
    })
  }

  test('a text without variables is split as the grammar splits it', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ':', '*', '?', '/'), maxLength: 30 }), (rest) => {
        const split = parseArnPattern(`arn:${rest}`, { place: 'condition', variables: true, completes: true })
        const parsed = parseArnPattern(`arn:${rest}:::::\${v}`, {
          place: 'condition',
          variables: true,
          completes: true,
        })
        if (!split.ok || !parsed.ok) throw new Error('both are ARNs')
        const written = FIELDS.slice(0, Math.min(5, rest.split(':').length + 1))
        for (const name of written) expect(parsed.value[name]).toEqual(split.value[name])
      }),
      { numRuns: 200, seed: 6 },
    ))
})

// authorization.md C1: IAM User Guide, "AWS JSON policy elements: Principal".
describe('parsePrincipalArn', () => {
  const account = '111122223333'
  const read: readonly { readonly text: string; readonly principal: PrincipalArn }[] = [
    { text: `arn:aws:iam::${account}:root`, principal: { kind: 'root', partition: 'aws', account } },
    {
      text: `arn:aws:iam::${account}:user/alice`,
      principal: { kind: 'user', path: '/', name: 'alice', partition: 'aws', account },
    },
    {
      text: `arn:aws-cn:iam::${account}:user/a/b/alice`,
      principal: { kind: 'user', path: '/a/b/', name: 'alice', partition: 'aws-cn', account },
    },
    {
      text: `arn:aws-us-gov:iam::${account}:role/App`,
      principal: { kind: 'role', path: '/', name: 'App', partition: 'aws-us-gov', account },
    },
    {
      text: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123`,
      principal: {
        kind: 'role',
        path: '/aws-reserved/sso.amazonaws.com/',
        name: 'AWSReservedSSO_Admin_0123',
        partition: 'aws',
        account,
      },
    },
    {
      text: `arn:aws:sts::${account}:assumed-role/App/i-0123@x,y=z+.`,
      principal: { kind: 'session', role: 'App', session: 'i-0123@x,y=z+.', partition: 'aws', account },
    },
    {
      text: `arn:aws-iso-b:sts::${account}:federated-user/Bob`,
      principal: { kind: 'federatedUser', name: 'Bob', partition: 'aws-iso-b', account },
    },
  ]
  for (const { text, principal } of read)
    test(text, () => expect(parsePrincipalArn(text)).toEqual({ ok: true, value: principal }))

  const refused: readonly {
    readonly text: string
    readonly at: readonly [number, number]
    readonly message: string
    readonly hint?: string
  }[] = [
    {
      text: `arn:aws:iam::${account}:user/*`,
      at: [31, 32],
      message: '`*` in a principal ARN: only the whole value `*` may be a wildcard',
    },
    {
      text: `arn:aws:iam::*:root`,
      at: [13, 14],
      message: '`*` in a principal ARN: only the whole value `*` may be a wildcard',
    },
    {
      text: `arn:aws:iam::${account}:role/A?p`,
      at: [32, 33],
      message: '`?` in a principal ARN: only the whole value `*` may be a wildcard',
    },
    {
      text: `arn:aws:iam::${account}:user/\${aws:username}`,
      at: [31, 46],
      message: 'a principal takes no policy variable',
    },
    {
      text: `arn:aws:iam::${account}:group/Admins`,
      at: [26, 38],
      message: '`group/Admins` is a group, and a group is never a principal',
      hint: 'name its users, or a role',
    },
    {
      text: `arn:aws:iam::${account}:saml-provider/Okta`,
      at: [26, 44],
      message: '`saml-provider/Okta` is an identity provider',
      hint: 'an identity provider stands under `Federated`',
    },
    {
      text: `arn:aws:iam::${account}:Role/App`,
      at: [26, 34],
      message: '`Role/App` is not a principal',
      hint: 'did you mean `role/App`?',
    },
    {
      text: `arn:aws:iam::${account}:policy/P`,
      at: [26, 34],
      message: '`policy/P` is not a principal',
      hint: 'expected `root`, `user/name`, `role/name`, `assumed-role/role/session` or `federated-user/name`',
    },
    { text: 'arn:aws:iam::12345:root', at: [13, 18], message: '`12345` is not an account', hint: 'expected 12 digits' },
    {
      text: `arn:amazon:iam::${account}:root`,
      at: [4, 10],
      message: 'unknown partition `amazon`',
      hint: 'expected `aws`, `aws-cn`, `aws-us-gov` or the like',
    },
    {
      text: `arn:aws:kms::${account}:root`,
      at: [8, 11],
      message: 'an ARN of the service `kms` names no principal',
      hint: 'expected `iam` or `sts`',
    },
    {
      text: `arn:aws:iam:us-east-1:${account}:root`,
      at: [12, 21],
      message: 'a principal ARN has no region, found `us-east-1`',
    },
    {
      text: `arn:aws:iam::${account}:role/`,
      at: [26, 31],
      message: '`role/` lacks a name',
      hint: 'expected `role/name` or `role/path/name`',
    },
    {
      text: `arn:aws:iam::${account}:role//App`,
      at: [26, 35],
      message: '`role//App` lacks a name',
      hint: 'expected `role/name` or `role/path/name`',
    },
    {
      text: `arn:aws:sts::${account}:assumed-role/App`,
      at: [26, 42],
      message: '`assumed-role/App` lacks a name',
      hint: 'expected `assumed-role/{role name}/{session name}`',
    },
    {
      text: `arn:aws:sts::${account}:assumed-role/path/App/s`,
      at: [26, 49],
      message: 'a session ARN has no path, found `assumed-role/path/App/s`',
      hint: 'expected `assumed-role/{role name}/{session name}`',
    },
    {
      text: `arn:aws:sts::${account}:role/App`,
      at: [26, 34],
      message: '`role/App` stands in an ARN of `sts`',
      hint: 'expected an ARN of `iam`',
    },
    { text: `arn:aws:iam::${account}:root `, at: [30, 31], message: 'a principal ARN has no white space' },
    {
      text: account,
      at: [0, 12],
      message: '`111122223333` is not an ARN',
      hint: 'expected `arn:aws:iam::account:role/name` or the like',
    },
  ]
  for (const { text, at, message, hint } of refused) {
    test(`refuses ${text}`, () =>
      expect(parsePrincipalArn(text)).toEqual({
        ok: false,
        error: { message, start: at[0], end: at[1], ...(hint === undefined ? {} : { hint }) },
      }))
  }

  test('a name alone tells what it is', () => {
    expect(parsePrincipalName('assumed-role/App/s')).toEqual({
      ok: true,
      value: { kind: 'session', role: 'App', session: 's' },
    })
    expect(parsePrincipalName('root')).toEqual({ ok: true, value: { kind: 'root' } })
  })
})

// authorization.md D9: KMS Developer Guide, "Key identifiers", "Multi-Region keys".
describe('KMS ARNs', () => {
  const place = { partition: 'aws', region: 'us-west-2', account: '111122223333' }
  test('a key', () =>
    expect(parseKeyArn('arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab')).toEqual({
      ...place,
      keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
      isMultiRegion: false,
    }))
  test('a multi-Region key', () =>
    expect(parseKeyArn('arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab')).toEqual({
      ...place,
      keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab',
      isMultiRegion: true,
    }))
  test('an alias', () =>
    expect(parseAliasArn('arn:aws:kms:us-west-2:111122223333:alias/aws/s3')).toEqual({
      ...place,
      alias: 'alias/aws/s3',
    }))
  for (const text of [
    'arn:aws:kms:us-west-2:111122223333:alias/a',
    'arn:aws:kms:us-west-2:111122223333:key/',
    'arn:aws:kms:us-west-2:111122223333:key/*',
    'arn:aws:kms:*:111122223333:key/1',
    'arn:aws:kms:us-west-2:1111:key/1',
    'arn:aws:s3:us-west-2:111122223333:key/1',
    'arn:other:kms:us-west-2:111122223333:key/1',
    'key/1',
  ]) {
    test(`${text} is no key`, () => expect(parseKeyArn(text)).toBe(undefined))
  }
  for (const text of [
    'arn:aws:kms:us-west-2:111122223333:alias/',
    'arn:aws:kms:us-west-2:111122223333:alias/a*',
    'alias/a',
  ]) {
    test(`${text} is no alias`, () => expect(parseAliasArn(text)).toBe(undefined))
  }
  test('partitions and accounts', () => {
    expect(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b', 'Aws', 'aws-', 'awscn', ''].filter(isPartition)).toEqual([
      'aws',
      'aws-cn',
      'aws-us-gov',
      'aws-iso-b',
    ])
    expect(['111122223333', '11112222333', '1111222233334', '11112222333a', ''].filter(isAccountId)).toEqual([
      '111122223333',
    ])
  })
})
