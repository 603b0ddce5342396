/**
 * One call of every operation that would succeed, for the tables that go over all of them.
 */
import type { OperationName } from '../../../src/aws/operations.js'
import { generateKeyPairSync } from 'node:crypto'
import type { KeyLastUsageTrackingOperation, KmsInputs } from '../../../src/kms/shapes.js'
import { keyArnOf, type TestKms } from '../test-kms.js'

type KeyKind = 'symmetric' | 'rsa' | 'signing' | 'mac' | 'agreement' | 'encapsulation'

export interface Sample<N extends OperationName = OperationName> {
  readonly name: N
  readonly key: KeyKind
  /** A valid call on this key, prepared with `t`. */
  readonly input: (t: TestKms, keyArn: string) => KmsInputs[N] | Promise<KmsInputs[N]>
  /** Operations that a grant can name; empty where a grant permits none of the checks. */
  readonly grants: readonly string[]
  readonly crossAccount: boolean
  /** Whether it takes the key by alias too; undefined where it takes no key. */
  readonly takesAlias: boolean | undefined
  readonly usage: KeyLastUsageTrackingOperation | undefined
}

const SPECS: Readonly<Record<KeyKind, KmsInputs['CreateKey']>> = {
  symmetric: {},
  rsa: { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  encapsulation: { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
}

export async function makeKey(t: TestKms, kind: KeyKind, more: KmsInputs['CreateKey'] = {}): Promise<string> {
  return keyArnOf(await t.ok('CreateKey', { ...SPECS[kind], ...more }))
}

const MESSAGE = Buffer.from('a message')
const PEER = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ type: 'spki', format: 'der' })
const CONTEXT = { department: 'IT' }

/** A cryptographic operation on a key that may be named in every way and used from other accounts. */
function crypto<N extends KeyLastUsageTrackingOperation>(
  name: N,
  key: KeyKind,
  input: Sample<N>['input'],
  grants: readonly string[] = [name],
): Sample<N> {
  return { name, key, input, grants, crossAccount: true, takesAlias: true, usage: name }
}

/** Management of a key by its own account. */
function management<N extends OperationName>(
  name: N,
  input: Sample<N>['input'],
  more: Partial<Sample<N>> = {},
): Sample<N> {
  return {
    name,
    key: 'symmetric',
    input,
    grants: [],
    crossAccount: false,
    takesAlias: false,
    usage: undefined,
    ...more,
  }
}

async function sealed(t: TestKms, KeyId: string): Promise<Uint8Array> {
  const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: MESSAGE, EncryptionContext: CONTEXT })
  return CiphertextBlob!
}

const LIST = [
  crypto('Encrypt', 'symmetric', (_t, KeyId) => ({ KeyId, Plaintext: MESSAGE, EncryptionContext: CONTEXT })),
  crypto('Decrypt', 'symmetric', async (t, KeyId) => ({
    KeyId,
    CiphertextBlob: await sealed(t, KeyId),
    EncryptionContext: CONTEXT,
  })),
  crypto(
    'ReEncrypt',
    'symmetric',
    async (t, KeyId) => ({
      CiphertextBlob: await sealed(t, KeyId),
      SourceEncryptionContext: CONTEXT,
      SourceKeyId: KeyId,
      DestinationKeyId: KeyId,
      DestinationEncryptionContext: { department: 'HR' },
    }),
    ['ReEncryptFrom', 'ReEncryptTo'],
  ),
  crypto('GenerateDataKey', 'symmetric', (_t, KeyId) => ({ KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT })),
  crypto('GenerateDataKeyWithoutPlaintext', 'symmetric', (_t, KeyId) => ({ KeyId, NumberOfBytes: 24 })),
  crypto('GenerateDataKeyPair', 'symmetric', (_t, KeyId) => ({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  crypto('GenerateDataKeyPairWithoutPlaintext', 'symmetric', (_t, KeyId) => ({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  crypto('Sign', 'signing', (_t, KeyId) => ({ KeyId, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })),
  crypto('Verify', 'signing', async (t, KeyId) => {
    const signed = await t.ok('Sign', { KeyId, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })
    return { KeyId, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256', Signature: signed.Signature! }
  }),
  crypto('GenerateMac', 'mac', (_t, KeyId) => ({ KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })),
  crypto('VerifyMac', 'mac', async (t, KeyId) => {
    const made = await t.ok('GenerateMac', { KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })
    return { KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256', Mac: made.Mac! }
  }),
  crypto('DeriveSharedSecret', 'agreement', (_t, KeyId) => ({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: PEER })),
  crypto('Encapsulate', 'encapsulation', (_t, KeyId) => ({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })),
  crypto('Decapsulate', 'encapsulation', async (t, KeyId) => {
    const made = await t.ok('Encapsulate', { KeyId, EncapsulationAlgorithm: 'ML_KEM' })
    return { KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: made.SharedSecretCiphertextBlob! }
  }),
  management('GetPublicKey', (_t, KeyId) => ({ KeyId }), {
    key: 'signing',
    grants: ['GetPublicKey'],
    crossAccount: true,
    takesAlias: true,
  }),
  management('DescribeKey', (_t, KeyId) => ({ KeyId }), {
    grants: ['DescribeKey'],
    crossAccount: true,
    takesAlias: true,
  }),
  management('EnableKey', (_t, KeyId) => ({ KeyId })),
  management('DisableKey', (_t, KeyId) => ({ KeyId })),
  management('GetKeyPolicy', (_t, KeyId) => ({ KeyId })),
  management('PutKeyPolicy', async (t, KeyId) => {
    const { Policy } = await t.ok('GetKeyPolicy', { KeyId })
    return { KeyId, Policy: Policy!, BypassPolicyLockoutSafetyCheck: true }
  }),
  management('ListKeyPolicies', (_t, KeyId) => ({ KeyId })),
  management('UpdateKeyDescription', (_t, KeyId) => ({ KeyId, Description: 'another' })),
  management('TagResource', (_t, KeyId) => ({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'blue' }] })),
  management('UntagResource', (_t, KeyId) => ({ KeyId, TagKeys: ['team'] })),
  management('ListResourceTags', (_t, KeyId) => ({ KeyId })),
  management('GetKeyLastUsage', (_t, KeyId) => ({ KeyId })),
] as const

/** Each sample is one of its own operation; a table cannot say so of all at once. */
export const SAMPLES: readonly Sample[] = LIST as readonly unknown[] as readonly Sample[]
