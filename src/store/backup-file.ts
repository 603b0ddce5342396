/**
 * A backup as one encrypted file: a line that says which root key it wants, then sealed parts.
 *
 *   {"keyward":"backup","form":1,"rootKey":{...},"salt":"..."}\n
 *   repeated: length of the part (4 bytes) | part, AES-256-GCM | tag (16 bytes)
 *
 * The key is derived from the root key and the salt, for this file alone. The nonce counts the parts and marks the last
 * one, and the first line is associated data of every part: parts that were changed, moved, left out, added or taken from
 * another backup do not open. Inside stand lines of JSON: the store's id, its rows, its audit records, their numbers.
 *
 * Source: NIST SP 800-38D; Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption", for the nonces.
 */
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../kms/crypto/gcm.js'
import type { SecretPool } from '../kms/crypto/secret.js'
import { isDescription } from '../kms/keyring/root-key-row.js'
import type { RootKeyDescription } from '../kms/keyring/root-key-source.js'
import type { SnapshotItem } from '../kms/store.js'

/** A backup that is damaged, is none, or cannot be written or restored where it should be. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

export interface BackupHead {
  readonly rootKey: RootKeyDescription
  /** 64 hexadecimal digits. */
  readonly salt: string
}

export const SALT_SIZE = 32
export const LENGTH_SIZE = 4
/** No part is larger: what a damaged length may make a reader allocate. */
export const MAX_PART = 1 << 30
export const LONGEST_HEAD = 4096

const SALT = /^[0-9a-f]{64}$/

export function encodeHead({ rootKey, salt }: BackupHead): Buffer {
  return Buffer.from(`${JSON.stringify({ keyward: 'backup', form: 1, rootKey, salt })}\n`, 'utf8')
}

/** @param line - without its end. */
export function parseHead(line: string): BackupHead {
  let head: unknown
  try {
    head = JSON.parse(line)
  } catch {
    head = undefined
  }
  if (typeof head !== 'object' || head === null || !('keyward' in head) || head.keyward !== 'backup') {
    throw new BackupError('this is no backup of a Keyward store')
  }
  if (!('form' in head) || head.form !== 1) throw new BackupError('the backup was written by a newer Keyward')
  const rootKey = 'rootKey' in head ? head.rootKey : undefined
  const salt = 'salt' in head ? head.salt : undefined
  if (!isDescription(rootKey) || typeof salt !== 'string' || !SALT.test(salt)) {
    throw new BackupError('the first line of the backup is damaged')
  }
  return { rootKey, salt }
}

/** Seals or opens the parts of one backup in their order. The key stays with the caller. */
export class PartCipher {
  readonly #key: Buffer
  readonly #head: Buffer
  readonly #secrets: SecretPool
  #count = 0

  constructor(key: Buffer, head: Buffer, secrets: SecretPool) {
    this.#key = key
    this.#head = head
    this.#secrets = secrets
  }

  seal(text: string, isLast: boolean): Buffer {
    const sealed = gcmSeal(this.#key, this.#nonce(isLast), this.#head, Buffer.from(text, 'utf8'))
    if (!sealed.ok) throw new Error('sizes of keys and nonces are constant')
    const length = Buffer.alloc(LENGTH_SIZE)
    length.writeUInt32BE(sealed.value.body.length)
    return Buffer.concat([length, sealed.value.body, sealed.value.tag])
  }

  /** @param part - with its tag. */
  open(part: Buffer, isLast: boolean): string {
    const body = part.subarray(0, part.length - GCM_TAG_SIZE)
    const tag = part.subarray(part.length - GCM_TAG_SIZE)
    const opened = gcmOpen(this.#key, this.#nonce(isLast), this.#head, body, tag, this.#secrets)
    if (!opened.ok)
      throw new BackupError(`part ${this.#count} of the backup is damaged, or the backup has lost its end`)
    const text = opened.value.toString('utf8')
    this.#secrets.release(opened.value)
    return text
  }

  #nonce(isLast: boolean): Buffer {
    const nonce = Buffer.alloc(GCM_NONCE_SIZE)
    nonce.writeBigUInt64BE(BigInt(this.#count++))
    nonce.writeUInt32BE(isLast ? 1 : 0, 8)
    return nonce
  }
}

export function encodeItem(item: SnapshotItem): string {
  // JSON writes surrogates without their partner as escapes, so the line is well-formed whatever the row holds.
  const line = item.kind === 'row' ? ['row', item.name, item.value] : ['audit', item.record]
  return `${JSON.stringify(line)}\n`
}

/** A line of a part that has been opened, and so is as it was written. */
export function parseItem(line: string): SnapshotItem {
  const [kind, first, second] = JSON.parse(line) as readonly (string | undefined)[]
  if (kind === 'row' && first !== undefined && second !== undefined) return { kind, name: first, value: second }
  if (kind === 'audit' && first !== undefined) return { kind, record: first }
  throw new BackupError('the backup holds something that this version does not know')
}

/** The first line inside tells the store, the last one how much there was. */
export interface BackupFrame {
  readonly storeId: string
}

export interface BackupCounts {
  readonly rows: number
  readonly auditRecords: number
}
