/**
 * Which header of a request stands where, and which of them are signed: the same for all that a client sends, so it is worked
 * out once and then compared.
 *
 * Knows names and no values. Bounded, whatever is sent.
 *
 * Source: IAM User Guide, "Create a signed AWS API request", step 1.
 */
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure, SignedRequest } from '../authenticator.js'
import { incomplete, invalid } from './failures.js'
import { Remembered } from './remembered.js'

/** Of a header among those of its request; several where it comes more than once, in the order of the wire. */
type Place = number | readonly number[]

export interface SignedHeader {
  /** As it stands in the canonical request before the value: a line break, the name and a colon. */
  readonly label: string
  readonly place: Place
}

type Read<T> = Result<T, AuthenticationFailure>

const MOST_SIGNED = 128
const AMZ = 'x-amz-'
/** Compared with the body, so that it is true signed or not; AWS leaves it out as well. */
export const HASH_HEADER = 'x-amz-content-sha256'

export class HeaderLayout {
  /** Of all names together. */
  readonly length: number
  /** As they were sent. */
  readonly #names: readonly string[]
  /** By the name in lower case. */
  readonly #places: ReadonlyMap<string, Place>
  readonly #signed = new Remembered<Read<readonly SignedHeader[]>>(16, (text) => this.#read(text))

  constructor(names: readonly string[]) {
    const places = new Map<string, number | number[]>()
    let length = 0
    names.forEach((name, index) => {
      length += name.length
      const lower = name.toLowerCase()
      const known = places.get(lower)
      if (known === undefined) places.set(lower, index)
      else if (typeof known === 'number') places.set(lower, [known, index])
      else known.push(index)
    })
    this.length = length
    this.#names = names
    this.#places = places
  }

  /** Whether it is that of these headers. */
  fits(headers: SignedRequest['headers']): boolean {
    const names = this.#names
    if (names.length !== headers.length) return false
    for (let index = 0; index < names.length; index++) if (names[index] !== headers[index]![0]) return false
    return true
  }

  /** @param name - in lower case. */
  placeOf(name: string): Place | undefined {
    return this.#places.get(name)
  }

  /** What a list of names signs. The host is one of them, and all that begin with `x-amz-`, which say what is to be done. */
  signed(signedHeaders: string): Read<readonly SignedHeader[]> {
    return this.#signed.of(signedHeaders)
  }

  #read(signedHeaders: string): Read<readonly SignedHeader[]> {
    const names = signedHeaders.split(';', MOST_SIGNED + 1)
    if (names.length > MOST_SIGNED) return incomplete('Too many headers are signed.')
    let before = ''
    for (const name of names) {
      // The names are signed as they stand there: another order or spelling would be another text of the same request.
      if (name <= before) return invalid(`'SignedHeaders' must be in lower case and in order, each name once.`)
      before = name
    }
    const signed: SignedHeader[] = []
    for (const name of names) {
      const place = this.#places.get(name)
      if (place === undefined) {
        return invalid('A header that is signed is not in the request, or its name is not in lower case.')
      }
      signed.push({ label: `\n${name}:`, place })
    }
    const set = new Set(names)
    if (!set.has('host')) return invalid(`'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.`)
    if (typeof this.#places.get('host') !== 'number') return comesTwice('host')
    for (const name of this.#places.keys()) {
      if (!name.startsWith(AMZ) || set.has(name) || name === HASH_HEADER) continue
      const known = name.length <= 64 ? name : 'x-amz-*'
      return invalid(`'${known}' must be a 'SignedHeader' in the AWS Authorization.`)
    }
    return { ok: true, value: signed }
  }
}

export function comesTwice(name: string): ReturnType<typeof incomplete> {
  return incomplete(`The request has the header '${name}' more than once.`)
}

/** As many kinds of clients may come in turn. */
const MOST_LAYOUTS = 16
/** What is larger is of no client of AWS, and would keep memory. */
const MOST_NAMES = 64
const LONGEST_NAMES = 2048

const layouts: HeaderLayout[] = []
let oldest = 0

export function layoutOf(headers: SignedRequest['headers']): HeaderLayout {
  for (const layout of layouts) if (layout.fits(headers)) return layout
  const made = new HeaderLayout(headers.map(([name]) => name))
  if (headers.length > MOST_NAMES || made.length > LONGEST_NAMES) return made
  layouts[oldest] = made
  oldest = (oldest + 1) % MOST_LAYOUTS
  return made
}
