/**
 * The checks of a root key: is it there, is it the one of this store, who else can read it, and can anybody sign.
 */
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { openKeyring } from '../kms/keyring/keyring.js'
import { KeyringError } from '../kms/keyring/keyring-error.js'
import { ROOT_KEY_ROW } from '../kms/keyring/root-key-row.js'
import type { Store } from '../kms/store.js'
import { listCredentials } from '../server/auth/credential-rows.js'
import { quote } from '../text/escape.js'
import { ok, problem, warning, type Finding } from './doctor-finding.js'
import { wantedRootKeys, type RootKeyOptions } from './kms-root-key.js'

const CHECK = 'root key'
const OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022

/** @param place - of the store: a folder, or the URL of a database. */
export async function checkRootKey(options: RootKeyOptions, place: string, store: Store): Promise<readonly Finding[]> {
  if ((await store.get(ROOT_KEY_ROW)) === undefined) {
    return [warning(CHECK, 'the store has none yet', 'the first server that opens the store gives it one')]
  }
  const wanted = await wantedRootKeys(options, place, store)
  if (!wanted.ok) return [problem(CHECK, wanted.error, 'name the root key with one of the options `--root-key-...`')]
  const { rootKey } = wanted.value
  try {
    const keyring = await openKeyring({ store, ...wanted.value })
    const { rootKeyId, isRotating } = keyring
    keyring.close()
    return [
      ok(CHECK, `${rootKeyId} opens the store`),
      ...(isRotating
        ? [
            warning(
              CHECK,
              'a rotation has begun and not ended',
              'run `keyward kms rotate-root-key` again with the same keys',
            ),
          ]
        : []),
      ...(rootKey.kind === 'file' ? checkFile(rootKey.path, place) : []),
      ...(rootKey.kind === 'environment'
        ? [
            warning(
              CHECK,
              'it stands in an environment variable, which whoever may look at the process can read',
              'put it into a file of mode 0600, and name that with `--root-key-file`',
            ),
          ]
        : []),
    ]
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error
    const { message } = error
    if (rootKey.kind === 'file' && isOpenToOthers(rootKey.path)) {
      return [problem(CHECK, message, `chmod 600 ${rootKey.path}; who could read it until now may have a copy`)]
    }
    return [problem(CHECK, message, 'nothing in the store can be used without its root key; find it, or restore it')]
  }
}

function isOpenToOthers(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return process.platform !== 'win32' && stats !== undefined && (stats.mode & OTHERS) !== 0
}

/** That the file itself is closed to others, whoever reads it has seen to. */
function checkFile(path: string, place: string): readonly Finding[] {
  const folder = dirname(path)
  const { mode } = statSync(folder)
  if (process.platform !== 'win32' && (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) {
    return [
      warning(
        CHECK,
        `other users can replace its file, since they may write to ${quote(folder, 200)}`,
        `chmod go-w ${folder}`,
      ),
    ]
  }
  const isBeside = folder === place.replace(/\/$/, '')
  return [
    ok(
      CHECK,
      isBeside
        ? 'its file is closed to other users; it lies beside the store, so a copy of the folder holds both'
        : 'its file is closed to other users',
    ),
  ]
}

const STICKY = 0o1000

export async function checkCredentials(store: Store): Promise<Finding> {
  let active = 0
  for await (const { revokedAtMs } of listCredentials(store)) if (revokedAtMs === undefined) active++
  if (active > 0) return ok('credentials', active === 1 ? '1 access key can sign' : `${active} access keys can sign`)
  return warning('credentials', 'nobody can sign requests', '`keyward credentials add` makes an access key')
}
