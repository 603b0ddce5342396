/**
 * When AWS and a world disagree: which missing or stale input would explain the difference, most plausible first.
 *
 * Compares two answers and looks at what took part in the world's. Decides nothing again, and claims nothing: each
 * explanation is something to look at.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages"; KMS Developer Guide, "Eventual consistency of
 * grants", "Key states of AWS KMS keys"; facts C1, C5, D5, D7, F7, G1 to G3.
 */
import type { StatementTrace, Trace } from '../../decide/trace.js'
import type { Layer } from '../../graph/combine.js'
import { LAYER_NAMES } from '../../explain/names.js'
import { layerTrace, statementsOf } from '../../explain/reference.js'
import { parseKeyArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import type { AwsAnswer } from './aws-answer.js'
import { whyUnknown, type UnknownInput } from './question.js'

export interface Comparison {
  readonly said: AwsAnswer
  /** This world's answer to the check that AWS spoke of, or to the one that failed. */
  readonly trace: Trace
  /** What the question does not tell of the request. */
  readonly unknown?: readonly UnknownInput[]
  /** What the world lacks and says so itself, as sentences without a final stop. */
  readonly gaps?: readonly string[]
  /** The caller's unique id: in the event, and in the world. */
  readonly uniqueIds?: { readonly said: string; readonly known: string }
  /** `Disabled`, `PendingDeletion`, …, as DescribeKey has it. */
  readonly keyState?: string
  /** Whether the world has this policy; not asked where absent. */
  readonly hasPolicy?: (policyArn: string) => boolean
}

export type Agreement =
  /** The same decision for the same reason, as far as AWS said one. */
  | 'same'
  /** Denied by both, by another layer. */
  | 'otherLayer'
  | 'opposite'
  /** AWS said nothing of permissions. */
  | 'notComparable'

export type ExplanationKind =
  | 'keyState'
  | 'wrongRegionOrAccount'
  | 'otherKey'
  | 'principalRecreated'
  | 'missingScp'
  | 'missingRcp'
  | 'missingEndpointPolicy'
  | 'missingSessionPolicy'
  | 'missingBoundary'
  | 'missingKeyPolicy'
  | 'missingIdentityPolicy'
  | 'policyNotInWorld'
  | 'exemptHere'
  | 'contextKey'
  | 'otherPolicyVersion'
  | 'grantTiming'
  | 'missingGrant'
  | 'laterLayer'
  | 'gap'

export interface PlausibleExplanation {
  readonly kind: ExplanationKind
  /** One sentence without a final stop. */
  readonly sentence: string
}

export interface Disagreement {
  readonly agreement: Agreement
  /** Empty where the two agree. */
  readonly explanations: readonly PlausibleExplanation[]
}

type PolicyLayer = Exclude<Layer, 'grant' | 'operation'>

/** As answers are given, the nearest explanation first. */
export function explainDisagreement(comparison: Comparison): Disagreement {
  const agreement = compare(comparison)
  if (agreement === 'same') return { agreement, explanations: [] }
  if (agreement === 'notComparable') return { agreement, explanations: refusals(comparison) }
  const { gaps = [] } = comparison
  const found = differences(comparison)
  if (found.length === 0 && gaps.length === 0) {
    found.push(explanation('otherPolicyVersion', 'what is given here is not what there was when AWS answered'))
  }
  return { agreement, explanations: [...found, ...gaps.map((sentence) => explanation('gap', sentence))] }
}

function explanation(kind: ExplanationKind, sentence: string): PlausibleExplanation {
  return { kind, sentence }
}

function compare({ said, trace }: Comparison): Agreement {
  const { decision, layer } = trace.outcome
  if (said.decision === 'undecided') return 'notComparable'
  if (said.decision === 'allow') return decision === 'allow' ? 'same' : 'opposite'
  if (decision === 'allow') return 'opposite'
  // The texts that name no layer are given to whom AWS keeps it back from.
  const isSameLayer = said.layer === undefined || said.layer === namedLayer(layer)
  const isSameEffect = said.isExplicit === undefined || said.isExplicit === isExplicit(trace)
  return isSameLayer && isSameEffect ? 'same' : 'otherLayer'
}

function isExplicit({ outcome }: Trace): boolean {
  return outcome.decision === 'explicitDeny'
}

/** AWS has no words of its own for what an operation or a grant refuses. */
function namedLayer(layer: Layer): PolicyLayer {
  return layer === 'grant' || layer === 'operation' ? 'keyPolicy' : layer
}

// ------------------------------------------------------------------------------------- refusals that are no denials

function refusals({ said, keyState }: Comparison): readonly PlausibleExplanation[] {
  const found: PlausibleExplanation[] = []
  if (said.notFound !== undefined) {
    const what = quote(said.notFound, 120)
    found.push(
      explanation(
        'wrongRegionOrAccount',
        `AWS found no ${what}: the request went to another Region or account than the key's`,
      ),
    )
  }
  if (keyState !== undefined && keyState !== 'Enabled') {
    found.push(
      explanation('keyState', `the key is ${quote(keyState)} here, which KMS refuses after it has let a request in`),
    )
  }
  return found
}

// ------------------------------------------------------------------------------------------------------ differences

function differences(comparison: Comparison): PlausibleExplanation[] {
  return [
    ...ofKeyState(comparison),
    ...ofResource(comparison),
    ...ofIdentity(comparison),
    ...(comparison.said.decision === 'deny' ? [...ofGrant(comparison), ...ofDenial(comparison)] : ofAllow(comparison)),
  ]
}

/** A grant is the one permission that comes and goes by itself. */
function ofGrant({ trace }: Comparison): readonly PlausibleExplanation[] {
  const { decision, layer } = trace.outcome
  if (decision !== 'allow' || layer !== 'grant') return []
  const sentence =
    'the grant that allows here was not in effect: it takes up to five minutes to arrive, or it has been retired or revoked since'
  return [explanation('grantTiming', sentence)]
}

function ofKeyState({ said, keyState }: Comparison): readonly PlausibleExplanation[] {
  if (said.keyState === undefined) return []
  const state = keyState === undefined ? '' : ` (here it is ${quote(keyState)})`
  return [
    explanation(
      'keyState',
      `AWS let the request in and refused it for the state of the key${state}, which comes after permissions`,
    ),
  ]
}

function ofResource({ said, trace }: Comparison): readonly PlausibleExplanation[] {
  const here = trace.call.resource.arn
  const named = said.resource
  const found: PlausibleExplanation[] = []
  if (named !== undefined && here !== undefined && named !== here && parseKeyArn(named) !== undefined) {
    const key = parseKeyArn(named)
    const own = parseKeyArn(here)
    if (key?.region !== own?.region || key?.account !== own?.account) {
      found.push(
        explanation(
          'wrongRegionOrAccount',
          `AWS speaks of ${quote(named, 120)}, which is in another Region or account than ${quote(here, 120)}`,
        ),
      )
    } else {
      found.push(
        explanation(
          'otherKey',
          `AWS speaks of ${quote(named, 120)}, this is ${quote(here, 120)}: the alias may point elsewhere now`,
        ),
      )
    }
  }
  if (said.isOpaque === true) {
    found.push(
      explanation(
        'wrongRegionOrAccount',
        'the key of the ciphertext may be another one, or be in another Region: AWS gives this text for both',
      ),
    )
  }
  return found
}

function ofIdentity({ uniqueIds, trace }: Comparison): readonly PlausibleExplanation[] {
  if (uniqueIds === undefined || uniqueIds.said === uniqueIds.known) return []
  const { caller } = trace.call.subject
  const who = quote(caller.roleArn ?? caller.userArn ?? caller.arn, 120)
  const sentence = `${who} is ${quote(uniqueIds.known)} here and was ${quote(uniqueIds.said)}: it was deleted and made again, and policies that name it mean the one that is gone`
  return [explanation('principalRecreated', sentence)]
}

// --------------------------------------------------------------------------------- AWS denied, and this world does not

function ofDenial(comparison: Comparison): readonly PlausibleExplanation[] {
  const { said } = comparison
  if (said.layer === 'trust') return []
  if (said.layer !== undefined) return ofNamedLayer(comparison, said.layer)
  const layers: readonly PolicyLayer[] = said.isOpaque === true ? ['keyPolicy'] : EVERY_LAYER
  const found = layers.flatMap((layer) => missingLayer(comparison, layer))
  return [...found, ...contextKeys(comparison, layers), ...staleLayers(comparison, layers)]
}

/** In the order in which AWS reports them. */
const EVERY_LAYER: readonly PolicyLayer[] = ['rcp', 'scp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session']

function ofNamedLayer(comparison: Comparison, layer: PolicyLayer): readonly PlausibleExplanation[] {
  const { said, hasPolicy, trace } = comparison
  const found = [...missingLayer(comparison, layer)]
  if (said.policyArn !== undefined && hasPolicy?.(said.policyArn) === false) {
    const policy = quote(said.policyArn, 160)
    found.push(explanation('policyNotInWorld', `AWS names ${policy}, which is not here`))
  }
  found.push(...contextKeys(comparison, [layer]), ...staleLayers(comparison, [layer]))
  if (trace.outcome.decision !== 'allow' && layerTrace(trace, layer)?.verdict !== 'allow') {
    // Both deny here; AWS names one policy type of several.
    const other = LAYER_NAMES[trace.outcome.layer].the
    found.push(
      explanation(
        'laterLayer',
        `${LAYER_NAMES[layer].the} denies here, too; AWS names one of several layers, and this names ${other}`,
      ),
    )
  }
  return found
}

/** The layer takes no part here, so that something of it is not known, or does not apply. */
function missingLayer({ trace, said }: Comparison, layer: PolicyLayer): readonly PlausibleExplanation[] {
  const { call } = trace
  const { caller } = call.subject
  const one = (kind: ExplanationKind, sentence: string): readonly PlausibleExplanation[] => [
    explanation(kind, sentence),
  ]
  const does = said.isExplicit === undefined ? 'may deny this' : said.isExplicit ? 'denies this' : 'does not allow this'
  switch (layer) {
    case 'scp': {
      if (caller.type === 'service') return []
      const account = quote(caller.accountId ?? 'of the caller')
      if (call.callerInManagementAccount) {
        return one('exemptHere', `account ${account} is taken for the management account, to which no SCP applies`)
      }
      if (caller.isServiceLinkedRole)
        return one('exemptHere', 'the caller is taken for a service-linked role, to which no SCP applies')
      return call.scps === undefined
        ? one('missingScp', `no SCPs are given for account ${account}, and one ${does}`)
        : []
    }
    case 'rcp': {
      const account = quote(call.resource.accountId ?? 'of the key')
      if (call.resourceInManagementAccount) {
        return one('exemptHere', `account ${account} is taken for the management account, to which no RCP applies`)
      }
      return call.rcps === undefined
        ? one('missingRcp', `no RCPs are given for account ${account}, and one ${does}`)
        : []
    }
    case 'vpce': {
      if (call.endpoint !== undefined) {
        return call.endpoint.policy === undefined
          ? one('missingEndpointPolicy', `the policy of the VPC endpoint is not given, and it ${does}`)
          : []
      }
      return said.layer === 'vpce'
        ? one(
            'contextKey',
            'the request came through a VPC endpoint, and does not say through which (`aws:SourceVpce`)',
          )
        : []
    }
    case 'keyPolicy':
      return call.keyPolicy === undefined && trace.kind.target === 'key'
        ? one('missingKeyPolicy', `the policy of ${quote(call.resource.arn ?? 'the key', 120)} is not given`)
        : []
    case 'identity':
      return call.identity.length === 0 && trace.kind.identity === 'policies'
        ? one('missingIdentityPolicy', 'no identity policies of the caller are given')
        : []
    case 'boundary':
      return call.boundary === undefined && trace.kind.identity === 'policies'
        ? one('missingBoundary', `no permissions boundary of the caller is given, and one ${does}`)
        : []
    case 'session':
      return call.session.length === 0 && (caller.type === 'role' || caller.type === 'federated')
        ? one(
            'missingSessionPolicy',
            `no session policy is given; the session ${said.layer === 'session' ? 'was' : 'may have been'} made with one, which ${does} and stands in no account dump`,
          )
        : []
  }
}

// ------------------------------------------------------------------------------ AWS allowed, and this world does not

function ofAllow(comparison: Comparison): readonly PlausibleExplanation[] {
  const { trace } = comparison
  const { decision, layer } = trace.outcome
  const named = namedLayer(layer)
  if (layer === 'operation') {
    const sentence = 'the operation does not work on this resource from this account: the request was about another one'
    return [explanation('wrongRegionOrAccount', sentence)]
  }
  if (decision === 'explicitDeny') return [...contextKeys(comparison, [named]), ...staleLayers(comparison, [named])]
  const found: PlausibleExplanation[] = []
  if (named === 'keyPolicy') {
    found.push(...missingLayer(comparison, 'keyPolicy'))
    const sentence =
      trace.call.grants.size === 0
        ? 'no grants are given for the key, and one allowed'
        : 'a grant allowed that is not here: retired or revoked since, or made since the grants were listed'
    found.push(explanation('missingGrant', sentence))
    const waits = layerTrace(trace, 'grant')?.grants.some(({ miss }) => miss === 'notPropagated') === true
    if (waits || isUnknownToken(comparison)) {
      found.push(
        explanation(
          'grantTiming',
          'the request carried a grant token, which makes a new grant usable at once and leaves no trace',
        ),
      )
    }
  }
  if (named === 'identity') found.push(...missingLayer(comparison, 'identity'))
  return [...found, ...contextKeys(comparison, [named]), ...staleLayers(comparison, [named])]
}

function isUnknownToken({ unknown = [] }: Comparison): boolean {
  return unknown.some(({ kind }) => kind === 'grantTokens')
}

// ------------------------------------------------------------------------------------------- stale or unknown inputs

const MAX_KEYS = 5

/** Condition keys that the layer tests and nobody knows. */
function contextKeys(
  { trace, unknown = [] }: Comparison,
  layers: readonly PolicyLayer[],
): readonly PlausibleExplanation[] {
  return layers.flatMap((layer) => {
    const keys = new Map<string, string>()
    for (const { traced } of statementsOf(layerTrace(trace, layer))) {
      for (const key of unknownTests(traced, unknown)) keys.set(key.toLowerCase(), key)
    }
    if (keys.size === 0) return []
    const names = [...keys.values()].slice(0, MAX_KEYS).map((key) => quote(key))
    const more = keys.size > names.length ? ` and ${keys.size - names.length} more` : ''
    const sentence = `${LAYER_NAMES[layer].the} tests ${names.join(', ')}${more}, which nobody has told of this request`
    return [explanation('contextKey', sentence)]
  })
}

/** Of a statement that hangs on nothing but its conditions. */
function unknownTests({ failed, conditions }: StatementTrace, unknown: readonly UnknownInput[]): readonly string[] {
  if (failed.some((part) => part !== 'condition')) return []
  return conditions.map(({ test }) => test.key).filter((key) => whyUnknown(unknown, key) !== undefined)
}

/** A layer that is here: then it is another version of it. */
function staleLayers({ said, trace }: Comparison, layers: readonly PolicyLayer[]): readonly PlausibleExplanation[] {
  return layers.flatMap((layer) => {
    const policies = layerTrace(trace, layer)?.policies ?? []
    if (policies.length === 0) return []
    const which =
      said.layer === layer && said.policyArn !== undefined ? quote(said.policyArn, 160) : LAYER_NAMES[layer].the
    const sentence = `${which} was another version when AWS answered than the one that is given here`
    return [explanation('otherPolicyVersion', sentence)]
  })
}
