/**
 * Advice on an answer of a world: in its files, and never on policies that AWS writes.
 */
import type { PolicyTrace } from '../../decide/trace.js'
import { adviseOn, type Advised } from '../../explain/advice/advise.js'
import { derivedCallerContext } from '../../explain/advice/caller-context.js'
import { shownSource } from '../world/policy-text.js'
import type { Answer } from './answer-question.js'

export function adviseOnAnswer({ trace }: Answer): Advised {
  const isEditable = (policy: PolicyTrace): boolean => {
    const { subject, resource } = trace.call
    if (policy.layer === 'keyPolicy') return !resource.awsManagedKey
    if (policy.layer === 'identity' && subject.caller.isServiceLinkedRole) return false
    return !isOfAws(trace.names?.arn(trace, policy))
  }
  // A world derives what a request says of its caller.
  const callerContext = derivedCallerContext(trace.call)
  return adviseOn(trace, { sourceOf: shownSource, isEditable, callerContext })
}

/** `arn:aws:iam::aws:policy/...`, `arn:aws:organizations::aws:policy/...`. */
function isOfAws(arn: string | undefined): boolean {
  return arn?.split(':', 5)[4] === 'aws'
}
