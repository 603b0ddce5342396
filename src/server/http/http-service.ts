/**
 * What stands behind the endpoint: a service that turns requests of a known caller into answers on the wire.
 *
 * Knows no sockets, no signatures and no way of dispatch; the endpoint has done all of that. A service has its own way to
 * write down what went wrong before it was asked, since AWS has a form of errors for each protocol.
 *
 * Source: Smithy, "AWS JSON 1.1 protocol", "AWS query protocol".
 */
import type { KmsCaller } from '../../kms/caller.js'
import type { Awaitable } from '../../kms/store.js'
import type { SessionFacts } from '../auth/session.js'
import type { AuthenticationFailure, SignedService } from '../authenticator.js'

/** A request as it stands on the wire, read whole. */
export interface ServiceRequest {
  /** `POST`, or `GET` where the query says `Action=`. */
  readonly method: string
  /** Path and query, not decoded: `/?Action=GetCallerIdentity`. */
  readonly target: string
  /** In lower case and without parameters. */
  readonly contentType: string | undefined
  /** The value of `X-Amz-Target`. */
  readonly amzTarget: string | undefined
  readonly body: Uint8Array
}

export interface ServiceAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Goes out as `x-amzn-RequestId`. */
  readonly requestId: string
  /** AWS's code, of an error. */
  readonly code?: string
}

export type RefusalCode =
  | AuthenticationFailure['code']
  | 'InternalFailure'
  | 'RequestEntityTooLargeException'
  | 'ServiceUnavailable'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'ValidationException'

/** Why a request did not come to a service, as awsJson has it; another protocol may have another status and spelling. */
export interface ServiceRefusal {
  readonly status: number
  readonly code: RefusalCode
  readonly message?: string
}

/** With everything that is known of the network between it and here. */
export type ServiceCaller = KmsCaller & { readonly region: string; readonly accessKeyId: string }

export interface HttpService {
  readonly name: SignedService
  /** What metrics, limits and spans call it; undefined for a name that is none. Never throws. */
  operationOf(request: ServiceRequest): string | undefined
  /** @param session - of a caller that signed with the credentials of one. */
  answer(request: ServiceRequest, caller: ServiceCaller, session?: SessionFacts): Awaitable<ServiceAnswer>
  refuse(refusal: ServiceRefusal): ServiceAnswer
}
