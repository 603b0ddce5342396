/**
 * As the extended test, for hours: kill -9 while every operation that writes is running, and while the service does by
 * itself what is due.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of five rounds on one store, `0-99` when left out: 500 rounds. A run that was
 * broken off goes on at the block after the last that it has told. `KEYWARD_EVIDENCE=yes` adds a dated line to
 * `docs/evidence.md`.
 */
import { expect, test } from 'vitest'
import { isAllReached, killAndLook, ROUNDS_OF_A_BLOCK } from '../kms/model/crash.js'
import { blocks, evidence, tellDone } from './evidence.js'

const [first, last] = blocks('0-99')

test(
  `blocks ${first} to ${last} of ${ROUNDS_OF_A_BLOCK} rounds, killed at random`,
  { timeout: 14_400_000 },
  async () => {
    const killed = await killAndLook(first, last, tellDone)
    const { rounds, acknowledged, interrupted } = killed
    expect(acknowledged).toBeGreaterThan(rounds)
    expect(isAllReached(killed)).toBe(true)
    evidence(
      `of ${acknowledged} operations acknowledged before ${rounds} kills (blocks ${first} to ${last}) none was lost or half done, nor was due work in the ${interrupted} of ${last - first + 1} rounds that interrupted it`,
    )
  },
)
