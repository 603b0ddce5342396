/**
 * What a server answers with: store, root key, credentials, engine, token service, opened in their order and closed in the
 * other one. On a machine where nothing is yet, it is made; a database that several servers share is never taken for new.
 */
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createAuthorizer } from '../explain/authorizer.js'
import { after } from '../kms/awaitable.js'
import { SlowPool } from '../kms/crypto/slow.js'
import { createKms, type Kms } from '../kms/engine.js'
import { openKeyring, type Keyring } from '../kms/keyring/keyring.js'
import { KeyringError } from '../kms/keyring/keyring-error.js'
import { ROOT_KEY_ROW } from '../kms/keyring/root-key-row.js'
import { hasRootKey, initRootKey } from '../kms/keyring/root-key-source.js'
import { partitionOf } from '../kms/row-names.js'
import type { Store } from '../kms/store.js'
import { createAuthenticate } from '../server/auth/authenticate.js'
import { openCredentials, type Credentials, type NewCredential } from '../server/auth/credentials.js'
import type { ServerBackend } from '../server/http/server.js'
import { ADMISSION_LIMITS } from '../server/operations/admission.js'
import { tellFailedCommits } from '../server/operations/commit-failures.js'
import { watchKeyring, watchStore, type Watch } from '../server/operations/taps.js'
import { createSts } from '../server/sts/sts.js'
import { createMemoryStore } from '../store/memory.js'
import { openSqliteStore } from '../store/sqlite.js'
import { databasePath } from '../store/sqlite-files.js'
import { quote } from '../text/escape.js'
import { readClusters, readXksTransport } from './kms-clusters.js'
import { chosenRootKey, rootKeyPath, wantedRootKeys, type RootKeys } from './kms-root-key.js'
import { orRefuse, Refusal } from './kms-store.js'
import type { ServedStore, ServeSettings } from './serve-options.js'
import type { ServedWorld } from './serve-world.js'

export interface Opened extends ServerBackend {
  /** Where everything is, for people. */
  readonly store: string
  readonly isNew: boolean
  /** The first access key, made now. Its secret is nowhere else. */
  readonly firstKey: NewCredential | undefined
  close(): Promise<void>
}

/** How often the engine looks for what is due by itself. */
const TICK_MS = 1000

export async function openBackend(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  warn: (message: string) => void,
  watch?: Watch,
): Promise<Opened> {
  const closers: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    const failures: unknown[] = []
    for (const each of closers.splice(0).toReversed()) {
      try {
        await each()
      } catch (error) {
        failures.push(error)
      }
    }
    // Whatever could not be closed, the rest is.
    if (failures.length > 0) throw failures[0]
  }
  try {
    const store = await openServedStore(settings.store)
    closers.push(() => store.close())
    tellFailedCommits(store, { onNotice: warn })
    const { rootKeys, isNew } = await rootKeysOf(settings, store)
    const keyring = await openKeyring({ store, ...rootKeys })
    closers.push(() => keyring.close())
    const credentials = await openCredentials({ store, keyring })
    closers.push(() => credentials.close())
    const { kms, sts } = openServices(settings, { store, keyring, credentials, world, warn, watch })
    closers.push(() => kms.close(), tickEvery(kms, warn))
    return {
      kms,
      sts,
      authenticate: createAuthenticate({ credentials }),
      readiness: [
        { name: 'store', check: () => after(store.version(), () => undefined) },
        { name: 'root key', check: () => rootKeyIsThere(keyring) },
      ],
      store: nameOf(settings.store),
      isNew,
      // Last: nothing that fails afterwards can take its secret away.
      firstKey: await makeFirstKey(settings, credentials),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly store: Store
  readonly keyring: Keyring
  readonly credentials: Credentials
  readonly world: ServedWorld | undefined
  readonly warn: (message: string) => void
  readonly watch: Watch | undefined
}

function openServices(
  { mode, region, rates, options, operations }: ServeSettings,
  { keyring, credentials, world, warn, watch, ...parts }: Parts,
): Required<Pick<ServerBackend, 'kms' | 'sts'>> {
  const authorizer = createAuthorizer({ uncomparable: 'deny' })
  watch?.secrets(() => keyring.secrets.live)
  const store = watch === undefined ? parts.store : watchStore(parts.store, watch.committed)
  const { maxWaiting = ADMISSION_LIMITS.maxWaiting } = operations.limits
  const threads = Math.max(1, Math.floor(availableParallelism() / operations.processes))
  const kms = createKms({
    store,
    keyring: watch === undefined ? keyring : watchKeyring(keyring, watch.rootKeyFailed),
    // Admission refuses before the queue is full: it knows how long the queue takes.
    slow: new SlowPool({ secrets: keyring.secrets, queueLimit: maxWaiting, threads }),
    mode,
    region,
    rates,
    authorizer,
    ...(world === undefined ? {} : { identities: world.identities }),
    cloudHsmClusters: readClusters(options),
    xksTransport: readXksTransport(options),
    onWarning: warn,
    ...(watch === undefined ? {} : { onDenied: watch.denied }),
  })
  watch?.loadedKeys(() => kms.loadedKeys)
  const sts = createSts({
    authorizer,
    credentials,
    store,
    mode,
    ...(watch === undefined ? {} : { onDenied: watch.denied }),
    ...(world === undefined ? {} : { managedPolicy: (arn: string) => world.managedPolicy(arn) }),
  })
  return { kms, sts }
}

/** Another process may have rotated to one that this process was not given. */
async function rootKeyIsThere(keyring: Keyring): Promise<string | undefined> {
  try {
    await keyring.refresh()
    return undefined
  } catch (error) {
    if (error instanceof KeyringError) return 'it is not the one of the store any more'
    throw error
  }
}

async function openServedStore(store: ServedStore): Promise<Store> {
  switch (store.kind) {
    case 'memory':
      return createMemoryStore()
    case 'folder':
      return openSqliteStore({ folder: store.folder })
    case 'postgres': {
      const { openPostgresStore } = await import('../store/postgres.js')
      return openPostgresStore({ url: store.url })
    }
  }
}

async function rootKeysOf(
  { store: where, options }: ServeSettings,
  store: Store,
): Promise<{ readonly rootKeys: RootKeys; readonly isNew: boolean }> {
  const isNew = (await store.get(ROOT_KEY_ROW)) === undefined
  if (where.kind === 'folder' && !isNew) {
    return { rootKeys: orRefuse(await wantedRootKeys(options, where.folder, store)), isNew }
  }
  const chosen = orRefuse(await chosenRootKey(options, { isNew }))
  switch (where.kind) {
    case 'memory':
      return { rootKeys: { rootKey: chosen ?? { kind: 'bytes', bytes: randomBytes(32) } }, isNew }
    case 'folder': {
      const rootKey = chosen ?? { kind: 'file', path: rootKeyPath(where.folder) }
      if (rootKey.kind === 'file' && !hasRootKey(rootKey)) initRootKey(rootKey)
      return { rootKeys: { rootKey }, isNew }
    }
    case 'postgres': {
      const path = process.env['KEYWARD_ROOT_KEY_FILE']
      const rootKey = chosen ?? (path === undefined ? undefined : ({ kind: 'file', path } as const))
      if (rootKey !== undefined) return { rootKeys: { rootKey }, isNew }
      throw new Refusal(
        'every server of a database needs the same root key: make one with `keyward init --print-root-key`, and give it ' +
          'to each with `--root-key-file` or `--root-key-env`',
      )
    }
  }
}

/** A database may be empty for several servers at once; whoever runs them makes its keys. */
async function makeFirstKey(
  { store, makesFirstKey, accountId, region }: ServeSettings,
  credentials: Credentials,
): Promise<NewCredential | undefined> {
  if (!makesFirstKey || store.kind === 'postgres' || !(await credentials.isEmpty())) return undefined
  return orRefuse(await credentials.add({ principal: `arn:${partitionOf(region)}:iam::${accountId}:root` }))
}

/** One at a time. Answers a function that ends it, once the last has ended. */
function tickEvery(kms: Kms, warn: (message: string) => void): () => Promise<void> {
  let ticking: Promise<void> | undefined
  const tick = async (): Promise<void> => {
    try {
      await kms.tick()
    } catch (error) {
      warn(
        `what is due could not be done, and is tried again: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    ticking = undefined
  }
  const timer = setInterval(() => {
    ticking ??= tick()
  }, TICK_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await ticking
  }
}

function nameOf(store: ServedStore): string {
  switch (store.kind) {
    case 'memory':
      return 'in memory, gone when the server ends'
    case 'folder':
      return databasePath(store.folder)
    case 'postgres': {
      const { host, pathname } = new URL(store.url)
      return `PostgreSQL at ${quote(host + pathname, 200)}`
    }
  }
}
