/**
 * The figures of one run of the server benchmarks, and how rates are taken.
 */
import { spreadOf, type Figure, type Target } from './measure.js'
import type { ServerSetup } from './serve-messages.js'
import { ROOT_KEY, type Client, type Server } from './serve-processes.js'

/** What a run prints. */
export class Report {
  readonly figures: Figure[] = []
  readonly notes: string[] = []

  add(label: string, unit: string, values: readonly number[], target?: Target): void {
    this.figures.push({ label, unit, spread: spreadOf(values), ...(target === undefined ? {} : { target }) })
  }
}

export interface Rate {
  /** Of the server's processor time. */
  readonly perCpuSecond: number
  readonly perSecond: number
}

export interface Load {
  /** Of prepared requests. */
  readonly id: string
  readonly connections: number
  readonly count: number
}

export async function rateOf(client: Client, server: Server, load: Load): Promise<Rate> {
  const before = await server.cpuUs()
  const { ms } = await client.run({ kind: 'closed', places: [server.place], ...load })
  const cpuUs = (await server.cpuUs()) - before
  return { perCpuSecond: (load.count / cpuUs) * 1e6, perSecond: (load.count / ms) * 1000 }
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** In memory, audited, with one symmetric key; `what` says what is otherwise. */
export function setupOf(what: Partial<ServerSetup>): ServerSetup {
  return {
    kind: 'keyward',
    store: { kind: 'memory' },
    rootKey: ROOT_KEY,
    audit: true,
    keys: [{ count: 1, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' }],
    ...what,
  }
}
