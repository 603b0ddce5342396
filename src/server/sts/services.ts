/**
 * What the operations of STS work with besides their request.
 */
import type { Authorizer } from '../../explain/authorizer.js'
import type { Explanation } from '../../explain/story.js'
import type { CallerFrame } from '../../kms/caller.js'
import type { Ids } from '../../kms/ids.js'
import type { Mode } from '../../kms/services.js'
import type { PrincipalArn } from '../../text/principal-arn.js'
import type { Result } from '../../text/source.js'
import type { SessionFacts } from '../auth/session.js'
import type { ServiceCaller } from '../http/http-service.js'

/** Makes temporary credentials of what a session is. */
export interface SessionMint {
  mintSession(facts: SessionFacts): Result<
    {
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken: string
      readonly expiresAtMs: number
      /** Characters of the token. */
      readonly tokenSize: number
      readonly tokenSizeLimit: number
    },
    'tooLarge'
  >
}

/** A request that was refused by policy, or in `audit` mode would have been. */
export interface StsDenied {
  readonly operation: string
  readonly action: string
  /** ARN. */
  readonly resource: string
  readonly caller: ServiceCaller
  readonly requestId: string
  /** What the caller was told, or would have been: never whether the role exists. */
  readonly message: string
  /** Undefined where the question itself was refused. */
  readonly explanation: Explanation | undefined
  /** False: it was let through. */
  readonly isRefused: boolean
}

export interface StsServices {
  readonly authorizer: Authorizer
  readonly credentials: SessionMint
  readonly mode: Mode
  readonly ids: Ids
  /** The JSON of a managed policy, for PolicyArns. */
  readonly managedPolicy: (arn: string) => string | undefined
  readonly onDenied: (denied: StsDenied) => void
}

/** One request, its caller worked out. */
export interface StsCall {
  readonly services: StsServices
  readonly operation: string
  readonly caller: ServiceCaller
  readonly frame: CallerFrame
  readonly arn: PrincipalArn
  /** Undefined for long-term credentials. */
  readonly session: SessionFacts | undefined
  readonly nowMs: number
  readonly requestId: string
  /** In `audit` mode: what would have been refused. */
  readonly wouldBeDenied: Readonly<Record<string, unknown>>[]
}
