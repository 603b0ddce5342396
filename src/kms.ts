/**
 * The key management service as a library, `keyward/kms`, and nothing else. An entry of its own, so that whoever only asks
 * for decisions loads none of it.
 */

// The engine
export { createKms, type Kms, type KmsOptions } from './kms/engine.js'
export { KmsError, type Failure } from './kms/failure.js'
export { inProcess, type InProcessSettings } from './kms/in-process.js'
export { answerRequest, type WireAnswer, type WireRequest } from './kms/aws-json.js'
export { SlowPool, type SlowPoolOptions } from './kms/crypto/slow.js'
export type { Answer } from './kms/pipeline.js'
export type { Denied } from './kms/authorize.js'
export type { AuditIdentity, AuditRecord, AuditResource } from './kms/audit-record.js'
export type { RateQuotas, ResourceQuotas } from './kms/quotas.js'
export type { OperationName, ErrorCode } from './aws/operations.js'
export type * from './kms/shapes.js'

// Who calls
export type { KmsCaller } from './kms/caller.js'
export type { Identities, Mode } from './kms/services.js'
export type { IdentityChanges } from './kms/identity-world.js'
export { identitiesOfWorld } from './kms/world-identities.js'
export { loadWorld, type LoadFailure } from './source/world/load-world.js'
export type { World } from './source/world/world.js'

// Root keys
export { openKeyring, type Keyring, type KeyringOptions } from './kms/keyring/keyring.js'
export { KeyringError } from './kms/keyring/keyring-error.js'
export { initRootKey, type RootKeySource } from './kms/keyring/root-key-source.js'

// Stores
export { createMemoryStore, type MemoryStoreOptions } from './store/memory.js'
export { openSqliteStore, type SqliteStoreOptions } from './store/sqlite.js'
export { openPostgresStore, type PostgresStoreOptions } from './store/postgres.js'
export { restoreBackup, writeBackup, type BackupOptions, type RestoreOptions } from './store/backup.js'
export { BackupError } from './store/backup-file.js'
export { StoreError, type Store } from './kms/store.js'

// Custom key stores
export type { CloudHsmCluster, CloudHsmClusterMap } from './kms/cloudhsm/clusters.js'

// Attestation
export { attestedRecipients, type AttestationOptions } from './kms/attestation/recipient.js'
export type { VerifyRecipient } from './kms/services.js'
