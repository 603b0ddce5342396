/** Events read while the program runs: in slices, from files that grow, are replaced and are cut short. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Feed } from '../../src/tui/app/view.js'
import { loadEvents, type EventSource } from '../../src/tui/world/event-loader.js'
import { followFile } from '../../src/tui/world/follow-file.js'
import { acme, dayFeed } from './frames.js'

const DAY = readFileSync('fixtures/acme/questions/day.jsonl', 'utf8')
const LINES = DAY.split('\n').slice(0, 8)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-follow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Loading {
  readonly feeds: Feed[]
  readonly pauses: () => number
  readonly done: Promise<void>
  readonly stop: () => void
}

/** With a clock that goes on by `tickMs` whenever it is looked at. */
function loading(source: EventSource, tickMs = 0): Loading {
  const feeds: Feed[] = []
  const controller = new AbortController()
  let now = 0
  let pauses = 0
  const done = loadEvents(source, {
    asking: acme(),
    complete: (question) => question,
    onFeed: (feed) => feeds.push(feed),
    nowMs: () => (now += tickMs),
    pause: () => {
      pauses++
      return nextTurn()
    },
    signal: controller.signal,
  })
  return { feeds, pauses: () => pauses, done, stop: () => controller.abort() }
}

function sourceOf(...pieces: readonly string[]): EventSource {
  return {
    name: 'day.jsonl',
    follows: false,
    length: pieces.join('').length,
    async *texts() {
      yield {
        name: 'fixtures/acme/questions/day.jsonl',
        async *pieces() {
          yield* pieces
        },
      }
    },
  }
}

describe('a file', () => {
  test('is grouped as a whole, however it comes in pieces', async () => {
    const { feeds, done } = loading(sourceOf(DAY.slice(0, 1000), DAY.slice(1000, 7777), DAY.slice(7777)))
    await done
    const last = feeds.at(-1)
    expect(last?.state).toBe('read')
    expect(last?.grouped).toEqual(dayFeed().grouped)
  })

  test('gives way to the keys, and tells how far it is', async () => {
    const { feeds, pauses, done } = loading(sourceOf(...LINES.map((line) => `${line}\n`)), 100)
    await done
    expect(pauses()).toBe(LINES.length)
    const parts = feeds.filter(({ state }) => state === 'reading').map(({ done: part }) => part ?? 0)
    expect(parts.length).toBeGreaterThan(2)
    expect(parts).toEqual(parts.toSorted((left, right) => left - right))
  })

  test('that breaks off says why, and what was read stays', async () => {
    const broken: EventSource = {
      ...sourceOf(),
      async *texts() {
        yield {
          name: 'x',
          async *pieces() {
            yield `${LINES[0]}\n`
            throw new Error('the disk has gone')
          },
        }
      },
    }
    const { feeds, done } = loading(broken)
    await done
    expect(feeds.at(-1)).toMatchObject({ state: 'read', read: 1, failure: 'the disk has gone' })
  })
})

describe('a file that grows', () => {
  /** Other than by asking again and again nobody knows when a file has been read. */
  const until = (feeds: readonly Feed[], total: number): Promise<void> =>
    vi.waitFor(() => expect(feeds.at(-1)?.grouped?.total).toBe(total), { timeout: 30_000, interval: 20 })

  test('is read as it grows, also by half a line', async () => {
    const path = join(folder, 'grows.jsonl')
    writeFileSync(path, `${LINES[0]}\n`)
    const { feeds, done, stop } = loading(followFile(path))
    await until(feeds, 1)
    const [, second = ''] = LINES
    appendFileSync(path, second.slice(0, 100))
    appendFileSync(path, `${second.slice(100)}\n${LINES[2]}\n`)
    await until(feeds, 3)
    expect(feeds.at(-1)?.state).toBe('following')
    stop()
    await done
  })

  test('and is replaced goes on with the new one', async () => {
    const path = join(folder, 'rotates.jsonl')
    writeFileSync(path, `${LINES[0]}\n${LINES[1]}\n`)
    const { feeds, done, stop } = loading(followFile(path))
    await until(feeds, 2)
    renameSync(path, `${path}.1`)
    writeFileSync(path, `${LINES[2]}\n`)
    await until(feeds, 3)
    stop()
    await done
  })

  test('and is cut short is read from its beginning', async () => {
    const path = join(folder, 'truncated.jsonl')
    writeFileSync(path, `${LINES[0]}\n${LINES[1]}\n`)
    const { feeds, done, stop } = loading(followFile(path))
    await until(feeds, 2)
    writeFileSync(path, `${LINES[2]}\n`)
    await until(feeds, 3)
    stop()
    await done
  })

  test('that is not there yet is waited for', async () => {
    const path = join(folder, 'late.jsonl')
    const { feeds, done, stop } = loading(followFile(path))
    await vi.waitFor(() => expect(feeds.at(-1)).toMatchObject({ state: 'following', read: 0 }), { timeout: 30_000 })
    writeFileSync(path, `${LINES[0]}\n`)
    await until(feeds, 1)
    stop()
    await done
  })
})
