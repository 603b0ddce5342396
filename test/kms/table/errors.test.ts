/**
 * Every error that the API model declares for an operation: provoked, or with the reason why it cannot be.
 *
 * Source: KMS API model, the errors of every operation; KMS API Reference, their descriptions.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { API_OPERATIONS, type ErrorCode, type OperationName } from '../../../src/aws/operations.js'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { ADMIN, testKms, type TestKms } from '../test-kms.js'
import { ConformingProxy, CREDENTIAL, failure, HEALTHY } from '../xks/conforming-proxy.js'
import {
  CALLS_ALONE,
  CALLS_WITH_KEY,
  callOf,
  FOREVER,
  fresh,
  importInput,
  importMaterial,
  makeKey,
  MESSAGE,
  OTHER_REGION,
} from './calls.js'
import { failingStore, type FailingStore } from './failing-store.js'
import { TABLE } from './key-state-table.js'
import { ELSEWHERE, STORE } from './situations.js'

const DAY_MS = 86_400_000
const NO_KEY = 'ffffffff-0000-4000-8000-000000000000'
const NO_STORE = 'cks-00000000000000000'

let proxy: ConformingProxy
let t: TestKms
let failing: FailingStore
/** Where quotas are exhausted as soon as there is one of anything. */
let tight: TestKms
/** Of the one key store that is always there and connected. */
let storeId: string

beforeAll(async () => {
  proxy = await ConformingProxy.start(() => t.clock.nowMs)
  const xksTransport = { port: proxy.port, ca: [proxy.ca], timeoutMs: 2000 }
  failing = failingStore(createMemoryStore())
  t = await testKms({ store: failing.store, xksTransport, quotas: { customKeyStores: 100 } })
  const quotas = { aliasesPerKey: 1, grantsPerKey: 1, onDemandRotations: 1, keysPerRegion: 3, customKeyStores: 1 }
  tight = await testKms({ quotas, xksTransport })
  tight.clock.nowMs = t.clock.nowMs
  storeId = (await t.ok('CreateCustomKeyStore', STORE)).CustomKeyStoreId!
  await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId: storeId })
})
afterAll(async () => {
  await Promise.all([t.kms.close(), tight.kms.close()])
  await proxy.stop()
})
afterEach(() => {
  failing.isBroken = false
  failing.isHeld = false
  delete proxy.misbehaviour.answer
})

/** What the operation answers. */
type Provocation = () => Promise<string>

async function inputOf(name: OperationName): Promise<{ readonly arn: string; readonly input: object }> {
  const { key, input } = callOf(name)
  const arn = key === undefined ? '' : await makeKey(t, key === 'external' ? 'symmetric' : key)
  const given = key === 'external' ? IMPORTS[name] : undefined
  return {
    arn,
    input: given ? { KeyId: arn, ...given } : await input({ t, arn, owner: ADMIN, donor: arn, caller: ADMIN }),
  }
}

const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
const IMPORTS: Partial<Record<OperationName, object>> = {
  GetParametersForImport: WRAPPING,
  ImportKeyMaterial: { ImportToken: MESSAGE, EncryptedKeyMaterial: MESSAGE, ...FOREVER },
  DeleteImportedKeyMaterial: {},
}

function withMembers(name: OperationName, members: object): Provocation {
  return async () => t.fails(name, { ...(await inputOf(name)).input, ...members })
}

function memberOfKey(name: OperationName): string | undefined {
  return Object.keys(API_OPERATIONS[name].keyMembers)[0]
}

// ------------------------------------------------------------------------------------------- what many operations have

/** A ciphertext that names its key makes another one the incorrect key before anybody asks what that is for. */
const ASYMMETRIC: Partial<Record<OperationName, object>> = {
  Decrypt: { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
  ReEncrypt: { SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
}

/** By the error: what provokes it, or why nothing does; undefined where it depends on the operation. */
function common(name: OperationName, code: ErrorCode): Provocation | string | undefined {
  const member = memberOfKey(name)
  switch (code) {
    case 'DependencyTimeoutException':
      return async () => {
        const { input } = await inputOf(name)
        failing.isHeld = true
        return t.fails(name, input)
      }
    case 'KeyUnavailableException':
      return async () => {
        const { arn, input } = await inputOf(name)
        await loseMaterialOf(arn)
        return t.fails(name, input)
      }
    case 'KMSInternalException':
      return async () => {
        const { input } = ON_STORES[name] ?? (await inputOf(name))
        failing.isBroken = true
        return t.fails(name, input)
      }
    case 'NotFoundException':
      return member === undefined ? undefined : withMembers(name, { [member]: NO_KEY })
    case 'InvalidArnException':
      return member === undefined ? undefined : withMembers(name, { [member]: 'arn:aws:kms:us-east-1:key' })
    case 'DryRunOperationException':
      return withMembers(name, { DryRun: true })
    case 'InvalidGrantTokenException':
      return name === 'RetireGrant'
        ? () => t.fails(name, { GrantToken: 'no token' })
        : withMembers(name, { GrantTokens: ['no token'] })
    case 'InvalidMarkerException':
      return withMembers(name, { Marker: 'no marker' })
    case 'DisabledException':
    case 'KMSInvalidStateException':
      return wrongState(name, code)
    case 'InvalidKeyUsageException':
      return async () => {
        const { arn, input } = await inputOf(name)
        const other = await makeKey(t, callOf(name).key === 'mac' ? 'signing' : 'mac')
        const members = Object.entries(input).map(([one, value]: [string, unknown]) => [
          one,
          value === arn ? other : value,
        ])
        return t.fails(name, { ...Object.fromEntries(members), ...ASYMMETRIC[name] })
      }
    default:
      return undefined
  }
}

/** By hand: what nothing that the service does comes to. */
async function loseMaterialOf(arn: string): Promise<void> {
  const [, , , region, accountId, resource = ''] = arn.split(':')
  const { rows } = await failing.store.scan(`material/${accountId}/${region}/${resource.slice('key/'.length)}/`)
  await failing.store.commit(
    rows.map(({ name }) => ({ kind: 'delete', name, expect: 'any' })),
    [],
  )
  // A moment later the service has heard of it.
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function wrongState(name: OperationName, code: 'DisabledException' | 'KMSInvalidStateException') {
  const row = TABLE[name]
  if (row === undefined) return undefined
  const state = code === 'DisabledException' ? 'Disabled' : 'PendingDeletion'
  if (name === 'UpdatePrimaryRegion') {
    return async () => {
      const { arn: KeyId, input } = await inputOf(name)
      await t.ok(state === 'Disabled' ? 'DisableKey' : 'ScheduleKeyDeletion', { KeyId })
      return t.fails(name, input)
    }
  }
  const isRefused = row[state].outcome.startsWith(code)
  if (!isRefused) {
    const isEver = Object.values(row).some(({ outcome }) => outcome.startsWith(code))
    return isEver ? undefined : 'the table of key states lets it through in every state'
  }
  return async () => {
    const kind = callOf(name).key ?? 'symmetric'
    const arn = await makeKey(t, kind)
    const preparation = { t, arn, owner: ADMIN, donor: arn, caller: ADMIN }
    const input = kind === 'external' ? { KeyId: arn, ...IMPORTS[name] } : await callOf(name).input(preparation)
    await t.ok(state === 'Disabled' ? 'DisableKey' : 'ScheduleKeyDeletion', { KeyId: arn })
    return t.fails(name, input)
  }
}

// -------------------------------------------------------------------------------------------------- what one has alone

const PLAIN: readonly object[] = [{ Effect: 'Allow', Principal: { AWS: 'no one' }, Action: 'kms:*', Resource: '*' }]
const MALFORMED = JSON.stringify({ Version: '2012-10-17', Statement: PLAIN })
const LONG = JSON.stringify({ Version: '2012-10-17', Statement: [], Id: 'x'.repeat(33_000) })
const RESERVED_TAG = [{ TagKey: 'aws:mine', TagValue: '' }]

const ON_STORES: Partial<Record<OperationName, { readonly input: object }>> = {
  CreateCustomKeyStore: { input: { ...STORE, CustomKeyStoreName: 'another' } },
  ConnectCustomKeyStore: { input: { CustomKeyStoreId: NO_STORE } },
  DisconnectCustomKeyStore: { input: { CustomKeyStoreId: NO_STORE } },
  DeleteCustomKeyStore: { input: { CustomKeyStoreId: NO_STORE } },
  UpdateCustomKeyStore: { input: { CustomKeyStoreId: NO_STORE, NewCustomKeyStoreName: 'renamed' } },
}

/** A store at a path of its own, disconnected. */
async function aStore(more: Partial<KmsInputs['CreateCustomKeyStore']> = {}): Promise<string> {
  proxy.misbehaviour.answer = (_path, right) => (right.status === 404 ? HEALTHY : undefined)
  const XksProxyUriPath = `/${fresh('p')}/kms/xks/v1`
  const made = await t.ok('CreateCustomKeyStore', {
    ...STORE,
    CustomKeyStoreName: fresh('store'),
    XksProxyUriPath,
    ...more,
  })
  delete proxy.misbehaviour.answer
  return made.CustomKeyStoreId!
}

const VPC = {
  XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
  XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0',
} as const

/** Of a service that no store has: which of two things that are taken is said first, nobody says. */
const OTHER_VPC = { ...VPC, XksProxyVpcEndpointServiceName: `${VPC.XksProxyVpcEndpointServiceName.slice(0, -1)}9` }

function creates(more: object, answer?: typeof proxy.misbehaviour.answer): Provocation {
  return () => {
    if (answer !== undefined) proxy.misbehaviour.answer = answer
    return t.fails('CreateCustomKeyStore', {
      ...STORE,
      CustomKeyStoreName: fresh('store'),
      ...ELSEWHERE_THERE,
      ...more,
    })
  }
}

/** Not where the store of all tests is. */
const ELSEWHERE_THERE = { XksProxyUriPath: '/elsewhere/kms/xks/v1' }

function updates(more: object, answer?: typeof proxy.misbehaviour.answer): Provocation {
  return async () => {
    const CustomKeyStoreId = await aStore()
    if (answer !== undefined) proxy.misbehaviour.answer = answer
    return t.fails('UpdateCustomKeyStore', { CustomKeyStoreId, ...more })
  }
}

function makes(more: object): Provocation {
  return () => t.fails('CreateKey', more)
}

const NO_CLUSTER = 'no CloudHSM cluster can be named that is there'
const NO_VPC = 'there is no VPC here whose endpoint services could be looked at'
const WRONG_CREDENTIAL = {
  XksProxyAuthenticationCredential: { AccessKeyId: CREDENTIAL.accessKeyId, RawSecretAccessKey: 'x'.repeat(43) },
}

async function anExternal(): Promise<string> {
  const KeyId = await makeKey(t, 'external')
  await importMaterial(t, KeyId)
  return KeyId
}

const OWN: Partial<Readonly<Record<OperationName, Partial<Readonly<Record<ErrorCode, Provocation | string>>>>>> = {
  CancelKeyDeletion: {
    KMSInvalidStateException: async () => t.fails('CancelKeyDeletion', { KeyId: await makeKey(t, 'symmetric') }),
  },
  ConnectCustomKeyStore: {
    CloudHsmClusterInvalidConfigurationException: NO_CLUSTER,
    CloudHsmClusterNotActiveException: NO_CLUSTER,
    CustomKeyStoreInvalidStateException: async () => {
      const CustomKeyStoreId = await aStore()
      proxy.misbehaviour.answer = () => failure(403, 'AccessDeniedException')
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
      return t.fails('ConnectCustomKeyStore', { CustomKeyStoreId })
    },
    CustomKeyStoreNotFoundException: () => t.fails('ConnectCustomKeyStore', { CustomKeyStoreId: NO_STORE }),
  },
  DisconnectCustomKeyStore: {
    CustomKeyStoreInvalidStateException: async () =>
      t.fails('DisconnectCustomKeyStore', { CustomKeyStoreId: await aStore() }),
    CustomKeyStoreNotFoundException: () => t.fails('DisconnectCustomKeyStore', { CustomKeyStoreId: NO_STORE }),
  },
  DeleteCustomKeyStore: {
    CustomKeyStoreHasCMKsException: async () => {
      const XksKeyId = fresh('xks')
      proxy.addKey(XksKeyId)
      await t.ok('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId })
      await t.ok('DisconnectCustomKeyStore', { CustomKeyStoreId: storeId })
      const answer = await t.fails('DeleteCustomKeyStore', { CustomKeyStoreId: storeId })
      await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId: storeId })
      return answer
    },
    CustomKeyStoreInvalidStateException: () => t.fails('DeleteCustomKeyStore', { CustomKeyStoreId: storeId }),
    CustomKeyStoreNotFoundException: () => t.fails('DeleteCustomKeyStore', { CustomKeyStoreId: NO_STORE }),
  },
  DescribeCustomKeyStores: {
    CustomKeyStoreNotFoundException: () => t.fails('DescribeCustomKeyStores', { CustomKeyStoreId: NO_STORE }),
  },
  CreateCustomKeyStore: {
    CloudHsmClusterInUseException: NO_CLUSTER,
    CloudHsmClusterInvalidConfigurationException: NO_CLUSTER,
    CloudHsmClusterNotActiveException: NO_CLUSTER,
    CloudHsmClusterNotFoundException: () =>
      t.fails('CreateCustomKeyStore', {
        CustomKeyStoreName: fresh('hsm'),
        CloudHsmClusterId: 'cluster-abcdefghijk',
        KeyStorePassword: 'password1',
        TrustAnchorCertificate: 'a certificate',
      }),
    IncorrectTrustAnchorException: NO_CLUSTER,
    CustomKeyStoreNameInUseException: () => t.fails('CreateCustomKeyStore', STORE),
    LimitExceededException: async () => {
      await tight.ok('CreateCustomKeyStore', STORE)
      return tight.fails('CreateCustomKeyStore', { ...STORE, CustomKeyStoreName: 'second' })
    },
    XksProxyIncorrectAuthenticationCredentialException: creates(WRONG_CREDENTIAL),
    XksProxyInvalidConfigurationException: creates({ XksProxyUriEndpoint: 'https://127.0.0.1' }),
    XksProxyInvalidResponseException: creates({}, () => ({ status: 200, body: '{}' })),
    XksProxyUriEndpointInUseException: creates(OTHER_VPC),
    XksProxyUriInUseException: creates({ XksProxyUriPath: STORE.XksProxyUriPath }),
    XksProxyUriUnreachableException: creates({}, () => 'break'),
    XksProxyVpcEndpointServiceInUseException: async () => {
      await aStore({ ...VPC, XksProxyUriEndpoint: 'https://vpc-one.example' })
      return t.fails('CreateCustomKeyStore', {
        ...STORE,
        ...VPC,
        CustomKeyStoreName: fresh('store'),
        XksProxyUriEndpoint: 'https://vpc-two.example',
      })
    },
    XksProxyVpcEndpointServiceInvalidConfigurationException: NO_VPC,
    XksProxyVpcEndpointServiceNotFoundException: NO_VPC,
  },
  UpdateCustomKeyStore: {
    CloudHsmClusterInvalidConfigurationException: NO_CLUSTER,
    CloudHsmClusterNotActiveException: NO_CLUSTER,
    CloudHsmClusterNotFoundException: NO_CLUSTER,
    CloudHsmClusterNotRelatedException: NO_CLUSTER,
    CustomKeyStoreInvalidStateException: () =>
      t.fails('UpdateCustomKeyStore', { CustomKeyStoreId: storeId, XksProxyUriEndpoint: 'https://localhost' }),
    CustomKeyStoreNameInUseException: updates({ NewCustomKeyStoreName: STORE.CustomKeyStoreName }),
    CustomKeyStoreNotFoundException: () =>
      t.fails('UpdateCustomKeyStore', { CustomKeyStoreId: NO_STORE, NewCustomKeyStoreName: 'renamed' }),
    XksProxyIncorrectAuthenticationCredentialException: updates(WRONG_CREDENTIAL),
    XksProxyInvalidConfigurationException: updates({ XksProxyUriEndpoint: 'https://127.0.0.1' }),
    XksProxyInvalidResponseException: updates(ELSEWHERE_THERE, () => ({ status: 200, body: '{}' })),
    XksProxyUriEndpointInUseException: updates({ ...OTHER_VPC, XksProxyUriEndpoint: 'https://localhost' }),
    XksProxyUriInUseException: updates({ XksProxyUriPath: STORE.XksProxyUriPath }),
    XksProxyUriUnreachableException: updates(ELSEWHERE_THERE, () => 'break'),
    XksProxyVpcEndpointServiceInUseException: async () => {
      const service = { ...VPC, XksProxyVpcEndpointServiceName: `${VPC.XksProxyVpcEndpointServiceName.slice(0, -1)}1` }
      await aStore({ ...service, XksProxyUriEndpoint: 'https://vpc-three.example' })
      const CustomKeyStoreId = await aStore({
        ...service,
        XksProxyVpcEndpointServiceName: `${VPC.XksProxyVpcEndpointServiceName.slice(0, -1)}2`,
        XksProxyUriEndpoint: 'https://vpc-four.example',
      })
      return t.fails('UpdateCustomKeyStore', {
        CustomKeyStoreId,
        XksProxyVpcEndpointServiceName: service.XksProxyVpcEndpointServiceName,
      })
    },
    XksProxyVpcEndpointServiceInvalidConfigurationException: NO_VPC,
    XksProxyVpcEndpointServiceNotFoundException: NO_VPC,
  },
  CreateAlias: {
    AlreadyExistsException: async () => {
      const input = { AliasName: fresh('alias/twice'), TargetKeyId: await makeKey(t, 'symmetric') }
      await t.ok('CreateAlias', input)
      return t.fails('CreateAlias', input)
    },
    InvalidAliasNameException: withMembers('CreateAlias', { AliasName: 'alias/aws/mine' }),
    LimitExceededException: async () => {
      const TargetKeyId = await makeKey(tight, 'symmetric')
      await tight.ok('CreateAlias', { AliasName: fresh('alias/a'), TargetKeyId })
      return tight.fails('CreateAlias', { AliasName: fresh('alias/a'), TargetKeyId })
    },
  },
  UpdateAlias: {
    LimitExceededException: async () => {
      const [AliasName, other] = [fresh('alias/a'), fresh('alias/a')]
      const [first, TargetKeyId] = [await makeKey(tight, 'symmetric'), await makeKey(tight, 'symmetric')]
      await tight.ok('CreateAlias', { AliasName, TargetKeyId: first })
      await tight.ok('CreateAlias', { AliasName: other, TargetKeyId })
      return tight.fails('UpdateAlias', { AliasName, TargetKeyId })
    },
  },
  DeleteAlias: { NotFoundException: () => t.fails('DeleteAlias', { AliasName: 'alias/none' }) },
  CreateGrant: {
    LimitExceededException: async () => {
      const KeyId = await makeKey(tight, 'symmetric', {}, ELSEWHERE)
      const input = { KeyId, GranteePrincipal: ADMIN.principal, Operations: ['DescribeKey'] } as const
      await tight.ok('CreateGrant', input, ELSEWHERE)
      return tight.fails('CreateGrant', input, ELSEWHERE)
    },
  },
  ListGrants: { InvalidGrantIdException: withMembers('ListGrants', { GrantId: 'no grant' }) },
  RevokeGrant: { InvalidGrantIdException: withMembers('RevokeGrant', { GrantId: 'no grant' }) },
  RetireGrant: { InvalidGrantIdException: withMembers('RetireGrant', { GrantId: 'no grant' }) },
  ListRetirableGrants: {
    InvalidArnException: () => t.fails('ListRetirableGrants', { RetiringPrincipal: 'arn:aws:s3:::bucket' }),
    InvalidMarkerException: () =>
      t.fails('ListRetirableGrants', { RetiringPrincipal: ADMIN.principal, Marker: 'no marker' }),
    NotFoundException: 'it names a principal and no key, and of a principal without grants there are none',
  },
  CreateKey: {
    CloudHsmClusterInvalidConfigurationException: NO_CLUSTER,
    CustomKeyStoreInvalidStateException: async () =>
      t.fails('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: await aStore(), XksKeyId: 'one' }),
    CustomKeyStoreNotFoundException: makes({
      Origin: 'EXTERNAL_KEY_STORE',
      CustomKeyStoreId: NO_STORE,
      XksKeyId: 'one',
    }),
    InvalidArnException: 'it has no member that holds an ARN but its policy, whose errors are those of a policy',
    LimitExceededException: async () => {
      const there = { ...ADMIN, region: 'ap-south-1' }
      for (let made = 0; made < 3; made++) await tight.ok('CreateKey', {}, there)
      return tight.fails('CreateKey', {}, there)
    },
    MalformedPolicyDocumentException: makes({ Policy: MALFORMED }),
    TagException: makes({ Tags: RESERVED_TAG }),
    UnsupportedOperationException: makes({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }),
    XksKeyAlreadyInUseException: async () => {
      const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: fresh('xks') } as const
      proxy.addKey(input.XksKeyId)
      await t.ok('CreateKey', input)
      return t.fails('CreateKey', input)
    },
    XksKeyInvalidConfigurationException: () => {
      const metadata = { keySpec: 'RSA_2048', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' }
      proxy.misbehaviour.answer = () => ({ status: 200, body: JSON.stringify(metadata) })
      return t.fails('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'unfit' })
    },
    XksKeyNotFoundException: () =>
      t.fails('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: storeId, XksKeyId: 'none' }),
  },
  ReplicateKey: {
    AlreadyExistsException: withMembers('ReplicateKey', { ReplicaRegion: 'us-east-1' }),
    LimitExceededException: async () => {
      const there = { ...ADMIN, region: 'eu-north-1' }
      const KeyId = await makeKey(tight, 'multiRegion', {}, { ...ADMIN, region: 'eu-south-1' })
      for (let made = 0; made < 3; made++) await tight.ok('CreateKey', {}, there)
      return tight.fails('ReplicateKey', { KeyId, ReplicaRegion: 'eu-north-1' }, { ...ADMIN, region: 'eu-south-1' })
    },
    MalformedPolicyDocumentException: withMembers('ReplicateKey', { Policy: MALFORMED }),
    TagException: withMembers('ReplicateKey', { Tags: RESERVED_TAG }),
    UnsupportedOperationException: async () =>
      t.fails('ReplicateKey', { KeyId: await makeKey(t, 'symmetric'), ReplicaRegion: OTHER_REGION }),
  },
  UpdatePrimaryRegion: {
    UnsupportedOperationException: async () =>
      t.fails('UpdatePrimaryRegion', { KeyId: await makeKey(t, 'symmetric'), PrimaryRegion: OTHER_REGION }),
  },
  PutKeyPolicy: {
    LimitExceededException: withMembers('PutKeyPolicy', { Policy: LONG }),
    MalformedPolicyDocumentException: withMembers('PutKeyPolicy', { Policy: MALFORMED }),
    // The policy of an AWS managed key lets nobody change it: only where policies are not asked is there more to say.
    UnsupportedOperationException: async () => {
      const open = await testKms({ mode: 'allowAll' })
      const via = { ...ADMIN, via: 's3.us-east-1.amazonaws.com' }
      const { KeyId } = await open.ok('GenerateDataKey', { KeyId: 'alias/aws/s3', KeySpec: 'AES_256' }, via)
      const answer = await open.fails('PutKeyPolicy', { KeyId, Policy: '{}' })
      await open.kms.close()
      return answer
    },
  },
  EnableKey: { LimitExceededException: 'keys count in every state, so enabling one makes no more of them' },
  TagResource: {
    LimitExceededException: 'too many tags are a TagException, of which the API says the same',
    TagException: withMembers('TagResource', { Tags: RESERVED_TAG }),
  },
  UntagResource: { TagException: withMembers('UntagResource', { TagKeys: ['aws:mine'] }) },
  Decrypt: {
    IncorrectKeyException: async () => {
      const other = await makeKey(t, 'symmetric')
      return withMembers('Decrypt', { KeyId: other })()
    },
    InvalidCiphertextException: withMembers('Decrypt', { EncryptionContext: {} }),
  },
  ReEncrypt: {
    IncorrectKeyException: async () => {
      const other = await makeKey(t, 'symmetric')
      return withMembers('ReEncrypt', { SourceKeyId: other })()
    },
    InvalidCiphertextException: withMembers('ReEncrypt', { SourceEncryptionContext: {} }),
  },
  Decapsulate: { InvalidCiphertextException: withMembers('Decapsulate', { SharedSecretCiphertextBlob: MESSAGE }) },
  Verify: { KMSInvalidSignatureException: withMembers('Verify', { Message: Buffer.from('another message') }) },
  VerifyMac: { KMSInvalidMacException: withMembers('VerifyMac', { Message: Buffer.from('another message') }) },
  GenerateDataKeyPair: { UnsupportedOperationException: withMembers('GenerateDataKeyPair', { KeyPairSpec: 'SM2' }) },
  GenerateDataKeyPairWithoutPlaintext: {
    UnsupportedOperationException: withMembers('GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec: 'SM2' }),
  },
  GenerateRandom: {
    CustomKeyStoreInvalidStateException: NO_CLUSTER,
    CustomKeyStoreNotFoundException: withMembers('GenerateRandom', { CustomKeyStoreId: NO_STORE }),
    UnsupportedOperationException: async () =>
      t.fails('GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId: storeId }),
  },
  GetPublicKey: {
    UnsupportedOperationException: async () => t.fails('GetPublicKey', { KeyId: await makeKey(t, 'symmetric') }),
    InvalidKeyUsageException: 'an asymmetric key of every usage has a public key, and other keys are unsupported',
  },
  GetKeyRotationStatus: {
    UnsupportedOperationException: async () => t.fails('GetKeyRotationStatus', { KeyId: await makeKey(t, 'mac') }),
  },
  ListKeyRotations: {
    UnsupportedOperationException: async () => t.fails('ListKeyRotations', { KeyId: await makeKey(t, 'mac') }),
  },
  EnableKeyRotation: {
    UnsupportedOperationException: async () => t.fails('EnableKeyRotation', { KeyId: await makeKey(t, 'mac') }),
  },
  DisableKeyRotation: {
    UnsupportedOperationException: async () => t.fails('DisableKeyRotation', { KeyId: await makeKey(t, 'mac') }),
  },
  RotateKeyOnDemand: {
    ConflictException: async () => {
      const KeyId = await makeKey(t, 'symmetric')
      await t.ok('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 })
      t.clock.nowMs += 90 * DAY_MS - 60_000
      return t.fails('RotateKeyOnDemand', { KeyId })
    },
    LimitExceededException: async () => {
      const there = { ...ADMIN, region: 'sa-east-1' }
      const KeyId = await makeKey(tight, 'symmetric', {}, there)
      await tight.ok('RotateKeyOnDemand', { KeyId }, there)
      return tight.fails('RotateKeyOnDemand', { KeyId }, there)
    },
    UnsupportedOperationException: async () => t.fails('RotateKeyOnDemand', { KeyId: await makeKey(t, 'mac') }),
  },
  GetParametersForImport: {
    UnsupportedOperationException: async () =>
      t.fails('GetParametersForImport', { KeyId: await makeKey(t, 'symmetric'), ...WRAPPING }),
  },
  DeleteImportedKeyMaterial: {
    KMSInvalidStateException: async () => {
      const slow = await testKms({ transitionMs: 1000 })
      const KeyId = await makeKey(slow, 'external', { MultiRegion: true })
      await importMaterial(slow, KeyId)
      await slow.ok('ReplicateKey', { KeyId, ReplicaRegion: OTHER_REGION })
      const there = KeyId.replace('us-east-1', OTHER_REGION)
      const answer = await slow.fails('DeleteImportedKeyMaterial', { KeyId: there }, ELSEWHERE)
      await slow.kms.close()
      return answer
    },
    UnsupportedOperationException: async () =>
      t.fails('DeleteImportedKeyMaterial', { KeyId: await makeKey(t, 'symmetric') }),
  },
  ImportKeyMaterial: {
    ExpiredImportTokenException: async () => {
      const KeyId = await makeKey(t, 'external')
      const input = await importInput(t, KeyId, Buffer.alloc(32, 1))
      t.clock.nowMs += DAY_MS
      return t.fails('ImportKeyMaterial', input)
    },
    IncorrectKeyMaterialException: async () => {
      const KeyId = await makeKey(t, 'external')
      return t.fails('ImportKeyMaterial', await importInput(t, KeyId, Buffer.alloc(31, 1)))
    },
    InvalidCiphertextException: async () => {
      const KeyId = await makeKey(t, 'external')
      const input = await importInput(t, KeyId, Buffer.alloc(32, 1))
      return t.fails('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: Buffer.alloc(256, 1) })
    },
    InvalidImportTokenException: async () => {
      const [KeyId, other] = [await makeKey(t, 'external'), await makeKey(t, 'external')]
      const input = await importInput(t, other, Buffer.alloc(32, 1))
      return t.fails('ImportKeyMaterial', { ...input, KeyId })
    },
    UnsupportedOperationException: async () => {
      const KeyId = await anExternal()
      return t.fails('ImportKeyMaterial', { ...(await importInput(t, KeyId, MESSAGE)), KeyId: await makeKey(t, 'mac') })
    },
  },
}

const DECLARED = (Object.entries(API_OPERATIONS) as [OperationName, { errors: readonly ErrorCode[] }][]).flatMap(
  ([name, { errors }]) => errors.map((code) => ({ name, code, found: OWN[name]?.[code] ?? common(name, code) })),
)

describe('is answered:', () => {
  for (const { name, code, found } of DECLARED) {
    if (typeof found !== 'function') continue
    test(`${name} ${code}`, async () => {
      expect(await found()).toMatch(new RegExp(`^${code}(?::|$)`))
    })
  }
})

test('every declared error is provoked, or there is a reason why nothing provokes it', () => {
  const open = DECLARED.filter(({ found }) => found === undefined)
  expect(open).toEqual([])
  // No list is as long as that of what the model declares, from which all of this is made.
  expect(DECLARED).toHaveLength(Object.values(API_OPERATIONS).reduce((sum, { errors }) => sum + errors.length, 0))
  const reasons = DECLARED.filter(({ found }) => typeof found === 'string' && found !== NO_CLUSTER)
  const names = (code: ErrorCode): readonly OperationName[] =>
    reasons.filter((each) => each.code === code).map(({ name }) => name)
  const codes = [...new Set(reasons.map(({ code }) => code))]
  expect(Object.fromEntries(codes.map((code) => [code, names(code).toSorted()]))).toEqual({
    InvalidArnException: ['CreateKey'],
    InvalidKeyUsageException: ['GetPublicKey'],
    KMSInvalidStateException: [
      'DeleteAlias',
      'GetKeyPolicy',
      'GetKeyRotationStatus',
      'ListGrants',
      'ListKeyPolicies',
      'ListKeyRotations',
      'PutKeyPolicy',
      'RetireGrant',
      'RevokeGrant',
    ],
    LimitExceededException: ['EnableKey', 'TagResource'],
    NotFoundException: ['ListRetirableGrants'],
    XksProxyVpcEndpointServiceInvalidConfigurationException: ['CreateCustomKeyStore', 'UpdateCustomKeyStore'],
    XksProxyVpcEndpointServiceNotFoundException: ['CreateCustomKeyStore', 'UpdateCustomKeyStore'],
  })
})

test('a connection that the proxy has closed meanwhile is none that cannot be reached', async () => {
  await aStore()
  let broken = 0
  proxy.misbehaviour.answer = (_path, right) => (broken++ === 0 ? 'break' : right.status === 404 ? HEALTHY : undefined)
  const more = { CustomKeyStoreName: fresh('store'), XksProxyUriPath: `/${fresh('p')}/kms/xks/v1` }
  expect(await t.fails('CreateCustomKeyStore', { ...STORE, ...more })).toBe('succeeded')
  expect(broken).toBe(2)
})

test('every operation but those on key stores has a call', () => {
  const called = [...CALLS_WITH_KEY, ...CALLS_ALONE].map(({ name }) => name)
  const all = [...called, ...Object.keys(ON_STORES)]
  expect(all.toSorted()).toEqual(Object.keys(API_OPERATIONS).toSorted())
})
