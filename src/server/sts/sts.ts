/**
 * A minimal AWS Security Token Service: AssumeRole, GetCallerIdentity, GetSessionToken and GetFederationToken, as clients
 * of AWS know them.
 *
 * A request goes one way: read, validated, authorized by the decision graph, done, audited, answered. Nothing is answered
 * that does not stand in the audit. Everything else that STS offers is an unknown action here.
 *
 * Source: STS API Reference; Smithy, "AWS query protocol"; sts.md.
 */
import { randomBytes as nodeRandomBytes } from 'node:crypto'
import type { Authorizer } from '../../explain/authorizer.js'
import type { AuditRecord } from '../../kms/audit-record.js'
import { after } from '../../kms/awaitable.js'
import { prepareCaller, type CallerFrame, type KnownPrincipals } from '../../kms/caller.js'
import { Ids } from '../../kms/ids.js'
import type { Mode } from '../../kms/services.js'
import { StoreError, type Awaitable, type Store } from '../../kms/store.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { SessionFacts } from '../auth/session.js'
import type { HttpService, RefusalCode, ServiceAnswer, ServiceCaller, ServiceRequest } from '../http/http-service.js'
import { assumeRole } from './assume-role.js'
import { auditRecords } from './audit.js'
import { getCallerIdentity } from './caller-identity.js'
import { statusOf, UNAVAILABLE, type StsErrorCode, type StsFailure } from './failure.js'
import { getFederationToken } from './federation-token.js'
import type { StsAttempt, StsOperation } from './operation.js'
import { queryFieldsOf, type QueryFields } from './query.js'
import { getSessionToken } from './session-token.js'
import type { SessionMint, StsCall, StsDenied, StsServices } from './services.js'
import { errorXml, resultXml } from './xml.js'

export interface StsOptions {
  /** The one of the engine: it knows roles, their trust policies and who may assume them. */
  readonly authorizer: Authorizer
  readonly credentials: SessionMint
  /** Takes the audit records. */
  readonly store: Store
  readonly mode: Mode
  readonly nowMs?: () => number
  readonly randomBytes?: (size: number) => Uint8Array
  /** The JSON of a managed policy by its ARN, for PolicyArns; none is known when left out. */
  readonly managedPolicy?: (arn: string) => string | undefined
  /** Told of every denial, and in `audit` mode of everything that would have been one. */
  readonly onDenied?: (denied: StsDenied) => void
  /** False: no audit records. */
  readonly audit?: boolean
}

const OPERATIONS: ReadonlyMap<string, StsOperation> = new Map([
  ['AssumeRole', assumeRole],
  ['GetCallerIdentity', getCallerIdentity],
  ['GetFederationToken', getFederationToken],
  ['GetSessionToken', getSessionToken],
])

const VERSION = '2011-06-15'
const CONTENT_TYPE = 'text/xml'
const TEMPORARY = 'ASIA'

/** What was refused before this service was asked, in its own words. */
const REFUSALS: Readonly<Record<RefusalCode, StsErrorCode>> = {
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InternalFailure: 'InternalFailure',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  RequestEntityTooLargeException: 'RequestEntityTooLarge',
  ServiceUnavailable: 'ServiceUnavailable',
  ThrottlingException: 'Throttling',
  UnknownOperationException: 'InvalidAction',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ValidationException: 'ValidationError',
}

const INVALID_TOKEN: StsFailure = {
  code: 'InvalidClientTokenId',
  message: 'The security token included in the request is invalid',
}

export function createSts(options: StsOptions): HttpService {
  return new TokenService(options)
}

class TokenService implements HttpService {
  readonly name = 'sts'
  private readonly services: StsServices
  private readonly known: KnownPrincipals
  private readonly nowMs: () => number

  constructor(private readonly options: StsOptions) {
    const { authorizer, credentials, mode, onDenied } = options
    this.nowMs = options.nowMs ?? Date.now
    this.services = {
      authorizer,
      credentials,
      mode,
      ids: new Ids(options.randomBytes ?? nodeRandomBytes),
      managedPolicy: options.managedPolicy ?? (() => undefined),
      onDenied: (denied) => tell(onDenied, denied),
    }
    this.known = {
      roleArn: (account, role) => authorizer.principal(`arn:aws:sts::${account}:assumed-role/${role}/any`)?.arn,
      uniqueId: (arn) => authorizer.principal(arn)?.uniqueId,
    }
  }

  operationOf(request: ServiceRequest): string | undefined {
    const action = queryFieldsOf(request).text('Action')
    return action !== undefined && OPERATIONS.has(action) ? action : undefined
  }

  answer(request: ServiceRequest, caller: ServiceCaller, session?: SessionFacts): Awaitable<ServiceAnswer> {
    const requestId = this.services.ids.uuid()
    const fields = queryFieldsOf(request)
    const found = operationIn(fields)
    if ('code' in found) return failed(found, requestId)
    const call = this.callOf(found.name, caller, session, requestId)
    if (call === undefined) return failed(INVALID_TOKEN, requestId)
    const attempt = found.run(call, fields)
    const records = this.options.audit === false ? [] : auditRecords(call, attempt)
    return this.audited(records, requestId, () => written(call, attempt))
  }

  refuse({ code, message }: Parameters<HttpService['refuse']>[0]): ServiceAnswer {
    const known = REFUSALS[code]
    return failed({ code: known, message: message ?? known }, this.services.ids.uuid())
  }

  /** Undefined for somebody who cannot be a caller of this service. */
  private callOf(
    operation: string,
    caller: ServiceCaller,
    session: SessionFacts | undefined,
    requestId: string,
  ): StsCall | undefined {
    // Without what the session is, its limits would not be known.
    if (session === undefined && caller.accessKeyId.startsWith(TEMPORARY)) return undefined
    const arn = parsePrincipalArn(caller.principal)
    const frame = this.frameOf(caller)
    if (!arn.ok || frame === undefined) return undefined
    const { services } = this
    return {
      services,
      operation,
      caller,
      frame,
      arn: arn.value,
      session,
      nowMs: this.nowMs(),
      requestId,
      wouldBeDenied: [],
    }
  }

  private frameOf(caller: ServiceCaller): CallerFrame | undefined {
    const { authorizer } = this.services
    const prepared = prepareCaller(caller, {
      defaultRegion: caller.region,
      known: this.known,
      compile: (policy) => authorizer.compile(policy),
    })
    return prepared.ok ? prepared.value : undefined
  }

  private audited(
    records: readonly AuditRecord[],
    requestId: string,
    answer: () => ServiceAnswer,
  ): Awaitable<ServiceAnswer> {
    if (records.length === 0) return answer()
    const unaudited = (error: unknown): ServiceAnswer => {
      if (error instanceof StoreError) return failed(UNAVAILABLE, requestId)
      throw error
    }
    try {
      const committed = after(this.options.store.commit([], records), answer)
      return committed instanceof Promise ? committed.catch(unaudited) : committed
    } catch (error) {
      return unaudited(error)
    }
  }
}

function operationIn(fields: QueryFields): { readonly name: string; readonly run: StsOperation } | StsFailure {
  const name = fields.text('Action')
  if (name === undefined || name === '') return { code: 'MissingAction', message: 'Missing Action' }
  const version = fields.text('Version') ?? ''
  const run = OPERATIONS.get(name)
  if (run !== undefined && version === VERSION) return { name, run }
  return { code: 'InvalidAction', message: `Could not find operation ${name} for version ${version}` }
}

function written({ operation, requestId }: StsCall, { outcome }: StsAttempt): ServiceAnswer {
  if (!outcome.ok) return failed(outcome.error, requestId)
  const body = resultXml(operation, outcome.value.result, requestId)
  return { status: 200, contentType: CONTENT_TYPE, body, requestId }
}

function failed(failure: StsFailure, requestId: string): ServiceAnswer {
  const { code } = failure
  return { status: statusOf(code), contentType: CONTENT_TYPE, body: errorXml(failure, requestId), requestId, code }
}

/** A hook that fails must not decide a request. */
function tell(onDenied: StsOptions['onDenied'], denied: StsDenied): void {
  try {
    onDenied?.(denied)
  } catch {
    process.emitWarning('Keyward: the `onDenied` hook has thrown', 'KeywardWarning')
  }
}
