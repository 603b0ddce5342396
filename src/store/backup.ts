/**
 * Backups of a store that is in use, and stores made from them.
 *
 * A backup shows one moment. It is written aside and gets its name when all of it is on the disk. Restoring reads and
 * verifies everything before the new store gets its place: there is all of it, or nothing.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GCM_KEY_SIZE, GCM_TAG_SIZE } from '../kms/crypto/gcm.js'
import { SecretPool } from '../kms/crypto/secret.js'
import type { Keyring } from '../kms/keyring/keyring.js'
import { KeyringError } from '../kms/keyring/keyring-error.js'
import { loadRootKey, nameOfSource, type RootKeySource } from '../kms/keyring/root-key-source.js'
import type { RootKey } from '../kms/keyring/root-key.js'
import { type SnapshotItem, type Store, StoreError } from '../kms/store.js'
import {
  type BackupCounts,
  BackupError,
  type BackupFrame,
  type BackupHead,
  encodeHead,
  encodeItem,
  LENGTH_SIZE,
  LONGEST_HEAD,
  MAX_PART,
  parseHead,
  parseItem,
  PartCipher,
  SALT_SIZE,
} from './backup-file.js'
import { parsePostgresUrl } from './postgres-address.js'
import { fillPostgresStore, postgresStoreExists } from './postgres-fill.js'
import { messageOf } from './sqlite-driver.js'
import { createDatabaseFile, databaseExists, databasePath, prepareFolder, syncFolder } from './sqlite-files.js'
import { fillDatabase } from './sqlite-fill.js'

const LABEL = Buffer.from('keyward backup v1', 'latin1')

export interface BackupOptions {
  readonly store: Store
  /** Of the store: the backup is encrypted under its root key. */
  readonly keyring: Keyring
  /** Must not be there yet. */
  readonly file: string
}

/** Writes a backup, mode 0600. Rejects with a BackupError, and leaves no file, where it cannot. */
export async function writeBackup({ store, keyring, file }: BackupOptions): Promise<BackupCounts> {
  if (existsSync(file)) throw new BackupError(`\`${file}\` is there already`)
  const salt = randomBytes(SALT_SIZE)
  const { description, key } = keyring.deriveForFile(LABEL, salt, GCM_KEY_SIZE)
  const head = encodeHead({ rootKey: description, salt: salt.toString('hex') })
  const draft = `${file}.part-${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    const counts = { rows: 0, auditRecords: 0 }
    try {
      const cipher = new PartCipher(key, head, keyring.secrets)
      await handle.writeFile(head)
      const frame: BackupFrame = { storeId: store.id }
      await handle.writeFile(cipher.seal(`${JSON.stringify(frame)}\n`, false))
      for await (const items of store.snapshot()) {
        for (const { kind } of items) counts[kind === 'row' ? 'rows' : 'auditRecords']++
        await handle.writeFile(cipher.seal(items.map(encodeItem).join(''), false))
      }
      await handle.writeFile(cipher.seal(`${JSON.stringify(counts satisfies BackupCounts)}\n`, true))
      await handle.sync()
    } finally {
      await handle.close()
    }
    // Unlike renaming, this takes no other file away.
    await link(draft, file)
    syncFolder(dirname(file))
    return counts
  } catch (error) {
    if (error instanceof StoreError || error instanceof BackupError) throw error
    throw new BackupError(`the backup \`${file}\` cannot be written: ${messageOf(error)}`, { cause: error })
  } finally {
    keyring.secrets.release(key)
    await rm(draft, { force: true })
  }
}

export type RestoreOptions = {
  readonly file: string
  readonly rootKey: RootKeySource
  /** Where there is no store yet: a folder, or the schema of a PostgreSQL database. */
} & ({ readonly folder: string } | { readonly url: string })

/**
 * Makes a store from a backup, with the same id. Rejects with a KeyringError for another root key, with a BackupError for a
 * damaged file, with a StoreError where the store cannot be.
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupCounts> {
  const { file, rootKey } = options
  const place = 'url' in options ? await emptyDatabase(options.url) : emptyFolder(options.folder)
  const secrets = new SecretPool()
  const source = openBackup(file)
  try {
    const { head, bytes } = source
    const root = await rootKeyFor(head, rootKey, secrets)
    const key = root.derive(LABEL, Buffer.from(head.salt, 'hex'), GCM_KEY_SIZE)
    root.release()
    let counts: BackupCounts = { rows: 0, auditRecords: 0 }
    try {
      const isPlaced = await place.fill(() => {
        const content = new BackupContent(source.parts(new PartCipher(key, bytes, secrets)))
        const verify = (): void => {
          counts = content.verifiedCounts()
        }
        return { storeId: content.storeId, items: content.items(), verify }
      })
      if (!isPlaced) throw new BackupError(`a store has come to \`${place.name}\` meanwhile, and is left as it is`)
    } finally {
      secrets.release(key)
    }
    return counts
  } finally {
    source.close()
  }
}

/** A place without a store. */
interface Place {
  /** For people. */
  readonly name: string
  /** All of it, or nothing; false where a store has come there meanwhile. */
  fill(open: () => Content): boolean | Promise<boolean>
}

interface Content {
  readonly storeId: string
  readonly items: Iterable<SnapshotItem>
  /** Throws where what came is not all there was. */
  readonly verify: () => void
}

function emptyFolder(folder: string): Place {
  prepareFolder(folder)
  const path = databasePath(folder)
  if (databaseExists(path)) throw holdsStore(folder)
  return {
    name: folder,
    fill: (open) =>
      createDatabaseFile(path, (draft) => {
        const { storeId, items, verify } = open()
        fillDatabase(draft, storeId, items)
        verify()
      }),
  }
}

async function emptyDatabase(url: string): Promise<Place> {
  const { shown } = parsePostgresUrl(url)
  if (await postgresStoreExists(url)) throw holdsStore(shown)
  return { name: shown, fill: (open) => fillPostgresStore({ url, ...open() }) }
}

function holdsStore(place: string): BackupError {
  return new BackupError(`\`${place}\` holds a store already; a backup is restored where none is`)
}

async function rootKeyFor({ rootKey }: BackupHead, source: RootKeySource, secrets: SecretPool): Promise<RootKey> {
  const key = await loadRootKey(source, rootKey, secrets)
  if (key?.id === rootKey.id) return key
  const given = key === undefined ? nameOfSource(source) : `${nameOfSource(source)} is ${key.id}`
  key?.release()
  throw new KeyringError(`the backup wants the root key ${rootKey.id}; given: ${given}`)
}

interface BackupSource {
  readonly head: BackupHead
  /** The first line with its end. */
  readonly bytes: Buffer
  /** Opened one after the other. */
  parts(cipher: PartCipher): Iterable<string>
  close(): void
}

function openBackup(file: string): BackupSource {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    throw new BackupError(`the backup \`${file}\` cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const { size } = fstatSync(handle)
    const start = readAt(handle, 0, Math.min(size, LONGEST_HEAD))
    const end = start.indexOf(0x0a)
    const head = parseHead(end === -1 ? '' : start.toString('utf8', 0, end))
    const bytes = start.subarray(0, end + 1)
    return {
      head,
      bytes,
      parts: (cipher) => readParts(handle, bytes.length, size, cipher),
      close: () => closeSync(handle),
    }
  } catch (error) {
    closeSync(handle)
    throw error
  }
}

function* readParts(handle: number, start: number, size: number, cipher: PartCipher): Iterable<string> {
  for (let at = start; at < size;) {
    const length = at + LENGTH_SIZE <= size ? readAt(handle, at, LENGTH_SIZE).readUInt32BE() : 0
    const end = at + LENGTH_SIZE + length + GCM_TAG_SIZE
    if (end > size || length > MAX_PART) throw new BackupError('the backup has lost its end')
    yield cipher.open(readAt(handle, at + LENGTH_SIZE, length + GCM_TAG_SIZE), end === size)
    at = end
  }
}

function readAt(handle: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const more = readSync(handle, bytes, read, length - read, position + read)
    if (more === 0) throw new BackupError('the backup has lost its end')
    read += more
  }
  return bytes
}

/** What stands in the opened parts: first the store's id, then the items, in the last part their numbers. */
class BackupContent {
  readonly storeId: string
  readonly #parts: Iterator<string>
  readonly #seen = { rows: 0, auditRecords: 0 }
  #told: BackupCounts | undefined

  constructor(parts: Iterable<string>) {
    this.#parts = parts[Symbol.iterator]()
    const first = this.#parts.next()
    const frame: unknown = first.done === true ? undefined : JSON.parse(first.value)
    if (!isFrame(frame)) throw new BackupError('the backup does not tell its store')
    this.storeId = frame.storeId
  }

  *items(): Iterable<SnapshotItem> {
    for (let part = this.#parts.next(); part.done !== true; part = this.#parts.next()) {
      for (const line of part.value.split('\n').slice(0, -1)) {
        if (line.startsWith('{')) {
          this.#told = JSON.parse(line) as BackupCounts
          continue
        }
        const item = parseItem(line)
        this.#seen[item.kind === 'row' ? 'rows' : 'auditRecords']++
        yield item
      }
    }
  }

  /** Of everything; the numbers that were written must be those that came. */
  verifiedCounts(): BackupCounts {
    const { rows, auditRecords } = this.#seen
    if (this.#told?.rows !== rows || this.#told.auditRecords !== auditRecords) {
      throw new BackupError('the backup is not complete')
    }
    return { rows, auditRecords }
  }
}

function isFrame(value: unknown): value is BackupFrame {
  if (typeof value !== 'object' || value === null || !('storeId' in value)) return false
  return typeof value.storeId === 'string' && /^[0-9a-f]{32}$/.test(value.storeId)
}
