/**
 * When each key was last used for cryptography.
 *
 * Known exactly while the process runs, and written along with the next commit that is at least a minute younger than
 * the last written one: a use is no reason of its own for a commit. `pending` is written when the engine closes.
 *
 * Source: KMS API Reference, "GetKeyLastUsage"; kms-behaviour 9.
 */
import type { LoadedKey } from './loaded-key.js'
import { put, type UsageRecord } from './records.js'
import { usageRow, type KeyPlace } from './row-names.js'
import type { KeyLastUsageTrackingOperation } from './shapes.js'
import type { Change } from './store.js'

const WRITE_AFTER_MS = 60_000
/** More than this and the oldest are written and forgotten. */
const MAX_REMEMBERED = 100_000

interface Use {
  operation: KeyLastUsageTrackingOperation
  atMs: number
  eventId: string
  requestId: string
  writtenAtMs: number
  readonly place: KeyPlace
}

export interface UseOfKey {
  readonly operation: KeyLastUsageTrackingOperation
  readonly atMs: number
  readonly eventId: string
  readonly requestId: string
}

export class Uses {
  private readonly uses = new Map<string, Use>()

  /** Remembers a use; answers the change to commit with it, if it is time for one. */
  note(key: LoadedKey, { operation, atMs, eventId, requestId }: UseOfKey): Change | undefined {
    let use = this.uses.get(key.arn)
    if (use === undefined) {
      if (this.uses.size >= MAX_REMEMBERED) this.uses.clear()
      use = { operation, atMs, eventId, requestId, writtenAtMs: -Infinity, place: key.place }
      this.uses.set(key.arn, use)
    } else {
      use.operation = operation
      use.atMs = atMs
      use.eventId = eventId
      use.requestId = requestId
    }
    if (atMs - use.writtenAtMs < WRITE_AFTER_MS) return undefined
    use.writtenAtMs = atMs
    return put(usageRow(key.place), recordOf(use), 'any')
  }

  /** What has not been written yet. */
  pending(): readonly Change[] {
    const changes: Change[] = []
    for (const use of this.uses.values()) {
      if (use.writtenAtMs === use.atMs) continue
      use.writtenAtMs = use.atMs
      changes.push(put(usageRow(use.place), recordOf(use), 'any'))
    }
    return changes
  }

  forget(key: LoadedKey): void {
    this.uses.delete(key.arn)
  }

  /** The last use, of this process or of another. */
  last(key: LoadedKey): UsageRecord | undefined {
    const own = this.uses.get(key.arn)
    const { use: written } = key
    if (own === undefined) return written
    return written === undefined || written.atMs <= own.atMs ? recordOf(own) : written
  }
}

function recordOf({ operation, atMs, eventId, requestId }: UseOfKey): UsageRecord {
  return { form: 1, operation, atMs, eventId, requestId }
}
