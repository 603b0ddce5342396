/**
 * The one line that nearly every denial in CloudTrail is, read without the grammar.
 *
 * A short cut and nothing more: whatever is not exactly this form is left to `parseDeniedMessage`, and what is read
 * here reads the same there (`test/source/asked/denied-line.test.ts`). A grammar takes 0.2 ms a line, a hundred
 * thousand events then 20 s.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages".
 */
import type { DeniedLayer, DeniedSentence } from '../../text/denied-message.js'

const USER = 'User: '
const PERFORM = ' is not authorized to perform: '
const ON = ' on resource: '
const BECAUSE = ' because no '
const EXPLICIT = ' with an explicit deny in '

const IMPLICIT_LAYERS: ReadonlyMap<string, DeniedLayer> = new Map([
  ['identity-based policy', 'identity'],
  ['resource-based policy', 'keyPolicy'],
  ['permissions boundary', 'boundary'],
  ['session policy', 'session'],
  ['service control policy', 'scp'],
  ['VPC endpoint policy', 'vpce'],
])

const EXPLICIT_LAYERS: ReadonlyMap<string, DeniedLayer> = new Map([
  ['an identity-based policy', 'identity'],
  ['a resource-based policy', 'keyPolicy'],
  ['a permissions boundary', 'boundary'],
  ['a session policy', 'session'],
  ['a service control policy', 'scp'],
  ['a resource control policy', 'rcp'],
  ['a VPC endpoint policy', 'vpce'],
])

/** Characters that need no second thought about where a word ends. */
const PLAIN = /^[A-Za-z0-9*:/_@,+=.-]*[A-Za-z0-9*/_@+=-]$/
const MAX_LINE = 4096

/** Undefined for every other form, which says nothing against it. */
export function readDeniedLine(line: string): DeniedSentence | undefined {
  if (!line.startsWith(USER) || line.length > MAX_LINE) return undefined
  const callerEnd = line.indexOf(PERFORM)
  if (callerEnd < 0) return undefined
  const actionStart = callerEnd + PERFORM.length
  const actionEnd = endOfWord(line, actionStart)
  let at = actionEnd
  let resource: string | undefined
  if (line.startsWith(ON, at)) {
    const start = at + ON.length
    at = endOfWord(line, start)
    resource = line.slice(start, at)
  }
  const caller = line.slice(USER.length, callerEnd)
  const action = line.slice(actionStart, actionEnd)
  if (!PLAIN.test(caller) || !PLAIN.test(action) || (resource !== undefined && !PLAIN.test(resource))) return undefined
  const reason = reasonOf(line.slice(at), action)
  if (reason === undefined) return undefined
  return { kind: 'denied', caller, action, ...(resource === undefined ? {} : { resource }), ...reason }
}

function endOfWord(line: string, start: number): number {
  const end = line.indexOf(' ', start)
  return end < 0 ? line.length : end
}

type Reason = { readonly isExplicit: boolean; readonly layer: DeniedLayer; readonly policyArn?: string }

function reasonOf(rest: string, action: string): Reason | undefined {
  if (rest.startsWith(BECAUSE)) {
    const end = ` allows the ${action} action`
    const layer = rest.endsWith(end) ? IMPLICIT_LAYERS.get(rest.slice(BECAUSE.length, -end.length)) : undefined
    return layer === undefined ? undefined : { isExplicit: false, layer }
  }
  if (!rest.startsWith(EXPLICIT)) return undefined
  const colon = rest.indexOf(': ')
  const layer = EXPLICIT_LAYERS.get(rest.slice(EXPLICIT.length, colon < 0 ? rest.length : colon))
  if (layer === undefined) return undefined
  if (colon < 0) return { isExplicit: true, layer }
  const policyArn = rest.slice(colon + 2)
  return policyArn.startsWith('arn:') && PLAIN.test(policyArn) ? { isExplicit: true, layer, policyArn } : undefined
}
