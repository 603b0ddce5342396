/**
 * Where a command finds the root key of a store: the options that say so, and what is taken where none does.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { parseRootKeyRow, ROOT_KEY_ROW } from '../kms/keyring/root-key-row.js'
import type { RootKeySource } from '../kms/keyring/root-key-source.js'
import type { Store } from '../kms/store.js'
import type { Result } from '../text/source.js'
import { askPassphrase, canAsk, readPassphrase } from './kms-passphrase.js'

export interface RootKeyOptions {
  readonly rootKeyFile?: string
  /** The name of a variable; true for the usual one. */
  readonly rootKeyEnv?: string | true
  /** Path, or - for standard input. */
  readonly passphraseFile?: string
  readonly passphrase?: true
}

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
  const given = [rootKeyFile, rootKeyEnv, passphrase, passphraseFile].filter((each) => each !== undefined)
  if (given.length > 1) return failure('a store has one root key: give one of the options that name it')
  if (rootKeyFile !== undefined) return { ok: true, value: { kind: 'file', path: rootKeyFile } }
  if (rootKeyEnv !== undefined) {
    return { ok: true, value: { kind: 'environment', ...(rootKeyEnv === true ? {} : { variable: rootKeyEnv }) } }
  }
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
      const path = process.env['KEYWARD_ROOT_KEY_FILE'] ?? rootKeyPath(folder)
      return { ok: true, value: withNext({ kind: 'file', path }) }
    }
    case 'environment':
      return { ok: true, value: { rootKey: { kind: 'environment' } } }
    case 'passphrase': {
      const asked = await askedPassphrase(false)
      return asked.ok ? { ok: true, value: { rootKey: asked.value } } : asked
    }
    case 'pkcs11':
    case 'bytes':
      return failure(
        `the root key of this store comes from ${kind === 'bytes' ? 'a program' : 'a token'}: only the library opens it`,
      )
  }
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
