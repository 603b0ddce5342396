/**
 * Processes on one database, random operations of many clients held against the model of the key service, while processes
 * are killed, connections are cut, and the database is started again. The processes are bare engines, or whatever else
 * answers like them.
 *
 * Each client has keys of its own, so that its model says what it must be answered; all of them also fight for a few rows.
 * What is promised is that a process reads what it has acknowledged, and every other process within a bound.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import type { KeyRecord } from '../../src/kms/records.js'
import type { Store } from '../../src/kms/store.js'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres.js'
import { allRows } from '../kms/model/crash-rows.js'
import { COMMAND, type Command } from '../kms/model/command.js'
import { runSequence } from '../kms/model/run.js'
import { ADMIN, keyArnOf, START_MS, type TestKms } from '../kms/test-kms.js'
import { type ClientStatistics, ClusterClient, type ClusterView, newStatistics, pause } from './cluster-client.js'
import { type ServiceProcess, startProcess } from './cluster-process.js'
import { ROOT } from '../tooling/sources.js'
import type { PostgresServer } from './postgres-server.js'
import { buildProgram } from './support.js'

const CLIENTS = 64
const POLL_MS = 100
const MAX_LAG_MS = 1000
/** For a database that is just starting; nobody here should ever meet it. */
const TIMEOUT_MS = 60_000
/** A process that has not come back by then has not come back. */
const BACK_WITHIN_MS = 60_000

/** The processes of a run. */
export interface Fleet {
  readonly places: number
  /** How long after an acknowledgement every process has seen what was acknowledged. */
  readonly lagMs: number
  /** Of whoever looks at the store besides them. */
  readonly storeOptions: PostgresStoreOptions
  readonly start: () => Promise<ServiceProcess>
  readonly close: () => void
}

export interface ClusterOptions {
  readonly server: PostgresServer
  readonly seconds: number
  readonly seed: number
  /** Engines without anything around them, when left out. */
  readonly fleet?: (url: string) => Promise<Fleet>
}

/** The bound that is promised, and as much again for a machine that is busy with everything at once. */
export function lagOf({ pollMs, maxLagMs }: { readonly pollMs: number; readonly maxLagMs: number }): number {
  return 2 * (pollMs + maxLagMs)
}

export interface ClusterReport extends ClientStatistics {
  readonly seen: Set<string>
  sequences: number
  readonly disturbances: Record<Disturbance, number>
  /** From the end of a disturbance until every process that was there had acknowledged a change. */
  readonly backMs: Record<Disturbance, number[]>
  /** From a kill until the process in its place had acknowledged a change. */
  readonly againMs: number[]
}

const DISTURBANCES = ['cut', 'kill', 'fast', 'immediate'] as const
type Disturbance = (typeof DISTURBANCES)[number]

export async function runCluster({
  server,
  seconds,
  seed,
  fleet = bareEngines,
}: ClusterOptions): Promise<ClusterReport> {
  const made = await fleet(server.url(`cluster_${seed}`))
  try {
    const store = await openPostgresStore(made.storeOptions)
    const cluster = new Cluster(store, made)
    try {
      return await disturbed(cluster, server, { seconds, seed })
    } finally {
      await cluster.close()
      await store.close()
    }
  } finally {
    made.close()
  }
}

async function bareEngines(url: string): Promise<Fleet> {
  const storeOptions = { url, connections: 4, pollMs: POLL_MS, maxLagMs: MAX_LAG_MS, timeoutMs: TIMEOUT_MS }
  // Beside the program, where it looks for its threads.
  await buildProgram(join(ROOT, 'src/kms/crypto/slow-worker.ts'), 'slow-worker')
  const program = fileURLToPath(
    await buildProgram(fileURLToPath(new URL('./cluster-program.ts', import.meta.url)), 'cluster-program'),
  )
  const environment = {
    STORE: JSON.stringify(storeOptions),
    ROOT_KEY: randomBytes(32).toString('hex'),
    NOW_MS: String(START_MS),
  }
  return {
    places: 4,
    lagMs: lagOf(storeOptions),
    storeOptions,
    start: () => startProcess({ program, environment }),
    close: () => undefined,
  }
}

async function disturbed(
  cluster: Cluster,
  server: PostgresServer,
  { seconds, seed }: Pick<ClusterOptions, 'seconds' | 'seed'>,
): Promise<ClusterReport> {
  const report: ClusterReport = {
    ...newStatistics(),
    seen: new Set<string>(),
    sequences: 0,
    disturbances: { kill: 0, cut: 0, fast: 0, immediate: 0 },
    backMs: { kill: [], cut: [], fast: [], immediate: [] },
    againMs: [],
  }
  await cluster.start()
  const dice = diceOf(seed)
  const shared = keyArnOf(await client(cluster, 'shared', seed, report).call('CreateKey', {}, ADMIN))
  await pause(cluster.lagMs)
  const endMs = performance.now() + seconds * 1000
  // However slow the machine is, everything happens at least once.
  const isOver = (): boolean =>
    performance.now() >= endMs && Object.values(report.disturbances).every((count) => count > 0)
  const commands = fc.sample(sequences(), { numRuns: CLIENTS * 8, seed })
  const clients = Array.from({ length: CLIENTS }, async (_, number) => {
    const kms = client(cluster, `c${number}`, seed + number + 1, report)
    for (let lap = 0; lap === 0 || !isOver(); lap++) {
      await fight(kms, shared, `${number}-${lap}`)
      const ok: TestKms['ok'] = (name, input, caller = ADMIN) => kms.call(name, input, caller)
      // Time stands still, and an engine is all that the model wants besides.
      const t = { kms, clock: { nowMs: START_MS }, ok } as unknown as TestKms
      await runSequence(t, commands[(number + lap * CLIENTS) % commands.length] ?? [], report.seen)
      report.sequences++
    }
    kms.close()
  })
  const disturbing = disturb(cluster, server, { dice, isOver, report })
  await Promise.all([...clients, disturbing])
  await cluster.expectWhole(report.acknowledged, shared)
  return report
}

/** Without time, which is every client's own in the model and the same for all in a service. */
function sequences(): fc.Arbitrary<readonly Command[]> {
  const commands = COMMAND.filter((command) => command.do !== 'wait')
  return fc.array(commands, { minLength: 8, maxLength: 24, size: 'max' })
}

function client(cluster: Cluster, name: string, seed: number, report: ClusterReport): ClusterClient {
  return new ClusterClient(cluster, name, diceOf(seed), report)
}

/** One row that all change, and a name that only one of them gets. */
async function fight(kms: ClusterClient, KeyId: string, text: string): Promise<void> {
  await kms.call('UpdateKeyDescription', { KeyId, Description: text }, ADMIN)
  const AliasName = `alias/race-${text.split('-')[1] ?? ''}`
  const raced = await kms.attempt('CreateAlias', { AliasName, TargetKeyId: KeyId }, ADMIN)
  expect(raced.ok ? 'succeeded' : raced.error.code).toMatch(/^(succeeded|AlreadyExistsException)$/)
}

async function disturb(
  cluster: Cluster,
  server: PostgresServer,
  {
    dice,
    isOver,
    report,
  }: { readonly dice: () => number; readonly isOver: () => boolean; readonly report: ClusterReport },
): Promise<void> {
  for (let number = 0; ; number++) {
    await pause(600 + dice() * 1200)
    if (isOver()) return
    const what = DISTURBANCES[number % DISTURBANCES.length]!
    report.disturbances[what]++
    const killed = what === 'kill' ? Math.floor(dice() * cluster.places) : undefined
    if (what === 'kill') await cluster.kill(killed ?? 0)
    else if (what === 'cut') {
      await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      )
    } else await server.restart(what)
    const sinceMs = performance.now()
    const places = Array.from({ length: cluster.places }, (_, place) => place)
    await Promise.all(places.filter((place) => place !== killed).map((place) => cluster.writesAgain(place)))
    report.backMs[what].push(Math.round(performance.now() - sinceMs))
    if (killed === undefined) continue
    await cluster.writesAgain(killed)
    report.againMs.push(Math.round(performance.now() - sinceMs))
  }
}

class Cluster implements ClusterView {
  readonly places: number
  readonly lagMs: number
  private readonly processes: Promise<ServiceProcess>[] = []
  private readonly records = new Map<string, AuditRecord>()
  private cursor: string | undefined
  private reading: Promise<void> | undefined
  private next: Promise<void> | undefined
  private isClosed = false

  constructor(
    private readonly store: Store,
    private readonly fleet: Fleet,
  ) {
    this.places = fleet.places
    this.lagMs = fleet.lagMs
  }

  async start(): Promise<void> {
    for (let place = 0; place < this.places; place++) this.processes.push(this.fleet.start())
    await Promise.all(this.processes)
  }

  process(place: number): Promise<ServiceProcess> {
    return this.processes[place]!
  }

  /** And starts another one in its place, if none comes by itself. */
  async kill(place: number): Promise<void> {
    const process = await this.process(place)
    const what = await process.kill()
    if (what === 'ended' && !this.isClosed) this.processes[place] = this.fleet.start()
  }

  async writesAgain(place: number): Promise<void> {
    const endMs = performance.now() + BACK_WITHIN_MS
    for (;;) {
      const connection = (await this.process(place)).connect()
      const answer = await connection.ask('CreateKey', { Description: 'back' }, ADMIN)
      connection.close()
      if (answer?.ok === true) return
      expect(answer).toBe(undefined)
      expect(performance.now()).toBeLessThan(endMs)
    }
  }

  async recordOf(request: string): Promise<AuditRecord | undefined> {
    // A reading that is under way may have begun too early.
    this.next ??= (async () => {
      await this.reading
      this.reading = this.next
      this.next = undefined
      await this.readOn()
    })()
    await this.next
    return this.records.get(request)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all(this.processes.map(async (process) => (await process).end()))
  }

  private async readOn(): Promise<void> {
    // Behind whatever those who are gone have left on its way to the log.
    await this.store.commit([], [])
    for (;;) {
      const page = await this.store.auditRecords(this.cursor === undefined ? {} : { cursor: this.cursor })
      for (const record of page.records) this.records.set(record.userAgent, record)
      if (page.cursor === undefined) return
      this.cursor = page.cursor
    }
  }

  /** Nothing that was acknowledged is lost, nothing is half done, and whatever was fought for has one winner. */
  async expectWhole(acknowledged: ReadonlySet<string>, shared: string): Promise<void> {
    const records: AuditRecord[] = []
    let cursor: string | undefined
    do {
      const page = await this.store.auditRecords(cursor === undefined ? {} : { cursor })
      records.push(...page.records)
      cursor = page.cursor
    } while (cursor !== undefined)
    const succeeded = records.filter(({ errorCode }) => errorCode === undefined)
    const times = new Map<string, number>()
    for (const { userAgent } of succeeded) times.set(userAgent, (times.get(userAgent) ?? 0) + 1)
    expect([...acknowledged].filter((request) => !times.has(request))).toEqual([])
    expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(records.length)

    const rows = await allRows(this.store)
    const names = [...rows.keys()]
    const under = (prefix: string): readonly string[] => names.filter((name) => name.startsWith(prefix))
    const tails = (prefix: string): readonly string[] => under(prefix).map((name) => name.slice(prefix.length))
    expect(tails('policy/').toSorted()).toEqual(tails('key/').toSorted())
    const keys = new Set(tails('key/'))
    const placeOf = (name: string): string => name.split('/').slice(1, 4).join('/')
    // What seals credentials belongs to no key.
    const ofKeys = under('material/').filter((name) => !name.startsWith('material/keyward/'))
    expect(ofKeys.filter((name) => !keys.has(placeOf(name)))).toEqual([])
    expect(under('retirable/')).toHaveLength(under('grant/').length)
    expect(under('key-alias/')).toHaveLength(under('alias/').length)

    // The log is the order in which they were written.
    const last = succeeded.findLast(
      ({ eventName, resources }) =>
        eventName === 'UpdateKeyDescription' && resources?.some(({ ARN }) => ARN === shared) === true,
    )
    const [, , , region = '', account = '', resource = ''] = shared.split(':')
    const row = rows.get(`key/${account}/${region}/${resource.slice('key/'.length)}`)
    const { description } = JSON.parse(row ?? '{}') as KeyRecord
    expect(last?.requestParameters?.['description']).toBe(description)
    for (const name of under('alias/').filter((each) => each.includes('race-'))) {
      const alias = decodeURIComponent(name.slice(name.lastIndexOf('/') + 1))
      const winners = succeeded.filter(
        ({ eventName, requestParameters }) => eventName === 'CreateAlias' && requestParameters?.['aliasName'] === alias,
      )
      expect([alias, winners.length]).toEqual([alias, 1])
    }
  }
}

/** xorshift32: the same for the same seed. */
function diceOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
