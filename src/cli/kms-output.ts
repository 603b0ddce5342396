/**
 * What an operation answers, as version 2 of the AWS CLI prints it: JSON with four spaces, bytes as base64, points in time
 * as ISO 8601 (always in UTC here). Nothing where there is nothing.
 *
 * Source: AWS CLI User Guide, "JSON output format"; AWS CLI v2, "cli_timestamp_format", "cli_binary_format".
 */
import { API_OPERATIONS, STRUCTURES, type MemberInfo, type OperationName } from '../aws/operations.js'
import type { Failure } from '../kms/failure.js'
import { escapeTerminal } from '../text/escape.js'

type Members = Readonly<Record<string, MemberInfo>>

/** Ends in a line feed unless it is empty. */
export function printOutput(operation: OperationName, output: object): string {
  const printed = printMembers(API_OPERATIONS[operation].output, output)
  if (Object.keys(printed).length === 0) return ''
  return `${JSON.stringify(printed, null, 4).replace(HIDDEN, escapeUnit)}\n`
}

/** As the AWS CLI words it. */
export function printFailure(operation: OperationName, { code, message }: Failure): string {
  const told = message === undefined ? '' : `: ${escapeTerminal(message)}`
  return `An error occurred (${code}) when calling the ${operation} operation${told}\n`
}

/** What a terminal would obey, hide or reorder; JSON may have it in texts as it is. */
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function printMembers(members: Members, given: object): Readonly<Record<string, unknown>> {
  const values = new Map(Object.entries(given) as readonly (readonly [string, unknown])[])
  const printed: Record<string, unknown> = {}
  for (const [name, info] of Object.entries(members)) {
    const value = values.get(name)
    if (value !== undefined) printed[name] = printValue(info, value)
  }
  return printed
}

function printValue(info: MemberInfo, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  if (value instanceof Date) return isoTime(value)
  if (Array.isArray(value)) return value.map((item: unknown) => (info.items ? printValue(info.items, item) : item))
  if (info.structure !== undefined && typeof value === 'object' && value !== null) {
    return printMembers(STRUCTURES[info.structure], value)
  }
  return value
}

/** `2026-01-15T10:00:00+00:00`; with microseconds where there is a fraction. */
function isoTime(date: Date): string {
  const [seconds = '', fraction = ''] = date.toISOString().slice(0, -1).split('.')
  return `${seconds}${fraction === '000' ? '' : `.${fraction}000`}+00:00`
}
