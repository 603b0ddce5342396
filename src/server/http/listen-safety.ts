/**
 * Where a server may listen without being asked twice: a listener that others on the network can reach has to be
 * encrypted, and has to belong to a server that enforces its policies.
 *
 * Source: docs/security.md.
 */
import { isIP } from 'node:net'
import type { Mode } from '../../kms/services.js'
import { quote } from '../../text/escape.js'
import { isInRange, parseIpAddress, parseIpRange } from '../../text/ip.js'

const LOOPBACK = ['127.0.0.0/8', '::1'].flatMap((text) => parseIpRange(text) ?? [])

/** Names other than `localhost` may come to mean any address. */
function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost'
  const address = parseIpAddress(host)
  return address !== undefined && LOOPBACK.some((range) => isInRange(address, range))
}

export interface Listening {
  readonly host: string
  readonly isEncrypted: boolean
  /** `metrics` for a port that answers no requests of the service. */
  readonly mode: Mode | 'metrics'
}

/** Why a listener is insecure, one sentence; undefined where it is not. */
export function insecureReason({ host, isEncrypted, mode }: Listening): string | undefined {
  if (isLoopback(host)) return undefined
  const where = `${quote(host, 100)} can be reached from other machines`
  if (mode === 'allowAll') return `${where}, and mode \`allowAll\` lets everybody do everything`
  if (mode === 'audit') return `${where}, and mode \`audit\` lets everybody do everything`
  if (isEncrypted) return undefined
  return mode === 'metrics'
    ? `${where}, and metrics are told without encryption to anybody`
    : `${where}, and without a certificate keys and plaintext cross the network unencrypted`
}
