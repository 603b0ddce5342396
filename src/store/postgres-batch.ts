/**
 * Many commits as one change of the database: which of them meet a conflict, what the others leave behind of each row, and
 * their entries in the log.
 *
 * Pure. Each commit is all or nothing and has its own answer, as if it had been written after those before it: what one has
 * changed is what the next one meets. Of a row that several have changed only the last state is written.
 */
import type { AuditRecord } from '../kms/audit-record.js'
import type { Change } from '../kms/store.js'

/** One commit on its way: what is written of it does not change any more. */
export interface CommitRequest {
  readonly changes: readonly Change[]
  readonly entry: EntryColumns
}

/** What the log holds of a commit. */
export interface EntryColumns {
  /** Of rows that are put or deleted, as JSON; null for none. */
  readonly names: string | null
  /** Audit records, as JSON; null for none. */
  readonly audit: string | null
  readonly records: number | null
  /** When the last of them was; null where that cannot be told. */
  readonly atMs: number | null
}

/** The log entry of the commit, or the row that was not as expected. */
export type CommitAnswer = number | { readonly conflict: string }

export interface Batch {
  /** In the order of the requests. */
  readonly answers: readonly CommitAnswer[]
  /** Of those without a conflict, in their order. */
  readonly entries: readonly (EntryColumns & { readonly id: number })[]
  readonly puts: ReadonlyMap<string, { readonly version: number; readonly value: string }>
  readonly deletes: readonly string[]
}

/** Made before anything is waited for: a record that JSON cannot say fails its caller, and nobody else. */
export function commitRequest(changes: readonly Change[], audit: readonly AuditRecord[]): CommitRequest {
  const names = changes.filter(({ kind }) => kind !== 'check').map(({ name }) => name)
  const atMs = Date.parse(audit.at(-1)?.eventTime ?? '')
  return {
    changes,
    entry: {
      names: names.length === 0 ? null : JSON.stringify(names),
      audit: audit.length === 0 ? null : JSON.stringify(audit),
      records: audit.length === 0 ? null : audit.length,
      atMs: Number.isNaN(atMs) ? null : atMs,
    },
  }
}

/** The rows whose versions must be known. */
export function expectedNames(requests: readonly CommitRequest[]): readonly string[] {
  const names = new Set<string>()
  for (const { changes } of requests) for (const { name, expect } of changes) if (expect !== 'any') names.add(name)
  return [...names]
}

/**
 * @param head - the last entry of the log.
 * @param versions - of those `expectedNames` that are there, at that entry.
 */
export function composeBatch(
  requests: readonly CommitRequest[],
  head: number,
  versions: ReadonlyMap<string, string>,
): Batch {
  const answers: CommitAnswer[] = []
  const entries: (EntryColumns & { readonly id: number })[] = []
  /** What this batch has made of rows; undefined of those that it has deleted. */
  const changed = new Map<string, { readonly version: number; readonly value: string } | undefined>()
  const versionOf = (name: string): string | undefined => {
    if (!changed.has(name)) return versions.get(name)
    const row = changed.get(name)
    return row === undefined ? undefined : String(row.version)
  }
  let id = head
  for (const { changes, entry } of requests) {
    const conflict = changes.find(({ name, expect }) => {
      if (expect === 'any') return false
      const version = versionOf(name)
      return expect === 'absent' ? version !== undefined : version !== expect.version
    })
    if (conflict !== undefined) {
      answers.push({ conflict: conflict.name })
      continue
    }
    id++
    answers.push(id)
    entries.push({ ...entry, id })
    for (const change of changes) {
      if (change.kind === 'put') changed.set(change.name, { version: id, value: change.value })
      else if (change.kind === 'delete') changed.set(change.name, undefined)
    }
  }
  const puts = new Map<string, { readonly version: number; readonly value: string }>()
  const deletes: string[] = []
  for (const [name, row] of changed) {
    if (row === undefined) deletes.push(name)
    else puts.set(name, row)
  }
  return { answers, entries, puts, deletes }
}
