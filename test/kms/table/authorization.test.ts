/**
 * Who may call each operation: nobody by default; by the key policy alone; by delegation together with IAM; by a grant
 * where there is one for it. Each call leaves exactly its record, from which the same decision can be made again.
 *
 * Source: KMS Developer Guide, "Default key policy", "Grants in AWS KMS", "Logging AWS KMS API calls with AWS CloudTrail";
 * facts D1 to D6, F2, G1, G4; kms-behaviour 3, 4, 10, 11, 15.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_OPERATIONS, ENUMS, type OperationName } from '../../../src/aws/operations.js'
import { createAuthorizer, type Authorizer } from '../../../src/explain/authorizer.js'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { GrantOperation } from '../../../src/kms/shapes.js'
import { questionOfRecord } from '../../../src/source/asked/cloudtrail.js'
import { ACCOUNT, ADMIN, policyOf, REGION, testKms, type TestKms } from '../test-kms.js'
import {
  CALLS_ALONE,
  CALLS_WITH_KEY,
  fresh,
  importMaterial,
  makeKey,
  OTHER_REGION,
  type KeyKind,
  type OperationCall,
} from './calls.js'

const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const ALIASES: readonly OperationName[] = ['CreateAlias', 'UpdateAlias', 'DeleteAlias']

const authorizer = createAuthorizer({ uncomparable: 'deny' })
let t: TestKms
beforeAll(async () => {
  t = await testKms({ authorizer })
})
afterAll(() => t.kms.close())

/** A user that nobody has given anything. */
function somebody(allowed: readonly string[] = []): KmsCaller {
  const arn = `arn:aws:iam::${ACCOUNT}:user/${fresh('somebody')}`
  const Statement = [{ Effect: 'Allow', Action: allowed, Resource: '*' }]
  const policies = allowed.length === 0 ? [] : [policyOf('identity', { Version: '2012-10-17', Statement })]
  t.kms.identities.putPrincipal({ arn, policies })
  return { principal: arn, sourceIp: '203.0.113.77' }
}

function keyPolicy(...allowed: readonly (readonly [principal: string, actions: readonly string[]])[]): string {
  const everyone = [[ADMIN.principal, ['kms:*']] as const, ...allowed]
  const Statement = everyone.map(([AWS, Action]) => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' }))
  return JSON.stringify({ Version: '2012-10-17', Statement })
}

/** A key that can be used; of origin EXTERNAL with its material, where that is not what the call brings. */
async function usableKey({ name, key }: OperationCall, Policy?: string): Promise<string> {
  if (key === undefined) return ''
  const arn = await makeKey(t, key, Policy === undefined ? {} : { Policy })
  if (name === 'DeleteImportedKeyMaterial') await importMaterial(t, arn)
  if (name === 'CancelKeyDeletion') await t.ok('ScheduleKeyDeletion', { KeyId: arn })
  return arn
}

interface Made {
  readonly answer: string
  readonly records: readonly AuditRecord[]
  readonly input: object
  /** The world right before the call: the call itself may change it. */
  readonly world: Authorizer
}

async function make(call: OperationCall, arn: string, caller: KmsCaller, retirer = caller): Promise<Made> {
  const input = await call.input({ t, arn, owner: ADMIN, donor: arn, caller: retirer })
  return makeWith(call.name, input, arn, caller)
}

async function makeWith(name: OperationName, input: object, arn: string, caller: KmsCaller): Promise<Made> {
  // What was prepared stands in the graph once the key is used again.
  if (arn !== '') await t.ok('DescribeKey', { KeyId: arn })
  if (name === 'UpdatePrimaryRegion') {
    await t.ok('DescribeKey', { KeyId: arn.replace(REGION, OTHER_REGION) }, { ...ADMIN, region: OTHER_REGION })
  }
  const world = authorizer.fork()
  const before = t.records.length
  const answer = await t.fails(name, input, caller)
  return { answer, records: t.records.slice(before), input, world }
}

// -------------------------------------------------------------------------------------------------------------- records

/** Members that no record shows. */
const NEVER_SHOWN: ReadonlySet<string> = new Set([
  'Plaintext',
  'CiphertextBlob',
  'Message',
  'Signature',
  'Mac',
  'GrantTokens',
  'GrantToken',
  'Recipient',
  'PublicKey',
  'ImportToken',
  'EncryptedKeyMaterial',
  'SharedSecretCiphertextBlob',
])

/** What stands in a record although the request leaves it out. */
const FILLED_IN: Partial<Readonly<Record<OperationName, object>>> = {
  Encrypt: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  Decrypt: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  ReEncrypt: {
    sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  },
  Sign: { messageType: 'RAW' },
  Verify: { messageType: 'RAW' },
}

const EVERY_RECORD = [
  'awsRegion',
  'eventCategory',
  'eventID',
  'eventName',
  'eventSource',
  'eventTime',
  'eventType',
  'eventVersion',
  'managementEvent',
  'readOnly',
  'recipientAccountId',
  'requestID',
  'requestParameters',
  'responseElements',
  'sourceIPAddress',
  'userAgent',
  'userIdentity',
]

function parametersOf(name: OperationName, input: object): object | null {
  const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
  const inRecord = (value: unknown, isMap: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => inRecord(item, false))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([one, inner]: [string, unknown]) => [
        isMap ? one : small(one),
        inRecord(inner, false),
      ]),
    )
  }
  const shown = Object.entries(input)
    .filter(([member]) => !NEVER_SHOWN.has(member))
    .map(([member, value]: [string, unknown]) => [small(member), inRecord(value, member.endsWith('EncryptionContext'))])
  const parameters = { ...FILLED_IN[name], ...(Object.fromEntries(shown) as object) }
  return Object.keys(parameters).length === 0 ? null : parameters
}

function keysOf(call: OperationCall, arn: string): readonly string[] {
  switch (call.name) {
    case 'ReEncrypt':
      return [arn, arn]
    case 'UpdateAlias':
      return [expect.stringMatching(/^arn:aws:kms:us-east-1:/) as string, arn]
    case 'UpdatePrimaryRegion':
      return [arn, arn.replace(REGION, OTHER_REGION)]
    case 'ListAliases':
      // Names a key, and reaches none.
      return []
    default:
      return call.key === undefined ? [] : [arn]
  }
}

function expectRecord(call: OperationCall, { answer, records, input }: Made, arn: string, caller: KmsCaller): void {
  const { name } = call
  const [record, ...more] = records
  if (record === undefined) throw new Error(`${name} has left no record`)
  const isDenied = answer !== 'succeeded'
  // Two operations have a second event in the other Region.
  const isInTwoRegions = !isDenied && (name === 'ReplicateKey' || name === 'UpdatePrimaryRegion')
  const further = isInTwoRegions
    ? [name === 'ReplicateKey' ? 'CreateKey' : name]
    : name === 'RotateKeyOnDemand' && !isDenied
      ? ['RotateKey']
      : []
  expect(more.map(({ eventName }) => eventName)).toEqual(further)
  expect(record).toMatchObject({
    eventSource: 'kms.amazonaws.com',
    eventName: name,
    awsRegion: REGION,
    eventTime: '2026-01-15T10:00:00Z',
    sourceIPAddress: caller.sourceIp,
    userIdentity: { type: 'IAMUser', arn: caller.principal, accountId: ACCOUNT },
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
    readOnly: !call.changes,
  })
  expect(record.requestParameters, name).toEqual(parametersOf(name, input))
  const arns = name === 'CreateKey' && !isDenied ? [expect.any(String) as string] : keysOf(call, arn)
  const resources = arns.map((ARN) => ({ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN }))
  expect(record.resources).toEqual(resources.length === 0 ? undefined : resources)
  const optional = new Set(['resources', 'additionalEventData', 'errorCode', 'errorMessage', 'keyward'])
  expect(
    Object.keys(record)
      .filter((member) => !optional.has(member))
      .toSorted(),
  ).toEqual(EVERY_RECORD)
  if (isDenied) {
    expect(record).toMatchObject({ errorCode: 'AccessDenied', errorMessage: answer.slice(answer.indexOf(': ') + 2) })
    expect(record.keyward).toMatchObject({ denied: { mode: 'enforce' } })
    expect([record.responseElements, record.additionalEventData]).toEqual([null, undefined])
    return
  }
  expect([record.errorCode, record.errorMessage, record.keyward]).toEqual([undefined, undefined, undefined])
  if (!call.changes) expect(record.responseElements).toBeNull()
  else if (call.key !== undefined && name !== 'ReplicateKey')
    expect(record.responseElements).toMatchObject({ keyId: arn })
  if (name === 'RetireGrant') expect(record.additionalEventData).toHaveProperty('grantId')
}

/** `keyward why` on the record, in the world as it was: what was decided is decided again. */
function expectReplay({ answer, records, world }: Made): void {
  const [record] = records
  const asked = questionOfRecord(JSON.parse(JSON.stringify(record)), { name: 'audit', line: 1 })
  if (!asked.ok) throw new Error(asked.error.message)
  expect(asked.value.incomplete.map((one) => JSON.stringify(one))).toEqual([])
  expect(asked.value.checks.length).toBeGreaterThan(0)
  const decisions = asked.value.checks.map((check) => world.authorize(check).decision)
  expect(decisions.every((decision) => decision === 'allow')).toBe(answer === 'succeeded')
}

function expectAll(call: OperationCall, made: Made, arn: string, caller: KmsCaller): void {
  expectRecord(call, made, arn, caller)
  expectReplay(made)
}

// ---------------------------------------------------------------------------------------------------------------- tests

const BY_IDENTITY_ALONE: readonly OperationName[] = ['ListAliases', ...CALLS_ALONE.map(({ name }) => name)]

for (const call of [...CALLS_WITH_KEY, ...CALLS_ALONE]) {
  const { name, actions, grants } = call

  describe(name, () => {
    test('is refused without a permission', async () => {
      const arn = await usableKey(call)
      const caller = somebody()
      const retirer = name === 'ListRetirableGrants' ? caller : ADMIN
      const made = await make(call, arn, caller, retirer)
      expect(made.answer).toMatch(
        new RegExp(
          `^AccessDeniedException: User: ${caller.principal} is not authorized to perform: ${actions[0]!} on `,
        ),
      )
      expectAll(call, made, arn, caller)
      expect(t.denied.at(-1)).toMatchObject({ operation: name, isRefused: true, caller })
    })

    test('by the key policy alone', async () => {
      const caller = somebody()
      const arn = await usableKey(call, keyPolicy([caller.principal, ['kms:*']]))
      if (name === 'UpdatePrimaryRegion') {
        // The replica has a policy of its own, and asks it.
        const made = await make(call, arn, caller, ADMIN)
        expect(made.answer).toMatch(/not authorized to perform: kms:UpdatePrimaryRegion on resource: \S+:eu-west-1:/)
        expectAll(call, made, arn, caller)
        const there = { KeyId: arn.replace(REGION, OTHER_REGION), Policy: keyPolicy([caller.principal, ['kms:*']]) }
        await t.ok('PutKeyPolicy', there, { ...ADMIN, region: OTHER_REGION })
        const again = await makeWith(name, made.input, arn, caller)
        expect(again.answer).toBe('succeeded')
        expectAll(call, again, arn, caller)
        return
      }
      const made = await make(call, arn, caller, name === 'ListRetirableGrants' ? caller : ADMIN)
      const needsIdentity = BY_IDENTITY_ALONE.includes(name) || ALIASES.includes(name) || name === 'ReplicateKey'
      // In a key policy, nothing said of RetireGrant has any effect.
      expect(made.answer === 'succeeded').toBe(!needsIdentity && name !== 'RetireGrant')
      expectAll(call, made, arn, caller)
    })

    test('by delegation together with IAM, and for nothing else', async () => {
      const caller = somebody(actions)
      const arn = await usableKey(call, keyPolicy([ROOT, ['kms:*']]))
      const made = await make(call, arn, caller, name === 'ListRetirableGrants' ? caller : ADMIN)
      expect(made.answer).toBe('succeeded')
      expectAll(call, made, arn, caller)
      const other = name === 'GetKeyPolicy' ? 'ListKeyPolicies' : 'GetKeyPolicy'
      if (arn !== '') expect(await t.fails(other, { KeyId: arn }, caller)).toMatch(/^AccessDeniedException/)
    })

    test('by IAM without delegation', async () => {
      const caller = somebody(actions)
      const arn = await usableKey(call, keyPolicy())
      const made = await make(call, arn, caller, name === 'ListRetirableGrants' ? caller : ADMIN)
      const isEnough = BY_IDENTITY_ALONE.includes(name) || name === 'RetireGrant'
      expect(made.answer === 'succeeded').toBe(isEnough)
      expectAll(call, made, arn, caller)
    })

    test('an explicit Deny wins', async () => {
      if (call.key === undefined) return
      const caller = somebody(actions)
      const Statement = [
        { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
        { Effect: 'Deny', Principal: { AWS: caller.principal }, Action: actions, Resource: '*' },
      ]
      const arn = await usableKey(call)
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      const isPending = name === 'CancelKeyDeletion'
      if (!isPending) await t.ok('PutKeyPolicy', { KeyId: arn, Policy })
      const made = await make(call, arn, caller, ADMIN)
      // Key policies say nothing of aliases listed and grants retired.
      const isDenied = !isPending && name !== 'ListAliases' && name !== 'RetireGrant'
      expect(made.answer.startsWith('AccessDeniedException')).toBe(isDenied)
      if (isDenied) expect(made.answer).toMatch(/with an explicit deny in a resource-based policy$/)
      expectAll(call, made, arn, caller)
    })

    test(grants.length > 0 ? 'by a grant' : 'by no grant', async () => {
      if (call.key === undefined || name === 'RetireGrant') return
      const caller = somebody()
      const arn = await usableKey(call)
      const Operations = grants.length > 0 ? grants : GRANTABLE[call.key]
      const prepared = await call.input({ t, arn, owner: ADMIN, donor: arn, caller: ADMIN })
      // What waits for its deletion or its import cannot be granted.
      const isUsable = name !== 'CancelKeyDeletion' && (call.key !== 'external' || name === 'DeleteImportedKeyMaterial')
      if (isUsable) {
        await t.ok('CreateGrant', { KeyId: arn, GranteePrincipal: caller.principal, Operations })
      }
      const made = await makeWith(name, prepared, arn, caller)
      expect(made.answer === 'succeeded').toBe(grants.length > 0)
      expectAll(call, made, arn, caller)
    })
  })
}

const GRANTABLE: Readonly<Record<KeyKind, readonly GrantOperation[]>> = {
  symmetric: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'CreateGrant', 'RetireGrant', 'DescribeKey'],
  multiRegion: ['Encrypt', 'Decrypt', 'CreateGrant', 'RetireGrant', 'DescribeKey'],
  external: ['Encrypt', 'Decrypt', 'CreateGrant', 'RetireGrant', 'DescribeKey'],
  rsa: ['Encrypt', 'GetPublicKey'],
  signing: ['Sign', 'GetPublicKey'],
  mac: ['GenerateMac'],
  agreement: ['DeriveSharedSecret'],
  encapsulation: ['Encapsulate'],
}

describe('RetireGrant, which the grant decides', () => {
  const call = CALLS_WITH_KEY.find(({ name }) => name === 'RetireGrant')!

  async function granted(more: object): Promise<{ readonly arn: string; readonly input: object }> {
    const arn = await usableKey(call, keyPolicy())
    const base = { KeyId: arn, GranteePrincipal: somebody().principal, Operations: ['DescribeKey'] as const }
    const { GrantId, GrantToken } = await t.ok('CreateGrant', { ...base, ...more })
    return { arn, input: 'byToken' in more ? { GrantToken } : { KeyId: arn, GrantId } }
  }

  test('by its retiring principal, without any policy', async () => {
    const caller = somebody()
    const { arn, input } = await granted({ RetiringPrincipal: caller.principal })
    const made = await makeWith('RetireGrant', input, arn, caller)
    expect(made.answer).toBe('succeeded')
    expectAll(call, made, arn, caller)
  })

  test('by its grantee, where RetireGrant is granted', async () => {
    for (const Operations of [['RetireGrant'], ['DescribeKey']] as const) {
      const caller = somebody()
      const { arn, input } = await granted({ GranteePrincipal: caller.principal, Operations })
      const made = await makeWith('RetireGrant', input, arn, caller)
      expect(made.answer === 'succeeded').toBe(Operations[0] === 'RetireGrant')
      expectAll(call, made, arn, caller)
    }
  })
})

/** What is done with key stores is a matter of IAM; that it works is shown where there is a proxy. */
describe('operations on custom key stores', () => {
  const CustomKeyStoreId = 'cks-0123456789abcdef0'
  const calls = [
    ['CreateCustomKeyStore', { CustomKeyStoreName: 'mine', KeyStorePassword: 'password1' }],
    ['ConnectCustomKeyStore', { CustomKeyStoreId }],
    ['DisconnectCustomKeyStore', { CustomKeyStoreId }],
    ['UpdateCustomKeyStore', { CustomKeyStoreId, KeyStorePassword: 'password1' }],
    ['DeleteCustomKeyStore', { CustomKeyStoreId }],
  ] as const

  test('are all that is left, and whatever can be granted was granted', () => {
    const others = [...CALLS_WITH_KEY, ...CALLS_ALONE]
    const names = [...others.map(({ name }) => name), ...calls.map(([name]) => name)]
    expect(names.toSorted()).toEqual(Object.keys(API_OPERATIONS).toSorted())
    // RetireGrant has tests of its own: above all it is the grant that says who may retire it.
    const granted = new Set([...others.flatMap(({ grants }) => grants), 'RetireGrant'])
    expect([...granted].toSorted()).toEqual(ENUMS.GrantOperation.toSorted())
  })

  for (const [name, input] of calls) {
    test(name, async () => {
      const caller = somebody()
      const made = await makeWith(name, input, '', caller)
      expect(made.answer).toBe(
        `AccessDeniedException: User: ${caller.principal} is not authorized to perform: kms:${name} on resource: * ` +
          `because no identity-based policy allows the kms:${name} action`,
      )
      expectReplay(made)
      expect(JSON.stringify(made.records)).not.toContain('password1')
      expect(made.records).toMatchObject([{ eventName: name, readOnly: false, errorCode: 'AccessDenied' }])
      const allowed = await makeWith(name, input, '', somebody([`kms:${name}`]))
      expect(allowed.answer).toMatch(/^(?:CustomKeyStoreNotFound|CloudHsmClusterNotFound|Validation)Exception/)
      expect(JSON.stringify(allowed.records)).not.toContain('password1')
    })
  }
})
