/**
 * Progress of long work, on standard error: a count, a rate and, where the end is known, a bar.
 *
 * Appears after half a second and only on a terminal, and leaves nothing behind.
 */
import type { TerminalFacts } from './terminal.js'

const SHOW_AFTER_MS = 500
const REDRAW_MS = 100
const BAR_WIDTH = 20

export interface ProgressOptions {
  /** What is counted: `events`. */
  readonly unit: string
  readonly terminal: TerminalFacts
  readonly write: (text: string) => void
  /** Milliseconds; only differences are used. */
  readonly nowMs: () => number
}

/** With the clock of this process. */
export function progressOn(unit: string, terminal: TerminalFacts, write: (text: string) => void): Progress {
  return new Progress({ unit, terminal, write, nowMs: () => performance.now() })
}

export class Progress {
  private readonly startMs: number
  private drawnMs = 0
  private isShown = false

  constructor(private readonly options: ProgressOptions) {
    this.startMs = options.nowMs()
  }

  /** @param done - part of the work, from 0 to 1; left out where nobody knows the end. */
  update(count: number, done?: number): void {
    const { terminal, unit, write, nowMs } = this.options
    if (!terminal.isTTY || terminal.env['TERM'] === 'dumb') return
    const now = nowMs()
    const elapsed = now - this.startMs
    if (elapsed < SHOW_AFTER_MS || now - this.drawnMs < REDRAW_MS) return
    this.drawnMs = now
    this.isShown = true
    const full = done === undefined ? 0 : Math.round(Math.min(Math.max(done, 0), 1) * BAR_WIDTH)
    const bar = done === undefined ? '' : `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] `
    write(`\r\u001b[K${bar}${count} ${unit}, ${Math.round((count / elapsed) * 1000)} a second`)
  }

  /** Takes the line away. */
  finish(): void {
    if (this.isShown) this.options.write('\r\u001b[K')
    this.isShown = false
  }
}
