/**
 * The decision in one or two sentences, for a reader who does not know KMS.
 *
 * Says what decided and, for a denial by absence, what the nearest statement or grant lacked.
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import type { CauseCode } from '../aws/causes.js'
import type { Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import { CLASS_DIRECT } from '../graph/subject.js'
import { SAYS_NOTHING } from '../graph/policy.js'
import { decidingStatements, fittingGrants, grantSays, permittingGrants } from './decisive.js'
import { capital, LAYER_NAMES, layerSubjectFirst, levelName, listed, shortened, statementName } from './names.js'
import { lackingLevels } from './near-miss.js'
import { appliedIn, layerTrace } from './reference.js'
import { callerInWords, granteeInWords, grantName, resourceInWords } from './statement-words.js'

/**
 * @param cause - the cause code of this trace.
 * @param decided - the sentences on what decided or, for an implicit denial, on the near miss that the code tells of;
 *   none where there is neither.
 */
export function summaryOf(
  trace: Trace,
  cause: CauseCode | null,
  decided: readonly { readonly sentence: string }[],
): string {
  const decisive = decided[0]?.sentence
  switch (trace.outcome.decision) {
    case 'allow':
      return allowSummary(trace, decisive)
    case 'explicitDeny':
      return denySummary(trace, decisive, decided.length - 1)
    case 'implicitDeny':
      return sentences(contextOf(trace, cause), decisive ?? absence(trace, cause))
  }
}

function sentences(...parts: readonly (string | undefined)[]): string {
  let text = ''
  for (const part of parts) {
    if (part !== undefined && part !== '') text += text === '' ? `${part}.` : ` ${part}.`
  }
  return text
}

// ------------------------------------------------------------------------------------------------------------ allow

function allowSummary(trace: Trace, decisive: string | undefined): string {
  const { layer } = trace.outcome
  const { action } = trace.call
  if (layer === 'grant') {
    const names = permittingGrants(trace).map(grantName)
    if (trace.kind.retire)
      return sentences(`${capital(listed(names, 'and'))} may be retired by this caller; no policy has to allow it`)
    return sentences(
      `${capital(listed(names, 'and'))} ${names.length === 1 ? 'allows' : 'allow'} ${action} to this caller; no policy has to`,
    )
  }
  if (layer === 'keyPolicy') {
    const [first] = decidingStatements(trace)
    const why = decisive ?? `${layerSubjectFirst(trace, layer)} allows ${action} to this caller`
    const named = first?.traced.reach === CLASS_DIRECT ? 'the caller itself' : "the caller's role or user"
    return sentences(
      why,
      trace.kind.relation === 'same' ? `It names ${named}, so no identity policy has to allow it as well` : undefined,
    )
  }
  return sentences(delegation(trace), decisive ?? `${capital(callerInWords(trace))} needs no identity policy`)
}

/** What the key policy left to the identity side, where it did. */
function delegation(trace: Trace): string | undefined {
  const [applied] = appliedIn(layerTrace(trace, 'keyPolicy'), 'Allow')
  if (applied === undefined) return undefined
  const { action, subject } = trace.call
  const name = `${layerSubjectFirst(trace, 'keyPolicy')} (${statementName(applied.traced.statement)})`
  if (trace.kind.relation === 'cross')
    return `${name} lets ${action} in from account ${subject.caller.accountId ?? '?'}, and across accounts both sides must allow`
  return `${name} leaves ${action} to the IAM policies of account ${subject.caller.accountId ?? '?'}`
}

// ------------------------------------------------------------------------------------------------------------- deny

/** @param others - how many more Denies applied. */
function denySummary(trace: Trace, decisive: string | undefined, others: number): string {
  if (decisive === undefined)
    return sentences(`${layerSubjectFirst(trace, trace.outcome.layer)} denies ${trace.call.action}`)
  const more = others === 0 ? undefined : others === 1 ? 'One more Deny applies' : `${others} more Denies apply`
  return sentences(decisive, 'A Deny wins over every Allow', more)
}

// --------------------------------------------------------------------------------------------------------- absence

/** What has to be known before the nearest miss makes sense. */
function contextOf(trace: Trace, cause: CauseCode | null): string | undefined {
  const { layer } = trace.outcome
  const { action, subject } = trace.call
  switch (layer) {
    case 'scp':
      return levelContext(trace)
    case 'identity':
      return trace.kind.retire ? retireContext(trace) : delegation(trace)
    case 'boundary':
    case 'session':
      return trace.kind.retire ? undefined : limitContext(trace, layer)
    case 'keyPolicy':
      if (cause === 'delegation-missing') {
        const account = subject.caller.accountId ?? '?'
        return `Identity policies of the caller allow ${action}, but they do not count: the key policy leaves nothing to the IAM policies of account ${account}`
      }
      if (cause === 'aws-managed-key')
        return 'This is an AWS managed key: it serves its own service, in its own account, and nobody can change its policy'
      return undefined
    case 'rcp':
    case 'vpce':
    case 'grant':
    case 'operation':
      return undefined
  }
}

function levelContext(trace: Trace): string | undefined {
  const layer = layerTrace(trace, 'scp')
  const level = layer === undefined ? undefined : lackingLevels(trace, layer)[0]
  if (level === undefined) return undefined
  const none = (trace.call.scps?.[level]?.length ?? 0) === 0
  const what = none ? 'there is no service control policy' : `no service control policy allows ${trace.call.action}`
  return `Service control policies must allow at every level of the organization, and at ${levelName(trace, 'scp', level)} ${what}`
}

function limitContext(trace: Trace, layer: 'boundary' | 'session'): string {
  const allowing = layerTrace(trace, 'identity')?.verdict === 'allow' ? 'identity policies' : 'the key policy'
  const verb = allowing === 'the key policy' ? 'allows' : 'allow'
  return `${capital(allowing)} ${verb} ${trace.call.action}, but ${LAYER_NAMES[layer].the} has to allow it too`
}

function retireContext(trace: Trace): string {
  const account = trace.call.subject.caller.accountId ?? '?'
  return `Account ${account} may retire this grant, and its principals need an identity policy that allows kms:RetireGrant`
}

/** Nothing came close: what the cause says of it, with the names of this request. */
function absence(trace: Trace, cause: CauseCode | null): string {
  const { layer } = trace.outcome
  const { call } = trace
  const owner = call.resource.accountId ?? '?'
  const account = call.subject.caller.accountId ?? '?'
  switch (cause) {
    // The context has said it.
    case 'scp-level-empty':
      return ''
    case 'operation-cross-account':
      return `${call.action} works only within one account: the resource belongs to account ${owner}, the caller to account ${account}`
    case 'operation-resource':
      return wrongResource(trace)
    case 'key-policy-absent':
      if (trace.kind.target === 'role')
        return 'No trust policy of the role is known, and nobody assumes a role without one'
      return 'No key policy is given, and without one that allows or delegates nobody reaches a key'
    case 'session-not-passed':
      return 'This federated user session was made without a session policy, so the policies of its user give it nothing'
    case 'grant-limited':
      return limitedGrant(trace)
    case 'grant-not-found':
      return 'The key has no grant that this request names'
    case 'grant-retire':
      return `The grant may be retired by its retiring principal, by its grantee if it lists RetireGrant, and by the account that owns it; ${callerInWords(trace)} is none of them`
    case 'aws-managed-key':
      return `Its policy does not let ${callerInWords(trace)} do ${call.action} in this request`
    default:
      return nothingAllows(trace, layer)
  }
}

const RESOURCE_KINDS = { key: 'keys', alias: 'aliases' } as const

function wrongResource({ call: { action, actionBit, resource }, kind: { target } }: Trace): string {
  if (target === 'role') return 'Roles may not be assumed by root users'
  const kinds = KMS_ACTIONS[actionBit]?.resources ?? []
  const where =
    kinds.length === 0
      ? 'without a resource, never on one'
      : `on ${listed(
          kinds.map((kind) => RESOURCE_KINDS[kind]),
          'and',
        )} alone`
  return `${action} is authorised ${where}, and this request names ${resource.arn === undefined ? 'none' : shortened(resource.arn)}`
}

function limitedGrant(trace: Trace): string {
  const grant = fittingGrants(trace).find((each) => grantSays(trace, each) !== SAYS_NOTHING)
  const lacking = trace.layers.filter(
    ({ layer, verdict }) =>
      (layer === 'identity' || layer === 'boundary' || layer === 'session') && verdict !== 'allow',
  )
  const name = grant === undefined ? 'A grant' : capital(grantName(grant))
  const to = grant === undefined ? 'the role of the caller' : granteeInWords(grant)
  const what = lacking
    .filter(({ layer }) => layer !== 'identity' || lacking.length === 1)
    .map(({ layer }) => LAYER_NAMES[layer].the)
  return `${name} allows ${trace.call.action} to ${to}, but ${listed(what, 'and')} has to allow it too and does not`
}

function nothingAllows(trace: Trace, layer: Layer): string {
  const { action } = trace.call
  const on = trace.call.resource.arn === undefined ? '' : ` on ${resourceInWords(trace)}`
  switch (layer) {
    case 'identity':
      return trace.kind.identity === 'none'
        ? `A service principal has no identity policies, and ${action} needs one`
        : `No identity policy of the caller allows ${action}${on}`
    case 'session':
      return `No session policy allows ${action}${on}`
    case 'scp':
      return ''
    case 'keyPolicy':
      return `${layerSubjectFirst(trace, layer)} does not allow ${action} to ${callerInWords(trace)}${trace.kind.target === 'key' ? ', and no grant does' : ''}`
    case 'rcp':
    case 'vpce':
    case 'boundary':
    case 'grant':
    case 'operation':
      return `${layerSubjectFirst(trace, layer)} does not allow ${action}${on}`
  }
}
