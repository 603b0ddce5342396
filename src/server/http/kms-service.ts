/**
 * KMS behind the endpoint: awsJson 1.1 in, the engine, awsJson 1.1 out.
 *
 * What the engine has in memory is answered at once, without a promise.
 *
 * Source: Smithy, "AWS JSON 1.1 protocol"; facts kms-behaviour 1.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { API_OPERATIONS, type OperationName } from '../../aws/operations.js'
import { after } from '../../kms/awaitable.js'
import { decodeInput, encodeError, encodeOutput } from '../../kms/aws-json.js'
import type { Kms } from '../../kms/engine.js'
import type { Failure } from '../../kms/failure.js'
import { isOperationName, type Answer } from '../../kms/pipeline.js'
import type { Awaitable } from '../../kms/store.js'
import type { HttpService, ServiceAnswer, ServiceCaller, ServiceRefusal, ServiceRequest } from './http-service.js'

export const AWS_JSON = 'application/x-amz-json-1.1'
const KMS_TARGET_PREFIX = 'TrentService.'

const OPERATION_OF_TARGET: ReadonlyMap<string, OperationName> = new Map(
  Object.keys(API_OPERATIONS)
    .filter(isOperationName)
    .map((name) => [KMS_TARGET_PREFIX + name, name]),
)

/** An engine as a service of the endpoint; without one, requests are refused in the form of KMS. */
export function createKmsService(kms: Kms): HttpService {
  return {
    name: 'kms',
    operationOf,
    answer: (request, caller) => answer(kms, request, caller),
    refuse: refuseInJson,
  }
}

export function refuseInJson({ status, code, message }: ServiceRefusal): ServiceAnswer {
  const body = JSON.stringify(message === undefined ? { __type: code } : { __type: code, message })
  return { status, contentType: AWS_JSON, body, requestId: randomUUID(), code }
}

function operationOf({ amzTarget }: ServiceRequest): OperationName | undefined {
  return amzTarget === undefined ? undefined : OPERATION_OF_TARGET.get(amzTarget)
}

function answer(kms: Kms, request: ServiceRequest, caller: ServiceCaller): Awaitable<ServiceAnswer> {
  const operation = operationOf(request)
  if (operation === undefined || request.method !== 'POST' || request.contentType !== AWS_JSON) {
    return failed({ code: 'UnknownOperationException' }, randomUUID())
  }
  const text = textOf(request.body)
  if (text === undefined) return failed({ code: 'SerializationException' }, randomUUID())
  const input = decodeInput(operation, text)
  if (!input.ok) return failed(input.error, randomUUID())
  return after(kms.attempt(operation, input.value, caller), (result) => answered(operation, result))
}

function answered(operation: OperationName, result: Answer<OperationName>): ServiceAnswer {
  if (!result.ok) return failed(result.error, result.requestId)
  return {
    status: 200,
    contentType: AWS_JSON,
    body: encodeOutput(operation, result.value),
    requestId: result.requestId,
  }
}

function failed(failure: Failure, requestId: string): ServiceAnswer {
  return { ...encodeError(failure), contentType: AWS_JSON, requestId, code: failure.code }
}

/** Undefined for bytes that are no text. Most requests are plain ASCII, which needs no decoding. */
function textOf(body: Uint8Array): string | undefined {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length)
  if (isAscii(bytes)) return bytes.toString('latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}
