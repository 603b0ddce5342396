/**
 * PKCS #11 as the optional package `pkcs11js` brings it: finding the package, and the few calls that are used of it.
 *
 * Every call blocks until the token has answered. What is done with a token is not known here.
 *
 * Source: PKCS #11 Cryptographic Token Interface Base Specification, version 2.40.
 */
import { createRequire } from 'node:module'
import { KeyringError } from './keyring-error.js'

/** What is used of the package. */
export interface Pkcs11Package {
  readonly PKCS11: new () => Pkcs11Module
  readonly [constant: string]: unknown
}

export interface Pkcs11Module {
  load(path: string): void
  C_Initialize(): void
  C_Finalize(): void
  C_GetSlotList(withToken: boolean): readonly Buffer[]
  C_GetTokenInfo(slot: Buffer): { readonly label: string; readonly flags: number }
  C_GetMechanismList(slot: Buffer): readonly number[]
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_CloseSession(session: Buffer): void
  C_GetSessionInfo(session: Buffer): unknown
  C_Login(session: Buffer, user: number, pin: string): void
  C_FindObjectsInit(session: Buffer, template: readonly Attribute[]): void
  C_FindObjects(session: Buffer, most: number): readonly Buffer[]
  C_FindObjectsFinal(session: Buffer): void
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: readonly Pick<Attribute, 'type'>[],
  ): readonly { readonly value: Buffer }[]
  C_DestroyObject(session: Buffer, object: Buffer): void
  C_GenerateKey(session: Buffer, mechanism: Mechanism, template: readonly Attribute[]): Buffer
  C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void
  C_Sign(session: Buffer, data: Buffer, room: Buffer): Buffer
  C_EncryptInit(session: Buffer, mechanism: Mechanism, key: Buffer): void
  C_Encrypt(session: Buffer, data: Buffer, room: Buffer): Buffer
  C_DecryptInit(session: Buffer, mechanism: Mechanism, key: Buffer): void
  C_Decrypt(session: Buffer, data: Buffer, room: Buffer): Buffer
  C_GenerateRandom(session: Buffer, room: Buffer): Buffer
}

export interface Attribute {
  readonly type: number
  readonly value: number | boolean | string | Buffer
}

export interface Mechanism {
  readonly mechanism: number
  readonly parameter?: GcmParameter
}

export interface GcmParameter {
  readonly type: number
  readonly iv: Buffer
  readonly aad: Buffer
  readonly ivBits: number
  readonly tagBits: number
}

const PACKAGE = 'pkcs11js'

/**
 * Where the package is, for `loadPkcs11`.
 * @throws KeyringError where it is not installed.
 */
export function findPkcs11(): string {
  try {
    return createRequire(import.meta.url).resolve(PACKAGE)
  } catch (error) {
    throw unusable(error)
  }
}

/**
 * The package at this path.
 * @throws KeyringError where it cannot be loaded, such as for want of its native part.
 */
export function loadPkcs11(path: string): Pkcs11Package {
  try {
    return createRequire(path)(path) as Pkcs11Package
  } catch (error) {
    throw unusable(error)
  }
}

function unusable(error: unknown): KeyringError {
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
  return new KeyringError(`a token needs the package \`${PACKAGE}\`, which cannot be loaded: ${message}`, {
    cause: error,
  })
}

/** The value of a constant of the specification, such as `CKM_AES_GCM`. */
export function pkcs11Constant(pkcs11: Pkcs11Package, name: string): number {
  const value = pkcs11[name]
  if (typeof value !== 'number') throw new Error(`pkcs11js has no constant ${name}`)
  return value
}

/** False where another part of this process has done it, and goes on using it. */
export function initializePkcs11(token: Pkcs11Module): boolean {
  try {
    token.C_Initialize()
    return true
  } catch (error) {
    if (pkcs11Code(error) === 'CKR_CRYPTOKI_ALREADY_INITIALIZED') return false
    throw error
  }
}

/** `CKR_PIN_INCORRECT` and its like; undefined where an error is none of a token. */
export function pkcs11Code(error: unknown): string | undefined {
  return error instanceof Error ? /CKR_[A-Z0-9_]+/.exec(error.message)?.[0] : undefined
}

/** The slots whose tokens have this label, which the specification pads with blanks. */
export function slotsLabelled(module: Pkcs11Module, label: string): readonly Buffer[] {
  return module.C_GetSlotList(true).filter((slot) => module.C_GetTokenInfo(slot).label.trimEnd() === label)
}
