/** Four processes on one database, disturbed in every way, for a short time. For hours: test/soak. */
import { expect, test } from 'vitest'
import { runCluster } from '../store/cluster.js'
import { startProxy } from '../store/postgres-proxy.js'
import { openPostgres, postgresTests } from '../store/postgres-support.js'
import { committed, put } from '../store/steps.js'

const SECONDS = 20

postgresTests('four processes on one database', (server) => {
  test('are one service, whatever is killed, cut or started again', { timeout: 240_000 }, async () => {
    const report = await runCluster({ server: server(), seconds: SECONDS, seed: 1 })
    const { requests, disturbances, seen, sequences } = report
    expect(sequences).toBeGreaterThanOrEqual(64)
    expect(requests).toBeGreaterThan(1000)
    for (const count of Object.values(disturbances)) expect(count).toBeGreaterThan(0)
    for (const name of ['ReplicateKey', 'CreateGrant', 'ImportKeyMaterial', 'UpdateAlias', 'Decrypt']) {
      expect(seen).toContain(`${name} succeeded`)
    }
  })

  test('go on without one that stands still in the middle of a commit, which is done once when it goes on', async () => {
    const proxy = await startProxy(server().url('still'))
    const still = await openPostgres(server(), { url: proxy.url, timeoutMs: 60_000 })
    const other = await openPostgres(server(), { schema: 'still', timeoutMs: 60_000 })
    const { rows } = await committed(still, [put('a', '1')])
    proxy.breakAtCommit('never')
    const late = still.commit([put('b', '1', 'absent'), put('a', '2', { version: rows[0] ?? '' })], [])
    // The server lets go of the turn after five seconds.
    for (let number = 0; number < 10; number++) await committed(other, [put('c', String(number))])
    expect((await late).ok).toBe(true)
    expect((await other.scan('')).rows.map(({ name, value }) => `${name}${value}`)).toEqual(['a2', 'b1', 'c9'])
    await still.close()
    await proxy.close()
  })
})
