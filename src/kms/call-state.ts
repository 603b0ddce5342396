/**
 * One request on its way through the pipeline.
 */
import type { OperationName } from '../aws/operations.js'
import type { BoundGate } from '../explain/authorizer.js'
import type { AuditPlan, AuditedRequest } from './audit.js'
import { resourceOf } from './audit.js'
import type { CallerFrame } from './caller.js'
import type { CiphertextBlob } from './crypto/blob.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call, Operation, Recipient } from './operation.js'
import type { Services } from './services.js'
import type { KmsInputs } from './shapes.js'

/** A key that a caller has named before, in this way. */
export interface FoundKey {
  readonly key: LoadedKey
  /** As the request named it; undefined where a ciphertext did. */
  readonly namedAs: string | undefined
  /** The aliases that were there when it was found by one; undefined where it was found by its id. */
  readonly aliasVersion: number | undefined
  gate: BoundGate | undefined
  uses: number
  /** Of `LoadedKey.changes`, when the key was last authorized. */
  changesSeen: number
}

/** A caller with the keys that it uses. */
export interface CallerState {
  readonly frame: CallerFrame
  /** Of the identities from which the frame was made. */
  readonly version: number
  readonly found: Map<string, FoundKey>
}

export class CallState<N extends OperationName> implements Call<N> {
  // Most requests have one key: a list that is made with it takes no room for more.
  keys: readonly LoadedKey[] = NONE
  found: readonly FoundKey[] = NONE
  ciphertexts: readonly (CiphertextBlob | undefined)[] = NONE
  /** Of the target that is being looked for. */
  ciphertext: CiphertextBlob | undefined
  grantIds: readonly string[] = NONE
  recipient: Recipient | undefined
  /** What `audit` mode has let through. */
  wouldBeDenied: Readonly<Record<string, unknown>>[] | undefined
  /** How often somebody else has changed the same rows meanwhile. */
  conflicts = 0

  constructor(
    readonly operation: Operation<N>,
    readonly plan: AuditPlan,
    readonly input: KmsInputs[N],
    readonly state: CallerState,
    readonly nowMs: number,
    readonly time: string,
    readonly requestId: string,
    readonly eventId: string,
    readonly isDryRun: boolean,
    readonly services: Services,
  ) {}

  get caller(): CallerFrame {
    return this.state.frame
  }

  get region(): string {
    return this.state.frame.region
  }

  get key(): LoadedKey {
    const [key] = this.keys
    if (key === undefined) throw new Error(`${this.operation.name} has no key`)
    return key
  }

  /** Adds the key of the next target. */
  add(found: FoundKey): void {
    const { ciphertext } = this
    this.ciphertext = undefined
    const isFirst = this.keys.length === 0
    this.keys = isFirst ? [found.key] : [...this.keys, found.key]
    this.found = isFirst ? [found] : [...this.found, found]
    this.ciphertexts = isFirst ? [ciphertext] : [...this.ciphertexts, ciphertext]
  }

  /** Forgets what was found, to begin again. */
  rewind(): void {
    this.keys = NONE
    this.found = NONE
    this.ciphertexts = NONE
    this.wouldBeDenied = undefined
  }

  audited(furtherKeys: readonly string[] = NONE): AuditedRequest {
    const [first] = this.keys
    const own =
      this.keys.length === 1 && first !== undefined ? first.resources : this.keys.flatMap((key) => key.resources)
    const further = furtherKeys.map((arn) => resourceOf({ arn, accountId: arn.split(':', 5)[4] ?? '' }))
    return {
      eventName: this.operation.name,
      plan: this.plan,
      caller: this.state.frame,
      region: this.state.frame.region,
      eventTime: this.time,
      requestId: this.requestId,
      eventId: this.eventId,
      input: membersOf(this.input),
      resources: further.length === 0 ? own : [...own, ...further],
      namedAs: this.found[0]?.namedAs,
    }
  }
}

const NONE: readonly never[] = []

/** An input by the names of its members: every input is an object of members. */
export function membersOf(input: object): Readonly<Record<string, unknown>> {
  return input as Readonly<Record<string, unknown>>
}
