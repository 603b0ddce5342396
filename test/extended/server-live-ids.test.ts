/** A flood of access key ids that nobody has, at a process of a fleet: a key that another one makes is good all the same. */
import { expect, test } from 'vitest'
import { added, authFixture, ROOT, signedBy, told, unknownId } from '../server/auth/auth-fixture.js'
import { openPostgres, postgresTests } from '../store/postgres-support.js'

/** Ten in 100 ms are looked for. */
const FLOOD = 1000
const WINDOW_MS = 100

postgresTests('under a flood of unknown access key ids', (server) => {
  test.each([
    ['with LISTEN', true],
    ['polling', false],
  ])('a key that another process has made is good, %s', async (how, hints) => {
    const url = server().url(`live_ids_${hints ? 'listen' : 'poll'}`)
    const first = await authFixture(await openPostgres(server(), { url, hints }))
    const second = await authFixture(await openPostgres(server(), { url, hints }))
    const flood = async (): Promise<void> => {
      const { credentials, clock } = first
      const asked = Array.from({ length: FLOOD }, async (_, number) =>
        credentials.signerOf(unknownId(number), undefined, clock.nowMs),
      )
      for (const answer of await Promise.all(asked)) expect(answer.ok).toBe(false)
    }
    await flood()
    const byLog = signedBy(await added(second.credentials, ROOT))
    await expect.poll(() => told(first.authenticate, byLog), { timeout: 30_000 }).toBe(ROOT)
    const atOnce = signedBy(await added(second.credentials, ROOT))
    first.clock.nowMs += WINDOW_MS
    expect(await told(first.authenticate, atOnce), how).toBe(ROOT)
    // As after a restart of the database: the log is lost, and everything is read anew.
    await server().restart('fast')
    await expect.poll(() => flood().then(() => 'refused', String), { timeout: 30_000 }).toBe('refused')
    expect(await told(first.authenticate, byLog)).toBe(ROOT)
    for (const one of [first, second]) one.close()
  })
})
