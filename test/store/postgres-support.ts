/** Stores in a real PostgreSQL server, one server for each file of tests. */
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { Store } from '../../src/kms/store.js'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres.js'
import { type PostgresServer, type ServerOptions, startPostgres, whyNoServer } from './postgres-server.js'

/** Skipped, with the reason, where no server can be started; in CI that is a failure. */
export function postgresTests(
  name: string,
  tests: (server: () => PostgresServer) => void,
  options: ServerOptions = {},
): void {
  const reason = whyNoServer()
  const title = reason === undefined ? name : `${name} (skipped: ${reason})`
  describe.skipIf(reason !== undefined)(title, () => {
    let server: PostgresServer | undefined
    beforeAll(async () => {
      server = await startPostgres(options)
    }, 120_000)
    afterAll(async () => {
      await server?.close()
    })
    tests(() => {
      if (server === undefined) throw new Error('the server has not been started')
      return server
    })
  })
}

const stores: Store[] = []

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
})

/** Closed after the test, at the latest. */
export async function openPostgres(
  server: PostgresServer,
  options: Partial<PostgresStoreOptions> = {},
): Promise<Store> {
  const store = await openPostgresStore({ url: server.url(), connections: 3, ...options })
  stores.push(store)
  return store
}
