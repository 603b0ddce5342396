/**
 * The work of `keyward init`: a store that is empty, and the root key under which everything secret in it will be wrapped.
 *
 * Nothing that is there is changed: a folder with a store is refused, a root key that is there is used as it is. What was
 * made is taken back where the rest cannot be.
 */
import { Command } from 'commander'
import { SecretPool } from '../kms/crypto/secret.js'
import { openKeyring } from '../kms/keyring/keyring.js'
import { makeRootKeyText } from '../kms/keyring/root-key-text.js'
import {
  hasRootKey,
  initRootKey,
  loadNewRootKey,
  nameOfSource,
  removeRootKey,
  type MadeRootKeySource,
  type RootKeySource,
} from '../kms/keyring/root-key-source.js'
import { isPostgresUrl } from '../store/postgres-address.js'
import { postgresStoreExists } from '../store/postgres-fill.js'
import { openSqliteStore } from '../store/sqlite.js'
import { databaseExists, databasePath } from '../store/sqlite-files.js'
import { escapeTerminal, quote } from '../text/escape.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import {
  addRootKeyOptions,
  chosenRootKey,
  NOT_BESIDE_DATABASE,
  rootKeyPath,
  type RootKeyOptions,
} from './kms-root-key.js'
import {
  addDataOption,
  dataFolder,
  openStore,
  orRefuse,
  Refusal,
  runCommandLine,
  shownPlace,
  type DataOptions,
} from './kms-store.js'
import { writeOut } from './terminal.js'

const EXAMPLES = `Examples:
  keyward init --data-dir keys                                      a root key in keys/root.key
  keyward init --data-dir keys --root-key-file /mnt/usb/root.key    a root key that is kept elsewhere
  keyward init --data-dir keys --passphrase                         one that is made of a passphrase
  export KEYWARD_ROOT_KEY="$(keyward init --print-root-key)"
  keyward init --data-dir keys --root-key-env                       one from the environment
  keyward init --data-dir keys --pkcs11-library /usr/lib/softhsm/libsofthsm2.so --pkcs11-token main
                                                                    one that a token keeps
`

const AFTER = `
The store is one SQLite database, which only you can read. Everything secret in it is encrypted under
the root key, and whoever loses that loses every key in the store: keep a copy of it, apart from the
store and its backups.

Exit status: 0 made, 2 it could not be, or something is there already, 3 a defect of keyward.`

interface InitOptions extends DataOptions, RootKeyOptions {
  readonly printRootKey?: true
}

export function runInit(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward init')
    .description('Make a store for keys, with its root key, in a folder.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
  addDataOption(command)
  addRootKeyOptions(command)
  command.option('--print-root-key', 'print a new root key and do nothing else')
  return runCommandLine<InitOptions>(command, words, init)
}

async function init(options: InitOptions): Promise<ExitCode> {
  if (options.printRootKey === true) {
    const { text } = makeRootKeyText(new SecretPool())
    await writeOut(text.toString('latin1'))
    return EXIT.ok
  }
  const folder = dataFolder(options)
  const isDatabase = isPostgresUrl(folder)
  const database = isDatabase ? shownPlace(folder) : databasePath(folder)
  if (await isInUse(folder)) {
    throw new Refusal(`${quote(shownPlace(folder), 200)} holds a store already; nothing was changed`)
  }
  const chosen = orRefuse(await chosenRootKey(options, { isNew: true }))
  if (isDatabase && chosen === undefined) throw new Refusal(NOT_BESIDE_DATABASE)
  const rootKey = chosen ?? { kind: 'file', path: rootKeyPath(folder) }
  const made = canBeMade(rootKey) && !hasRootKey(rootKey) ? rootKey : undefined
  if (made !== undefined) initRootKey(made)
  try {
    const { id, store } = await makeStore(folder, rootKey)
    await writeOut(report({ folder, database, rootKey, isMade: made !== undefined, id, store }))
    return EXIT.ok
  } catch (error) {
    if (made !== undefined) removeRootKey(made)
    throw error
  }
}

function canBeMade(rootKey: RootKeySource): rootKey is MadeRootKeySource {
  return rootKey.kind === 'file' || rootKey.kind === 'pkcs11'
}

/** A store that has no root key yet was left behind when making one broke off: it is taken up again. */
async function isInUse(folder: string): Promise<boolean> {
  const isThere = isPostgresUrl(folder) ? await postgresStoreExists(folder) : databaseExists(databasePath(folder))
  if (!isThere) return false
  const store = await openStore(folder)
  try {
    return (await store.scan('', { limit: 1 })).rows.length > 0
  } finally {
    await store.close()
  }
}

async function makeStore(
  folder: string,
  rootKey: RootKeySource,
): Promise<{ readonly id: string; readonly store: string }> {
  // A root key that cannot be used is told before anything is made.
  if (rootKey.kind !== 'passphrase') (await loadNewRootKey(rootKey, new SecretPool())).key.release()
  else orRefuse(longEnough(rootKey.passphrase))
  const store = isPostgresUrl(folder)
    ? await (await import('../store/postgres.js')).openPostgresStore({ url: folder })
    : await openSqliteStore({ folder })
  try {
    const keyring = await openKeyring({ store, rootKey })
    const { rootKeyId } = keyring
    keyring.close()
    return { id: rootKeyId, store: store.id }
  } finally {
    await store.close()
  }
}

const SHORTEST_PASSPHRASE = 12

function longEnough({ length }: string): { readonly ok: true; readonly value: true } | { ok: false; error: string } {
  if (length >= SHORTEST_PASSPHRASE) return { ok: true, value: true }
  return { ok: false, error: `the passphrase has ${length} characters; expected at least ${SHORTEST_PASSPHRASE}` }
}

interface Made {
  readonly folder: string
  readonly database: string
  readonly rootKey: RootKeySource
  readonly isMade: boolean
  readonly id: string
  readonly store: string
}

function report({ folder, database, rootKey, isMade, id, store }: Made): string {
  const made = !canBeMade(rootKey)
    ? ''
    : !isMade
      ? ', which was there'
      : rootKey.kind === 'file'
        ? ', mode 0600'
        : ', new'
  const option = optionOf(rootKey, folder)
  const where = isPostgresUrl(folder) ? `--store ${database}` : `--data-dir ${folder}`
  return escapeTerminal(
    `Made a store for keys.

  store     ${database} (id ${store})
  root key  ${nameOfSource(rootKey).replaceAll('`', '')} (id ${id}${made})

Everything secret in the store is encrypted under the root key. If it is lost, every key in the
store is lost, and nobody can bring them back: keep a copy of it, apart from the store and its
backups.

Next:
  keyward kms create-key ${where}${option} --as arn:aws:iam::111122223333:root
`,
    { multiline: true },
  )
}

/** What later commands need to find it; nothing where they find it themselves. */
function optionOf(rootKey: RootKeySource, folder: string): string {
  const isElsewhere = isPostgresUrl(folder) || (rootKey.kind === 'file' && rootKey.path !== rootKeyPath(folder))
  if (rootKey.kind === 'file' && isElsewhere) return ` --root-key-file ${rootKey.path}`
  if (rootKey.kind === 'pkcs11') {
    return ` --pkcs11-library ${rootKey.library} --pkcs11-token ${rootKey.token} --pkcs11-key ${rootKey.key}`
  }
  return rootKey.kind === 'environment' && rootKey.variable !== undefined ? ` --root-key-env ${rootKey.variable}` : ''
}
