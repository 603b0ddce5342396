/**
 * How each operation may be told its key, in its own account and from another.
 *
 * Source: KMS Developer Guide, "Key identifiers (KeyId)", "Allowing users in other accounts to use a KMS key"; KMS API
 * Reference, the "Cross-account use" of every operation; kms-behaviour 3.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import { ACCOUNT, ADMIN, OTHER_ACCOUNT, REGION, STRANGER, testKms, type TestKms } from '../test-kms.js'
import { CALLS_WITH_KEY, callOf, fresh, makeKey, OTHER_REGION, type KeyKind } from './calls.js'
import { ELSEWHERE } from './situations.js'

/** Operations that take all four forms; of all others with a key, ids and key ARNs name it. */
const FOUR_FORMS: readonly OperationName[] = [
  'Encrypt',
  'Decrypt',
  'ReEncrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'Sign',
  'Verify',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
  'DescribeKey',
  'GetPublicKey',
]

/** From another account; everything else is for one's own keys. */
const CROSS_ACCOUNT: readonly OperationName[] = [
  ...FOUR_FORMS,
  'GetKeyRotationStatus',
  'CreateGrant',
  'ListGrants',
  'RevokeGrant',
  'RetireGrant',
]

const MEMBERS: Partial<Readonly<Record<OperationName, readonly string[]>>> = {
  ReEncrypt: ['SourceKeyId', 'DestinationKeyId'],
  CreateAlias: ['TargetKeyId'],
  UpdateAlias: ['TargetKeyId'],
  // Names an alias and no key.
  DeleteAlias: [],
}

function membersOf(name: OperationName): readonly string[] {
  return MEMBERS[name] ?? ['KeyId']
}

/** Keys without imported material are cheap, and are found all the same. */
function kindOf(kind: KeyKind | undefined): KeyKind {
  return kind === undefined || kind === 'external' ? 'symmetric' : kind
}

let t: TestKms
beforeAll(async () => {
  t = await testKms()
})
afterAll(() => t.kms.close())

/** What is answered once the key was found, by operations that this key is not for. */
const FOUND =
  /^(?:succeeded$|UnsupportedOperationException: \S+ origin is AWS_KMS|KMSInvalidStateException: \S+ is not)/

async function call(name: OperationName, member: string, keyName: (arn: string) => string | Promise<string>) {
  const { key, input } = callOf(name)
  const arn = await makeKey(t, kindOf(key))
  const given = key === 'external' ? EXTERNAL[name] : await input({ t, arn, owner: ADMIN, donor: arn, caller: ADMIN })
  return t.fails(name, { ...given, [member]: await keyName(arn) })
}

const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
const BYTES = Buffer.from('no material')
const EXTERNAL: Partial<Record<OperationName, object>> = {
  GetParametersForImport: WRAPPING,
  ImportKeyMaterial: { ImportToken: BYTES, EncryptedKeyMaterial: BYTES },
  DeleteImportedKeyMaterial: {},
}

const idOf = (arn: string): string => arn.slice(arn.indexOf('/') + 1)

async function aliasOf(arn: string): Promise<string> {
  const AliasName = fresh('alias/named')
  await t.ok('CreateAlias', { AliasName, TargetKeyId: arn })
  return AliasName
}

const aliasArn = (alias: string): string => `arn:aws:kms:${REGION}:${ACCOUNT}:${alias}`

/** KMS says the Region of the ARN and no more. */
const NOT_HERE = new RegExp(`^NotFoundException: Invalid arn ${OTHER_REGION}$`)

for (const { name } of CALLS_WITH_KEY) {
  for (const member of membersOf(name)) {
    describe(`${name} ${member}`, () => {
      const takesAlias = FOUR_FORMS.includes(name)

      test('takes the id and the ARN of a key', async () => {
        expect(await call(name, member, idOf)).toMatch(FOUND)
        expect(await call(name, member, (arn) => arn)).toMatch(FOUND)
      })

      test(takesAlias ? 'takes the name and the ARN of an alias' : 'takes no alias', async () => {
        const byName = await call(name, member, aliasOf)
        const byArn = await call(name, member, async (arn) => aliasArn(await aliasOf(arn)))
        if (takesAlias) {
          expect([byName, byArn]).toEqual(['succeeded', 'succeeded'])
        } else {
          expect(byName).toMatch(/^NotFoundException: Invalid keyId 'alias/)
          expect(byArn).toBe('InvalidArnException: Key Aliases are not supported for this operation.')
        }
      })

      const ABSENT: readonly (readonly [string, (arn: string) => string, RegExp])[] = [
        ['an id that no key has', () => 'ffffffff-0000-4000-8000-000000000000', /^NotFoundException: Key 'arn:aws:kms/],
        [
          'the ARN of a key that is not there',
          (arn) => `${arn}0`,
          /^NotFoundException: Key 'arn:aws:kms:.*0' does not/,
        ],
        ['the ARN of another Region', (arn) => arn.replace(REGION, OTHER_REGION), NOT_HERE],
        ['the id in another account', (arn) => arn.replace(ACCOUNT, OTHER_ACCOUNT), /^NotFoundException: Key 'arn:aws/],
        ['an ARN of something else', () => `arn:aws:s3:::bucket`, /^InvalidArnException: Invalid arn/],
        ['what is no id', () => 'a key', /^NotFoundException: Invalid keyId 'a key'/],
        ['a UUID without its dashes', () => '0'.repeat(32), /^NotFoundException: Invalid keyId '0{32}'$/],
        ['less than a multi-Region id', () => 'mrk-1234', /^NotFoundException: Invalid keyId 'mrk-1234'$/],
        ['an empty text', () => '', /^ValidationException: 1 validation error detected/],
      ]
      for (const [what, keyName, answer] of ABSENT) {
        test(`finds nothing by ${what}`, async () => {
          expect(await call(name, member, keyName)).toMatch(answer)
        })
      }

      test('finds nothing by an alias that is not there', async () => {
        const none = takesAlias ? /^NotFoundException: Alias arn:aws:kms.* is not found/ : /^NotFoundException: Invalid/
        expect(await call(name, member, () => 'alias/none')).toMatch(none)
        const elsewhere = (): string => aliasArn('alias/none').replace(REGION, OTHER_REGION)
        expect(await call(name, member, elsewhere)).toMatch(takesAlias ? NOT_HERE : /^InvalidArnException/)
      })
    })
  }
}

describe('from another account', () => {
  const SHARED = JSON.stringify({
    Version: '2012-10-17',
    Statement: [ACCOUNT, OTHER_ACCOUNT].map((account) => ({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    })),
  })

  for (const { name, key, input } of CALLS_WITH_KEY) {
    const isAllowed = CROSS_ACCOUNT.includes(name)
    test(`${name} ${isAllowed ? 'reaches' : 'does not reach'} a key`, async () => {
      const arn = await makeKey(t, kindOf(key), { Policy: SHARED })
      const alias = await aliasOf(arn)
      const given =
        key === 'external'
          ? { ...EXTERNAL[name], KeyId: arn }
          : await input({ t, arn, owner: ADMIN, donor: arn, caller: STRANGER })
      const members = membersOf(name)
      const by = (text: string): object => ({ ...given, ...Object.fromEntries(members.map((one) => [one, text])) })
      const before = t.records.length
      if (!isAllowed) {
        const answer = await t.fails(name, by(arn), STRANGER)
        // Aliases are looked for in the account of the caller.
        const isAliasOnly = name === 'DeleteAlias' || name === 'UpdateAlias' || name === 'ListAliases'
        expect(answer).toMatch(isAliasOnly ? /^NotFoundException/ : /^AccessDeniedException/)
        const told = t.records.slice(before).map(({ recipientAccountId }) => recipientAccountId)
        expect(told, 'a denial is told to the account of the caller alone').toEqual([OTHER_ACCOUNT])
        return
      }
      if (FOUR_FORMS.includes(name)) {
        expect(await t.fails(name, by(aliasArn(alias)), STRANGER)).toBe('succeeded')
        expect(await t.fails(name, by(alias), STRANGER)).toMatch(/^NotFoundException: Alias arn:aws:kms.* is not found/)
      }
      // A bare id is looked up at home, save where a ciphertext names the same key.
      const bare = name === 'Decrypt' ? 'succeeded' : /^NotFoundException: /
      expect(await t.fails(name, by(idOf(arn)), STRANGER)).toMatch(bare)
      const from = t.records.length
      expect(await t.fails(name, by(arn), STRANGER)).toBe('succeeded')
      const records = t.records.slice(from)
      expect(records.map(({ recipientAccountId }) => recipientAccountId)).toEqual([OTHER_ACCOUNT, ACCOUNT])
      const [own, copy] = records
      expect(copy?.sharedEventID).toBe(own?.sharedEventID)
      expect(own?.sharedEventID).toMatch(/^[0-9a-f-]{36}$/)
    })
  }

  test('ReEncrypt takes the bare id of a foreign source, which its ciphertext names as well', async () => {
    const arn = await makeKey(t, 'symmetric', { Policy: SHARED })
    const input = await callOf('ReEncrypt').input({ t, arn, owner: ADMIN, donor: arn, caller: STRANGER })
    expect(await t.fails('ReEncrypt', { ...input, SourceKeyId: idOf(arn) }, STRANGER)).toBe('succeeded')
    expect(await t.fails('ReEncrypt', { ...input, DestinationKeyId: idOf(arn) }, STRANGER)).toMatch(/^NotFound/)
  })
})

test('Decrypt and the source of ReEncrypt need no key where the ciphertext is symmetric', async () => {
  const arn = await makeKey(t, 'symmetric')
  const input = { t, arn, owner: ADMIN, donor: arn, caller: ADMIN }
  const decrypt = { ...(await callOf('Decrypt').input(input)), KeyId: undefined }
  expect((await t.ok('Decrypt', decrypt as never)).KeyId).toBe(arn)
  const reEncrypt = { ...(await callOf('ReEncrypt').input(input)), SourceKeyId: undefined }
  expect((await t.ok('ReEncrypt', reEncrypt as never)).SourceKeyId).toBe(arn)
  const other = await makeKey(t, 'symmetric')
  const wrong =
    'IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.'
  expect(await t.fails('Decrypt', { ...decrypt, KeyId: other })).toBe(wrong)
  expect(await t.fails('ReEncrypt', { ...reEncrypt, SourceKeyId: other })).toBe(wrong)
})

test('asymmetric Decrypt needs its key, and says so as validation does', async () => {
  const input = { CiphertextBlob: BYTES, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
  expect(await t.fails('Decrypt', input)).toMatch(
    /^ValidationException: 1 validation error detected: Value null at 'keyId'/,
  )
})

test('a related key of another Region opens what was sealed under the same id', async () => {
  const arn = await makeKey(t, 'multiRegion')
  const input = await callOf('Decrypt').input({ t, arn, owner: ADMIN, donor: arn, caller: ADMIN })
  await t.ok('ReplicateKey', { KeyId: arn, ReplicaRegion: OTHER_REGION })
  const there = arn.replace(REGION, OTHER_REGION)
  expect(await t.fails('Decrypt', { ...input, KeyId: undefined }, ELSEWHERE)).toBe('succeeded')
  expect(await t.fails('Decrypt', { ...input, KeyId: there }, ELSEWHERE)).toBe('succeeded')
  expect(await t.fails('Decrypt', { ...input, KeyId: there })).toMatch(/^NotFoundException/)
})

/** kms-behaviour 3: what an answer calls the key by. */
test('answers name keys by their ARN, and lists and metadata by their id', async () => {
  const arn = await makeKey(t, 'symmetric')
  const KeyId = idOf(arn)
  const alias = await aliasOf(arn)
  for (const [name, input] of [
    ['Encrypt', { KeyId: alias, Plaintext: BYTES }],
    ['GenerateDataKey', { KeyId: alias, KeySpec: 'AES_256' }],
    ['ScheduleKeyDeletion', { KeyId }],
    ['CancelKeyDeletion', { KeyId }],
  ] as const) {
    expect(await t.ok(name, input as never), name).toMatchObject({ KeyId: arn })
  }
  expect((await t.ok('DescribeKey', { KeyId: alias })).KeyMetadata).toMatchObject({ KeyId, Arn: arn })
  const entries = (await t.ok('ListAliases', { KeyId })).Aliases
  expect(entries).toMatchObject([{ AliasName: alias, AliasArn: aliasArn(alias), TargetKeyId: KeyId }])
})
