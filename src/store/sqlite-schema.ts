/**
 * The tables of a store on disk, how they came to be what they are, and whether a file has them.
 *
 * A schema version is a number in the header of the file. An older one is brought forward in one transaction; a newer one
 * is refused before anything is written.
 *
 * Source: sqlite.org, "Database File Format", 1.3; "PRAGMA Statements".
 */
import { StoreError, StoreTimeout } from '../kms/store.js'
import { type Database, fromColumn, integerFrom, messageOf, openDatabase, RESULT, resultCode } from './sqlite-driver.js'
import { sizeOf } from './sqlite-files.js'

/** One step of the schema; it must work on the database as all steps before have left it. */
export type Migration = (database: Database) => void

/** `KWRD`: what tells a Keyward database from any other. */
const APPLICATION_ID = 0x4b575244

/** The step at place n makes schema n + 1 out of schema n. A step that has been released is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  (database) =>
    // `meta`: the store's id, and from where on the journal still has all names of changed rows.
    // `rows`: names as bytes, in whose order they are scanned; the version is the journal entry of the last change.
    // `journal`: one entry for each commit, with the names of changed rows and the audit records as JSON arrays.
    database.exec(`
      CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE rows (name BLOB PRIMARY KEY, version INTEGER NOT NULL, value ANY NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE journal (id INTEGER PRIMARY KEY, names TEXT, audit TEXT) STRICT;
    `),
]

/** Fills an empty file, and leaves the database open in one transaction with whatever comes next. */
export function createSchema(database: Database, storeId: string): void {
  database.exec('PRAGMA journal_mode = WAL')
  // A draft: whoever puts it in its place sees to it that all of it is on the disk.
  database.exec('PRAGMA synchronous = OFF')
  database.exec('BEGIN IMMEDIATE')
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  applyMigrations(database, 0, MIGRATIONS)
  const insert = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
  insert.run('storeId', storeId)
  insert.run('namesKeptAfter', 0)
}

/**
 * Opens a database for writing, with the schema as this program knows it. Throws a StoreError for anything else: a file of
 * another program, a newer schema, a damaged file.
 */
export function openForWriting(path: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  let database: Database | undefined
  try {
    database = openDatabase(path)
    checkKind(database, path, migrations.length)
    checkSize(database, path)
    database.exec('PRAGMA journal_mode = WAL')
    // Every commit is on the disk when it answers, and not only after the next checkpoint.
    database.exec('PRAGMA synchronous = FULL')
    migrate(database, path, migrations)
    storeIdOf(database)
    return database
  } catch (error) {
    database?.close()
    throw asOpenError(error, path)
  }
}

export function storeIdOf(database: Database): string {
  return fromColumn(database.prepare(`SELECT value FROM meta WHERE key = 'storeId'`).get()?.['value'])
}

function checkKind(database: Database, path: string, known: number): void {
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new StoreError(`\`${path}\` is not a Keyward database`)
  }
  const version = pragma(database, 'user_version')
  if (version > known) {
    const wants = `this program knows schemas up to ${known}, and leaves the file as it is`
    throw new StoreError(`\`${path}\` was written by a newer Keyward: schema ${version}; ${wants}`)
  }
}

/** A file that has lost its end. With an empty log, whatever was committed must be in the file itself. */
function checkSize(database: Database, path: string): void {
  const bytes = pragma(database, 'page_count') * pragma(database, 'page_size')
  if (sizeOf(`${path}-wal`) === 0 && sizeOf(path) < bytes) {
    throw new StoreError(`\`${path}\` is damaged: ${bytes} bytes expected, ${sizeOf(path)} found`)
  }
}

function migrate(database: Database, path: string, migrations: readonly Migration[]): void {
  if (pragma(database, 'user_version') === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been first, and may have been newer.
    checkKind(database, path, migrations.length)
    applyMigrations(database, pragma(database, 'user_version'), migrations)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function applyMigrations(database: Database, from: number, migrations: readonly Migration[]): void {
  for (const migration of migrations.slice(from)) migration(database)
  database.exec(`PRAGMA user_version = ${migrations.length}`)
}

function pragma(database: Database, name: string): number {
  return integerFrom(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

function asOpenError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const message = messageOf(error)
  switch (resultCode(error)) {
    case RESULT.notADatabase:
    case RESULT.corrupt:
      return new StoreError(`\`${path}\` is not a Keyward database, or is damaged: ${message}`, { cause: error })
    case RESULT.busy:
      return new StoreTimeout(`\`${path}\` is held by another process: ${message}`, { cause: error })
    default:
      return new StoreError(`\`${path}\` cannot be opened: ${message}`, { cause: error })
  }
}
