/**
 * Ten times as much load as there is room for, between times with just enough of it, on the same server: what is done in a
 * time must stay, what is refused must be throttled, and memory must not grow.
 *
 * The two take turns, so that whatever else the machine does falls on both.
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
  let refused = 0
  for (let number = 0; number < turns; number++) {
    done.enough.push((await turn(enough)).get('200') ?? 0)
    const over = await turn(10 * enough)
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
    refused,
    heldMore: after.held - before.held,
    mostMore: after.most - before.most,
  }
}
