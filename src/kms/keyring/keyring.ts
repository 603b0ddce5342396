/**
 * The keyring of a store: wraps secrets for their rest, unwraps them for work, and knows under which root key.
 *
 * Every plain secret it hands out is a buffer of its `SecretPool`, and belongs to the caller. During a rotation it holds
 * two root keys and opens what either has wrapped; new secrets are wrapped under the newer one.
 *
 * A commit that brings wrapped secrets must also bring `guard()`: then none arrives under a root key that has been
 * rotated away meanwhile, in this process or in another one.
 */
import { SecretPool } from '../crypto/secret.js'
import type { MaterialBinding, MaterialKeyring } from '../materials.js'
import type { Change, Row, RowVersion, Store } from '../store.js'
import { KeyringError } from './keyring-error.js'
import { parseRootKeyRow, ROOT_KEY_ROW, type RootKeyRecord } from './root-key-row.js'
import {
  loadNewRootKey,
  loadRootKey,
  nameOfSource,
  type RootKeyDescription,
  type RootKeySource,
} from './root-key-source.js'
import type { RootKey } from './root-key.js'
import { rewrapRows, type RewrapOutcome } from './rewrap.js'
import { isBoundTo, openWrapped, parseWrappedText, wrapText } from './wrapped-text.js'

export interface KeyringOptions {
  readonly store: Store
  readonly rootKey: RootKeySource
  /** Another one: the older or newer root key of a rotation that has begun. */
  readonly otherRootKey?: RootKeySource
  readonly secrets?: SecretPool
}

/**
 * Opens the keyring of a store; the first time, the root key given becomes the store's. Rejects with a KeyringError where
 * another one is wanted, and says which.
 */
export async function openKeyring({ store, rootKey, otherRootKey, secrets }: KeyringOptions): Promise<Keyring> {
  const pool = secrets ?? new SecretPool()
  const row = (await store.get(ROOT_KEY_ROW)) ?? (await adopt(store, rootKey, pool))
  const record = parseRootKeyRow(row)
  const sources = otherRootKey === undefined ? [rootKey] : [rootKey, otherRootKey]
  const keys = await loadWanted(record, sources, pool)
  return new Keyring(store, pool, sources, { record, version: row.version, keys })
}

export class Keyring implements MaterialKeyring {
  readonly secrets: SecretPool
  readonly #store: Store
  readonly #sources: readonly RootKeySource[]
  readonly #keys: Map<string, RootKey>
  #version: RowVersion
  #record: RootKeyRecord
  #isClosed = false

  constructor(
    store: Store,
    secrets: SecretPool,
    sources: readonly RootKeySource[],
    found: { readonly record: RootKeyRecord; readonly version: RowVersion; readonly keys: Map<string, RootKey> },
  ) {
    this.#store = store
    this.secrets = secrets
    this.#sources = sources
    this.#record = found.record
    this.#version = found.version
    this.#keys = found.keys
  }

  /** Under which new secrets are wrapped. */
  get rootKeyId(): string {
    return this.#record.current.id
  }

  /** Whether a rotation has begun and not ended. */
  get isRotating(): boolean {
    return this.#record.previous !== undefined
  }

  /** Text for a row. The secret stays the caller's. */
  wrap(secret: Uint8Array, binding: MaterialBinding): string {
    return wrapText(secret, binding, this.#store.id, this.#key(this.rootKeyId), this.secrets)
  }

  /** A secret of the caller's. Throws a KeyringError where the text is not what was wrapped for this binding here. */
  unwrap(wrapped: string, binding: MaterialBinding): Buffer {
    const parts = parseWrappedText(wrapped)
    if (parts === undefined) throw new KeyringError('what should be a wrapped secret is none')
    if (!isBoundTo(parts, binding)) throw new KeyringError('a wrapped secret stands where another one belongs')
    const secret = openWrapped(parts, this.#store.id, this.#key(parts.rootKeyId), this.secrets)
    if (secret === undefined) throw new KeyringError('a wrapped secret was changed, or comes from another store')
    return secret
  }

  /** A key for one file, and what the file may tell of its root key. The key is the caller's. */
  deriveForFile(
    label: Buffer,
    salt: Buffer,
    size: number,
  ): { readonly key: Buffer; readonly description: RootKeyDescription } {
    return { key: this.#key(this.rootKeyId).derive(label, salt, size), description: this.#record.current }
  }

  /** Goes into every commit that brings wrapped secrets. On a conflict with `root-key`: `refresh`, and wrap again. */
  guard(): Change {
    return { kind: 'check', name: ROOT_KEY_ROW, expect: { version: this.#version } }
  }

  /**
   * Looks at what other processes have done. Rejects with a KeyringError where they have rotated to a root key that this
   * one does not have.
   */
  async refresh(): Promise<void> {
    const row = await this.#store.get(ROOT_KEY_ROW)
    if (row === undefined) throw new KeyringError(`the row \`${ROOT_KEY_ROW}\` of the store is gone`)
    const record = parseRootKeyRow(row)
    if (!this.#keys.has(record.current.id)) {
      for (const [id, key] of await loadWanted(record, this.#sources, this.secrets)) {
        if (this.#keys.has(id) || this.#isClosed) key.release()
        else this.#keys.set(id, key)
      }
    }
    this.#record = record
    this.#version = row.version
  }

  /**
   * Rotates to another root key while the store is in use: new secrets are wrapped under it at once, the others row by row.
   * What was interrupted goes on when it is called again with the same root key.
   */
  async rotateRootKey(to: RootKeySource): Promise<RewrapOutcome> {
    await this.refresh()
    const { previous } = this.#record.previous === undefined ? await this.#begin(to) : await this.#goOn(to)
    const outcome = await rewrapRows(this.#store, previous.id, (text) => this.#rewrap(text))
    if (outcome.damaged.length > 0) return outcome
    await this.#write({ form: 1, current: this.#record.current })
    return outcome
  }

  /** Wipes the root keys. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const key of this.#keys.values()) key.release()
    this.#keys.clear()
  }

  async #begin(to: RootKeySource): Promise<{ readonly previous: RootKeyDescription }> {
    const { key, description } = await loadNewRootKey(to, this.secrets)
    const previous = this.#record.current
    if (this.#keys.has(key.id)) key.release()
    else this.#keys.set(key.id, key)
    if (description.id === previous.id) {
      throw new KeyringError(`the root key ${previous.id} is the one in use; a rotation needs another`)
    }
    await this.#write({ form: 1, current: description, previous })
    return { previous }
  }

  async #goOn(to: RootKeySource): Promise<{ readonly previous: RootKeyDescription }> {
    const { current, previous } = this.#record
    if (previous === undefined) throw new Error('no rotation has begun')
    const key = await loadRootKey(to, current, this.secrets)
    const id = key?.id
    key?.release()
    if (id !== current.id) {
      throw new KeyringError(`a rotation to the root key ${current.id} has begun; ${nameOfSource(to)} is another one`)
    }
    this.#key(previous.id)
    return { previous }
  }

  async #write(record: RootKeyRecord): Promise<void> {
    const value = JSON.stringify(record)
    const expect = { version: this.#version }
    const result = await this.#store.commit([{ kind: 'put', name: ROOT_KEY_ROW, value, expect }], [])
    if (!result.ok) throw new KeyringError('another process has changed the root key meanwhile')
    this.#version = result.rows[0] ?? ''
    this.#record = record
  }

  /** The same secret under the current root key; undefined where it does not open. */
  #rewrap(text: string): string | undefined {
    const parts = parseWrappedText(text)
    const secret = parts && openWrapped(parts, this.#store.id, this.#key(parts.rootKeyId), this.secrets)
    if (parts === undefined || secret === undefined) return undefined
    const rewrapped = wrapText(secret, parts, this.#store.id, this.#key(this.rootKeyId), this.secrets)
    this.secrets.release(secret)
    return rewrapped
  }

  #key(id: string): RootKey {
    if (this.#isClosed) throw new KeyringError('the keyring is closed')
    const key = this.#keys.get(id)
    if (key === undefined) throw new KeyringError(`the root key ${id} is wanted, and is not here`)
    return key
  }
}

/** The root key of a store that has none yet. */
async function adopt(store: Store, source: RootKeySource, secrets: SecretPool): Promise<Row> {
  const page = await store.scan('', { limit: 1 })
  if (page.rows.length > 0) {
    throw new KeyringError(`the store is not empty, and its row \`${ROOT_KEY_ROW}\` is gone`)
  }
  const { key, description } = await loadNewRootKey(source, secrets)
  key.release()
  const value = JSON.stringify({ form: 1, current: description } satisfies RootKeyRecord)
  await store.commit([{ kind: 'put', name: ROOT_KEY_ROW, value, expect: 'absent' }], [])
  // Where another process was first, its root key is the store's.
  const row = await store.get(ROOT_KEY_ROW)
  if (row === undefined) throw new KeyringError(`the row \`${ROOT_KEY_ROW}\` of the store is gone`)
  return row
}

async function loadWanted(
  { current, previous }: RootKeyRecord,
  sources: readonly RootKeySource[],
  secrets: SecretPool,
): Promise<Map<string, RootKey>> {
  const wanted = previous === undefined ? [current] : [current, previous]
  const keys = new Map<string, RootKey>()
  const given: string[] = []
  try {
    for (const source of sources) {
      let found: string | undefined
      for (const description of wanted) {
        const key = await loadRootKey(source, description, secrets)
        found ??= key?.id
        if (key?.id === description.id && !keys.has(key.id)) keys.set(key.id, key)
        else key?.release()
      }
      given.push(found === undefined ? nameOfSource(source) : `${nameOfSource(source)} is ${found}`)
    }
    const missing = wanted.find(({ id }) => !keys.has(id))
    if (missing === undefined) return keys
    throw new KeyringError(wantedMessage(missing, given, missing === previous))
  } catch (error) {
    for (const key of keys.values()) key.release()
    throw error
  }
}

function wantedMessage({ id, kind }: RootKeyDescription, given: readonly string[], isPrevious: boolean): string {
  const from = {
    file: 'a file',
    environment: 'the environment',
    passphrase: 'a passphrase',
    pkcs11: 'a token',
    bytes: 'the program',
  }
  const why = isPrevious ? ', until the rotation that has begun is ended' : ''
  return `the store wants the root key ${id}, from ${from[kind]} when it was made${why}; given: ${given.join(', ')}`
}
