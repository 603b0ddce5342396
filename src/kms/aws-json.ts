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
  if (tableOf(members).size > 0) return textOfMembers(members, output)
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

/** A member as requests and answers are read and written, worked out once. */
interface Member {
  readonly name: string
  readonly info: MemberInfo
  /** The name as JSON, with its colon. */
  readonly label: string
}

const tables = new Map<Members, ReadonlyMap<string, Member>>()

function tableOf(members: Members): ReadonlyMap<string, Member> {
  let table = tables.get(members)
  if (table === undefined) {
    table = new Map(Object.entries(members).map(([name, info]) => [name, { name, info, label: `"${name}":` }]))
    tables.set(members, table)
  }
  return table
}

function decodeMembers(members: Members, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const decoded: Record<string, unknown> = {}
  for (const { name, info } of tableOf(members).values()) {
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

/** Written at once: an object between would cost as much as all of the text. */
function textOfMembers(members: Members, output: object): string {
  const table = tableOf(members)
  // Every output is an object of members.
  const given = output as Readonly<Record<string, unknown>>
  let text = ''
  for (const name of Object.keys(given)) {
    const member = table.get(name)
    const value = given[name]
    if (member === undefined || value === undefined) continue
    text += `${text === '' ? '' : ','}${member.label}${textOfValue(member.info, value)}`
  }
  return `{${text}}`
}

function textOfValue(info: MemberInfo, value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
  if (value instanceof Uint8Array) {
    return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}"`
  }
  if (value instanceof Date) return JSON.stringify(value.getTime() / 1000)
  const { items, structure } = info
  if (items !== undefined && Array.isArray(value)) {
    return `[${value.map((item: unknown) => textOfValue(items, item)).join(',')}]`
  }
  if (structure !== undefined && isObject(value)) return textOfMembers(STRUCTURES[structure], value)
  return JSON.stringify(value)
}

/** Stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Undefined for anything but base64 of the standard alphabet, with its padding or without. */
export function bytesOf(text: string): Uint8Array | undefined {
  return BASE64[text.length % 4]?.test(text) === true ? Buffer.from(text, 'base64') : undefined
}

/** By the length modulo 4. Bits of the last digit that belong to no byte are 0. */
const BASE64: readonly (RegExp | undefined)[] = [
  /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/,
  undefined,
  /^[A-Za-z0-9+/]*[AQgw]$/,
  /^[A-Za-z0-9+/]*[AEIMQUYcgkosw048]$/,
]

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
