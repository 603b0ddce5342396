/**
 * The durable store against bare group commit into the same SQLite, in turn; `kms-store.mjs` starts it with a folder.
 *
 * Wall time, as both wait for the disk: each round of the one stands beside a round of the other, and their ratio is taken
 * round by round. A commit puts one row by compare and set and brings one audit record.
 */
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { AuditRecord } from '../src/kms/audit-record.js'
import type { Store } from '../src/kms/store.js'
import { createMemoryStore } from '../src/store/memory.js'
import { openSqliteStore } from '../src/store/sqlite.js'
import { type Database, emptyLog, openDatabase } from '../src/store/sqlite-driver.js'
import { fillDatabase } from '../src/store/sqlite-fill.js'
import { type Figure, cpuNsPerCall, mapSpread, microseconds, spreadOf } from './measure.js'

const CALLERS = 64
const COMMITS = 6400
const ROUNDS = 9

const [folder = ''] = process.argv.slice(2)

const RECORD: AuditRecord = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:session',
    arn: 'arn:aws:sts::111122223333:assumed-role/payments/session',
    accountId: '111122223333',
  },
  eventTime: '2026-01-02T03:04:05Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Encrypt',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.1',
  userAgent: 'bench',
  requestParameters: {
    keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    encryptionContext: { tenant: '4711' },
  },
  responseElements: null,
  requestID: 'd9f1b2c3-0000-4000-8000-000000000000',
  eventID: 'd9f1b2c3-0000-4000-8000-000000000001',
  readOnly: true,
  resources: [
    {
      accountId: '111122223333',
      type: 'AWS::KMS::Key',
      ARN: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
  ],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
}
const VALUE = JSON.stringify({
  form: 1,
  operation: 'Encrypt',
  atMs: 1,
  eventId: RECORD.eventID,
  requestId: RECORD.requestID,
})
const NAMES = Array.from({ length: CALLERS }, (_, caller) => `usage/111122223333/eu-west-1/key-${caller}`)

const BARE_NAMES = NAMES.map((name) => Buffer.from(name))
const BARE_JOURNAL = [JSON.stringify([NAMES[0]]), JSON.stringify([RECORD])] as const

const figures: Figure[] = []
await durable()
memory()
console.log(JSON.stringify(figures))

async function durable(): Promise<void> {
  const store = await openSqliteStore({ folder: join(folder, 'store') })
  const bare = openBare(join(folder, 'bare.db'))
  await acknowledged(store)
  bareRound(bare)
  const [bareRates, rates, p99s, idleP99s]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    bareRates.push(rateOf(COMMITS, await elapsedMs(() => bareRound(bare))))
    p99s.push(
      await delayP99Ms(async () => {
        rates.push(rateOf(COMMITS, await elapsedMs(() => acknowledged(store))))
      }),
    )
    idleP99s.push(
      await delayP99Ms(
        () =>
          new Promise((resolve) => {
            setTimeout(resolve, 300)
          }),
      ),
    )
  }
  await store.close()
  figures.push(
    { label: `bare, ${CALLERS} in each transaction`, unit: 'commits per second, wall', spread: spreadOf(bareRates) },
    { label: `the store, ${CALLERS} callers`, unit: 'acknowledged commits per second, wall', spread: spreadOf(rates) },
    {
      label: 'the store to bare, round by round',
      unit: '%',
      spread: spreadOf(rates.map((rate, round) => (rate / (bareRates[round] ?? NaN)) * 100)),
      target: { text: '>= 70', atLeast: 70 },
    },
    {
      label: 'event-loop delay of the caller meanwhile, p99',
      unit: 'ms',
      spread: spreadOf(p99s),
      target: { text: '<= 5', atMost: 5 },
    },
    { label: 'the same of an idle event loop, between those rounds', unit: 'ms', spread: spreadOf(idleP99s) },
  )
}

async function acknowledged(store: Store): Promise<void> {
  await Promise.all(
    NAMES.map(async (name) => {
      let version = (await store.get(name))?.version
      for (let number = 0; number < COMMITS / CALLERS; number++) {
        const expect = version === undefined ? 'absent' : ({ version } as const)
        const result = await store.commit([{ kind: 'put', name, value: VALUE, expect }], [RECORD])
        if (!result.ok) throw new Error(`a conflict at ${result.conflict}`)
        version = result.rows[0]
      }
    }),
  )
}

/** The statements of the store's writer and nothing else: no thread, no message, no JSON, no promise. */
interface Bare {
  readonly database: Database
  readonly commit: (name: Uint8Array, entry: number) => void
  entry: number
}

function openBare(path: string): Bare {
  fillDatabase(path, '0'.repeat(32))
  const database = openDatabase(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const addEntry = database.prepare('INSERT INTO journal (id, names, audit) VALUES (?, ?, ?)')
  const version = database.prepare('SELECT version FROM rows WHERE name = ?')
  const put = database.prepare(
    `INSERT INTO rows (name, version, value) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET version = excluded.version, value = excluded.value`,
  )
  const commit = (name: Uint8Array, entry: number): void => {
    version.get(name)
    addEntry.run(entry, ...BARE_JOURNAL)
    put.run(name, entry, VALUE)
  }
  emptyLog(database)
  return { database, commit, entry: 1 }
}

function bareRound(bare: Bare): void {
  for (let number = 0; number < COMMITS; number += CALLERS) {
    bare.database.exec('BEGIN IMMEDIATE')
    for (const name of BARE_NAMES) bare.commit(name, ++bare.entry)
    bare.database.exec('COMMIT')
  }
}

function memory(): void {
  const store = createMemoryStore()
  const names = NAMES.map((name) => ({ name, version: '' }))
  const commitOne = (number: number): void => {
    const row = names[number % names.length]!
    const expect = row.version === '' ? 'any' : ({ version: row.version } as const)
    const result = store.commit([{ kind: 'put', name: row.name, value: VALUE, expect }], [RECORD])
    if (result instanceof Promise || !result.ok) throw new Error('memory answers at once')
    row.version = result.rows[0] ?? ''
  }
  const spread = microseconds(cpuNsPerCall({ calls: 400_000 }, commitOne))
  figures.push({
    label: 'a commit in memory: one row by compare and set, one audit record',
    unit: 'µs CPU',
    spread: mapSpread(spread, (value) => value),
  })
}

async function delayP99Ms(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  return delay.percentile(99) / 1e6
}

async function elapsedMs(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function rateOf(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1000
}
