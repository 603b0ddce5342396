/**
 * SQLite as Node.js gives it: its own module from Node.js 24 on, before that the optional package
 * `@photostructure/sqlite`, which has the same interface. Loaded only when a store is opened.
 *
 * Both read and bind a text only up to its first NUL; `toColumn` and `fromColumn` keep such texts, and those that
 * UTF-8 cannot say, as bytes.
 *
 * Source: Node.js documentation, "SQLite"; sqlite.org, "Result and Error Codes".
 */
import { createRequire } from 'node:module'
import { StoreError } from '../kms/store.js'
import { decodeText, encodeText, isWellFormed } from './name-order.js'

export type Column = string | number | null | Uint8Array

export interface Statement {
  run(...values: readonly Column[]): { readonly changes: number | bigint }
  get(...values: readonly Column[]): Readonly<Record<string, Column>> | undefined
  all(...values: readonly Column[]): readonly Readonly<Record<string, Column>>[]
  iterate(...values: readonly Column[]): IterableIterator<Readonly<Record<string, Column>>>
}

export interface Database {
  readonly isTransaction: boolean
  prepare(sql: string): Statement
  exec(sql: string): void
  close(): void
}

interface Driver {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => Database
}

/** How long a connection waits for another process to end its transaction. */
const BUSY_TIMEOUT_MS = 30_000

const OWN_SINCE_MAJOR = 24
const PACKAGE = '@photostructure/sqlite'

let loaded: Driver | undefined
let packagesFrom = import.meta.url

/** For a program without a place of its own: the module from which packages are found. */
export function findPackagesFrom(moduleUrl: string): void {
  packagesFrom = moduleUrl
}

/**
 * The package closes a connection, with its files and locks, only when the last of its statements has been collected: after
 * `close` a database must not be moved or linked, and what has to be in the file must have been put there before.
 */
export function openDatabase(path: string, { readOnly = false } = {}): Database {
  loaded ??= loadDriver()
  return new loaded.DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MS })
}

function loadDriver(): Driver {
  const [major = '0'] = process.versions.node.split('.')
  const require = createRequire(packagesFrom)
  try {
    // Node.js 22 has the module too, and warns that it is an experiment.
    return require(Number(major) >= OWN_SINCE_MAJOR ? 'node:sqlite' : PACKAGE) as Driver
  } catch (error) {
    const message = `a store on disk needs the package \`${PACKAGE}\` on Node.js ${process.versions.node}, or Node.js ${OWN_SINCE_MAJOR}; it cannot be loaded: ${messageOf(error)}`
    throw new StoreError(message, { cause: error })
  }
}

/** A text as a column holds it: text where it can be, so that people can read a database with any tool. */
export function toColumn(text: string): string | Uint8Array {
  return text.includes('\0') || !isWellFormed(text) ? encodeText(text) : text
}

export function fromColumn(value: Column | undefined): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return decodeText(value)
  throw new StoreError(`the database is damaged: expected a text, found ${value === null ? 'NULL' : typeof value}`)
}

export function integerFrom(value: Column | undefined): number {
  if (typeof value === 'number') return value
  throw new StoreError(`the database is damaged: expected a number, found ${value === null ? 'NULL' : typeof value}`)
}

/** Primary result codes of SQLite that mean something of their own here. */
export const RESULT = { busy: 5, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

/** The primary result code of an error of SQLite's; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Brings everything from the log into the file; what cannot be brought now, as somebody reads, is safe in the log. */
export function emptyLog(database: Database): void {
  database.exec('PRAGMA busy_timeout = 200')
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
