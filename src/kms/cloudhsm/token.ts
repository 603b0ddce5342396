/**
 * Keys in the tokens of one PKCS #11 library: made, used and destroyed, one job after the other.
 *
 * A key is an AES-256 key that never leaves its token, with the id of its KMS key as label. Every call blocks, so all of
 * this runs in a thread of its own (`token-worker.ts`). Which requests there are is not known here.
 *
 * Source: PKCS #11 v2.40, "Base Specification" 5; "Current Mechanisms" 2.7 (AES) and 2.12 (AES-GCM).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Result } from '../../text/source.js'
import { KeyringError } from '../keyring/keyring-error.js'
import {
  initializePkcs11,
  loadPkcs11,
  pkcs11Code,
  pkcs11Constant,
  slotsLabelled,
  type Attribute,
  type Mechanism,
  type Pkcs11Module,
  type Pkcs11Package,
} from '../keyring/pkcs11.js'
import type {
  TokenAnswer,
  TokenFailure,
  TokenFailureKind,
  TokenJob,
  TokenKeyName,
  TokenThreadData,
} from './token-job.js'

type Answer = Result<TokenAnswer, TokenFailure>
type Job<K extends TokenJob['kind']> = Extract<TokenJob, { readonly kind: K }>

interface Session {
  readonly handle: Buffer
  readonly pinDigest: Buffer
  readonly keys: Map<string, Buffer>
}

const TAG_SIZE = 16
const KEY_SIZE = 32
const MAX_KNOWN_KEYS = 10_000
const NOTHING: Answer = { ok: true, value: {} }
const CHECKED = Buffer.from('keyward checks that this opens again', 'latin1')

export class TokenLibrary {
  readonly #data: TokenThreadData
  readonly #sessions = new Map<string, Session>()
  readonly #salt = randomBytes(16)
  #pkcs11: Pkcs11Package | undefined
  #module: Pkcs11Module | undefined
  #isOurs = false

  constructor(data: TokenThreadData) {
    this.#data = data
  }

  /** Never throws but for a bug. */
  do(job: TokenJob): Answer {
    try {
      const module = this.#loaded()
      switch (job.kind) {
        case 'look':
          return this.#look(module, job.token)
        case 'logIn':
          return this.#logIn(module, job)
        case 'logOut':
          this.#drop(job.token)
          return NOTHING
        case 'random':
          return this.#withSession(job.token, ({ handle }) => {
            const room = ownBuffer(job.size)
            return { ok: true, value: { secret: module.C_GenerateRandom(handle, room) } }
          })
        case 'makeKey':
          return this.#withSession(job.token, (session) => this.#makeKey(module, session, job))
        case 'destroyKey':
          return this.#withKey(module, job, ({ handle, keys }, key) => {
            module.C_DestroyObject(handle, key)
            keys.delete(nameOf(job))
            return NOTHING
          })
        case 'seal':
          return this.#withKey(module, job, (session, key) => this.#seal(module, session, key, job))
        case 'open':
          return this.#withKey(module, job, (session, key) => this.#open(module, session, key, job))
      }
    } catch (error) {
      return this.#failed(error)
    }
  }

  close(): void {
    for (const token of this.#sessions.keys()) this.#drop(token)
    if (!this.#isOurs) return
    this.#isOurs = false
    try {
      this.#module?.C_Finalize()
    } catch {
      // Whoever has done it before us has done it.
    }
  }

  // ------------------------------------------------------------------------------------------------------- the library

  #loaded(): Pkcs11Module {
    if (this.#module !== undefined) return this.#module
    this.#pkcs11 ??= loadPkcs11(this.#data.packagePath)
    const module = new this.#pkcs11.PKCS11()
    try {
      module.load(this.#data.library)
      this.#isOurs = initializePkcs11(module)
    } catch (error) {
      throw new KeyringError(`\`${this.#data.library}\` cannot be used: ${messageOf(error)}`, { cause: error })
    }
    this.#module = module
    return module
  }

  #constant(name: string): number {
    if (this.#pkcs11 === undefined) throw new Error('the package is not loaded')
    return pkcs11Constant(this.#pkcs11, name)
  }

  #failed(error: unknown): Answer {
    if (error instanceof KeyringError) return failure('noLibrary', error.message)
    const code = pkcs11Code(error)
    if (code === undefined) throw error
    if (code === 'CKR_CRYPTOKI_NOT_INITIALIZED') {
      // Another part of this process has ended its own use of the library, and with it ours.
      this.#sessions.clear()
      this.#module = undefined
      return failure('loggedOut', code)
    }
    return failure(KINDS[code] ?? 'other', code)
  }

  // ---------------------------------------------------------------------------------------------------------- the token

  #look(module: Pkcs11Module, token: string): Answer {
    const slot = slotOf(module, token)
    if (!slot.ok) return slot
    const { flags } = module.C_GetTokenInfo(slot.value)
    if ((flags & this.#constant('CKF_TOKEN_INITIALIZED')) === 0) return failure('noToken', 'it is not initialized')
    if ((flags & this.#constant('CKF_WRITE_PROTECTED')) !== 0) return failure('unfit', 'it cannot be written to')
    const mechanisms = new Set(module.C_GetMechanismList(slot.value))
    const missing = ['CKM_AES_KEY_GEN', 'CKM_AES_GCM'].find((name) => !mechanisms.has(this.#constant(name)))
    return missing === undefined ? NOTHING : failure('unfit', `it has no ${missing}`)
  }

  #logIn(module: Pkcs11Module, { token, pin }: Job<'logIn'>): Answer {
    const pinDigest = createHash('sha256').update(this.#salt).update(pin, 'utf8').digest()
    const known = this.#sessions.get(token)
    const isSame = known !== undefined && timingSafeEqual(known.pinDigest, pinDigest)
    if (isSame && isAlive(module, known)) return NOTHING
    // All sessions with a token are logged in together, and while one is the token looks at no other password.
    this.#drop(token)
    const slot = slotOf(module, token)
    if (!slot.ok) return slot
    const flags = this.#constant('CKF_SERIAL_SESSION') | this.#constant('CKF_RW_SESSION')
    const handle = module.C_OpenSession(slot.value, flags)
    try {
      module.C_Login(handle, this.#constant('CKU_USER'), pin)
    } catch (error) {
      close(module, handle)
      return this.#failed(error)
    }
    this.#sessions.set(token, { handle, pinDigest, keys: new Map() })
    return NOTHING
  }

  /** Logged in is whoever has a session, so this logs out as well. */
  #drop(token: string): void {
    const session = this.#sessions.get(token)
    if (session === undefined) return
    this.#sessions.delete(token)
    if (this.#module !== undefined) close(this.#module, session.handle)
  }

  #withSession(token: string, work: (session: Session) => Answer): Answer {
    const session = this.#sessions.get(token)
    if (session === undefined) return failure('loggedOut', 'nobody has logged in')
    try {
      return work(session)
    } catch (error) {
      const answer = this.#failed(error)
      if (!answer.ok && answer.error.kind === 'loggedOut') this.#drop(token)
      return answer
    }
  }

  // ----------------------------------------------------------------------------------------------------------- the keys

  /** A handle that is known may be one of yesterday's. */
  #withKey(module: Pkcs11Module, name: TokenKeyName, work: (session: Session, key: Buffer) => Answer): Answer {
    return this.#withSession(name.token, (session) => {
      const known = session.keys.get(nameOf(name))
      if (known !== undefined) {
        try {
          return work(session, known)
        } catch (error) {
          if (!STALE.has(pkcs11Code(error) ?? '')) throw error
          session.keys.delete(nameOf(name))
        }
      }
      const [key, second] = this.#find(module, session, name)
      if (key === undefined) return failure('noKey', `there is no key ${name.label} ${name.id}`)
      if (second !== undefined) return failure('noKey', `there is more than one key ${name.label} ${name.id}`)
      if (session.keys.size >= MAX_KNOWN_KEYS) session.keys.clear()
      session.keys.set(nameOf(name), key)
      return work(session, key)
    })
  }

  #find(module: Pkcs11Module, { handle }: Session, { label, id }: TokenKeyName): readonly Buffer[] {
    module.C_FindObjectsInit(handle, [
      { type: this.#constant('CKA_CLASS'), value: this.#constant('CKO_SECRET_KEY') },
      { type: this.#constant('CKA_KEY_TYPE'), value: this.#constant('CKK_AES') },
      { type: this.#constant('CKA_LABEL'), value: label },
      { type: this.#constant('CKA_ID'), value: Buffer.from(id, 'hex') },
    ])
    try {
      return module.C_FindObjects(handle, 2)
    } finally {
      module.C_FindObjectsFinal(handle)
    }
  }

  /** A key is kept only when it can be seen that it stays where it is, and that what it seals opens again. */
  #makeKey(module: Pkcs11Module, session: Session, name: Job<'makeKey'>): Answer {
    const { handle } = session
    const yes = (attribute: string): Attribute => ({ type: this.#constant(attribute), value: true })
    const no = (attribute: string): Attribute => ({ type: this.#constant(attribute), value: false })
    const key = module.C_GenerateKey(handle, { mechanism: this.#constant('CKM_AES_KEY_GEN') }, [
      { type: this.#constant('CKA_CLASS'), value: this.#constant('CKO_SECRET_KEY') },
      { type: this.#constant('CKA_KEY_TYPE'), value: this.#constant('CKK_AES') },
      { type: this.#constant('CKA_LABEL'), value: name.label },
      { type: this.#constant('CKA_ID'), value: Buffer.from(name.id, 'hex') },
      { type: this.#constant('CKA_VALUE_LEN'), value: KEY_SIZE },
      yes('CKA_TOKEN'),
      yes('CKA_PRIVATE'),
      yes('CKA_SENSITIVE'),
      no('CKA_EXTRACTABLE'),
      yes('CKA_ENCRYPT'),
      yes('CKA_DECRYPT'),
      no('CKA_WRAP'),
      no('CKA_UNWRAP'),
    ])
    const unfit = this.#attempt(() => this.#unfitness(module, handle, key))
    if (unfit === undefined) {
      session.keys.set(nameOf(name), key)
      return NOTHING
    }
    module.C_DestroyObject(handle, key)
    return failure('unfit', unfit)
  }

  #unfitness(module: Pkcs11Module, handle: Buffer, key: Buffer): string | undefined {
    const types = ['CKA_SENSITIVE', 'CKA_EXTRACTABLE'].map((name) => ({ type: this.#constant(name) }))
    const [sensitive, extractable] = module.C_GetAttributeValue(handle, key, types)
    if (sensitive?.value[0] !== 1 || extractable?.value[0] !== 0) return 'a key that it makes could be taken out of it'
    return this.#works(module, handle, key) ? undefined : 'it does not open what it has sealed'
  }

  #attempt(check: () => string | undefined): string | undefined {
    try {
      return check()
    } catch (error) {
      const code = pkcs11Code(error)
      if (code === undefined) throw error
      return code
    }
  }

  #works(module: Pkcs11Module, handle: Buffer, key: Buffer): boolean {
    const unknown = this.#attempt(() => {
      const iv = randomBytes(12)
      module.C_EncryptInit(handle, this.#gcm(iv, CHECKED), key)
      const sealed = Buffer.from(module.C_Encrypt(handle, CHECKED, ownBuffer(CHECKED.length + TAG_SIZE)))
      if (sealed.length !== CHECKED.length + TAG_SIZE) return 'it seals with another tag'
      module.C_DecryptInit(handle, this.#gcm(iv, CHECKED), key)
      const opened = module.C_Decrypt(handle, sealed, ownBuffer(sealed.length))
      return opened.equals(CHECKED) ? undefined : 'it opens something else'
    })
    return unknown === undefined
  }

  #seal(module: Pkcs11Module, { handle }: Session, key: Buffer, job: Job<'seal'>): Answer {
    const iv = Buffer.from(job.iv)
    module.C_EncryptInit(handle, this.#gcm(iv, job.associatedData), key)
    const sealed = module.C_Encrypt(handle, asBuffer(job.plaintext), ownBuffer(job.plaintext.length + TAG_SIZE))
    if (sealed.length !== job.plaintext.length + TAG_SIZE) return failure('unfit', 'it seals with another tag')
    // A token that chooses the initialization vector itself has written it over the one that it was given.
    return { ok: true, value: { bytes: Buffer.concat([iv, sealed]) } }
  }

  #open(module: Pkcs11Module, { handle }: Session, key: Buffer, job: Job<'open'>): Answer {
    const room = ownBuffer(job.ciphertext.length)
    try {
      module.C_DecryptInit(handle, this.#gcm(Buffer.from(job.iv), job.associatedData), key)
      const opened = module.C_Decrypt(handle, asBuffer(job.ciphertext), room)
      const secret = ownBuffer(opened.length)
      secret.set(opened)
      return { ok: true, value: { secret } }
    } catch (error) {
      const code = pkcs11Code(error)
      if (code === undefined || STALE.has(code) || KINDS[code] === 'loggedOut') throw error
      // Every token has another code for a wrong tag, and some have one for everything. What tells is the key itself.
      return this.#works(module, handle, key) ? failure('ciphertext', code) : failure(KINDS[code] ?? 'other', code)
    } finally {
      room.fill(0)
    }
  }

  #gcm(iv: Buffer, associatedData: Uint8Array): Mechanism {
    return {
      mechanism: this.#constant('CKM_AES_GCM'),
      parameter: {
        type: this.#constant('CK_PARAMS_AES_GCM_v240'),
        iv,
        aad: asBuffer(associatedData),
        ivBits: iv.length * 8,
        tagBits: TAG_SIZE * 8,
      },
    }
  }
}

/** Handles of a key that is not there under this handle. */
const STALE: ReadonlySet<string> = new Set(['CKR_KEY_HANDLE_INVALID', 'CKR_OBJECT_HANDLE_INVALID'])

const KINDS: Readonly<Record<string, TokenFailureKind>> = {
  CKR_PIN_INCORRECT: 'pinIncorrect',
  CKR_PIN_INVALID: 'pinIncorrect',
  CKR_PIN_LEN_RANGE: 'pinIncorrect',
  CKR_PIN_LOCKED: 'pinLocked',
  CKR_USER_PIN_NOT_INITIALIZED: 'noUser',
  CKR_USER_TYPE_INVALID: 'noUser',
  CKR_USER_ALREADY_LOGGED_IN: 'loggedInElsewhere',
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: 'loggedInElsewhere',
  CKR_USER_TOO_MANY_TYPES: 'loggedInElsewhere',
  CKR_SESSION_HANDLE_INVALID: 'loggedOut',
  CKR_SESSION_CLOSED: 'loggedOut',
  CKR_USER_NOT_LOGGED_IN: 'loggedOut',
  CKR_DEVICE_REMOVED: 'loggedOut',
  // What an earlier job has left half done: a new session has nothing of it.
  CKR_OPERATION_ACTIVE: 'loggedOut',
  CKR_OPERATION_NOT_INITIALIZED: 'loggedOut',
  CKR_TOKEN_NOT_PRESENT: 'noToken',
  CKR_TOKEN_NOT_RECOGNIZED: 'noToken',
  CKR_SLOT_ID_INVALID: 'noToken',
  CKR_MECHANISM_INVALID: 'unfit',
  CKR_MECHANISM_PARAM_INVALID: 'unfit',
  CKR_TEMPLATE_INCONSISTENT: 'unfit',
  CKR_ATTRIBUTE_TYPE_INVALID: 'unfit',
  CKR_ATTRIBUTE_VALUE_INVALID: 'unfit',
  CKR_TOKEN_WRITE_PROTECTED: 'unfit',
  CKR_DEVICE_MEMORY: 'full',
}

function slotOf(module: Pkcs11Module, token: string): Result<Buffer, TokenFailure> {
  const [slot, second] = slotsLabelled(module, token)
  if (slot === undefined) return failure('noToken', `there is no token \`${token}\``)
  return second === undefined ? { ok: true, value: slot } : failure('unfit', `more than one token is \`${token}\``)
}

function isAlive(module: Pkcs11Module, { handle }: Session): boolean {
  try {
    module.C_GetSessionInfo(handle)
    return true
  } catch {
    return false
  }
}

function close(module: Pkcs11Module, handle: Buffer): void {
  try {
    module.C_CloseSession(handle)
  } catch {
    // It is closed already, or its token is gone.
  }
}

function nameOf({ label, id }: TokenKeyName): string {
  return `${label} ${id}`
}

/** Memory that nothing else shares, so that it can be given to another thread. */
function ownBuffer(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size))
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function failure(kind: TokenFailureKind, detail: string): { readonly ok: false; readonly error: TokenFailure } {
  return { ok: false, error: { kind, detail } }
}
