/** A hundred thousand requests that were changed and signed anew, at servers with every operation behind them. */
import { expect, test } from 'vitest'
import { fuzz } from '../server/hostile/fuzz.js'

const COUNT = Number(process.env['KEYWARD_FUZZ_COUNT'] ?? 100_000)
/** A server of its own for each: what an administrator's requests have done to one stays. */
const ROUNDS = 20

test.each(Array.from({ length: ROUNDS }, (_, round) => [round]))('round %i', async (round) => {
  const asNobody = Math.ceil((COUNT * 0.7) / ROUNDS)
  const { nobody, admin } = await fuzz({ seed: 1000 + 2 * round, asNobody, asAdmin: Math.ceil(asNobody * (3 / 7)) })
  expect([...nobody.values()].reduce((sum, count) => sum + count, 0)).toBe(asNobody)
  expect(admin.get('200')).toBeGreaterThan(0)
})
