/** Looks for known secrets in texts and bytes: as they are, as hex, base64 at each of its three alignments, and latin1. */

/** Shorter ones are found by chance. */
const LEAST_BYTES = 12
const MOST_BYTES = 32

export class Traces {
  private readonly needles = new Map<string, string>()
  private readonly open = new Set<string>()

  /** What comes from where secrets come from, and is none. */
  except(hex: string): void {
    this.open.add(hex)
    this.needles.delete(hex)
  }

  add(name: string, secret: Uint8Array): void {
    if (secret.length < LEAST_BYTES) return
    const bytes = partOf(secret)
    if (this.open.has(bytes.toString('hex'))) return
    // What is no secret at all: zeroes, or one byte over and over.
    if (new Set(bytes).size < 4) return
    const latin1 = bytes.toString('latin1')
    for (const needle of [latin1, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...inBase64(bytes)]) {
      this.needles.set(needle, name)
    }
    // As texts hold it that were made from bytes one by one, and as JSON writes those.
    this.needles.set(JSON.stringify(latin1).slice(1, -1), name)
    this.needles.set(JSON.stringify([...bytes]).slice(1, -1), name)
  }

  get count(): number {
    return this.needles.size
  }

  /** The names of the secrets that are there. */
  in(haystack: string | Uint8Array): readonly string[] {
    const text = typeof haystack === 'string' ? haystack : Buffer.from(haystack).toString('latin1')
    const found = new Set<string>()
    for (const [needle, name] of this.needles) if (text.includes(needle)) found.add(name)
    return [...found]
  }
}

/**
 * The part that is nowhere but in the secret. PKCS #8 begins with a header; of a curve the private scalar follows, and
 * then the public point; of RSA the public modulus follows, and a coefficient that is secret comes last.
 */
function partOf(secret: Uint8Array): Buffer {
  const isCurve = secret.length > 128 && secret.length < 300
  const start = isCurve ? 40 : Math.max(0, secret.length - MOST_BYTES)
  return Buffer.from(secret.subarray(start, start + (isCurve ? 24 : MOST_BYTES)))
}

/** What stays the same of the base64 of bytes, wherever in a longer text they begin. */
function inBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and the last sign may hold bits of what stands beside.
    const inner = text.slice(before === 0 ? 0 : before + 1, -1)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
