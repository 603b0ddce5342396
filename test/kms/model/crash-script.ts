/**
 * What callers do, step by step, while their process is killed: every operation that writes. Each lap is about a key or a
 * key store of its own; what is seen of it, and which records there are, follows from how many steps were done.
 */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import type { OperationName } from '../../../src/aws/operations.js'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { Kms } from '../../../src/kms/engine.js'
import type { KmsInputs, KmsOutputs } from '../../../src/kms/shapes.js'
import { CREDENTIAL } from '../xks/conforming-proxy.js'

const ACCOUNT = '111122223333'
export const ADMIN: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/admin` }
const REPLICA_REGION = 'eu-west-1'
const THERE: KmsCaller = { ...ADMIN, region: REPLICA_REGION }
export const IDENTITIES = {
  principals: [
    {
      arn: ADMIN.principal,
      policies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
    },
  ],
} as const

export const FLAVOURS = ['multiRegion', 'external', 'keyStore'] as const
export type Flavour = (typeof FLAVOURS)[number]

/** `<process>-<caller>-<lap>`, as the program says. */
export function flavourOf(lap: string): Flavour {
  const caller = Number(lap.split('-')[1]) % 4
  return caller === 0 ? 'external' : caller === 1 ? 'keyStore' : 'multiRegion'
}

/** When an imported key loses its material: before anybody looks at what has become due. */
const VALID_MS = 30 * 86_400_000
/** Deletions, rotations and expiries of all laps are due by then. */
export const LATER_MS = 100 * 86_400_000

/** What a lap knows by now. */
interface Lap {
  readonly kms: Kms
  /** The lap's name, in its aliases, in a tag of its key, and of its key store. */
  readonly name: string
  readonly flavour: Flavour
  keyId: string
  storeId: string
  grants: string[]
  token: string
  imported: KmsInputs['ImportKeyMaterial'] | undefined
}

interface Step {
  readonly operation: OperationName
  readonly take: (lap: Lap) => Promise<unknown>
}

function step<N extends OperationName>(
  name: N,
  input: (lap: Lap) => KmsInputs[N],
  done: (lap: Lap, output: KmsOutputs[N]) => void = () => undefined,
  caller = ADMIN,
): Step {
  return { operation: name, take: async (lap) => done(lap, await lap.kms.call(name, input(lap), caller)) }
}

const GRANT = ({ keyId: KeyId }: Lap): KmsInputs['CreateGrant'] => ({
  KeyId,
  GranteePrincipal: ADMIN.principal,
  RetiringPrincipal: ADMIN.principal,
  Operations: ['Encrypt'],
})

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/other` }, Action: 'kms:Encrypt', Resource: '*' },
  ],
})

const granted = (lap: Lap, { GrantId, GrantToken }: KmsOutputs['CreateGrant']): void => {
  lap.grants.push(GrantId!)
  lap.token = GrantToken!
}

const MANAGEMENT: readonly Step[] = [
  step('CreateAlias', ({ name, keyId }) => ({ AliasName: `alias/${name}`, TargetKeyId: keyId })),
  step('CreateAlias', ({ name, keyId }) => ({ AliasName: `alias/${name}-second`, TargetKeyId: keyId })),
  step('UpdateAlias', ({ name, keyId }) => ({ AliasName: `alias/${name}-second`, TargetKeyId: keyId })),
  step('TagResource', ({ keyId: KeyId }) => ({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'blue' }] })),
  step('UpdateKeyDescription', ({ keyId: KeyId }) => ({ KeyId, Description: 'described' })),
  step('PutKeyPolicy', ({ keyId: KeyId }) => ({ KeyId, Policy: POLICY })),
  step('CreateGrant', GRANT, granted),
  step('CreateGrant', GRANT, granted),
  step('CreateGrant', GRANT, granted),
  step('RevokeGrant', ({ keyId: KeyId, grants }) => ({ KeyId, GrantId: grants[0]! })),
  step('RetireGrant', ({ token: GrantToken }) => ({ GrantToken })),
  step('GenerateDataKey', ({ keyId: KeyId }) => ({ KeyId, KeySpec: 'AES_256' })),
  step('UntagResource', ({ keyId: KeyId }) => ({ KeyId, TagKeys: ['team'] })),
  step('DisableKey', ({ keyId: KeyId }) => ({ KeyId })),
  step('EnableKey', ({ keyId: KeyId }) => ({ KeyId })),
]

const ENDING: readonly Step[] = [
  step('DeleteAlias', ({ name }) => ({ AliasName: `alias/${name}-second` })),
  step('ScheduleKeyDeletion', ({ keyId: KeyId }) => ({ KeyId, PendingWindowInDays: 7 })),
  step('CancelKeyDeletion', ({ keyId: KeyId }) => ({ KeyId })),
  step('ScheduleKeyDeletion', ({ keyId: KeyId }) => ({ KeyId, PendingWindowInDays: 9 })),
]

const made = (lap: Lap, { KeyMetadata }: KmsOutputs['CreateKey']): void => {
  lap.keyId = KeyMetadata!.KeyId!
}
const storeMade = (lap: Lap, { CustomKeyStoreId }: KmsOutputs['CreateCustomKeyStore']): void => {
  lap.storeId = CustomKeyStoreId!
}
const ofStore = ({ storeId: CustomKeyStoreId }: Lap) => ({ CustomKeyStoreId })
const tagOf = ({ name }: Lap) => ({ Tags: [{ TagKey: 'lap', TagValue: name }] })

export const SCRIPTS: Readonly<Record<Flavour, readonly Step[]>> = {
  multiRegion: [
    step('CreateKey', (lap) => ({ MultiRegion: true, ...tagOf(lap) }), made),
    ...MANAGEMENT,
    step('EnableKeyRotation', ({ keyId: KeyId }) => ({ KeyId, RotationPeriodInDays: 90 })),
    step('RotateKeyOnDemand', ({ keyId: KeyId }) => ({ KeyId })),
    step('ReplicateKey', (lap) => ({ KeyId: lap.keyId, ReplicaRegion: REPLICA_REGION, ...tagOf(lap) })),
    step('RotateKeyOnDemand', ({ keyId: KeyId }) => ({ KeyId })),
    step('DisableKeyRotation', ({ keyId: KeyId }) => ({ KeyId })),
    step('UpdatePrimaryRegion', ({ keyId: KeyId }) => ({ KeyId, PrimaryRegion: REPLICA_REGION })),
    step('DescribeKey', ({ keyId: KeyId }) => ({ KeyId }), undefined, THERE),
    ...ENDING,
  ],
  external: [
    step('CreateKey', (lap) => ({ Origin: 'EXTERNAL', ...tagOf(lap) }), made),
    step(
      'GetParametersForImport',
      ({ keyId: KeyId }) => ({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }),
      (lap, { PublicKey, ImportToken }) => {
        const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
        const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
        lap.imported = {
          KeyId: lap.keyId,
          ImportToken: ImportToken!,
          EncryptedKeyMaterial: publicEncrypt(oaep, Buffer.alloc(32, 5)),
          ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        }
      },
    ),
    step('ImportKeyMaterial', ({ imported }) => imported!),
    ...MANAGEMENT,
    step('DeleteImportedKeyMaterial', ({ keyId: KeyId }) => ({ KeyId })),
    step('ImportKeyMaterial', ({ imported }) => ({
      ...imported!,
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: new Date(Date.now() + VALID_MS),
    })),
    ...ENDING,
  ],
  keyStore: [
    step(
      'CreateCustomKeyStore',
      ({ name }) => ({
        CustomKeyStoreName: name,
        CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
        XksProxyUriEndpoint: 'https://localhost',
        XksProxyUriPath: `/${name}/kms/xks/v1`,
        XksProxyConnectivity: 'PUBLIC_ENDPOINT',
        XksProxyAuthenticationCredential: {
          AccessKeyId: CREDENTIAL.accessKeyId,
          RawSecretAccessKey: CREDENTIAL.secretAccessKey,
        },
      }),
      storeMade,
    ),
    step('UpdateCustomKeyStore', (lap) => ({ ...ofStore(lap), NewCustomKeyStoreName: `${lap.name} renamed` })),
    step('ConnectCustomKeyStore', ofStore),
    step('UpdateCustomKeyStore', (lap) => ({ ...ofStore(lap), XksProxyUriPath: `/${lap.name}/new/kms/xks/v1` })),
    step('DisconnectCustomKeyStore', ofStore),
    step('ConnectCustomKeyStore', ofStore),
    step('DisconnectCustomKeyStore', ofStore),
    step('DeleteCustomKeyStore', ofStore),
  ],
}

/** Every operation that is done at least once. */
export const WRITTEN: ReadonlySet<string> = new Set(
  Object.values(SCRIPTS).flatMap((steps) => steps.map(({ operation }) => operation)),
)

/** Does a whole lap; tells the number of each step right after its acknowledgement. */
export async function runLap(
  kms: Kms,
  name: string,
  flavour: Flavour,
  acknowledged: (step: number) => void | Promise<void>,
): Promise<void> {
  const lap: Lap = { kms, name, flavour, keyId: '', storeId: '', grants: [], token: '', imported: undefined }
  let number = 0
  for (const each of SCRIPTS[flavour]) {
    await each.take(lap)
    await acknowledged(++number)
  }
}

// -------------------------------------------------------------------------------------------------------- what is seen

/** What is seen of a key or a key store, without what is never the same twice. */
export function observe(kms: Kms, id: string): Promise<string> {
  return id.startsWith('cks-') ? observeStore(kms, id) : observeKey(kms, id)
}

async function observeStore(kms: Kms, CustomKeyStoreId: string): Promise<string> {
  const found = await kms.attempt('DescribeCustomKeyStores', { CustomKeyStoreId }, ADMIN)
  if (!found.ok) return found.error.code
  const [store] = found.value.CustomKeyStores ?? []
  const { CustomKeyStoreName = '', ConnectionState, XksProxyConfiguration } = store ?? {}
  const isAtNewPath = XksProxyConfiguration?.UriPath?.includes('/new/')
  return JSON.stringify([CustomKeyStoreName.endsWith(' renamed'), ConnectionState, isAtNewPath])
}

/** In both Regions. */
async function observeKey(kms: Kms, keyId: string): Promise<string> {
  const seen: unknown[] = []
  for (const caller of [ADMIN, THERE]) {
    const found = await kms.attempt('DescribeKey', { KeyId: keyId }, caller)
    if (!found.ok) {
      seen.push(found.error.code)
      continue
    }
    const input = { KeyId: keyId }
    const metadata = found.value.KeyMetadata
    const status = await kms.attempt('GetKeyRotationStatus', input, caller)
    const rotations = await kms.call('ListKeyRotations', { ...input, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }, caller)
    const { Aliases = [] } = await kms.call('ListAliases', input, caller)
    const { Grants = [] } = await kms.call('ListGrants', input, caller)
    const { Tags = [] } = await kms.call('ListResourceTags', input, caller)
    seen.push({
      state: metadata?.KeyState,
      description: metadata?.Description,
      window: metadata?.PendingDeletionWindowInDays,
      primary: metadata?.MultiRegionConfiguration?.PrimaryKey?.Region,
      replicas: metadata?.MultiRegionConfiguration?.ReplicaKeys?.map(({ Region }) => Region),
      rotates: status.ok ? status.value.KeyRotationEnabled : status.error.code,
      materials: rotations.Rotations?.map(({ KeyMaterialState, ImportState }) => [KeyMaterialState, ImportState]),
      aliases: Aliases.map(({ AliasName }) => String(AliasName?.endsWith('-second'))).toSorted(),
      grants: Grants.length,
      tags: Tags.map(({ TagKey }) => TagKey),
      policy: (await kms.call('GetKeyPolicy', input, caller)).Policy === POLICY,
    })
  }
  return JSON.stringify(seen)
}

/** The id of what a lap is about, by the lap's name, from the records of its first step. */
export function idsOfLaps(records: readonly AuditRecord[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>()
  for (const { eventName, errorCode, requestParameters, responseElements, resources = [] } of records) {
    if (errorCode !== undefined) continue
    if (eventName === 'CreateCustomKeyStore') {
      ids.set(String(requestParameters?.['customKeyStoreName']), String(responseElements?.['customKeyStoreId']))
    } else if (eventName === 'CreateKey') {
      const tags = (requestParameters?.['tags'] ?? []) as readonly {
        readonly tagKey: string
        readonly tagValue: string
      }[]
      const lap = tags.find(({ tagKey }) => tagKey === 'lap')?.tagValue
      if (lap !== undefined) ids.set(lap, keyIdOf(resources[0]?.ARN ?? ''))
    }
  }
  return ids
}

export function keyIdOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1)
}

/** By the id of a key or a key store: the successes among its records, in their order, without those of reading. */
export function eventsById(records: readonly AuditRecord[]): ReadonlyMap<string, readonly string[]> {
  const byId = new Map<string, string[]>()
  for (const { eventName, awsRegion, readOnly, errorCode, resources = [], ...record } of records) {
    if (errorCode !== undefined || (readOnly && eventName !== 'GenerateDataKey')) continue
    const ids = new Set(resources.map(({ ARN }) => keyIdOf(ARN)))
    const storeId =
      (record.requestParameters ?? {})['customKeyStoreId'] ?? record.responseElements?.['customKeyStoreId']
    if (typeof storeId === 'string') ids.add(storeId)
    for (const id of ids) {
      const events = byId.get(id) ?? []
      events.push(`${eventName} ${awsRegion}`)
      byId.set(id, events)
    }
  }
  return byId
}
