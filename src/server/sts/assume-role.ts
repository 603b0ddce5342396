/**
 * AssumeRole: credentials of a session of a role, for whom its trust policy and their own policies let.
 *
 * What would tell that a role exists is asked after it is known that the caller may assume it.
 *
 * Source: STS API Reference, "AssumeRole"; IAM User Guide, "Roles terms and concepts", "Role chaining"; sts.md 2, 3, 4, 5.
 */
import type { RequestContext } from '../../decide/values.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { authorizeSts, notAuthorized } from './authorize.js'
import { fail, type StsResult } from './failure.js'
import { readAssumeRole, type AssumeRoleInput } from './inputs.js'
import { mfaFailure } from './mfa.js'
import { mint } from './mint.js'
import { operation, withoutUndefined, type StsDone } from './operation.js'
import { readPolicies } from './session-policies.js'
import {
  conflictingKey,
  inheritedTags,
  NO_TAGS,
  requestTagKeys,
  resourceTagKeys,
  sessionTags,
  type Tags,
} from './session-tags.js'
import type { StsCall } from './services.js'
import { uniqueIdOf } from './unique-id.js'

const DEFAULT_SECONDS = 3600
/** Of a role that somebody assumes with a session. */
const MAX_CHAINED_SECONDS = 3600
/** What MaxSessionDuration of a role may be. */
const LEAST_MAXIMUM = 3600
const GREATEST_MAXIMUM = 43_200

export const assumeRole = operation(readAssumeRole, run, logged)

function run(call: StsCall, input: AssumeRoleInput): StsResult<StsDone> {
  const { services, session, arn: caller } = call
  const { roleArn, roleSessionName, tags: requested = [] } = input
  const role = parsePrincipalArn(roleArn)
  if (!role.ok || role.value.kind !== 'role') return fail('ValidationError', `${roleArn} is invalid`)
  if (caller.kind === 'root') return fail('AccessDenied', 'Roles may not be assumed by root accounts.')
  if (session?.kind === 'federatedUser') return { ok: false, error: notAuthorized(call, 'sts:AssumeRole', roleArn) }
  const seconds = input.durationSeconds ?? DEFAULT_SECONDS
  if (session !== undefined && seconds > MAX_CHAINED_SECONDS) {
    return fail(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  const mfa = mfaFailure(input)
  if (mfa !== undefined) return { ok: false, error: mfa }
  const inherited = inheritedTags(session)
  const conflict = conflictingKey(inherited, requested)
  if (conflict !== undefined) {
    return fail(
      'ValidationError',
      `The tag key ${conflict} cannot be passed because the calling session has it as a transitive tag.`,
    )
  }
  const known = services.authorizer.principal(roleArn)
  const own = known?.tags ?? NO_TAGS
  const refused = authorize(call, input, own, inherited)
  if (refused !== undefined) return refused

  const longest = Math.min(GREATEST_MAXIMUM, Math.max(LEAST_MAXIMUM, known?.maxSessionSeconds ?? LEAST_MAXIMUM))
  if (seconds > longest) {
    return fail('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const { partition, account, name } = role.value
  const tags = sessionTags(own, inherited, requested)
  const policies = readPolicies(input, tags, account, services.managedPolicy)
  if (!policies.ok) return policies
  const sourceIdentity = session?.sourceIdentity ?? input.sourceIdentity
  const principal = `arn:${partition}:sts::${account}:assumed-role/${name}/${roleSessionName}`
  const principalId = `${uniqueIdOf(services.authorizer, 'role', roleArn)}:${roleSessionName}`
  const { texts, packedSize } = policies.value
  const transitive = [...Object.keys(inherited), ...(input.transitiveTagKeys ?? [])]
  const minted = mint(
    call,
    {
      kind: 'assumedRole',
      principal,
      principalId,
      roleArn,
      ...(texts === undefined ? {} : { policies: texts }),
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
      ...(transitive.length === 0 ? {} : { transitiveTagKeys: transitive }),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      // MFA counts in the trust policy alone and is not carried into the session.
      mfa: false,
    },
    seconds,
  )
  if (!minted.ok) return minted
  const { credentials, token, logged: loggedCredentials } = minted.value
  return {
    ok: true,
    value: {
      result: {
        Credentials: credentials,
        AssumedRoleUser: { AssumedRoleId: principalId, Arn: principal },
        PackedPolicySize: packedSize,
        SourceIdentity: sourceIdentity,
        ...token,
      },
      response: withoutUndefined({
        credentials: loggedCredentials,
        assumedRoleUser: { assumedRoleId: principalId, arn: principal },
        packedPolicySize: packedSize,
        sourceIdentity,
      }),
      resources: [{ accountId: account, type: 'AWS::IAM::Role', ARN: roleArn }],
    },
  }
}

/** One permission for the role itself, and one for each thing that its session takes along. */
function authorize(
  call: StsCall,
  { roleArn, roleSessionName, externalId, sourceIdentity, tags = [], transitiveTagKeys = [] }: AssumeRoleInput,
  own: Tags,
  inherited: Tags,
): ReturnType<typeof fail> | undefined {
  const already = call.session?.sourceIdentity
  const inheritedKeys = Object.keys(inherited)
  const context: Record<string, RequestContext[string]> = {
    'sts:RoleSessionName': roleSessionName,
    ...requestTagKeys(tags),
    ...resourceTagKeys(own, inherited),
  }
  if (externalId !== undefined) context['sts:ExternalId'] = externalId
  if (sourceIdentity !== undefined) context['sts:SourceIdentity'] = sourceIdentity
  const transitive = [...inheritedKeys, ...transitiveTagKeys]
  if (transitive.length > 0) context['sts:TransitiveTagKeys'] = transitive
  const actions = ['sts:AssumeRole']
  if (tags.length > 0 || inheritedKeys.length > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== undefined || already !== undefined) actions.push('sts:SetSourceIdentity')
  const failure = authorizeSts(call, actions, roleArn, context)
  if (failure !== undefined) return { ok: false, error: failure }
  // What was set once stays: asked last, since it tells nothing to who may not assume the role.
  if (already !== undefined && sourceIdentity !== undefined && already !== sourceIdentity) {
    return { ok: false, error: notAuthorized(call, 'sts:SetSourceIdentity', roleArn) }
  }
  return undefined
}

function logged(input: AssumeRoleInput): Readonly<Record<string, unknown>> {
  const { tags, policyArns, tokenCode: _code, ...rest } = input
  return withoutUndefined({
    ...rest,
    policyArns: policyArns?.map((arn) => ({ arn })),
    principalTags: tags === undefined ? undefined : Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  })
}
