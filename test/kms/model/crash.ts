/**
 * Processes that are killed while every operation that writes is running, or while they do what has become due; and what
 * must be left of them: nothing acknowledged is lost, nothing is half done, audit and state agree, the store opens.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import { createKms, type Kms, type KmsOptions } from '../../../src/kms/engine.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { Store } from '../../../src/kms/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { buildProgram, openTestStore, temporaryFolder } from '../../store/support.js'
import { policyOf } from '../test-kms.js'
import { ConformingProxy, HEALTHY } from '../xks/conforming-proxy.js'
import { allRecords, allRows, expectAgreement } from './crash-rows.js'
import {
  ADMIN,
  eventsById,
  FLAVOURS,
  flavourOf,
  idsOfLaps,
  IDENTITIES,
  LATER_MS,
  observe,
  runLap,
  SCRIPTS,
  type Flavour,
} from './crash-script.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Of rounds that share one store: each finds what those before it have left. In the last, time has passed. */
export const ROUNDS_OF_A_BLOCK = 5
const CALLERS = 12
/** How many steps there are before the kill, at most; and a moment more. */
const MOST_STEPS = 900
const LONGEST_MS = 40
/** How long a process may do what is due, at most. */
const LONGEST_DUE_MS = 500
/** A machine that is busy elsewhere gets this far at least. */
const PATIENCE_MS = 30_000

interface Stage {
  /** What is seen after each number of steps. */
  readonly seen: readonly string[]
  /** The names of the records that there are by then. */
  readonly events: readonly (readonly string[])[]
}

export interface Killed {
  readonly rounds: number
  /** Steps in all. */
  acknowledged: number
  /** The most steps of a lap that were acknowledged. */
  readonly reached: Map<Flavour, number>
  /** How many rounds were killed before everything that was due was done. */
  interrupted: number
}

interface Setting {
  readonly program: string
  readonly proxy: ConformingProxy
  readonly stages: ReadonlyMap<Flavour, Stage>
  readonly killed: Killed
}

/** What a block of rounds has in common. */
interface Place {
  readonly folder: string
  readonly rootKey: Buffer
  /** After how many steps each lap of a former round has ended. */
  readonly ended: Map<string, number>
}

/** Blocks of rounds by their numbers: the last round under load goes on until everything was done at least once. */
export async function killAndLook(
  first: number,
  last: number,
  done: (block: number) => void = () => undefined,
): Promise<Killed> {
  await buildProgram(join(ROOT, 'src/store/sqlite-writer.ts'), 'sqlite-writer')
  await buildProgram(join(ROOT, 'src/kms/crypto/slow-worker.ts'), 'slow-worker')
  const program = fileURLToPath(await buildProgram(join(ROOT, 'test/kms/model/crash-program.ts'), 'crash-program'))
  const proxy = await ConformingProxy.start()
  // A path of its own for each key store.
  proxy.misbehaviour.answer = (_path, right) => (right.status === 404 ? HEALTHY : undefined)
  const stages = new Map<Flavour, Stage>()
  for (const flavour of FLAVOURS) stages.set(flavour, await rehearse(flavour, proxy))
  const rounds = (last - first + 1) * ROUNDS_OF_A_BLOCK
  const killed: Killed = { rounds, acknowledged: 0, reached: new Map(), interrupted: 0 }
  try {
    for (let block = first; block <= last; block++) {
      await runBlock({ program, proxy, stages, killed }, block, block === last)
      done(block)
    }
  } finally {
    await proxy.stop()
  }
  return killed
}

export function isAllReached({ reached }: Killed): boolean {
  return FLAVOURS.every((flavour) => reached.get(flavour) === SCRIPTS[flavour].length)
}

async function runBlock(setting: Setting, block: number, isLast: boolean): Promise<void> {
  const place: Place = { folder: temporaryFolder(), rootKey: randomBytes(32), ended: new Map() }
  const { killed } = setting
  for (let round = 1; round < ROUNDS_OF_A_BLOCK; round++) {
    const isEnough =
      isLast && round === ROUNDS_OF_A_BLOCK - 1 ? areAllDone : enough(Math.floor(Math.random() * MOST_STEPS))
    const lines = await runAndKill(setting, place, `b${block}r${round}`, CALLERS, (told) => isEnough(lastSteps(told)))
    const acknowledged = lastSteps(lines)
    for (const [lap, steps] of acknowledged) {
      killed.acknowledged += steps
      killed.reached.set(flavourOf(lap), Math.max(steps, killed.reached.get(flavourOf(lap)) ?? 0))
    }
    await look(setting, place, acknowledged)
  }
  const lines = await runAndKill(setting, place, '', 0, ([told]) => told !== undefined)
  if (!lines.includes('done')) killed.interrupted++
  await lookLater(setting, place)
  rmSync(place.folder, { recursive: true })
}

/** A lap in memory, undisturbed: this is what the others must look like. */
async function rehearse(flavour: Flavour, proxy: ConformingProxy): Promise<Stage> {
  const records: AuditRecord[] = []
  const store = createMemoryStore({ onAudit: (record) => void records.push(record) })
  const kms = await engineOn(store, randomBytes(32), proxy)
  const seen: string[] = []
  const events: (readonly string[])[] = []
  await runLap(kms, 'rehearsal', flavour, async () => {
    const id = idsOfLaps(records).get('rehearsal') ?? ''
    // What a read makes due is done before the records are counted.
    seen.push(await observe(kms, id))
    events.push(eventsById(records).get(id) ?? [])
  })
  await kms.close()
  return { seen, events }
}

async function engineOn(
  store: Store,
  bytes: Buffer,
  proxy: ConformingProxy,
  options: Partial<KmsOptions> = {},
): Promise<Kms> {
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes } })
  const slow = new SlowPool({ secrets: keyring.secrets })
  const xksTransport = { port: proxy.port, ca: [proxy.ca], timeoutMs: 30_000 }
  const kms = createKms({ store, keyring, slow, mode: 'enforce', xksTransport, ...options })
  for (const { arn, policies } of IDENTITIES.principals) {
    kms.identities.putPrincipal({ arn, policies: policies.map((policy) => policyOf('identity', policy)) })
  }
  return kms
}

/** What the process has told before it was killed, a moment after it was enough. */
async function runAndKill(
  { program, proxy }: Setting,
  { folder, rootKey }: Place,
  name: string,
  callers: number,
  isEnough: (lines: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, folder, name, String(callers)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ROOT_KEY: rootKey.toString('hex'),
      PROXY_PORT: String(proxy.port),
      PROXY_CA: proxy.ca,
    },
  })
  let rest = ''
  let complaints = ''
  const lines: string[] = []
  child.stderr.on('data', (part: Buffer) => void (complaints += part.toString('utf8')))
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  const isTime = new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref()
    child.stdout.on('data', (part: Buffer) => {
      // A line without its end may still come, or was cut off.
      const parts = (rest + part.toString('latin1')).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      if (isEnough(lines)) resolve()
    })
  })
  await Promise.race([isTime, ended])
  await new Promise((resolve) => {
    setTimeout(resolve, Math.random() * (callers === 0 ? LONGEST_DUE_MS : LONGEST_MS))
  })
  child.kill('SIGKILL')
  await ended
  expect([complaints, child.signalCode]).toEqual(['', 'SIGKILL'])
  return lines
}

/** The last step that was acknowledged of each lap. */
function lastSteps(lines: readonly string[]): ReadonlyMap<string, number> {
  const steps = new Map<string, number>()
  for (const line of lines) {
    const [lap = '', step] = line.split(' ')
    if (step !== undefined) steps.set(lap, Number(step))
  }
  return steps
}

function enough(steps: number): (acknowledged: ReadonlyMap<string, number>) => boolean {
  return (acknowledged) => [...acknowledged.values()].reduce((sum, each) => sum + each, 0) >= steps
}

function areAllDone(acknowledged: ReadonlyMap<string, number>): boolean {
  return FLAVOURS.every((flavour) =>
    [...acknowledged].some(([lap, steps]) => flavourOf(lap) === flavour && steps === SCRIPTS[flavour].length),
  )
}

// -------------------------------------------------------------------------------------------------------- what is left

async function look(
  { stages, proxy }: Setting,
  { folder, rootKey, ended }: Place,
  acknowledged: ReadonlyMap<string, number>,
): Promise<void> {
  const store = await openTestStore({ folder })
  const records = await allRecords(store)
  expectAgreement(await allRows(store), records)
  const events = eventsById(records)
  const laps = idsOfLaps(records)
  for (const [lap, steps] of acknowledged) expect(laps.has(lap), `${lap} ${steps}`).toBe(true)
  // What looks leaves no records: it is not what is looked at.
  const kms = await engineOn(store, rootKey, proxy, { audit: false })
  for (const [lap, id] of laps) {
    const stage = stages.get(flavourOf(lap))!
    const told = (events.get(id) ?? []).join()
    const now = await observe(kms, id)
    // A lap goes no further once its process is dead; before that, at most one step more than was acknowledged.
    const before = ended.get(lap)
    const steps = acknowledged.get(lap) ?? 0
    const possible = before === undefined ? [steps, steps + 1] : [before]
    const after = possible.find((each) => stage.seen[each - 1] === now && told === stage.events[each - 1]?.join())
    expect(after, `${lap} after ${before ?? steps}: ${now}\n${told}`).toBeDefined()
    ended.set(lap, after!)
  }
  await kms.close()
  const audited = await engineOn(store, rootKey, proxy)
  await expectUsable(audited, [...laps.values()].slice(-20))
  await audited.close()
  await store.close()
}

/** A key that is enabled opens what it seals; its material is there and whole. */
async function expectUsable(kms: Kms, ids: readonly string[]): Promise<void> {
  for (const KeyId of ids) {
    if (KeyId.startsWith('cks-')) continue
    const { KeyMetadata } = await kms.call('DescribeKey', { KeyId }, ADMIN)
    if (KeyMetadata?.Enabled !== true) continue
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('whole') }, ADMIN)
    const { Plaintext } = await kms.call('Decrypt', { CiphertextBlob: CiphertextBlob! }, ADMIN)
    expect(Buffer.from(Plaintext!).toString()).toBe('whole')
  }
}

/** After deletions, rotations and expiries were interrupted; then the rest of them is done. */
async function lookLater({ proxy }: Setting, { folder, rootKey }: Place): Promise<void> {
  const store = await openTestStore({ folder })
  expectAgreement(await allRows(store), await allRecords(store))
  const nowMs = (): number => Date.now() + LATER_MS
  const kms = await engineOn(store, rootKey, proxy, { nowMs })
  await kms.tick()
  const rows = await allRows(store)
  const records = await allRecords(store)
  expectAgreement(rows, records)
  const { keys, dueAtMs } = leftOf(rows)
  expect(keys).toEqual(keys.filter((value) => !value.includes('"state":"PendingDeletion"')))
  expect(dueAtMs.filter((atMs) => atMs <= nowMs())).toEqual([])
  const ids = [...idsOfLaps(records).values()].filter((id) => rows.has(`key/111122223333/us-east-1/${id}`))
  await expectUsable(kms, ids.slice(-20))
  await kms.close()
  await store.close()
}

function leftOf(rows: ReadonlyMap<string, string>): { readonly keys: string[]; readonly dueAtMs: number[] } {
  const named = (prefix: string) => [...rows].filter(([name]) => name.startsWith(prefix))
  return {
    keys: named('key/').map(([, value]) => value),
    dueAtMs: named('due/').map(([name]) => Number(name.split('/')[1])),
  }
}
