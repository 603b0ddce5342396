/**
 * The text that AWS returns for a denial, so that a person can match it with what they saw.
 *
 * Where AWS has no wording of its own (an operation that does not work across accounts, a grant that may not be
 * retired) the wording for resource-based policies is used.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages"; facts G1, G2, K-22.
 */
import type { Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'

interface Wording {
  readonly implicit: string
  readonly explicit: string
}

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
export function accessDeniedMessage(trace: Trace): string | null {
  const { decision, layer } = trace.outcome
  if (decision === 'allow') return null
  if (isOpaque(trace)) return OPAQUE
  const { subject, action, resource } = trace.call
  const denied = `User: ${subject.caller.arn} is not authorized to perform: ${action} on resource: ${resource.arn ?? '*'}`
  const wording = WORDINGS[layer]
  return decision === 'explicitDeny'
    ? `${denied} with an explicit deny in ${wording.explicit}`
    : `${denied} because no ${wording.implicit} allows the ${action} action`
}

function isOpaque({ outcome, kind, call }: Trace): boolean {
  if (outcome.decision !== 'implicitDeny' || outcome.layer !== 'keyPolicy' || kind.relation !== 'cross') return false
  return call.action === 'kms:Decrypt' || call.action === 'kms:ReEncryptFrom'
}
