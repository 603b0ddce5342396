/**
 * What was not given with a request and could change the answer.
 *
 * A policy that is not given is taken as not there; a reader who has not looked should know that it was.
 */
import type { Trace } from '../decide/trace.js'

export function unknownsOf(trace: Trace): readonly string[] {
  const { kind, call, outcome } = trace
  const found: string[] = []
  if (outcome.decision === 'explicitDeny') return found
  if (outcome.decision === 'allow') {
    const notGiven: string[] = []
    const { caller } = call.subject
    if (
      call.scps === undefined &&
      caller.type !== 'service' &&
      !caller.isServiceLinkedRole &&
      !call.callerInManagementAccount
    ) {
      notGiven.push('service control policies')
    }
    const isOnResource = kind.target === 'key' || kind.target === 'other' || kind.target === 'role'
    const takesRcps = isOnResource && !kind.retire && !call.resource.awsManagedKey
    if (call.rcps === undefined && takesRcps && !call.resourceInManagementAccount)
      notGiven.push('resource control policies')
    if (kind.identity === 'policies' && !kind.boundary) notGiven.push('a permissions boundary')
    if (notGiven.length > 0)
      found.push(`${andList(notGiven)} ${notGiven.length === 1 ? 'was' : 'were'} not given; one that exists may deny`)
    return found
  }
  if (outcome.layer === 'keyPolicy' && kind.target === 'key' && call.grants.size === 0) {
    found.push('no grants were given; one that exists may allow')
  }
  if (outcome.layer === 'identity' && call.identity.length === 0 && kind.identity === 'policies') {
    found.push('no identity policies were given; one that exists may allow')
  }
  return found
}

function andList(items: readonly string[]): string {
  return items.length <= 1 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`
}
