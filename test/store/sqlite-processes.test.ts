/** Processes of their own: killed while they write, and two that write the same store. More rounds: test/extended. */
import { expect, test } from 'vitest'
import { buildWritingProgram, expectWhole, startWriting } from './processes.js'
import { openTestStore, temporaryFolder } from './support.js'

test('what a killed process had acknowledged is there, whole', async () => {
  const program = await buildWritingProgram()
  const folder = temporaryFolder()
  for (let round = 0; round < 2; round++) {
    const writing = startWriting(program, folder, { name: `r${round}c`, callers: 16 })
    await writing.isOpen
    await new Promise((resolve) => {
      setTimeout(resolve, 150 + round * 100)
    })
    writing.child.kill('SIGKILL')
    expect(await writing.ended).toBe('SIGKILL')
    const store = await openTestStore({ folder })
    await expectWhole(store, writing.acknowledged())
    expect((await store.commit([{ kind: 'put', name: 'later', value: '', expect: 'any' }], [])).ok).toBe(true)
    await store.close()
  }
})

test('two processes write one store, and a third sees all of it', async () => {
  const program = await buildWritingProgram()
  const folder = temporaryFolder()
  const store = await openTestStore({ folder })
  const heard = new Set<string>()
  store.subscribe((names, _version, lost) => {
    expect(lost).toBe(false)
    for (const name of names) heard.add(name)
  })
  const both = ['a', 'b'].map((name) => startWriting(program, folder, { name, callers: 4, commits: 40 }))
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0])
  for (const writing of both) {
    expect([...writing.acknowledged().values()]).toEqual([40, 40, 40, 40])
    await expectWhole(store, writing.acknowledged())
  }
  for (let turn = 0; turn < 500 && heard.size < 2 * 4 * (2 * 40 + 1) + 1; turn++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  }
  expect(heard.size).toBe(2 * 4 * (2 * 40 + 1) + 1)
})

test('two processes that make the same store at once make one', async () => {
  const program = await buildWritingProgram()
  const folder = `${temporaryFolder()}/new`
  const both = ['a', 'b'].map((name) => startWriting(program, folder, { name, callers: 2, commits: 5 }))
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0])
  const store = await openTestStore({ folder })
  for (const writing of both) await expectWhole(store, writing.acknowledged())
})
