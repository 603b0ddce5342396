/**
 * Where a command finds the root key of a store: the options that say so, and what is taken where none does.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { parseRootKeyRow, ROOT_KEY_ROW } from '../kms/keyring/root-key-row.js'
import type { RootKeySource } from '../kms/keyring/root-key-source.js'
import type { Store } from '../kms/store.js'
import { isPostgresUrl } from '../store/postgres-address.js'
import { escapeTerminal } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { askPassphrase, canAsk, readPassphrase } from './kms-passphrase.js'

/** The label of a key in a token. */
const DEFAULT_TOKEN_KEY = 'keyward'

export interface RootKeyOptions {
  readonly rootKeyFile?: string
  /** The name of a variable; true for the usual one. */
  readonly rootKeyEnv?: string | true
  /** Path, or - for standard input. */
  readonly passphraseFile?: string
  readonly passphrase?: true
  /** Path of a PKCS #11 library. */
  readonly pkcs11Library?: string
  readonly pkcs11Token?: string
  readonly pkcs11Key?: string
  /** Path, or - for standard input. */
  readonly pkcs11PinFile?: string
  /** The name of a variable. */
  readonly pkcs11PinEnv?: string
}

/** Nothing stands beside a database. */
export const NOT_BESIDE_DATABASE =
  'the root key of a store in a database is elsewhere: name it, with `--root-key-file`, say'

export interface RootKeys {
  readonly rootKey: RootKeySource
  /** The newer one of a rotation that was interrupted. */
  readonly otherRootKey?: RootKeySource
}

export function addRootKeyOptions(command: Command): Command {
  const file = 'file with the root key; $KEYWARD_ROOT_KEY_FILE, or root.key in the data folder, when left out'
  return addOptions(command, 'Root key of the store:', '', file)
}

/** The same once more, of the root key that a rotation leads to. */
export function addNextRootKeyOptions(command: Command): Command {
  const heading = 'The root key afterwards (a new file in place of the old one when left out):'
  return addOptions(command, heading, 'to-', 'file with the root key; made when it is not there')
}

function addOptions(command: Command, heading: string, prefix: string, file: string): Command {
  return command
    .optionsGroup(heading)
    .option(`--${prefix}root-key-file <file>`, file)
    .option(`--${prefix}root-key-env [name]`, 'environment variable with the root key, KEYWARD_ROOT_KEY unless named')
    .option(`--${prefix}passphrase`, 'ask for a passphrase at the terminal')
    .option(`--${prefix}passphrase-file <file>`, 'file whose first line is the passphrase, - for standard input')
    .option(
      `--${prefix}pkcs11-library <file>`,
      'PKCS #11 library of a token with the root key; $KEYWARD_PKCS11_LIBRARY',
    )
    .option(`--${prefix}pkcs11-token <label>`, 'its token; $KEYWARD_PKCS11_TOKEN')
    .option(`--${prefix}pkcs11-key <label>`, 'its key; $KEYWARD_PKCS11_KEY, or keyward when left out')
    .option(`--${prefix}pkcs11-pin-file <file>`, 'file whose first line is the PIN; $KEYWARD_PKCS11_PIN_FILE')
    .option(`--${prefix}pkcs11-pin-env <name>`, 'variable with the PIN; $KEYWARD_PKCS11_PIN, or you are asked for it')
}

/** The root key file that belongs to a folder, unless somebody wants it elsewhere. */
export function rootKeyPath(folder: string): string {
  return join(folder, 'root.key')
}

/** Where a rotation puts the new one until everything is encrypted under it. */
export function nextRootKeyPath(path: string): string {
  return `${path}.new`
}

/** What the options ask for; undefined where they say nothing. */
export async function chosenRootKey(
  options: RootKeyOptions,
  { isNew }: { readonly isNew: boolean },
): Promise<Result<RootKeySource | undefined, string>> {
  const { rootKeyFile, rootKeyEnv, passphrase, passphraseFile } = options
  const isInToken = asksForToken(options)
  const given = [rootKeyFile, rootKeyEnv, passphrase, passphraseFile, isInToken ? true : undefined]
  if (given.filter((each) => each !== undefined).length > 1)
    return failure('a store has one root key: give one of the options that name it')
  if (rootKeyFile !== undefined) return { ok: true, value: { kind: 'file', path: rootKeyFile } }
  if (rootKeyEnv !== undefined) {
    return { ok: true, value: { kind: 'environment', ...(rootKeyEnv === true ? {} : { variable: rootKeyEnv }) } }
  }
  if (isInToken) return tokenKey(options)
  if (passphraseFile !== undefined) return passphraseOf(readPassphrase(passphraseFile))
  return passphrase === undefined ? { ok: true, value: undefined } : askedPassphrase(isNew)
}

/** What opens this store: what the options ask for, else what the store itself remembers of its root key. */
export async function wantedRootKeys(
  options: RootKeyOptions,
  folder: string,
  store: Store,
): Promise<Result<RootKeys, string>> {
  const chosen = await chosenRootKey(options, { isNew: false })
  if (!chosen.ok) return chosen
  if (chosen.value !== undefined) return { ok: true, value: withNext(chosen.value) }
  const row = await store.get(ROOT_KEY_ROW)
  const kind = row === undefined ? 'file' : parseRootKeyRow(row).current.kind
  switch (kind) {
    case 'file': {
      const path = process.env['KEYWARD_ROOT_KEY_FILE'] ?? (isPostgresUrl(folder) ? undefined : rootKeyPath(folder))
      if (path === undefined) return failure(NOT_BESIDE_DATABASE)
      return { ok: true, value: withNext({ kind: 'file', path }) }
    }
    case 'environment':
      return { ok: true, value: { rootKey: { kind: 'environment' } } }
    case 'passphrase': {
      const asked = await askedPassphrase(false)
      return asked.ok ? { ok: true, value: { rootKey: asked.value } } : asked
    }
    case 'pkcs11': {
      const inToken = await tokenKey(options)
      return inToken.ok ? { ok: true, value: { rootKey: inToken.value } } : inToken
    }
    case 'bytes':
      return failure('the root key of this store comes from a program: only the library opens it')
  }
}

function asksForToken(options: RootKeyOptions): boolean {
  const { pkcs11Library, pkcs11Token, pkcs11Key, pkcs11PinFile, pkcs11PinEnv } = options
  return [pkcs11Library, pkcs11Token, pkcs11Key, pkcs11PinFile, pkcs11PinEnv].some((each) => each !== undefined)
}

/** What the options leave out stands in the environment; for the PIN somebody is asked at last. */
async function tokenKey(options: RootKeyOptions): Promise<Result<RootKeySource, string>> {
  const library = options.pkcs11Library ?? process.env['KEYWARD_PKCS11_LIBRARY']
  const token = options.pkcs11Token ?? process.env['KEYWARD_PKCS11_TOKEN']
  const key = options.pkcs11Key ?? process.env['KEYWARD_PKCS11_KEY'] ?? DEFAULT_TOKEN_KEY
  if (library === undefined || token === undefined) {
    return failure('the root key is in a token: name it with `--pkcs11-library` and `--pkcs11-token`')
  }
  const pin = await tokenPin(options, token)
  return pin.ok ? { ok: true, value: { kind: 'pkcs11', library, token, pin: pin.value, key } } : pin
}

async function tokenPin(
  { pkcs11PinFile, pkcs11PinEnv }: RootKeyOptions,
  token: string,
): Promise<Result<string, string>> {
  if (pkcs11PinFile !== undefined && pkcs11PinEnv !== undefined) {
    return failure('a token has one PIN: give `--pkcs11-pin-file` or `--pkcs11-pin-env`')
  }
  if (pkcs11PinEnv !== undefined) {
    const pin = process.env[pkcs11PinEnv]
    return pin === undefined ? failure(`the environment variable ${pkcs11PinEnv} is not set`) : { ok: true, value: pin }
  }
  const inEnvironment = process.env['KEYWARD_PKCS11_PIN']
  if (pkcs11PinFile === undefined && inEnvironment !== undefined) return { ok: true, value: inEnvironment }
  const file = pkcs11PinFile ?? process.env['KEYWARD_PKCS11_PIN_FILE']
  if (file !== undefined) return readPassphrase(file, 'PIN')
  if (!canAsk()) return failure('there is no terminal to ask for the PIN; give `--pkcs11-pin-file`')
  const asked = await askPassphrase(`PIN of the token ${escapeTerminal(token)}: `)
  return asked === undefined ? failure('no PIN was given') : { ok: true, value: asked }
}

function withNext(rootKey: RootKeySource): RootKeys {
  const next = rootKey.kind === 'file' ? nextRootKeyPath(rootKey.path) : undefined
  if (next === undefined || !existsSync(next)) return { rootKey }
  return { rootKey, otherRootKey: { kind: 'file', path: next } }
}

async function askedPassphrase(isNew: boolean): Promise<Result<RootKeySource, string>> {
  if (!canAsk()) return failure('there is no terminal to ask for the passphrase; give `--passphrase-file`')
  const first = await askPassphrase(isNew ? 'New passphrase for the store: ' : 'Passphrase of the store: ')
  if (first === undefined) return failure('no passphrase was given')
  if (isNew && (await askPassphrase('The same once more: ')) !== first) return failure('the two passphrases differ')
  return passphraseOf({ ok: true, value: first })
}

function passphraseOf(passphrase: Result<string, string>): Result<RootKeySource, string> {
  return passphrase.ok ? { ok: true, value: { kind: 'passphrase', passphrase: passphrase.value } } : passphrase
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
