/**
 * Authentication: a request in, the principal that signed it out, or why it is refused.
 *
 * Knows nothing of networks, of operations or of what anybody may do. Comparing takes the same time for every wrong
 * signature, and the same work for a credential that nobody has.
 *
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests"; facts sts 1 (a window of 5 minutes).
 */
import { after } from '../../kms/awaitable.js'
import type { Awaitable } from '../../kms/store.js'
import type { Result } from '../../text/source.js'
import type { Authenticate, Authenticated, AuthenticationFailure } from '../authenticator.js'
import type { Credentials } from './credentials.js'
import { MISMATCH } from './failures.js'
import type { Signer } from './signer.js'
import { readSignature, type SignatureToVerify } from './sigv4.js'

export interface AuthenticateOptions {
  readonly credentials: Credentials
  readonly nowMs?: () => number
  /** How far the clocks of client and service may be apart; 300,000, five minutes, when left out. */
  readonly skewMs?: number
}

type Answer = Result<Authenticated, AuthenticationFailure>

const DEFAULT_SKEW_MS = 300_000

/** Answers at once where the credential is ready; rejects or throws with a StoreError where the store does not answer. */
export function createAuthenticate({
  credentials,
  nowMs,
  skewMs = DEFAULT_SKEW_MS,
}: AuthenticateOptions): Authenticate {
  const clock = nowMs ?? Date.now
  return (request) => {
    const atMs = clock()
    const read = readSignature(request, atMs, skewMs)
    return read.ok ? find(credentials, read.value, atMs) : read
  }
}

function find(credentials: Credentials, claimed: SignatureToVerify, nowMs: number): Awaitable<Answer> {
  const { scope, sessionToken } = claimed
  return after(credentials.signerOf(scope.accessKeyId, sessionToken, nowMs), (found) => {
    if (!found.ok) {
      credentials.decoy.verifyText(claimed.stringToSign, claimed.signature)
      return found
    }
    // It was pushed out of the cache, or revoked, between finding and using it.
    return found.value.isLive ? verify(found.value, claimed, nowMs) : find(credentials, claimed, nowMs)
  })
}

function verify(signer: Signer, claimed: SignatureToVerify, nowMs: number): Answer {
  const { credential, scope, stringToSign, signature } = claimed
  const known = signer.known(credential)
  const key = known?.key ?? signer.derive(scope)
  if (key.verifyText(stringToSign, signature)) {
    return { ok: true, value: signer.authenticated(known ?? signer.keep(credential, key, scope, nowMs), nowMs) }
  }
  if (known === undefined) key.release()
  return MISMATCH
}
