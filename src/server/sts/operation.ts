/**
 * An operation of STS as data: how it reads its input, what it does, and what the audit keeps of it.
 */
import type { AuditResource } from '../../kms/audit-record.js'
import type { StsResult } from './failure.js'
import type { QueryFields } from './query.js'
import type { StsCall } from './services.js'
import type { XmlMembers } from './xml.js'

export interface StsDone {
  readonly result: XmlMembers
  /** As audit records have it, without secrets. */
  readonly response: Readonly<Record<string, unknown>> | null
  readonly resources: readonly AuditResource[]
}

export interface StsAttempt {
  readonly outcome: StsResult<StsDone>
  /** The input as audit records have it; null where it was not understood. */
  readonly parameters: Readonly<Record<string, unknown>> | null
}

export type StsOperation = (call: StsCall, fields: QueryFields) => StsAttempt

/** @param logged - of the input what an audit record keeps. */
export function operation<I>(
  read: (fields: QueryFields) => StsResult<I>,
  run: (call: StsCall, input: I) => StsResult<StsDone>,
  logged: (input: I) => Readonly<Record<string, unknown>> | null,
): StsOperation {
  return (call, fields) => {
    const input = read(fields)
    if (!input.ok) return { outcome: input, parameters: null }
    return { outcome: run(call, input.value), parameters: logged(input.value) }
  }
}

/** Members that are undefined are left out. */
export function withoutUndefined(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
