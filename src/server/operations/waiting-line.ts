/**
 * Requests of one operation that wait for something else than this thread, and how long another one would have to wait.
 *
 * By Little's law the wait is their number times the mean time between two that are done. That time is a moving mean; while
 * nothing is done, the time since the last one counts as if it ended now, so that a standstill is seen while it lasts. One
 * request that takes long among many that do not changes little, which a look at the oldest could not tell.
 */

/** How much one interval counts against those before it. */
const WEIGHT = 1 / 64

export class WaitingLine {
  size = 0
  private intervalMs = 0
  private lastMs = 0

  entered(nowMs: number): void {
    // The time before was nobody's wait.
    if (this.size++ === 0) this.lastMs = nowMs
  }

  left(nowMs: number): void {
    this.size--
    this.intervalMs = this.intervalAt(nowMs)
    this.lastMs = nowMs
  }

  expectedMs(nowMs: number): number {
    return this.size === 0 ? 0 : this.size * Math.max(this.intervalMs, this.intervalAt(nowMs))
  }

  private intervalAt(nowMs: number): number {
    return this.intervalMs + (nowMs - this.lastMs - this.intervalMs) * WEIGHT
  }
}
