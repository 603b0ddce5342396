/**
 * What every store must do, second part: the change log, audit records, snapshots, the end, and several processes.
 */
import { describe, expect, test } from 'vitest'
import { type Store, StoreError } from '../../src/kms/store.js'
import type { ConformanceOptions } from './conformance.js'
import { committed, put, remove, until } from './steps.js'
import { auditRecord } from './support.js'

export interface SharedConformanceOptions extends ConformanceOptions {
  /** Another process's view of the same store. */
  readonly openAgain: (store: Store) => Promise<Store> | Store
}

export function logConformance(name: string, { open }: ConformanceOptions): void {
  describe(`${name}: the change log`, () => {
    test('names of changed rows, in the order of the commits', async () => {
      const store = await open()
      const start = await store.version()
      await committed(store, [put('b', '1'), put('a', '1')])
      await committed(store, [], 1)
      await committed(store, [remove('b'), { kind: 'check', name: 'a', expect: 'any' }])
      await store.commit([put('c', '1', { version: 'none' })], [])
      const page = await store.changesSince(start)
      expect(page).toMatchObject({ names: ['b', 'a', 'b'], more: false, lost: false })
      expect(await store.changesSince(page.version)).toMatchObject({ names: [], more: false, lost: false })
    })

    test('pages leave nothing out', async () => {
      const store = await open()
      let version = await store.version()
      const expected: string[] = []
      for (let commit = 0; commit < 20; commit++) {
        const names = Array.from({ length: commit % 4 }, (_, number) => `${commit}/${number}`)
        expected.push(...names)
        await committed(
          store,
          names.map((each) => put(each, 'x')),
          1,
        )
      }
      const names: string[] = []
      for (let more = true; more;) {
        const page = await store.changesSince(version, 3)
        names.push(...page.names)
        ;({ version, more } = page)
      }
      expect(names).toEqual(expected)
      expect(version).toBe(await store.version())
    })

    test('a version that this store never had is lost', async () => {
      const store = await open()
      await committed(store, [put('a', '1')])
      for (const version of ['', 'x', '-1', '1e9', '999999', '1.5', '9'.repeat(400)]) {
        expect(await store.changesSince(version)).toMatchObject({ names: [], lost: true, more: false })
      }
    })

    test('whoever follows the log while many write misses no change', async () => {
      const store = await open()
      let version = await store.version()
      const writers = Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let number = 0; number < 25; number++) await committed(store, [put(`w${writer}/${number}`, 'x')])
        }),
      )
      let isDone = false
      void writers.then(() => {
        isDone = true
      })
      const names: string[] = []
      for (let goesOn = true; goesOn;) {
        goesOn = !isDone
        const page = await store.changesSince(version, 7)
        names.push(...page.names)
        version = page.version
        goesOn ||= page.more
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
      await writers
      expect(names.length).toBe(200)
      expect(new Set(names).size).toBe(200)
      for (let writer = 0; writer < 8; writer++) {
        const own = names.filter((each) => each.startsWith(`w${writer}/`))
        expect(own).toEqual(Array.from({ length: 25 }, (_, number) => `w${writer}/${number}`))
      }
    })

    test('a subscriber hears of every changed row, and of nothing after it has left', async () => {
      const store = await open()
      const heard: string[] = []
      let last = ''
      const leave = store.subscribe((names, version, lost) => {
        expect(lost).toBe(false)
        heard.push(...names)
        last = version
      })
      await committed(store, [put('a', '1')])
      await committed(store, [], 1)
      const { version } = await committed(store, [put('b', '1'), remove('a')])
      await until(() => heard.length === 3)
      expect(heard).toEqual(['a', 'b', 'a'])
      expect(last).toBe(version)
      leave()
      await committed(store, [put('c', '1')])
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
      expect(heard).toHaveLength(3)
    })
  })

  describe(`${name}: audit`, () => {
    test('records come in the order of their commits, over pages', async () => {
      const store = await open()
      for (let commit = 0; commit < 10; commit++) {
        const records = Array.from({ length: commit % 4 }, (_, number) => auditRecord(commit * 10 + number))
        expect((await store.commit(commit % 3 === 0 ? [put('a', String(commit))] : [], records)).ok).toBe(true)
      }
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.auditRecords({ limit: 2, ...(cursor !== undefined && { cursor }) })
        expect(page.records.length).toBeLessThanOrEqual(2)
        expect(page.dropped).toBe(0)
        ids.push(...page.records.map(({ eventID }) => eventID))
        cursor = page.cursor
      } while (cursor !== undefined)
      const expected = Array.from({ length: 10 }, (_, commit) =>
        Array.from({ length: commit % 4 }, (__, number) => String(commit * 10 + number)),
      ).flat()
      expect(ids).toEqual(expected)
    })

    test('a record comes back as it was', async () => {
      const store = await open()
      const record = auditRecord(7, { requestParameters: { text: 'a\0b\ud800😀', list: [1, null, { deep: true }] } })
      await store.commit([], [record])
      expect((await store.auditRecords()).records).toEqual([record])
    })
  })

  describe(`${name}: snapshot and end`, () => {
    test('a snapshot is one moment, whatever is written meanwhile', async () => {
      const store = await open()
      const names = Array.from({ length: 450 }, (_, number) => `k${String(number).padStart(4, '0')}`)
      await committed(
        store,
        names.map((each) => put(each, 'old\0')),
        3,
      )
      const items: string[] = []
      let parts = 0
      for await (const part of store.snapshot()) {
        if (parts++ === 0) {
          await committed(store, [...names.map((each) => put(each, 'new')), put('k9999', 'new'), remove('k0449')], 1)
        }
        items.push(...part.map((item) => (item.kind === 'row' ? `${item.name}=${item.value}` : item.record)))
      }
      const expected = [
        ...names.map((each) => `${each}=old\0`),
        ...[0, 1, 2].map((each) => JSON.stringify(auditRecord(each))),
      ]
      expect(items).toEqual(expected)
      expect((await store.get('k0000'))?.value).toBe('new')
    })

    test('a snapshot that nobody reads to its end is let go', async () => {
      const store = await open()
      await committed(
        store,
        Array.from({ length: 450 }, (_, number) => put(`k${number}`, 'x')),
      )
      for await (const part of store.snapshot()) {
        expect(part.length).toBeGreaterThan(0)
        break
      }
      await committed(store, [put('a', '1')])
      expect((await store.get('a'))?.value).toBe('1')
    })

    test('after it is closed everything is a StoreError, and closing again is not', async () => {
      const store = await open()
      const last = store.commit([put('a', '1')], [])
      await store.close()
      expect((await last).ok).toBe(true)
      await store.close()
      const asked: readonly (() => unknown)[] = [
        () => store.get('a'),
        () => store.scan(''),
        () => store.commit([], []),
        () => store.changesSince('0'),
        () => store.version(),
        () => store.subscribe(() => undefined),
        () => store.auditRecords(),
      ]
      for (const ask of asked) {
        await expect((async () => ask())()).rejects.toThrow(StoreError)
      }
    })

    test('no two stores have the same id', async () => {
      const ids = [(await open()).id, (await open()).id]
      expect(new Set(ids).size).toBe(2)
      expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    })
  })
}

/** What holds where several processes have the same store. */
export function sharedConformance(name: string, { open, openAgain }: SharedConformanceOptions): void {
  describe(`${name}: another process`, () => {
    test('sees the same store, and its changes are seen and heard of', async () => {
      const store = await open()
      await committed(store, [put('a', '1')])
      const other = await openAgain(store)
      expect(other.id).toBe(store.id)
      expect(await other.get('a')).toEqual(await store.get('a'))
      const heard: string[] = []
      store.subscribe((names) => heard.push(...names))
      const since = await store.version()
      const { version } = await committed(other, [put('b', '1'), remove('a')], 1)
      expect(await store.version()).toBe(version)
      expect((await store.changesSince(since)).names).toEqual(['b', 'a'])
      expect((await store.get('b'))?.value).toBe('1')
      await until(() => heard.length === 2)
      expect(heard).toEqual(['b', 'a'])
    })
  })
}
