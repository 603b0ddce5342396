/**
 * How late this thread is with what it has to do: the delay of a timer that asks for nothing else.
 *
 * Source: Node.js documentation, "The Node.js Event Loop".
 */

const EVERY_MS = 20

export class LoopDelay {
  private readonly timer: NodeJS.Timeout
  private dueMs: number
  private latest = 0
  private worst = 0

  constructor(private readonly nowMs: () => number) {
    this.dueMs = nowMs() + EVERY_MS
    this.timer = setInterval(() => this.sample(), EVERY_MS).unref()
  }

  /** In milliseconds; while the thread is late, what it is late by now. */
  get ms(): number {
    return Math.max(this.latest, this.nowMs() - this.dueMs)
  }

  /** The worst since this was last asked, in milliseconds. */
  takeWorst(): number {
    const worst = Math.max(this.worst, this.ms)
    this.worst = 0
    return worst
  }

  close(): void {
    clearInterval(this.timer)
  }

  private sample(): void {
    const nowMs = this.nowMs()
    this.latest = Math.max(0, nowMs - this.dueMs)
    this.worst = Math.max(this.worst, this.latest)
    this.dueMs = nowMs + EVERY_MS
  }
}
