/**
 * Session policies and tags of a new session: read, and measured against what a session takes.
 *
 * AWS packs them in a form of its own, whose size it tells as a percentage of a limit that it does not publish. Here the
 * percentage is that of the characters of policies, policy ARNs and tags against a limit of this program's.
 *
 * Source: IAM User Guide, "IAM and AWS STS quotas", "Pass session tags in AWS STS"; sts.md 2; authorization.md A3.
 */
import { parsePolicyValue } from '../../policy/parse.js'
import { splitArn } from '../../text/arn.js'
import { fail, type StsResult } from './failure.js'
import type { SessionInput } from './inputs.js'

/** Of a document and the ARNs of managed policies together. */
const MAX_PLAIN = 2048
const MAX_PACKED = 4096

export interface ReadPolicies {
  /** Inline and managed ones; undefined where none were passed. */
  readonly texts: readonly string[] | undefined
  /** Whole percent; undefined where nothing was passed that is packed. */
  readonly packedSize: number | undefined
}

/**
 * @param tags - all that the session is going to have.
 * @param accountId - whose managed policies may be passed, besides those of AWS.
 */
export function readPolicies(
  { policy, policyArns = [], tags: requested }: SessionInput,
  tags: Readonly<Record<string, string>>,
  accountId: string,
  managedPolicy: (arn: string) => string | undefined,
): StsResult<ReadPolicies> {
  const arns = [...new Set(policyArns)]
  const size = packedSize(policy, arns, tags)
  if (!size.ok) return size
  const texts: string[] = []
  if (policy !== undefined) {
    const refused = whyMalformed(policy)
    if (refused !== undefined) return fail('MalformedPolicyDocument', refused)
    texts.push(policy)
  }
  for (const arn of arns) {
    const managed = isOfAccount(arn, accountId) ? managedPolicy(arn) : undefined
    if (managed === undefined) return fail('ValidationError', `Policy ${arn} does not exist or is not attachable.`)
    const refused = whyMalformed(managed)
    if (refused !== undefined) return fail('MalformedPolicyDocument', `${arn}: ${refused}`)
    texts.push(managed)
  }
  const wasPassed = policy !== undefined || policyArns.length > 0 || (requested ?? []).length > 0
  return {
    ok: true,
    value: { texts: texts.length === 0 ? undefined : texts, packedSize: wasPassed ? size.value : undefined },
  }
}

/** Of a session whose credentials find no room in a request. */
export function tokenTooLarge(): ReturnType<typeof fail> {
  return fail('PackedPolicyTooLarge', 'Serialized token too large for session')
}

function packedSize(
  policy: string | undefined,
  arns: readonly string[],
  tags: Readonly<Record<string, string>>,
): StsResult<number> {
  const plain = (policy?.length ?? 0) + arns.reduce((sum, { length }) => sum + length, 0)
  const all = Object.entries(tags).reduce((sum, [key, value]) => sum + key.length + value.length, plain)
  const ofPlain = plain > MAX_PLAIN ? plain / MAX_PLAIN : 0
  const percent = Math.ceil(Math.max(ofPlain, all / MAX_PACKED) * 100)
  if (percent <= 100) return { ok: true, value: percent }
  return fail(
    'PackedPolicyTooLarge',
    `The session policies and tags take ${percent} percent of the space that a session has for them.`,
  )
}

/** One that is too long is told so by its size, not as malformed. */
function whyMalformed(text: string): string | undefined {
  const parsed = parsePolicyValue(text, 'session', 'the session policy', { sizes: 'report' })
  return parsed.ok ? undefined : (parsed.error[0]?.message ?? 'the policy is malformed')
}

function isOfAccount(arn: string, accountId: string): boolean {
  const split = splitArn(arn)
  if (split?.service !== 'iam' || !split.resource.startsWith('policy/')) return false
  return split.account === accountId || split.account === 'aws'
}
