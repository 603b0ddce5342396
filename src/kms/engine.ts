/**
 * The key management service as a library: `createKms`.
 *
 * One engine holds many accounts and Regions: the caller's principal names the account, the caller the Region. The clock,
 * the store, the randomness and the identities are the embedder's.
 */
import { randomBytes as nodeRandomBytes } from 'node:crypto'
import type { OperationName } from '../aws/operations.js'
import type { DecisionOptions } from '../decide/options.js'
import { createAuthorizer, type Authorizer } from '../explain/authorizer.js'
import type { Denied } from './authorize.js'
import type { CallerState } from './call-state.js'
import { prepareCaller, type KmsCaller } from './caller.js'
import type { CloudHsmClusterMap } from './cloudhsm/clusters.js'
import { CustomKeyStores } from './custom-key-stores.js'
import { DUE_HANDLERS } from './due-handlers.js'
import { DueWork } from './due-work.js'
import { KmsError, type Failure } from './failure.js'
import { IdentityWorld, type IdentityChanges } from './identity-world.js'
import { Ids } from './ids.js'
import { KeyCounts } from './key-counts.js'
import { Keys } from './keys.js'
import { Materials, type MaterialsOptions } from './materials.js'
import { isOperationName, Pipeline, type Answer } from './pipeline.js'
import { RateLimiter, RESOURCE_QUOTAS, type RateQuotas, type ResourceQuotas } from './quotas.js'
import type { Identities, Mode, Services, VerifyRecipient } from './services.js'
import type { KmsInputs, KmsOutputs } from './shapes.js'
import type { Awaitable, Store } from './store.js'
import { Tokens } from './token.js'
import { Uses } from './uses.js'
import type { TransportOptions } from './xks/transport.js'

export interface KmsOptions extends MaterialsOptions {
  readonly store: Store
  /** There is no default: whoever makes an engine says whether it enforces. */
  readonly mode: Mode
  /** Of callers that name none. */
  readonly region?: string
  readonly identities?: Identities
  /** A world of identities made before, in place of `identities`; the engine adds its keys to it. */
  readonly authorizer?: Authorizer
  /** How open questions are decided; `uncomparable` is `deny` here unless it is given. */
  readonly decisions?: Partial<DecisionOptions>
  readonly nowMs?: () => number
  readonly randomBytes?: (size: number) => Uint8Array
  /** Told of every denial, and in `audit` mode of everything that would have been one. */
  readonly onDenied?: (denied: Denied) => void
  /** Told once of what should not go unnoticed; `process.emitWarning` when left out. */
  readonly onWarning?: (message: string) => void
  readonly quotas?: Partial<ResourceQuotas>
  readonly rates?: RateQuotas
  /** How long a new grant can be used by its token alone. */
  readonly grantPropagationMs?: number
  /** How long a replica is Creating, and keys are Updating while their primary moves; 0 when left out. */
  readonly transitionMs?: number
  /** Whether a principal that a key policy or grant names exists; all do when left out. */
  readonly isPrincipalKnown?: (arn: string) => boolean
  /** How many keys stay loaded with their policies and grants. */
  readonly maxLoadedKeys?: number
  /** False: no audit records. */
  readonly audit?: boolean
  /** How proxies of external key stores are reached; by their public names when left out. */
  readonly xksTransport?: TransportOptions
  /** CloudHSM clusters that custom key stores can be made on, by their ids; none when left out. */
  readonly cloudHsmClusters?: CloudHsmClusterMap
  /** Verifies attestation documents; without it, requests with a `Recipient` are refused. */
  readonly verifyRecipient?: VerifyRecipient
}

export interface Kms {
  /**
   * Does one operation for a caller.
   * @throws KmsError with AWS's code and message.
   */
  call<N extends OperationName>(name: N, input: KmsInputs[N], caller: KmsCaller): Promise<KmsOutputs[N]>
  /** The same with the failure as a value, at once where nothing has to be waited for. The input may be anything. */
  attempt<N extends OperationName>(name: N, input: unknown, caller: KmsCaller): Awaitable<Answer<N>>
  /** As `attempt`, for a name that may be none of an operation. */
  attemptNamed(name: string, input: unknown, caller: KmsCaller): Awaitable<Answer<OperationName>>
  /** Does what is due by the clock: deletions, rotations, expiries. Answers how much that was. */
  tick(): Promise<number>
  /** Callers, their policies, accounts and endpoints may change while the engine runs. */
  readonly identities: IdentityChanges
  /** Of callers that name none. */
  readonly region: string
  /** How many keys are loaded, with their policies and grants. */
  readonly loadedKeys: number
  /** Writes what is not written yet and forgets all key material. The store stays open. */
  close(): Promise<void>
}

const DEFAULT_REGION = 'us-east-1'
const DEFAULT_MAX_KEYS = 10_000

export function createKms(options: KmsOptions): Kms {
  return new Engine(options)
}

class Engine implements Kms {
  readonly identities: IdentityWorld
  private readonly services: Services
  private readonly pipeline: Pipeline
  private readonly dueWork: DueWork
  private readonly callers = new WeakMap<KmsCaller, CallerState>()
  private readonly unsubscribe: () => void
  readonly region: string

  constructor(options: KmsOptions) {
    const { store, mode, onDenied, onWarning = emitWarning } = options
    const nowMs = options.nowMs ?? Date.now
    const randomBytes = options.randomBytes ?? nodeRandomBytes
    const authorizer = options.authorizer ?? createAuthorizer({ uncomparable: 'deny', ...options.decisions })
    const grantPropagationMs = options.grantPropagationMs ?? 0
    const maxKeys = options.maxLoadedKeys ?? DEFAULT_MAX_KEYS
    this.region = options.region ?? DEFAULT_REGION
    this.identities = new IdentityWorld(authorizer, options.identities)
    const materials = new Materials(store, options, randomBytes)
    this.services = {
      store,
      keys: new Keys({ store, authorizer, nowMs, grantPropagationMs, maxKeys }),
      materials,
      customKeyStores: new CustomKeyStores({
        store,
        materials,
        nowMs,
        transport: options.xksTransport ?? {},
        clusters: options.cloudHsmClusters ?? {},
        onWarning,
      }),
      authorizer,
      tokens: new Tokens(store.id, randomBytes),
      ids: new Ids(randomBytes),
      uses: new Uses(),
      keyCounts: new KeyCounts(store),
      quotas: { ...RESOURCE_QUOTAS, ...options.quotas },
      randomBytes,
      isPrincipalKnown: options.isPrincipalKnown ?? (() => true),
      mode,
      transitionMs: options.transitionMs ?? 0,
    }
    const isAudited = options.audit !== false
    this.dueWork = new DueWork({ services: this.services, handlers: DUE_HANDLERS, nowMs, isAudited })
    this.pipeline = new Pipeline({
      services: this.services,
      nowMs,
      isAudited,
      limiter: new RateLimiter(options.rates ?? {}),
      dueWork: this.dueWork,
      onDenied: (denied) => tell(onDenied, denied, onWarning),
      verifyRecipient: options.verifyRecipient ?? refuseRecipient,
    })
    this.unsubscribe = store.subscribe((names, _version, lost, versions) => {
      this.services.keys.noticed(names, lost, versions)
      materials.noticed(names, lost)
    })
    const warning = WARNINGS[mode]
    if (warning !== undefined) onWarning(warning)
  }

  get loadedKeys(): number {
    return this.services.keys.size
  }

  async call<N extends OperationName>(name: N, input: KmsInputs[N], caller: KmsCaller): Promise<KmsOutputs[N]> {
    const answer = await this.attempt(name, input, caller)
    if (answer.ok) return answer.value
    throw new KmsError(answer.error, answer.requestId)
  }

  attempt<N extends OperationName>(name: N, input: unknown, caller: KmsCaller): Awaitable<Answer<N>> {
    let state = this.callers.get(caller)
    if (state === undefined || state.version !== this.identities.version) {
      const prepared = prepareCaller(caller, {
        defaultRegion: this.region,
        known: this.identities,
        compile: (policy) => this.services.authorizer.compile(policy),
      })
      if (!prepared.ok) return this.notAnswered('UnrecognizedClientException', prepared.error)
      state = { frame: prepared.value, version: this.identities.version, found: new Map() }
      this.callers.set(caller, state)
    }
    return this.pipeline.attempt(name, input, state)
  }

  attemptNamed(name: string, input: unknown, caller: KmsCaller): Awaitable<Answer<OperationName>> {
    if (isOperationName(name)) return this.attempt(name, input, caller)
    return this.notAnswered('UnknownOperationException', undefined)
  }

  tick(): Promise<number> {
    return this.dueWork.tick()
  }

  async close(): Promise<void> {
    this.unsubscribe()
    const pending = this.services.uses.pending()
    if (pending.length > 0) await this.services.store.commit(pending, [])
    this.services.keys.clear()
    await this.services.customKeyStores.close()
    await this.services.materials.close()
  }

  private notAnswered(code: Failure['code'], message: string | undefined): Answer<never> {
    const error = message === undefined ? { code } : { code, message }
    return { ok: false, error, requestId: this.services.ids.uuid() }
  }
}

/** What a mode that does not enforce says of itself when it starts. */
const WARNINGS: Readonly<Record<Mode, string | undefined>> = {
  enforce: undefined,
  audit: 'Keyward runs in mode `audit`: it lets every request through and records what it would have denied',
  allowAll: 'Keyward runs in mode `allowAll`: it lets every request through and asks no policy',
}

function emitWarning(message: string): void {
  process.emitWarning(message, 'KeywardWarning')
}

/** A hook that fails must not decide a request. */
function tell(onDenied: KmsOptions['onDenied'], denied: Denied, onWarning: (message: string) => void): void {
  try {
    onDenied?.(denied)
  } catch {
    onWarning('Keyward: the `onDenied` hook has thrown')
  }
}

const refuseRecipient: VerifyRecipient = () => ({
  ok: false,
  error: { code: 'ValidationException', message: 'Attestation documents are not accepted here.' },
})
