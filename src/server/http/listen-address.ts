/**
 * Addresses to listen on as people write them: `127.0.0.1:8155`, `[::1]:8155`, `localhost:8155`, `8155`.
 *
 * Source: RFC 3986, section 3.2 (an IPv6 address before a port stands in brackets).
 */
import { quote } from '../../text/escape.js'
import type { Result } from '../../text/source.js'
import { DEFAULT_HOST } from './listener.js'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const ADDRESS = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/

export function parseListenAddress(text: string): Result<ListenAddress, string> {
  const [, ipv6, name, port] = ADDRESS.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) {
    return { ok: false, error: `${quote(text, 100)} is no address to listen on; expected one such as 127.0.0.1:8155` }
  }
  return { ok: true, value: { host: ipv6 ?? name ?? DEFAULT_HOST, port: Number(port) } }
}
