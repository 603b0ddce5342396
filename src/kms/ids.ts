/**
 * Random ids: requests, events and keys by UUID, grants by 64 hex digits.
 *
 * Random bytes are asked for by the page: asking for 16 costs as much as asking for 4096.
 *
 * Source: RFC 9562, section 5.4.
 */

const PAGE = 4096
const DASH = 0x2d
const DIGITS = Buffer.from('0123456789abcdef', 'latin1')

export class Ids {
  private page: Uint8Array = new Uint8Array(0)
  private used = 0
  // Written here and read as one text: joining pieces would leave a tree of them for every id that is kept.
  private readonly scratch = Buffer.alloc(64)

  constructor(private readonly randomBytes: (size: number) => Uint8Array) {}

  uuid(): string {
    const start = this.take(16)
    const { page, scratch } = this
    let at = 0
    for (let index = 0; index < 16; index++) {
      if (index === 4 || index === 6 || index === 8 || index === 10) scratch[at++] = DASH
      let byte = page[start + index]!
      if (index === 6) byte = (byte & 0x0f) | 0x40
      else if (index === 8) byte = (byte & 0x3f) | 0x80
      scratch[at++] = DIGITS[byte >> 4]!
      scratch[at++] = DIGITS[byte & 0x0f]!
    }
    return scratch.toString('latin1', 0, at)
  }

  /** Up to 32 random bytes as lower-case hex digits. */
  hex(size: number): string {
    const start = this.take(size)
    return Buffer.from(this.page.subarray(start, start + size)).toString('hex')
  }

  private take(size: number): number {
    if (this.used + size > this.page.length) {
      this.page = this.randomBytes(PAGE)
      this.used = 0
    }
    const start = this.used
    this.used += size
    return start
  }
}
