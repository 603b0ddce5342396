/**
 * Keys by chance into the released explorer, a minute for each block and one process for all of them unless a hand chose
 * to leave: nothing breaks, and the least that it holds in the second half is no more than the most in the first.
 */
import { expect, test } from 'vitest'
import { ProgramMonkey, type Held } from '../tui/program-monkey.js'
import { Program } from '../tui/terminal-run.js'
import { blocks, evidence, tellDone } from './evidence.js'

const [FIRST, LAST] = blocks('0-9')
const BLOCK_MS = 60_000
const MEGABYTE = 2 ** 20
/** Of what can be reached nothing may stay; the system gives pages back when it likes. */
const HEAP_MAY_GROW = 4 * MEGABYTE
const RESIDENT_MAY_GROW = 128 * MEGABYTE

test('nothing breaks, nothing grows', async () => {
  const program = Program.released()
  /** By process, as a new one begins with less. */
  const held = new Map<number, Held[]>()
  try {
    const monkey = new ProgramMonkey(program, 1)
    await monkey.begin()
    for (let block = FIRST; block <= LAST; block++) {
      monkey.reseed(block + 1)
      const endMs = performance.now() + BLOCK_MS
      while (performance.now() < endMs) await monkey.once()
      const now = await monkey.atRest()
      held.set(monkey.begun, [...(held.get(monkey.begun) ?? []), now])
      tellDone(block)
    }
    await monkey.end()
    for (const each of held.values()) {
      const half = Math.ceil(each.length / 2)
      const growth = (of: keyof Held): number =>
        Math.min(...each.slice(-half).map((one) => one[of])) - Math.max(...each.slice(0, half).map((one) => one[of]))
      const told = JSON.stringify([...held])
      expect(growth('heapBytes'), told).toBeLessThan(HEAP_MAY_GROW)
      expect(growth('residentBytes'), told).toBeLessThan(RESIDENT_MAY_GROW)
    }
    const heaps = [...held.values()].flat().map(({ heapBytes }) => heapBytes / MEGABYTE)
    evidence(
      `${monkey.count} keys by chance broke nothing in the explorer (blocks ${FIRST} to ${LAST}, ${monkey.begun === 1 ? 'one process' : `${monkey.begun} processes`}), whose heap was between ${Math.min(...heaps).toFixed(0)} and ${Math.max(...heaps).toFixed(0)} MB`,
    )
  } finally {
    program.remove()
  }
})
