/**
 * Spans of OpenTelemetry, one around each request. The SDK is the operator's, loaded before the server (`--import`); here is
 * only the interface, which does nothing without it.
 *
 * A span tells who asked for what and what was decided: never what was asked or answered. Where the operator's SDK reads no
 * trace context itself, W3C's `traceparent` is read here.
 *
 * Source: OpenTelemetry, "Semantic conventions for AWS SDK client spans"; W3C Trace Context, section 3.2.
 */
import type { Context, Span, TextMapGetter, Tracer } from '@opentelemetry/api'
import type { Awaitable } from '../../kms/store.js'
import type { SignedRequest } from '../authenticator.js'
import type { AdmissionRequest, ServerHooks } from '../http/hooks.js'
import type { ServiceAnswer } from '../http/http-service.js'
import type { RequestNotes } from './request-notes.js'

type Api = typeof import('@opentelemetry/api')
type Headers = SignedRequest['headers']

export interface Traces {
  readonly around: NonNullable<ServerHooks['around']>
  /** Whether anybody takes the spans. */
  readonly hasSdk: boolean
}

const SERVICES = { kms: 'KMS', sts: 'STS' } as const
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

const HEADERS: TextMapGetter<Headers> = {
  keys: (headers) => headers.map(([name]) => name.toLowerCase()),
  get: (headers, wanted) => headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1],
}

/** @param version - of this program, told with every span. */
export async function openTraces(notes: RequestNotes, version?: string): Promise<Traces> {
  const api = await import('@opentelemetry/api')
  const tracer = api.trace.getTracer('keyward', version)
  return {
    hasSdk: hasSdk(api, tracer),
    around: (request, headers, run) => {
      const { service, operation = 'UnknownOperation' } = request
      const parent = parentOf(api, headers)
      const span = tracer.startSpan(
        `${SERVICES[service]}/${operation}`,
        { kind: api.SpanKind.SERVER, attributes: attributesOf(request, operation) },
        parent,
      )
      return within(api, span, parent, run, notes)
    },
  }
}

/** Without one, a span is nothing that could be found again. */
function hasSdk(api: Api, tracer: Tracer): boolean {
  const span = tracer.startSpan('keyward serve', {}, api.ROOT_CONTEXT)
  span.end()
  return api.isSpanContextValid(span.spanContext())
}

function attributesOf(
  { service, principal, region }: AdmissionRequest,
  operation: string,
): Readonly<Record<string, string>> {
  return {
    'rpc.system': 'aws-api',
    'rpc.service': SERVICES[service],
    'rpc.method': operation,
    'cloud.region': region,
    'keyward.principal': principal,
  }
}

function within(
  api: Api,
  span: Span,
  parent: Context,
  run: () => Awaitable<ServiceAnswer>,
  notes: RequestNotes,
): Awaitable<ServiceAnswer> {
  const ended = (answer: ServiceAnswer): ServiceAnswer => {
    tell(api, span, answer, notes)
    span.end()
    return answer
  }
  const failed = (error: unknown): never => {
    span.setStatus({ code: api.SpanStatusCode.ERROR })
    span.setAttribute('error.type', 'InternalFailure')
    span.end()
    throw error
  }
  let answer: Awaitable<ServiceAnswer>
  try {
    answer = api.context.with(api.trace.setSpan(parent, span), run)
  } catch (error) {
    return failed(error)
  }
  return answer instanceof Promise ? answer.then(ended, failed) : ended(answer)
}

function tell(api: Api, span: Span, { requestId, status, code }: ServiceAnswer, notes: RequestNotes): void {
  const { keyArns, denial } = notes.get(requestId) ?? {}
  span.setAttribute('aws.request_id', requestId)
  span.setAttribute('http.response.status_code', status)
  if (keyArns !== undefined) span.setAttribute('keyward.key_arns', [...keyArns])
  if (denial !== undefined) {
    span.setAttribute('keyward.layer', denial.layer)
    span.setAttribute('keyward.cause', denial.cause)
  }
  // Before anything was decided, as with a request that cannot be read, there is no decision to tell.
  const decision = denial?.verdict ?? (status < 400 ? 'allow' : undefined)
  if (decision !== undefined) span.setAttribute('keyward.decision', decision)
  if (code !== undefined) span.setAttribute('error.type', code)
  // An error of the client's is none of the server's.
  if (status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR })
}

function parentOf(api: Api, headers: Headers): Context {
  const extracted = api.propagation.extract(api.context.active(), headers, HEADERS)
  if (api.trace.getSpanContext(extracted) !== undefined) return extracted
  const [, traceId, spanId, flags] = TRACEPARENT.exec(HEADERS.get(headers, 'traceparent')?.toString() ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return extracted
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return api.isSpanContextValid(remote) ? api.trace.setSpanContext(extracted, remote) : extracted
}
