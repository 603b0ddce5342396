/**
 * The awsJson 1.1 protocol of KMS: a request as it stands on the wire to its answer as it stands there.
 *
 * Bytes are base64 and points in time are epoch seconds on the wire; inputs and outputs have Uint8Array and Date. A
 * member of a wrong type is left as it is: the validator of the operation says so. Knows no transport and no signature:
 * who calls is already known.
 *
 * Source: Smithy, "AWS JSON 1.1 protocol"; facts kms-behaviour 1.
 */
import { randomUUID } from 'node:crypto'
import { API_OPERATIONS, STRUCTURES, type MemberInfo, type OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import type { KmsCaller } from './caller.js'
import type { Kms } from './engine.js'
import { fail, httpStatusOf, type Failure } from './failure.js'

const CONTENT_TYPE = 'application/x-amz-json-1.1'
const TARGET_PREFIX = 'TrentService'

/** What an HTTP server sends back; the length of the body and the date are its own business. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WireRequest {
  /** The value of `X-Amz-Target`, `TrentService.Encrypt`. */
  readonly target: string | undefined
  readonly body: string | Uint8Array
}

/** Answers a request of a caller who is known to be who it says. */
export async function answerRequest(kms: Kms, { target, body }: WireRequest, caller: KmsCaller): Promise<WireAnswer> {
  const operation = operationOfTarget(target ?? '')
  if (operation === undefined) return failed({ code: 'UnknownOperationException' }, randomUUID())
  const input = decodeInput(operation, body)
  if (!input.ok) return failed(input.error, randomUUID())
  const answer = await kms.attempt(operation, input.value, caller)
  if (!answer.ok) return failed(answer.error, answer.requestId)
  return { status: 200, headers: headersOf(answer.requestId), body: encodeOutput(operation, answer.value) }
}

function failed(failure: Failure, requestId: string): WireAnswer {
  return { ...encodeError(failure), headers: headersOf(requestId) }
}

function headersOf(requestId: string): Readonly<Record<string, string>> {
  return { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId }
}

type Members = Readonly<Record<string, MemberInfo>>

/** The operation that a value of `X-Amz-Target` names. */
function operationOfTarget(target: string): OperationName | undefined {
  const [prefix, name, ...rest] = target.split('.', 3)
  return prefix === TARGET_PREFIX && name !== undefined && rest.length === 0 && isOperationName(name) ? name : undefined
}

function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(API_OPERATIONS, name)
}

/** The input in the body of a request; an empty body is an empty input. */
export function decodeInput(
  operation: OperationName,
  body: string | Uint8Array,
): Result<Readonly<Record<string, unknown>>, Failure> {
  if (body.length === 0) return { ok: true, value: {} }
  let value: unknown
  try {
    value = JSON.parse(typeof body === 'string' ? body : UTF8.decode(body))
  } catch {
    return unreadable()
  }
  if (!isObject(value)) return unreadable()
  return { ok: true, value: decodeMembers(API_OPERATIONS[operation].input, value) }
}

/** Bytes that are no text are no request; a mark of the byte order is none of JSON either. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The body that answers with this output. */
export function encodeOutput(operation: OperationName, output: object): string {
  const { output: members } = API_OPERATIONS[operation]
  if (Object.keys(members).length > 0) return JSON.stringify(encodeMembers(members, output))
  return EMPTY_STRUCTURE.has(operation) ? '{}' : ''
}

/** Whatever the model says of its status: a fault of the caller is 400 on the wire. */
export function encodeError({ code, message }: Failure): { readonly status: number; readonly body: string } {
  // Access denied comes from another layer of AWS, which spells its member with a capital. Facts G2.
  const name = code === 'AccessDeniedException' ? 'Message' : 'message'
  const body = message === undefined ? { __type: code } : { __type: code, [name]: message }
  return { status: httpStatusOf(code), body: JSON.stringify(body) }
}

/** These have an output, which has no members; others without members have no output at all. Facts kms-behaviour 1. */
const EMPTY_STRUCTURE: ReadonlySet<OperationName> = new Set([
  'ConnectCustomKeyStore',
  'DeleteCustomKeyStore',
  'DisconnectCustomKeyStore',
  'UpdateCustomKeyStore',
])

function unreadable(): ReturnType<typeof fail> {
  return fail('SerializationException')
}

function decodeMembers(members: Members, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const decoded: Record<string, unknown> = {}
  for (const [name, info] of Object.entries(members)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value !== undefined && value !== null) decoded[name] = decodeValue(info, value)
  }
  return decoded
}

function decodeValue(info: MemberInfo, value: unknown): unknown {
  switch (info.type) {
    case 'blob':
      return typeof value === 'string' ? (bytesOf(value) ?? value) : value
    case 'timestamp':
      return typeof value === 'number' ? new Date(value * 1000) : value
    case 'structure':
      return isObject(value) ? decodeMembers(STRUCTURES[info.structure!], value) : value
    case 'list':
      return Array.isArray(value) && info.items !== undefined
        ? value.map((item: unknown) => decodeValue(info.items!, item))
        : value
    case 'string':
    case 'boolean':
    case 'integer':
    case 'map':
      return value
  }
}

function encodeMembers(members: Members, given: object): Readonly<Record<string, unknown>> {
  const encoded: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given) as readonly (readonly [string, unknown])[]) {
    const info = members[name]
    if (info !== undefined && value !== undefined) encoded[name] = encodeValue(info, value)
  }
  return encoded
}

function encodeValue(info: MemberInfo, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) {
    return info.items === undefined ? value : value.map((item: unknown) => encodeValue(info.items!, item))
  }
  return info.structure !== undefined && isObject(value) ? encodeMembers(STRUCTURES[info.structure], value) : value
}

/** Undefined for anything but base64 of the standard alphabet, with its padding or without. */
export function bytesOf(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  const padded = bytes.toString('base64')
  return padded === text || padded.replace(/={1,2}$/, '') === text ? bytes : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
