/**
 * What a failure of PostgreSQL, or of the way to it, means for a store.
 *
 * Only the message and the code of an error are ever passed on: what else hangs on it may know how to log in.
 *
 * Source: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes"; "Serialization Failure Handling".
 */
import { StoreError, StoreTimeout } from '../kms/store.js'
import type { PostgresAddress } from './postgres-address.js'

/**
 * `conflict`: another transaction was in the way, and the same succeeds the next time. `away`: the connection or the
 * server has gone. `timeout`: somebody held what was wanted. `statements`: the server has lost what was prepared, as behind
 * a pooler. `refused`: it is as it is.
 */
export type FailureKind = 'conflict' | 'away' | 'timeout' | 'statements' | 'refused'

/** Where a failure has a code of its own; everything else of the server's is `refused`. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  '40001': 'conflict',
  '40P01': 'conflict',
  // A cluster that cannot say whether a transaction was committed.
  '40003': 'away',
  '55P03': 'timeout',
  '57014': 'timeout',
  // After a change of roles: the next connection may lead to a server that can be written.
  '25006': 'away',
  '53300': 'away',
  '57P01': 'away',
  '57P02': 'away',
  '57P03': 'away',
  '57P05': 'away',
  '26000': 'statements',
  '42P05': 'statements',
}

/** Who may not come in, and to what; everything else that ends a connection may be gone the next time. */
const NOT_ADMITTED = /^(28|3D|42)/
const ENDS_CONNECTION: readonly unknown[] = ['FATAL', 'PANIC']

const UNIQUE_VIOLATION = '23505'
const SQLSTATE = /^[0-9A-Z]{5}$/

export const MISSING = ['42P01', '3F000'] as const
/** What comes of two processes that make the same tables at once. */
export const THERE_ALREADY = [UNIQUE_VIOLATION, '42P06', '42P07'] as const

export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' && SQLSTATE.test(error.code) ? error.code : undefined
}

export function kindOf(error: unknown): FailureKind {
  const code = sqlStateOf(error)
  // No answer of the server's: the network, the socket, the time that was given to it.
  if (code === undefined) return 'away'
  // Two have taken the same place in the log; one of them was too late.
  if (code === UNIQUE_VIOLATION) return 'conflict'
  const kind = KINDS[code]
  if (kind !== undefined) return kind
  const isOver = error instanceof Error && 'severity' in error && ENDS_CONNECTION.includes(error.severity)
  return code.startsWith('08') || (isOver && !NOT_ADMITTED.test(code)) ? 'away' : 'refused'
}

export function isOneOf(error: unknown, codes: readonly string[]): boolean {
  const code = sqlStateOf(error)
  return code !== undefined && codes.includes(code)
}

const UNKNOWN_AUTHORITY = ['name the certificate of its authority with `sslrootcert=`']
/** What to do about a certificate; Node says in other words what is wrong with it. */
const TLS_ADVICE: Readonly<Record<string, readonly string[]>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: ['the URL must name the server as its certificate does'],
}
/** What `pg` says where the server will not encrypt. */
const NO_TLS = 'The server does not support SSL connections'

/** For callers of the store: one sentence, no password, no error of `pg` hanging on it. */
export function storeErrorOf(error: unknown, what: string, address: PostgresAddress): StoreError {
  if (error instanceof StoreError) return error
  const Kind = error instanceof Error && kindOf(error) === 'timeout' ? StoreTimeout : StoreError
  return new Kind(`${what}: ${address.withoutPassword(reasonOf(error))}`)
}

function reasonOf(error: unknown): string {
  // Where a name has several addresses, each has failed in its way.
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => reasonOf(each)).join('; ')
  }
  if (!(error instanceof Error)) return String(error)
  const advice = 'code' in error && typeof error.code === 'string' ? TLS_ADVICE[error.code] : undefined
  return [error.message === NO_TLS ? `${NO_TLS}; it needs \`ssl = on\`` : error.message, ...(advice ?? [])].join('; ')
}
