/**
 * The gap that a policy leaves which cannot be read: which policy, in which file and line, and what is wrong there.
 */
import { positionAt } from '../../text/source.js'
import type { DraftPolicy } from './draft.js'
import type { Gap, UnreadPart } from './world.js'

/**
 * @param policy - as a sentence names it: `the policy of key arn:...`.
 * @param taken - what is made of it: `taken as letting nobody in`.
 */
export function unreadableGap(
  part: UnreadPart,
  policy: string,
  taken: string,
  { place, fault }: Pick<DraftPolicy, 'place' | 'fault'>,
): Pick<Gap, 'code' | 'message' | 'unreadable'> {
  // Inside a string the places of a policy are none of the file: then the string itself is shown.
  const { source, span } = fault?.source.name === place.source.name ? fault : place
  const problem = fault === undefined ? {} : { problem: fault.message }
  return {
    code: 'policy-unreadable',
    message: `${policy} cannot be read: ${taken}`,
    unreadable: { part, policy, file: source.name, ...positionAt(source.text, span.start), ...problem },
  }
}
