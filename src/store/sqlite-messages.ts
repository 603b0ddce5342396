/**
 * What the thread that asks and the thread that writes say to each other. Commits travel as flat lists of texts and
 * numbers, many in one message: that is what passes between threads for the least.
 */
import type { AuditRecord } from '../kms/audit-record.js'
import type { Change, Expectation } from '../kms/store.js'
import { encodeText } from './name-order.js'
import { versionNumber } from './version-number.js'

/**
 * `commits`: for each one the number of its changes, its journal columns, and four values for each change. `goesOn`: there
 * is more to come in this turn of the event loop, and it belongs to the same transaction.
 */
export type ToWriter =
  { readonly kind: 'commits'; readonly commits: readonly Part[]; readonly goesOn: boolean } | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'open'; readonly storeId: string }
  | { readonly kind: 'refused'; readonly message: string }
  /** In the order of the commits. */
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'closed' }

export type Part = string | number | null

/** The journal entry of the commit, the row that was not as expected, or why it could not be written. */
export type Answer =
  | number
  | { readonly conflict: string }
  /** `isBusy`: another process did not let go in time. */
  | { readonly failure: string; readonly isBusy: boolean }

/** How an expectation travels: a version is the number of a journal entry, which is at least 0. */
export const ANY = -1
export const ABSENT = -2
const NEVER = -3

export const PUT = 0
export const DELETE = 1
const CHECK = 2

const KINDS = { put: PUT, delete: DELETE, check: CHECK } as const

export interface CommitRequest {
  readonly names: string | null
  readonly audit: string | null
  readonly changes: readonly ChangeRequest[]
}

interface ChangeRequest {
  readonly kind: number
  readonly name: Uint8Array
  /** Empty unless it is a put. */
  readonly value: string
  readonly expect: number
}

/** Adds a commit to a message under way. */
export function writeCommit(parts: Part[], changes: readonly Change[], audit: readonly AuditRecord[]): void {
  const names: string[] = []
  for (const { kind, name } of changes) if (kind !== 'check') names.push(name)
  // Made before anything is added: a record that JSON cannot say must not leave half a commit in the message.
  const namesColumn = names.length === 0 ? null : JSON.stringify(names)
  const auditColumn = audit.length === 0 ? null : JSON.stringify(audit)
  parts.push(changes.length, namesColumn, auditColumn)
  for (const change of changes) {
    const value = change.kind === 'put' ? change.value : ''
    parts.push(KINDS[change.kind], change.name, value, expectationNumber(change.expect))
  }
}

export function readCommits(parts: readonly Part[]): readonly CommitRequest[] {
  const commits: CommitRequest[] = []
  let at = 0
  while (at < parts.length) {
    const count = Number(parts[at])
    const changes: ChangeRequest[] = []
    commits.push({ names: textOrNull(parts[at + 1]), audit: textOrNull(parts[at + 2]), changes })
    at += 3
    for (let change = 0; change < count; change++, at += 4) {
      const name = encodeText(String(parts[at + 1]))
      changes.push({
        kind: Number(parts[at]),
        name,
        value: String(parts[at + 2]),
        expect: Number(parts[at + 3]),
      })
    }
  }
  return commits
}

function textOrNull(part: Part | undefined): string | null {
  return typeof part === 'string' ? part : null
}

function expectationNumber(expect: Expectation): number {
  if (expect === 'any') return ANY
  if (expect === 'absent') return ABSENT
  return versionNumber(expect.version) ?? NEVER
}
