/** Grants: made, used, listed, retired, revoked. Facts: kms-behaviour 11, F1 to F7. */
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  ADMIN,
  keyArnOf,
  keyId,
  lastRecord,
  NAMED,
  NOBODY,
  OTHER_ACCOUNT,
  REGION,
  STRANGER,
  testKms,
} from '../test-kms.js'
import type { KmsInputs } from '../../../src/kms/shapes.js'

type Grant = Partial<KmsInputs['CreateGrant']>

const TOKEN_LATER = { grantPropagationMs: 300_000 }

async function granted(grant: Grant = {}, options: Parameters<typeof testKms>[0] = {}) {
  const kms = await testKms(options)
  const created = await kms.ok('CreateKey', {})
  const KeyId = keyId(created)
  const output = await kms.ok('CreateGrant', {
    KeyId,
    GranteePrincipal: NOBODY.principal,
    Operations: ['Encrypt', 'Decrypt'],
    ...grant,
  })
  return { kms, KeyId, arn: keyArnOf(created), GrantId: output.GrantId!, GrantToken: output.GrantToken! }
}

const PLAINTEXT = Buffer.from('granted')

describe('CreateGrant', () => {
  test('lets the grantee do what it says and nothing else', async () => {
    const { kms, KeyId } = await granted()
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT }, NOBODY)
    await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! }, NOBODY)
    expect(await kms.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }, NOBODY)).toMatch(/^AccessDenied/)
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: PLAINTEXT }, NAMED)).toMatch(/^AccessDenied/)
  })

  test('answers an id of 64 hex digits and a token, and its record has no token', async () => {
    const { kms, GrantId, GrantToken, arn } = await granted({ Name: 'n' })
    expect(GrantId).toMatch(/^[0-9a-f]{64}$/)
    expect(GrantToken.length).toBeGreaterThan(20)
    const record = lastRecord(kms)
    expect(record.requestParameters).toMatchObject({
      granteePrincipal: NOBODY.principal,
      operations: ['Encrypt', 'Decrypt'],
      name: 'n',
    })
    expect(record.responseElements).toEqual({ grantId: GrantId, keyId: arn })
    expect(JSON.stringify(kms.records)).not.toContain(GrantToken)
  })

  test('works by its token alone until it has spread', async () => {
    const { kms, KeyId, GrantToken } = await granted({}, TOKEN_LATER)
    const input = { KeyId, Plaintext: PLAINTEXT }
    expect(await kms.fails('Encrypt', input, NOBODY)).toMatch(/^AccessDenied/)
    await kms.ok('Encrypt', { ...input, GrantTokens: [GrantToken] }, NOBODY)
    expect(await kms.fails('Encrypt', { ...input, GrantTokens: [GrantToken] }, NAMED)).toMatch(/^AccessDenied/)
    expect(await kms.fails('Encrypt', { ...input, GrantTokens: ['bm9uZQ=='] }, NOBODY)).toMatch(
      /^InvalidGrantTokenException/,
    )
    kms.clock.nowMs += 300_000
    await kms.ok('Encrypt', input, NOBODY)
  })

  // F7: nothing is committed when it has spread, so a caller who has not asked before must find that out as well.
  test('works once it has spread for a grantee that asks for the first time', async () => {
    const { kms, KeyId } = await granted({}, TOKEN_LATER)
    kms.clock.nowMs += TOKEN_LATER.grantPropagationMs
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: PLAINTEXT }, NOBODY)).toBe('succeeded')
  })

  test('of the same name and parameters is the same grant, under a new token', async () => {
    const { kms, KeyId, GrantId, GrantToken } = await granted({ Name: 'backup' })
    const again = {
      KeyId,
      GranteePrincipal: NOBODY.principal,
      Operations: ['Encrypt', 'Decrypt'] as const,
      Name: 'backup',
    }
    const second = await kms.ok('CreateGrant', again)
    expect(second.GrantId).toBe(GrantId)
    expect(second.GrantToken).not.toBe(GrantToken)
    expect((await kms.ok('CreateGrant', { ...again, Operations: ['Encrypt'] })).GrantId).not.toBe(GrantId)
    const { Name: _name, ...unnamed } = again
    const ids = [await kms.ok('CreateGrant', unnamed), await kms.ok('CreateGrant', unnamed)].map((one) => one.GrantId)
    expect(new Set([GrantId, ...ids]).size).toBe(3)
  })

  const REFUSED: readonly (readonly [string, Grant, RegExp])[] = [
    ['no grantee', { GranteePrincipal: undefined }, /^ValidationException: Exactly one of GranteePrincipal/],
    ['two grantees', { GranteeServicePrincipal: 's3.amazonaws.com' }, /^ValidationException: Exactly one of/],
    [
      'two retiring principals',
      { RetiringPrincipal: ADMIN.principal, RetiringServicePrincipal: 's3.amazonaws.com' },
      /^ValidationException: Only one of RetiringPrincipal/,
    ],
    [
      'a service without a source',
      { GranteePrincipal: undefined, GranteeServicePrincipal: 's3.amazonaws.com', RetiringPrincipal: ADMIN.principal },
      /^ValidationException: .*SourceArn/,
    ],
    // authorization.md F1; with an empty map too, as older SDKs send it (aws/aws-sdk-java, issue 328).
    [
      'two constraints on the encryption context',
      { Constraints: { EncryptionContextEquals: { a: 'b' }, EncryptionContextSubset: { c: 'd' } } },
      /^ValidationException: More than one constraint supplied$/,
    ],
    [
      'two constraints, one of which is empty',
      { Constraints: { EncryptionContextEquals: {}, EncryptionContextSubset: { c: 'd' } } },
      /^ValidationException: More than one constraint supplied$/,
    ],
    ['a principal that is none', { GranteePrincipal: 'arn:aws:s3:::bucket' }, /^InvalidArnException/],
    ['an operation of other keys', { Operations: ['Sign'] }, /^ValidationException: Operation Sign is not supported/],
    [
      'nine pairs',
      {
        Constraints: {
          EncryptionContextEquals: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 'v'])),
        },
      },
      /^ValidationException/,
    ],
    [
      'a value of 385 characters',
      { Constraints: { EncryptionContextSubset: { a: 'x'.repeat(385) } } },
      /^ValidationException/,
    ],
  ]
  for (const [name, change, error] of REFUSED) {
    test(`refuses ${name}`, async () => {
      const { kms, KeyId } = await granted()
      const input = { KeyId, GranteePrincipal: NOBODY.principal, Operations: ['Decrypt'], ...change }
      expect(await kms.fails('CreateGrant', input)).toMatch(error)
    })
  }

  test('the operations of a key follow from its kind (kms-behaviour 11)', async () => {
    const { kms } = await granted()
    const tries: readonly (readonly [Partial<KmsInputs['CreateKey']>, string, boolean])[] = [
      [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'Sign', true],
      [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'GetPublicKey', true],
      [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'GenerateDataKey', false],
      [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }, 'DeriveSharedSecret', true],
      [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'GenerateMac', true],
      [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'Encrypt', false],
    ]
    for (const [spec, operation, isSupported] of tries) {
      const KeyId = keyId(await kms.ok('CreateKey', spec))
      const answer = await kms.fails('CreateGrant', {
        KeyId,
        GranteePrincipal: NOBODY.principal,
        Operations: [operation],
      })
      expect([operation, answer.split(':')[0]]).toEqual([operation, isSupported ? 'succeeded' : 'ValidationException'])
    }
  })

  test('no more than the quota', async () => {
    const { kms, KeyId } = await granted({}, { quotas: { grantsPerKey: 1 } })
    expect(
      await kms.fails('CreateGrant', { KeyId, GranteePrincipal: NAMED.principal, Operations: ['Decrypt'] }),
    ).toMatch(/^LimitExceededException/)
  })

  test('a dry run makes none', async () => {
    const { kms, KeyId } = await granted()
    const input = { KeyId, GranteePrincipal: NAMED.principal, Operations: ['Decrypt'], DryRun: true }
    expect(await kms.fails('CreateGrant', input)).toMatch(/^DryRunOperationException/)
    expect((await kms.ok('ListGrants', { KeyId })).Grants).toHaveLength(1)
  })
})

describe('constraints (F3)', () => {
  test('of the whole encryption context, and of a part of it', async () => {
    const equals = await granted({ Constraints: { EncryptionContextEquals: { tenant: 'a' } } })
    const subset = await granted({ Constraints: { EncryptionContextSubset: { tenant: 'a' } } })
    const tries: readonly (readonly [Record<string, string> | undefined, boolean, boolean])[] = [
      [{ tenant: 'a' }, true, true],
      [{ tenant: 'a', more: 'b' }, false, true],
      [{ TENANT: 'a' }, true, true],
      [{ tenant: 'A' }, false, false],
      [undefined, false, false],
    ]
    for (const [EncryptionContext, byEquals, bySubset] of tries) {
      for (const [{ kms, KeyId }, isAllowed] of [
        [equals, byEquals],
        [subset, bySubset],
      ] as const) {
        const answer = await kms.fails('Encrypt', { KeyId, Plaintext: PLAINTEXT, EncryptionContext }, NOBODY)
        expect([EncryptionContext, answer.split(':')[0]]).toEqual([
          EncryptionContext,
          isAllowed ? 'succeeded' : 'AccessDeniedException',
        ])
      }
    }
  })
})

describe('a grant to make grants (F5)', () => {
  test('makes lesser ones and no greater ones', async () => {
    const { kms, KeyId } = await granted({ Operations: ['Decrypt', 'CreateGrant'] })
    const child = { KeyId, GranteePrincipal: NAMED.principal }
    await kms.ok('CreateGrant', { ...child, Operations: ['Decrypt'] }, NOBODY)
    expect(await kms.fails('CreateGrant', { ...child, Operations: ['Encrypt'] }, NOBODY)).toMatch(/^AccessDenied/)
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT })
    await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! }, NAMED)
  })
})

describe('listing', () => {
  test('shows a grant as it was made', async () => {
    const { kms, KeyId, arn, GrantId } = await granted({
      Name: 'backup',
      RetiringPrincipal: ADMIN.principal,
      Constraints: { EncryptionContextEquals: { a: 'b' } },
    })
    expect(await kms.ok('ListGrants', { KeyId })).toEqual({
      Grants: [
        {
          KeyId: arn,
          GrantId,
          Name: 'backup',
          CreationDate: new Date(kms.clock.nowMs),
          GranteePrincipal: NOBODY.principal,
          RetiringPrincipal: ADMIN.principal,
          IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
          Operations: ['Decrypt', 'Encrypt'],
          Constraints: { EncryptionContextEquals: { a: 'b' } },
        },
      ],
      Truncated: false,
    })
  })

  test('filters by id and by grantee', async () => {
    const { kms, KeyId, GrantId } = await granted()
    await kms.ok('CreateGrant', { KeyId, GranteePrincipal: NAMED.principal, Operations: ['Decrypt'] })
    const ids = async (filter: Partial<KmsInputs['ListGrants']>) =>
      (await kms.ok('ListGrants', { KeyId, ...filter })).Grants?.map((grant) => grant.GrantId)
    expect(await ids({ GranteePrincipal: NOBODY.principal })).toEqual([GrantId])
    expect(await ids({ GrantId })).toEqual([GrantId])
    expect(await ids({ GrantId, GranteePrincipal: NAMED.principal })).toEqual([])
    expect(await kms.fails('ListGrants', { KeyId, GrantId: '0'.repeat(64) })).toMatch(/^NotFoundException/)
    expect(await kms.fails('ListGrants', { KeyId, GrantId: 'nonsense' })).toMatch(/^InvalidGrantIdException/)
    expect(await kms.fails('ListGrants', { KeyId, GranteeServicePrincipal: 's3.amazonaws.com' })).toMatch(
      /^ValidationException/,
    )
  })

  test('in pages', async () => {
    const { kms, KeyId } = await granted()
    for (let index = 0; index < 6; index++) {
      await kms.ok('CreateGrant', { KeyId, GranteePrincipal: NOBODY.principal, Operations: ['Decrypt'] })
    }
    const first = await kms.ok('ListGrants', { KeyId, Limit: 5 })
    const second = await kms.ok('ListGrants', { KeyId, Limit: 5, Marker: first.NextMarker! })
    expect([first.Grants?.length, first.Truncated, second.Grants?.length, second.Truncated]).toEqual([
      5,
      true,
      2,
      false,
    ])
  })

  test('of what a principal may retire, in its own account, on keys of any account', async () => {
    const { kms, GrantId } = await granted({ RetiringPrincipal: STRANGER.principal })
    const list = (caller = STRANGER, RetiringPrincipal = STRANGER.principal) =>
      kms.ok('ListRetirableGrants', { RetiringPrincipal }, caller)
    expect((await list()).Grants?.map((grant) => grant.GrantId)).toEqual([GrantId])
    expect((await list(ADMIN, ADMIN.principal)).Grants).toEqual([])
    expect(await kms.fails('ListRetirableGrants', { RetiringPrincipal: STRANGER.principal })).toMatch(
      /^ValidationException/,
    )
    expect(await kms.fails('ListRetirableGrants', {})).toMatch(/^ValidationException/)
  })
})

describe('ending', () => {
  test('by RevokeGrant, at once', async () => {
    const { kms, KeyId, GrantId, arn } = await granted()
    await kms.ok('Encrypt', { KeyId, Plaintext: PLAINTEXT }, NOBODY)
    await kms.ok('RevokeGrant', { KeyId, GrantId })
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: PLAINTEXT }, NOBODY)).toMatch(/^AccessDenied/)
    expect(await kms.fails('RevokeGrant', { KeyId, GrantId })).toMatch(/^NotFoundException/)
    expect(kms.records.find(({ eventName }) => eventName === 'RevokeGrant')?.responseElements).toEqual({ keyId: arn })
  })

  test('by RetireGrant of the retiring principal, by token or by key and id', async () => {
    const byToken = await granted({ RetiringPrincipal: NAMED.principal })
    await byToken.kms.ok('RetireGrant', { GrantToken: byToken.GrantToken }, NAMED)
    expect((await byToken.kms.ok('ListGrants', { KeyId: byToken.KeyId })).Grants).toEqual([])
    const byId = await granted({ RetiringPrincipal: NAMED.principal })
    await byId.kms.ok('RetireGrant', { KeyId: byId.arn, GrantId: byId.GrantId }, NAMED)
    expect((await byId.kms.ok('ListGrants', { KeyId: byId.KeyId })).Grants).toEqual([])
    const record = byId.kms.records.find(({ eventName }) => eventName === 'RetireGrant')
    expect(record?.additionalEventData).toEqual({ grantId: byId.GrantId })
  })

  // F7: a token makes a new grant usable at once for grant operations and RetireGrant.
  test('by its token before it has spread, and not by its id', async () => {
    const { kms, KeyId, GrantId, GrantToken } = await granted({ RetiringPrincipal: NAMED.principal }, TOKEN_LATER)
    expect(await kms.fails('RetireGrant', { KeyId, GrantId }, NAMED)).toMatch(/^AccessDenied/)
    expect(await kms.fails('RetireGrant', { GrantToken }, NOBODY)).toMatch(/^AccessDenied/)
    expect(await kms.fails('RetireGrant', { GrantToken }, NAMED)).toBe('succeeded')
  })

  test('by the grantee, where the grant says so', async () => {
    const may = await granted({ Operations: ['Decrypt', 'RetireGrant'] })
    await may.kms.ok('RetireGrant', { GrantToken: may.GrantToken }, NOBODY)
    const mayNot = await granted({ Operations: ['Decrypt'] })
    expect(await mayNot.kms.fails('RetireGrant', { GrantToken: mayNot.GrantToken }, NOBODY)).toMatch(/^AccessDenied/)
  })

  test('needs the token, or the key and the id, and not both', async () => {
    const { kms, KeyId, GrantId, GrantToken } = await granted()
    for (const input of [{}, { KeyId }, { GrantId }, { KeyId, GrantToken }, { GrantToken, GrantId }]) {
      expect(await kms.fails('RetireGrant', input)).toMatch(/^ValidationException/)
    }
    expect(await kms.fails('RetireGrant', { GrantToken: 'bm9uZQ==' })).toMatch(/^InvalidGrantTokenException/)
  })
})

test('a grant reaches across accounts without any other policy (F2)', async () => {
  const { kms, arn } = await granted({ GranteePrincipal: `arn:aws:iam::${OTHER_ACCOUNT}:user/plain` })
  const plain = { principal: `arn:aws:iam::${OTHER_ACCOUNT}:user/plain` }
  kms.kms.identities.putPrincipal({ arn: plain.principal })
  await kms.ok('Encrypt', { KeyId: arn, Plaintext: PLAINTEXT }, plain)
  const [own, theirs] = kms.records.slice(-2)
  expect([own?.recipientAccountId, theirs?.recipientAccountId]).toEqual([OTHER_ACCOUNT, ACCOUNT])
  expect(own?.sharedEventID).toBe(theirs?.sharedEventID)
  expect(own?.awsRegion).toBe(REGION)
})
