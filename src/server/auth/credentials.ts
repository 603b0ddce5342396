/**
 * The credentials of a service: long-term ones of users and root users as rows of its store, and sessions, which are
 * their own tokens.
 *
 * Secrets rest sealed, and are plain only in a bounded cache, whose secrets are wiped when they leave it. What another
 * process has added or revoked is heard from the change log of the store.
 *
 * Source: IAM User Guide, "Manage access keys for IAM users", "Temporary security credentials in IAM"; facts sts 4.
 */
import { randomBytes, randomFillSync } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { after } from '../../kms/awaitable.js'
import { HmacKey } from '../../kms/crypto/hmac.js'
import type { MaterialKeyring } from '../../kms/materials.js'
import { put } from '../../kms/records.js'
import { StoreError, type Awaitable, type Store } from '../../kms/store.js'
import type { PolicyDocument } from '../../policy/document.js'
import { parsePolicyValue } from '../../policy/parse.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure } from '../authenticator.js'
import {
  CREDENTIALS_PREFIX,
  credentialRow,
  isLongTermId,
  listCredentials,
  parseCredentialRow,
  revokeCredential,
  type CredentialInfo,
  type CredentialRecord,
  type Revoked,
} from './credential-rows.js'
import { EXPIRED, UNRECOGNIZED } from './failures.js'
import { LiveIds } from './live-ids.js'
import { base64Of, openSealingKey, type SealingKey } from './sealing-key.js'
import { MAX_TOKEN_LENGTH, sealSession, sessionSecret, unsealSession, type SessionFacts } from './session.js'
import { Signer, type CallerParts } from './signer.js'

export interface CredentialsOptions {
  readonly store: Store
  /** Used when opening alone. */
  readonly keyring: MaterialKeyring
  readonly nowMs?: () => number
  /** How many long-term credentials, and how many sessions, stay ready; 10,000 when left out. */
  readonly maxReady?: number
}

export interface NewPrincipal {
  /** ARN of a user or of the root of an account. */
  readonly principal: string
  /** `AIDA…`, which conditions on aws:userid ask for. */
  readonly principalId?: string
}

/** The secret is told this once. */
export interface NewCredential extends CredentialInfo {
  readonly secretAccessKey: string
}

export interface MintedSession {
  /** `ASIA…` */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAtMs: number
  /** Characters of the token, and how many it may have. */
  readonly tokenSize: number
  readonly tokenSizeLimit: number
}

interface SessionSigner {
  readonly signer: Signer
  readonly token: string
  readonly facts: SessionFacts
  parent: Signer
}

const DEFAULT_MAX_READY = 10_000
/** Characters of the policies and tags of all sessions that stay ready. */
const MAX_READY_SESSION_SIZE = 1 << 25
const SESSION_OVERHEAD = 2000
const SECRET_LABEL = 'keyward credential v1'
/** As base64 the 40 characters that AWS's have. */
const SECRET_SIZE = 30
/** As base32 sixteen characters. */
const ID_SIZE = 10
const SESSION_ID = /^ASIA[A-Z2-7]{16}$/

/** Opens the credentials of a store. Rejects with a KeyringError or StoreError. */
export async function openCredentials({ store, keyring, nowMs, maxReady }: CredentialsOptions): Promise<Credentials> {
  return new Credentials(store, await openSealingKey(store, keyring), nowMs ?? Date.now, maxReady ?? DEFAULT_MAX_READY)
}

export class Credentials {
  /** Stands in for the signing key of whoever is not known, so that looking for one takes the same work. */
  readonly decoy: HmacKey
  readonly #store: Store
  readonly #sealing: SealingKey
  readonly #nowMs: () => number
  readonly #longTerm: LRUCache<string, Signer>
  readonly #sessions: LRUCache<string, SessionSigner>
  readonly #liveIds: LiveIds
  readonly #unsubscribe: () => void
  /** Counts what was heard of: what was read before may be old. */
  #heard = 0
  #isClosed = false

  constructor(store: Store, sealing: SealingKey, nowMs: () => number, maxReady: number) {
    this.#store = store
    this.#sealing = sealing
    this.#nowMs = nowMs
    this.#longTerm = new LRUCache({ max: maxReady, dispose: (signer) => signer.release() })
    this.#sessions = new LRUCache({
      max: maxReady,
      maxSize: MAX_READY_SESSION_SIZE,
      sizeCalculation: ({ facts }) => sizeOf(facts),
      dispose: ({ signer }) => signer.release(),
    })
    this.#liveIds = new LiveIds(store)
    const random = sealing.secrets.allocate(32)
    randomFillSync(random)
    this.decoy = new HmacKey('sha256', random, sealing.secrets)
    sealing.secrets.release(random)
    this.#unsubscribe = store.subscribe((names, _version, lost) => this.#noticed(names, lost))
  }

  /** Makes a long-term credential. The error is one sentence, about the principal. */
  async add({ principal, principalId }: NewPrincipal): Promise<Result<NewCredential, string>> {
    const wrong = checkPrincipal(principal)
    if (wrong !== undefined) return { ok: false, error: wrong }
    const { secrets } = this.#sealing
    const accessKeyId = `AKIA${base32(randomBytes(ID_SIZE))}`
    const about = { principal, ...(principalId !== undefined && { principalId }), createdAtMs: this.#nowMs() }
    const random = secrets.allocate(SECRET_SIZE)
    randomFillSync(random)
    const secret = base64Of(random, secrets)
    secrets.release(random)
    const sealedSecret = this.#sealing.seal(SECRET_LABEL, subjectOf(accessKeyId, about), secret)
    const secretAccessKey = secret.toString('latin1')
    secrets.release(secret)
    const record: CredentialRecord = { form: 1, ...about, sealedSecret }
    const result = await this.#store.commit([put(credentialRow(accessKeyId), record, 'absent')], [])
    if (!result.ok) throw new StoreError(`the access key id ${accessKeyId} is taken`)
    this.#liveIds.changed(accessKeyId)
    return { ok: true, value: { accessKeyId, ...about, secretAccessKey } }
  }

  /** All of them, revoked ones too, and no secrets. */
  list(): AsyncIterable<CredentialInfo> {
    return listCredentials(this.#store)
  }

  /** Whether there has never been one. */
  async isEmpty(): Promise<boolean> {
    return (await this.#store.scan(CREDENTIALS_PREFIX, { limit: 1 })).rows.length === 0
  }

  async revoke(accessKeyId: string): Promise<Revoked> {
    const revoked = await revokeCredential(this.#store, accessKeyId, this.#nowMs())
    this.#forget(accessKeyId)
    return revoked
  }

  /** Credentials for a session. Nothing is written. */
  mintSession(facts: SessionFacts): Result<MintedSession, 'tooLarge'> {
    const accessKeyId = `ASIA${base32(randomBytes(ID_SIZE))}`
    const sessionToken = sealSession(this.#sealing, accessKeyId, facts)
    if (sessionToken === undefined) return { ok: false, error: 'tooLarge' }
    const secret = sessionSecret(this.#sealing, accessKeyId, sessionToken)
    const secretAccessKey = secret.toString('latin1')
    this.#sealing.secrets.release(secret)
    return {
      ok: true,
      value: {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        expiresAtMs: facts.expiresAtMs,
        tokenSize: sessionToken.length,
        tokenSizeLimit: MAX_TOKEN_LENGTH,
      },
    }
  }

  /** What a token stands for, expired or not; undefined where it was not made here for this access key id. */
  openSession(accessKeyId: string, sessionToken: string): SessionFacts | undefined {
    return SESSION_ID.test(accessKeyId) ? unsealSession(this.#sealing, accessKeyId, sessionToken) : undefined
  }

  /** The credential that a request names, which may be released as soon as anything else is waited for. */
  signerOf(
    accessKeyId: string,
    sessionToken: string | undefined,
    nowMs: number,
  ): Awaitable<Result<Signer, AuthenticationFailure>> {
    if (this.#isClosed) throw new StoreError('the credentials are closed')
    if (sessionToken !== undefined) return this.#session(accessKeyId, sessionToken, nowMs)
    return after(this.#longTermOf(accessKeyId, nowMs), (signer) =>
      signer === undefined ? UNRECOGNIZED : { ok: true, value: signer },
    )
  }

  /** Wipes every secret. The store stays open. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unsubscribe()
    this.#sessions.clear()
    this.#longTerm.clear()
    this.decoy.release()
    this.#sealing.release()
  }

  // --------------------------------------------------------------------------------------------------------- looking

  #longTermOf(accessKeyId: string, nowMs: number): Awaitable<Signer | undefined> {
    const ready = this.#longTerm.get(accessKeyId)
    if (ready !== undefined) return ready
    if (!isLongTermId(accessKeyId)) return undefined
    return after(this.#liveIds.mayLive(accessKeyId, nowMs), (mayLive) =>
      mayLive ? this.#load(accessKeyId) : undefined,
    )
  }

  #load(accessKeyId: string): Awaitable<Signer | undefined> {
    const heard = this.#heard
    return after(this.#store.get(credentialRow(accessKeyId)), (row) => {
      if (this.#isClosed) throw new StoreError('the credentials are closed')
      const ready = this.#longTerm.get(accessKeyId)
      if (ready !== undefined) return ready
      // What changed while it was read is read again.
      if (heard !== this.#heard) return this.#load(accessKeyId)
      const signer = row === undefined ? undefined : this.#signerOfRecord(accessKeyId, parseCredentialRow(row))
      if (signer === undefined) this.#liveIds.isNone(accessKeyId)
      else this.#longTerm.set(accessKeyId, signer)
      return signer
    })
  }

  #signerOfRecord(accessKeyId: string, record: CredentialRecord): Signer | undefined {
    const { sealedSecret, principal, principalId } = record
    if (sealedSecret === undefined || record.revokedAtMs !== undefined) return undefined
    const secret = this.#sealing.open(SECRET_LABEL, subjectOf(accessKeyId, record), sealedSecret)
    if (secret === undefined) {
      throw new StoreError(`the credential ${accessKeyId} in the store was changed, or comes from another store`)
    }
    const caller: CallerParts = { principal, ...(principalId !== undefined && { principalId }) }
    return new Signer({ accessKeyId, caller }, secret, this.#sealing.secrets)
  }

  #session(accessKeyId: string, token: string, nowMs: number): Awaitable<Result<Signer, AuthenticationFailure>> {
    const ready = this.#readySession(accessKeyId, token)
    const facts = ready === undefined ? this.openSession(accessKeyId, token) : ready.facts
    if (facts === undefined) return UNRECOGNIZED
    if (nowMs >= facts.expiresAtMs) {
      this.#sessions.delete(accessKeyId)
      return EXPIRED
    }
    if (ready?.parent.isLive === true) return { ok: true, value: ready.signer }
    return after(this.#longTermOf(facts.parentAccessKeyId, nowMs), (parent) => {
      const signer = parent === undefined ? undefined : this.#signerOfSession(accessKeyId, token, facts, parent)
      if (signer !== undefined) return { ok: true, value: signer } as const
      this.#sessions.delete(accessKeyId)
      return UNRECOGNIZED
    })
  }

  #readySession(accessKeyId: string, token: string): SessionSigner | undefined {
    const ready = this.#sessions.get(accessKeyId)
    return ready?.token === token ? ready : undefined
  }

  #signerOfSession(accessKeyId: string, token: string, facts: SessionFacts, parent: Signer): Signer | undefined {
    const ready = this.#readySession(accessKeyId, token)
    if (ready !== undefined) {
      ready.parent = parent
      return ready.signer
    }
    const caller = callerOf(facts)
    if (caller === undefined) return undefined
    const secret = sessionSecret(this.#sealing, accessKeyId, token)
    const signer = new Signer({ accessKeyId, caller, session: facts }, secret, this.#sealing.secrets)
    this.#sessions.set(accessKeyId, { signer, token, facts, parent })
    return signer
  }

  #noticed(names: readonly string[], lost: boolean): void {
    if (lost) {
      this.#heard++
      this.#longTerm.clear()
      this.#liveIds.lost()
      return
    }
    for (const name of names) {
      if (!name.startsWith(CREDENTIALS_PREFIX)) continue
      const accessKeyId = name.slice(CREDENTIALS_PREFIX.length)
      this.#forget(accessKeyId)
      this.#liveIds.changed(accessKeyId)
    }
  }

  /** Its sessions notice by themselves: their parent is live no longer. */
  #forget(accessKeyId: string): void {
    this.#heard++
    this.#longTerm.delete(accessKeyId)
  }
}

// ----------------------------------------------------------------------------------------------------------- helpers

/** Everything that a secret is bound to: a row in which the principal was changed does not open. */
function subjectOf(accessKeyId: string, about: Omit<CredentialRecord, 'form'>): readonly string[] {
  return [accessKeyId, about.principal, about.principalId ?? '', String(about.createdAtMs)]
}

function checkPrincipal(principal: string): string | undefined {
  const parsed = parsePrincipalArn(principal)
  if (!parsed.ok) return parsed.error.message
  const { kind } = parsed.value
  if (kind === 'user' || kind === 'root') return undefined
  return `long-term credentials are for a user or for the root of an account, not for \`${principal}\``
}

/** Undefined where a policy cannot be read: whoever it was to restrict is refused. */
function callerOf(facts: SessionFacts): CallerParts | undefined {
  const sessionPolicies: PolicyDocument[] = []
  for (const text of facts.policies ?? []) {
    // Managed policies may be longer than what can be passed inline; who made the session has counted.
    const parsed = parsePolicyValue(text, 'session', '<session policy>', { sizes: 'report' })
    if (!parsed.ok) return undefined
    sessionPolicies.push(parsed.value)
  }
  const { principal, principalId, roleArn, userArn, tags, mfa, issuedAtMs } = facts
  return {
    principal,
    ...(principalId !== undefined && { principalId }),
    ...(roleArn !== undefined && { roleArn }),
    ...(userArn !== undefined && { userArn }),
    ...(facts.policies !== undefined && { sessionPolicies }),
    ...(tags !== undefined && { sessionTags: tags }),
    ...(mfa !== undefined && { mfaAuthenticated: mfa !== false }),
    sessionStartedAtMs: issuedAtMs,
  }
}

function sizeOf({ policies = [], tags = {} }: SessionFacts): number {
  let size = SESSION_OVERHEAD
  for (const text of policies) size += text.length
  for (const [key, value] of Object.entries(tags)) size += key.length + value.length
  return size
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Of a multiple of five bytes. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(held >> bits) & 31]!
    }
    held &= (1 << bits) - 1
  }
  return text
}
