/**
 * A wrapped secret as text: `kw1.<root key id>.<base64url>`.
 *
 * The bytes are the binding (key ARN, material id and purpose, each behind its length), 16 random bytes from which the key
 * of this one text is derived, a random nonce, and what AES-256-GCM made of the secret. Everything before that last part,
 * the root key's id and the id of the store are associated data: the text opens in its own store, for its own key,
 * material and purpose, or not at all.
 *
 * The binding stands in the text as well, so a text can be wrapped again without knowing whose it is.
 *
 * Source: NIST SP 800-38D; SP 800-108r1.
 */
import { randomFillSync } from 'node:crypto'
import { GCM_KEY_SIZE, GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../crypto/gcm.js'
import type { SecretPool } from '../crypto/secret.js'
import type { MaterialBinding } from '../materials.js'
import type { RootKey } from './root-key.js'

const HEAD = 'kw1.'
const ID_SIZE = 32
const LABEL = Buffer.from('keyward wrap v1', 'latin1')
const SALT_SIZE = 16
const TEXT = /^kw1\.[0-9a-f]{32}\.[\w-]+$/

/** A text taken apart; nothing of it has been verified. */
export interface WrappedParts {
  readonly rootKeyId: string
  readonly keyArn: string
  readonly materialId: string
  readonly purpose: string
  /** Binding, salt and nonce. */
  readonly header: Buffer
  readonly salt: Buffer
  readonly nonce: Buffer
  readonly body: Buffer
  readonly tag: Buffer
}

/** What texts under a root key begin with. */
export function wrappedPrefix(rootKeyId: string): string {
  return `${HEAD}${rootKeyId}.`
}

export function wrapText(
  secret: Uint8Array,
  binding: Binding,
  storeId: string,
  rootKey: RootKey,
  pool: SecretPool,
): string {
  const bound = encodeFields([binding.keyArn, binding.materialId, binding.purpose])
  const header = Buffer.concat([bound, Buffer.alloc(SALT_SIZE + GCM_NONCE_SIZE)])
  randomFillSync(header, bound.length)
  const salt = header.subarray(bound.length, bound.length + SALT_SIZE)
  const nonce = header.subarray(bound.length + SALT_SIZE)
  const key = rootKey.derive(LABEL, salt, GCM_KEY_SIZE)
  const sealed = gcmSeal(key, nonce, associatedData(storeId, rootKey.id, header), secret)
  pool.release(key)
  if (!sealed.ok) throw new Error('sizes of keys and nonces are constant')
  const { body, tag } = sealed.value
  return wrappedPrefix(rootKey.id) + Buffer.concat([header, body, tag]).toString('base64url')
}

interface Binding {
  readonly keyArn: string
  readonly materialId: string
  readonly purpose: string
}

/** Undefined for anything that is no wrapped text. */
export function parseWrappedText(text: string): WrappedParts | undefined {
  if (!TEXT.test(text)) return undefined
  const rootKeyId = text.slice(HEAD.length, HEAD.length + ID_SIZE)
  const body64 = text.slice(HEAD.length + ID_SIZE + 1)
  const bytes = Buffer.from(body64, 'base64url')
  // One text for the same bytes: the decoder overlooks what is left over at the end.
  if (bytes.toString('base64url') !== body64) return undefined
  const fields: string[] = []
  let at = 0
  for (let field = 0; field < 3; field++) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    fields.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  const [keyArn, materialId, purpose] = fields
  const headerEnd = at + SALT_SIZE + GCM_NONCE_SIZE
  const tagStart = bytes.length - GCM_TAG_SIZE
  if (keyArn === undefined || materialId === undefined || purpose === undefined || headerEnd > tagStart)
    return undefined
  return {
    rootKeyId,
    keyArn,
    materialId,
    purpose,
    header: bytes.subarray(0, headerEnd),
    salt: bytes.subarray(at, at + SALT_SIZE),
    nonce: bytes.subarray(at + SALT_SIZE, headerEnd),
    body: bytes.subarray(headerEnd, tagStart),
    tag: bytes.subarray(tagStart),
  }
}

export function isBoundTo(parts: WrappedParts, { keyArn, materialId, purpose }: MaterialBinding): boolean {
  return parts.keyArn === keyArn && parts.materialId === materialId && parts.purpose === purpose
}

/** A secret of the caller's; undefined where the text is not as it was wrapped, or not in this store. */
export function openWrapped(
  { header, salt, nonce, body, tag }: WrappedParts,
  storeId: string,
  rootKey: RootKey,
  pool: SecretPool,
): Buffer | undefined {
  const key = rootKey.derive(LABEL, salt, GCM_KEY_SIZE)
  const opened = gcmOpen(key, nonce, associatedData(storeId, rootKey.id, header), body, tag, pool)
  pool.release(key)
  return opened.ok ? opened.value : undefined
}

function associatedData(storeId: string, rootKeyId: string, header: Buffer): Buffer {
  return Buffer.concat([encodeFields([storeId, rootKeyId]), header])
}

/** Each behind its length: no two lists of texts have the same bytes. */
function encodeFields(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field, 'utf8')
      // UTF-8 says the same of every surrogate without its partner.
      if (bytes.toString('utf8') !== field) throw new Error('a binding is well-formed text')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
