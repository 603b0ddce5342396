/**
 * Patterns of Resource, compiled once for all policies that have them.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards).
 */
import { compileArnGlob, type ArnGlob } from '../../text/arn-glob.js'

const completed = new Map<string, ArnGlob>()
const asWritten = new Map<string, ArnGlob>()
/** Patterns that are remembered; then it starts again. */
const MAX_PATTERNS = 2000

/** @param complete - whether missing fields are taken as `*`, as identity policies have it. */
export function resourceGlob(pattern: string, complete: boolean): ArnGlob {
  const known = complete ? completed : asWritten
  const found = known.get(pattern)
  if (found !== undefined) return found
  if (known.size >= MAX_PATTERNS) known.clear()
  const glob = compileArnGlob(pattern, 'resource', { complete })
  known.set(pattern, glob)
  return glob
}
