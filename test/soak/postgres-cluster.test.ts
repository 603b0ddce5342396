/**
 * As the extended test, for hours: four processes on one database, 64 clients held against the model, processes killed,
 * connections cut, the server started again.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of a minute, each with a seed and a store of its own, `0-59` when left out. A run
 * that was broken off goes on at the block after the last that it has told. `KEYWARD_EVIDENCE=yes` adds a dated line to
 * `docs/evidence.md`.
 */
import { expect, test } from 'vitest'
import { runCluster } from '../store/cluster.js'
import { postgresTests } from '../store/postgres-support.js'
import { blocks, evidence, tellDone } from './evidence.js'

const SECONDS = 60
/** Other seeds than that of the extended test. */
const FIRST_SEED = 1000

const [first, last] = blocks('0-59')

postgresTests('four processes on one database', (server) => {
  test(`blocks ${first} to ${last} of ${SECONDS} seconds`, { timeout: 14_400_000 }, async () => {
    const all = { acknowledged: 0, unanswered: 0, recovered: 0, disturbances: 0, longestMs: 0 }
    for (let block = first; block <= last; block++) {
      const report = await runCluster({ server: server(), seconds: SECONDS, seed: FIRST_SEED + block })
      all.acknowledged += report.acknowledged.size
      all.unanswered += report.unanswered
      all.recovered += report.recovered
      all.disturbances += Object.values(report.disturbances).reduce((sum, count) => sum + count, 0)
      all.longestMs = Math.max(all.longestMs, ...Object.values(report.backMs).flat())
      tellDone(block)
    }
    expect(all.acknowledged).toBeGreaterThan(1000 * (last - first + 1))
    const { acknowledged, unanswered, recovered, disturbances, longestMs } = all
    evidence(
      `four processes on one PostgreSQL (${server().version.replace(/^\D*/, '')}) answered 64 clients as the model does, ${acknowledged} operations acknowledged through ${disturbances} kills, cut connections and restarts of the server, none lost or half done (blocks ${first} to ${last}); of ${unanswered} whose answer was lost ${recovered} had been done; all processes that were left wrote again within ${longestMs} ms`,
    )
  })
})
