/**
 * A root key as one line of text, for a file or an environment variable:
 *
 *   keyward-root-key-1:<id, 32 hexadecimal digits>:<key, 64 hexadecimal digits>
 *
 * The id tells a mistyped key from a wrong one, and people which key a file holds. Bytes are read as bytes: a key from a
 * file never becomes a string, which could not be wiped.
 */
import { randomFillSync } from 'node:crypto'
import type { Result } from '../../text/source.js'
import { SecretPool } from '../crypto/secret.js'
import { RootKey, ROOT_KEY_SIZE } from './root-key.js'

const HEAD = 'keyward-root-key-1:'
const ID_END = HEAD.length + 32
const KEY_START = ID_END + 1
const TEXT_SIZE = KEY_START + ROOT_KEY_SIZE * 2

/** A new root key at random; the text is a secret of the caller's. */
export function makeRootKeyText(secrets: SecretPool): { readonly id: string; readonly text: Buffer } {
  const bytes = secrets.allocate(ROOT_KEY_SIZE)
  randomFillSync(bytes)
  const text = secrets.allocate(TEXT_SIZE + 1)
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!
    text[KEY_START + index * 2] = digitOf(byte >> 4)
    text[KEY_START + index * 2 + 1] = digitOf(byte & 15)
  }
  const key = new RootKey(bytes, secrets)
  text.write(`${HEAD}${key.id}:`, 'latin1')
  text[TEXT_SIZE] = 0x0a
  key.release()
  return { id: key.id, text }
}

/** The text stays the caller's. The message never holds any of it. */
export function parseRootKeyText(text: Buffer, secrets: SecretPool): Result<RootKey, string> {
  if (!isShaped(text)) return { ok: false, error: `expected one line, \`${HEAD}<id>:<64 hexadecimal digits>\`` }
  const bytes = secrets.allocate(ROOT_KEY_SIZE)
  for (let index = 0; index < bytes.length; index++) {
    const [high, low] = [valueOf(text[KEY_START + index * 2]), valueOf(text[KEY_START + index * 2 + 1])]
    if (high < 0 || low < 0) {
      secrets.release(bytes)
      return { ok: false, error: 'the key has a character that is no hexadecimal digit' }
    }
    bytes[index] = (high << 4) | low
  }
  const key = new RootKey(bytes, secrets)
  const id = text.toString('latin1', HEAD.length, ID_END).toLowerCase()
  if (key.id === id) return { ok: true, value: key }
  key.release()
  return { ok: false, error: `the key is not the one with the id ${id}: it was changed or mistyped` }
}

function isShaped(text: Buffer): boolean {
  let end = text.length
  // What editors and `echo` leave behind.
  while (end > 0 && (text[end - 1] === 0x0a || text[end - 1] === 0x0d || text[end - 1] === 0x20)) end--
  return end === TEXT_SIZE && text.toString('latin1', 0, HEAD.length) === HEAD && text[ID_END] === 0x3a
}

function digitOf(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value
}

function valueOf(digit = 0): number {
  if (digit >= 0x30 && digit <= 0x39) return digit - 0x30
  const letter = digit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
