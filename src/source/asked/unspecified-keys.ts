/**
 * The condition keys that a request of this kind can carry and a short form of question does not tell.
 *
 * What follows from the caller, the resource and the world is not listed: whoever derives keys knows it.
 */
import { actionByName } from '../../aws/action.js'
import { CONDITION_KEYS } from '../../aws/condition-keys.js'
import type { UnknownInput } from './question.js'

export interface Told {
  /** The form says what the call itself says: its input. */
  readonly parameters: boolean
  /** Condition keys that it names. */
  readonly keys: Iterable<string>
}

/** In no request unless a form says so, or always derived. */
const NOT_LISTED: ReadonlySet<string> = new Set([
  'kms:CallerAccount',
  'aws:RequestedRegion',
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:SourceOrgID',
  'aws:SourceOrgPaths',
  'aws:ViaAWSMCPService',
  'aws:CalledViaAWSMCP',
])

/** How the request came, whatever its action: these, and everything of the network, the session and the request. */
const OF_PATH: ReadonlySet<string> = new Set(['kms:ViaService', 'kms:GrantIsForAWSResource'])
/** In the group of the request, and yet said by the input of some actions alone. */
const OF_TAGS: ReadonlySet<string> = new Set(['aws:RequestTag/{tag-key}', 'aws:TagKeys'])

const PATH_GROUPS: ReadonlySet<string> = new Set(['network', 'session', 'request'])

const TOLD_BY_SERVICE: readonly string[] = [
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:SourceOrgID',
  'aws:SourceOrgPaths',
]

/** @param form - what leaves them out, as the beginning of a clause: "the message does". */
export function unspecifiedKeys(
  form: string,
  action: string | undefined,
  isService: boolean,
  told: Told,
): readonly UnknownInput[] {
  const why = `${form} not tell it`
  const known = new Set([...told.keys].map((key) => key.toLowerCase()))
  const ofAction = new Set(action === undefined ? [] : (actionByName(action)?.conditionKeys ?? []))
  const found: UnknownInput[] = []
  for (const { pattern, group, actions } of CONDITION_KEYS) {
    if (NOT_LISTED.has(pattern) || known.has(pattern.toLowerCase())) continue
    if (actions !== null && action !== undefined && !actions.includes(action)) continue
    const isOfPath = OF_PATH.has(pattern) || (PATH_GROUPS.has(group) && !OF_TAGS.has(pattern))
    if (!isOfPath && (told.parameters || !ofAction.has(pattern))) continue
    if (isService && (group === 'session' || group === 'network')) continue
    found.push({ kind: 'conditionKey', name: pattern, why })
  }
  if (isService) for (const name of TOLD_BY_SERVICE) found.push({ kind: 'conditionKey', name, why })
  return found
}
