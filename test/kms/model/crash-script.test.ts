/** Whatever an operation may change, it is running when a process is killed (`test/extended/kms-crash.test.ts`). */
import { expect, test } from 'vitest'
import { OPERATIONS } from '../../../src/kms/operations.js'
import { WRITTEN } from './crash-script.js'

test('every operation that writes is in the scripts of the laps', () => {
  const writing = Object.values(OPERATIONS).filter(({ audit }) => !audit.readOnly)
  expect(writing.length).toBeGreaterThan(25)
  expect(writing.map(({ name }) => name).filter((name) => !WRITTEN.has(name))).toEqual([])
})
