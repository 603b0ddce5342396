/** A world read while the program runs: in slices that leave keys and frames their turn, and given up without a trace. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openingWorld, openWorld } from '../../src/source/world/load-world.js'
import type { CacheOptions } from '../../src/source/world/world-cache.js'
import type { WorldProgress } from '../../src/source/world/world-progress.js'
import { beginWork, goOn } from '../../src/tui/world/world-loader.js'

const WORLD = 'fixtures/acme/world'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-loader-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const cacheIn = (name: string): CacheOptions => ({
  folder: join(folder, name),
  fromBytes: 0,
  fromFiles: 0,
  settledAfterMs: -3_600_000,
})

/** Goes on by a millisecond whenever it is looked at. */
function clock(): () => number {
  let now = 0
  return () => now++
}

describe('steps', () => {
  test('tell ever more, from the list of files to what is kept', () => {
    const steps = openingWorld(WORLD, cacheIn('steps'))
    const seen: WorldProgress[] = []
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        expect(step.value.ok && step.value.value.unusable).toBe(0)
        break
      }
      seen.push(step.value)
    }
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual([
      'listing',
      'reading',
      'understanding',
      'joining',
      'keeping',
    ])
    for (const [index, { done, understood, principals, keys }] of seen.entries()) {
      const before = seen[index - 1]
      if (before === undefined) continue
      expect(done).toBeGreaterThanOrEqual(before.done)
      expect(understood).toBeGreaterThanOrEqual(before.understood)
      expect(principals).toBeGreaterThanOrEqual(before.principals)
      expect(keys).toBeGreaterThanOrEqual(before.keys)
    }
    const opened = openWorld(WORLD)
    if (!opened.ok) throw new Error(opened.error)
    const { principals, groups, keys } = opened.value.world
    expect(seen.at(-1)).toMatchObject({ done: 1, principals: principals.size + groups.size, keys: keys.size })
    // The next time it is there at once.
    expect(beginWork(openingWorld(WORLD, cacheIn('steps')), 0, clock())).toMatchObject({
      isDone: false,
      progress: { stage: 'listing' },
    })
    expect(readdirSync(join(folder, 'steps'))).toEqual([expect.stringMatching(/\.world$/)])
  })

  test('those that are not gone on with leave nothing half written', () => {
    const steps = openingWorld(WORLD, cacheIn('given-up'))
    let stage = steps.next()
    while (stage.done !== true && stage.value.stage !== 'keeping') stage = steps.next()
    expect(readdirSync(join(folder, 'given-up'))).toEqual([expect.stringMatching(/\.tmp$/)])
    steps.return({ ok: false, error: 'given up' })
    expect(readdirSync(join(folder, 'given-up'))).toEqual([])
  })
})

describe('slices', () => {
  test('others have their turn, and see now and then how far it is', async () => {
    const begun = beginWork(openingWorld(WORLD), 20, clock())
    if (begun.isDone) throw new Error('the clock stood still')
    const told: WorldProgress[] = []
    let pauses = 0
    const opened = await goOn(begun.steps, {
      onProgress: (progress) => told.push(progress),
      nowMs: clock(),
      pause: async () => {
        pauses++
      },
      signal: new AbortController().signal,
    })
    expect(opened?.ok).toBe(true)
    expect(pauses).toBeGreaterThan(10)
    expect(told.length).toBeGreaterThan(1)
    expect(told.length).toBeLessThan(pauses)
  })

  test('nothing is read once nobody waits', async () => {
    const begun = beginWork(openingWorld(WORLD, cacheIn('aborted')), 20, clock())
    if (begun.isDone) throw new Error('the clock stood still')
    const stop = new AbortController()
    const opened = await goOn(begun.steps, {
      onProgress: () => stop.abort(),
      nowMs: clock(),
      pause: () => Promise.resolve(),
      signal: stop.signal,
    })
    expect(opened).toBeUndefined()
    expect(begun.steps.next()).toEqual({ done: true, value: undefined })
  })

  test('a folder that is not there is told as ever', async () => {
    const begun = beginWork(openingWorld(join(folder, 'nowhere')), 1000, clock())
    expect(begun.isDone && !begun.value.ok && begun.value.error).toContain('no such folder')
  })
})
