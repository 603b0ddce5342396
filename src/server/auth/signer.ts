/**
 * A credential at work: its secret, the signing keys that were made of it, and the caller that it stands for.
 *
 * All of its secrets are wiped when it is released; then it is live no longer, and whoever holds it asks for it again.
 *
 * Source: IAM User Guide, "Create a signed AWS API request", step 4.
 */
import type { KmsCaller } from '../../kms/caller.js'
import { HmacKey } from '../../kms/crypto/hmac.js'
import type { SecretPool } from '../../kms/crypto/secret.js'
import type { Authenticated } from '../authenticator.js'
import type { Scope } from './scope.js'
import type { SessionFacts } from './session.js'

/** The caller without its Region. */
export type CallerParts = Omit<KmsCaller, 'region' | 'accessKeyId'>

export interface SignerParts {
  readonly accessKeyId: string
  readonly caller: CallerParts
  readonly session?: SessionFacts
}

/** Region, service and day for which a credential has signed. */
export interface SigningKey {
  readonly key: HmacKey
  readonly scope: Scope
  /** The same object as long as nothing of it changes. */
  authenticated: Authenticated
  /** Of sessions with MFA, whose age is a part of the caller: at which second that was. */
  second: number
}

/** One for each Region and service that a caller uses, and a few from yesterday. */
const MAX_SIGNING_KEYS = 8
const PREFIX = 'AWS4'

export class Signer {
  isLive = true
  readonly accessKeyId: string
  readonly session: SessionFacts | undefined
  readonly #caller: CallerParts
  readonly #secrets: SecretPool
  /** Of `AWS4` and the secret access key. */
  readonly #secret: HmacKey
  /** By the credential as requests name it. */
  readonly #signingKeys = new Map<string, SigningKey>()

  /** @param secret - the secret access key, which is released. */
  constructor({ accessKeyId, caller, session }: SignerParts, secret: Buffer, secrets: SecretPool) {
    this.accessKeyId = accessKeyId
    this.session = session
    this.#caller = caller
    this.#secrets = secrets
    const prefixed = secrets.allocate(PREFIX.length + secret.length)
    prefixed.write(PREFIX, 'latin1')
    secret.copy(prefixed, PREFIX.length)
    secrets.release(secret)
    this.#secret = new HmacKey('sha256', prefixed, secrets)
    secrets.release(prefixed)
  }

  known(credential: string): SigningKey | undefined {
    return this.#signingKeys.get(credential)
  }

  /** The caller's, until it is kept. */
  derive({ date, region, service }: Scope): HmacKey {
    let key = this.#step(this.#secret, date)
    for (const part of [region, service, 'aws4_request']) {
      const next = this.#step(key, part)
      key.release()
      key = next
    }
    return key
  }

  /** Takes over a key under which something was signed indeed: nobody else fills this cache. */
  keep(credential: string, key: HmacKey, scope: Scope, nowMs: number): SigningKey {
    const second = Math.floor(nowMs / 1000)
    const kept: SigningKey = { key, scope, authenticated: this.#authenticated(scope, nowMs), second }
    this.#signingKeys.get(credential)?.key.release()
    this.#signingKeys.set(credential, kept)
    if (this.#signingKeys.size > MAX_SIGNING_KEYS) {
      const [oldest] = this.#signingKeys
      if (oldest !== undefined) {
        oldest[1].key.release()
        this.#signingKeys.delete(oldest[0])
      }
    }
    return kept
  }

  /** Who a request with this key is from. */
  authenticated(known: SigningKey, nowMs: number): Authenticated {
    if (typeof this.session?.mfa !== 'object') return known.authenticated
    const second = Math.floor(nowMs / 1000)
    if (second !== known.second) {
      known.authenticated = this.#authenticated(known.scope, nowMs)
      known.second = second
    }
    return known.authenticated
  }

  release(): void {
    this.isLive = false
    for (const { key } of this.#signingKeys.values()) key.release()
    this.#signingKeys.clear()
    this.#secret.release()
  }

  #step(key: HmacKey, part: string): HmacKey {
    const mac = key.secretMac(Buffer.from(part, 'latin1'))
    const next = new HmacKey('sha256', mac, this.#secrets)
    this.#secrets.release(mac)
    return next
  }

  #authenticated({ region, service }: Scope, nowMs: number): Authenticated {
    const { session, accessKeyId } = this
    const context = session === undefined ? undefined : contextOf(session, nowMs)
    const caller = { ...this.#caller, region, accessKeyId, ...(context !== undefined && { context }) }
    return { caller, service, ...(session !== undefined && { session }) }
  }
}

/** Condition keys of a session for which a caller has no member. */
function contextOf({ sourceIdentity, mfa }: SessionFacts, nowMs: number): KmsCaller['context'] {
  const ageMs = typeof mfa === 'object' ? nowMs - mfa.authenticatedAtMs : undefined
  if (sourceIdentity === undefined && ageMs === undefined) return undefined
  return {
    ...(sourceIdentity !== undefined && { 'aws:SourceIdentity': sourceIdentity }),
    ...(ageMs !== undefined && { 'aws:MultiFactorAuthAge': String(Math.max(0, Math.floor(ageMs / 1000))) }),
  }
}
