/**
 * Source: KMS API Reference, "CreateKey"; kms-behaviour 6, 10, 12, 13.
 */
import type { Result } from '../../text/source.js'
import { logged } from '../audit.js'
import { after } from '../awaitable.js'
import { makeInCluster } from '../cluster-key.js'
import type { LoadedKeyStore } from '../custom-key-stores.js'
import { externalKeyFailure } from '../external-key.js'
import { fail, succeed, type Failure } from '../failure.js'
import { newKeyRows, propertiesOf, type NewKey } from '../key-maker.js'
import { checkNewPolicy, defaultKeyPolicy } from '../key-policy.js'
import { KEY_SPECS } from '../key-specs.js'
import { keyMetadata } from '../metadata.js'
import type { Call, Done, Operation } from '../operation.js'
import { putName } from '../records.js'
import { customKeyStoreRow, keyArn, keysOfStorePrefix, type KeyPlace } from '../row-names.js'
import type { CreateKeyInput, KeySpec, KeyUsageType } from '../shapes.js'
import type { Awaitable, Change } from '../store.js'
import { withTags } from '../tags.js'

export const createKey: Operation<'CreateKey'> = {
  name: 'CreateKey',
  targets: [],
  checks: [
    { action: 'kms:CreateKey', on: 'nothing' },
    { action: 'kms:TagResource', on: 'nothing', when: ({ input }) => (input.Tags?.length ?? 0) > 0 },
  ],
  usage: 'none',
  audit: {
    readOnly: false,
    request: {
      Policy: 'logged',
      Description: 'logged',
      KeyUsage: 'logged',
      CustomerMasterKeySpec: 'logged',
      KeySpec: 'logged',
      Origin: 'logged',
      CustomKeyStoreId: 'logged',
      BypassPolicyLockoutSafetyCheck: 'logged',
      Tags: 'logged',
      MultiRegion: 'logged',
      XksKeyId: 'logged',
    },
    response: 'told',
  },
  run,
}

function run(call: Call<'CreateKey'>): Awaitable<Result<Done<'CreateKey'>, Failure>> {
  const { services, region } = call
  const { accountId } = call.caller
  if (accountId === undefined) return fail('ValidationException', 'The caller has no account to create a key in.')
  const kind = kindOf(call.input, region)
  if (!kind.ok) return kind
  const key = newKeyOf(call, kind.value)
  if (!key.ok) return key
  const keyId = key.value.multiRegion === undefined ? services.ids.uuid() : `mrk-${services.ids.hex(16)}`
  const place = { accountId, region, keyId }
  const { Policy: given, BypassPolicyLockoutSafetyCheck: bypasses } = call.input
  if (given !== undefined) {
    const checked = checkNewPolicy(call, {
      keyArn: keyArn(place),
      properties: propertiesOf(key.value, region),
      text: given,
      bypassesLockoutCheck: bypasses === true,
    })
    if (!checked.ok) return checked
  }
  return after(services.keyCounts.hasRoom(accountId, region, services.quotas.keysPerRegion), (hasRoom) =>
    hasRoom
      ? after(inKeyStore(call, key.value, keyId), (kept) =>
          kept.ok ? make(call, place, kept.value, given ?? defaultKeyPolicy(accountId, region)) : kept,
        )
      : fail('LimitExceededException', `There are ${services.quotas.keysPerRegion} keys in this Region already.`),
  )
}

function make(
  { services, nowMs }: Call<'CreateKey'>,
  place: KeyPlace,
  { key, changes: further }: Kept,
  policy: string,
): Awaitable<Result<Done<'CreateKey'>, Failure>> {
  // A key of an external key store has material of KMS as well.
  const isElsewhere = key.origin === 'EXTERNAL' || key.origin === 'AWS_CLOUDHSM'
  const material = isElsewhere ? succeed(undefined) : services.materials.generate(place, key.keySpec)
  return after(material, (made) => {
    if (!made.ok) return made
    const { record, changes } = newKeyRows(place, key, policy, made.value, nowMs)
    const metadata = keyMetadata(place, record)
    return succeed({
      output: { KeyMetadata: metadata },
      changes: [...changes, ...further],
      committed: () => {
        services.keyCounts.changed(place.accountId, place.region, 1)
      },
      audit: { response: { keyMetadata: logged(metadata) }, keyArns: [record.arn] },
    })
  })
}

/** A new key, and what the key store that it is in has to be told of it. */
interface Kept {
  readonly key: NewKey
  readonly changes: readonly Change[]
}

function inKeyStore(call: Call<'CreateKey'>, key: NewKey, keyId: string): Awaitable<Result<Kept, Failure>> {
  const { customKeyStoreId, origin } = key
  if (customKeyStoreId === undefined) return succeed({ key, changes: [] })
  const { caller, region, services } = call
  return after(services.customKeyStores.find(caller.accountId, region, customKeyStoreId), (found) => {
    if (!found.ok) return found
    const { record, place, version } = found.value
    const isOfType = (record.type === 'EXTERNAL_KEY_STORE') === (origin === 'EXTERNAL_KEY_STORE')
    if (!isOfType) return invalid(`A key of origin ${origin} cannot be made in a key store of type ${record.type}.`)
    if (record.connectionState !== 'CONNECTED') {
      return fail('CustomKeyStoreInvalidStateException', `The custom key store ${customKeyStoreId} is not connected.`)
    }
    const kept =
      record.type === 'AWS_CLOUDHSM' ? inCluster(call, found.value, key, keyId) : onExternal(call, found.value, key)
    // A store that is disconnected or deleted meanwhile gets no key.
    const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
    const unchanged: Change = { kind: 'check', name, expect: { version } }
    return after(kept, (made) =>
      made.ok ? succeed({ key: made.value.key, changes: [unchanged, ...made.value.changes] }) : made,
    )
  })
}

async function inCluster(
  call: Call<'CreateKey'>,
  store: LoadedKeyStore,
  key: NewKey,
  keyId: string,
): Promise<Result<Kept, Failure>> {
  const materialId = call.services.ids.hex(32)
  const made = await makeInCluster(call, store, keyId, materialId)
  if (!made.ok) return made
  const { cloudHsmClusterId = '' } = store.record
  return succeed({
    key: { ...key, cloudHsmClusterId, materials: [{ materialId, state: 'CURRENT', createdAtMs: call.nowMs }] },
    changes: [putName(keysOfStorePrefix(store.place) + keyId, 'absent'), ...made.value],
  })
}

function onExternal(call: Call<'CreateKey'>, store: LoadedKeyStore, key: NewKey): Awaitable<Result<Kept, Failure>> {
  const { xksKeyId } = key
  if (xksKeyId === undefined) return invalid('XksKeyId is required for a key of origin EXTERNAL_KEY_STORE.')
  const name = keysOfStorePrefix(store.place) + xksKeyId
  return after(call.services.store.get(name), (row) => {
    if (row !== undefined) return fail('XksKeyAlreadyInUseException', `The external key ${xksKeyId} is in use already.`)
    return after(externalKeyFailure(call, store, xksKeyId), (failure) =>
      failure === undefined ? succeed({ key, changes: [putName(name, 'absent')] }) : { ok: false, error: failure },
    )
  })
}

// ------------------------------------------------------------------------------------------------------ what is wanted

interface KeyKind {
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsageType
}

function kindOf(
  { KeySpec, CustomerMasterKeySpec, KeyUsage }: CreateKeyInput,
  region: string,
): Result<KeyKind, Failure> {
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined) {
    return invalid('You cannot specify KeySpec and CustomerMasterKeySpec in the same request.')
  }
  const keySpec = KeySpec ?? CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  if (KeyUsage === undefined && keySpec !== 'SYMMETRIC_DEFAULT') {
    return invalid('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.')
  }
  const keyUsage = KeyUsage ?? 'ENCRYPT_DECRYPT'
  if (!KEY_SPECS[keySpec].usages.includes(keyUsage)) {
    return invalid(`KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`)
  }
  const isChinese = region.startsWith('cn-')
  if ((keySpec === 'SM2') !== isChinese && (keySpec === 'SM2' || keySpec.startsWith('ML_KEM_'))) {
    return fail('UnsupportedOperationException', `KeySpec ${keySpec} is not supported in this Region.`)
  }
  return succeed({ keySpec, keyUsage })
}

function newKeyOf(
  { input, services, region }: Call<'CreateKey'>,
  { keySpec, keyUsage }: KeyKind,
): Result<NewKey, Failure> {
  const origin = input.Origin ?? 'AWS_KMS'
  const isCustom = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE'
  if (!isCustom && input.CustomKeyStoreId !== undefined) {
    return invalid(`CustomKeyStoreId is not valid for a key of origin ${origin}.`)
  }
  if (origin !== 'EXTERNAL_KEY_STORE' && input.XksKeyId !== undefined) {
    return invalid('XksKeyId is valid for keys of origin EXTERNAL_KEY_STORE only.')
  }
  if (isCustom && input.CustomKeyStoreId === undefined) {
    return invalid(`CustomKeyStoreId is required for a key of origin ${origin}.`)
  }
  if (isCustom && (keySpec !== 'SYMMETRIC_DEFAULT' || input.MultiRegion === true)) {
    return fail('UnsupportedOperationException', 'Custom key stores hold symmetric encryption keys of one Region only.')
  }
  const tags = withTags([], input.Tags ?? [], services.quotas.tagsPerKey)
  if (!tags.ok) return tags
  return succeed({
    keySpec,
    keyUsage,
    origin,
    keyManager: 'CUSTOMER',
    state: origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
    description: input.Description ?? '',
    tags: tags.value,
    ...(input.MultiRegion === true ? { multiRegion: { primaryRegion: region, replicaRegions: [] } } : {}),
    ...(input.CustomKeyStoreId === undefined ? {} : { customKeyStoreId: input.CustomKeyStoreId }),
    ...(input.XksKeyId === undefined ? {} : { xksKeyId: input.XksKeyId }),
  })
}

function invalid(message: string): { readonly ok: false; readonly error: Failure } {
  return fail('ValidationException', message)
}
