/** Known secrets in bytes of any length, read piece by piece: a heap snapshot, a database, the memory of a process. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const PIECE = 1 << 22
/** More than any form of a secret has. */
const OVERLAP = 1024

export interface Form {
  readonly secret: string
  readonly form: 'bytes' | 'pad' | 'hex' | 'base64' | 'latin1'
  readonly needle: Buffer
}

/**
 * Everything that a secret may look like: as bytes, as the inner and outer pads of HMAC (RFC 2104) have it, as texts of one
 * byte or two for each sign, as V8 writes texts down. In memory, latin1 is the bytes.
 */
export function formsOf(secret: string, bytes: Buffer): readonly Form[] {
  const hex = bytes.toString('hex')
  const texts = [
    ...[hex, hex.toUpperCase()].map((text) => ['hex', text] as const),
    ...inBase64(bytes).map((text) => ['base64', text] as const),
  ]
  return [
    { secret, form: 'bytes', needle: bytes },
    ...[0x36, 0x5c].map((pad) => ({ secret, form: 'pad' as const, needle: bytes.map((byte) => byte ^ pad) as Buffer })),
    { secret, form: 'latin1', needle: Buffer.from(inSnapshot(bytes), 'latin1') },
    { secret, form: 'latin1', needle: Buffer.from(bytes.toString('latin1'), 'utf16le') },
    { secret, form: 'latin1', needle: Buffer.from(bytes.toString('latin1'), 'utf8') },
    ...texts.flatMap(([form, text]) => [
      { secret, form, needle: Buffer.from(text, 'latin1') },
      { secret, form, needle: Buffer.from(text, 'utf16le') },
    ]),
  ]
}

/** What stays the same of the base64 of bytes wherever in a longer text they begin, in both alphabets. */
function inBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and the last sign may hold bits of what stands beside.
    const inner = text.slice(before === 0 ? 0 : before + 1, -1)
    return [...new Set([inner, inner.replaceAll('+', '-').replaceAll('/', '_')])]
  })
}

const SHORT: Readonly<Record<string, string>> = {
  // V8 keeps names as texts of C, in which a zero cannot stand.
  '\0': ' ',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

/** Texts of a heap snapshot: control characters and whatever is beyond ASCII stand as their numbers. */
function inSnapshot(bytes: Buffer): string {
  return [...bytes.toString('latin1')]
    .map((sign) => SHORT[sign] ?? (sign >= ' ' && sign <= '\u007f' ? sign : `\\u${hex4(sign)}`))
    .join('')
}

function hex4(sign: string): string {
  return sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
}

/** `secret as form`, each once. */
export function found(forms: readonly Form[], pieces: Iterable<Buffer>): readonly string[] {
  const seen = new Set<string>()
  for (const piece of pieces) {
    for (const { secret, form, needle } of forms) {
      const name = `${secret} as ${form}`
      if (!seen.has(name) && piece.includes(needle)) seen.add(name)
    }
  }
  return [...seen].toSorted()
}

/** A file in pieces that overlap. */
export function* piecesOf(path: string): Generator<Buffer, void> {
  const file = openSync(path, 'r')
  try {
    yield* between(file, 0, Infinity)
  } finally {
    closeSync(file)
  }
}

/** All that a process can write to in its memory; undefined where the system does not show it. */
export function memoryOf(pid: number): Generator<Buffer, void> | undefined {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'latin1')
    return mapped(openSync(`/proc/${pid}/mem`, 'r'), maps)
  } catch {
    return undefined
  }
}

function* mapped(memory: number, maps: string): Generator<Buffer, void> {
  try {
    for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      yield* between(memory, Number.parseInt(from, 16), Number.parseInt(to, 16))
    }
  } finally {
    closeSync(memory)
  }
}

/** What each piece holds is gone with the next. */
function* between(file: number, from: number, to: number): Generator<Buffer, void> {
  const space = Buffer.allocUnsafe(PIECE + OVERLAP)
  for (let at = from; at < to; at += PIECE) {
    let length: number
    try {
      length = readSync(file, space, 0, Math.min(space.length, to - at), at)
    } catch {
      // Mapped, and nothing there: this piece cannot be read, another may be.
      continue
    }
    if (length === 0) return
    yield space.subarray(0, length)
  }
}
