/**
 * How many customer managed keys an account has in a Region, for its quota.
 *
 * Counted once and then kept up to date by what this process does; near the quota it is counted again, since other
 * processes make keys too.
 */
import { after } from './awaitable.js'
import { parseRecord, type KeyRecord } from './records.js'
import { keysPrefix } from './row-names.js'
import { scanAll } from './scan.js'
import type { Awaitable, Store } from './store.js'

export class KeyCounts {
  private readonly counts = new Map<string, number>()

  constructor(private readonly store: Store) {}

  /** Whether there is room for one more. */
  hasRoom(accountId: string, region: string, quota: number): Awaitable<boolean> {
    const known = this.counts.get(keysPrefix(accountId, region))
    return known !== undefined && known < quota ? true : after(this.count(accountId, region), (count) => count < quota)
  }

  /** Tells of keys that were made (1) or deleted (-1). */
  changed(accountId: string, region: string, by: number): void {
    const prefix = keysPrefix(accountId, region)
    const known = this.counts.get(prefix)
    if (known !== undefined) this.counts.set(prefix, known + by)
  }

  private count(accountId: string, region: string): Awaitable<number> {
    const prefix = keysPrefix(accountId, region)
    let count = 0
    const each = ({ name, value }: { readonly name: string; readonly value: string }): void => {
      if (parseRecord<KeyRecord>(name, value).keyManager === 'CUSTOMER') count++
    }
    return after(scanAll(this.store, prefix, each), () => {
      this.counts.set(prefix, count)
      return count
    })
  }
}
