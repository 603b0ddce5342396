/**
 * What every request goes through: read, find its keys, authorize, look at key states, do, commit with the audit
 * records, answer.
 *
 * Nothing is answered that is not committed. When somebody else has changed the same rows meanwhile, the request begins
 * again with what they left. Where everything is in memory, all of it happens at once.
 */
import { API_OPERATIONS, type OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { auditFailure, auditSuccess, planAudit, type AuditPlan } from './audit.js'
import type { AuditRecord } from './audit-record.js'
import { authorizeCall, type OnDenied, type Refusal } from './authorize.js'
import { after, firstOf } from './awaitable.js'
import { CallState, membersOf, type CallerState } from './call-state.js'
import type { Validated } from './constraint.js'
import type { DueWork } from './due-work.js'
import type { Failure } from './failure.js'
import { KeyringError } from './keyring/keyring-error.js'
import { stateFailure } from './key-state.js'
import { locate } from './locate.js'
import { MaterialUnavailable } from './materials.js'
import { DRY_RUN, type Done, type DoneAudit, type Operation } from './operation.js'
import { OPERATIONS } from './operations.js'
import { THROTTLED, type RateLimiter } from './quotas.js'
import type { Services, VerifyRecipient } from './services.js'
import type { KmsInputs, KmsOutputs, RecipientInfo } from './shapes.js'
import { StoreError, StoreTimeout, type Awaitable, type Change } from './store.js'
import { VALIDATORS } from './validators.js'

export interface PipelineOptions {
  readonly services: Services
  readonly nowMs: () => number
  readonly isAudited: boolean
  readonly limiter: RateLimiter
  readonly dueWork: DueWork
  readonly onDenied: OnDenied
  readonly verifyRecipient: VerifyRecipient
}

/** A request's answer or its failure, which stand in the audit trail already. */
export type Answer<N extends OperationName> = Result<KmsOutputs[N], Failure> & { readonly requestId: string }

const MAX_CONFLICTS = 100
const NO_CHANGES: readonly Change[] = []
const NO_RECORDS: readonly AuditRecord[] = []

const INTERNAL: Failure = {
  code: 'KMSInternalException',
  message: 'The request was rejected because an internal exception occurred. The request can be retried.',
}

const TIMED_OUT: Failure = {
  code: 'DependencyTimeoutException',
  message: 'The system timed out while trying to fulfill the request. You can retry the request.',
}

const UNAVAILABLE: Failure = {
  code: 'KeyUnavailableException',
  message: 'The request was rejected because the specified KMS key was not available. You can retry the request.',
}

export class Pipeline {
  private readonly plans = new Map<OperationName, AuditPlan>()
  /** By row: when the last of those that wait for it will be done. */
  private readonly turns = new Map<string, Promise<void>>()
  /** The second that was last written as text, since records have no finer time. */
  private second = -1
  private secondText = ''

  constructor(private readonly options: PipelineOptions) {}

  /** Never throws but for a bug. */
  attempt<N extends OperationName>(name: N, given: unknown, caller: CallerState): Awaitable<Answer<N>> {
    const { ids } = this.options.services
    const requestId = ids.uuid()
    try {
      const answer = this.begin(name, given, caller, requestId)
      if (!(answer instanceof Promise)) return withId(answer, requestId)
      return answer.then(
        (later) => withId(later, requestId),
        (error: unknown) => withId(unanswered(name, error), requestId),
      )
    } catch (error) {
      return withId(unanswered(name, error), requestId)
    }
  }

  private begin<N extends OperationName>(
    name: N,
    given: unknown,
    state: CallerState,
    requestId: string,
  ): Awaitable<Result<KmsOutputs[N], Failure>> {
    const { services, limiter } = this.options
    const operation: Operation<N> = OPERATIONS[name]
    const nowMs = this.options.nowMs()
    const validated = read(name, given)
    const input = validated.ok ? validated.value : undefined
    const call = new CallState<N>(
      operation,
      this.planOf(operation),
      // A request that was not understood goes no further than its audit record, which shows nothing of it.
      (input ?? {}) as KmsInputs[N],
      state,
      nowMs,
      this.timeText(nowMs),
      requestId,
      services.ids.uuid(),
      input !== undefined && membersOf(input)['DryRun'] === true,
      services,
    )
    if (!validated.ok) return this.refuse(call, validated.error, undefined, false)
    const { accountId, region } = state.frame
    if (accountId !== undefined && !limiter.allows(name, accountId, region, nowMs)) {
      return this.refuse(call, { code: 'ThrottlingException', message: THROTTLED }, undefined)
    }
    const failure = this.prepare(call)
    return failure === undefined ? this.go(call) : this.refuse(call, failure, undefined)
  }

  /** What comes with a request besides its keys: grant tokens, an attestation document. */
  private prepare<N extends OperationName>(call: CallState<N>): Failure | undefined {
    const members = membersOf(call.input)
    const tokens = members['GrantTokens']
    if (Array.isArray(tokens) && tokens.length > 0) {
      const grantIds: string[] = []
      for (const token of tokens) {
        const grant = typeof token === 'string' ? call.services.tokens.readGrantToken(token) : undefined
        if (grant === undefined) return { code: 'InvalidGrantTokenException', message: 'Invalid grant token.' }
        grantIds.push(grant.grantId)
      }
      call.grantIds = grantIds
    }
    const recipient = members['Recipient'] as RecipientInfo | undefined
    if (recipient === undefined) return undefined
    const { AttestationDocument: document } = recipient
    if (document === undefined) {
      return {
        code: 'ValidationException',
        message: 'Recipient needs an AttestationDocument.',
      }
    }
    const verified = this.options.verifyRecipient(document, call.nowMs)
    if (!verified.ok) return verified.error
    call.recipient = verified.value
    return undefined
  }

  private go<N extends OperationName>(call: CallState<N>): Awaitable<Result<KmsOutputs[N], Failure>> {
    return after(locate(call), (lost) => {
      if (lost !== undefined) return this.refuse(call, lost, undefined)
      // While a later one was looked for, an earlier one may have been changed, or have left the graph.
      if (call.keys.length > 1 && !call.keys.every((key) => call.services.keys.isCurrent(key, call.nowMs))) {
        call.rewind()
        return this.again(call)
      }
      const due = call.keys.find(({ record }) => call.nowMs >= (record.dueAtMs ?? Infinity))
      if (due !== undefined) {
        return after(this.options.dueWork.catchUp(due), () => {
          call.rewind()
          return this.again(call)
        })
      }
      const refusal = authorizeCall(call, this.options.onDenied)
      if (refusal !== undefined) return this.refuse(call, refusal.failure, refusal)
      return after(lookAtKeyStores(call), () => {
        const wrongState = stateOf(call)
        if (wrongState !== undefined) return this.refuse(call, wrongState, undefined)
        return after(work(call), (done) => this.finish(call, done))
      })
    })
  }

  private again<N extends OperationName>(call: CallState<N>): Awaitable<Result<KmsOutputs[N], Failure>> {
    return ++call.conflicts > MAX_CONFLICTS ? this.refuse(call, INTERNAL, undefined) : this.go(call)
  }

  /**
   * Begins again after those that have met the same conflict before: each waits once, so that a crowd on one row costs
   * every one of them a second try and not one for every other.
   */
  private inTurn<N extends OperationName>(
    call: CallState<N>,
    conflict: string,
  ): Awaitable<Result<KmsOutputs[N], Failure>> {
    if (call.conflicts > 0) return this.again(call)
    const before = this.turns.get(conflict) ?? Promise.resolve()
    const answer = before.then(() => this.again(call))
    const turn = answer.then(nothing, nothing)
    this.turns.set(conflict, turn)
    void turn.then(() => {
      if (this.turns.get(conflict) === turn) this.turns.delete(conflict)
    })
    return answer
  }

  private finish<N extends OperationName>(
    call: CallState<N>,
    done: Result<Done<N>, Failure>,
  ): Awaitable<Result<KmsOutputs[N], Failure>> {
    if (!done.ok) return this.refuse(call, done.error, undefined)
    if (call.isDryRun) return this.refuse(call, DRY_RUN.error, undefined)
    const { output, changes, events, committed } = done.value
    const audit = withKeyStore(call, done.value.audit)
    const { materials, keys, store } = call.services
    const all = materials.guarded(this.withUses(call, changes ?? NO_CHANGES))
    let records = NO_RECORDS
    if (this.options.isAudited) {
      const own = auditSuccess(call.audited(audit?.keyArns), audit, keywardOf(call), () => call.services.ids.uuid())
      records = events === undefined ? own : [...own, ...events]
    }
    if (all.length === 0 && records.length === 0) {
      committed?.()
      return { ok: true, value: output }
    }
    const [key] = call.keys
    const noticedBefore = key?.noticed ?? 0
    return after(store.commit(all, records), (result) => {
      if (!result.ok) {
        keys.noticed([result.conflict], false)
        call.rewind()
        return after(materials.follow(result.conflict), () => this.inTurn(call, result.conflict))
      }
      if (all.length > 0) keys.committed(all, result.rows, key, noticedBefore)
      committed?.()
      return { ok: true, value: output }
    })
  }

  private withUses<N extends OperationName>(call: CallState<N>, changes: readonly Change[]): readonly Change[] {
    const { usage } = call.operation
    if (usage === 'none') return changes
    const { nowMs, eventId, requestId } = call
    let all = changes
    for (const key of call.keys) {
      const change = call.services.uses.note(key, { operation: usage, atMs: nowMs, eventId, requestId })
      if (change !== undefined) all = [...all, change]
    }
    return all
  }

  /** Records the failure and answers it. */
  private refuse<N extends OperationName>(
    call: CallState<N>,
    failure: Failure,
    refusal: Refusal | undefined,
    isRead = true,
  ): Awaitable<Result<never, Failure>> {
    if (!this.options.isAudited) return { ok: false, error: failure }
    const audited = isRead ? call.audited() : { ...call.audited(), input: undefined }
    const record = auditFailure(audited, failure, refusal === undefined ? keywardOf(call) : { denied: refusal.keyward })
    return after(call.services.store.commit(NO_CHANGES, [record]), () => ({ ok: false, error: failure }))
  }

  private planOf<N extends OperationName>(operation: Operation<N>): AuditPlan {
    const known = this.plans.get(operation.name)
    if (known !== undefined) return known
    const plan = planAudit(operation.audit)
    this.plans.set(operation.name, plan)
    return plan
  }

  private timeText(nowMs: number): string {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.second) {
      this.second = second
      this.secondText = new Date(second * 1000).toISOString().replace('.000Z', 'Z')
    }
    return this.secondText
  }
}

function nothing(): void {
  // A turn ends however its request ends.
}

function withId<N extends OperationName>(answer: Result<KmsOutputs[N], Failure>, requestId: string): Answer<N> {
  return answer.ok ? { ok: true, value: answer.value, requestId } : { ok: false, error: answer.error, requestId }
}

/** Getters and proxies may throw: what cannot be read is no request. */
function read<N extends OperationName>(name: N, given: unknown): Validated<KmsInputs[N]> {
  try {
    return VALIDATORS[name](given)
  } catch {
    return { ok: false, error: { code: 'SerializationException', message: 'the input cannot be read' } }
  }
}

/** Whether the custom key stores of the call's keys are connected now; most keys are in none. */
function lookAtKeyStores<N extends OperationName>({ keys, services }: CallState<N>): Awaitable<void> {
  if (keys.every(({ record }) => record.customKeyStoreId === undefined)) return undefined
  return after(
    firstOf(keys, (key) => {
      const { customKeyStoreId } = key.record
      if (customKeyStoreId === undefined) return undefined
      const { accountId, region } = key.place
      return after(services.customKeyStores.at({ accountId, region, customKeyStoreId }), (store) => {
        key.isStoreAway = store?.record.connectionState !== 'CONNECTED'
        return undefined
      })
    }),
    () => undefined,
  )
}

/** With what the audit record of a cryptographic operation tells of custom key stores. */
function withKeyStore<N extends OperationName>(
  { operation, keys }: CallState<N>,
  audit: DoneAudit | undefined,
): DoneAudit | undefined {
  if (operation.usage === 'none') return audit
  const key = keys.find(({ record }) => record.customKeyStoreId !== undefined)
  if (key === undefined) return audit
  const { customKeyStoreId, xksKeyId } = key.record
  const told = { customKeyStoreId, ...(xksKeyId === undefined ? {} : { xksKeyId }) }
  return { ...audit, additionalEventData: { ...audit?.additionalEventData, ...told } }
}

function stateOf<N extends OperationName>(call: CallState<N>): Failure | undefined {
  const { targets } = call.operation
  for (let index = 0; index < targets.length; index++) {
    const key = call.keys[index]!
    const failure = stateFailure(targets[index]!.states, key.state, key.arn)
    if (failure !== undefined) return failure
  }
  return undefined
}

function keywardOf<N extends OperationName>({
  wouldBeDenied,
}: CallState<N>): Readonly<Record<string, unknown>> | undefined {
  return wouldBeDenied === undefined ? undefined : { wouldBeDenied }
}

/** Does the work; a key whose material cannot be had is a failure of this request, and recorded as one. */
function work<N extends OperationName>(call: CallState<N>): Awaitable<Result<Done<N>, Failure>> {
  try {
    const done = call.operation.run(call)
    return done instanceof Promise ? done.catch((error: unknown) => withoutMaterial(call, error)) : done
  } catch (error) {
    return withoutMaterial(call, error)
  }
}

function withoutMaterial<N extends OperationName>(
  { operation }: CallState<N>,
  error: unknown,
): { readonly ok: false; readonly error: Failure } {
  const isAnswer = error instanceof MaterialUnavailable && declares(operation.name, UNAVAILABLE)
  if (isAnswer) return { ok: false, error: UNAVAILABLE }
  throw error
}

function declares(name: OperationName, { code }: Failure): boolean {
  return API_OPERATIONS[name].errors.some((each) => each === code)
}

/** What the store cannot do is nobody's fault but the service's; everything else is a bug of ours. */
function unanswered(name: OperationName, error: unknown): { readonly ok: false; readonly error: Failure } {
  if (error instanceof StoreTimeout && declares(name, TIMED_OUT)) return { ok: false, error: TIMED_OUT }
  if (error instanceof StoreError || error instanceof KeyringError) return { ok: false, error: INTERNAL }
  throw error
}

export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(API_OPERATIONS, name)
}
