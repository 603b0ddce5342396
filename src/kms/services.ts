/**
 * What operations work with besides their request.
 */
import type { AccountDefinition, Authorizer, EndpointDefinition, PrincipalDefinition } from '../explain/authorizer.js'
import type { CustomKeyStores } from './custom-key-stores.js'
import type { Failure } from './failure.js'
import type { Ids } from './ids.js'
import type { Keys } from './keys.js'
import type { Materials } from './materials.js'
import type { Recipient } from './operation.js'
import type { ResourceQuotas } from './quotas.js'
import type { Store } from './store.js'
import type { Tokens } from './token.js'
import type { Uses } from './uses.js'
import type { Result } from '../text/source.js'
import type { KeyCounts } from './key-counts.js'

export interface Services {
  readonly store: Store
  readonly keys: Keys
  readonly materials: Materials
  /** Keys of this store, and the identities that the embedder gave. */
  readonly authorizer: Authorizer
  readonly tokens: Tokens
  readonly ids: Ids
  readonly uses: Uses
  readonly keyCounts: KeyCounts
  readonly customKeyStores: CustomKeyStores
  readonly quotas: ResourceQuotas
  readonly randomBytes: (size: number) => Uint8Array
  readonly isPrincipalKnown: (arn: string) => boolean
  readonly mode: Mode
  /** How long the states Creating and Updating last. */
  readonly transitionMs: number
}

/** `enforce` refuses; `audit` lets through and records what would have been refused; `allowAll` does not ask. */
export type Mode = 'enforce' | 'audit' | 'allowAll'

/** Callers with their policies, accounts and VPC endpoints, to begin with. */
export interface Identities {
  readonly principals?: readonly PrincipalDefinition[]
  readonly accounts?: readonly AccountDefinition[]
  readonly endpoints?: readonly EndpointDefinition[]
}

/** Verifies the attestation document of a `Recipient`. */
export type VerifyRecipient = (document: Uint8Array, nowMs: number) => Result<Recipient, Failure>
