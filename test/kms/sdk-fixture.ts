/** A key service with the AWS SDK on it, in one process, and a proxy for its external key stores. */
import { KMS } from '@aws-sdk/client-kms'
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { inProcess } from '../../src/kms/in-process.js'
import type { KmsInputs } from '../../src/kms/shapes.js'
import { ADMIN, START_MS, testKms, type TestKms } from './test-kms.js'
import { ConformingProxy, CREDENTIAL } from './xks/conforming-proxy.js'

export const MESSAGE = new TextEncoder().encode('a message')
export const ROLE = 'arn:aws:iam::111122223333:role/App'

let proxy: ConformingProxy
beforeAll(async () => {
  proxy = await ConformingProxy.start(() => START_MS)
})
afterAll(() => proxy.stop())

/** A service that a client is connected to, in this process or behind a network. */
export interface OnService {
  readonly sdk: KMS
  readonly clock: { readonly nowMs: number }
  /** The id of a new key. */
  readonly key: (spec?: KmsInputs['CreateKey']) => Promise<string>
  readonly keyStore: () => Promise<string>
}

interface Fixture extends TestKms, Omit<OnService, 'clock'> {}

export async function fixture(options: Parameters<typeof testKms>[0] = {}): Promise<Fixture> {
  const t = await testKms({ xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 }, ...options })
  return { ...t, ...makers(new KMS(inProcess(t.kms, ADMIN))) }
}

export function makers(sdk: KMS): Omit<OnService, 'clock'> {
  return {
    sdk,
    key: async (spec = {}) => (await sdk.createKey(spec as Parameters<KMS['createKey']>[0])).KeyMetadata!.KeyId!,
    keyStore: async () => (await sdk.createCustomKeyStore(KEY_STORE)).CustomKeyStoreId!,
  }
}

export const KEY_STORE = {
  CustomKeyStoreName: 'outside',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE' as const,
  XksProxyUriEndpoint: 'https://localhost',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT' as const,
  XksProxyAuthenticationCredential: {
    AccessKeyId: CREDENTIAL.accessKeyId,
    RawSecretAccessKey: CREDENTIAL.secretAccessKey,
  },
}

export async function grant({ sdk }: Pick<OnService, 'sdk'>, KeyId: string): Promise<string> {
  const made = await sdk.createGrant({
    KeyId,
    GranteePrincipal: ROLE,
    RetiringPrincipal: ADMIN.principal,
    Operations: ['Decrypt'],
  })
  return made.GrantId!
}

export async function importRequest({ sdk, key, clock }: OnService) {
  const KeyId = await key({ Origin: 'EXTERNAL' })
  const { PublicKey, ImportToken } = await sdk.getParametersForImport({
    KeyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  })
  const wrapping = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return {
    KeyId,
    ImportToken: ImportToken!,
    EncryptedKeyMaterial: publicEncrypt({ key: wrapping, ...padding }, randomBytes(32)),
    ValidTo: new Date(clock.nowMs + 86_400_000),
  }
}
