/**
 * Every operation. The type of the table holds it to the names of the API model: none is missing, and none is declared by
 * halves.
 */
import type { OperationName } from '../aws/operations.js'
import type { Operation } from './operation.js'
import { cancelKeyDeletion } from './operations/cancel-key-deletion.js'
import { connectCustomKeyStore } from './operations/connect-custom-key-store.js'
import { createAlias } from './operations/create-alias.js'
import { createCustomKeyStore } from './operations/create-custom-key-store.js'
import { createGrant } from './operations/create-grant.js'
import { createKey } from './operations/create-key.js'
import { decapsulate } from './operations/decapsulate.js'
import { decrypt } from './operations/decrypt.js'
import { deleteAlias } from './operations/delete-alias.js'
import { deleteCustomKeyStore } from './operations/delete-custom-key-store.js'
import { deleteImportedKeyMaterial } from './operations/delete-imported-key-material.js'
import { deriveSharedSecret } from './operations/derive-shared-secret.js'
import { describeCustomKeyStores } from './operations/describe-custom-key-stores.js'
import { describeKey } from './operations/describe-key.js'
import { disableKeyRotation } from './operations/disable-key-rotation.js'
import { disableKey } from './operations/disable-key.js'
import { disconnectCustomKeyStore } from './operations/disconnect-custom-key-store.js'
import { enableKeyRotation } from './operations/enable-key-rotation.js'
import { enableKey } from './operations/enable-key.js'
import { encapsulate } from './operations/encapsulate.js'
import { encrypt } from './operations/encrypt.js'
import { generateDataKeyPairWithoutPlaintext } from './operations/generate-data-key-pair-without-plaintext.js'
import { generateDataKeyPair } from './operations/generate-data-key-pair.js'
import { generateDataKeyWithoutPlaintext } from './operations/generate-data-key-without-plaintext.js'
import { generateDataKey } from './operations/generate-data-key.js'
import { generateMac } from './operations/generate-mac.js'
import { generateRandom } from './operations/generate-random.js'
import { getKeyLastUsage } from './operations/get-key-last-usage.js'
import { getKeyPolicy } from './operations/get-key-policy.js'
import { getKeyRotationStatus } from './operations/get-key-rotation-status.js'
import { getParametersForImport } from './operations/get-parameters-for-import.js'
import { getPublicKey } from './operations/get-public-key.js'
import { importKeyMaterial } from './operations/import-key-material.js'
import { listAliases } from './operations/list-aliases.js'
import { listGrants } from './operations/list-grants.js'
import { listKeyPolicies } from './operations/list-key-policies.js'
import { listKeyRotations } from './operations/list-key-rotations.js'
import { listKeys } from './operations/list-keys.js'
import { listResourceTags } from './operations/list-resource-tags.js'
import { listRetirableGrants } from './operations/list-retirable-grants.js'
import { putKeyPolicy } from './operations/put-key-policy.js'
import { reEncrypt } from './operations/re-encrypt.js'
import { replicateKey } from './operations/replicate-key.js'
import { retireGrant } from './operations/retire-grant.js'
import { revokeGrant } from './operations/revoke-grant.js'
import { rotateKeyOnDemand } from './operations/rotate-key-on-demand.js'
import { scheduleKeyDeletion } from './operations/schedule-key-deletion.js'
import { sign } from './operations/sign.js'
import { tagResource } from './operations/tag-resource.js'
import { untagResource } from './operations/untag-resource.js'
import { updateAlias } from './operations/update-alias.js'
import { updateCustomKeyStore } from './operations/update-custom-key-store.js'
import { updateKeyDescription } from './operations/update-key-description.js'
import { updatePrimaryRegion } from './operations/update-primary-region.js'
import { verifyMac } from './operations/verify-mac.js'
import { verify } from './operations/verify.js'

export const OPERATIONS: { readonly [N in OperationName]: Operation<N> } = {
  CancelKeyDeletion: cancelKeyDeletion,
  ConnectCustomKeyStore: connectCustomKeyStore,
  CreateAlias: createAlias,
  CreateCustomKeyStore: createCustomKeyStore,
  CreateGrant: createGrant,
  CreateKey: createKey,
  Decapsulate: decapsulate,
  Decrypt: decrypt,
  DeleteAlias: deleteAlias,
  DeleteCustomKeyStore: deleteCustomKeyStore,
  DeleteImportedKeyMaterial: deleteImportedKeyMaterial,
  DeriveSharedSecret: deriveSharedSecret,
  DescribeCustomKeyStores: describeCustomKeyStores,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  DisableKeyRotation: disableKeyRotation,
  DisconnectCustomKeyStore: disconnectCustomKeyStore,
  EnableKey: enableKey,
  EnableKeyRotation: enableKeyRotation,
  Encapsulate: encapsulate,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyPair: generateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext: generateDataKeyPairWithoutPlaintext,
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  GenerateMac: generateMac,
  GenerateRandom: generateRandom,
  GetKeyLastUsage: getKeyLastUsage,
  GetKeyPolicy: getKeyPolicy,
  GetKeyRotationStatus: getKeyRotationStatus,
  GetParametersForImport: getParametersForImport,
  GetPublicKey: getPublicKey,
  ImportKeyMaterial: importKeyMaterial,
  ListAliases: listAliases,
  ListGrants: listGrants,
  ListKeyPolicies: listKeyPolicies,
  ListKeyRotations: listKeyRotations,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  ListRetirableGrants: listRetirableGrants,
  PutKeyPolicy: putKeyPolicy,
  ReEncrypt: reEncrypt,
  ReplicateKey: replicateKey,
  RetireGrant: retireGrant,
  RevokeGrant: revokeGrant,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  Sign: sign,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateCustomKeyStore: updateCustomKeyStore,
  UpdateKeyDescription: updateKeyDescription,
  UpdatePrimaryRegion: updatePrimaryRegion,
  Verify: verify,
  VerifyMac: verifyMac,
}
