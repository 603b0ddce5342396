/**
 * Advice is minimal: on a thousand random systems nothing that costs less is found by trying every set of changes.
 */
import { expect, test } from 'vitest'
import { compareExhaustively } from '../explain/advice-exhaustive.js'

/** Denied, and searched to the end. */
const SYSTEMS = 1000
const BLOCKS = 10
/** Some documents are allowed, and some are cut short. */
const RUNS = 220
const LONG = 600_000

test(
  `${SYSTEMS} systems`,
  () => {
    let compared = 0
    for (let block = 0; block < BLOCKS; block++) compared += compareExhaustively({ runs: RUNS, seed: 1000 + block })
    expect(compared).toBeGreaterThanOrEqual(SYSTEMS)
  },
  LONG,
)
