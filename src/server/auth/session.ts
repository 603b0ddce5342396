/**
 * Sessions: what temporary credentials stand for, carried by their token.
 *
 * A session is written nowhere: its token is the session, sealed, and its secret follows from the token. So making one
 * costs no write, and every process of a service knows it at once. Whether its time has come or its parent was revoked,
 * and what its holder may do, is asked elsewhere.
 *
 * Source: STS API Reference, "Credentials"; IAM User Guide, "Temporary security credentials in IAM"; facts sts 4.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { SealingKey } from './sealing-key.js'

export interface SessionFacts {
  /** Made by AssumeRole, by GetSessionToken, by GetFederationToken. */
  readonly kind: 'assumedRole' | 'userSession' | 'federatedUser'
  /** ARN of the role session, of the user or root, of the federated user. */
  readonly principal: string
  /** `AROA…:name`, `AIDA…`, `111122223333:name`. */
  readonly principalId?: string
  /** Of a role session: its role with its path. */
  readonly roleArn?: string
  /** Of a federated user: who asked for it. */
  readonly userArn?: string
  /** The long-term access key at the beginning of the chain; the session ends where that is revoked. */
  readonly parentAccessKeyId: string
  /** Texts, managed ones as they were when the session was made. An empty list is a session that is allowed nothing. */
  readonly policies?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string
  /** False: made without, which conditions may ask for; absent: nothing is said of it. */
  readonly mfa?: { readonly authenticatedAtMs: number } | false
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** A token has to find room in a header or a query, next to everything else. */
export const MAX_TOKEN_LENGTH = 8192

/** What tokens hold before they are packed; whoever seals sees to it that no more comes out. */
const MAX_UNPACKED = 1 << 20

const TOKEN_LABEL = 'keyward session token v1'
const SECRET_LABEL = 'keyward session secret v1'
/** As base64 the 40 characters that AWS's have. */
const SECRET_SIZE = 30

interface SessionRecord extends SessionFacts {
  readonly form: 1
}

/** Undefined where all that is said of the session makes too long a token. */
export function sealSession(sealing: SealingKey, accessKeyId: string, facts: SessionFacts): string | undefined {
  const text = JSON.stringify({ form: 1, ...facts } satisfies SessionRecord)
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > MAX_UNPACKED) return undefined
  const token = sealing.seal(TOKEN_LABEL, [accessKeyId], deflateRawSync(bytes))
  return token.length > MAX_TOKEN_LENGTH ? undefined : token
}

/** The facts of a token that was made here for this access key id, as they were sealed; undefined for any other text. */
export function unsealSession(sealing: SealingKey, accessKeyId: string, token: string): SessionFacts | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined
  const packed = sealing.open(TOKEN_LABEL, [accessKeyId], token)
  if (packed === undefined) return undefined
  const text = inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED }).toString('utf8')
  sealing.secrets.release(packed)
  const record: unknown = JSON.parse(text)
  // Sealed by this service or a newer one, whose form it may have.
  if (typeof record !== 'object' || record === null || !('form' in record) || record.form !== 1) return undefined
  const { form: _, ...facts } = record as SessionRecord
  return facts
}

/** The secret access key that belongs to a token, base64; a secret of the caller's. */
export function sessionSecret(sealing: SealingKey, accessKeyId: string, token: string): Buffer {
  return sealing.deriveText(SECRET_LABEL, [accessKeyId, token], SECRET_SIZE)
}
