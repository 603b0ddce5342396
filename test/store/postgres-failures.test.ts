/** What the store in PostgreSQL does when connections, servers and other processes fail. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { type Store, StoreError, StoreTimeout } from '../../src/kms/store.js'
import { expectWhole } from './processes.js'
import { startProxy } from './postgres-proxy.js'
import { PASSWORD } from './postgres-server.js'
import { openPostgres, postgresTests } from './postgres-support.js'
import { committed, put, until } from './steps.js'
import { auditRecord } from './support.js'

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Commits as `writing-program.ts` makes them, until it is told to end; answers what was acknowledged. */
async function writeUntil(store: Store, isOver: () => boolean, callers: number): Promise<ReadonlyMap<string, number>> {
  const acknowledged = new Map<string, number>()
  const write = async (caller: string): Promise<void> => {
    for (let number = 1; !isOver();) {
      const row = await store.get(`count/${caller}`)
      const shared = await store.get('shared')
      const changes = [
        put(`left/${caller}/${number}`, String(number), 'absent'),
        put(`right/${caller}/${number}`, String(number), 'absent'),
        put(`count/${caller}`, String(number), row === undefined ? 'absent' : { version: row.version }),
      ]
      const expectation = shared === undefined ? 'absent' : { version: shared.version }
      if (number % 8 === 0) changes.push(put('shared', String(Number(shared?.value ?? '0') + 1), expectation))
      const result = await store.commit(changes, [{ ...auditRecord(0), eventID: `${caller}/${number}` }])
      if (result.ok) acknowledged.set(caller, number++)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => write(`c${caller}`)))
  return acknowledged
}

postgresTests('PostgreSQL that fails', (server) => {
  describe('connections and servers', () => {
    test.each(['connections cut', 'fast', 'immediate'] as const)(
      '%s: nothing acknowledged is lost, nothing is half done, nobody meets an error',
      async (how) => {
        const schema = `under ${how}`
        const store = await openPostgres(server(), { schema, timeoutMs: 60_000 })
        let isOver = false
        const writing = writeUntil(store, () => isOver, 8)
        for (let round = 0; round < 3; round++) {
          await pause(150)
          if (how === 'connections cut') {
            await server().query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
            )
          } else await server().restart(how)
        }
        await pause(100)
        isOver = true
        const acknowledged = await writing
        await expectWhole(store, acknowledged)
        await expectWhole(await openPostgres(server(), { schema }), acknowledged)
        expect([...acknowledged.values()].every((count) => count > 0)).toBe(true)
      },
    )

    test.each(['before', 'after'] as const)(
      'a connection that ends %s its COMMIT is done: the commit is there once, and is acknowledged',
      async (how) => {
        const proxy = await startProxy(server().url(`doubt ${how}`))
        const store = await openPostgres(server(), { url: proxy.url })
        const heard: string[] = []
        store.subscribe((names) => heard.push(...names))
        const first = await committed(store, [put('a', '1', 'absent')], 1)
        proxy.breakAtCommit(how)
        // A conflict would say that the first attempt was written and taken for somebody else's.
        const [second, third, conflict] = await Promise.all([
          store.commit([put('a', '2', { version: first.rows[0] ?? '' })], [auditRecord(2)]),
          store.commit([put('b', '1', 'absent')], [auditRecord(3)]),
          store.commit([put('a', '3', 'absent')], [auditRecord(4)]),
        ])
        expect([second.ok, third.ok, conflict]).toEqual([true, true, { ok: false, conflict: 'a' }])
        expect((await store.get('a'))?.value).toBe('2')
        const { records } = await store.auditRecords()
        expect(records.map(({ eventID }) => eventID)).toEqual(['0', '2', '3'])
        expect(await store.changesSince('0')).toMatchObject({ names: ['a', 'a', 'b'], version: '3' })
        await until(() => heard.length >= 3)
        expect(heard).toEqual(['a', 'a', 'b'])
        await store.close()
        await proxy.close()
      },
    )

    test('a database that stays away is a StoreError in time, and the store goes on when it is back', async () => {
      const proxy = await startProxy(server().url('away'))
      const store = await openPostgres(server(), { url: proxy.url, timeoutMs: 300 })
      await committed(store, [put('a', '1')])
      proxy.freeze()
      const asked: readonly (() => unknown)[] = [
        () => store.commit([put('a', '2')], []),
        () => store.get('a'),
        () => store.scan(''),
        () => store.changesSince('0'),
      ]
      await Promise.all(asked.map((ask) => expect((async () => ask())()).rejects.toThrow(StoreError)))
      proxy.thaw()
      await committed(store, [put('a', '3')])
      expect((await store.get('a'))?.value).toBe('3')
      await store.close()
      await proxy.close()
    })

    test('a process that holds the turn too long makes the others time out', async () => {
      const store = await openPostgres(server(), { schema: 'held', timeoutMs: 3000 })
      await committed(store, [put('a', '1')])
      const holder = new pg.Client({ connectionString: server().url() })
      holder.on('error', () => undefined)
      await holder.connect()
      await holder.query('BEGIN; SELECT * FROM held.turn FOR UPDATE')
      await expect(store.commit([put('a', '2')], [])).rejects.toThrow(StoreTimeout)
      expect((await store.get('a'))?.value).toBe('1')
      await holder.query('ROLLBACK')
      await committed(store, [put('a', '3')])
      await holder.end()
    })

    test('a commit that cannot be written takes no other with it', async () => {
      const store = await openPostgres(server(), { schema: 'refused' })
      // Longer than what an index of PostgreSQL holds, and not to be compressed.
      const tooLong = randomBytes(4000).toString('base64')
      const commit = async (...[changes, records]: Parameters<Store['commit']>) => store.commit(changes, records)
      const [a, b, c] = await Promise.allSettled([
        commit([put('a', '1')], [auditRecord(1)]),
        commit([put('b', '1'), put(tooLong, '1')], [auditRecord(2)]),
        commit([put('c', '1')], [auditRecord(3)]),
      ])
      expect(a).toMatchObject({ status: 'fulfilled', value: { ok: true } })
      expect(b).toMatchObject({ status: 'rejected', reason: expect.any(StoreError) as unknown })
      expect(c).toMatchObject({ status: 'fulfilled', value: { ok: true } })
      expect((await store.scan('')).rows.map(({ name }) => name)).toEqual(['a', 'c'])
      expect((await store.auditRecords()).records.map(({ eventID }) => eventID)).toEqual(['1', '3'])
    })

    test('a store behind a server that forgets what was prepared goes on without it', async () => {
      const proxy = await startProxy(server().url('forgetful'))
      const store = await openPostgres(server(), { url: proxy.url, connections: 1 })
      for (const value of ['1', '2', '3']) {
        await committed(store, [put('a', value)])
        expect((await store.get('a'))?.value).toBe(value)
        await proxy.forget()
      }
      await store.close()
      await proxy.close()
    })
  })

  describe('what is refused', () => {
    const shown = async (url: string): Promise<string> =>
      openPostgres(server(), { url, timeoutMs: 2000 }).then(
        () => 'opened',
        (error: unknown) => (error instanceof StoreError ? `${error.message} ${error.stack ?? ''}` : 'another error'),
      )

    test.each<[string, (url: URL) => string, RegExp]>([
      [
        'a wrong password',
        (url) => Object.assign(url, { password: 'wrong-secret' }).href,
        /password authentication failed/,
      ],
      [
        'no such database',
        (url) => Object.assign(url, { pathname: '/nothing' }).href,
        /database "nothing" does not exist/,
      ],
      [
        'no such server',
        (url) => `postgres://me:wrong-secret@/x?host=${url.searchParams.get('host') ?? ''}/no`,
        /ENOENT/,
      ],
      ['no URL', () => 'postgres://me:wrong-secret@:x:y', /expected a URL such as/],
      ['another scheme', () => 'mysql://me:wrong-secret@host/x', /expected a URL such as/],
      ['a long name', (url) => `${url.href}&schema=${'x'.repeat(64)}`, /cannot be the name of a schema/],
    ])('%s, without showing any password', async (_name, change, message) => {
      const told = await shown(change(new URL(server().url())))
      expect(told).toMatch(message)
      expect(told).not.toContain('wrong-secret')
      expect(told).not.toContain(PASSWORD)
      expect(told).not.toContain(encodeURIComponent(PASSWORD))
    })

    test('no store, where none is to be made; nothing is made', async () => {
      const message = await openPostgres(server(), { schema: 'absent', create: false }).catch(String)
      expect(message).toMatch(/there is no store in `postgres:\/\/keyward@.*\?schema=absent`/)
      expect(await server().query(`SELECT 1 FROM pg_namespace WHERE nspname = 'absent'`)).toEqual([])
    })

    test('a store that a newer program has written, which is left as it is', async () => {
      const store = await openPostgres(server(), { schema: 'newer' })
      await store.close()
      await server().query(`UPDATE newer.meta SET value = '99' WHERE key = 'schema'`)
      const message = await openPostgres(server(), { schema: 'newer' }).catch(String)
      expect(message).toMatch(/newer Keyward: schema 99; this program knows schemas up to 1/)
      expect(await server().query(`SELECT value FROM newer.meta WHERE key = 'schema'`)).toEqual([{ value: '99' }])
    })

    test('a database that is not in UTF-8', async () => {
      await server().query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
      const url = Object.assign(new URL(server().url()), { pathname: '/latin' })
      expect(await shown(url.href)).toMatch(/has the encoding LATIN1; expected UTF8/)
    })
  })

  test('processes that make the same store at once make one', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgres(server(), { schema: 'at once' })))
    expect(new Set(stores.map(({ id }) => id)).size).toBe(1)
    await Promise.all(stores.map((store, number) => committed(store, [put(String(number), '')])))
    expect((await stores[0]!.scan('')).rows).toHaveLength(6)
  })
})
