/** What a process has in memory follows what others change in the database, or is forgotten; and how long the log stays. */
import { describe, expect, test } from 'vitest'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import type { Store } from '../../src/kms/store.js'
import { Connections } from '../../src/store/postgres-connections.js'
import { parsePostgresUrl } from '../../src/store/postgres-address.js'
import { PostgresRetention, type RetentionOptions } from '../../src/store/postgres-retention.js'
import { tablesOf } from '../../src/store/postgres-schema.js'
import { makeKey, MESSAGE } from '../kms/table/calls.js'
import { testKms, type TestKms } from '../kms/test-kms.js'
import { startProxy } from './postgres-proxy.js'
import { openPostgres, postgresTests } from './postgres-support.js'
import { committed, put, remove, until } from './steps.js'
import { auditRecord, openTestStore, temporaryFolder } from './support.js'

/** Longer than any test: whoever hears of something sooner was told of it. */
const NEVER_MS = 3_600_000
const ROOT_KEY = { kind: 'bytes', bytes: Buffer.alloc(32, 7) } as const

interface Heard {
  readonly names: string[]
  lost: number
}

function listen(store: Store): Heard {
  const heard: Heard = { names: [], lost: 0 }
  store.subscribe((names, _version, lost) => {
    heard.names.push(...names)
    if (lost) heard.lost++
  })
  return heard
}

async function engineOn(store: Store): Promise<TestKms> {
  return testKms({ store, keyring: await openKeyring({ store, rootKey: ROOT_KEY }) })
}

postgresTests('PostgreSQL, several processes', (server) => {
  describe('the log', () => {
    test('is looked at where nobody notifies', async () => {
      const one = await openPostgres(server(), { schema: 'polled', hints: false, pollMs: 20 })
      const other = await openPostgres(server(), { schema: 'polled', hints: false, pollMs: 20 })
      const heard = [listen(one), listen(other)]
      await committed(one, [put('key/1', 'a'), put('usage/1', 'a')])
      await committed(other, [remove('key/1')])
      await until(() => heard.every(({ names }) => names.length === 3))
      expect(heard.map(({ names }) => names.toSorted())).toEqual(Array(2).fill(['key/1', 'key/1', 'usage/1']))
    })

    test('is looked at sooner after a notification, which comes for rows that others wait for', async () => {
      const options = { schema: 'notified', pollMs: NEVER_MS, maxLagMs: NEVER_MS }
      const one = await openPostgres(server(), options)
      const other = await openPostgres(server(), options)
      const heard = listen(other)
      // The first look is the one that finds the connection; after it, only what is notified is heard of.
      await committed(one, [put('policy/first', '')])
      await until(() => heard.names.length === 1)
      await committed(one, [put('usage/unheard', '')])
      for (const name of ['key/1', 'policy/1', 'grant/1', 'alias/1', 'material/1', 'credential/1']) {
        await committed(one, [put(name, '')])
        await until(() => heard.names.includes(name))
        expect(heard.names).toContain(name)
      }
      expect(heard.lost).toBe(0)
    })

    test('is not waited for where a notice has room for the names, and then passes over them', async () => {
      const one = await openPostgres(server(), { schema: 'noticed', pollMs: NEVER_MS })
      const other = await openPostgres(server(), { schema: 'noticed', pollMs: 50 })
      const heard = listen(other)
      await Promise.all(Array.from({ length: 40 }, (_, number) => committed(one, [put(`grant/'${number}\\`, '')])))
      await committed(one, [put('usage/1', '')])
      await until(() => heard.names.includes('usage/1'))
      await committed(one, [put('key/last', ''), put('usage/2', '')])
      await until(() => heard.names.includes('usage/2'))
      await committed(other, [put('policy/own', '')])
      await until(() => heard.names.includes('policy/own'))
      // The log has been looked at since.
      await committed(one, [put('usage/3', '')])
      await until(() => heard.names.includes('usage/3'))
      expect(heard.lost).toBe(0)
      expect(heard.names).toHaveLength(45)
      expect(new Set(heard.names).size).toBe(45)
    })

    test('tells what has changed, whatever others pretend in notices', async () => {
      const options = { schema: 'pretended', pollMs: 50 }
      const one = await openPostgres(server(), options)
      const other = await openPostgres(server(), options)
      const heard = listen(other)
      await committed(one, [put('key/1', '')])
      await until(() => heard.names.includes('key/1'))
      const { channel } = tablesOf('pretended')
      for (const notice of ['2 2 mark\n["key/2"]', '3 3 mark\n[]', '4 900 mark', 'x', '900 900 mark\n["key/900"]']) {
        await server().query(`SELECT pg_notify('${channel}', '${notice}')`)
      }
      await until(() => heard.names.includes('key/900'))
      for (const number of [2, 3, 4]) await committed(one, [put(`key/${number}`, '')])
      await until(() => heard.names.includes('key/4') && heard.names.includes('key/3'))
      await until(() => heard.names.filter((name) => name === 'key/2').length >= 2)
      // One that pretends is heard, once more where the log knows nothing of it, and takes the place of none that is true.
      const truly = heard.names.filter((name) => name !== 'key/2' && name !== 'key/900')
      expect(truly.toSorted()).toEqual(['key/1', 'key/3', 'key/4'])
      expect(heard.lost).toBe(0)
    })

    test('tells own commits once they are acknowledged, with the versions of their rows, and only once', async () => {
      const store = await openPostgres(server(), { schema: 'own', pollMs: 10 })
      const heard = listen(store)
      // Without a version where the log was quicker than the acknowledgement.
      const versions = new Map<string, string | undefined>()
      store.subscribe((names, _version, _lost, each) => {
        if (each !== undefined) for (const [index, name] of names.entries()) versions.set(name, each[index])
      })
      for (let number = 0; number < 30; number++) {
        const { rows } = await committed(store, [put(`key/${number}`, ''), remove(`policy/${number}`)])
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        expect(heard.names.slice(-2)).toEqual([`key/${number}`, `policy/${number}`])
        for (const [index, name] of [`key/${number}`, `policy/${number}`].entries()) {
          if (versions.has(name)) expect(versions.get(name)).toBe(rows[index])
        }
      }
      await Promise.all(Array.from({ length: 50 }, (_, number) => committed(store, [put(`grant/${number}`, '')])))
      await new Promise((resolve) => {
        setTimeout(resolve, 100)
      })
      expect(heard.names).toHaveLength(110)
      expect(new Set(heard.names).size).toBe(110)
      expect(versions.size).toBeGreaterThan(0)
    })

    test('that cannot be looked at any more is lost, again and again, until it can', async () => {
      const proxy = await startProxy(server().url('stale'))
      const options = { url: proxy.url, pollMs: 20, maxLagMs: 200 }
      const store = await openPostgres(server(), options)
      const heard = listen(store)
      await committed(store, [put('key/1', '')])
      proxy.freeze()
      await until(() => heard.lost >= 3)
      expect(heard.lost).toBeGreaterThanOrEqual(3)
      const direct = await openPostgres(server(), { schema: 'stale' })
      await committed(direct, [put('key/2', '')])
      expect(heard.names).toEqual(['key/1'])
      proxy.thaw()
      await until(() => heard.names.includes('key/2'))
      expect(heard.names).toEqual(['key/1', 'key/2'])
      await store.close()
      await proxy.close()
    })

    test('that is another one than before is lost', async () => {
      // Heard of by the log, so that it is known which one was read.
      const store = await openPostgres(server(), { schema: 'replaced', hints: false, pollMs: 20 })
      const other = await openPostgres(server(), { schema: 'replaced' })
      const heard = listen(store)
      await committed(other, [put('key/1', '1')])
      await until(() => heard.names.length === 1)
      // As a replica that had not got the last commit, and has gone on since.
      await server().query(`
        BEGIN; DELETE FROM replaced.log; DELETE FROM replaced.rows;
        INSERT INTO replaced.log (id, batch) SELECT each, 'another' FROM generate_series(1, 5) each; COMMIT`)
      await until(() => heard.lost > 0)
      expect(heard.lost).toBeGreaterThan(0)
    })

    test('that does not bear out a notice has its rows read once more', async () => {
      const store = await openPostgres(server(), { schema: 'unborne', pollMs: 300 })
      const other = await openPostgres(server(), { schema: 'unborne' })
      const heard = listen(store)
      await committed(other, [put('key/1', '1')])
      await until(() => heard.names.length === 1)
      // The notice was mostly quicker than the log, whose commit is gone when it is looked at.
      await server().query(`
        BEGIN; DELETE FROM unborne.log; DELETE FROM unborne.rows;
        INSERT INTO unborne.log (id, batch) SELECT each, 'another' FROM generate_series(1, 5) each; COMMIT`)
      await until(() => heard.lost > 0 || heard.names.length > 1)
      if (heard.lost === 0) expect(heard.names).toEqual(['key/1', 'key/1'])
    })
  })

  describe.each(['PostgreSQL', 'PostgreSQL without notifications', 'SQLite'])('engines that share %s', (kind) => {
    const folderOf = new Map<string, string>()
    const open = async (): Promise<Store> => {
      if (kind === 'SQLite') {
        const folder = folderOf.get(kind) ?? temporaryFolder()
        folderOf.set(kind, folder)
        return openTestStore({ folder })
      }
      return openPostgres(server(), { schema: `engines ${kind}`, hints: kind === 'PostgreSQL', pollMs: 50 })
    }

    test('refuse what another one has disabled, forbidden or revoked', async () => {
      const [one, other] = [await engineOn(await open()), await engineOn(await open())]
      const KeyId = await makeKey(one, 'symmetric')
      const encrypt = async (): Promise<string> =>
        (await other.fails('Encrypt', { KeyId, Plaintext: MESSAGE })).split(':')[0] ?? ''
      // Whoever asks again and again hears of it in the end; before, the answer is the one that was right until then.
      const untilAnswer = async (wanted: string, before: string): Promise<string> => {
        for (let turn = 0; turn < 1000; turn++) {
          const answer = await encrypt()
          if (answer !== before) return answer
          await new Promise((resolve) => {
            setTimeout(resolve, 5)
          })
        }
        return `still ${before}, and not ${wanted}`
      }
      expect(await encrypt()).toBe('succeeded')
      await one.ok('DisableKey', { KeyId })
      expect(await untilAnswer('DisabledException', 'succeeded')).toBe('DisabledException')
      await one.ok('EnableKey', { KeyId })
      expect(await untilAnswer('succeeded', 'DisabledException')).toBe('succeeded')
      const { Policy = '' } = await one.ok('GetKeyPolicy', { KeyId, PolicyName: 'default' })
      const policy = JSON.parse(Policy) as { Statement: object[] }
      policy.Statement.push({ Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*' })
      await one.ok('PutKeyPolicy', { KeyId, Policy: JSON.stringify(policy) })
      expect(await untilAnswer('AccessDeniedException', 'succeeded')).toBe('AccessDeniedException')
      await one.kms.close()
      await other.kms.close()
    })
  })

  test('a grant that this process has given is not read back', async () => {
    // A look at the log may be quicker than the acknowledgement, and then the row is read.
    const store = await openPostgres(server(), { schema: 'given', pollMs: NEVER_MS, maxLagMs: NEVER_MS })
    const asked: string[] = []
    const kms = await engineOn(
      new Proxy(store, {
        get: (target, member: keyof Store) => {
          const value = target[member]
          if (typeof value !== 'function') return value
          return (...given: unknown[]): unknown => {
            if (member === 'get' || member === 'scan') asked.push(`${member} ${String(given[0])}`)
            return Reflect.apply(value, target, given)
          }
        },
      }),
    )
    const KeyId = await makeKey(kms, 'symmetric')
    const give = (number: number): Promise<unknown> =>
      kms.ok('CreateGrant', {
        KeyId,
        GranteePrincipal: `arn:aws:iam::111122223333:role/r${number}`,
        Operations: ['Encrypt'],
      })
    await give(0)
    await kms.ok('DescribeKey', { KeyId })
    asked.length = 0
    for (let number = 1; number <= 20; number++) await give(number)
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    await kms.ok('DescribeKey', { KeyId })
    expect(asked).toEqual([])
    expect((await kms.ok('ListGrants', { KeyId })).Grants).toHaveLength(21)
    await kms.kms.close()
  })

  describe('retention', () => {
    async function retained(schema: string, options: Partial<RetentionOptions>) {
      const store = await openPostgres(server(), { schema })
      const address = parsePostgresUrl(server().url(schema))
      const connections = await Connections.load(address, { connections: 1, timeoutMs: 10_000 })
      const retention = new PostgresRetention({
        connections,
        tables: tablesOf(schema),
        prunedEvery: 1,
        auditPrunedEvery: 1,
        ...options,
      })
      const dayMs = 86_400_000
      const commit = async (number: number): Promise<void> => {
        const eventTime = `${new Date(Date.UTC(2026, 0, 1) + number * dayMs).toISOString().slice(0, 19)}Z`
        const result = await store.commit([put('row', String(number))], [auditRecord(number, { eventTime })])
        expect(result.ok).toBe(true)
        retention.wrote(1)
        await retention.settled()
      }
      const kept = async (): Promise<readonly (number | string)[]> => {
        const { records, dropped } = await store.auditRecords({ limit: 1000 })
        return [...records.map(({ eventID }) => Number(eventID)), `${dropped} dropped`]
      }
      return { store, commit, kept, close: () => connections.close() }
    }

    test('audit records by their number, by their age, and whichever takes more', async () => {
      for (const [schema, keepAudit, expected] of [
        ['by_number', { records: 3 }, [10, 11, 12, '9 dropped']],
        ['by_age', { days: 2 }, [10, 11, 12, '9 dropped']],
        ['by_both', { days: 1, records: 10 }, [11, 12, '10 dropped']],
      ] as const) {
        const { commit, kept, close } = await retained(schema, { keepAudit })
        for (let number = 1; number <= 12; number++) await commit(number)
        expect(await kept(), schema).toEqual(expected)
        await close()
      }
    })

    test('names of changed rows, and whoever asks from before is told that the log is lost', async () => {
      const { store, commit, kept, close } = await retained('names', { kept: 5, keepAudit: { records: 2 } })
      const start = await store.version()
      for (let number = 1; number <= 5; number++) await commit(number)
      expect((await store.changesSince(start)).names).toHaveLength(5)
      for (let number = 6; number <= 12; number++) await commit(number)
      expect(await store.changesSince(start)).toMatchObject({ lost: true, version: '12' })
      expect((await store.changesSince('7')).names).toHaveLength(5)
      expect(await kept()).toEqual([11, 12, '10 dropped'])
      await close()
    })

    test('readers that were under way are told how many they have missed', async () => {
      const { store, commit, close } = await retained('readers', { keepAudit: { records: 4 } })
      for (let number = 1; number <= 4; number++) await commit(number)
      const { cursor = '' } = await store.auditRecords({ limit: 1 })
      for (let number = 5; number <= 8; number++) await commit(number)
      const page = await store.auditRecords({ cursor })
      expect([page.dropped, page.records.map(({ eventID }) => eventID)]).toEqual([3, ['5', '6', '7', '8']])
      await close()
    })
  })
})
