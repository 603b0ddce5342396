/** Aliases. Facts: kms-behaviour 4; KMS API Reference, "CreateAlias", "UpdateAlias", "DeleteAlias", "ListAliases". */
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  ADMIN,
  keyArnOf,
  keyId,
  lastRecord,
  NOBODY,
  policyOf,
  REGION,
  STRANGER,
  testKms,
  type TestKms,
} from '../test-kms.js'

const ALIAS_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/payments`

async function withAlias(given?: TestKms) {
  const kms = given ?? (await testKms())
  const created = await kms.ok('CreateKey', {})
  await kms.ok('CreateAlias', { AliasName: 'alias/payments', TargetKeyId: keyId(created) })
  return { kms, id: keyId(created), arn: keyArnOf(created) }
}

test('an alias names its key, by its name and by its ARN', async () => {
  const { kms, arn } = await withAlias()
  for (const KeyId of ['alias/payments', ALIAS_ARN]) {
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata?.Arn).toBe(arn)
  }
})

test('the response and the audit record', async () => {
  const { kms, id } = await withAlias()
  const record = lastRecord(kms)
  expect(record.eventName).toBe('CreateAlias')
  expect(record.requestParameters).toEqual({ aliasName: 'alias/payments', targetKeyId: id })
  // Facts G4: management changes carry the key ARN.
  expect(record.responseElements).toEqual({ keyId: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}` })
  expect(record.resources?.map(({ ARN }) => ARN)).toEqual([`arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`])
})

/** In AWS's own words, which name a page. */
const UNPREFIXED =
  'ValidationException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'

describe('CreateAlias refuses', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    [
      'a name of AWS',
      'alias/aws/s3',
      'InvalidAliasNameException: Alias names that begin with alias/aws/ are reserved.',
    ],
    ['a name without prefix', 'payments', UNPREFIXED],
    [
      'a colon, which the model lets through',
      'alias/a:b',
      'InvalidAliasNameException: An alias name holds letters, digits, slashes, underscores and dashes after alias/, and nothing else.',
    ],
    [
      'a name that is taken',
      'alias/payments',
      `AlreadyExistsException: An alias with the name ${ALIAS_ARN} already exists`,
    ],
    [
      'what the model does not let through',
      'alias/a b',
      "ValidationException: 1 validation error detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
    ],
  ]
  for (const [name, AliasName, error] of CASES) {
    test(name, async () => {
      const { kms, id } = await withAlias()
      expect(await kms.fails('CreateAlias', { AliasName, TargetKeyId: id })).toBe(error)
    })
  }

  test('an alias as the target, a key that is not there, and one of another account', async () => {
    const { kms, arn } = await withAlias()
    expect(await kms.fails('CreateAlias', { AliasName: 'alias/b', TargetKeyId: 'alias/payments' })).toMatch(/^NotFound/)
    expect(await kms.fails('CreateAlias', { AliasName: 'alias/b', TargetKeyId: ALIAS_ARN })).toMatch(/^InvalidArn/)
    expect(
      await kms.fails('CreateAlias', { AliasName: 'alias/b', TargetKeyId: '00000000-0000-4000-8000-000000000000' }),
    ).toMatch(/^NotFoundException: Key '/)
    expect(await kms.fails('CreateAlias', { AliasName: 'alias/b', TargetKeyId: arn }, STRANGER)).toMatch(
      /^AccessDenied/,
    )
  })

  test('one more than the quota', async () => {
    const { kms, id } = await withAlias(await testKms({ quotas: { aliasesPerKey: 2 } }))
    await kms.ok('CreateAlias', { AliasName: 'alias/two', TargetKeyId: id })
    expect(await kms.fails('CreateAlias', { AliasName: 'alias/three', TargetKeyId: id })).toBe(
      'LimitExceededException: Aliases per key quota for this account in this region is 2, current usage is 2.',
    )
    await kms.ok('DeleteAlias', { AliasName: 'alias/two' })
    await kms.ok('CreateAlias', { AliasName: 'alias/three', TargetKeyId: id })
  })
})

test('the permission is asked on the alias and on the key (D4)', async () => {
  const aliasOnly = { principal: `arn:aws:iam::${ACCOUNT}:user/alias-only` }
  const kms = await testKms({
    identities: {
      principals: [
        { arn: ADMIN.principal, policies: [allow('kms:*', '*')] },
        { arn: aliasOnly.principal, policies: [allow('kms:CreateAlias', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/*`)] },
      ],
    },
  })
  const id = keyId(await kms.ok('CreateKey', {}))
  const failure = await kms.fails('CreateAlias', { AliasName: 'alias/x', TargetKeyId: id }, aliasOnly)
  expect(failure).toContain(
    `is not authorized to perform: kms:CreateAlias on resource: arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
  )
  expect(await kms.fails('CreateAlias', { AliasName: 'alias/x', TargetKeyId: id }, NOBODY)).toContain(
    `on resource: arn:aws:kms:${REGION}:${ACCOUNT}:alias/x`,
  )
})

function allow(Action: string, Resource: string) {
  return policyOf('identity', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })
}

describe('UpdateAlias', () => {
  test('moves the name, and the former key loses it', async () => {
    const { kms } = await withAlias()
    const other = await kms.ok('CreateKey', {})
    await kms.ok('DescribeKey', { KeyId: 'alias/payments' })
    kms.clock.nowMs += 5000
    await kms.ok('UpdateAlias', { AliasName: 'alias/payments', TargetKeyId: keyId(other) })
    expect((await kms.ok('DescribeKey', { KeyId: 'alias/payments' })).KeyMetadata?.Arn).toBe(keyArnOf(other))
    expect((await kms.ok('ListAliases', { KeyId: keyId(other) })).Aliases).toEqual([
      {
        AliasName: 'alias/payments',
        AliasArn: ALIAS_ARN,
        TargetKeyId: keyId(other),
        CreationDate: new Date(kms.clock.nowMs - 5000),
        LastUpdatedDate: new Date(kms.clock.nowMs),
      },
    ])
  })

  test('wants a key of the same kind and use', async () => {
    const { kms } = await withAlias()
    const hmac = keyId(await kms.ok('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }))
    const pair = keyId(await kms.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }))
    const wrong = 'ValidationException: The current and the new key of an alias must be of the same type and use.'
    expect(await kms.fails('UpdateAlias', { AliasName: 'alias/payments', TargetKeyId: hmac })).toBe(wrong)
    expect(await kms.fails('UpdateAlias', { AliasName: 'alias/payments', TargetKeyId: pair })).toBe(wrong)
  })

  test('wants an alias that is there and not one of AWS', async () => {
    const { kms, id } = await withAlias()
    expect(await kms.fails('UpdateAlias', { AliasName: 'alias/none', TargetKeyId: id })).toBe(
      `NotFoundException: Alias arn:aws:kms:${REGION}:${ACCOUNT}:alias/none is not found.`,
    )
    expect(await kms.fails('UpdateAlias', { AliasName: 'alias/aws/s3', TargetKeyId: id })).toMatch(
      /^ValidationException/,
    )
    expect(await kms.fails('UpdateAlias', { AliasName: 'payments', TargetKeyId: id })).toBe(UNPREFIXED)
    expect(await kms.fails('DeleteAlias', { AliasName: 'payments' })).toBe(UNPREFIXED)
  })

  test('the new key alone must not wait for its deletion (kms-behaviour 2, footnote 10)', async () => {
    const { kms, id } = await withAlias()
    const other = keyId(await kms.ok('CreateKey', {}))
    await kms.ok('ScheduleKeyDeletion', { KeyId: id })
    await kms.ok('UpdateAlias', { AliasName: 'alias/payments', TargetKeyId: other })
    expect(await kms.fails('UpdateAlias', { AliasName: 'alias/payments', TargetKeyId: id })).toMatch(
      /^KMSInvalidStateException: .* is pending deletion\.$/,
    )
  })
})

test('a deleted alias is gone, and its key stays', async () => {
  const { kms, id } = await withAlias()
  await kms.ok('DeleteAlias', { AliasName: 'alias/payments' })
  const gone = `NotFoundException: Alias ${ALIAS_ARN} is not found.`
  expect(await kms.fails('DescribeKey', { KeyId: 'alias/payments' })).toBe(gone)
  expect(await kms.fails('DeleteAlias', { AliasName: 'alias/payments' })).toBe(gone)
  expect((await kms.ok('DescribeKey', { KeyId: id })).KeyMetadata?.Enabled).toBe(true)
})

test('kms:ResourceAliases sees what the key is called now', async () => {
  const open = policyOf('identity', {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/open' } },
      },
    ],
  })
  const kms = await testKms({
    identities: {
      principals: [
        { arn: ADMIN.principal, policies: [allow('kms:*', '*')] },
        { arn: NOBODY.principal, policies: [open] },
      ],
    },
  })
  const created = await kms.ok('CreateKey', {})
  const input = { KeyId: keyId(created), Plaintext: Buffer.from('x') }
  expect(await kms.fails('Encrypt', input, NOBODY)).toMatch(/^AccessDenied/)
  await kms.ok('CreateAlias', { AliasName: 'alias/open', TargetKeyId: keyId(created) })
  await kms.ok('Encrypt', input, NOBODY)
  await kms.ok('DeleteAlias', { AliasName: 'alias/open' })
  expect(await kms.fails('Encrypt', input, NOBODY)).toMatch(/^AccessDenied/)
})

describe('ListAliases', () => {
  test('in pages, to the end, each once', async () => {
    const { kms, id } = await withAlias()
    for (let index = 0; index < 9; index++) {
      await kms.ok('CreateAlias', { AliasName: `alias/n${index}`, TargetKeyId: id })
    }
    const names: (string | undefined)[] = []
    let Marker: string | undefined
    let pages = 0
    do {
      const page = await kms.ok('ListAliases', { Limit: 4, ...(Marker === undefined ? {} : { Marker }) })
      expect(page.Truncated).toBe(page.NextMarker !== undefined)
      names.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName))
      Marker = page.NextMarker
      pages++
    } while (Marker !== undefined)
    expect(pages).toBe(3)
    expect(names).toEqual([...new Set(names)])
    expect(names).toHaveLength(10)
  })

  test('of one key alone', async () => {
    const { kms, id } = await withAlias()
    const other = keyId(await kms.ok('CreateKey', {}))
    await kms.ok('CreateAlias', { AliasName: 'alias/other', TargetKeyId: other })
    const list = async (KeyId: string) => (await kms.ok('ListAliases', { KeyId })).Aliases?.map((one) => one.AliasName)
    expect(await list(id)).toEqual(['alias/payments'])
    expect(await list(other)).toEqual(['alias/other'])
  })

  test('with a marker of its own and a limit within bounds', async () => {
    const { kms, id } = await withAlias()
    await kms.ok('CreateAlias', { AliasName: 'alias/two', TargetKeyId: id })
    const { NextMarker } = await kms.ok('ListAliases', { Limit: 1 })
    expect(await kms.fails('ListAliases', { Marker: 'bad' })).toMatch(/^InvalidMarkerException/)
    expect(await kms.fails('ListGrants', { KeyId: id, Marker: NextMarker })).toMatch(/^InvalidMarkerException/)
    expect(await kms.fails('ListAliases', { Limit: 101 })).toMatch(/^ValidationException/)
    expect(await kms.fails('ListAliases', { Limit: 0 })).toMatch(/^ValidationException/)
  })
})
