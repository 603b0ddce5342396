/** kill -9 at random points of a store under load: nothing acknowledged is lost, nothing is half done, the store opens. */
import { expect, test } from 'vitest'
import { buildWritingProgram, expectWhole, startWriting } from '../store/processes.js'
import { openTestStore, temporaryFolder } from '../store/support.js'

const ROUNDS = 12

test(`${ROUNDS} rounds in one store, one process or two, killed at random`, async () => {
  const program = await buildWritingProgram()
  const folder = temporaryFolder()
  let acknowledgedInAll = 0
  for (let round = 0; round < ROUNDS; round++) {
    const names = round % 3 === 2 ? ['a', 'b'] : ['a']
    const processes = names.map((name) => startWriting(program, folder, { name: `r${round}${name}`, callers: 24 }))
    // Every third time also while the store is just being opened.
    if (round % 3 !== 1) await Promise.all(processes.map(({ isOpen }) => isOpen))
    await new Promise((resolve) => {
      setTimeout(resolve, Math.random() * 600)
    })
    for (const { child } of processes) child.kill('SIGKILL')
    await Promise.all(processes.map(({ ended }) => ended))
    const store = await openTestStore({ folder })
    const acknowledged = new Map(processes.flatMap((each) => [...each.acknowledged()]))
    for (const count of acknowledged.values()) acknowledgedInAll += count
    await expectWhole(store, acknowledged)
    await store.close()
  }
  expect(acknowledgedInAll).toBeGreaterThan(100)
})
