/**
 * What an operation is: its keys, the permissions it asks for, the key states it accepts, what of it is audited, and the
 * function that does the work. None of it can be left out.
 *
 * Names, members, limits and errors of an operation are those of the API model, `aws/operations.ts`.
 */
import type { KmsActionName } from '../aws/actions.js'
import type { KeyForms, OperationName } from '../aws/operations.js'
import type { RequestDetails } from '../decide/facts.js'
import type { RequestContext } from '../decide/values.js'
import type { Result } from '../text/source.js'
import type { AuditRecord } from './audit-record.js'
import type { CallerFrame } from './caller.js'
import type { CiphertextBlob } from './crypto/blob.js'
import type { Failure } from './failure.js'
import type { StateRow } from './key-state.js'
import type { LoadedKey } from './loaded-key.js'
import type { Services } from './services.js'
import type { KeyLastUsageTrackingOperation, KmsInputs, KmsOutputs } from './shapes.js'
import type { Awaitable, Change } from './store.js'

/** Which key of a request. */
export type Role = 'key' | 'source' | 'destination' | 'current' | 'new' | 'primary' | 'replica'

type MemberOf<N extends OperationName> = Extract<keyof KmsInputs[N], string>

/** How a key of the request is found, and in which states the operation takes it. */
export type Target<N extends OperationName> = { readonly role: Role; readonly states: StateRow } & (
  | { readonly find: 'named'; readonly member: MemberOf<N>; readonly forms: KeyForms }
  /** By a ciphertext, and by a member that may name the key as well. */
  | {
      readonly find: 'ciphertext'
      readonly member: MemberOf<N>
      readonly blob: MemberOf<N>
      readonly algorithm: MemberOf<N>
    }
  /** By something else: the alias that points to it, a grant token. */
  | { readonly find: 'otherwise'; readonly lookUp: (call: Call<N>) => Awaitable<Result<LoadedKey, Failure>> }
)

/** One permission on one resource; every check of an operation has to allow. */
export interface Check<N extends OperationName> {
  readonly action: KmsActionName
  /** The key of that role, nothing, or the ARN of something else: an alias, a retiring principal. */
  readonly on: Role | 'nothing' | ((call: Call<N>) => string | undefined)
  /** Made only for such calls; always when left out. */
  readonly when?: (call: Call<N>) => boolean
  /** What the check sees besides the caller, the input, the grant tokens and the encryption context of the input. */
  readonly details?: (call: Call<N>) => CheckDetails
}

export interface CheckDetails extends Omit<RequestDetails, 'time' | 'via'> {
  readonly context?: RequestContext
}

export interface AuditShape<N extends OperationName> {
  readonly readOnly: boolean
  /** Which members of the input stand in the record: never plaintext, ciphertext, messages, MACs, passwords or tokens. */
  readonly request: { readonly [M in keyof Required<KmsInputs[N]>]: 'logged' | 'hidden' }
  /** Logged where the request leaves them out. */
  readonly defaults?: Partial<KmsInputs[N]>
  /**
   * What stands in `responseElements`: nothing, the ARN of the key as `keyId`, or what `run` says in `audit.response`.
   */
  readonly response: 'nothing' | 'keyArn' | 'told'
}

export interface Operation<N extends OperationName> {
  readonly name: N
  /** In the order of `Call.keys`. */
  readonly targets: readonly Target<N>[]
  readonly checks: readonly [Check<N>, ...Check<N>[]]
  readonly audit: AuditShape<N>
  /** As what the use of its keys is remembered; `none` where the operation is not cryptographic. */
  readonly usage: KeyLastUsageTrackingOperation | 'none'
  /**
   * Does the work: the caller may, and the keys are in states that the operation accepts. Changes nothing itself: it
   * answers the changes, and may be asked again when somebody else has changed the same rows meanwhile.
   */
  readonly run: (call: Call<N>) => Awaitable<Result<Done<N>, Failure>>
}

/** What an operation has done. */
export interface Done<N extends OperationName> {
  readonly output: KmsOutputs[N]
  /** Committed all together with the audit records, before the answer. */
  readonly changes?: readonly Change[]
  readonly audit?: DoneAudit
  /** Called once the changes are committed. */
  readonly committed?: () => void
  /** Further audit records: what the service did by itself, or in another Region. */
  readonly events?: readonly AuditRecord[]
}

export interface DoneAudit {
  readonly response?: Readonly<Record<string, unknown>>
  /** On top of what the input says. */
  readonly request?: Readonly<Record<string, unknown>>
  readonly additionalEventData?: Readonly<Record<string, unknown>>
  /** Keys that the operation is about and that the request did not name. */
  readonly keyArns?: readonly string[]
}

/** One request on its way. */
export interface Call<N extends OperationName = OperationName> {
  readonly operation: { readonly name: N }
  readonly input: KmsInputs[N]
  readonly caller: CallerFrame
  readonly region: string
  readonly nowMs: number
  readonly requestId: string
  readonly eventId: string
  /** One for every target of the operation. */
  readonly keys: readonly LoadedKey[]
  /** The first of `keys`; asking for it without any is a bug. */
  readonly key: LoadedKey
  /** One for every target; of those that a ciphertext names, what it says of itself. */
  readonly ciphertexts: readonly (CiphertextBlob | undefined)[]
  /** The ids of the grants whose tokens were sent. */
  readonly grantIds: readonly string[]
  /** Only asked whether it would succeed: `run` may stop before the work and answer `DRY_RUN`. */
  readonly isDryRun: boolean
  /** What a verified attestation document of `Recipient` says. */
  readonly recipient: Recipient | undefined
  readonly services: Services
}

/** Whom an answer is sealed to. */
export interface Recipient {
  /** The condition keys that its document sets. */
  readonly context: Readonly<Record<string, string>>
  readonly audit: Readonly<Record<string, unknown>>
  seal(plaintext: Uint8Array): Uint8Array
}

/** Fails a dry run at the point at which everything is checked. */
export const DRY_RUN: { readonly ok: false; readonly error: Failure } = {
  ok: false,
  error: {
    code: 'DryRunOperationException',
    message: 'The request would have succeeded, but the DryRun option is set.',
  },
}
