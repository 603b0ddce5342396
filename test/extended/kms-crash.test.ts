/** kill -9 while every operation that writes is running: nothing acknowledged is lost, nothing is half done. */
import { expect, test } from 'vitest'
import { isAllReached, killAndLook, ROUNDS_OF_A_BLOCK } from '../kms/model/crash.js'

const BLOCKS = 4

test(`${BLOCKS * ROUNDS_OF_A_BLOCK} rounds, killed at random`, { timeout: 240_000 }, async () => {
  const killed = await killAndLook(0, BLOCKS - 1)
  expect(killed.rounds).toBe(20)
  expect(killed.acknowledged).toBeGreaterThan(500)
  expect(isAllReached(killed)).toBe(true)
})
