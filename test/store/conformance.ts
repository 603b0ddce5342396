/**
 * What every store must do, as tests over whatever `open` makes: rows, compare and set, scans, and all of it against a
 * plain map. `conformance-log.ts` is the second part.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, Row, Store } from '../../src/kms/store.js'
import { committed, namesUnder, put, remove } from './steps.js'
import { auditRecord } from './support.js'

export interface ConformanceOptions {
  /** An empty store. */
  readonly open: () => Promise<Store> | Store
  /** Of the comparison with a plain map. */
  readonly runs?: number
}

/** In the order of their bytes. */
const HOSTILE_NAMES = [
  '',
  '\0',
  '\0\0',
  '\u0001',
  ' ',
  '%00',
  "'; DROP TABLE rows; --",
  '/../..',
  'a',
  'a\0',
  'a\0b',
  'aa',
  '\u007f',
  '\u0080',
  'é',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ud800',
  '\ud800a',
  '\ud83d',
  '\udbff',
  '\udc00',
  '\udfff',
  '\udfff\ud800',
  '\ue000',
  '\ufeff',
  '\uffff',
  '\u{10000}',
  '😀',
  '😀\ud83d',
  '\u{10ffff}',
]

const HOSTILE_VALUES = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfffy\0z',
  '😀',
  'null',
  '{"__proto__":1}',
  '\ufeff',
  'x'.repeat(1 << 20),
]

export function conformance(name: string, { open, runs = 60 }: ConformanceOptions): void {
  describe(`${name}: rows`, () => {
    test('what was put is there, with the version that the commit told', async () => {
      const store = await open()
      const result = await committed(store, [put('a', '1'), put('b', '2')])
      expect(await store.get('a')).toEqual({ name: 'a', value: '1', version: result.rows[0] })
      expect(await store.get('b')).toEqual({ name: 'b', value: '2', version: result.rows[1] })
      expect(await store.get('c')).toBeUndefined()
      expect(await store.version()).toBe(result.version)
    })

    test('a row has another version after every change, also after it was deleted and made again', async () => {
      const store = await open()
      const versions = [
        (await committed(store, [put('a', '1')])).rows[0],
        (await committed(store, [put('a', '1')])).rows[0],
      ]
      await committed(store, [remove('a')])
      versions.push((await committed(store, [put('a', '1')])).rows[0])
      expect(new Set(versions).size).toBe(3)
    })

    test('any string is a name', async () => {
      const store = await open()
      for (const hostile of HOSTILE_NAMES) {
        await committed(store, [put(hostile, 'value')])
        expect(await store.get(hostile), JSON.stringify(hostile)).toMatchObject({ name: hostile, value: 'value' })
        expect((await store.scan('')).rows.map((row) => row.name)).toEqual([hostile])
        await committed(store, [remove(hostile)])
        expect(await store.get(hostile), JSON.stringify(hostile)).toBeUndefined()
      }
    })

    test('names that are nearly the same are different rows', async () => {
      const store = await open()
      await committed(
        store,
        HOSTILE_NAMES.map((each, number) => put(each, String(number))),
      )
      for (const [number, each] of HOSTILE_NAMES.entries()) {
        expect((await store.get(each))?.value).toBe(String(number))
      }
    })

    test('any string is a value', async () => {
      const store = await open()
      for (const hostile of HOSTILE_VALUES) {
        await committed(store, [put('a', hostile)])
        const shown = JSON.stringify(hostile).slice(0, 20)
        expect((await store.get('a'))?.value === hostile, shown).toBe(true)
        expect((await store.scan('a')).rows[0]?.value === hostile, shown).toBe(true)
      }
    })
  })

  describe(`${name}: compare and set`, () => {
    const versionless = { version: 'no such version' }
    test.each<[string, (version: string) => Change, boolean]>([
      ['put, its version', (version) => put('a', '2', { version }), true],
      ['put, another version', () => put('a', '2', versionless), false],
      ['put, absent', () => put('a', '2', 'absent'), false],
      ['put, any', () => put('a', '2', 'any'), true],
      ['delete, its version', (version) => remove('a', { version }), true],
      ['delete, another version', () => remove('a', versionless), false],
      ['delete, absent', () => remove('a', 'absent'), false],
      ['check, its version', (version) => ({ kind: 'check', name: 'a', expect: { version } }), true],
      ['check, another version', () => ({ kind: 'check', name: 'a', expect: versionless }), false],
      ['check, absent', () => ({ kind: 'check', name: 'a', expect: 'absent' }), false],
      ['put of a row that is not there, a version', (version) => put('b', '2', { version }), false],
      ['put of a row that is not there, absent', () => put('b', '2', 'absent'), true],
      ['delete of a row that is not there, any', () => remove('b', 'any'), true],
      ['check of a row that is not there, absent', () => ({ kind: 'check', name: 'b', expect: 'absent' }), true],
    ])('%s', async (_name, change, ok) => {
      const store = await open()
      const [version] = (await committed(store, [put('a', '1')])).rows
      const before = [await store.version(), await store.get('a')]
      const made = change(version ?? '')
      const result = await store.commit([put('other', '1'), made], [auditRecord(1)])
      expect(result.ok).toBe(ok)
      if (result.ok) {
        expect(await store.get('other')).toBeDefined()
        return
      }
      expect(result.conflict).toBe(made.name)
      expect([await store.version(), await store.get('a')]).toEqual(before)
      expect(await store.get('other')).toBeUndefined()
      expect((await store.auditRecords()).records).toEqual([])
    })

    test('expectations speak of the rows before the commit, changes of one row happen in order', async () => {
      const store = await open()
      const first = await committed(store, [put('a', '1', 'absent'), put('a', '2', 'absent')])
      expect((await store.get('a'))?.value).toBe('2')
      const version = first.rows[1] ?? ''
      await committed(store, [put('a', '3', { version }), remove('a', { version }), put('b', '1', 'any')])
      expect(await store.get('a')).toBeUndefined()
    })

    test('of many who change the same row at once, one succeeds at a time and nothing is lost', async () => {
      const store = await open()
      await committed(store, [put('count', '0')])
      let conflicts = 0
      const increment = async (): Promise<void> => {
        for (;;) {
          const row = await store.get('count')
          const change = put('count', String(Number(row?.value) + 1), { version: row?.version ?? '' })
          if ((await store.commit([change], [])).ok) return
          conflicts++
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      expect((await store.get('count'))?.value).toBe('20')
      expect(conflicts).toBeLessThanOrEqual(20 * 20)
    })

    test('a commit without changes holds its audit records alone', async () => {
      const store = await open()
      const { rows } = await committed(store, [], 1)
      expect(rows).toEqual([])
      expect((await store.auditRecords()).records).toEqual([auditRecord(0)])
    })
  })

  describe(`${name}: scans`, () => {
    test('rows come in the order of the bytes of their names', async () => {
      const store = await open()
      await committed(
        store,
        HOSTILE_NAMES.toReversed().map((each) => put(each, 'x')),
      )
      expect(await namesUnder(store, '', 3)).toEqual(HOSTILE_NAMES)
    })

    test.each(['a', 'a\0', '\ud83d', '😀', '\ud800', '\u{10ffff}', '\uffff', 'nobody'])(
      'a prefix is one of bytes: %j',
      async (prefix) => {
        const store = await open()
        await committed(
          store,
          HOSTILE_NAMES.map((each) => put(each, 'x')),
        )
        const bytes = (text: string): string => Array.from(text, (point) => point.codePointAt(0)).join()
        const expected = HOSTILE_NAMES.filter(
          (each) => bytes(each) === bytes(prefix) || `${bytes(each)},`.startsWith(`${bytes(prefix)},`),
        )
        expect(await namesUnder(store, prefix, 2)).toEqual(expected)
      },
    )

    test('a limit is never exceeded, and the last page has no cursor', async () => {
      const store = await open()
      await committed(
        store,
        Array.from({ length: 7 }, (_, number) => put(`k${number}`, 'x')),
      )
      const first = await store.scan('k', { limit: 7 })
      expect(first.rows).toHaveLength(7)
      expect(first.cursor).toBeUndefined()
      const page = await store.scan('k', { limit: 3 })
      expect(page.rows.map((row) => row.name)).toEqual(['k0', 'k1', 'k2'])
      expect(page.cursor).toBeDefined()
    })

    test('rows that stay come exactly once while others come and go', async () => {
      const store = await open()
      const stay = Array.from({ length: 60 }, (_, number) => `s/${String(number).padStart(3, '0')}`)
      await committed(
        store,
        stay.map((each) => put(each, 'x')),
      )
      const seen: string[] = []
      let cursor: string | undefined
      let round = 0
      do {
        const page = await store.scan('s/', { limit: 7, ...(cursor !== undefined && { cursor }) })
        seen.push(...page.rows.map((row) => row.name))
        cursor = page.cursor
        const last = seen.at(-1) ?? ''
        // Before the cursor, after it, and the row of the cursor itself.
        await committed(store, [
          put(`s/-${round}`, 'x'),
          put(`${last}+`, 'x'),
          put(last, 'changed'),
          put(`s/~${round}`, 'x'),
        ])
        if (round > 0) await committed(store, [remove(`s/-${round - 1}`), remove(`s/~${round - 1}`)])
        round++
      } while (cursor !== undefined && round < 100)
      expect(seen.filter((each) => stay.includes(each))).toEqual(stay)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.toSorted()).toEqual(seen)
    })

    test('a page that was not read to its end hides no later commit', async () => {
      const store = await open()
      await committed(
        store,
        Array.from({ length: 10 }, (_, number) => put(`k${number}`, 'x')),
      )
      await store.scan('k', { limit: 2 })
      await committed(store, [put('k0', 'new'), put('l', 'new')])
      expect((await store.get('k0'))?.value).toBe('new')
      expect((await store.scan('k', { limit: 1 })).rows[0]?.value).toBe('new')
      expect((await store.get('l'))?.value).toBe('new')
    })

    test('a cursor whose row is gone goes on behind it', async () => {
      const store = await open()
      await committed(
        store,
        ['a', 'b', 'c'].map((each) => put(each, 'x')),
      )
      const { cursor } = await store.scan('', { limit: 2 })
      await committed(store, [remove('b')])
      expect((await store.scan('', { cursor: cursor ?? '' })).rows.map((row) => row.name)).toEqual(['c'])
    })
  })

  test(`${name}: agrees with a plain map`, async () => {
    const names = fc.constantFrom('', 'a', 'a/1', 'a/2', 'b', 'a/\ud83d', 'a/😀', 'a/\uffff')
    const change = fc.record({
      kind: fc.constantFrom('put' as const, 'put' as const, 'delete' as const, 'check' as const),
      name: names,
      value: fc.string({ maxLength: 5, unit: 'binary' }),
      expect: fc.constantFrom('any', 'any', 'absent', 'version', 'old'),
    })
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(change, { maxLength: 4 }) },
      { weight: 1, arbitrary: fc.record({ prefix: fc.constantFrom('', 'a', 'a/', 'b', 'c'), limit: fc.nat(3) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const store = await open()
        const model = new Map<string, Row>()
        const retired = new Map<string, string>()
        for (const each of steps) {
          if (!Array.isArray(each)) {
            const found = await namesUnder(store, each.prefix, each.limit + 1)
            expect(found.toSorted()).toEqual([...model.keys()].filter((key) => key.startsWith(each.prefix)).toSorted())
            continue
          }
          const changes = each.map(({ kind, name: target, value, expect: wanted }): Change => {
            const version = model.get(target)?.version
            const old = retired.get(target) ?? 'never'
            const expectation =
              wanted === 'version' && version !== undefined
                ? { version }
                : wanted === 'old'
                  ? { version: old }
                  : wanted === 'absent'
                    ? 'absent'
                    : 'any'
            return kind === 'put'
              ? { kind, name: target, value, expect: expectation }
              : { kind, name: target, expect: expectation }
          })
          const conflict = changes.find(({ name: target, expect: wanted }) => {
            const row = model.get(target)
            if (wanted === 'any') return false
            return wanted === 'absent' ? row !== undefined : row?.version !== wanted.version
          })
          const result = await store.commit(changes, [])
          expect(result.ok ? undefined : result.conflict).toBe(conflict?.name)
          if (!result.ok) continue
          changes.forEach((made, index) => {
            const before = model.get(made.name)
            if (made.kind !== 'check' && before !== undefined) retired.set(made.name, before.version)
            if (made.kind === 'put') {
              model.set(made.name, { name: made.name, value: made.value, version: result.rows[index] ?? '' })
            } else if (made.kind === 'delete') model.delete(made.name)
          })
        }
        for (const row of model.values()) expect(await store.get(row.name)).toEqual(row)
        expect((await namesUnder(store, '', 2)).length).toBe(model.size)
        await store.close()
      }),
      { numRuns: runs, seed: 20260102 },
    )
  })
}
