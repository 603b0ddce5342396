/**
 * Ten times as much load as there is room for, between times with just enough of it, on the same server: what is done in a
 * time must stay, what is refused must be throttled, and memory must not grow.
 *
 * The two take turns, so that whatever else the machine does falls on both. What the machine does not give to the server is
 * no fault of the server's: so it is also said how much of its own processor time goes into what it refuses.
 */
import { expect } from 'vitest'
import { load, type Answers } from './load.js'
import type { Serving } from './serving.js'

export interface OverloadOptions {
  readonly request: () => Buffer
  /** So many clients ask for as much as is done. */
  readonly enough: number
  /** Turns of each. */
  readonly turns: number
  readonly turnMs: number
  readonly everyMs?: number
}

export interface OverloadReport {
  /**
   * The best turn under overload against the worst one under just enough: below one only where less is done indeed. One where
   * the machine has let so little be done that nothing can be said.
   */
  readonly kept: number
  /**
   * Of one core, during overload: the processor time of the server beyond what the answers cost that it gives, by what they
   * cost under just enough load. The rest is left for them.
   */
  readonly overhead: number
  /** Done in the turns of each kind. */
  readonly enough: readonly number[]
  readonly over: readonly number[]
  readonly refused: number
  /** In bytes, against before. */
  readonly heldMore: number
  readonly mostMore: number
}

const THROTTLED = 'ThrottlingException'
const FEW = 20

export async function overload(server: Serving, options: OverloadOptions): Promise<OverloadReport> {
  const { request, enough, turns, turnMs, everyMs } = options
  const turn = async (clients: number): Promise<Answers> =>
    load(server.url, { clients, ms: turnMs, requests: [request()], ...(everyMs !== undefined && { everyMs }) })
  await turn(enough)
  const before = await server.memory()
  const done = { enough: [] as number[], over: [] as number[] }
  const cpuMs = { enough: 0, over: 0 }
  const timed = async (clients: number, which: keyof typeof cpuMs): Promise<Answers> => {
    const beforeMs = await server.cpuMs()
    const answers = await turn(clients)
    cpuMs[which] += (await server.cpuMs()) - beforeMs
    return answers
  }
  let refused = 0
  for (let number = 0; number < turns; number++) {
    done.enough.push((await timed(enough, 'enough')).get('200') ?? 0)
    const over = await timed(10 * enough, 'over')
    expect([...over.keys()].filter((said) => said !== '200' && said !== THROTTLED)).toEqual([])
    done.over.push(over.get('200') ?? 0)
    refused += over.get(THROTTLED) ?? 0
  }
  await expect.poll(() => server.load(), { timeout: 60_000 }).toEqual({ connections: 0, inFlight: 0 })
  const after = await server.memory()
  const peak = Math.min(...done.enough)
  return {
    ...done,
    kept: peak < FEW ? 1 : Math.max(...done.over) / peak,
    overhead: (cpuMs.over - sum(done.over) * (cpuMs.enough / sum(done.enough))) / (turns * turnMs),
    refused,
    heldMore: after.held - before.held,
    mostMore: after.most - before.most,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0)
}
