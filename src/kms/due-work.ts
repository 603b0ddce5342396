/**
 * What the service does by itself when its time has come: deletions, rotations, expiries, the ends of replication.
 *
 * Due work stands in the store as rows in the order of time; the record of a key names the earliest that is about it, so
 * that a key whose time has come is never used before its work is done, whether or not anybody calls `tick`.
 *
 * Source: KMS Developer Guide, "Deleting AWS KMS keys", "Rotate AWS KMS keys", "Importing key material"; kms-behaviour 7
 * to 10 and 15.
 */
import type { AuditRecord } from './audit-record.js'
import { after } from './awaitable.js'
import type { LoadedKey } from './loaded-key.js'
import { remove } from './records.js'
import { DUE_PREFIX, dueRow, parseDueRow, type DueName } from './row-names.js'
import type { Services } from './services.js'
import { StoreError, type Awaitable, type Change } from './store.js'

/** What a piece of due work comes to. */
export interface DueOutcome {
  readonly changes: readonly Change[]
  readonly events: readonly AuditRecord[]
  /** Called once the changes are committed: a handler may be asked more than once before they are. */
  readonly committed?: () => Awaitable<void>
}

/** Does one piece of work on a key as it is now; it may find that there is nothing left to do. */
export type DueHandler = (key: LoadedKey, due: DueName, nowMs: number, services: Services) => Awaitable<DueOutcome>

export interface DueWorkOptions {
  readonly services: Services
  readonly handlers: Readonly<Record<string, DueHandler>>
  readonly nowMs: () => number
  readonly isAudited: boolean
}

const MAX_CONFLICTS = 20
const PAGE = 100

export class DueWork {
  constructor(private readonly options: DueWorkOptions) {}

  /** Everything whose time has come; answers how much that was. */
  async tick(): Promise<number> {
    const { services, nowMs } = this.options
    let done = 0
    for (;;) {
      const { rows } = await services.store.scan(DUE_PREFIX, { limit: PAGE })
      const due = rows.map(({ name }) => name).filter((name) => (parseDueRow(name)?.atMs ?? 0) <= nowMs())
      if (due.length === 0) return done
      for (const name of due) await this.perform(name, 0)
      done += due.length
    }
  }

  /** The work that this key is waiting for. */
  catchUp(key: LoadedKey): Awaitable<void> {
    const { services, nowMs, handlers } = this.options
    const { dueAtMs } = key.record
    if (dueAtMs === undefined || dueAtMs > nowMs()) return undefined
    const names = Object.keys(handlers).map((what) => dueRow(dueAtMs, what, key.place))
    const next = (index: number): Awaitable<void> => {
      const name = names[index]
      if (name === undefined) return undefined
      return after(services.store.get(name), (row) =>
        row === undefined ? next(index + 1) : after(this.perform(name, 0), () => next(index + 1)),
      )
    }
    return next(0)
  }

  private perform(name: string, conflicts: number): Awaitable<void> {
    const { services, handlers, nowMs, isAudited } = this.options
    const due = parseDueRow(name)
    const handler = due === undefined ? undefined : handlers[due.what]
    if (due === undefined || handler === undefined) throw new StoreError(`the row ${name} is of no work that is known`)
    return after(services.keys.at(due.place), (key) => {
      const outcome: Awaitable<DueOutcome> =
        key === undefined ? { changes: [], events: [] } : handler(key, due, nowMs(), services)
      return after(outcome, ({ changes, events, committed }) => {
        const all = services.materials.guarded([remove(name), ...changes])
        return after(services.store.commit(all, isAudited ? events : []), (result) => {
          services.keys.noticed(result.ok ? all.map((change) => change.name) : [result.conflict], false)
          if (result.ok) return committed?.()
          if (conflicts >= MAX_CONFLICTS) throw new StoreError(`${name} is changed by others all the time`)
          return after(services.materials.follow(result.conflict), () => this.perform(name, conflicts + 1))
        })
      })
    })
  }
}
