/**
 * The text that AWS returns for a denial, so that a person can match it with what they saw.
 *
 * AWS has several forms of it: old ones say less, new ones name the policy and point to more. Which of them a caller
 * gets is not for a decision to know, so the form is handed in.
 *
 * Where AWS has no wording of its own (an operation that does not work across accounts, a grant that may not be
 * retired) the wording for resource-based policies is used.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages", "Troubleshoot access denied error messages with
 * authorization ID"; facts G1, G2, K-22.
 */
import type { Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import type { Caller } from '../graph/subject.js'
import { splitArn } from '../text/arn.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import { decidingStatements } from './decisive.js'
import type { NamedTrace } from './names.js'
import { once } from './once.js'

/** How much of a denial the text tells; what is left out is as AWS writes it to most callers. */
export interface MessageForm {
  /** `effect`: "with an explicit deny" and no more. `none`: the short form of old. `layer` when left out. */
  readonly reason?: 'layer' | 'effect' | 'none'
  /** False: the text names no resource. */
  readonly resource?: boolean
  /** An explicit deny names its policy by ARN, where the policy has one that the caller may see. */
  readonly policyArn?: boolean
  /** The id for Access Troubleshooter, which the text then points to. */
  readonly authorizationId?: string
}

interface Wording {
  readonly implicit: string
  readonly explicit: string
}

const ROLE_TRUST: Wording = { implicit: 'role trust policy', explicit: 'the role trust policy' }
const RESOURCE_BASED: Wording = { implicit: 'resource-based policy', explicit: 'a resource-based policy' }

const WORDINGS: Readonly<Record<Layer, Wording>> = {
  scp: { implicit: 'service control policy', explicit: 'a service control policy' },
  rcp: { implicit: 'resource control policy', explicit: 'a resource control policy' },
  vpce: { implicit: 'VPC endpoint policy', explicit: 'a VPC endpoint policy' },
  keyPolicy: RESOURCE_BASED,
  identity: { implicit: 'identity-based policy', explicit: 'an identity-based policy' },
  boundary: { implicit: 'permissions boundary', explicit: 'a permissions boundary' },
  session: { implicit: 'session policy', explicit: 'a session policy' },
  grant: RESOURCE_BASED,
  operation: RESOURCE_BASED,
}

/** Tells nothing of whether the key exists: returned where the ciphertext, not the caller, named the key. */
const OPAQUE =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

/** Null for an allow. */
export function accessDeniedMessage(trace: NamedTrace, form: MessageForm = {}): string | null {
  if (trace.outcome.decision === 'allow') return null
  if (isOpaque(trace)) return OPAQUE
  const { subject, action, resource } = trace.call
  const on = form.resource === false ? '' : ` on resource: ${resource.arn ?? '*'}`
  const denied = `User: ${callerNamed(subject.caller)} is not authorized to perform: ${action}${on}`
  return `${denied}${reasonOf(trace, form)}${pointerOf(trace, form)}`
}

/** AWS names the session of a role; which one it is, a question about the role leaves open. */
const callerNamed = once(({ type, arn }: Caller): string => {
  const role = type === 'role' ? parsePrincipalArn(arn) : undefined
  if (role?.ok !== true || role.value.kind !== 'role') return arn
  const { partition, account, name } = role.value
  return `arn:${partition}:sts::${account}:assumed-role/${name}/{session}`
})

function reasonOf(trace: NamedTrace, { reason = 'layer', policyArn = false }: MessageForm): string {
  const { decision, layer } = trace.outcome
  const wording = layer === 'keyPolicy' && trace.kind.target === 'role' ? ROLE_TRUST : WORDINGS[layer]
  const isExplicit = decision === 'explicitDeny'
  if (reason === 'none' || (reason === 'effect' && !isExplicit)) return ''
  if (reason === 'effect') return ' with an explicit deny'
  if (!isExplicit) return ` because no ${wording.implicit} allows the ${trace.call.action} action`
  const arn = policyArn ? denyingPolicyArn(trace) : undefined
  return ` with an explicit deny in ${wording.explicit}${arn === undefined ? '' : `: ${arn}`}`
}

/** The policies that are attached to keys and endpoints are never named. */
const UNNAMED: ReadonlySet<Layer> = new Set(['keyPolicy', 'vpce'])

function denyingPolicyArn(trace: NamedTrace): string | undefined {
  const { layer } = trace.outcome
  const denying = decidingStatements(trace).find(({ policy }) => policy.layer === layer)
  return denying === undefined || UNNAMED.has(layer) ? undefined : trace.names?.arn(trace, denying.policy)
}

function pointerOf({ call }: Trace, { authorizationId }: MessageForm): string {
  if (authorizationId === undefined) return ''
  const region = splitArn(call.resource.arn ?? '')?.region ?? ''
  const home = region === '' ? 'us-east-1' : region
  const console = `https://${home}.console.aws.amazon.com/iam/home?region=${home}#/authorization-details/${authorizationId}`
  return `. Go to ${console} for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: ${authorizationId}`
}

function isOpaque({ outcome, kind, call }: Trace): boolean {
  if (outcome.decision !== 'implicitDeny' || outcome.layer !== 'keyPolicy' || kind.relation !== 'cross') return false
  return call.action === 'kms:Decrypt' || call.action === 'kms:ReEncryptFrom'
}
