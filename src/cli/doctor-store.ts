/**
 * The checks of a store: its folder or its database, whether it opens, and whether it can be written.
 *
 * Nothing in it is changed: what is written is a commit that only looks, and a file that is taken away again.
 *
 * Source: sqlite.org, "How To Corrupt An SQLite Database File", 2; Linux, `statfs(2)`.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError, type Store } from '../kms/store.js'
import { quote } from '../text/escape.js'
import { ok, problem, reasonOf, warning, type Finding } from './doctor-finding.js'

const CHECK = 'store'
const MB = 2 ** 20
const LITTLE_SPACE = 1024 * MB
const NO_SPACE = 100 * MB
/** A commit waits for one of them; many commits share it. */
const SLOW_SYNC_MS = 25
const SYNCS = 9
const OTHERS = 0o077
const HAS_MODES = process.platform !== 'win32'

/** Where SQLite's locks do not hold, by the number that Linux gives to a file system. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
])
const IN_MEMORY: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

/** What a machine says of a folder; given in tests. */
export interface Disk {
  readonly freeBytes: number
  readonly type: number
  readonly syncMs: number
}

export function checkFolder(folder: string, look: (folder: string) => Disk = diskOf): readonly Finding[] {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) {
    return [
      problem(
        CHECK,
        `there is no folder ${quote(folder, 200)}`,
        'name the store with `--store`, or make one with `keyward init` or `keyward serve`',
      ),
    ]
  }
  const found: Finding[] = []
  if (HAS_MODES && (stats.mode & OTHERS) !== 0) {
    const mode = `0${(stats.mode & 0o777).toString(8)}`
    found.push(problem(CHECK, `${quote(folder, 200)} is open to other users (mode ${mode})`, `chmod 700 ${folder}`))
  } else found.push(ok(CHECK, `${quote(folder, 200)} is closed to other users`))
  try {
    found.push(...checkDisk(look(folder)))
  } catch (error) {
    found.push(
      problem(
        CHECK,
        `${quote(folder, 200)} cannot be written: ${reasonOf(error)}`,
        'run as the user it belongs to, and make room on its disk',
      ),
    )
  }
  return found
}

function checkDisk({ freeBytes, type, syncMs }: Disk): readonly Finding[] {
  const network = NETWORK_FILE_SYSTEMS.get(type)
  const memory = IN_MEMORY.get(type)
  const free =
    freeBytes >= LITTLE_SPACE ? `${(freeBytes / LITTLE_SPACE).toFixed(1)} GB` : `${Math.floor(freeBytes / MB)} MB`
  const sync = `${syncMs.toFixed(2)} ms`
  return [
    ...(network === undefined
      ? []
      : [
          problem(
            CHECK,
            `the folder lies on a network file system (${network}), where processes can damage the database`,
            'move it to a local disk, or use PostgreSQL',
          ),
        ]),
    ...(memory === undefined
      ? []
      : [
          warning(
            CHECK,
            `the folder lies in memory (${memory})`,
            'move it to a disk: nothing there survives a restart of the machine',
          ),
        ]),
    freeBytes < NO_SPACE
      ? problem(CHECK, `its disk has ${free} left`, 'make room: on a full disk nothing can be written any more')
      : freeBytes < LITTLE_SPACE
        ? warning(CHECK, `its disk has ${free} left`, 'make room, or keep fewer audit records')
        : ok(CHECK, `its disk has ${free} left`),
    syncMs > SLOW_SYNC_MS
      ? warning(
          CHECK,
          `its disk takes ${sync} to make a write safe`,
          'every change waits for that; a faster disk makes changes faster',
        )
      : ok(CHECK, `its disk takes ${sync} to make a write safe`),
  ]
}

function diskOf(folder: string): Disk {
  const { bavail, bsize, type } = statfsSync(folder)
  const aside = mkdtempSync(join(folder, '.doctor-'))
  try {
    return { freeBytes: bavail * bsize, type, syncMs: syncTimeMs(join(aside, 'sync')) }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** The middle one of several. */
function syncTimeMs(path: string): number {
  const file = openSync(path, 'wx', 0o600)
  try {
    const page = Buffer.alloc(4096, 1)
    const times = Array.from({ length: SYNCS }, (_, index) => {
      const startedMs = performance.now()
      writeSync(file, page, 0, page.length, index * page.length)
      fsyncSync(file)
      return performance.now() - startedMs
    })
    return times.toSorted((a, b) => a - b)[SYNCS >> 1] ?? 0
  } finally {
    closeSync(file)
  }
}

/** A row that is never there: a commit that expects as much changes nothing, and goes all of its way. */
const NO_ROW = 'doctor/none'

export async function checkStore(store: Store): Promise<readonly Finding[]> {
  try {
    await store.version()
    const found = [ok(CHECK, `it opens, and is store ${store.id}`)]
    const done = await store.commit([{ kind: 'check', name: NO_ROW, expect: 'absent' }], [])
    return done.ok
      ? [...found, ok(CHECK, 'it takes commits')]
      : [
          ...found,
          problem(
            CHECK,
            `a row ${quote(NO_ROW, 40)} is in it that nobody should have made`,
            'find out who writes to the database',
          ),
        ]
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return [problem(CHECK, error.message, 'look at the disk or the database; the store takes no changes as it is')]
  }
}
