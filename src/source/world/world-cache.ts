/**
 * Worlds that were read before, kept in a folder of the user: a second question to a large world reads what it needs.
 *
 * The name of an entry is made of what it was made from: this program, and of every file of the world its name, size,
 * times and number. A changed, added or removed file makes another name, and that is the whole of invalidation. Entries
 * are written beside their place and moved there, readable by nobody else. A world that is read quickly is not kept.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newSha256 } from './sha256.js'
import { EntryReader, EntryWriter } from './stored-entries.js'
import { STORED_FORM } from './stored-form.js'
import { storeWorld } from './store-world.js'
import { storedHead, StoredWorld } from './stored-world.js'
import type { WorldFolder } from './world-folder.js'
import type { Steps } from './world-progress.js'
import type { AskedWorld, World } from './world.js'

export interface CacheOptions {
  /** Where entries are kept; made when the first is written. */
  readonly folder: string
  /** Of all entries together; 1 GiB when left out. */
  readonly maxBytes?: number
  /** A world with fewer bytes and fewer files is not kept; 1 MiB and 200 files when left out. */
  readonly fromBytes?: number
  readonly fromFiles?: number
  /** Files that changed less than this before they were listed might change again unseen; 1000 when left out. */
  readonly settledAfterMs?: number
}

/** A world, and what is said of its files before an answer. */
export interface OpenedWorld {
  readonly world: AskedWorld
  /** Parts of the files that cannot be used. */
  readonly unusable: number
  readonly contradictions: number
}

const MIB = 1024 * 1024
const SUFFIX = '.world'
/** Left behind by a program that was stopped, once it is this much older than the entry that is written. */
const STALE_MS = 60 * 60 * 1000

export class WorldCache {
  private readonly key: string
  private readonly path: string
  private readonly listedAtMs = Date.now()

  private constructor(
    private readonly options: CacheOptions,
    private readonly folder: WorldFolder,
  ) {
    this.key = keyOf(folder)
    this.path = join(options.folder, `${groupOf(folder)}-${this.key}${SUFFIX}`)
  }

  /** Undefined for a world that is not worth keeping. */
  static of(folder: WorldFolder, options: CacheOptions): WorldCache | undefined {
    const { fromBytes = MIB, fromFiles = 200 } = options
    return folder.bytes < fromBytes && folder.files.length < fromFiles ? undefined : new WorldCache(options, folder)
  }

  /** @param readAnew - the same world from its files, should the entry turn out to be damaged. */
  find(readAnew: () => AskedWorld): OpenedWorld | undefined {
    const entries = EntryReader.open(this.path)
    const head = entries === undefined ? undefined : storedHead(entries, this.key)
    if (entries === undefined || head === undefined) return undefined
    quietly(() => {
      // The entry that was not used for longest goes first.
      const now = new Date()
      utimesSync(this.path, now, now)
    })
    const world = new StoredWorld({ entries, head, files: this.folder.files, readAnew: () => this.replaced(readAnew) })
    return { world, unusable: head.unusable, contradictions: head.contradictions }
  }

  private replaced(readAnew: () => AskedWorld): AskedWorld {
    quietly(() => unlinkSync(this.path))
    return readAnew()
  }

  /** Keeps a world where that is possible; answers do not hang on it. Tells the part of the work that is done. */
  *keep(world: World, unusable: number): Steps<number, void> {
    const { settledAfterMs = 1000 } = this.options
    if (this.folder.changedAtNs > BigInt(this.listedAtMs - settledAfterMs) * 1_000_000n) return
    const draft = `${this.path}.${process.pid}-${process.hrtime.bigint()}.tmp`
    let isWhole = false
    try {
      mkdirSync(this.options.folder, { recursive: true, mode: 0o700 })
      const file = openSync(draft, 'wx', 0o600)
      try {
        const fileNames = this.folder.files.map(({ name }) => name)
        yield* storeWorld(new EntryWriter(file), { world, fileNames, key: this.key, unusable })
      } finally {
        closeSync(file)
      }
      renameSync(draft, this.path)
      isWhole = true
      this.tidy()
    } catch (error) {
      if (!isOfFileSystem(error)) throw error
    } finally {
      // Also where whoever takes the steps has given up.
      if (!isWhole) quietly(() => unlinkSync(draft))
    }
  }

  /** Removes what this folder had before, and the oldest entries of others where there are too many bytes. */
  private tidy(): void {
    const { folder, maxBytes = 1024 * MIB } = this.options
    const group = groupOf(this.folder)
    const written = statSync(this.path)
    let bytes = written.size
    const others = readdirSync(folder)
      .filter((name) => NAME.test(name) && join(folder, name) !== this.path)
      .map((name) => ({ name, path: join(folder, name), stats: statSync(join(folder, name)) }))
      .toSorted((left, right) => right.stats.mtimeMs - left.stats.mtimeMs)
    for (const { name, path, stats } of others) {
      const isDraft = name.endsWith('.tmp')
      if (isDraft && written.mtimeMs - stats.mtimeMs < STALE_MS) continue
      if (isDraft || name.startsWith(group) || bytes + stats.size > maxBytes) quietly(() => unlinkSync(path))
      else bytes += stats.size
    }
  }
}

/** Entries and drafts of them: nothing else in the folder is ever removed. */
const NAME = /^[0-9a-f]{16}-[0-9a-f]{64}\.world(?:\.[0-9-]+\.tmp)?$/

/** The file system may be full, or not ours to write. A defect of this program is not passed over. */
function quietly(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isOfFileSystem(error)) throw error
  }
}

function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

/** Entries of one folder: of these only the last is of use. */
function groupOf({ path }: WorldFolder): string {
  return newSha256().update(resolve(path)).digest('hex').slice(0, 16)
}

function keyOf({ files }: WorldFolder): string {
  const hash = newSha256().update(`${STORED_FORM}\n${programStamp()}\n`)
  let lines = ''
  // With its length no name can be taken for the end of itself and the beginning of the next.
  for (const { name, stamp } of files) lines += `${stamp} ${name.length} ${name}\n`
  return hash.update(lines).digest('hex')
}

/** Version and folder of this program, as it was built: another one may read the same files otherwise. */
function programStamp(): string {
  const folder = dirname(fileURLToPath(import.meta.url))
  return `${folder} ${statSync(folder).mtimeMs} ${packageVersion(folder)}`
}

function packageVersion(folder: string): string {
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    const text = packageText(join(at, 'package.json'))
    if (text !== undefined) return text
  }
  return ''
}

function packageText(path: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const isOurs = typeof value === 'object' && value !== null && 'version' in value && 'name' in value
    return isOurs && value.name === 'keyward' && typeof value.version === 'string' ? value.version : undefined
  } catch {
    return undefined
  }
}
