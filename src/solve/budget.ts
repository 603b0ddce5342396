/**
 * What a symbolic question may cost, and how it is stopped: a question that costs more is answered `unknown`.
 *
 * The room is pure, so time is told by a clock that the caller supplies; without one only steps are counted.
 */

/** Limits of one question; what is left out has its default. */
export interface SolveBudget {
  /** Nodes of the diagram. */
  readonly maxNodes?: number
  /** Regions of one condition key. */
  readonly maxRegions?: number
  /** Combinations of caller, action and resource. */
  readonly maxCells?: number
  /** Steps of work on the diagram; about a million take a second. */
  readonly maxSteps?: number
  /** Milliseconds by `nowMs`. */
  readonly maxMs?: number
}

/** How a question is watched and stopped. */
export interface SolveControl {
  readonly budget?: SolveBudget
  /** The caller's clock, in milliseconds; only differences count. */
  readonly nowMs?: () => number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SolveProgress) => void
}

export interface SolveProgress {
  /** Combinations of caller, action and resource looked at so far, and how many there are. */
  readonly done: number
  readonly total: number
}

const DEFAULT_BUDGET: Required<SolveBudget> = {
  maxNodes: 400_000,
  maxRegions: 4096,
  maxCells: 2_000_000,
  maxSteps: 50_000_000,
  maxMs: Number.POSITIVE_INFINITY,
}

/** Variables of one diagram at most: its walks are as deep. */
export const MAX_LEVELS = 3000

/** A question that has no answer but `unknown`. Thrown inside the room alone, and made an answer at its edge. */
export class Unanswerable extends Error {}

/** One that would cost more than it may. */
export class OutOfBudget extends Unanswerable {}

/** How often the clock and the signal are looked at, in steps. */
const STEPS_PER_LOOK = 4096
const STEPS_PER_PROGRESS = 64

export class Meter {
  readonly limits: Required<SolveBudget>
  private readonly startedAtMs: number
  private steps = 0
  private untilLook = STEPS_PER_LOOK

  constructor(private readonly control: SolveControl = {}) {
    this.limits = { ...DEFAULT_BUDGET, ...control.budget }
    this.startedAtMs = control.nowMs?.() ?? 0
  }

  /** Notes work done. */
  step(count = 1): void {
    this.untilLook -= count
    if (this.untilLook <= 0) this.look()
  }

  progress(done: number, total: number): void {
    if (done % STEPS_PER_PROGRESS !== 0 && done !== total) return
    this.look()
    this.control.onProgress?.({ done, total })
  }

  /** Ends the question when `count` of something is more than there may be. */
  require(count: number, most: number, what: string): void {
    if (count > most) throw new OutOfBudget(`more than ${most} ${what}`)
  }

  private look(): void {
    this.steps += STEPS_PER_LOOK - this.untilLook
    this.untilLook = STEPS_PER_LOOK
    if (this.control.signal?.aborted === true) throw new OutOfBudget('the question was stopped')
    this.require(this.steps, this.limits.maxSteps, 'steps')
    if (this.control.nowMs === undefined) return
    const tookMs = this.control.nowMs() - this.startedAtMs
    if (tookMs > this.limits.maxMs) throw new OutOfBudget(`more than ${this.limits.maxMs} ms`)
  }
}
