/** CloudHSM clusters on tokens of SoftHSM, and engines that know them: for the tests of key stores and of their keys. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { CloudHsmCluster } from '../../../src/kms/cloudhsm/clusters.js'
import type { CustomKeyStoresListEntry, KmsInputs, KmsOutputs } from '../../../src/kms/shapes.js'
import { issue } from '../attestation/authority.js'
import { keyId, START_MS, testKms, type TestKms } from '../test-kms.js'
import { LIBRARY, softHsm, type SoftHsm } from './soft-hsm.js'

export const PASSWORD = 'kmsPassword1'
export const CLUSTER = 'cluster-abcdefghijk'
export const COPY = 'cluster-copyabcdefg'
export const FOREIGN = 'cluster-foreignabcd'
export const AWAY = 'cluster-awayabcdefg'
export const THEIRS = 'cluster-theirsabcde'
export const DAY_MS = 86_400_000

export function certificate(name: string): string {
  const { der } = issue({ name, isCa: true, fromMs: START_MS - DAY_MS, toMs: START_MS + 365 * DAY_MS })
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

export const ANCHOR = certificate('customerCA')
export const at = (token: string, more: Partial<CloudHsmCluster> = {}): CloudHsmCluster => ({
  library: LIBRARY,
  token,
  trustAnchorCertificate: ANCHOR,
  ...more,
})
export const CLUSTERS = {
  [CLUSTER]: at('main'),
  [COPY]: at('copy'),
  [FOREIGN]: at('copy', { trustAnchorCertificate: certificate('anotherCA') }),
  [AWAY]: at('nothing of that name'),
  [THEIRS]: at('main', { accountId: '444455556666', region: 'eu-west-1' }),
}
export const STORE = {
  CustomKeyStoreName: 'inside',
  CloudHsmClusterId: CLUSTER,
  KeyStorePassword: PASSWORD,
  TrustAnchorCertificate: ANCHOR,
} as const satisfies KmsInputs['CreateCustomKeyStore']

export const warnings: string[] = []

export function engine(options: Parameters<typeof testKms>[0] = {}): Promise<TestKms> {
  const onWarning = (message: string): void => void warnings.push(message)
  return testKms({ cloudHsmClusters: CLUSTERS, onWarning, ...options })
}

export interface Bench {
  /** The engine of the running test. */
  readonly t: TestKms
  readonly aStore: (change?: Partial<KmsInputs['CreateCustomKeyStore']>) => Promise<string>
  readonly connected: () => Promise<string>
  readonly withKey: () => Promise<{
    readonly CustomKeyStoreId: string
    readonly KeyId: string
    readonly created: KmsOutputs['CreateKey']
  }>
  readonly described: (CustomKeyStoreId: string) => Promise<CustomKeyStoresListEntry | undefined>
}

/** An engine for every test of a suite, and tokens for all of it. */
export function bench(): Bench {
  let hsm: SoftHsm
  let t: TestKms
  beforeAll(() => {
    hsm = softHsm()
    for (const label of ['main', 'copy']) hsm.addToken(label, PASSWORD)
  })
  afterAll(() => {
    hsm.remove()
  })
  beforeEach(async () => {
    warnings.length = 0
    t = await engine()
    return () => t.kms.close()
  })

  const aStore: Bench['aStore'] = async (change = {}) => {
    return (await t.ok('CreateCustomKeyStore', { ...STORE, ...change })).CustomKeyStoreId!
  }
  const connected: Bench['connected'] = async () => {
    const CustomKeyStoreId = await aStore()
    await t.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    return CustomKeyStoreId
  }
  return {
    get t() {
      return t
    },
    aStore,
    connected,
    withKey: async () => {
      const CustomKeyStoreId = await connected()
      const created = await t.ok('CreateKey', { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })
      return { CustomKeyStoreId, KeyId: keyId(created), created }
    },
    described: async (CustomKeyStoreId) =>
      (await t.ok('DescribeCustomKeyStores', { CustomKeyStoreId })).CustomKeyStores?.[0],
  }
}
