/** Spans, as an SDK would get them: here a provider that keeps what it is given. */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { RequestNotes } from '../../../src/server/operations/request-notes.js'
import { openTraces } from '../../../src/server/operations/traces.js'
import { NOBODY, REGION } from '../../kms/test-kms.js'
import { operatingServer } from './operating-server.js'

interface Kept {
  readonly name: string
  readonly parent: SpanContext | undefined
  readonly attributes: Attributes
  isEnded: boolean
  status: SpanStatusCode | undefined
}

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

function keepSpans(): Kept[] {
  const kept: Kept[] = []
  const startSpan = (name: string, { attributes = {} }: SpanOptions = {}, parent: Context = ROOT_CONTEXT): Span => {
    const one: Kept = {
      name,
      parent: trace.getSpanContext(parent),
      attributes: { ...attributes },
      isEnded: false,
      status: undefined,
    }
    kept.push(one)
    const span = {
      spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
      setAttribute: (key: string, value: Attributes[string]) => {
        one.attributes[key] = value
        return span
      },
      setStatus: ({ code }: { code: SpanStatusCode }) => {
        one.status = code
        return span
      },
      end: () => {
        one.isEnded = true
      },
    }
    return span as unknown as Span
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer })
  return kept
}

afterEach(() => {
  trace.disable()
  propagation.disable()
  context.disable()
})

test('a request is a span of its caller, with what was decided and nothing that was asked', async () => {
  const kept = keepSpans()
  const { post, notices } = await operatingServer({ wantsMetrics: false, wantsTraces: true })
  expect(notices).toEqual([])
  const made = await post('CreateKey', {}, { traceparent: PARENT })
  const { Arn } = (made.json as { KeyMetadata: { Arn: string } }).KeyMetadata
  const Plaintext = Buffer.from('very secret').toString('base64')
  await post('Encrypt', { KeyId: Arn, Plaintext })
  await post('Encrypt', { KeyId: Arn, Plaintext }, { authorization: `Fake ${NOBODY.principal} ${REGION} kms` })
  const [, first, second, third] = kept
  expect(first).toMatchObject({
    name: 'KMS/CreateKey',
    parent: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', isRemote: true, traceFlags: 1 },
    isEnded: true,
    attributes: {
      'rpc.system': 'aws-api',
      'rpc.service': 'KMS',
      'rpc.method': 'CreateKey',
      'cloud.region': REGION,
      'aws.request_id': made.headers.get('x-amzn-requestid'),
      'http.response.status_code': 200,
      'keyward.decision': 'allow',
      'keyward.key_arns': [Arn],
    },
  })
  expect(second).toMatchObject({ name: 'KMS/Encrypt', parent: undefined, isEnded: true })
  expect(third?.attributes).toMatchObject({
    'keyward.decision': 'implicitDeny',
    'keyward.layer': 'identity',
    'keyward.principal': NOBODY.principal,
    'error.type': 'AccessDeniedException',
  })
  expect(third?.status).toBeUndefined()
  expect(JSON.stringify(kept)).not.toContain(Plaintext)
  expect(kept.every(({ isEnded }) => isEnded)).toBe(true)
})

test('a span ends where its request fails', async () => {
  const kept = keepSpans()
  const { around } = await openTraces(new RequestNotes())
  const request = {
    service: 'sts',
    operation: undefined,
    principal: 'p',
    accessKeyId: 'a',
    region: REGION,
    inFlight: 1,
  } as const
  await expect(around(request, [], () => Promise.reject(new Error('late')))).rejects.toThrow('late')
  expect(() =>
    around(request, [], () => {
      throw new Error('at once')
    }),
  ).toThrow('at once')
  const unavailable = { status: 503, contentType: '', body: '', requestId: 'r', code: 'ServiceUnavailable' }
  expect(around(request, [], () => unavailable)).toBe(unavailable)
  expect(kept.slice(1).map(({ name, isEnded, status }) => [name, isEnded, status])).toEqual([
    ['STS/UnknownOperation', true, SpanStatusCode.ERROR],
    ['STS/UnknownOperation', true, SpanStatusCode.ERROR],
    ['STS/UnknownOperation', true, SpanStatusCode.ERROR],
  ])
})

test.each(['', '00-short-b7ad6b7169203331-01', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${PARENT}-more`])(
  'a trace context that is none has no effect: %j',
  async (traceparent) => {
    const kept = keepSpans()
    const { post } = await operatingServer({ wantsMetrics: false, wantsTraces: true })
    await post('ListKeys', {}, { traceparent })
    expect(kept.at(-1)).toMatchObject({ name: 'KMS/ListKeys', parent: undefined })
  },
)

test('without an SDK that is told, and requests go on', async () => {
  const { post, notices } = await operatingServer({ wantsMetrics: false, wantsTraces: true })
  expect(notices).toEqual([expect.stringMatching(/no OpenTelemetry SDK is loaded/)])
  expect((await post('ListKeys')).status).toBe(200)
})
