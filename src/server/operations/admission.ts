/**
 * Who is let in: rate limits of principals, and no more work than the process gets done in time.
 *
 * Overload is answered with ThrottlingException before anything is done, so that what is let in still ends quickly and
 * throughput stays what it was. It shows in three ways: more requests wait than there is room for, those of one operation
 * wait longer than they should (slow keys, a store that stands still), or the thread itself is late. Of a late thread only
 * the share that is too much is refused.
 *
 * A client that tries again at once would make refusing a full-time job. So refusals leave at a bounded rate: each waits
 * for its turn, a second at most.
 */
import type { Awaitable } from '../../kms/store.js'
import { performance } from 'node:perf_hooks'
import type { AdmissionRequest, Refused, ServerHooks } from '../http/hooks.js'
import type { ServiceAnswer } from '../http/http-service.js'
import { LoopDelay } from './loop-delay.js'
import { RateLimit, type PrincipalRate } from './rate-limit.js'
import { WaitingLine } from './waiting-line.js'

export interface AdmissionLimits {
  /** Requests that may wait at once for the store, for slow keys, for anything outside of the thread. */
  readonly maxWaiting: number
  /** How long a request of an operation may have to wait behind the others. */
  readonly maxWaitMs: number
  /** How late the thread may be. */
  readonly maxLoopDelayMs: number
  /** None when left out. */
  readonly principalRate?: PrincipalRate
}

export const ADMISSION_LIMITS: AdmissionLimits = { maxWaiting: 1024, maxWaitMs: 1000, maxLoopDelayMs: 250 }

export type ThrottleReason = 'principal' | 'waiting' | 'loop'

export interface AdmissionOptions {
  readonly limits?: Partial<AdmissionLimits>
  readonly onThrottled?: (reason: ThrottleReason) => void
  /** Never goes back. */
  readonly nowMs?: () => number
  /** How late the thread is, in milliseconds; measured when left out. */
  readonly loopDelayMs?: () => number
}

/** So few of an operation may always wait, whatever is known of their time. */
const ALWAYS_WAITING = 64
/** Where the clients ask again at once, so many refusals cost a few hundredths of a thread. */
const BETWEEN_REFUSALS_MS = 4
const LONGEST_PAUSE_MS = 1000

const RATE = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'
const OVERLOAD = 'The service is overloaded. Reduce the frequency of your calls.'

export class Admission {
  readonly hooks: Required<Pick<ServerHooks, 'admit' | 'around'>>
  private readonly limits: AdmissionLimits
  private readonly rate: RateLimit | undefined
  private readonly lines = new Map<string, WaitingLine>()
  private readonly nowMs: () => number
  private readonly delay: LoopDelay | undefined
  private readonly loopDelayMs: () => number
  private total = 0
  /** Parts of a request that are too much for a late thread. */
  private excess = 0
  private nextRefusalMs = -Infinity

  constructor(private readonly options: AdmissionOptions = {}) {
    const { limits, nowMs = () => performance.now() } = options
    this.limits = { ...ADMISSION_LIMITS, ...limits }
    this.nowMs = nowMs
    const { principalRate } = this.limits
    this.rate = principalRate === undefined ? undefined : new RateLimit(principalRate)
    this.delay = options.loopDelayMs === undefined ? new LoopDelay(nowMs) : undefined
    this.loopDelayMs = options.loopDelayMs ?? (() => this.delay?.ms ?? 0)
    this.hooks = {
      admit: (request) => this.admit(request),
      around: (request, _headers, run) => this.around(request, run),
    }
  }

  /** Requests that wait for something now. */
  get waiting(): number {
    return this.total
  }

  /** The longest delay of the thread since this was last asked, in milliseconds. */
  takeWorstDelayMs(): number {
    return this.delay?.takeWorst() ?? this.loopDelayMs()
  }

  close(): void {
    this.delay?.close()
  }

  private admit(request: AdmissionRequest): Refused | undefined {
    const nowMs = this.nowMs()
    const reason = this.reasonAgainst(request, nowMs)
    if (reason === undefined) return undefined
    this.options.onThrottled?.(reason)
    return { message: reason === 'principal' ? RATE : OVERLOAD, afterMs: this.pauseMs(nowMs) }
  }

  private reasonAgainst(request: AdmissionRequest, nowMs: number): ThrottleReason | undefined {
    const { maxWaiting, maxWaitMs, maxLoopDelayMs } = this.limits
    if (this.rate?.allows(request.principal, nowMs) === false) return 'principal'
    if (this.total >= maxWaiting) return 'waiting'
    const line = this.lines.get(lineOf(request))
    if (line !== undefined && line.size >= ALWAYS_WAITING && line.expectedMs(nowMs) > maxWaitMs) return 'waiting'
    const delayMs = this.loopDelayMs()
    if (delayMs <= maxLoopDelayMs) {
      this.excess = 0
      return undefined
    }
    this.excess += 1 - maxLoopDelayMs / delayMs
    if (this.excess < 1) return undefined
    this.excess--
    return 'loop'
  }

  private around(request: AdmissionRequest, run: () => Awaitable<ServiceAnswer>): Awaitable<ServiceAnswer> {
    const answer = run()
    // What is answered at once has waited for nothing.
    if (!(answer instanceof Promise)) return answer
    const line = this.lineFor(lineOf(request))
    this.total++
    line.entered(this.nowMs())
    return answer.finally(() => {
      this.total--
      line.left(this.nowMs())
    })
  }

  private lineFor(name: string): WaitingLine {
    let line = this.lines.get(name)
    if (line === undefined) {
      line = new WaitingLine()
      this.lines.set(name, line)
    }
    return line
  }

  private pauseMs(nowMs: number): number {
    const earliest = Math.max(nowMs, Math.min(this.nextRefusalMs, nowMs + LONGEST_PAUSE_MS))
    this.nextRefusalMs = earliest + BETWEEN_REFUSALS_MS
    return earliest - nowMs
  }
}

/** Operations are a closed set, and what is none is one more. */
function lineOf({ service, operation = '' }: AdmissionRequest): string {
  return `${service} ${operation}`
}
