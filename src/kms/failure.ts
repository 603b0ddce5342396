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
    // Whatever the model says, every fault of a client is answered with 400.
    this.$metadata = { requestId, httpStatusCode: this.$fault === 'client' ? 400 : 500 }
  }
}
