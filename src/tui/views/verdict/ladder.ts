/**
 * The layers of a decision as a ladder from the request to the verdict: what each said, and which one decided.
 *
 * Every layer has its rung, also one that had no part in this request; then the rung says why.
 */
import type { Answer } from '../../../source/answer/answer-question.js'
import { whyOf } from '../../../source/answer/relevant-gaps.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { statementName } from '../../../explain/names.js'
import { appliedIn, layerTrace } from '../../../explain/reference.js'
import type { Layer } from '../../../graph/combine.js'
import { CLASS_ACCOUNT } from '../../../graph/subject.js'

/** `silent`: neither allows nor denies. `skipped`: it was not asked. */
export type RungVerdict = 'allow' | 'deny' | 'silent' | 'skipped'

export type RungId = Layer | 'delegation' | 'keyState'

export interface Rung {
  readonly id: RungId
  readonly title: string
  readonly verdict: RungVerdict
  /** A few words without a final stop. */
  readonly why: string
  readonly decides: boolean
  /** The layer whose statements stand behind it. */
  readonly layer: Layer | undefined
}

const TITLES: Readonly<Record<RungId, string>> = {
  rcp: 'guardrail RCPs',
  scp: 'guardrail SCPs',
  vpce: 'VPC endpoint',
  keyPolicy: 'key policy',
  delegation: 'delegation to IAM',
  grant: 'grants',
  identity: 'identity policies',
  boundary: 'boundary',
  session: 'session policies',
  operation: 'operation',
  keyState: 'key state',
}

const ORDER: readonly RungId[] = [
  'rcp',
  'scp',
  'vpce',
  'keyPolicy',
  'delegation',
  'grant',
  'identity',
  'boundary',
  'session',
  'operation',
  'keyState',
]

export function ladderOf(answer: Answer, world: AskedWorld): readonly Rung[] {
  const decisive = decisiveRung(answer)
  return ORDER.map((id) => {
    const said = saidBy(answer, id, world)
    const isOther = id === 'keyPolicy' && answer.trace.kind.target === 'other'
    return {
      id,
      title: isOther ? 'resource policy' : TITLES[id],
      ...said,
      decides: id === decisive,
      layer: id === 'delegation' ? delegating(decisive) : id === 'keyState' ? undefined : id,
    }
  })
}

/** The statements of the key policy stand with it, unless it is delegation that they lack. */
function delegating(decisive: RungId): Layer | undefined {
  return decisive === 'delegation' ? 'keyPolicy' : undefined
}

/** Where the reader has to look: a denial that AWS reports for the key policy may be one that a grant just missed. */
function decisiveRung({ explanation: { cause, layer, decisive } }: Answer): RungId {
  if (cause?.code === 'delegation-missing') return 'delegation'
  return decisive[0]?.ref.layer ?? layer
}

type Said = Pick<Rung, 'verdict' | 'why'>

function saidBy(answer: Answer, id: RungId, world: AskedWorld): Said {
  switch (id) {
    case 'delegation':
      return delegation(answer)
    case 'keyState':
      return keyState(answer, world)
    case 'operation':
      return operation(answer)
    default:
      return layer(answer, id)
  }
}

function layer({ explanation, trace, missing }: Answer, id: Exclude<Layer, 'operation'>): Said {
  const told = explanation.layers.find((each) => each.layer === id)
  const traced = layerTrace(trace, id)
  if (told === undefined || traced === undefined) {
    return { verdict: 'skipped', why: whyOf(id, absence(trace, id), missing) }
  }
  const { verdict, why } = told
  if (verdict === 'explicitDeny') return { verdict: 'deny', why }
  if (!traced.consulted) return { verdict: 'skipped', why: `not needed; ${why}` }
  return { verdict: verdict === 'allow' ? 'allow' : 'silent', why }
}

/** Why a layer has no part in a request. */
function absence({ kind, call }: Answer['trace'], id: Exclude<Layer, 'operation'>): string {
  switch (id) {
    case 'scp':
      if (call.subject.caller.type === 'service') return 'a service is limited by none'
      return call.callerInManagementAccount ? 'none limits the management account' : 'none are known'
    case 'rcp':
      return kind.target === 'key' && call.rcps === undefined ? 'none are known' : 'none limits this'
    case 'vpce':
      return 'the request comes through none'
    case 'keyPolicy':
      return 'has no part in this'
    case 'identity':
      return kind.identity === 'root' ? 'the root user needs none' : 'a service has none'
    case 'boundary':
      return 'the caller has none'
    case 'session':
      return 'none was passed'
    case 'grant':
      return kind.target === 'key' ? 'the key has none' : 'they are about keys'
  }
}

/** Whether the key policy leaves the decision to the IAM policies of the caller's account. */
function delegation({ trace }: Answer): Said {
  const { kind, call } = trace
  if (kind.target !== 'key' || kind.retire) return { verdict: 'skipped', why: 'only a key policy delegates' }
  if (kind.relation === 'service') return { verdict: 'skipped', why: 'a service has no account' }
  const traced = layerTrace(trace, 'keyPolicy')
  const delegating = appliedIn(traced, 'Allow').filter((each) => each.traced.reach === CLASS_ACCOUNT)
  const account = call.subject.caller.accountId ?? '?'
  if (delegating.length > 0) {
    const names = delegating.map((each) => statementName(each.traced.statement)).join(', ')
    const why = `${names}: the IAM policies of ${account} may allow`
    return traced?.consulted === true ? { verdict: 'allow', why } : { verdict: 'skipped', why: `not needed; ${why}` }
  }
  if (traced?.verdict === 'allow') return { verdict: 'skipped', why: 'not needed; the key policy names the caller' }
  return { verdict: 'silent', why: `the key policy leaves this to no IAM policy of ${account}` }
}

function operation({ explanation }: Answer): Said {
  return explanation.layer === 'operation'
    ? { verdict: 'deny', why: 'does not work this way' }
    : { verdict: 'allow', why: 'works on this resource' }
}

/** Looked at only after a request has been let in. */
function keyState({ explanation, trace }: Answer, { keys }: AskedWorld): Said {
  const { arn } = trace.call.resource
  const state = arn === undefined ? undefined : keys.get(arn)?.state
  if (trace.kind.target !== 'key') return { verdict: 'skipped', why: 'this is about no key' }
  if (state === undefined) return { verdict: 'skipped', why: 'not known' }
  if (explanation.verdict !== 'allow') return { verdict: 'skipped', why: `${state}; asked only of what is allowed` }
  return state === 'Enabled'
    ? { verdict: 'allow', why: state }
    : { verdict: 'deny', why: `${state}: KMS may refuse what permissions allow` }
}
