/**
 * From a simulation document to the call that is decided, and what of the document the call does not take up.
 */
import { MULTI_RESOURCE_APIS } from '../aws/actions.js'
import type { Call } from '../decide/call.js'
import { deriveContext } from '../decide/derive.js'
import { CALLER_KEYS, derivedCallerContext, type CallerContext } from '../explain/advice/caller-context.js'
import { requestedGrant, requestEncryptionContext, type RequestFacts } from '../decide/facts.js'
import type { DecisionOptions } from '../decide/options.js'
import type { SlotValue } from '../graph/atom.js'
import type { GrantSet } from '../graph/grant.js'
import type { GraphTables } from '../graph/tables.js'
import { quote } from '../text/escape.js'
import { oneOf } from './object-reader.js'
import type { Check, Simulation } from './read-simulation.js'
import type { SimulationDiagnostic } from './simulation-document.js'
import { contextOf, DERIVE_ONLY, type ContextValues } from './simulation-request.js'

export function callOf(simulation: Simulation, check: Check, tables: GraphTables, options: DecisionOptions): Call {
  const { principal, request, derive } = simulation
  const { caller, subject } = principal
  const { resource, action } = check
  const grants = check.grants.forKey(resource.arn)
  const facts = derive ? factsOf(simulation, check, grants) : undefined
  const context = facts === undefined ? check.context : derivedContext(facts, check.context)
  const sourceArn = context.get('aws:sourcearn')
  const encryptionContext = facts === undefined ? request.encryptionContext : requestEncryptionContext(facts)
  const createGrant = facts === undefined ? request.createGrant : requestedGrant(request)
  // A policy read since may have named this caller or its account for the first time.
  subject.refresh()
  return {
    subject,
    action: action.name,
    actionBit: action.bit,
    resource: {
      type: resource.type,
      arn: resource.arn,
      accountId: resource.accountId,
      awsManagedKey: check.awsManagedKey,
    },
    keyPolicy: check.keyPolicy,
    identity: check.identity,
    boundary: simulation.boundary,
    session: simulation.session,
    scps: caller.accountId === undefined ? undefined : simulation.scps.get(caller.accountId),
    rcps: resource.accountId === undefined ? undefined : simulation.rcps.get(resource.accountId),
    callerInManagementAccount: isListed(simulation.managementAccounts, caller.accountId),
    resourceInManagementAccount: isListed(simulation.managementAccounts, resource.accountId),
    endpoint: usesEndpoint(context) ? { policy: simulation.endpointPolicy } : undefined,
    grants,
    encryptionContext,
    grantTokens: request.grantTokens ?? [],
    grantId: request.grantId,
    createGrant,
    values: slotValues(context, tables),
    sourceArn: typeof sourceArn === 'string' ? sourceArn : undefined,
    options,
  }
}

function isListed(accounts: readonly string[], account: string | undefined): boolean {
  return account !== undefined && accounts.includes(account)
}

/** What the request has of the keys by which an exception for its caller would be made. */
export function callerContextOf({ derive }: Simulation, { context }: Check, call: Call): CallerContext {
  const listed = CALLER_KEYS.flatMap((key) => {
    const name = key.toLowerCase()
    const value = context.get(name)
    return context.has(name) ? [[name, typeof value === 'string' ? value : undefined] as const] : []
  })
  const all = Object.entries({ ...(derive ? derivedCallerContext(call) : {}), ...Object.fromEntries(listed) })
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function usesEndpoint(context: ContextValues): boolean {
  return context.get('aws:sourcevpce') !== undefined
}

function slotValues(context: ContextValues, tables: GraphTables): readonly SlotValue[] {
  const values: SlotValue[] = new Array<SlotValue>(tables.slotCount).fill(undefined)
  for (const [name, value] of context) {
    const slot = tables.findSlot(name)
    if (slot >= 0) values[slot] = value
  }
  return values
}

/** What is listed wins, also a null, which says that the key is not there. */
function derivedContext(facts: RequestFacts, listed: ContextValues): ContextValues {
  return new Map([...contextOf(deriveContext(facts)), ...listed])
}

function factsOf({ principal, request, checks }: Simulation, check: Check, grants: GrantSet): RequestFacts {
  const retired = [request.grantId, ...(request.grantTokens ?? [])].find((id) => id !== undefined)
  const grant = retired === undefined ? undefined : grants.find(retired)
  const other = otherEnd(check, checks)
  return {
    action: check.action.name,
    principal: principal.facts,
    resource: check.resource,
    request,
    ...(grant === undefined ? {} : { retiredConstraints: grant.constraints ?? {} }),
    ...(other === undefined ? {} : { otherKeyArn: other }),
  }
}

/** Of the two checks of a ReEncrypt call, the key of the other one. */
function otherEnd({ action }: Check, checks: readonly Check[]): string | undefined {
  const wanted =
    action.name === 'kms:ReEncryptFrom'
      ? 'kms:ReEncryptTo'
      : action.name === 'kms:ReEncryptTo'
        ? 'kms:ReEncryptFrom'
        : undefined
  return wanted === undefined ? undefined : checks.find((each) => each.action.name === wanted)?.resource.arn
}

/** What the document says and this question does not take up: never passed over in silence. */
export function ignoredMembers(simulation: Simulation, call: Call): readonly SimulationDiagnostic[] {
  const ignored: SimulationDiagnostic[] = []
  const ignore = (message: string): void => {
    ignored.push({ code: 'memberIgnored', message })
  }
  if (simulation.endpointPolicy !== undefined && call.endpoint === undefined) {
    ignore(
      '`vpcEndpointPolicy` is given and ignored: without `aws:SourceVpce` in the context the request came through no endpoint',
    )
  }
  if (!simulation.derive) {
    const unread = DERIVE_ONLY.filter((name) => simulation.request[name] !== undefined)
    if (unread.length > 0) {
      const names = oneOf(unread).replaceAll(' or ', ' and ')
      ignore(`${names} of \`request\` ${unread.length === 1 ? 'is' : 'are'} read with \`"derive": true\` only`)
    }
  }
  const elsewhere = call.grants.grants.filter(({ keyArn }) => keyArn !== call.resource.arn)
  if (elsewhere.length > 0) {
    const ids = elsewhere.slice(0, 3).map(({ grantId }) => quote(grantId, 20))
    const more = elsewhere.length > ids.length ? ` and ${elsewhere.length - ids.length} more` : ''
    ignore(`${elsewhere.length === 1 ? 'a grant is' : 'grants are'} for another key: ${ids.join(', ')}${more}`)
  }
  return ignored
}

/** Whether the checks of a `multi` document are those that its API makes. */
export function checksDiffer({ kind, api, checks }: Simulation): readonly SimulationDiagnostic[] {
  if (kind !== 'multi' || api === undefined) return []
  const expected = Object.hasOwn(MULTI_RESOURCE_APIS, api) ? MULTI_RESOURCE_APIS[api] : undefined
  if (expected === undefined) return []
  const missing = expected.filter(({ action, resource, onlyWithTags }) => {
    const isThere = checks.some((check) => check.action.name === action && check.resource.type === resource)
    return !onlyWithTags && !isThere
  })
  if (missing.length === 0) return []
  const names = new Set(
    missing.map(({ action, resource }) => `${quote(action)}${resource === 'none' ? '' : ` on the ${resource}`}`),
  )
  return [
    {
      code: 'checksDiffer',
      message: `${quote(api)} needs the check of ${[...names].join(' and of ')} too, which is not listed`,
    },
  ]
}
