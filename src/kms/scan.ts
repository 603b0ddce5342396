/**
 * Going over all rows under a prefix, and cutting lists into pages.
 */
import { after } from './awaitable.js'
import type { Awaitable, Row, Store } from './store.js'

/** `each` of every row under the prefix, in the order of names. */
export function scanAll(store: Store, prefix: string, each: (row: Row) => void, cursor?: string): Awaitable<void> {
  const options = cursor === undefined ? { limit: SCAN_LIMIT } : { limit: SCAN_LIMIT, cursor }
  return after(store.scan(prefix, options), ({ rows, cursor: next }) => {
    for (const row of rows) each(row)
    return next === undefined ? undefined : scanAll(store, prefix, each, next)
  })
}

const SCAN_LIMIT = 1000
