/**
 * What is learned of a request on its way and told when it ends: its keys, and why it was denied.
 *
 * Keys come from the audit records of its commit, so that they are there for every operation alike. Never anything that is
 * asked or answered.
 */
import { LRUCache } from 'lru-cache'
import type { AuditRecord } from '../../kms/audit-record.js'
import type { DecisionKind } from '../../graph/combine.js'

export interface Denial {
  readonly layer: string
  readonly cause: string
  readonly verdict: DecisionKind | undefined
  /** False: it was let through, in mode `audit`. */
  readonly isRefused: boolean
}

export interface RequestNote {
  keyArns?: readonly string[]
  denial?: Denial
}

/** Of requests that have begun and not ended. */
const MAX_NOTES = 20_000

export class RequestNotes {
  private readonly notes = new LRUCache<string, RequestNote>({ max: MAX_NOTES })

  denied(requestId: string, denial: Denial): void {
    this.noteOf(requestId).denial ??= denial
  }

  committed(records: readonly AuditRecord[]): void {
    for (const { requestID, resources } of records) {
      if (requestID === undefined || resources === undefined || resources.length === 0) continue
      this.noteOf(requestID).keyArns ??= resources.map(({ ARN }) => ARN)
    }
  }

  get(requestId: string): RequestNote | undefined {
    return this.notes.get(requestId)
  }

  ended(requestId: string): void {
    this.notes.delete(requestId)
  }

  private noteOf(requestId: string): RequestNote {
    let note = this.notes.get(requestId)
    if (note === undefined) {
      note = {}
      this.notes.set(requestId, note)
    }
    return note
  }
}
