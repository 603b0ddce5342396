/**
 * GetSessionToken: temporary credentials of a user or root user itself. No policy has a say in it, not even a Deny.
 *
 * Source: STS API Reference, "GetSessionToken"; IAM User Guide, "Permissions for GetSessionToken"; sts.md 2, 4, 5.
 */
import { fail, type StsResult } from './failure.js'
import { readSessionToken, type SessionTokenInput } from './inputs.js'
import { mfaFailure } from './mfa.js'
import { mint } from './mint.js'
import { operation, withoutUndefined, type StsDone } from './operation.js'
import type { StsCall } from './services.js'
import { uniqueIdOf } from './unique-id.js'

const DEFAULT_SECONDS = 43_200
const ROOT_SECONDS = 3600

export const getSessionToken = operation(readSessionToken, run, logged)

/** How long a session of a user's own lasts; longer ones of root users are cut without a word. */
export function userSeconds({ arn }: StsCall, asked: number | undefined): number {
  if (arn.kind === 'root') return Math.min(asked ?? ROOT_SECONDS, ROOT_SECONDS)
  return asked ?? DEFAULT_SECONDS
}

function run(call: StsCall, input: SessionTokenInput): StsResult<StsDone> {
  const { services, arn, session, frame } = call
  if (session !== undefined || (arn.kind !== 'user' && arn.kind !== 'root')) {
    return fail('AccessDenied', 'Cannot call GetSessionToken with session credentials')
  }
  const mfa = mfaFailure(input)
  if (mfa !== undefined) return { ok: false, error: mfa }
  const principalId = arn.kind === 'root' ? arn.account : uniqueIdOf(services.authorizer, 'user', frame.principal)
  const minted = mint(
    call,
    { kind: 'userSession', principal: frame.principal, principalId, mfa: false },
    userSeconds(call, input.durationSeconds),
  )
  if (!minted.ok) return minted
  const { credentials, token, logged: loggedCredentials } = minted.value
  return {
    ok: true,
    value: {
      result: { Credentials: credentials, ...token },
      response: { credentials: loggedCredentials },
      resources: [],
    },
  }
}

function logged({ durationSeconds, serialNumber }: SessionTokenInput): Readonly<Record<string, unknown>> {
  return withoutUndefined({ durationSeconds, serialNumber })
}
