/**
 * The files of a store on disk: one folder with mode 0700, in it one database with mode 0600 and what SQLite keeps
 * beside it with the same mode.
 *
 * A database comes into being whole: it is made aside, filled, and put in its place under a name that nobody has yet.
 * So whatever stands there and cannot be read has been damaged, and is never taken for a new one. The file of an open
 * database is never opened here: closing it would take away SQLite's locks in this process.
 *
 * Source: sqlite.org, "How To Corrupt An SQLite Database File", 2.2.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { StoreError, StoreTimeout } from '../kms/store.js'
import { messageOf, RESULT, resultCode } from './sqlite-driver.js'

const DATABASE = 'keyward.db'
const BESIDE = ['', '-wal', '-shm', '-journal']

/** Modes say nothing there. */
const HAS_MODES = process.platform !== 'win32'
const OTHERS = 0o077

export function databasePath(folder: string): string {
  return join(folder, DATABASE)
}

/** Makes the folder where it is not there; one that other users may look into is refused unless it is empty. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { mode } = statSync(folder)
    if (!HAS_MODES || (mode & OTHERS) === 0) return
    if (readdirSync(folder).length > 0) {
      throw new StoreError(`\`${folder}\` is open to other users (mode ${octal(mode)}); expected mode 0700`)
    }
    chmodSync(folder, 0o700)
  } catch (error) {
    throw asStoreError(error, `the folder \`${folder}\` cannot be used`)
  }
}

/** Whether there is a database; one that other users may read is refused. */
export function databaseExists(path: string): boolean {
  const stats = statOf(path)
  if (stats === undefined) return false
  if (!stats.isFile()) throw new StoreError(`\`${path}\` is not a file`)
  if (HAS_MODES && (stats.mode & OTHERS) !== 0) {
    throw new StoreError(`\`${path}\` is open to other users (mode ${octal(stats.mode)}); expected mode 0600`)
  }
  return true
}

/**
 * Makes a database with the content that `fill` writes, all of it into the file itself, and puts it in its place.
 * @returns false where one has come there meanwhile; it is left as it is.
 */
export function createDatabaseFile(path: string, fill: (draft: string) => void): boolean {
  const draft = `${path}.new-${randomBytes(6).toString('hex')}`
  // A copy, because a connection that made the draft may be open longer than anybody uses it, and SQLite shares what it
  // knows between connections to one and the same file, whatever its name.
  const copy = `${draft}-copy`
  try {
    closeSync(openSync(draft, 'wx', 0o600))
    fill(draft)
    copyFileSync(draft, copy, constants.COPYFILE_EXCL)
    return putInPlace(copy, path)
  } catch (error) {
    // What `fill` has to say itself is said as it is.
    throw isSystemError(error) ? asStoreError(error, `\`${path}\` cannot be made`) : error
  } finally {
    for (const ending of [...BESIDE, '-copy']) rmSync(draft + ending, { force: true })
  }
}

/** Gives the file its name unless somebody has it, durably. */
function putInPlace(copy: string, path: string): boolean {
  const file = openSync(copy, 'r')
  fsyncSync(file)
  closeSync(file)
  try {
    linkSync(copy, path)
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
  syncFolder(dirname(path))
  return true
}

/** After this, the names in the folder survive a loss of power. */
export function syncFolder(folder: string): void {
  if (!HAS_MODES) return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

export function sizeOf(path: string): number {
  return statOf(path)?.size ?? 0
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw asStoreError(error, `\`${path}\` cannot be used`)
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Of the file system or of SQLite. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

export function asStoreError(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error
  const Kind = resultCode(error) === RESULT.busy ? StoreTimeout : StoreError
  return new Kind(`${what}: ${messageOf(error)}`, { cause: error })
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8)}`
}
