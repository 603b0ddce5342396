/**
 * Key material at work: made, wrapped for its row, unwrapped when it is first used, and kept ready while there is room.
 *
 * Which material an operation uses is its own business. What is ready holds secrets of the keyring's allocator, and they
 * are released when it leaves the cache; work in other threads gets copies of its own.
 */
import { LRUCache } from 'lru-cache'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { NonceSource, SymmetricKey } from './crypto/aead.js'
import type { CryptoError } from './crypto/crypto-error.js'
import { HmacKey } from './crypto/hmac.js'
import { generateKeyMaterial, loadPrivateKey, loadPublicKey, publicKeyInfo } from './crypto/key-pair.js'
import type { PrivateKey, PublicKey } from './crypto/key-pair.js'
import { HMAC_ALGORITHM, HMAC_HASH, isHmacSpec, isRsaSpec, isMlDsaSpec, isMlKemSpec } from './crypto/key-spec.js'
import type { AsymmetricSpec, HmacSpec, KeySpec } from './crypto/key-spec.js'
import { keyMaterialId } from './crypto/material-id.js'
import type { FillRandom } from './crypto/random.js'
import type { SecretPool } from './crypto/secret.js'
import type { SlowAnswer, SlowJob } from './crypto/slow-job.js'
import { SlowPool, type SlowError } from './crypto/slow.js'
import { fail, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { KeyringError } from './keyring/keyring-error.js'
import { parseRecord, put, type MaterialEntry, type MaterialRecord } from './records.js'
import { keyArn, materialRow, type KeyPlace } from './row-names.js'
import { StoreError, type Awaitable, type Change, type Store } from './store.js'

/** Wraps material for its rest in the store. */
export interface MaterialKeyring {
  /** Where every plain secret comes from. */
  readonly secrets: SecretPool
  /** Text for a row; what is wrapped for one key, material and purpose opens for no other. The material stays the caller's. */
  wrap(material: Uint8Array, binding: MaterialBinding): string
  /** A secret of the caller's; throws where the row is not what was wrapped. */
  unwrap(wrapped: string, binding: MaterialBinding): Buffer
  /** Goes into every commit that brings wrapped secrets, and fails it where the root key has been rotated meanwhile. */
  guard(): Change
  /** Follows a rotation of the root key. */
  refresh(): Promise<void>
  close(): void
}

export interface MaterialBinding {
  readonly keyArn: string
  readonly materialId: string
  readonly purpose: 'key material' | 'import token' | 'custom key store'
}

export interface MaterialsOptions {
  readonly keyring: MaterialKeyring
  /** Where slow work is done; threads of its own when left out. */
  readonly slow?: SlowPool
  /** How many materials stay ready; 10,000 when left out. */
  readonly maxReadyMaterials?: number
}

/** Material in the form in which it works. */
type Working =
  | { readonly kind: 'symmetric'; readonly key: SymmetricKey }
  | { readonly kind: 'hmac'; readonly key: HmacKey }
  | { readonly kind: 'private'; readonly key: PrivateKey }

class Ready {
  /** False once its secrets are released. */
  isLive = true
  uses = 0

  constructor(
    readonly materialId: string,
    readonly working: Working,
  ) {}
}

/** How often material that is found again without the cache is told to the cache. */
const TOUCH_EVERY = 64

/** Material that was just made or imported, as a commit takes it. */
export interface NewMaterial {
  readonly materialId: string
  readonly change: Change
}

/** Material that a key should have is not in the store, or does not open: the key is not available. */
export class MaterialUnavailable extends StoreError {}

const DEFAULT_MAX_READY = 10_000
const HOLDS_SECRETS = /^(?:material|custom-key-store)\//

export class Materials {
  readonly secrets: SecretPool
  private readonly ready: LRUCache<string, Ready>
  private readonly last = new WeakMap<LoadedKey, Ready>()
  private readonly publicKeys = new LRUCache<string, PublicKey>({ max: DEFAULT_MAX_READY })
  private readonly nonces: NonceSource
  private readonly slow: SlowPool
  private readonly fill: FillRandom

  constructor(
    private readonly store: Store,
    private readonly options: MaterialsOptions,
    randomBytes: (size: number) => Uint8Array,
  ) {
    this.secrets = options.keyring.secrets
    this.slow = options.slow ?? new SlowPool({ secrets: this.secrets })
    this.fill = (target) => {
      const bytes = randomBytes(target.length)
      target.set(bytes)
      bytes.fill(0)
    }
    this.nonces = new NonceSource(this.fill)
    this.ready = new LRUCache<string, Ready>({
      max: options.maxReadyMaterials ?? DEFAULT_MAX_READY,
      dispose: (material) => {
        this.release(material)
      },
    })
  }

  // ----------------------------------------------------------------------------------------------------------- making

  /** Fresh material for a key; slow specs are made elsewhere. */
  generate(place: KeyPlace, keySpec: KeySpec): Awaitable<Result<NewMaterial, Failure>> {
    if (isSlow(keySpec)) {
      return after(this.slowly({ kind: 'generate', spec: keySpec }), (made) => {
        if (!made.ok) return made
        const { secret, bytes } = made.value
        if (secret === undefined) throw new Error('a job that makes a key has made none')
        return { ok: true, value: this.keep(place, keySpec, secret, bytes) }
      })
    }
    return {
      ok: true,
      value: this.keep(place, keySpec, generateKeyMaterial(keySpec, this.secrets, this.fill), undefined),
    }
  }

  /** Wraps material for its row and releases it. `publicKey` where it is known already. */
  keep(place: KeyPlace, keySpec: KeySpec, material: Buffer, publicKey: Buffer | undefined): NewMaterial {
    const materialId = keyMaterialId(place.keyId, material, this.secrets)
    const spki = publicKey ?? (isAsymmetric(keySpec) ? this.publicKeyOf(keySpec, material) : undefined)
    const binding = bindingOf(place, materialId)
    const record: MaterialRecord = {
      form: 1,
      wrapped: this.options.keyring.wrap(material, binding),
      ...(spki === undefined ? {} : { publicKey: spki.toString('base64') }),
    }
    this.secrets.release(material)
    return { materialId, change: put(materialRow(place, materialId), record, 'any') }
  }

  private publicKeyOf(keySpec: AsymmetricSpec, material: Buffer): Buffer {
    const loaded = loadPrivateKey(keySpec, material, this.secrets)
    if (!loaded.ok) throw new Error('material just made cannot be read')
    const spki = publicKeyInfo(loaded.value)
    if (loaded.value.form === 'seed') this.secrets.release(loaded.value.seed)
    return spki
  }

  /** The plain material, a secret of the caller's: for wrapping it again in a related key. */
  plain(place: KeyPlace, materialId: string): Awaitable<Buffer> {
    return after(this.row(place, materialId), ({ wrapped }) => {
      try {
        return this.options.keyring.unwrap(wrapped, bindingOf(place, materialId))
      } catch (error) {
        if (!(error instanceof KeyringError)) throw error
        throw new MaterialUnavailable(`the material of ${keyArn(place)} does not open: ${error.message}`, {
          cause: error,
        })
      }
    })
  }

  /** Wraps a secret that is no key material for its rest, and releases it. */
  wrapSecret(secret: Buffer, binding: MaterialBinding): string {
    const wrapped = this.options.keyring.wrap(secret, binding)
    this.secrets.release(secret)
    return wrapped
  }

  /** A secret of the caller's; undefined where it is not what was wrapped under this binding. */
  unwrapSecret(wrapped: string, binding: MaterialBinding): Buffer | undefined {
    try {
      return this.options.keyring.unwrap(wrapped, binding)
    } catch {
      return undefined
    }
  }

  // ------------------------------------------------------------------------------------------------------------ using

  symmetric(key: LoadedKey, { materialId }: MaterialEntry): Awaitable<SymmetricKey> {
    return after(this.readyOf(key, materialId), (ready) => {
      if (ready.kind !== 'symmetric') throw new Error(`${key.arn} is no symmetric encryption key`)
      return ready.key
    })
  }

  hmac(key: LoadedKey, { materialId }: MaterialEntry): Awaitable<HmacKey> {
    return after(this.readyOf(key, materialId), (ready) => {
      if (ready.kind !== 'hmac') throw new Error(`${key.arn} is no HMAC key`)
      return ready.key
    })
  }

  /** Its seed, where it is one, belongs to the cache: jobs get `copyOf` it. */
  privateKey(key: LoadedKey, { materialId }: MaterialEntry): Awaitable<PrivateKey> {
    return after(this.readyOf(key, materialId), (ready) => {
      if (ready.kind !== 'private') throw new Error(`${key.arn} has no private key`)
      return ready.key
    })
  }

  /** A private key that a job may own. */
  copyOf(key: PrivateKey): PrivateKey {
    return key.form === 'seed' ? { ...key, seed: this.secrets.copyOf(key.seed) } : key
  }

  publicKey(key: LoadedKey, material: MaterialEntry): Awaitable<PublicKey> {
    const name = materialRow(key.place, material.materialId)
    const known = this.publicKeys.get(name)
    if (known !== undefined) return known
    return after(this.publicKeyDer(key, material), (spki) => {
      const { keySpec } = key.record
      const loaded = isAsymmetric(keySpec) ? loadPublicKey(keySpec, spki) : undefined
      if (loaded?.ok !== true) throw new MaterialUnavailable(`the public key of ${key.arn} in the store cannot be read`)
      this.publicKeys.set(name, loaded.value)
      return loaded.value
    })
  }

  /** SubjectPublicKeyInfo. */
  publicKeyDer(key: LoadedKey, { materialId }: MaterialEntry): Awaitable<Buffer> {
    return after(this.row(key.place, materialId), ({ publicKey }) => {
      if (publicKey === undefined) throw new MaterialUnavailable(`${key.arn} has no public key in the store`)
      return Buffer.from(publicKey, 'base64')
    })
  }

  /** Random bytes, a secret of the caller's. */
  random(size: number): Buffer {
    const bytes = this.secrets.allocate(size)
    this.fill(bytes)
    return bytes
  }

  /** A secret as an answer: a copy that is the client's, and the secret is released. */
  handOver(secret: Buffer): Uint8Array {
    const answer = Uint8Array.from(secret)
    this.secrets.release(secret)
    return answer
  }

  /** Does slow work elsewhere; a job that fails for a reason of the input is a `CryptoError`. */
  run(job: SlowJob): Promise<Result<SlowAnswer, CryptoError | SlowError>> {
    return this.slow.run(job)
  }

  private async slowly(job: SlowJob): Promise<Result<SlowAnswer, Failure>> {
    const answer = await this.run(job)
    return answer.ok ? answer : slowFailure(answer.error)
  }

  /** Forgets what is ready of a material that is there no longer. */
  forget(place: KeyPlace, materialId: string): void {
    this.forgetRow(materialRow(place, materialId))
  }

  /** Rows that have changed in the store, by whoever: material that another process has deleted is forgotten here too. */
  noticed(names: readonly string[], lost: boolean): void {
    if (lost) {
      this.ready.clear()
      this.publicKeys.clear()
      return
    }
    for (const name of names) {
      if (name.startsWith('material/') && (this.ready.has(name) || this.publicKeys.has(name))) this.lookAgain(name)
    }
  }

  /** A row that is still there holds the same material, whatever root key it is wrapped under by now. */
  private lookAgain(name: string): void {
    try {
      const row = this.store.get(name)
      if (!(row instanceof Promise)) {
        if (row === undefined) this.forgetRow(name)
        return
      }
      void row.then(
        (found) => {
          if (found === undefined) this.forgetRow(name)
        },
        () => this.forgetRow(name),
      )
    } catch {
      // What cannot be seen any more is not kept; whoever uses it next meets the failure.
      this.forgetRow(name)
    }
  }

  private forgetRow(name: string): void {
    this.ready.delete(name)
    this.publicKeys.delete(name)
  }

  async close(): Promise<void> {
    if (this.options.slow === undefined) await this.slow.close()
    this.ready.clear()
    this.publicKeys.clear()
    this.options.keyring.close()
  }

  /** The changes of a commit, with what holds it to the root key under which its secrets are wrapped. */
  guarded(changes: readonly Change[]): readonly Change[] {
    const bringsSecrets = changes.some(({ kind, name }) => kind === 'put' && HOLDS_SECRETS.test(name))
    return bringsSecrets ? [...changes, this.options.keyring.guard()] : changes
  }

  /** What a commit that was refused for this row calls for before it is tried again. */
  follow(conflict: string): Awaitable<void> {
    return conflict === this.options.keyring.guard().name ? this.options.keyring.refresh() : undefined
  }

  private readyOf(key: LoadedKey, materialId: string): Awaitable<Working> {
    // A key tends to work with one material.
    const last = this.last.get(key)
    if (last?.isLive === true && last.materialId === materialId && ++last.uses % TOUCH_EVERY !== 0) return last.working
    const name = materialRow(key.place, materialId)
    const known = this.ready.get(name)
    if (known !== undefined) {
      this.last.set(key, known)
      return known.working
    }
    return after(this.plain(key.place, materialId), (material) => {
      // Somebody else may have been quicker.
      let ready = this.ready.get(name)
      if (ready === undefined) {
        ready = new Ready(materialId, this.prepare(key, materialId, material))
        this.ready.set(name, ready)
      }
      this.secrets.release(material)
      return ready.working
    })
  }

  private prepare({ place, arn, record: { keySpec } }: LoadedKey, materialId: string, material: Buffer): Working {
    if (keySpec === 'SYMMETRIC_DEFAULT') {
      return { kind: 'symmetric', key: new SymmetricKey(place.keyId, materialId, material, this.secrets, this.nonces) }
    }
    if (isHmacSpec(keySpec)) {
      return { kind: 'hmac', key: new HmacKey(hashOf(keySpec), material, this.secrets) }
    }
    const loaded = loadPrivateKey(keySpec, material, this.secrets)
    if (!loaded.ok) throw new MaterialUnavailable(`the material of ${arn} in the store cannot be read`)
    return { kind: 'private', key: loaded.value }
  }

  private release(ready: Ready): void {
    ready.isLive = false
    const { working } = ready
    if (working.kind !== 'private') working.key.release()
    else if (working.key.form === 'seed') this.secrets.release(working.key.seed)
  }

  private row(place: KeyPlace, materialId: string): Awaitable<MaterialRecord> {
    const name = materialRow(place, materialId)
    return after(this.store.get(name), (row) => {
      if (row === undefined) throw new MaterialUnavailable(`the material of ${keyArn(place)} is not in the store`)
      return parseRecord<MaterialRecord>(name, row.value)
    })
  }
}

function bindingOf(place: KeyPlace, materialId: string): MaterialBinding {
  return { keyArn: keyArn(place), materialId, purpose: 'key material' }
}

function hashOf(spec: HmacSpec): HmacKey['hash'] {
  const hash = HMAC_HASH[HMAC_ALGORITHM[spec]]
  if (hash === 'sha1') throw new Error('no HMAC key uses SHA-1')
  return hash
}

export function isAsymmetric(spec: KeySpec): spec is AsymmetricSpec {
  return spec !== 'SYMMETRIC_DEFAULT' && !isHmacSpec(spec)
}

/** What takes longer than a request should wait for another. */
export function isSlow(spec: KeySpec): spec is AsymmetricSpec {
  return isRsaSpec(spec) || isMlDsaSpec(spec) || isMlKemSpec(spec)
}

/** Work that could not be done, for a reason that is not the request's. */
export function slowFailure(error: CryptoError | SlowError): Failed {
  if (error.kind === 'busy') {
    return fail('ThrottlingException', 'Too much work is waiting. Reduce the frequency of your calls.')
  }
  return fail('KMSInternalException', 'The request was rejected because an internal exception occurred.')
}
