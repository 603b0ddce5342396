/** Processes that are killed while every operation that writes is running, and what must be left of them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import { createKms, type Kms } from '../../../src/kms/engine.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { Store } from '../../../src/kms/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { buildProgram, openTestStore, temporaryFolder } from '../../store/support.js'
import { policyOf } from '../test-kms.js'
import { ADMIN, eventsOf, IDENTITIES, observe, runLap, SCRIPTS, type Flavour } from './crash-script.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FLAVOURS: readonly Flavour[] = ['multiRegion', 'external']
/** Of rounds that share one store: each finds what those before it have left. */
const ROUNDS_OF_A_STORE = 5
/** How many steps there are before the kill, at most; and a moment more. */
const MOST_STEPS = 900
const LONGEST_MS = 40
/** A machine that is busy elsewhere gets this far at least. */
const PATIENCE_MS = 30_000

interface Stage {
  /** What is seen after each number of steps. */
  readonly seen: readonly string[]
  /** The names of the records that there are by then. */
  readonly events: readonly (readonly string[])[]
}

export interface Killed {
  /** Steps in all. */
  readonly acknowledged: number
  /** Whether every step of every script was acknowledged at least once: everything that writes was running. */
  readonly isAllReached: boolean
}

export async function killAndLook(rounds: number): Promise<Killed> {
  await buildProgram(join(ROOT, 'src/store/sqlite-writer.ts'), 'sqlite-writer')
  await buildProgram(join(ROOT, 'src/kms/crypto/slow-worker.ts'), 'slow-worker')
  const program = fileURLToPath(await buildProgram(join(ROOT, 'test/kms/model/crash-program.ts'), 'crash-program'))
  const stages = new Map<Flavour, Stage>()
  for (const flavour of FLAVOURS) stages.set(flavour, await rehearse(flavour))
  let acknowledgedInAll = 0
  const reached = new Map<Flavour, number>()
  let folder = ''
  let rootKey = Buffer.alloc(0)
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_OF_A_STORE === 0) {
      folder = temporaryFolder()
      rootKey = randomBytes(32)
    }
    // The last one goes on until everything that writes was done at least once.
    const isEnough = round === rounds - 1 ? areAllDone : enough(Math.floor(Math.random() * MOST_STEPS))
    const acknowledged = await runAndKill(program, folder, `r${round}`, rootKey, isEnough)
    for (const [lap, steps] of acknowledged) {
      acknowledgedInAll += steps
      reached.set(flavourOf(lap), Math.max(steps, reached.get(flavourOf(lap)) ?? 0))
    }
    await look(folder, rootKey, acknowledged, stages)
  }
  const isAllReached = FLAVOURS.every((flavour) => reached.get(flavour) === SCRIPTS[flavour].length)
  return { acknowledged: acknowledgedInAll, isAllReached }
}

/** A lap in memory, undisturbed: this is what the others must look like. */
async function rehearse(flavour: Flavour): Promise<Stage> {
  const records: AuditRecord[] = []
  const store = createMemoryStore({ onAudit: (record) => void records.push(record) })
  const kms = await engineOn(store, randomBytes(32))
  const seen: string[] = []
  const events: (readonly string[])[] = []
  await runLap(kms, 'rehearsal', flavour, async () => {
    const keyId = (await keysByLap(kms)).get('rehearsal') ?? ''
    // What a read makes due is done before the records are counted.
    seen.push(await observe(kms, keyId))
    events.push(eventsOf(records, keyId))
  })
  await kms.close()
  return { seen, events }
}

async function engineOn(store: Store, bytes: Buffer): Promise<Kms> {
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes } })
  const slow = new SlowPool({ secrets: keyring.secrets })
  const kms = createKms({ store, keyring, slow, mode: 'enforce' })
  for (const { arn, policies } of IDENTITIES.principals) {
    kms.identities.putPrincipal({ arn, policies: policies.map((policy) => policyOf('identity', policy)) })
  }
  return kms
}

/** `<process>-<caller>-<lap>`, as the program says. */
function flavourOf(lap: string): Flavour {
  return Number(lap.split('-')[1]) % 4 === 0 ? 'external' : 'multiRegion'
}

/** The last step that was acknowledged of each lap. */
async function runAndKill(
  program: string,
  folder: string,
  name: string,
  rootKey: Buffer,
  isEnough: (acknowledged: ReadonlyMap<string, number>) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [program, folder, name, '12'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ROOT_KEY: rootKey.toString('hex') },
  })
  let rest = ''
  let complaints = ''
  const acknowledged = new Map<string, number>()
  child.stderr.on('data', (part: Buffer) => void (complaints += part.toString('utf8')))
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  const isTime = new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref()
    child.stdout.on('data', (part: Buffer) => {
      // A line without its end may still come, or was cut off.
      const lines = (rest + part.toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [lap = '', step] = line.split(' ')
        if (step !== undefined) acknowledged.set(lap, Number(step))
      }
      if (isEnough(acknowledged)) resolve()
    })
  })
  await Promise.race([isTime, ended])
  await new Promise((resolve) => {
    setTimeout(resolve, Math.random() * LONGEST_MS)
  })
  child.kill('SIGKILL')
  await ended
  expect([complaints, child.signalCode]).toEqual(['', 'SIGKILL'])
  return acknowledged
}

function enough(steps: number): (acknowledged: ReadonlyMap<string, number>) => boolean {
  return (acknowledged) => [...acknowledged.values()].reduce((sum, each) => sum + each, 0) >= steps
}

function areAllDone(acknowledged: ReadonlyMap<string, number>): boolean {
  return FLAVOURS.every((flavour) =>
    [...acknowledged].some(([lap, steps]) => flavourOf(lap) === flavour && steps === SCRIPTS[flavour].length),
  )
}

async function look(
  folder: string,
  rootKey: Buffer,
  acknowledged: ReadonlyMap<string, number>,
  stages: ReadonlyMap<Flavour, Stage>,
): Promise<void> {
  const store = await openTestStore({ folder })
  const records = await allRecords(store)
  await expectNoLooseRows(store)
  const kms = await engineOn(store, rootKey)
  const keys = await keysByLap(kms)
  for (const [lap, steps] of acknowledged) expect(keys.has(lap), `${lap} ${steps}`).toBe(true)
  const byKey = recordsByKey(records)
  for (const [lap, keyId] of keys) {
    const { seen, events } = stages.get(flavourOf(lap))!
    const told = eventsOf(byKey.get(keyId) ?? [], keyId)
    const now = await observe(kms, keyId)
    const before = acknowledged.get(lap)
    // At most one step more was done than was acknowledged; of the laps of former rounds, some number.
    const possible = before === undefined ? [...seen.keys()] : [before - 1, before]
    const fits = possible.filter((index) => seen[index] === now && told.join() === events[index]?.join())
    expect(fits.length, `${lap} after ${before ?? '?'}: ${now}\n${told.join(', ')}`).toBeGreaterThan(0)
  }
  await expectUsable(kms, [...keys.values()].slice(0, 20))
  await kms.close()
  await store.close()
}

function recordsByKey(records: readonly AuditRecord[]): ReadonlyMap<string, readonly AuditRecord[]> {
  const byKey = new Map<string, AuditRecord[]>()
  for (const record of records) {
    const ids = new Set((record.resources ?? []).map(({ ARN }) => ARN.slice(ARN.indexOf('/') + 1)))
    for (const id of ids) {
      const list = byKey.get(id)
      if (list === undefined) byKey.set(id, [record])
      else list.push(record)
    }
  }
  return byKey
}

async function keysByLap(kms: Kms): Promise<ReadonlyMap<string, string>> {
  const laps = new Map<string, string>()
  let Marker: string | undefined
  do {
    const page = await kms.call('ListKeys', { Limit: 1000, ...(Marker === undefined ? {} : { Marker }) }, ADMIN)
    for (const { KeyId } of page.Keys ?? []) {
      const { Tags = [] } = await kms.call('ListResourceTags', { KeyId: KeyId! }, ADMIN)
      laps.set(Tags.find(({ TagKey }) => TagKey === 'lap')?.TagValue ?? 'without a tag', KeyId!)
    }
    Marker = page.NextMarker
  } while (Marker !== undefined)
  return laps
}

/** A key that is enabled opens what it seals; its material is there and whole. */
async function expectUsable(kms: Kms, keyIds: readonly string[]): Promise<void> {
  for (const KeyId of keyIds) {
    const { KeyMetadata } = await kms.call('DescribeKey', { KeyId }, ADMIN)
    if (KeyMetadata?.Enabled !== true) continue
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('whole') }, ADMIN)
    const { Plaintext } = await kms.call('Decrypt', { CiphertextBlob: CiphertextBlob! }, ADMIN)
    expect(Buffer.from(Plaintext!).toString()).toBe('whole')
  }
}

/** Every row that is about a key has that key, and every key has its policy. */
async function expectNoLooseRows(store: Store): Promise<void> {
  const names = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await store.scan('', cursor === undefined ? {} : { cursor })
    for (const { name } of page.rows) names.add(name)
    cursor = page.cursor
  } while (cursor !== undefined)
  const loose = [...names].filter((name) => {
    const [kind, ...parts] = name.split('/')
    const place = kind === 'due' ? parts.slice(2, 5) : kind === 'retirable' ? parts.slice(2, 5) : parts.slice(0, 3)
    const isAboutKey = ['policy', 'material', 'grant', 'key-alias', 'usage', 'due', 'retirable'].includes(kind ?? '')
    return isAboutKey && !names.has(`key/${place.join('/')}`)
  })
  const bare = [...names].filter((name) => name.startsWith('key/') && !names.has(`policy/${name.slice('key/'.length)}`))
  expect([loose, bare]).toEqual([[], []])
}

async function allRecords(store: Store): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  let cursor: string | undefined
  do {
    const page = await store.auditRecords(cursor === undefined ? {} : { cursor })
    records.push(...page.records)
    cursor = page.cursor
  } while (cursor !== undefined)
  return records
}
