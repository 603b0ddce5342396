/**
 * How a request to STS fails: AWS's code with its status and message.
 *
 * Source: STS API Reference, "Common Error Types" and the errors of each action; sts.md 1.
 */
import type { Result } from '../../text/source.js'

/** Codes with their HTTP status. */
const STATUS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  IncompleteSignature: 403,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  MalformedPolicyDocument: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  PackedPolicyTooLarge: 400,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const

export type StsErrorCode = keyof typeof STATUS

export interface StsFailure {
  readonly code: StsErrorCode
  readonly message: string
}

export type StsResult<T> = Result<T, StsFailure>

export function fail(code: StsErrorCode, message: string): { readonly ok: false; readonly error: StsFailure } {
  return { ok: false, error: { code, message } }
}

export function statusOf(code: StsErrorCode): number {
  return STATUS[code]
}

export const UNAVAILABLE: StsFailure = {
  code: 'ServiceUnavailable',
  message: 'The request has failed due to a temporary failure of the server.',
}
