/**
 * `keyward kms rotate-root-key`: everything secret in a store encrypted under another root key, while it is in use.
 *
 * Where the root key is a file and nothing else is asked for, the new one is made beside it and takes its name at the end;
 * the old one stays under another name, because older backups want it. What is interrupted anywhere goes on with the same
 * command.
 */
import { existsSync, linkSync, renameSync } from 'node:fs'
import { Command } from 'commander'
import { SecretPool } from '../kms/crypto/secret.js'
import { openKeyring, type Keyring } from '../kms/keyring/keyring.js'
import type { RewrapOutcome } from '../kms/keyring/rewrap.js'
import {
  hasRootKey,
  initRootKey,
  loadNewRootKey,
  nameOfSource,
  type RootKeySource,
} from '../kms/keyring/root-key-source.js'
import { escapeTerminal } from '../text/escape.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import {
  addNextRootKeyOptions,
  addRootKeyOptions,
  chosenRootKey,
  nextRootKeyPath,
  wantedRootKeys,
  type RootKeyOptions,
} from './kms-root-key.js'
import {
  addDataOption,
  dataFolder,
  openStore,
  orRefuse,
  Refusal,
  refuse,
  runCommandLine,
  type DataOptions,
} from './kms-store.js'
import { writeOut } from './terminal.js'

const EXAMPLES = `Examples:
  keyward kms rotate-root-key --data-dir keys
  keyward kms rotate-root-key --data-dir keys --to-passphrase
  keyward kms rotate-root-key --data-dir keys --to-root-key-file /mnt/usb/root.key
`

interface RotateOptions extends DataOptions, RootKeyOptions {
  readonly toRootKeyFile?: string
  readonly toRootKeyEnv?: string | true
  readonly toPassphrase?: true
  readonly toPassphraseFile?: string
  readonly toPkcs11Library?: string
  readonly toPkcs11Token?: string
  readonly toPkcs11Key?: string
  readonly toPkcs11PinFile?: string
  readonly toPkcs11PinEnv?: string
}

export function runRotateRootKey(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward kms rotate-root-key')
    .description('Encrypt everything secret in a store under another root key, while it is in use.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', '\nWhat was interrupted goes on with the same command. Backups keep the root key they have.')
  addDataOption(command)
  addRootKeyOptions(command)
  addNextRootKeyOptions(command)
  return runCommandLine<RotateOptions>(command, words, rotate)
}

async function rotate(options: RotateOptions): Promise<ExitCode> {
  const folder = dataFolder(options)
  const store = await openStore(folder)
  try {
    const from = orRefuse(await wantedRootKeys(options, folder, store))
    const chosen = orRefuse(await chosenRootKey(targetOf(options), { isNew: true }))
    const to = chosen ?? besides(from.rootKey)
    if ((to.kind === 'file' || to.kind === 'pkcs11') && !hasRootKey(to)) initRootKey(to)
    const keyring = await openKeyring({ store, rootKey: from.rootKey, otherRootKey: to })
    try {
      const before = keyring.rootKeyId
      const outcome = (await isCurrent(to, keyring)) ? NOTHING : await keyring.rotateRootKey(to)
      if (outcome.damaged.length > 0) {
        const names = outcome.damaged.join(', ')
        return refuse(`the old root key is still wanted: what is secret in these rows does not open: ${names}`)
      }
      const place =
        chosen === undefined && from.rootKey.kind === 'file' ? await takePlace(from.rootKey.path) : undefined
      await writeOut(report({ to, id: keyring.rootKeyId, before, rows: outcome.rows, place }))
      return EXIT.ok
    } finally {
      keyring.close()
    }
  } finally {
    await store.close()
  }
}

const NOTHING: RewrapOutcome = { rows: 0, damaged: [] }

function targetOf(options: RotateOptions): RootKeyOptions {
  const { toRootKeyFile, toRootKeyEnv, toPassphrase, toPassphraseFile } = options
  const { toPkcs11Library, toPkcs11Token, toPkcs11Key, toPkcs11PinFile, toPkcs11PinEnv } = options
  return {
    ...(toRootKeyFile !== undefined && { rootKeyFile: toRootKeyFile }),
    ...(toRootKeyEnv !== undefined && { rootKeyEnv: toRootKeyEnv }),
    ...(toPassphrase !== undefined && { passphrase: toPassphrase }),
    ...(toPassphraseFile !== undefined && { passphraseFile: toPassphraseFile }),
    ...(toPkcs11Library !== undefined && { pkcs11Library: toPkcs11Library }),
    ...(toPkcs11Token !== undefined && { pkcs11Token: toPkcs11Token }),
    ...(toPkcs11Key !== undefined && { pkcs11Key: toPkcs11Key }),
    ...(toPkcs11PinFile !== undefined && { pkcs11PinFile: toPkcs11PinFile }),
    ...(toPkcs11PinEnv !== undefined && { pkcs11PinEnv: toPkcs11PinEnv }),
  }
}

/** The file beside the one in use. */
function besides(from: RootKeySource): RootKeySource {
  if (from.kind === 'file') return { kind: 'file', path: nextRootKeyPath(from.path) }
  throw new Refusal(`the root key is ${nameOfSource(from)}; say with a \`--to-\` option what it is to be afterwards`)
}

/** Whether only the names of the files were left to change when it was interrupted. */
async function isCurrent(to: RootKeySource, keyring: Keyring): Promise<boolean> {
  if (to.kind !== 'file' || keyring.isRotating) return false
  const { key } = await loadNewRootKey(to, keyring.secrets)
  key.release()
  return key.id === keyring.rootKeyId
}

/** Gives the new file the name of the old one. Whatever happens, both are there under some name. */
async function takePlace(path: string): Promise<{ readonly path: string; readonly old: string }> {
  const { key } = await loadNewRootKey({ kind: 'file', path }, new SecretPool())
  key.release()
  const old = `${path}.old-${key.id.slice(0, 8)}`
  if (!existsSync(old)) linkSync(path, old)
  renameSync(nextRootKeyPath(path), path)
  return { path, old }
}

interface Rotated {
  readonly to: RootKeySource
  readonly id: string
  readonly before: string
  readonly rows: number
  readonly place: { readonly path: string; readonly old: string } | undefined
}

function report({ to, id, before, rows, place }: Rotated): string {
  const now = place === undefined ? nameOfSource(to).replaceAll('`', '') : `the file ${place.path}`
  const old = place === undefined ? `id ${before}` : `in ${place.old}`
  return escapeTerminal(
    `Rotated the root key; ${rows === 1 ? '1 row was' : `${rows} rows were`} encrypted anew.

  root key  ${now} (id ${id})
  old one   ${old}

Backups that were written before still open with the old one alone.
`,
    { multiline: true },
  )
}
