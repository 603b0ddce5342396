/**
 * GetCallerIdentity: who signed. Needs no permission, and no policy can deny it.
 *
 * Source: STS API Reference, "GetCallerIdentity"; sts.md 2.
 */
import type { StsResult } from './failure.js'
import { operation, type StsDone } from './operation.js'
import type { StsCall } from './services.js'
import { uniqueIdOf } from './unique-id.js'

export const getCallerIdentity = operation(
  () => ({ ok: true, value: undefined }),
  run,
  () => null,
)

function run(call: StsCall): StsResult<StsDone> {
  const { arn, frame } = call
  return {
    ok: true,
    value: {
      result: { Arn: frame.principal, UserId: userIdOf(call), Account: arn.account },
      response: null,
      resources: [],
    },
  }
}

function userIdOf({ services, arn, caller, frame }: StsCall): string {
  if (caller.principalId !== undefined) return caller.principalId
  switch (arn.kind) {
    case 'root':
      return arn.account
    case 'user':
    case 'role':
      return uniqueIdOf(services.authorizer, arn.kind, frame.principal)
    case 'session': {
      const role = caller.roleArn ?? services.authorizer.principal(frame.principal)?.arn
      const roleArn = role ?? `arn:${arn.partition}:iam::${arn.account}:role/${arn.role}`
      return `${uniqueIdOf(services.authorizer, 'role', roleArn)}:${arn.session}`
    }
    case 'federatedUser':
      return `${arn.account}:${arn.name}`
  }
}
