/** The durable store: what every store does; files, durability and damage are tested in the files beside this one. */
import type { Store } from '../../src/kms/store.js'
import { logConformance, sharedConformance } from './conformance-log.js'
import { conformance } from './conformance.js'
import { openTestStore, temporaryFolder } from './support.js'

const folders = new WeakMap<Store, string>()

async function open(): Promise<Store> {
  const folder = temporaryFolder()
  const store = await openTestStore({ folder })
  folders.set(store, folder)
  return store
}

conformance('SQLite', { open, runs: 8 })
logConformance('SQLite', { open })

// A connection and a writing thread of its own; processes of their own follow in sqlite-processes.test.ts.
sharedConformance('SQLite', {
  open,
  openAgain: (store) => {
    const folder = folders.get(store)
    if (folder === undefined) throw new Error('not a store of this test')
    return openTestStore({ folder })
  },
})
