/**
 * The key under which a service keeps its credentials: long-term secrets in their rows, and session tokens.
 *
 * It is key material of the service itself, made once with the store and wrapped under the root key like that of any key;
 * a rotation of the root key wraps it again, and neither credentials nor sessions notice. What is sealed for one purpose
 * and subject opens for no other, and in no other store.
 *
 * Source: NIST SP 800-38D; SP 800-108r1.
 */
import { randomFillSync } from 'node:crypto'
import { GCM_KEY_SIZE, GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../../kms/crypto/gcm.js'
import { HmacKey } from '../../kms/crypto/hmac.js'
import { deriveKey } from '../../kms/crypto/kdf.js'
import type { SecretPool } from '../../kms/crypto/secret.js'
import { KeyringError } from '../../kms/keyring/keyring-error.js'
import type { MaterialBinding, MaterialKeyring } from '../../kms/materials.js'
import { parseRecord, put, type MaterialRecord } from '../../kms/records.js'
import type { Row, Store } from '../../kms/store.js'

/** Among the rows of materials, which are wrapped again when the root key is rotated. No account has this name. */
const ROW = 'material/keyward/service/credentials/1'
const BINDING: MaterialBinding = { keyArn: 'keyward:credentials', materialId: '1', purpose: 'key material' }

const KEY_SIZE = 32
const SALT_SIZE = 16
const HEAD_SIZE = SALT_SIZE + GCM_NONCE_SIZE
const MAX_TRIES = 5
const SEALED = /^[\w-]+$/

/** Opens the sealing key of a store; the first time, makes it. Rejects with a KeyringError or StoreError. */
export async function openSealingKey(store: Store, keyring: MaterialKeyring): Promise<SealingKey> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const row = await store.get(ROW)
    if (row !== undefined) return keyOf(await unwrap(row, keyring), store, keyring.secrets)
    const made = keyring.secrets.allocate(KEY_SIZE)
    randomFillSync(made)
    const record: MaterialRecord = { form: 1, wrapped: keyring.wrap(made, BINDING) }
    const result = await store.commit([put(ROW, record, 'absent'), keyring.guard()], [])
    if (result.ok) return keyOf(made, store, keyring.secrets)
    // Another process has made one, or has rotated the root key.
    keyring.secrets.release(made)
    await keyring.refresh()
  }
  throw new KeyringError('the key of the credentials cannot be made: the root key changes all the time')
}

async function unwrap({ name, value }: Row, keyring: MaterialKeyring): Promise<Buffer> {
  const { wrapped } = parseRecord<MaterialRecord>(name, value)
  try {
    return keyring.unwrap(wrapped, BINDING)
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error
    // Wrapped under a root key that another process has rotated to meanwhile.
    await keyring.refresh()
    return keyring.unwrap(wrapped, BINDING)
  }
}

/** The secret is released. */
function keyOf(secret: Buffer, store: Store, secrets: SecretPool): SealingKey {
  const key = new HmacKey('sha256', secret, secrets)
  secrets.release(secret)
  return new SealingKey(key, store.id, secrets)
}

export class SealingKey {
  readonly #key: HmacKey
  readonly #storeId: string

  constructor(
    key: HmacKey,
    storeId: string,
    readonly secrets: SecretPool,
  ) {
    this.#key = key
    this.#storeId = storeId
  }

  /** Base64url; opens with the same label and subject alone. The bytes stay the caller's. */
  seal(label: string, subject: readonly string[], bytes: Uint8Array): string {
    const head = Buffer.alloc(HEAD_SIZE)
    randomFillSync(head)
    const key = this.#derive(label, head.subarray(0, SALT_SIZE), GCM_KEY_SIZE)
    const sealed = gcmSeal(key, head.subarray(SALT_SIZE), this.#associated(label, subject), bytes)
    this.secrets.release(key)
    if (!sealed.ok) throw new Error('sizes of keys and nonces are constant')
    return Buffer.concat([head, sealed.value.body, sealed.value.tag]).toString('base64url')
  }

  /** A secret of the caller's; undefined where the text is not what was sealed for this. */
  open(label: string, subject: readonly string[], text: string): Buffer | undefined {
    if (!SEALED.test(text)) return undefined
    const bytes = Buffer.from(text, 'base64url')
    // One text for the same bytes: the decoder overlooks what is left over at the end.
    if (bytes.length < HEAD_SIZE + GCM_TAG_SIZE || bytes.toString('base64url') !== text) return undefined
    const key = this.#derive(label, bytes.subarray(0, SALT_SIZE), GCM_KEY_SIZE)
    const nonce = bytes.subarray(SALT_SIZE, HEAD_SIZE)
    const tagStart = bytes.length - GCM_TAG_SIZE
    const [body, tag] = [bytes.subarray(HEAD_SIZE, tagStart), bytes.subarray(tagStart)]
    const opened = gcmOpen(key, nonce, this.#associated(label, subject), body, tag, this.secrets)
    this.secrets.release(key)
    return opened.ok ? opened.value : undefined
  }

  /** Always the same for the same label and subject: so many bytes, as the text of their base64. A secret of the caller's. */
  deriveText(label: string, subject: readonly string[], size: number): Buffer {
    const bytes = this.#derive(label, fields([this.#storeId, ...subject]), size)
    const text = base64Of(bytes, this.secrets)
    this.secrets.release(bytes)
    return text
  }

  release(): void {
    this.#key.release()
  }

  #derive(label: string, context: Buffer, size: number): Buffer {
    return deriveKey(this.#key, Buffer.from(label, 'latin1'), context, size, this.secrets)
  }

  #associated(label: string, subject: readonly string[]): Buffer {
    return fields([label, this.#storeId, ...subject])
  }
}

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')

/** The base64 of a multiple of three bytes, without a string in between, which could not be wiped. */
export function base64Of(bytes: Uint8Array, secrets: SecretPool): Buffer {
  if (bytes.length % 3 !== 0) throw new Error('only whole groups of three bytes have a base64 without padding')
  const text = secrets.allocate((bytes.length / 3) * 4)
  let at = 0
  for (let index = 0; index < bytes.length; index += 3) {
    const group = (bytes[index]! << 16) | (bytes[index + 1]! << 8) | bytes[index + 2]!
    text[at++] = DIGITS[group >> 18]!
    text[at++] = DIGITS[(group >> 12) & 63]!
    text[at++] = DIGITS[(group >> 6) & 63]!
    text[at++] = DIGITS[group & 63]!
  }
  return text
}

/** Each behind its length: no two lists of texts have the same bytes. */
function fields(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
