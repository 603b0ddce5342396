/**
 * `keyward serve` several times on one database, held against the model of the key service over HTTP and disturbed in every
 * way, for a short time. For longer: test/soak.
 */
import { expect, test } from 'vitest'
import { httpFleet } from '../server/fleet/http-fleet.js'
import { type ClusterReport, runCluster } from '../store/cluster.js'
import { postgresTests } from '../store/postgres-support.js'

const SECONDS = 10

function expectEverything(report: ClusterReport): void {
  const { requests, unanswered, disturbances, seen, sequences, acknowledged } = report
  expect(sequences).toBeGreaterThanOrEqual(64)
  expect(requests).toBeGreaterThan(1000)
  expect(acknowledged.size).toBeGreaterThan(1000)
  // Somebody was in the middle of something.
  expect(unanswered).toBeGreaterThan(0)
  for (const count of Object.values(disturbances)) expect(count).toBeGreaterThan(0)
  for (const name of ['ReplicateKey', 'CreateGrant', 'ImportKeyMaterial', 'CreateAlias', 'Decrypt']) {
    expect(seen).toContain(`${name} succeeded`)
  }
}

postgresTests('keyward serve on one database, 64 clients', (server) => {
  test('four processes are one service, whatever is killed, cut or started again', { timeout: 240_000 }, async () => {
    const fleet = httpFleet({ places: 4, processes: 1 })
    expectEverything(await runCluster({ server: server(), seconds: SECONDS, seed: 11, fleet }))
  })

  test('and so are two machines with --cluster 2', { timeout: 240_000 }, async () => {
    const fleet = httpFleet({ places: 2, processes: 2 })
    expectEverything(await runCluster({ server: server(), seconds: SECONDS, seed: 12, fleet }))
  })
})
