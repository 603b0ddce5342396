/**
 * The check of a clock against another one. Signatures count for five minutes on both sides of the clock.
 *
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests".
 */
import { ok, problem, warning, type Finding } from './doctor-finding.js'

const CHECK = 'clock'
const SIGNATURES_MS = 300_000
const NOTICED_MS = 5000

/**
 * @param whose - `of the database`.
 * @param theirMs - what that clock said at some time between the two others.
 * @param grainMs - how coarsely it is told.
 */
export function checkSkew(whose: string, theirMs: number, beforeMs: number, afterMs: number, grainMs = 0): Finding {
  const early = Math.max(0, beforeMs - (theirMs + grainMs))
  const late = Math.max(0, theirMs - afterMs)
  const skewMs = Math.max(early, late)
  const seconds = `${(skewMs / 1000).toFixed(1)} s`
  const way = late > 0 ? 'ahead of' : 'behind'
  const sync = 'have both machines follow a time server'
  if (skewMs >= SIGNATURES_MS) return problem(CHECK, `the clock ${whose} is ${seconds} ${way} the one here`, sync)
  if (skewMs >= NOTICED_MS) return warning(CHECK, `the clock ${whose} is ${seconds} ${way} the one here`, sync)
  return ok(CHECK, `the clock ${whose} and the one here agree`)
}
