/**
 * Credentials of a new session, in the answer and in the audit record.
 *
 * Source: STS API Reference, "Credentials"; CloudTrail User Guide, "Logging IAM and AWS STS API calls".
 */
import { isoTime } from '../../kms/caller.js'
import type { SessionFacts } from '../auth/session.js'
import type { StsResult } from './failure.js'
import type { StsCall } from './services.js'
import { tokenTooLarge } from './session-policies.js'
import type { XmlMembers } from './xml.js'

export interface Minted {
  readonly credentials: XmlMembers
  /** How much of what a token may be it is. */
  readonly token: Readonly<Record<'SessionTokenUtilization' | 'SessionTokenSize', number>>
  /** Neither the secret nor the token: who reads the audit may not use the session. */
  readonly logged: Readonly<Record<string, unknown>>
}

export type NewSession = Omit<SessionFacts, 'issuedAtMs' | 'expiresAtMs' | 'parentAccessKeyId'>

export function mint(
  { services, caller, session, nowMs }: StsCall,
  facts: NewSession,
  seconds: number,
): StsResult<Minted> {
  const minted = services.credentials.mintSession({
    ...facts,
    parentAccessKeyId: session?.parentAccessKeyId ?? caller.accessKeyId,
    issuedAtMs: nowMs,
    // Answers tell whole seconds.
    expiresAtMs: Math.floor(nowMs / 1000) * 1000 + seconds * 1000,
  })
  if (!minted.ok) return tokenTooLarge()
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs, tokenSize, tokenSizeLimit } = minted.value
  const expiration = isoTime(expiresAtMs)
  return {
    ok: true,
    value: {
      credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration,
      },
      token: {
        SessionTokenUtilization: Math.ceil((tokenSize / tokenSizeLimit) * 100),
        SessionTokenSize: tokenSize,
      },
      logged: { accessKeyId, expiration },
    },
  }
}
