/**
 * One attempt to write a batch: a transaction on one connection, in two journeys to the server and back.
 *
 * First the turn is taken, the end of the log and the expected rows are read, then everything is written and committed. What
 * follows from an error is the writer's to say; here it is only known whether the batch may have been committed in spite of it.
 */
import { randomBytes } from 'node:crypto'
import type { PoolClient, QueryResult } from 'pg'
import { StoreError } from '../kms/store.js'
import { type Batch, composeBatch, type CommitRequest, expectedNames } from './postgres-batch.js'
import { bytesArray, integerArray, integerFrom, isText, nameArray, nameFrom, textArray } from './postgres-columns.js'
import type { Connections, Line, Prepared } from './postgres-connections.js'
import { kindOf } from './postgres-errors.js'
import { noticeText } from './postgres-notice.js'
import type { Tables } from './postgres-schema.js'

export interface Statements {
  readonly begin: string
  readonly seen: Prepared
  readonly mark: Prepared
  readonly write: Prepared
  /** Undefined where nobody is told. */
  readonly channel: string | undefined
}

/** A batch with the mark that its entries bear in the log. */
export interface MarkedBatch {
  readonly mark: string
  readonly batch: Batch
}

/** @param settings - what the server is told at the beginning of each transaction. */
export function writeStatements(
  { rows, log, turn, channel }: Tables,
  { settings, tells }: { readonly settings: readonly string[]; readonly tells: boolean },
): Statements {
  const begin = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE'
  return {
    begin: [begin, ...settings, `SELECT id FROM ${turn} FOR UPDATE`].join('; '),
    // The end of the log is the line without a name; it is no younger than the versions, so that whatever comes between is met.
    seen: {
      name: 'keyward-seen',
      text: `SELECT NULL::bytea AS name, coalesce(max(id), 0) AS version FROM ${log}
        UNION ALL SELECT name, version FROM ${rows} WHERE name = ANY ($1::bytea[])`,
    },
    mark: { name: 'keyward-mark', text: `SELECT batch FROM ${log} WHERE id = $1` },
    write: {
      name: 'keyward-write',
      text: `WITH entries AS (
          INSERT INTO ${log} (id, batch, names, audit, records, at_ms)
          SELECT e.id, $1, e.names, e.audit, e.records, e.at_ms
          FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
            AS e (id, names, audit, records, at_ms)
        ), gone AS (DELETE FROM ${rows} WHERE name = ANY ($7::bytea[]))
        INSERT INTO ${rows} (name, version, value, bytes)
        SELECT p.name, p.version, p.value, p.bytes
        FROM unnest($8::bytea[], $9::bigint[], $10::text[], $11::bytea[]) AS p (name, version, value, bytes)
        ON CONFLICT (name) DO UPDATE
          SET version = excluded.version, value = excluded.value, bytes = excluded.bytes`,
    },
    channel: tells ? channel : undefined,
  }
}

export interface TransactionOptions {
  readonly connections: Connections
  readonly statements: Statements
  /** Whether a change of this row is worth telling others at once. */
  readonly isTold: (name: string) => boolean
  /** What the marks of this process begin with. */
  readonly ownMark: string
}

export class Transaction {
  readonly #options: TransactionOptions
  /** What was sent to be committed, while nobody knows whether it was. */
  doubt: MarkedBatch | undefined

  constructor(options: TransactionOptions) {
    this.#options = options
  }

  /**
   * Answers the batch that is in the log: the one that is written now, or an earlier one of the same commits.
   * @param doubts - earlier attempts that may have been committed.
   */
  async run(commits: readonly CommitRequest[], doubts: readonly MarkedBatch[]): Promise<MarkedBatch> {
    const client = await this.#options.connections.writer.connect()
    let isDone = false
    try {
      const written = await this.#write(client, commits, doubts)
      isDone = true
      return written
    } finally {
      // What an attempt that failed has left open ends with its connection.
      client.release(!isDone)
    }
  }

  async #write(
    client: PoolClient,
    commits: readonly CommitRequest[],
    doubts: readonly MarkedBatch[],
  ): Promise<MarkedBatch> {
    const { connections, statements } = this.#options
    const ask = (prepared: Prepared, values: readonly unknown[]): Promise<QueryResult<Line>> =>
      client.query<Line>(connections.query(prepared, values))
    const [, seen, ...marks] = await together([
      client.query<Line>(statements.begin),
      ask(statements.seen, [nameArray(expectedNames(commits))]),
      ...doubts.map(({ batch }) => ask(statements.mark, [batch.entries[0]?.id])),
    ])
    const { head, versions } = endOfLog(seen?.rows ?? [])
    const earlier = doubts.find(({ mark }, index) => marks[index]?.rows[0]?.['batch'] === mark)
    if (earlier !== undefined) {
      await client.query('ROLLBACK')
      return earlier
    }
    // Numbers have no gaps: where the end is beyond, the place was taken by somebody, and has been cleared since.
    const isUnknown = doubts.some(({ batch }, index) => marks[index]?.rows.length === 0 && firstOf(batch) <= head)
    if (isUnknown) throw new StoreError('the connection was lost, and nobody can tell any more what was committed')
    const batch = composeBatch(commits, head, versions)
    if (batch.entries.length === 0) {
      await client.query('ROLLBACK')
      return { mark: '', batch }
    }
    const mark = this.#options.ownMark + randomBytes(12).toString('base64url')
    this.doubt = { mark, batch }
    try {
      await together([
        ask(statements.write, valuesOf(mark, batch)),
        client.query<Line>(this.#end(client, commits, { mark, batch })),
      ])
    } catch (error) {
      // The server's own refusal: what comes after it in the same transaction is undone.
      if (kindOf(error) !== 'away') this.doubt = undefined
      throw error
    }
    this.doubt = undefined
    return { mark, batch }
  }

  #end(client: PoolClient, commits: readonly CommitRequest[], { mark, batch }: MarkedBatch): string {
    const { statements, isTold } = this.#options
    const { channel } = statements
    const tells =
      channel !== undefined &&
      commits.some(
        ({ changes }, index) =>
          typeof batch.answers[index] === 'number' &&
          changes.some(({ kind, name }) => kind !== 'check' && isTold(name)),
      )
    if (!tells) return 'COMMIT'
    return `SELECT pg_notify('${channel}', ${client.escapeLiteral(noticeText(mark, batch.entries))}); COMMIT`
  }
}

function firstOf({ entries }: Batch): number {
  return entries[0]?.id ?? 0
}

/** All are sent at once. The first that fails tells why: those after it fail because of it. */
async function together(queries: readonly Promise<QueryResult<Line>>[]): Promise<readonly QueryResult<Line>[]> {
  const results = await Promise.allSettled(queries)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

function endOfLog(lines: readonly Line[]): { readonly head: number; readonly versions: ReadonlyMap<string, string> } {
  let head = 0
  const versions = new Map<string, string>()
  for (const { name, version } of lines) {
    if (name === null) head = integerFrom(version)
    else versions.set(nameFrom(name), String(version))
  }
  return { head, versions }
}

function valuesOf(mark: string, { entries, puts, deletes }: Batch): readonly unknown[] {
  const names = [...puts.keys()]
  const rows = [...puts.values()]
  return [
    mark,
    integerArray(entries.map(({ id }) => id)),
    textArray(entries.map(({ names: of }) => of)),
    textArray(entries.map(({ audit }) => audit)),
    integerArray(entries.map(({ records }) => records)),
    integerArray(entries.map(({ atMs }) => atMs)),
    nameArray(deletes),
    nameArray(names),
    integerArray(rows.map(({ version }) => version)),
    textArray(rows.map(({ value }) => (isText(value) ? value : null))),
    bytesArray(rows.map(({ value }) => (isText(value) ? null : value))),
  ]
}
