/**
 * Where a request came from: the facts of its network that condition keys and audit records speak of.
 *
 * All of it is what this process sees itself, or what a proxy says that somebody has declared trusted; a header of anybody
 * else changes nothing but the user agent, which AWS believes as well. What a trusted proxy says and cannot be read refuses
 * the request: an address that is guessed would be a condition that is guessed. A proxy has to set or take away each of
 * these headers on every request.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; RFC 7239, section 7.4 (which end of a list can be believed).
 */
import type { KmsCaller } from '../../kms/caller.js'
import {
  formatIpAddress,
  isInRange,
  parseIpAddress,
  parseIpRange,
  type IpAddress,
  type IpRange,
} from '../../text/ip.js'
import { quote } from '../../text/escape.js'
import type { Result } from '../../text/source.js'

export interface VpcEndpoint {
  /** `vpce-…` */
  readonly id: string
  readonly accountId?: string
  readonly vpcId?: string
}

export interface FactsOptions {
  /** Addresses and ranges of proxies whose `X-Forwarded-*` headers are believed; none when left out. */
  readonly trustedProxies?: readonly string[]
  /** What else is known of an endpoint; asked again after `changed()`. */
  readonly vpcEndpoint?: (id: string) => VpcEndpoint | undefined
}

/** What is known of a connection before its first request. */
export interface Peer {
  readonly address: string | undefined
  readonly tls: { readonly version: string; readonly cipherSuite: string } | undefined
  /** Of the listener. */
  readonly vpcEndpointId: string | undefined
}

/** The network part of a caller. */
export type NetworkFacts = Pick<
  KmsCaller,
  'sourceIp' | 'userAgent' | 'secureTransport' | 'tls' | 'vpcEndpointId' | 'vpcEndpointAccountId' | 'vpcId'
>

export interface RequestFacts {
  readonly network: NetworkFacts
  /** The same for the same facts, and for no others. */
  readonly key: string
}

/** Names in lower case, repeated ones joined by `, `, as node:http has them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const FORWARDED_HEADERS = {
  address: 'x-forwarded-for',
  scheme: 'x-forwarded-proto',
  /** As the Application Load Balancer calls them. */
  tlsVersion: 'x-amzn-tls-version',
  tlsCipherSuite: 'x-amzn-tls-cipher-suite',
  vpcEndpointId: 'x-keyward-vpc-endpoint-id',
} as const

const ENDPOINT_ID = /^vpce-[0-9a-z]{1,60}$/
const TLS_WORD = /^[\w.-]{1,80}$/
const MAX_HOPS = 50
/** What is longer is cut off: it goes into every audit record. */
const MAX_AGENT = 1024
const MAX_HOST = 255

/** Ranges that cannot be read are named by the error. */
export function parseRanges(texts: readonly string[]): Result<readonly IpRange[], string> {
  const ranges: IpRange[] = []
  for (const text of texts) {
    const range = parseIpRange(text)
    if (range === undefined) {
      return { ok: false, error: `${quote(text, 100)} is no address or range such as 10.0.0.0/8` }
    }
    ranges.push(range)
  }
  return { ok: true, value: ranges }
}

export class FactReader {
  private generation = 0

  constructor(
    private readonly proxies: readonly IpRange[],
    private readonly vpcEndpoint: (id: string) => VpcEndpoint | undefined = () => undefined,
  ) {}

  /** What was known of endpoints no longer counts. */
  changed(): void {
    this.generation++
  }

  connection(peer: Peer): ConnectionFacts {
    // A link-local address comes with its zone.
    const address = peer.address === undefined ? undefined : readAddress(peer.address.split('%', 1)[0] ?? '')
    const isProxy = address !== undefined && this.isTrusted(address)
    return new ConnectionFacts(this, { ...peer, address, isProxy })
  }

  get version(): number {
    return this.generation
  }

  isTrusted(address: IpAddress): boolean {
    return this.proxies.some((range) => isInRange(address, range))
  }

  endpoint(id: string | undefined): Pick<NetworkFacts, 'vpcEndpointId' | 'vpcEndpointAccountId' | 'vpcId'> {
    if (id === undefined) return {}
    const { accountId, vpcId } = this.vpcEndpoint(id) ?? {}
    return {
      vpcEndpointId: id,
      ...(accountId === undefined ? {} : { vpcEndpointAccountId: accountId }),
      ...(vpcId === undefined ? {} : { vpcId }),
    }
  }
}

interface KnownPeer extends Omit<Peer, 'address'> {
  readonly address: IpAddress | undefined
  readonly isProxy: boolean
}

/** The facts of one connection's requests, which are mostly the same from one to the next. */
export class ConnectionFacts {
  private last: RequestFacts | undefined
  private lastVersion = -1
  private lastAgent: string | undefined
  private lastHost: string | undefined

  constructor(
    private readonly reader: FactReader,
    private readonly peer: KnownPeer,
  ) {}

  /** The error says what a trusted proxy has told that cannot be. */
  of(headers: Headers): Result<RequestFacts, string> {
    const agent = single(headers, 'user-agent')
    const host = single(headers, 'host')
    if (this.peer.isProxy) return this.forwarded(headers, agent, host)
    const isSame = agent === this.lastAgent && host === this.lastHost && this.reader.version === this.lastVersion
    if (isSame && this.last !== undefined) return { ok: true, value: this.last }
    const { address, tls, vpcEndpointId } = this.peer
    this.last = factsOf(address, agent, host, tls, tls !== undefined, this.reader.endpoint(vpcEndpointId))
    this.lastAgent = agent
    this.lastHost = host
    this.lastVersion = this.reader.version
    return { ok: true, value: this.last }
  }

  private forwarded(
    headers: Headers,
    agent: string | undefined,
    host: string | undefined,
  ): Result<RequestFacts, string> {
    const address = this.clientAddress(single(headers, FORWARDED_HEADERS.address))
    if (!address.ok) return address
    const scheme = single(headers, FORWARDED_HEADERS.scheme)
    const schemes = scheme?.split(',').map((word) => word.trim().toLowerCase())
    if (schemes?.some((word) => word !== 'https' && word !== 'http') === true) {
      return unreadable(FORWARDED_HEADERS.scheme, scheme)
    }
    // Every hop that is named has to be encrypted. A proxy that says nothing passes on what it got.
    const isSecure = schemes?.every((word) => word === 'https') ?? this.peer.tls !== undefined
    const endpointId = single(headers, FORWARDED_HEADERS.vpcEndpointId)
    if (endpointId !== undefined && !ENDPOINT_ID.test(endpointId)) {
      return unreadable(FORWARDED_HEADERS.vpcEndpointId, endpointId)
    }
    const tls = schemes === undefined ? this.peer.tls : isSecure ? toldTls(headers) : undefined
    const endpoint = this.reader.endpoint(endpointId ?? this.peer.vpcEndpointId)
    return { ok: true, value: factsOf(address.value, agent, host, tls, isSecure, endpoint) }
  }

  /** The last address of the list that is no trusted proxy's; where all are, the first. */
  private clientAddress(list: string | undefined): Result<IpAddress | undefined, string> {
    let client = this.peer.address
    if (list === undefined) return { ok: true, value: client }
    let end = list.length
    for (let hops = 0; end >= 0; hops++) {
      const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1)
      const word = list.slice(comma + 1, end).trim()
      const address = readAddress(word)
      if (address === undefined || hops === MAX_HOPS) return unreadable(FORWARDED_HEADERS.address, word)
      client = address
      if (!this.reader.isTrusted(address)) break
      end = comma
    }
    return { ok: true, value: client }
  }
}

function factsOf(
  address: IpAddress | undefined,
  agent: string | undefined,
  host: string | undefined,
  tls: Peer['tls'],
  secureTransport: boolean,
  endpoint: ReturnType<FactReader['endpoint']>,
): RequestFacts {
  const sourceIp = address === undefined ? undefined : formatIpAddress(address)
  const network: NetworkFacts = {
    ...(sourceIp === undefined ? {} : { sourceIp }),
    ...(agent === undefined ? {} : { userAgent: agent.slice(0, MAX_AGENT) }),
    secureTransport,
    ...(tls === undefined ? {} : { tls: { ...tls, ...(host === undefined ? {} : { host: host.slice(0, MAX_HOST) }) } }),
    ...endpoint,
  }
  return { network, key: JSON.stringify(network) }
}

function toldTls(headers: Headers): Peer['tls'] {
  const version = single(headers, FORWARDED_HEADERS.tlsVersion)
  const cipherSuite = single(headers, FORWARDED_HEADERS.tlsCipherSuite)
  if (version === undefined || cipherSuite === undefined) return undefined
  return TLS_WORD.test(version) && TLS_WORD.test(cipherSuite) ? { version, cipherSuite } : undefined
}

const WITH_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/

/** Some proxies write addresses with their ports. */
function readAddress(text: string): IpAddress | undefined {
  const plain = WITH_PORT.exec(text)
  return parseIpAddress(plain?.[1] ?? plain?.[2] ?? text)
}

function single(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

function unreadable(header: string, value: string | undefined): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `the header ${header} of a trusted proxy cannot be read: ${quote(value ?? '', 100)}` }
}
