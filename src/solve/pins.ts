/**
 * Condition values that are known before a request is made: what follows from its caller, its resource and its action.
 *
 * A pinned key has the value that every real request of that caller on that resource has, so no witness contradicts
 * itself. Everything that the call or the network says stays free.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys"; facts E.
 */
import { actionByName } from '../aws/action.js'
import { ALIAS_RESOURCE_CONDITION_KEYS } from '../aws/actions.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import { deriveContextKey, unknownKeys } from '../decide/derive.js'
import type { RequestFacts } from '../decide/facts.js'
import type { Binding } from '../decide/resolve.js'
import { toSlotValue, type RequestContext } from '../decide/values.js'
import type { SlotValue } from '../graph/atom.js'
import type { GraphTables } from '../graph/tables.js'

/** Values by slot; `fixed[slot]` is 1 where the value (or its absence) is known. */
export interface Pins {
  readonly values: readonly SlotValue[]
  readonly fixed: Uint8Array
}

interface FoundPins extends Pins {
  /** The scope says that a key is not there which every request of this caller on this resource has. */
  readonly isImpossible: boolean
}

/** Keys that follow from the caller alone. */
const OF_CALLER: ReadonlySet<string> = new Set([
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:principaltype',
  'aws:userid',
  'aws:username',
  'kms:calleraccount',
  // Only a service says for whose resource it calls.
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
])

/** Keys that follow from the resource; of CreateKey from the request. */
const OF_RESOURCE: ReadonlySet<string> = new Set([
  'aws:resourceaccount',
  'aws:resourceorgid',
  'aws:resourceorgpaths',
  'aws:requestedregion',
  'kms:keyspec',
  'kms:customermasterkeyspec',
  'kms:keyusage',
  'kms:customermasterkeyusage',
  'kms:keyorigin',
  'kms:multiregion',
  'kms:multiregionkeytype',
  'kms:resourcealiases',
])

const TAGS_OF_CALLER = 'aws:principaltag/'
const TAGS_OF_RESOURCE = 'aws:resourcetag/'
/** What nothing but the caller's own network tells, and a service does not pass on. */
const THROUGH_ENDPOINT: ReadonlySet<string> = new Set([
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:vpcsourceip',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
])
/** In no request that is known here. */
const NEVER: ReadonlySet<string> = new Set(['aws:viaawsmcpservice', 'aws:calledviaawsmcp'])

const CREATE_KEY = 'kms:CreateKey'

/** Pins for callers on resources; what follows from one of the two alone is worked out once. */
export class PinMaker {
  private readonly given: ReadonlyMap<string, SlotValue>
  private readonly ofCaller = new Map<unknown, FoundPins>()
  private readonly ofResource = new Map<unknown, Map<string, FoundPins>>()

  /** @param given - condition keys of the scope; they win. */
  constructor(
    private readonly tables: GraphTables,
    given: RequestContext,
  ) {
    this.given = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), toSlotValue(value)]))
  }

  /**
   * What is known for a caller on a resource.
   * @param action - any of those whose requests lack the same keys.
   * @param isStranger - the caller stands for others, who have names and ids of their own.
   */
  of(binding: Binding, action: string, lacked: Uint8Array, isStranger: boolean): FoundPins {
    const caller = this.callerPins(binding, isStranger)
    const resource = this.resourcePins(binding, action)
    const { slotCount } = this.tables
    const values: SlotValue[] = caller.values.slice(0, slotCount)
    const fixed = new Uint8Array(slotCount)
    fixed.set(caller.fixed.subarray(0, slotCount))
    for (let slot = 0; slot < slotCount; slot++) {
      if (lacked[slot] === 1 || resource.fixed[slot] === 1) {
        values[slot] = lacked[slot] === 1 ? undefined : resource.values[slot]
        fixed[slot] = 1
      }
    }
    return { values, fixed, isImpossible: caller.isImpossible || resource.isImpossible }
  }

  private callerPins(binding: Binding, isStranger: boolean): FoundPins {
    let pins = this.ofCaller.get(binding.subject)
    if (pins === undefined) {
      pins = this.pins(OF_ANY, binding, (name) => isOfCaller(name, binding) && !(isStranger && isOwn(name, binding)))
      this.ofCaller.set(binding.subject, pins)
    }
    return pins
  }

  private resourcePins(binding: Binding, action: string): FoundPins {
    const identity = binding.key ?? binding.resource.arn ?? ''
    let byAction = this.ofResource.get(identity)
    if (byAction === undefined) {
      byAction = new Map()
      this.ofResource.set(identity, byAction)
    }
    let pins = byAction.get(action)
    if (pins === undefined) {
      pins = this.pins(action, binding, (name) => isOfResource(name, action))
      byAction.set(action, pins)
    }
    return pins
  }

  private pins(action: string, binding: Binding, follows: (name: string) => boolean): FoundPins {
    const { tables, given } = this
    const facts = factsOf(binding, action)
    const values: SlotValue[] = []
    const fixed = new Uint8Array(tables.slotCount)
    let isImpossible = false
    for (let slot = 0; slot < tables.slotCount; slot++) {
      const name = tables.slotName(slot)
      values.push(undefined)
      if (given.has(name)) {
        values[slot] = given.get(name)
        fixed[slot] = 1
        // What is derived fills what a request leaves out, so no request lacks it.
        const isLeftOut = given.get(name) === undefined && follows(name) && !isOpen(name, facts, binding)
        isImpossible ||= isLeftOut && deriveContextKey(name, facts) !== undefined
      } else if (follows(name)) {
        // A key that only some actions have is asked for one of those; the others are known to lack it.
        const own = conditionKeyInfo(name)?.actions?.[0]
        const asked = own === undefined || action !== OF_ANY ? facts : { ...facts, action: own }
        if (isOpen(name, asked, binding)) continue
        values[slot] = toSlotValue(deriveContextKey(name, asked))
        fixed[slot] = 1
      }
    }
    return { values, fixed, isImpossible }
  }
}

/** No action in particular. */
const OF_ANY = 'kms:Decrypt'

/** Keys by which callers differ whose ARNs no policy tells apart. Only users have a user name. */
function isOwn(name: string, { subject }: Binding): boolean {
  return name === 'aws:userid' || (name === 'aws:username' && subject.caller.type === 'user')
}

function isOfCaller(name: string, binding: Binding): boolean {
  if (binding.subject.caller.type === 'service' && THROUGH_ENDPOINT.has(name)) return true
  return OF_CALLER.has(name) || NEVER.has(name) || name.startsWith(TAGS_OF_CALLER)
}

/** Of CreateKey all of it is said by the request. */
function isOfResource(name: string, action: string): boolean {
  if (name.startsWith(TAGS_OF_RESOURCE)) return action !== CREATE_KEY
  return OF_RESOURCE.has(name) && !(action === CREATE_KEY && name.startsWith('kms:'))
}

/** The keys of the slots that no request for this action carries; 1 for each of them. */
export function lackedSlots(
  tables: GraphTables,
  action: string,
  resourceType: 'key' | 'alias' | 'none' | 'other',
): Uint8Array {
  const lacked = new Uint8Array(tables.slotCount)
  const hasContext = (actionByName(action)?.encryptionContext ?? null) !== null
  for (let slot = 0; slot < tables.slotCount; slot++) {
    const name = tables.slotName(slot)
    if (!hasContext && name.startsWith(ENCRYPTION_CONTEXT)) lacked[slot] = 1
    const info = conditionKeyInfo(name)
    if (info === undefined || info.actions === null) continue
    if (!info.actions.includes(action)) lacked[slot] = 1
    else if (resourceType === 'alias' && !ALIAS_RESOURCE_CONDITION_KEYS.includes(info.pattern)) lacked[slot] = 1
  }
  return lacked
}

/** Beginning of the names of the keys that tell of an encryption context. */
const ENCRYPTION_CONTEXT = 'kms:encryptioncontext'

/** Keys that the facts leave open. An account that the world does not have may be in any organization. */
function isOpen(name: string, facts: RequestFacts, { callerAccount, resourceAccount }: Binding): boolean {
  if (NEVER.has(name) || THROUGH_ENDPOINT.has(name)) return false
  if (name === 'aws:principalorgid' || name === 'aws:principalorgpaths') {
    return facts.principal.type !== 'service' && callerAccount === undefined
  }
  if (name === 'aws:resourceorgid' || name === 'aws:resourceorgpaths') {
    return facts.resource.accountId !== undefined && resourceAccount === undefined
  }
  return unknownKeys(facts, [name]).length > 0
}

/** The facts that hold whatever a request says. */
function factsOf(
  { principalFacts, resourceFacts, callerAccount, resourceAccount }: Binding,
  action: string,
): RequestFacts {
  const organization: [string, string | undefined][] = [
    ['callerOrgId', callerAccount?.organizationId],
    ['callerOrgPath', callerAccount?.organizationPath],
    ['resourceOrgId', resourceAccount?.organizationId],
    ['resourceOrgPath', resourceAccount?.organizationPath],
  ]
  return {
    action,
    principal: principalFacts,
    resource: resourceFacts,
    request: {},
    organization: Object.fromEntries(organization.filter(([, value]) => value !== undefined)),
  }
}
