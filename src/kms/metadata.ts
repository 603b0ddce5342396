/**
 * What is told of a key: its `KeyMetadata`.
 *
 * Source: KMS API Reference, "KeyMetadata"; kms-behaviour 6.
 */
import { algorithmsOf } from './key-specs.js'
import type { KeyRecord, MultiRegionRecord } from './records.js'
import { keyArn, type KeyPlace } from './row-names.js'
import type { CustomerMasterKeySpec, KeyMetadata, KeyState, MultiRegionConfiguration } from './shapes.js'

/** @param state - as it is seen now, which a custom key store may have changed. */
export function keyMetadata(place: KeyPlace, record: KeyRecord, state: KeyState = record.state): KeyMetadata {
  const { materials, multiRegion } = record
  const current = materials.findLast((material) => material.state === 'CURRENT')
  const imported = current?.imported?.isPresent === true ? current.imported : undefined
  const showsMaterial =
    record.keySpec === 'SYMMETRIC_DEFAULT' && (record.origin === 'AWS_KMS' || record.origin === 'EXTERNAL')
  return {
    AWSAccountId: place.accountId,
    KeyId: place.keyId,
    Arn: record.arn,
    CreationDate: new Date(record.createdAtMs),
    Enabled: state === 'Enabled',
    Description: record.description,
    KeyUsage: record.keyUsage,
    KeyState: state,
    ...(state === 'PendingDeletion' && record.deletionAtMs !== undefined
      ? { DeletionDate: new Date(record.deletionAtMs) }
      : {}),
    ...(imported === undefined
      ? {}
      : {
          ExpirationModel: imported.expirationModel,
          ...(imported.validToMs === undefined ? {} : { ValidTo: new Date(imported.validToMs) }),
        }),
    Origin: record.origin,
    ...(record.customKeyStoreId === undefined ? {} : { CustomKeyStoreId: record.customKeyStoreId }),
    ...(record.cloudHsmClusterId === undefined ? {} : { CloudHsmClusterId: record.cloudHsmClusterId }),
    ...(record.xksKeyId === undefined ? {} : { XksKeyConfiguration: { Id: record.xksKeyId } }),
    KeyManager: record.keyManager,
    // The older member repeats the spec, also where its enum has no such value.
    CustomerMasterKeySpec: record.keySpec as CustomerMasterKeySpec,
    KeySpec: record.keySpec,
    ...algorithmsOf(record.keySpec, record.keyUsage),
    MultiRegion: multiRegion !== undefined,
    ...(multiRegion === undefined ? {} : { MultiRegionConfiguration: relatedKeys(place, multiRegion) }),
    ...(state === 'PendingReplicaDeletion' && record.pendingWindowInDays !== undefined
      ? { PendingDeletionWindowInDays: record.pendingWindowInDays }
      : {}),
    ...(showsMaterial && current !== undefined ? { CurrentKeyMaterialId: current.materialId } : {}),
  }
}

function relatedKeys(place: KeyPlace, { primaryRegion, replicaRegions }: MultiRegionRecord): MultiRegionConfiguration {
  const keyIn = (region: string): { readonly Arn: string; readonly Region: string } => ({
    Arn: keyArn({ ...place, region }),
    Region: region,
  })
  return {
    MultiRegionKeyType: place.region === primaryRegion ? 'PRIMARY' : 'REPLICA',
    PrimaryKey: keyIn(primaryRegion),
    ReplicaKeys: replicaRegions.map(keyIn),
  }
}
