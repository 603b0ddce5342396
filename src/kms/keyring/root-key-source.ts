/**
 * Where a root key comes from: a file, an environment variable, a passphrase, a token that speaks PKCS #11, or the
 * embedder's own hands.
 *
 * What a store remembers of its root key is its id, and of a passphrase how the key was made of it. None of that is
 * secret.
 *
 * Source: RFC 7914 for passphrases; `root-key-token.ts` for tokens.
 */
import { randomBytes, scrypt } from 'node:crypto'
import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { SecretPool } from '../crypto/secret.js'
import { KeyringError } from './keyring-error.js'
import { makeRootKeyText, parseRootKeyText } from './root-key-text.js'
import { hasTokenKey, makeTokenKey, removeTokenKey, tokenSecret, type TokenKey } from './root-key-token.js'
import { RootKey, ROOT_KEY_SIZE } from './root-key.js'

export type RootKeySource =
  /** A file of mode 0600 that `initRootKey` has made. */
  | { readonly kind: 'file'; readonly path: string }
  /** A variable with a text as in such a file; `KEYWARD_ROOT_KEY` when left out. */
  | { readonly kind: 'environment'; readonly variable?: string }
  /** At least 12 characters. `cost`, the N of scrypt, counts for a new root key only; 131,072 when left out. */
  | { readonly kind: 'passphrase'; readonly passphrase: string; readonly cost?: number }
  | ({ readonly kind: 'pkcs11' } & TokenKey)
  /** 32 bytes, which stay with the caller. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** Where a root key can be made. */
export type MadeRootKeySource = Extract<RootKeySource, { readonly kind: 'file' | 'pkcs11' }>

/** What may be known of a root key: kept in the store, and at the head of a backup. */
export interface RootKeyDescription {
  readonly id: string
  readonly kind: RootKeySource['kind']
  /** How the key was made of its passphrase. */
  readonly scrypt?: ScryptParameters
}

interface ScryptParameters {
  /** 32 hexadecimal digits. */
  readonly salt: string
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

const DEFAULT_VARIABLE = 'KEYWARD_ROOT_KEY'
const DEFAULT_COST = 2 ** 17
const SHORTEST_PASSPHRASE = 12
const LONGEST_FILE = 4096

/** A new root key, or the one that is there, in words for a store that has none yet. */
export async function loadNewRootKey(
  source: RootKeySource,
  secrets: SecretPool,
): Promise<{ readonly key: RootKey; readonly description: RootKeyDescription }> {
  if (source.kind !== 'passphrase') {
    const key = loadPlain(source, secrets)
    return { key, description: { id: key.id, kind: source.kind } }
  }
  const { cost = DEFAULT_COST } = source
  const parameters = { salt: randomBytes(16).toString('hex'), cost, blockSize: 8, parallelization: 1 }
  const key = await fromPassphrase(source.passphrase, parameters, secrets)
  return { key, description: { id: key.id, kind: 'passphrase', scrypt: parameters } }
}

/** The root key of this source for a store that wants the described one; whether it is that one, its id tells. */
export async function loadRootKey(
  source: RootKeySource,
  { scrypt: parameters }: RootKeyDescription,
  secrets: SecretPool,
): Promise<RootKey | undefined> {
  if (source.kind !== 'passphrase') return loadPlain(source, secrets)
  return parameters === undefined ? undefined : fromPassphrase(source.passphrase, parameters, secrets)
}

/** In words, for messages. */
export function nameOfSource(source: RootKeySource): string {
  switch (source.kind) {
    case 'file':
      return `the file \`${source.path}\``
    case 'environment':
      return `the environment variable ${source.variable ?? DEFAULT_VARIABLE}`
    case 'passphrase':
      return 'the passphrase'
    case 'pkcs11':
      return `the key \`${source.key}\` of the token \`${source.token}\``
    case 'bytes':
      return 'the key given'
  }
}

/**
 * Makes a root key: a file, which must not be there yet, or a key inside of a token that never leaves it.
 * @returns its id.
 */
export function initRootKey(source: MadeRootKeySource): string {
  const secrets = new SecretPool()
  if (source.kind === 'file') return writeRootKeyFile(source.path, secrets)
  makeTokenKey(source)
  const key = loadPlain(source, secrets)
  key.release()
  return key.id
}

/** Whether there is a root key already that `initRootKey` would have to make. */
export function hasRootKey(source: MadeRootKeySource): boolean {
  return source.kind === 'file' ? existsSync(source.path) : hasTokenKey(source)
}

/** Takes back what `initRootKey` has just made. Whatever is wrapped under it is lost. */
export function removeRootKey(source: MadeRootKeySource): void {
  if (source.kind === 'file') rmSync(source.path, { force: true })
  else removeTokenKey(source)
}

function writeRootKeyFile(path: string, secrets: SecretPool): string {
  const { id, text } = makeRootKeyText(secrets)
  let file: number | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    file = openSync(path, 'wx', 0o600)
    writeSync(file, text)
    fsyncSync(file)
    return id
  } catch (error) {
    if (file !== undefined) rmSync(path, { force: true })
    throw unusable(`the root key cannot be written to \`${path}\``, error)
  } finally {
    if (file !== undefined) closeSync(file)
    secrets.release(text)
  }
}

function loadPlain(source: Exclude<RootKeySource, { readonly kind: 'passphrase' }>, secrets: SecretPool): RootKey {
  switch (source.kind) {
    case 'file':
      return fromText(readRootKeyFile(source.path, secrets), nameOfSource(source), secrets)
    case 'environment': {
      const text = process.env[source.variable ?? DEFAULT_VARIABLE]
      if (text === undefined) throw new KeyringError(`${nameOfSource(source)} is not set`)
      return fromText(secrets.adopt(Buffer.from(text, 'latin1')), nameOfSource(source), secrets)
    }
    case 'pkcs11':
      return new RootKey(tokenSecret(source, secrets), secrets)
    case 'bytes':
      if (source.bytes.length !== ROOT_KEY_SIZE) {
        throw new KeyringError(`a root key has ${ROOT_KEY_SIZE} bytes, not ${source.bytes.length}`)
      }
      return new RootKey(secrets.copyOf(source.bytes), secrets)
  }
}

function readRootKeyFile(path: string, secrets: SecretPool): Buffer {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { mode, size } = fstatSync(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const found = `0${(mode & 0o777).toString(8)}`
      throw new KeyringError(`the root key file \`${path}\` is open to other users (mode ${found}); expected mode 0600`)
    }
    const text = secrets.allocate(Math.min(size, LONGEST_FILE))
    readSync(file, text, 0, text.length, 0)
    return text
  } catch (error) {
    throw unusable(`the root key file \`${path}\` cannot be read`, error)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** The text is released. */
function fromText(text: Buffer, name: string, secrets: SecretPool): RootKey {
  const parsed = parseRootKeyText(text, secrets)
  secrets.release(text)
  if (parsed.ok) return parsed.value
  throw new KeyringError(`${name} holds no root key: ${parsed.error}`)
}

async function fromPassphrase(
  passphrase: string,
  { salt, cost, blockSize, parallelization }: ScryptParameters,
  secrets: SecretPool,
): Promise<RootKey> {
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    throw new KeyringError(
      `the passphrase has ${passphrase.length} characters; expected at least ${SHORTEST_PASSPHRASE}`,
    )
  }
  if (!isSensibleCost(cost, blockSize, parallelization)) {
    throw new KeyringError(`scrypt with N=${cost}, r=${blockSize}, p=${parallelization} is too weak or too much`)
  }
  // One and the same text on every keyboard.
  const password = secrets.adopt(Buffer.from(passphrase.normalize('NFKC'), 'utf8'))
  const options = { N: cost, r: blockSize, p: parallelization, maxmem: 256 * cost * blockSize }
  try {
    const derived = await new Promise<Buffer>((resolve, reject) => {
      scrypt(password, Buffer.from(salt, 'hex'), ROOT_KEY_SIZE, options, (error, bytes) => {
        if (error) reject(error)
        else resolve(bytes)
      })
    })
    return new RootKey(secrets.adopt(derived), secrets)
  } finally {
    secrets.release(password)
  }
}

/** The parameters come from the store, which somebody may have changed. */
function isSensibleCost(cost: number, blockSize: number, parallelization: number): boolean {
  const isPowerOfTwo = Number.isInteger(Math.log2(cost))
  const isWithin = cost >= 2 ** 14 && cost <= 2 ** 20
  return isPowerOfTwo && isWithin && blockSize >= 8 && blockSize <= 16 && parallelization >= 1 && parallelization <= 4
}

function unusable(what: string, error: unknown): KeyringError {
  if (error instanceof KeyringError) return error
  return new KeyringError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}
