/** kill -9 while every operation that writes is running: nothing acknowledged is lost, nothing is half done. */
import { expect, test } from 'vitest'
import { killAndLook } from '../kms/model/crash.js'

const ROUNDS = 20

test(`${ROUNDS} rounds, killed at random`, { timeout: 600_000 }, async () => {
  const { acknowledged, isAllReached } = await killAndLook(ROUNDS)
  expect(acknowledged).toBeGreaterThan(500)
  expect(isAllReached).toBe(true)
})
