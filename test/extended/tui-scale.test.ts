/** 5,000 callers, 2,000 keys, 100,000 events: thousands of keys, and no more is kept than was before. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deniedEvents, SIZES, writeLargeWorld } from '../../bench/large-world.mjs'
import { reduceApp, startApp, type App, type AppEvent } from '../../src/tui/app/app.js'
import { drawApp } from '../../src/tui/app/draw-app.js'
import type { Effect, Feed } from '../../src/tui/app/view.js'
import { partsFor } from '../../src/tui/explorer.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { KeyDecoder } from '../../src/tui/keys/decode-keys.js'
import { denialsView } from '../../src/tui/views/denials-view.js'
import { Asking } from '../../src/tui/world/asking.js'
import { loadEvents } from '../../src/tui/world/event-loader.js'
import { Answerer } from '../../src/source/answer/answer-question.js'
import { openWorld } from '../../src/source/world/load-world.js'
import { anyKey, Chance } from '../tui/monkey.js'

// What every role has beside its own policies is read once and bears on nothing here.
const WORLD = { ...SIZES, customerPolicies: 40, awsPolicies: 10 }
const EVENTS = 100_000
const ROOM = { columns: 120, rows: 40 }
const JOURNEYS_A_ROUND = 16
const MEGABYTE = 2 ** 20

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-scale-'))
  writeLargeWorld(folder, WORLD)
})
afterAll(() => rmSync(folder, { recursive: true }))

function large(): Asking {
  const opened = openWorld(folder)
  if (!opened.ok) throw new Error(opened.error)
  return new Asking(folder, opened.value.world, new Answerer(opened.value.world))
}

/** Each role is refused a key, again and again. */
async function loaded(asking: Asking): Promise<readonly Feed[]> {
  const feeds: Feed[] = []
  const text = deniedEvents(WORLD)
  const source = {
    name: 'denied.jsonl',
    follows: false,
    length: EVENTS * 1000,
    async *texts() {
      yield {
        name: 'denied.jsonl',
        async *pieces() {
          for (let count = 0; count < EVENTS; count += WORLD.accounts * WORLD.roles) yield text
        },
      }
    },
  }
  let nowMs = 0
  await loadEvents(source, {
    asking,
    complete: (question) => question,
    onFeed: (feed) => feeds.push(feed),
    // Every look at the clock takes a little of it.
    nowMs: () => (nowMs += 0.05),
    pause: () => nextTurn(),
    signal: new AbortController().signal,
  })
  return feeds
}

const typed = (text: string): readonly string[] => text.split('')

/** Where people go in a large world, each from the list of denials on. */
const JOURNEYS: readonly (readonly string[])[] = [
  ['G', 'g', ' ', ' ', 'j', 'k', '\u0004'],
  ['/', ...typed('role-00'), '\r', '\u001b'],
  ['/', ...typed('0123'), '\r', 'w', 'j', 'j', 'j', '\r', ...typed('tenant = x'), '\r', 'u'],
  ['\r', 'c', 'j', 'j', 'l', ' ', 'L', 'z', ' ', 'L', '/', ...typed('role-04'), '\t', ...typed('app-01')],
  ['\r', 'c', 'G', 'L', 'L', 'p', '\u001b', 'n'],
  [':', ...typed('role-0042'), '\r', ...typed('decrypt'), '\r', ...typed('app-0042'), '\r', 'v'],
  ['\r', 'f', 'j', '\u001b', 'v', 'j', '\r'],
  ['n', ...typed('role 77'), '\u0015', ...typed('team-3'), '\u001b[6~'],
]

class Hand {
  private readonly chance = new Chance(20_260_315)
  private readonly decoder = new KeyDecoder()
  private readonly parts
  private app: App
  keys = 0
  readonly seen = new Set<string>()

  constructor(
    asking: Asking,
    private readonly feed: Feed,
  ) {
    this.parts = partsFor(asking, UNICODE)
    this.app = this.start()
  }

  private start(): App {
    return startApp([denialsView()], ROOM, this.feed)
  }

  /** From the start somewhere, and on from there by chance. */
  journey(): void {
    this.app = this.start()
    this.send({ kind: 'feed', feed: this.feed })
    // Not the same denial every time.
    for (let row = this.chance.below(40); row > 0; row--) this.key('j')
    for (const key of this.chance.of(JOURNEYS)) this.key(key)
    for (let count = 0; count < 10 && !this.app.hasQuit; count++) this.key(anyKey(this.chance))
  }

  private key(bytes: string): void {
    for (const input of [...this.decoder.push(bytes), ...this.decoder.flush()]) this.send({ kind: 'input', input })
    this.keys++
    drawApp(this.app, this.parts)
    this.seen.add(this.app.stack.at(-1)?.view.id ?? '')
  }

  private send(event: AppEvent): void {
    const { app, effects } = reduceApp(this.app, event, this.parts)
    this.app = app
    for (const { from, effect } of effects) if (effect.kind === 'work') this.work(from, effect)
  }

  /** As much as is in view; of what takes long only the beginning, as whoever waits for it goes on. */
  private work(from: number, { tag, work }: Extract<Effect, { readonly kind: 'work' }>): void {
    const running = work()
    for (let steps = 0; steps < 400; steps++) {
      const step = running.next()
      if (step.done !== true) continue
      this.send({ kind: 'reply', to: from, reply: { kind: 'done', tag, value: step.value } })
      return
    }
  }
}

setFlagsFromString('--expose-gc')
const found: unknown = runInNewContext('gc')
if (typeof found !== 'function') throw new Error('there is no collector to call')
const collect = found as () => void

async function held(): Promise<number> {
  // Names are made ready to be searched whenever there is time.
  for (let turn = 0; turn < 50; turn++) await nextTurn()
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

test('100,000 events are grouped, and thousands of keys keep nothing', { timeout: 240_000 }, async () => {
  const asking = large()
  const feeds = await loaded(asking)
  const last = feeds.at(-1)
  expect(last).toMatchObject({ state: 'read', read: EVENTS })
  expect(last?.grouped?.groups.length).toBe(WORLD.accounts * WORLD.roles)
  expect(feeds.length).toBeGreaterThan(10)
  const seen = new Set<string>()
  let keys = 0
  // The same way every time: whatever is made ready for it and kept was there after the first.
  const journeys = async (): Promise<number> => {
    const hand = new Hand(asking, last!)
    for (let made = 0; made < JOURNEYS_A_ROUND; made++) hand.journey()
    for (const id of hand.seen) seen.add(id)
    keys += hand.keys
    return held()
  }
  await journeys()
  await journeys()
  const kept: number[] = []
  for (let round = 0; round < 3; round++) kept.push(await journeys())
  expect(keys).toBeGreaterThan(3000)
  expect([...seen]).toEqual(
    expect.arrayContaining(['denials', 'verdict', 'whatIf', 'whoCan', 'ask', 'picker', 'fix', 'graph', 'statements']),
  )
  expect(kept[2]! - kept[0]!, JSON.stringify(kept)).toBeLessThan(6 * MEGABYTE)
})
