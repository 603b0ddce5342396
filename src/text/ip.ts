/**
 * IP addresses and address ranges in CIDR form, IPv4 and IPv6.
 *
 * Only the plain forms are taken: four decimal parts without leading zeros, or IPv6 without a zone. Host bits after
 * the prefix are ignored, and a range without a prefix is one address. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`)
 * is the IPv4 address it stands for, in ranges with a prefix of 96 or more as well, so that a caller's address gives
 * the same answer however it is written. Families never mix otherwise.
 *
 * Source: IAM User Guide, "Condition operators" (IP address condition operators); RFC 4632; RFC 4291, section 2.
 */
import ipaddr from 'ipaddr.js'

export type IpFamily = 4 | 6

export interface IpAddress {
  readonly family: IpFamily
  readonly value: bigint
}

export interface IpRange {
  readonly family: IpFamily
  readonly prefixLength: number
  /** First and last address, both inside. */
  readonly first: bigint
  readonly last: bigint
}

/** Nothing longer is an address; longer texts do not reach the parser. */
const MAX_ADDRESS_LENGTH = 45
const MAPPED_PREFIX_LENGTH = 96

export function parseIpAddress(text: string): IpAddress | undefined {
  const written = parseAsWritten(text)
  if (written === undefined) return undefined
  return isMapped(written) ? { family: 4, value: written.value & 0xffff_ffffn } : written
}

export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const written = parseAsWritten(slash === -1 ? text : text.slice(0, slash))
  if (written === undefined) return undefined
  const prefixLength = slash === -1 ? bitsOf(written.family) : parsePrefixLength(text.slice(slash + 1))
  if (prefixLength === undefined || prefixLength > bitsOf(written.family)) return undefined
  if (isMapped(written) && prefixLength >= MAPPED_PREFIX_LENGTH) {
    return rangeOf({ family: 4, value: written.value & 0xffff_ffffn }, prefixLength - MAPPED_PREFIX_LENGTH)
  }
  return rangeOf(written, prefixLength)
}

/** False when the families differ. */
export function isInRange(address: IpAddress, range: IpRange): boolean {
  return address.family === range.family && range.first <= address.value && address.value <= range.last
}

/** The usual text of an address: dotted, or IPv6 compressed as RFC 5952 has it. */
export function formatIpAddress({ family, value }: IpAddress): string {
  const length = family === 4 ? 4 : 16
  const bytes = Array.from({ length }, (_, index) => Number((value >> BigInt((length - 1 - index) * 8)) & 0xffn))
  const address = ipaddr.fromByteArray(bytes)
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

function parseAsWritten(text: string): IpAddress | undefined {
  if (text.length > MAX_ADDRESS_LENGTH) return undefined
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return { family: 4, value: toBigInt(ipaddr.IPv4.parse(text).toByteArray()) }
  }
  if (!text.includes(':') || !isPlainIpv6(text) || !ipaddr.IPv6.isValid(text)) return undefined
  return { family: 6, value: toBigInt(ipaddr.IPv6.parse(text).toByteArray()) }
}

/** No zone, and an IPv4 tail only in the plain form: the parser would read `::ffff:010.0.0.1` as octal. */
function isPlainIpv6(text: string): boolean {
  if (text.includes('%')) return false
  const tail = text.slice(text.lastIndexOf(':') + 1)
  return !tail.includes('.') || ipaddr.IPv4.isValidFourPartDecimal(tail)
}

function isMapped({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 32n === 0xffffn
}

function rangeOf({ family, value }: IpAddress, prefixLength: number): IpRange {
  const hostBits = BigInt(bitsOf(family) - prefixLength)
  const first = (value >> hostBits) << hostBits
  return { family, prefixLength, first, last: first + (1n << hostBits) - 1n }
}

function bitsOf(family: IpFamily): number {
  return family === 4 ? 32 : 128
}

function parsePrefixLength(text: string): number | undefined {
  const value = Number(text)
  return text.length <= 3 && Number.isInteger(value) && value >= 0 && String(value) === text ? value : undefined
}

function toBigInt(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
