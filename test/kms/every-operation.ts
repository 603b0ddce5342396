/** Every operation once, as a client of the AWS SDK asks for it, and the members of its answer. Total by its type. */
import { generateKeyPairSync } from 'node:crypto'
import type { KMS } from '@aws-sdk/client-kms'
import type { OperationName } from '../../src/aws/operations.js'
import type { KmsInputs } from '../../src/kms/shapes.js'
import { grant, importRequest, KEY_STORE, MESSAGE, ROLE, type OnService } from './sdk-fixture.js'
import { ADMIN } from './test-kms.js'

const RSA = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' } as const
const SIGNING = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const
const MAC = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const
const AGREEMENT = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const
const ENCAPSULATION = { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' } as const
const ECDSA = 'ECDSA_SHA_256'
const HMAC = 'HMAC_SHA_256'

type Case<N extends OperationName> = readonly [
  (t: OnService) => KmsInputs[N] | Promise<KmsInputs[N]>,
  /** Members of the answer, in the order of the alphabet. */
  ...answer: readonly string[],
]

export const EVERY_OPERATION: { readonly [N in OperationName]: Case<N> } = {
  CancelKeyDeletion: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      await sdk.scheduleKeyDeletion({ KeyId })
      return { KeyId }
    },
    'KeyId',
  ],
  ConnectCustomKeyStore: [async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore() })],
  CreateAlias: [async ({ key }) => ({ AliasName: 'alias/new', TargetKeyId: await key() })],
  CreateCustomKeyStore: [() => KEY_STORE, 'CustomKeyStoreId'],
  CreateGrant: [
    async ({ key }) => ({ KeyId: await key(), GranteePrincipal: ROLE, Operations: ['Decrypt'] }),
    'GrantId',
    'GrantToken',
  ],
  CreateKey: [() => ({ Description: 'made', Tags: [{ TagKey: 'team', TagValue: 'blue' }] }), 'KeyMetadata'],
  Decapsulate: [
    async ({ sdk, key }) => {
      const KeyId = await key(ENCAPSULATION)
      const made = await sdk.encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })
      return { KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: made.SharedSecretCiphertextBlob! }
    },
    'EncapsulationAlgorithm',
    'KeyId',
    'SharedSecret',
  ],
  Decrypt: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      const EncryptionContext = { department: 'IT' }
      const { CiphertextBlob } = await sdk.encrypt({ KeyId, Plaintext: MESSAGE, EncryptionContext })
      return { CiphertextBlob: CiphertextBlob!, EncryptionContext }
    },
    'EncryptionAlgorithm',
    'KeyId',
    'KeyMaterialId',
    'Plaintext',
  ],
  DeleteAlias: [
    async ({ sdk, key }) => {
      await sdk.createAlias({ AliasName: 'alias/old', TargetKeyId: await key() })
      return { AliasName: 'alias/old' }
    },
  ],
  DeleteCustomKeyStore: [async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore() })],
  DeleteImportedKeyMaterial: [
    async (t) => {
      const imported = await importRequest(t)
      await t.sdk.importKeyMaterial(imported)
      return { KeyId: imported.KeyId }
    },
    'KeyId',
    'KeyMaterialId',
  ],
  DeriveSharedSecret: [
    async ({ key }) => ({
      KeyId: await key(AGREEMENT),
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
        type: 'spki',
        format: 'der',
      }),
    }),
    'KeyAgreementAlgorithm',
    'KeyId',
    'KeyOrigin',
    'SharedSecret',
  ],
  DescribeCustomKeyStores: [() => ({}), 'CustomKeyStores', 'Truncated'],
  DescribeKey: [async ({ key }) => ({ KeyId: await key() }), 'KeyMetadata'],
  DisableKey: [async ({ key }) => ({ KeyId: await key() })],
  DisableKeyRotation: [async ({ key }) => ({ KeyId: await key() })],
  DisconnectCustomKeyStore: [
    async ({ sdk, keyStore }) => {
      const CustomKeyStoreId = await keyStore()
      await sdk.connectCustomKeyStore({ CustomKeyStoreId })
      return { CustomKeyStoreId }
    },
  ],
  EnableKey: [async ({ key }) => ({ KeyId: await key() })],
  EnableKeyRotation: [async ({ key }) => ({ KeyId: await key(), RotationPeriodInDays: 100 })],
  Encapsulate: [
    async ({ key }) => ({ KeyId: await key(ENCAPSULATION), EncapsulationAlgorithm: 'ML_KEM' }),
    'EncapsulationAlgorithm',
    'KeyId',
    'SharedSecret',
    'SharedSecretCiphertextBlob',
  ],
  Encrypt: [
    async ({ key }) => ({ KeyId: await key(RSA), Plaintext: MESSAGE, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
    'CiphertextBlob',
    'EncryptionAlgorithm',
    'KeyId',
  ],
  GenerateDataKey: [
    async ({ key }) => ({ KeyId: await key(), NumberOfBytes: 24 }),
    'CiphertextBlob',
    'KeyId',
    'KeyMaterialId',
    'Plaintext',
  ],
  GenerateDataKeyPair: [
    async ({ key }) => ({ KeyId: await key(), KeyPairSpec: 'ECC_NIST_P256' }),
    'KeyId',
    'KeyMaterialId',
    'KeyPairSpec',
    'PrivateKeyCiphertextBlob',
    'PrivateKeyPlaintext',
    'PublicKey',
  ],
  GenerateDataKeyPairWithoutPlaintext: [
    async ({ key }) => ({ KeyId: await key(), KeyPairSpec: 'ECC_NIST_P256' }),
    'KeyId',
    'KeyMaterialId',
    'KeyPairSpec',
    'PrivateKeyCiphertextBlob',
    'PublicKey',
  ],
  GenerateDataKeyWithoutPlaintext: [
    async ({ key }) => ({ KeyId: await key(), KeySpec: 'AES_128' }),
    'CiphertextBlob',
    'KeyId',
    'KeyMaterialId',
  ],
  GenerateMac: [
    async ({ key }) => ({ KeyId: await key(MAC), Message: MESSAGE, MacAlgorithm: HMAC }),
    'KeyId',
    'Mac',
    'MacAlgorithm',
  ],
  GenerateRandom: [() => ({ NumberOfBytes: 32 }), 'Plaintext'],
  GetKeyLastUsage: [
    async ({ key }) => ({ KeyId: await key() }),
    'KeyCreationDate',
    'KeyId',
    'KeyLastUsage',
    'TrackingStartDate',
  ],
  GetKeyPolicy: [async ({ key }) => ({ KeyId: await key() }), 'Policy', 'PolicyName'],
  GetKeyRotationStatus: [async ({ key }) => ({ KeyId: await key() }), 'KeyId', 'KeyRotationEnabled'],
  GetParametersForImport: [
    async ({ key }) => ({
      KeyId: await key({ Origin: 'EXTERNAL' }),
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    }),
    'ImportToken',
    'KeyId',
    'ParametersValidTo',
    'PublicKey',
  ],
  GetPublicKey: [
    async ({ key }) => ({ KeyId: await key(SIGNING) }),
    'CustomerMasterKeySpec',
    'KeyId',
    'KeySpec',
    'KeyUsage',
    'PublicKey',
    'SigningAlgorithms',
  ],
  ImportKeyMaterial: [importRequest, 'KeyId', 'KeyMaterialId'],
  ListAliases: [() => ({ Limit: 10 }), 'Aliases', 'Truncated'],
  ListGrants: [async ({ key }) => ({ KeyId: await key() }), 'Grants', 'Truncated'],
  ListKeyPolicies: [async ({ key }) => ({ KeyId: await key() }), 'PolicyNames', 'Truncated'],
  ListKeyRotations: [async ({ key }) => ({ KeyId: await key() }), 'Rotations', 'Truncated'],
  ListKeys: [() => ({}), 'Keys', 'Truncated'],
  ListResourceTags: [async ({ key }) => ({ KeyId: await key() }), 'Tags', 'Truncated'],
  ListRetirableGrants: [() => ({ RetiringPrincipal: ADMIN.principal }), 'Grants', 'Truncated'],
  PutKeyPolicy: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      const { Policy } = await sdk.getKeyPolicy({ KeyId })
      return { KeyId, Policy: Policy! }
    },
  ],
  ReEncrypt: [
    async ({ sdk, key }) => {
      const { CiphertextBlob } = await sdk.encrypt({ KeyId: await key(), Plaintext: MESSAGE })
      return { CiphertextBlob: CiphertextBlob!, DestinationKeyId: await key() }
    },
    'CiphertextBlob',
    'DestinationEncryptionAlgorithm',
    'DestinationKeyMaterialId',
    'KeyId',
    'SourceEncryptionAlgorithm',
    'SourceKeyId',
    'SourceKeyMaterialId',
  ],
  ReplicateKey: [
    async ({ key }) => ({ KeyId: await key({ MultiRegion: true }), ReplicaRegion: 'eu-west-1' }),
    'ReplicaKeyMetadata',
    'ReplicaPolicy',
    'ReplicaTags',
  ],
  RetireGrant: [
    async (t) => {
      const { KeyMetadata } = await t.sdk.createKey({})
      return { KeyId: KeyMetadata!.Arn!, GrantId: await grant(t, KeyMetadata!.KeyId!) }
    },
  ],
  RevokeGrant: [
    async (t) => {
      const KeyId = await t.key()
      return { KeyId, GrantId: await grant(t, KeyId) }
    },
  ],
  RotateKeyOnDemand: [async ({ key }) => ({ KeyId: await key() }), 'KeyId'],
  ScheduleKeyDeletion: [
    async ({ key }) => ({ KeyId: await key(), PendingWindowInDays: 7 }),
    'DeletionDate',
    'KeyId',
    'KeyState',
    'PendingWindowInDays',
  ],
  Sign: [
    async ({ key }) => ({ KeyId: await key(SIGNING), Message: MESSAGE, SigningAlgorithm: ECDSA }),
    'KeyId',
    'Signature',
    'SigningAlgorithm',
  ],
  TagResource: [async ({ key }) => ({ KeyId: await key(), Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  UntagResource: [async ({ key }) => ({ KeyId: await key(), TagKeys: ['a'] })],
  UpdateAlias: [
    async ({ sdk, key }) => {
      await sdk.createAlias({ AliasName: 'alias/moving', TargetKeyId: await key() })
      return { AliasName: 'alias/moving', TargetKeyId: await key() }
    },
  ],
  UpdateCustomKeyStore: [
    async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore(), NewCustomKeyStoreName: 'renamed' }),
  ],
  UpdateKeyDescription: [async ({ key }) => ({ KeyId: await key(), Description: 'another' })],
  UpdatePrimaryRegion: [
    async ({ sdk, key }) => {
      const KeyId = await key({ MultiRegion: true })
      await sdk.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' })
      return { KeyId, PrimaryRegion: 'eu-west-1' }
    },
  ],
  Verify: [
    async ({ sdk, key }) => {
      const KeyId = await key(SIGNING)
      const { Signature } = await sdk.sign({ KeyId, Message: MESSAGE, SigningAlgorithm: ECDSA })
      return { KeyId, Message: MESSAGE, SigningAlgorithm: ECDSA, Signature: Signature! }
    },
    'KeyId',
    'SignatureValid',
    'SigningAlgorithm',
  ],
  VerifyMac: [
    async ({ sdk, key }) => {
      const KeyId = await key(MAC)
      const { Mac } = await sdk.generateMac({ KeyId, Message: MESSAGE, MacAlgorithm: HMAC })
      return { KeyId, Message: MESSAGE, MacAlgorithm: HMAC, Mac: Mac! }
    },
    'KeyId',
    'MacAlgorithm',
    'MacValid',
  ],
}

/** The method of the aggregated client, by the name of its operation. */
export function methodOf(sdk: KMS, name: OperationName): (input: object) => Promise<object> {
  const method: unknown = Reflect.get(sdk, `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
  if (typeof method !== 'function') throw new Error(`the SDK has no ${name}`)
  return method.bind(sdk) as (input: object) => Promise<object>
}
