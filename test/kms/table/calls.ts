/**
 * One call of every operation that would succeed on the key that it is given, for tables that go over all operations.
 *
 * A call is prepared before it is made: what it needs (a ciphertext, a grant, an alias) is there afterwards.
 */
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import type { OperationName } from '../../../src/aws/operations.js'
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { GrantOperation, KmsInputs } from '../../../src/kms/shapes.js'
import { NAMED, NOBODY, keyArnOf, type TestKms } from '../test-kms.js'

export type KeyKind =
  'symmetric' | 'rsa' | 'signing' | 'mac' | 'agreement' | 'encapsulation' | 'multiRegion' | 'external'

/** What a call is prepared with. */
export interface Preparation {
  readonly t: TestKms
  /** The key that the call is about. */
  readonly arn: string
  /** May do everything with it, in its Region. */
  readonly owner: KmsCaller
  /** Works now, in the first Region, and has the material of the key or is of its kind; the key itself in most tests. */
  readonly donor: string
  /** Who will call. */
  readonly caller: KmsCaller
}

export interface OperationCall<N extends OperationName = OperationName> {
  readonly name: N
  /** Undefined where no key takes part. */
  readonly key: KeyKind | undefined
  readonly input: (preparation: Preparation) => KmsInputs[N] | Promise<KmsInputs[N]>
  /** The permissions that it asks for; its own name where they are left out. */
  readonly actions: readonly string[]
  /** What a grant must name to permit all of them; empty where no grant does. */
  readonly grants: readonly GrantOperation[]
  readonly changes: boolean
}

const SPECS: Readonly<Record<KeyKind, KmsInputs['CreateKey']>> = {
  symmetric: {},
  rsa: { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  encapsulation: { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
  multiRegion: { MultiRegion: true },
  external: { Origin: 'EXTERNAL' },
}

export const OTHER_REGION = 'eu-west-1'
export const MESSAGE = Buffer.from('a message')
const CONTEXT = { department: 'IT' }
export const PEER = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
  type: 'spki',
  format: 'der',
})

let names = 0

/** A name that no test has used yet. */
export function fresh(what: string): string {
  return `${what}-${++names}`
}

export async function makeKey(
  t: TestKms,
  kind: KeyKind,
  more: KmsInputs['CreateKey'] = {},
  caller?: KmsCaller,
): Promise<string> {
  return keyArnOf(await t.ok('CreateKey', { ...SPECS[kind], ...more }, caller))
}

// ------------------------------------------------------------------------------------------------------------- import

export const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const

/** What the owner of the material sends. */
export async function importInput(
  t: TestKms,
  KeyId: string,
  material: Buffer,
  caller?: KmsCaller,
): Promise<KmsInputs['ImportKeyMaterial']> {
  const wanted = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const { PublicKey, ImportToken } = await t.ok('GetParametersForImport', wanted, caller)
  const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial: publicEncrypt(oaep, material), ...FOREVER }
}

/** Known, so that related keys may have it too. */
const MATERIAL = Buffer.alloc(32, 9)

export async function importMaterial(t: TestKms, KeyId: string, caller?: KmsCaller, material = MATERIAL) {
  await t.ok('ImportKeyMaterial', await importInput(t, KeyId, material, caller), caller)
}

// -------------------------------------------------------------------------------------------------------------- calls

/** A cryptographic operation, which may be granted. */
function crypto<N extends GrantOperation & OperationName>(
  name: N,
  key: KeyKind,
  input: OperationCall<N>['input'],
): OperationCall<N> {
  return { name, key, input, actions: [`kms:${name}`], grants: [name], changes: false }
}

function reads<N extends OperationName>(
  name: N,
  input: OperationCall<N>['input'],
  key: KeyKind = 'symmetric',
): OperationCall<N> {
  return { name, key, input, actions: [`kms:${name}`], grants: [], changes: false }
}

function changes<N extends OperationName>(
  name: N,
  input: OperationCall<N>['input'],
  more: Partial<OperationCall<N>> = {},
): OperationCall<N> {
  return { name, key: 'symmetric', input, actions: [`kms:${name}`], grants: [], changes: true, ...more }
}

/** No key takes part. */
function alone<N extends OperationName>(name: N, input: OperationCall<N>['input'], isChange = false): OperationCall<N> {
  return { name, key: undefined, input, actions: [`kms:${name}`], grants: [], changes: isChange }
}

async function sealed({ t, donor }: Preparation): Promise<Uint8Array> {
  const { CiphertextBlob } = await t.ok('Encrypt', { KeyId: donor, Plaintext: MESSAGE, EncryptionContext: CONTEXT })
  return CiphertextBlob!
}

/** A grant on the key that the caller may retire. */
async function granted({ t, arn, owner, caller }: Preparation): Promise<string> {
  const { GrantId } = await t.ok(
    'CreateGrant',
    {
      KeyId: arn,
      GranteePrincipal: NAMED.principal,
      RetiringPrincipal: caller.principal,
      Operations: ['DescribeKey'],
    },
    owner,
  )
  return GrantId!
}

async function named({ t, arn, owner }: Preparation): Promise<string> {
  const AliasName = fresh('alias/table')
  await t.ok('CreateAlias', { AliasName, TargetKeyId: arn }, owner)
  return AliasName
}

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: NAMED.principal }, Action: 'kms:*', Resource: '*' },
  ],
})

const KEY_CALLS = [
  crypto('Encrypt', 'symmetric', ({ arn: KeyId }) => ({ KeyId, Plaintext: MESSAGE, EncryptionContext: CONTEXT })),
  crypto('Decrypt', 'symmetric', async (p) => ({
    KeyId: p.arn,
    CiphertextBlob: await sealed(p),
    EncryptionContext: CONTEXT,
  })),
  {
    name: 'ReEncrypt',
    key: 'symmetric',
    actions: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    grants: ['ReEncryptFrom', 'ReEncryptTo'],
    changes: false,
    input: async (p: Preparation) => ({
      CiphertextBlob: await sealed(p),
      SourceEncryptionContext: CONTEXT,
      SourceKeyId: p.arn,
      DestinationKeyId: p.arn,
      DestinationEncryptionContext: { department: 'HR' },
    }),
  },
  crypto('GenerateDataKey', 'symmetric', ({ arn: KeyId }) => ({
    KeyId,
    KeySpec: 'AES_256',
    EncryptionContext: CONTEXT,
  })),
  crypto('GenerateDataKeyWithoutPlaintext', 'symmetric', ({ arn: KeyId }) => ({ KeyId, NumberOfBytes: 24 })),
  crypto('GenerateDataKeyPair', 'symmetric', ({ arn: KeyId }) => ({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  crypto('GenerateDataKeyPairWithoutPlaintext', 'symmetric', ({ arn: KeyId }) => ({
    KeyId,
    KeyPairSpec: 'ECC_NIST_EDWARDS25519',
  })),
  crypto('Sign', 'signing', ({ arn: KeyId }) => ({ KeyId, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })),
  crypto('Verify', 'signing', async ({ t, arn: KeyId, donor }) => {
    const signing = { Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' } as const
    const { Signature } = await t.ok('Sign', { KeyId: donor, ...signing })
    return { KeyId, ...signing, Signature: Signature! }
  }),
  crypto('GenerateMac', 'mac', ({ arn: KeyId }) => ({ KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })),
  crypto('VerifyMac', 'mac', async ({ t, arn: KeyId, donor }) => {
    const mac = { Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' } as const
    const { Mac } = await t.ok('GenerateMac', { KeyId: donor, ...mac })
    return { KeyId, ...mac, Mac: Mac! }
  }),
  crypto('DeriveSharedSecret', 'agreement', ({ arn: KeyId }) => ({
    KeyId,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: PEER,
  })),
  crypto('Encapsulate', 'encapsulation', ({ arn: KeyId }) => ({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })),
  crypto('Decapsulate', 'encapsulation', async ({ t, arn: KeyId, donor }) => {
    const EncapsulationAlgorithm = 'ML_KEM'
    const { SharedSecretCiphertextBlob } = await t.ok('Encapsulate', { KeyId: donor, EncapsulationAlgorithm })
    return { KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob: SharedSecretCiphertextBlob! }
  }),
  crypto('GetPublicKey', 'signing', ({ arn: KeyId }) => ({ KeyId })),
  crypto('DescribeKey', 'symmetric', ({ arn: KeyId }) => ({ KeyId })),
  {
    ...changes('CreateGrant', ({ arn: KeyId }) => ({
      KeyId,
      GranteePrincipal: NOBODY.principal,
      Operations: ['DescribeKey'],
    })),
    // A grant that lets a principal grant lets it grant no more than it says itself.
    grants: ['CreateGrant', 'DescribeKey'],
  },
  changes('RetireGrant', async (p) => ({ KeyId: p.arn, GrantId: await granted(p) })),
  changes('RevokeGrant', async (p) => ({ KeyId: p.arn, GrantId: await granted(p) })),
  reads('ListGrants', ({ arn: KeyId }) => ({ KeyId })),
  changes('CreateAlias', ({ arn: TargetKeyId }) => ({ AliasName: fresh('alias/table'), TargetKeyId })),
  changes('UpdateAlias', async (p) => {
    const { Policy } = await p.t.ok('GetKeyPolicy', { KeyId: p.arn }, p.owner)
    const current = await makeKey(p.t, 'symmetric', { Policy }, p.owner)
    return { AliasName: await named({ ...p, arn: current }), TargetKeyId: p.arn }
  }),
  changes('DeleteAlias', async (p) => ({ AliasName: await named(p) })),
  reads('ListAliases', ({ arn: KeyId }) => ({ KeyId })),
  changes('EnableKey', ({ arn: KeyId }) => ({ KeyId })),
  changes('DisableKey', ({ arn: KeyId }) => ({ KeyId })),
  changes('ScheduleKeyDeletion', ({ arn: KeyId }) => ({ KeyId, PendingWindowInDays: 7 })),
  changes('CancelKeyDeletion', ({ arn: KeyId }) => ({ KeyId })),
  reads('GetKeyPolicy', ({ arn: KeyId }) => ({ KeyId })),
  changes('PutKeyPolicy', ({ arn: KeyId }) => ({ KeyId, Policy: POLICY, BypassPolicyLockoutSafetyCheck: true })),
  reads('ListKeyPolicies', ({ arn: KeyId }) => ({ KeyId })),
  changes('UpdateKeyDescription', ({ arn: KeyId }) => ({ KeyId, Description: 'another' })),
  changes('TagResource', ({ arn: KeyId }) => ({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'blue' }] })),
  changes('UntagResource', ({ arn: KeyId }) => ({ KeyId, TagKeys: ['team'] })),
  reads('ListResourceTags', ({ arn: KeyId }) => ({ KeyId })),
  reads('GetKeyLastUsage', ({ arn: KeyId }) => ({ KeyId })),
  changes('EnableKeyRotation', ({ arn: KeyId }) => ({ KeyId, RotationPeriodInDays: 90 })),
  changes('DisableKeyRotation', ({ arn: KeyId }) => ({ KeyId })),
  reads('GetKeyRotationStatus', ({ arn: KeyId }) => ({ KeyId })),
  changes('RotateKeyOnDemand', ({ arn: KeyId }) => ({ KeyId })),
  reads('ListKeyRotations', ({ arn: KeyId }) => ({ KeyId })),
  reads(
    'GetParametersForImport',
    ({ arn: KeyId }) => ({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }),
    'external',
  ),
  changes(
    'ImportKeyMaterial',
    async ({ t, arn, owner }) => ({
      ...(await importInput(t, arn, randomBytes(32), owner)),
      ImportType: 'NEW_KEY_MATERIAL',
    }),
    { key: 'external' },
  ),
  changes('DeleteImportedKeyMaterial', ({ arn: KeyId }) => ({ KeyId }), { key: 'external' }),
  changes('ReplicateKey', ({ arn: KeyId }) => ({ KeyId, ReplicaRegion: OTHER_REGION }), {
    key: 'multiRegion',
    actions: ['kms:ReplicateKey', 'kms:CreateKey'],
  }),
  changes(
    'UpdatePrimaryRegion',
    async ({ t, arn: KeyId, owner }) => {
      await t.ok('ReplicateKey', { KeyId, ReplicaRegion: OTHER_REGION, Policy: POLICY }, owner)
      return { KeyId, PrimaryRegion: OTHER_REGION }
    },
    { key: 'multiRegion' },
  ),
] as const

const OTHER_CALLS = [
  alone('CreateKey', () => ({}), true),
  alone('ListKeys', () => ({})),
  alone('GenerateRandom', () => ({ NumberOfBytes: 16 })),
  alone('ListRetirableGrants', ({ caller }) => ({ RetiringPrincipal: caller.principal })),
  alone('DescribeCustomKeyStores', () => ({})),
] as const

/** Each call is one of its own operation; a table cannot say so of all at once. */
export const CALLS_WITH_KEY: readonly OperationCall[] = KEY_CALLS as readonly unknown[] as readonly OperationCall[]
/** Operations on custom key stores, which need a proxy, have tests of their own. */
export const CALLS_ALONE: readonly OperationCall[] = OTHER_CALLS as readonly unknown[] as readonly OperationCall[]

export function callOf(name: OperationName): OperationCall {
  const found = [...CALLS_WITH_KEY, ...CALLS_ALONE].find((each) => each.name === name)
  if (found === undefined) throw new Error(`no call of ${name}`)
  return found
}
