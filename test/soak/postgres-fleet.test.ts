/**
 * As the extended test of the fleet, for hours: `keyward serve` several times on one database, 64 clients over HTTP held
 * against the model, processes killed, connections cut, the database started again. Blocks with an even number have four
 * processes, the others two addresses with `--cluster 2`.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of a minute, each with a seed and a store of its own, `0-59` when left out. A run
 * that was broken off goes on at the block after the last that it has told. `KEYWARD_EVIDENCE=yes` adds a dated line to
 * `docs/evidence.md`.
 */
import { expect, test } from 'vitest'
import { httpFleet } from '../server/fleet/http-fleet.js'
import { runCluster } from '../store/cluster.js'
import { postgresTests } from '../store/postgres-support.js'
import { blocks, evidence, tellDone } from './evidence.js'

const SECONDS = 60
/** Other seeds than those of the extended test. */
const FIRST_SEED = 5000

const [first, last] = blocks('0-59')

postgresTests('keyward serve on one database', (server) => {
  test(`blocks ${first} to ${last} of ${SECONDS} seconds`, { timeout: 14_400_000 }, async () => {
    const all = { acknowledged: 0, unanswered: 0, recovered: 0, disturbances: 0, longestMs: 0 }
    for (let block = first; block <= last; block++) {
      const fleet = httpFleet(block % 2 === 0 ? { places: 4, processes: 1 } : { places: 2, processes: 2 })
      const report = await runCluster({ server: server(), seconds: SECONDS, seed: FIRST_SEED + block, fleet })
      all.acknowledged += report.acknowledged.size
      all.unanswered += report.unanswered
      all.recovered += report.recovered
      all.disturbances += Object.values(report.disturbances).reduce((sum, count) => sum + count, 0)
      all.longestMs = Math.max(all.longestMs, ...Object.values(report.backMs).flat(), ...report.againMs)
      tellDone(block)
    }
    expect(all.acknowledged).toBeGreaterThan(1000 * (last - first + 1))
    const { acknowledged, unanswered, recovered, disturbances, longestMs } = all
    evidence(
      `four processes of \`keyward serve\` on one PostgreSQL (${server().version.replace(/^\D*/, '')}) answered 64 clients over HTTP as the model does, ${acknowledged} operations acknowledged through ${disturbances} kills, cut connections and restarts of the database, none lost or half done (blocks ${first} to ${last}); of ${unanswered} whose answer was lost ${recovered} had been done; all processes wrote again within ${longestMs} ms`,
    )
  })
})
