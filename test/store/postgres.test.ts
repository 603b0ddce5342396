/** The store in PostgreSQL: what every store does. Failures, several processes and what is its own: the files beside this one. */
import type { Store } from '../../src/kms/store.js'
import { logConformance, sharedConformance } from './conformance-log.js'
import { conformance } from './conformance.js'
import { openPostgres, postgresTests } from './postgres-support.js'

postgresTests('PostgreSQL', (server) => {
  const schemas = new WeakMap<Store, string>()
  let made = 0

  async function open(): Promise<Store> {
    const schema = `conformance ${++made}`
    const store = await openPostgres(server(), { schema })
    schemas.set(store, schema)
    return store
  }

  conformance('PostgreSQL', { open, runs: 8 })
  logConformance('PostgreSQL', { open })

  sharedConformance('PostgreSQL', {
    open,
    openAgain: (store) => {
      const schema = schemas.get(store)
      if (schema === undefined) throw new Error('not a store of this test')
      return openPostgres(server(), { schema })
    },
  })
})
