/**
 * Who signed a request: what the HTTP side hands over, and what comes back.
 *
 * Knows no way to sign and no credentials; `sigv4.ts` does.
 *
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests".
 */
import type { Awaitable } from '../kms/store.js'
import type { KmsCaller } from '../kms/caller.js'
import type { Result } from '../text/source.js'
import type { SessionFacts } from './auth/session.js'

/** A request as it came over the wire, its body read whole. */
export interface SignedRequest {
  readonly method: string
  /** Path and query, not decoded: `/?X-Amz-Algorithm=...`. */
  readonly target: string
  /** Names in any case, in the order of the wire, repeated where they were repeated. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
}

export type SignedService = 'kms' | 'sts'

/** The principal part of a caller: the network part is the listener's to say. */
export interface Authenticated {
  readonly caller: KmsCaller & { readonly region: string; readonly accessKeyId: string }
  readonly service: SignedService
  /** There when temporary credentials signed. */
  readonly session?: SessionFacts
}

export interface AuthenticationFailure {
  readonly code:
    | 'MissingAuthenticationTokenException'
    | 'IncompleteSignatureException'
    | 'UnrecognizedClientException'
    | 'InvalidSignatureException'
    | 'ExpiredTokenException'
  readonly message: string
}

export type Authenticate = (request: SignedRequest) => Awaitable<Result<Authenticated, AuthenticationFailure>>
