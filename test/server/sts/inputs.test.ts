/**
 * Constraints of inputs and their messages: sts.md 1 (text form) and 2.
 */
import { describe, expect, test } from 'vitest'
import { allow, policyText, stsFixture, user } from './sts-fixture.js'

const ROLE = 'arn:aws:iam::111122223333:role/Target'

type Case = readonly [name: string, fields: Readonly<Record<string, string>>, message: string]

const constraint = (value: string, at: string, must: string): string =>
  `1 validation error detected: ${value} at '${at}' failed to satisfy constraint: Member must ${must}`

const NAME_PATTERN = 'satisfy regular expression pattern: [\\w+=,.@-]*'

/** A member left empty here is left out. */
const ASSUME_ROLE: readonly Case[] = [
  ['no role', { RoleArn: '' }, constraint('Value null', 'roleArn', 'not be null')],
  [
    'a short ARN',
    { RoleArn: 'arn:aws:iam' },
    constraint("Value 'arn:aws:iam'", 'roleArn', 'have length greater than or equal to 20'),
  ],
  [
    'the ARN of a user',
    { RoleArn: 'arn:aws:iam::111122223333:user/Ann' },
    'arn:aws:iam::111122223333:user/Ann is invalid',
  ],
  ['no ARN', { RoleArn: 'abcdefghijklmnopqrstuvwxyz' }, 'abcdefghijklmnopqrstuvwxyz is invalid'],
  ['no session name', { RoleSessionName: '' }, constraint('Value null', 'roleSessionName', 'not be null')],
  [
    'a short session name',
    { RoleSessionName: 'a' },
    constraint("Value 'a'", 'roleSessionName', 'have length greater than or equal to 2'),
  ],
  [
    'a long session name',
    { RoleSessionName: 'a'.repeat(65) },
    constraint(`Value '${'a'.repeat(65)}'`, 'roleSessionName', 'have length less than or equal to 64'),
  ],
  [
    'a session name with a slash',
    { RoleSessionName: 'a/b' },
    constraint("Value 'a/b'", 'roleSessionName', NAME_PATTERN),
  ],
  [
    'too short',
    { DurationSeconds: '899' },
    constraint("Value '899'", 'durationSeconds', 'have value greater than or equal to 900'),
  ],
  [
    'too long',
    { DurationSeconds: '43201' },
    constraint("Value '43201'", 'durationSeconds', 'have value less than or equal to 43200'),
  ],
  ['no number', { DurationSeconds: '1h' }, "the member 'durationSeconds' is not a whole number"],
  [
    'a short external id',
    { ExternalId: 'x' },
    constraint("Value 'x'", 'externalId', 'have length greater than or equal to 2'),
  ],
  [
    'a space in an external id',
    { ExternalId: 'x y' },
    constraint("Value 'x y'", 'externalId', 'satisfy regular expression pattern: [\\w+=,.@:\\/-]*'),
  ],
  [
    'a short source identity',
    { SourceIdentity: 'x' },
    constraint("Value 'x'", 'sourceIdentity', 'have length greater than or equal to 2'),
  ],
  [
    'a short serial number',
    { SerialNumber: 'x', TokenCode: '123456' },
    constraint("Value 'x'", 'serialNumber', 'have length greater than or equal to 9'),
  ],
  [
    'a long code',
    { TokenCode: '1234567' },
    constraint("Value '1234567'", 'tokenCode', 'have length less than or equal to 6'),
  ],
  [
    'a code of letters',
    { TokenCode: 'abcdef' },
    constraint("Value 'abcdef'", 'tokenCode', 'satisfy regular expression pattern: [\\d]*'),
  ],
  [
    'a policy beyond Latin-1',
    { Policy: '{"Ω":1}' },
    constraint(
      `Value '{"Ω":1}'`,
      'policy',
      'satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
    ),
  ],
  [
    'a tag without a value',
    { 'Tags.member.1.Key': 'a' },
    constraint('Value null', 'tags.1.member.value', 'not be null'),
  ],
  ['an empty tag key', { 'Tags.member.1.Key': '', 'Tags.member.1.Value': 'a' }, '2 validation errors'],
  [
    'a tag key with a star',
    { 'Tags.member.1.Key': 'a*', 'Tags.member.1.Value': '' },
    constraint(
      "Value 'a*'",
      'tags.1.member.key',
      'satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
    ),
  ],
  [
    'an aws: tag',
    { 'Tags.member.1.Key': 'AWS:a', 'Tags.member.1.Value': '' },
    'Tag keys and values cannot begin with the reserved prefix aws:.',
  ],
  [
    'one tag twice',
    { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': '', 'Tags.member.2.Key': 'A', 'Tags.member.2.Value': '' },
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ],
  [
    'a transitive key that is no tag',
    { 'TransitiveTagKeys.member.1': 'a' },
    'The specified transitive tag key must be included in the requested tags.',
  ],
  [
    'a short policy ARN',
    { 'PolicyArns.member.1.arn': 'arn' },
    constraint("Value 'arn'", 'policyArns.1.member.arn', 'have length greater than or equal to 20'),
  ],
  [
    'provided contexts',
    { 'ProvidedContexts.member.1.ProviderArn': 'arn:aws:iam::aws:contextProvider/x' },
    'ProvidedContexts is not supported.',
  ],
]

const many = (name: string, count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [name.replace('#', String(index + 1)), `key${index}`]))

describe('sts.md 2, AssumeRole', () => {
  for (const [name, fields, message] of ASSUME_ROLE) {
    test(name, async () => {
      const fixture = await stsFixture()
      const given: Record<string, string> = { RoleArn: ROLE, RoleSessionName: 'deploy', ...fields }
      for (const [key, value] of Object.entries(fields)) if (value === '' && !key.includes('.')) delete given[key]
      const answer = await fixture.call(await fixture.keysOf(user('Ann')), 'AssumeRole', given)
      expect(answer.status).toBe(400)
      const said = answer.said.replaceAll('&quot;', '"')
      if (message.endsWith('errors')) expect(said).toMatch(new RegExp(`^ValidationError: ${message} detected: `))
      else expect(said).toBe(`ValidationError: ${message}`)
      expect(fixture.records.at(-1)).toMatchObject({ errorCode: 'ValidationError' })
    })
  }

  test('more than 50 tags and more than 10 policies', async () => {
    const fixture = await stsFixture()
    const base = { RoleArn: ROLE, RoleSessionName: 'deploy' }
    const keys = await fixture.keysOf(user('Ann'))
    const tags = { ...many('Tags.member.#.Key', 51), ...many('Tags.member.#.Value', 51) }
    expect((await fixture.call(keys, 'AssumeRole', { ...base, ...tags })).said).toMatch(
      /at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50$/,
    )
    const arns = Object.fromEntries(
      Object.entries(many('PolicyArns.member.#.arn', 11)).map(([name, key]) => [
        name,
        `arn:aws:iam::aws:policy/${key}`,
      ]),
    )
    expect((await fixture.call(keys, 'AssumeRole', { ...base, ...arns })).said).toMatch(
      /at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10$/,
    )
  })
})

describe('sts.md 2, GetFederationToken and GetSessionToken', () => {
  test.each<[action: string, fields: Readonly<Record<string, string>>, message: string]>([
    ['GetFederationToken', {}, constraint('Value null', 'name', 'not be null')],
    [
      'GetFederationToken',
      { Name: 'a'.repeat(33) },
      constraint(`Value '${'a'.repeat(33)}'`, 'name', 'have length less than or equal to 32'),
    ],
    [
      'GetFederationToken',
      { Name: 'bob', DurationSeconds: '129601' },
      constraint("Value '129601'", 'durationSeconds', 'have value less than or equal to 129600'),
    ],
    [
      'GetFederationToken',
      { Name: 'bob', 'Tags.member.1.Key': 'aws:x', 'Tags.member.1.Value': '' },
      'Tag keys and values cannot begin with the reserved prefix aws:.',
    ],
    [
      'GetSessionToken',
      { DurationSeconds: '899' },
      constraint("Value '899'", 'durationSeconds', 'have value greater than or equal to 900'),
    ],
  ])('%s %j', async (action, fields, message) => {
    const fixture = await stsFixture()
    const answer = await fixture.call(await fixture.keysOf(user('Ann')), action, fields)
    expect(answer.said).toBe(`ValidationError: ${message}`)
  })

  test('the model lets a policy of GetFederationToken have 2048 characters', async () => {
    const fixture = await stsFixture()
    const keys = await fixture.keysOf(user('Ann'))
    const Policy = policyText(allow('kms:Decrypt')).padEnd(2049)
    expect((await fixture.call(keys, 'GetFederationToken', { Name: 'bob', Policy })).said).toMatch(
      /at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048$/,
    )
  })
})
