/**
 * A root key that a token keeps: the token computes an HMAC of a constant text with a key that never leaves it, once at
 * the start, and that is the root key.
 *
 * Speaks PKCS #11 through the optional package `pkcs11js`, which blocks while the token works.
 *
 * Source: PKCS #11 v2.40, "Current Mechanisms", 2.3 (generic secret key) and 2.19 (SHA-256-HMAC).
 */
import type { SecretPool } from '../crypto/secret.js'
import { KeyringError } from './keyring-error.js'
import {
  findPkcs11,
  initializePkcs11,
  loadPkcs11,
  pkcs11Code,
  pkcs11Constant,
  slotsLabelled,
  type Pkcs11Module,
} from './pkcs11.js'

export interface TokenKey {
  /** The token's library, `/usr/lib/softhsm/libsofthsm2.so` for one. */
  readonly library: string
  /** The token's label. */
  readonly token: string
  readonly pin: string
  /** The label of a generic secret key in the token, which `initRootKey` can make. */
  readonly key: string
}

const TEXT = Buffer.from('keyward root key of a token v1', 'latin1')

interface Session {
  readonly token: Pkcs11Module
  readonly handle: Buffer
  readonly constant: (name: string) => number
}

/** The root key of a token, a secret of the caller's. */
export function tokenSecret(place: TokenKey, secrets: SecretPool): Buffer {
  return withSession(place, false, (session) => {
    const [key, second] = findKeys(session, place.key)
    if (key === undefined) {
      throw new KeyringError(`the token \`${place.token}\` has no generic secret key \`${place.key}\``)
    }
    if (second !== undefined) {
      throw new KeyringError(`the token \`${place.token}\` has more than one key \`${place.key}\``)
    }
    session.token.C_SignInit(session.handle, { mechanism: session.constant('CKM_SHA256_HMAC') }, key)
    return secrets.adopt(session.token.C_Sign(session.handle, TEXT, Buffer.alloc(32)))
  })
}

/** Makes the key inside of the token. */
export function makeTokenKey(place: TokenKey): void {
  withSession(place, true, (session) => {
    if (findKeys(session, place.key).length > 0) {
      throw new KeyringError(`the token \`${place.token}\` has a key \`${place.key}\` already`)
    }
    const { constant } = session
    session.token.C_GenerateKey(session.handle, { mechanism: constant('CKM_GENERIC_SECRET_KEY_GEN') }, [
      { type: constant('CKA_CLASS'), value: constant('CKO_SECRET_KEY') },
      { type: constant('CKA_KEY_TYPE'), value: constant('CKK_GENERIC_SECRET') },
      { type: constant('CKA_LABEL'), value: place.key },
      { type: constant('CKA_VALUE_LEN'), value: 32 },
      { type: constant('CKA_TOKEN'), value: true },
      { type: constant('CKA_PRIVATE'), value: true },
      { type: constant('CKA_SENSITIVE'), value: true },
      { type: constant('CKA_EXTRACTABLE'), value: false },
      { type: constant('CKA_SIGN'), value: true },
    ])
  })
}

/** Whether the token has such a key, or more of them. */
export function hasTokenKey(place: TokenKey): boolean {
  return withSession(place, false, (session) => findKeys(session, place.key).length > 0)
}

/** Takes back a key that `makeTokenKey` has just made: whatever is wrapped under it is lost. */
export function removeTokenKey(place: TokenKey): void {
  withSession(place, true, (session) => {
    for (const key of findKeys(session, place.key)) session.token.C_DestroyObject(session.handle, key)
  })
}

function findKeys({ token, handle, constant }: Session, label: string): readonly Buffer[] {
  token.C_FindObjectsInit(handle, [
    { type: constant('CKA_CLASS'), value: constant('CKO_SECRET_KEY') },
    { type: constant('CKA_KEY_TYPE'), value: constant('CKK_GENERIC_SECRET') },
    { type: constant('CKA_LABEL'), value: label },
  ])
  const keys = token.C_FindObjects(handle, 2)
  token.C_FindObjectsFinal(handle)
  return keys
}

function withSession<T>(place: TokenKey, writes: boolean, work: (session: Session) => T): T {
  const pkcs11 = loadPkcs11(findPkcs11())
  const constant = (name: string): number => pkcs11Constant(pkcs11, name)
  const token = new pkcs11.PKCS11()
  let handle: Buffer | undefined
  let isOurs = false
  try {
    token.load(place.library)
    isOurs = initializePkcs11(token)
    const [slot] = slotsLabelled(token, place.token)
    if (slot === undefined) throw new KeyringError(`\`${place.library}\` has no token \`${place.token}\``)
    const flags = constant('CKF_SERIAL_SESSION') | (writes ? constant('CKF_RW_SESSION') : 0)
    handle = token.C_OpenSession(slot, flags)
    logIn(token, handle, constant('CKU_USER'), place.pin)
    return work({ token, handle, constant })
  } catch (error) {
    if (error instanceof KeyringError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new KeyringError(`the token \`${place.token}\` of \`${place.library}\` cannot be used: ${message}`, {
      cause: error,
    })
  } finally {
    if (handle !== undefined) token.C_CloseSession(handle)
    if (isOurs) token.C_Finalize()
  }
}

function logIn(token: Pkcs11Module, session: Buffer, user: number, pin: string): void {
  try {
    token.C_Login(session, user, pin)
  } catch (error) {
    // All sessions of a process with a token are logged in together.
    if (pkcs11Code(error) === 'CKR_USER_ALREADY_LOGGED_IN') return
    throw error
  }
}
