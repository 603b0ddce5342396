/** What a flood of access key ids that nobody has costs the store, and that nobody else is any the worse for it. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import type { Store, StoreListener } from '../../../src/kms/store.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { openTestStore, temporaryFolder } from '../../store/support.js'
import { added, ANN, authFixture, ROOT, sessionOf, signedBy, told, unknownId, type Fixture } from './auth-fixture.js'

const UNRECOGNIZED = 'UnrecognizedClientException: The security token included in the request is invalid.'
const WINDOW_MS = 100
const MOST_ASKED = 10
const fixtures: Fixture[] = []

afterEach(() => {
  for (const one of fixtures.splice(0)) one.close()
})

async function fixture(store: Store): Promise<Fixture> {
  const made = await authFixture(store)
  fixtures.push(made)
  return made
}

/** A store that counts what it is asked, and whose change log can be lost. */
interface Watched extends Store {
  readonly gets: string[]
  scans: number
  lose(): void
}

function watched(store: Store): Watched {
  const listeners = new Set<StoreListener>()
  const gets: string[] = []
  const watching: Watched = {
    id: store.id,
    gets,
    scans: 0,
    lose: () => {
      for (const listener of listeners) listener([], '', true)
    },
    get: (name) => {
      gets.push(name)
      return store.get(name)
    },
    scan: (prefix, options) => {
      if (prefix === 'credential/') watching.scans++
      return store.scan(prefix, options)
    },
    commit: (changes, audit) => store.commit(changes, audit),
    changesSince: (version, limit) => store.changesSince(version, limit),
    version: () => store.version(),
    subscribe: (listener) => {
      listeners.add(listener)
      const end = store.subscribe(listener)
      return () => {
        listeners.delete(listener)
        end()
      }
    },
    auditRecords: (options) => store.auditRecords(options),
    snapshot: () => store.snapshot(),
    close: () => store.close(),
  }
  return watching
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

async function flood({ credentials, clock }: Fixture, count: number, from = 0): Promise<void> {
  let found = 0
  for (let number = from; number < from + count; number++) {
    const answer = credentials.signerOf(unknownId(number), undefined, clock.nowMs)
    const { ok } = answer instanceof Promise ? await answer : answer
    if (ok) found++
  }
  expect(found).toBe(0)
}

describe('a flood of ids that nobody has', () => {
  test('asks the store a few times in each window, and once for all', async () => {
    const store = watched(createMemoryStore())
    const one = await fixture(store)
    store.gets.length = 0
    await flood(one, 10_000)
    expect(store.gets).toHaveLength(MOST_ASKED)
    expect(store.scans).toBe(1)
    await flood(one, 10_000, 10_000)
    expect(store.gets).toHaveLength(MOST_ASKED)
    one.clock.nowMs += WINDOW_MS
    await flood(one, 10_000, 20_000)
    expect(store.gets).toHaveLength(2 * MOST_ASKED)
    // A clock that was put back opens a window and does not close all of them.
    one.clock.nowMs -= 3_600_000
    await flood(one, 10_000, 30_000)
    expect(store.gets).toHaveLength(3 * MOST_ASKED)
    expect(store.scans).toBe(1)
  })

  test('costs as little when it comes at once', async () => {
    const store = watched(createMemoryStore())
    const { authenticate, ann } = await fixture(store)
    store.gets.length = 0
    const requests = Array.from({ length: 300 }, (_, index) => signedBy({ ...ann, accessKeyId: unknownId(index) }))
    const answers = await Promise.all([...requests, signedBy(ann)].map((request) => told(authenticate, request)))
    expect(answers).toEqual([...requests.map(() => UNRECOGNIZED), ANN])
    expect(store.gets).toHaveLength(MOST_ASKED + 1)
    expect(store.scans).toBe(1)
  })

  test('leaves nothing in memory', async () => {
    const one = await fixture(createMemoryStore())
    await flood(one, 1000)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    await flood(one, 100_000, 1000)
    collectGarbage()
    // Its ids alone would take more.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000)
  })

  test('of a credential that was revoked, and of its sessions, is one too', async () => {
    const store = watched(createMemoryStore())
    const { authenticate, credentials, ann } = await fixture(store)
    const minted = credentials.mintSession(sessionOf(ann.accessKeyId))
    if (!minted.ok) throw new Error(minted.error)
    await credentials.revoke(ann.accessKeyId)
    const requests = [signedBy(ann), signedBy(minted.value)]
    store.gets.length = 0
    for (let round = 0; round < 100; round++) {
      for (const request of requests) expect(await told(authenticate, request)).toBe(UNRECOGNIZED)
    }
    expect(store.gets.length).toBeLessThanOrEqual(MOST_ASKED + 1)
  })
})

describe('meanwhile a credential', () => {
  test('that this process has just made is good at once', async () => {
    const one = await fixture(await openTestStore())
    await flood(one, 1000)
    const root = await added(one.credentials, ROOT)
    expect(await told(one.authenticate, signedBy(root))).toBe(ROOT)
  })

  test('that another process has made is good as soon as the change log has told', async () => {
    const folder = temporaryFolder()
    const first = await fixture(await openTestStore({ folder }))
    await flood(first, 1000)
    const second = await fixture(await openTestStore({ folder }))
    const request = signedBy(await added(second.credentials, ROOT))
    await expect.poll(() => told(first.authenticate, request), { timeout: 30_000 }).toBe(ROOT)
  })

  test('that another process has made is good at once where the window has room', async () => {
    const folder = temporaryFolder()
    const first = await fixture(await openTestStore({ folder }))
    await flood(first, 1000)
    const second = await fixture(await openTestStore({ folder }))
    const root = await added(second.credentials, ROOT)
    first.clock.nowMs += WINDOW_MS
    expect(await told(first.authenticate, signedBy(root))).toBe(ROOT)
  })

  test('that was made while the ids were read, or before the change log was lost, is not forgotten', async () => {
    const inner = createMemoryStore()
    const store = watched(inner)
    const one = await fixture(store)
    await flood(one, MOST_ASKED)
    // The set is being read, and what it reads becomes worth nothing.
    const waiting = one.credentials.signerOf(unknownId(MOST_ASKED), undefined, one.clock.nowMs)
    expect(store.scans).toBe(1)
    store.lose()
    const root = await added(one.credentials, ROOT)
    expect(await waiting).toMatchObject({ ok: false })
    expect(store.scans).toBe(2)
    expect(await told(one.authenticate, signedBy(root))).toBe(ROOT)
    // One that nobody has told of.
    const other = await fixture(inner)
    store.lose()
    expect(await told(one.authenticate, signedBy(other.ann))).toBe(ANN)
    await flood(one, 1000, 1000)
    expect(store.scans).toBe(3)
  })

  test('that is not ready is looked for, however many others are', async () => {
    const inner = createMemoryStore()
    const made = await fixture(inner)
    const roots = [await added(made.credentials, ROOT), await added(made.credentials, ROOT)]
    const one = await fixture(inner)
    await flood(one, 1000)
    for (const root of roots) expect(await told(one.authenticate, signedBy(root))).toBe(ROOT)
  })
})
