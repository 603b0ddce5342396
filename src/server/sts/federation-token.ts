/**
 * GetFederationToken: credentials of a federated user, who may do what both its user and the passed policies allow.
 *
 * Source: STS API Reference, "GetFederationToken"; IAM User Guide, "Permissions for GetFederationToken"; sts.md 2, 4.
 */
import { authorizeSts } from './authorize.js'
import { fail, type StsResult } from './failure.js'
import { readFederationToken, type FederationTokenInput } from './inputs.js'
import { mint } from './mint.js'
import { operation, withoutUndefined, type StsDone } from './operation.js'
import { readPolicies } from './session-policies.js'
import { NO_TAGS, requestTagKeys, sessionTags } from './session-tags.js'
import type { StsCall } from './services.js'
import { userSeconds } from './session-token.js'

export const getFederationToken = operation(readFederationToken, run, logged)

function run(call: StsCall, input: FederationTokenInput): StsResult<StsDone> {
  const { services, arn: caller, session, frame } = call
  const { name, tags: requested = [] } = input
  if (session !== undefined || (caller.kind !== 'user' && caller.kind !== 'root')) {
    return fail('AccessDenied', 'Cannot call GetFederationToken with session credentials')
  }
  const { partition, account } = caller
  const principal = `arn:${partition}:sts::${account}:federated-user/${name}`
  const actions = ['sts:GetFederationToken', ...(requested.length > 0 ? ['sts:TagSession'] : [])]
  const refused = authorizeSts(call, actions, principal, requestTagKeys(requested))
  if (refused !== undefined) return { ok: false, error: refused }

  const own = services.authorizer.principal(frame.principal)?.tags ?? NO_TAGS
  const tags = sessionTags(own, NO_TAGS, requested)
  const policies = readPolicies(input, tags, account, services.managedPolicy)
  if (!policies.ok) return policies
  const { texts, packedSize } = policies.value
  const principalId = `${account}:${name}`
  const minted = mint(
    call,
    {
      kind: 'federatedUser',
      principal,
      principalId,
      ...(caller.kind === 'user' ? { userArn: frame.principal } : {}),
      // Without any, the session has no permission of its user's.
      policies: texts ?? [],
      ...(requested.length === 0 ? {} : { tags }),
      mfa: false,
    },
    userSeconds(call, input.durationSeconds),
  )
  if (!minted.ok) return minted
  const { credentials, token, logged: loggedCredentials } = minted.value
  return {
    ok: true,
    value: {
      result: {
        Credentials: credentials,
        FederatedUser: { FederatedUserId: principalId, Arn: principal },
        PackedPolicySize: packedSize,
        ...token,
      },
      response: withoutUndefined({
        credentials: loggedCredentials,
        federatedUser: { federatedUserId: principalId, arn: principal },
        packedPolicySize: packedSize,
      }),
      resources: [],
    },
  }
}

function logged(input: FederationTokenInput): Readonly<Record<string, unknown>> {
  const { tags, policyArns, ...rest } = input
  return withoutUndefined({
    ...rest,
    policyArns: policyArns?.map((arn) => ({ arn })),
    tags: tags === undefined ? undefined : Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  })
}
