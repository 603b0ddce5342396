/** As the extended test, for hours: kill -9 while every operation that writes is running. */
import { expect, test } from 'vitest'
import { killAndLook } from '../kms/model/crash.js'

const ROUNDS = 500

test(`${ROUNDS} rounds, killed at random`, { timeout: 7_200_000 }, async () => {
  const { acknowledged, isAllReached } = await killAndLook(ROUNDS)
  expect(acknowledged).toBeGreaterThan(ROUNDS)
  expect(isAllReached).toBe(true)
})
