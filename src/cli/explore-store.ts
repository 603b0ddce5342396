/**
 * The audit records of a key service for the explorer: those of its store, and those that a running server adds to it.
 */
import type { Store } from '../kms/store.js'
import { isPostgresUrl, parsePostgresUrl } from '../store/postgres-address.js'
import type { EventSource } from '../tui/world/event-loader.js'
import { pause } from '../tui/world/pause.js'

/** The place of a store as it may stand in a file: its password comes from the environment when it is opened again. */
export function storeWithoutPassword(place: string): string {
  if (!isPostgresUrl(place)) return place
  if (!URL.canParse(place)) return parsePostgresUrl(place).shown
  const url = new URL(place)
  url.password = ''
  url.searchParams.delete('password')
  return url.href
}

/** A store may be another process's, which tells nobody of records alone; asking does. */
const ASK_EVERY_MS = 500
/** What is asked for again and again while nothing comes. */
const PAGE = 200

/** @param open - is called when reading begins; the store is closed when it ends. */
export function eventsOfStore(name: string, follows: boolean, open: () => Promise<Store>): EventSource {
  return {
    name,
    follows,
    async *texts(signal, onIdle) {
      const store = await open()
      try {
        yield { name, pieces: () => records(store, { follows, signal, onIdle }) }
      } finally {
        await store.close()
      }
    },
  }
}

interface Reading {
  readonly follows: boolean
  readonly signal: AbortSignal
  readonly onIdle: () => void
}

/** The last page has no end to go on from: it is asked for again, and what of it was seen is left out. */
async function* records(store: Store, { follows, signal, onIdle }: Reading): AsyncGenerator<string, void> {
  let cursor: string | undefined
  let seen = 0
  while (!signal.aborted) {
    const page = await store.auditRecords({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    // Those no longer kept were seen before, as they are older.
    const fresh = page.records.slice(Math.max(seen - page.dropped, 0))
    if (fresh.length > 0) yield fresh.map((record) => `${JSON.stringify(record)}\n`).join('')
    if (page.cursor !== undefined) {
      cursor = page.cursor
      seen = 0
      continue
    }
    seen = page.dropped + page.records.length
    if (!follows) return
    onIdle()
    await pause(ASK_EVERY_MS, signal)
  }
}
