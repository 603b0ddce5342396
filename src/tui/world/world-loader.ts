/**
 * A world read while the program runs: in slices, so that keys and frames have their turn.
 */
import { giveUp, type Steps, type WorldProgress } from '../../source/world/world-progress.js'

export interface WorldLoaderOptions {
  /** Called now and then. */
  readonly onProgress: (progress: WorldProgress) => void
  /** Milliseconds; only differences are used. */
  readonly nowMs: () => number
  /** Resolves when everything else has had its turn. */
  readonly pause: () => Promise<void>
  readonly signal: AbortSignal
}

/** Work that is done, or how to go on with it. */
export type Begun<T> =
  | { readonly isDone: true; readonly value: T }
  | { readonly isDone: false; readonly steps: Steps<WorldProgress, T>; readonly progress: WorldProgress }

/** Takes steps for so long; most worlds are done by then. */
export function beginWork<T>(steps: Steps<WorldProgress, T>, forMs: number, nowMs: () => number): Begun<T> {
  const endMs = nowMs() + forMs
  for (;;) {
    const step = steps.next()
    if (step.done === true) return { isDone: true, value: step.value }
    if (nowMs() >= endMs) return { isDone: false, steps, progress: step.value }
  }
}

/** More often is a flicker. */
const TELL_EVERY_MS = 80
const SLICE_MS = 8

/** The rest of the work; undefined where it was aborted. */
export async function goOn<T>(
  steps: Steps<WorldProgress, T>,
  { onProgress, nowMs, pause, signal }: WorldLoaderOptions,
): Promise<T | undefined> {
  let toldMs = nowMs()
  while (!signal.aborted) {
    const begun = beginWork(steps, SLICE_MS, nowMs)
    if (begun.isDone) return begun.value
    if (nowMs() - toldMs >= TELL_EVERY_MS) {
      toldMs = nowMs()
      onProgress(begun.progress)
    }
    await pause()
  }
  giveUp(steps)
  return undefined
}
