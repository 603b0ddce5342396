/**
 * How an operation fails: an AWS error code and message, a value inside the engine and an error at its edge.
 *
 * Source: KMS API Reference, errors of every operation; kms-behaviour 1.
 */
import { ERRORS, type ErrorCode } from '../aws/operations.js'
import type { Result } from '../text/source.js'

export interface Failure {
  readonly code: ErrorCode
  /** Some errors of AWS carry none. */
  readonly message?: string
}

export type Failed = { readonly ok: false; readonly error: Failure }

export function fail(code: ErrorCode, message?: string): Failed {
  return { ok: false, error: message === undefined ? { code } : { code, message } }
}

export function succeed<T>(value: T): Result<T, Failure> {
  return { ok: true, value }
}

/** What `kms.call` throws: it looks like the errors of the AWS SDK, whose users test `name`. */
export class KmsError extends Error {
  readonly code: ErrorCode
  readonly $fault: 'client' | 'server'
  readonly $metadata: { readonly requestId: string; readonly httpStatusCode: number }

  constructor({ code, message }: Failure, requestId: string) {
    super(message ?? code)
    this.name = code
    this.code = code
    this.$fault = ERRORS[code].fault
    this.$metadata = { requestId, httpStatusCode: httpStatusOf(code) }
  }
}

/** Whatever the model says of its status: a fault of the caller is 400 on the wire. */
export function httpStatusOf(code: ErrorCode): number {
  if (ERRORS[code].fault === 'client') return 400
  return code === 'DependencyTimeoutException' || code === 'ServiceUnavailable' ? 503 : 500
}
