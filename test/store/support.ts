/** Stores for tests, folders that vanish, programs of their own, records to audit. */
import { build } from 'esbuild'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach } from 'vitest'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import type { Store } from '../../src/kms/store.js'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Inside of the project, so that packages are found from there. */
const BUILT = join(ROOT, 'node_modules/.cache/keyward-test-store')

/** One file of plain JavaScript with everything that a program imports from this project. */
export async function buildProgram(entry: string, name: string): Promise<URL> {
  mkdirSync(BUILT, { recursive: true })
  const target = join(BUILT, `${name}.js`)
  const draft = `${target}.${randomBytes(4).toString('hex')}.js`
  await build({
    entryPoints: [entry],
    outfile: draft,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  renameSync(draft, target)
  return pathToFileURL(target)
}

const folders: string[] = []
const stores: Store[] = []

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-store-'))
  folders.push(folder)
  return folder
}

/** Closed after the test, at the latest. */
export async function openTestStore(options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ folder: temporaryFolder(), ...options })
  stores.push(store)
  return store
}

export function auditRecord(number: number, extra: Partial<AuditRecord> = {}): AuditRecord {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'kms.amazonaws.com' },
    eventTime: '2026-01-02T03:04:05Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Encrypt',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '192.0.2.1',
    userAgent: 'test',
    requestParameters: null,
    responseElements: null,
    requestID: 'request',
    eventID: String(number),
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    ...extra,
  }
}
