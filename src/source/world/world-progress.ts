/**
 * Work on a world in steps: whoever has a screen does other things between them, everybody else runs them at once.
 *
 * Knows nothing of clocks and screens. How far the work has come is told with every step.
 */

/** What is being done with a folder, in this order. */
export type WorldStage = 'listing' | 'reading' | 'understanding' | 'joining' | 'keeping'

export interface WorldProgress {
  readonly stage: WorldStage
  /** Part of all the work, from 0 to 1: an estimate that never goes back. */
  readonly done: number
  /** Files found in the folder; while it is listed those so far. */
  readonly files: number
  /** Files whose values have been looked at. */
  readonly understood: number
  /** Name of the file that was looked at last; undefined before the first. */
  readonly file: string | undefined
  /** Users, groups and roles so far. */
  readonly principals: number
  readonly keys: number
}

/** Work in steps: tells how far it is, and returns what came of it. */
export type Steps<P, T> = Generator<P, T, undefined>

/** All steps at once. */
export function finish<P, T>(steps: Steps<P, T>, onStep?: (progress: P) => void): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    onStep?.(step.value)
  }
}

/** The same steps, told otherwise. */
export function* told<P, Q, T>(steps: Steps<P, T>, tell: (progress: P) => Q): Steps<Q, T> {
  try {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      yield tell(step.value)
    }
  } finally {
    giveUp(steps)
  }
}

/** Work that is not gone on with tidies up behind itself. Nothing happens to what is done. */
export function giveUp(steps: Generator<unknown, unknown>): void {
  steps.return(undefined)
}
