/**
 * A package as `pkcs11js` is, with one token in memory that misbehaves as a test wants it. What it seals is AES-256-GCM.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type {
  Attribute,
  GcmParameter,
  Mechanism,
  Pkcs11Module,
  Pkcs11Package,
} from '../../../src/kms/keyring/pkcs11.js'

export interface Behaviour {
  readonly flags?: number
  readonly labels?: readonly string[]
  readonly mechanisms?: readonly number[]
  readonly isExtractable?: boolean
  /** Of every message itself, whatever it is given. */
  readonly choosesIv?: boolean
  readonly wrongTag?: string
  /** Calls that fail, each once. */
  readonly failures?: { readonly call: string; readonly code: string }[]
}

interface Key {
  readonly label: unknown
  readonly id: string
  readonly attributes: ReadonlyMap<number, Buffer>
  readonly value: Buffer
}

const NAMES = [
  'CKA_CLASS',
  'CKA_KEY_TYPE',
  'CKA_LABEL',
  'CKA_ID',
  'CKA_VALUE_LEN',
  'CKA_TOKEN',
  'CKA_PRIVATE',
  'CKA_SENSITIVE',
  'CKA_EXTRACTABLE',
  'CKA_ENCRYPT',
  'CKA_DECRYPT',
  'CKA_WRAP',
  'CKA_UNWRAP',
  'CKO_SECRET_KEY',
  'CKK_AES',
  'CKM_AES_KEY_GEN',
  'CKM_AES_GCM',
  'CK_PARAMS_AES_GCM_v240',
  'CKU_USER',
  'CKF_SERIAL_SESSION',
  'CKF_RW_SESSION',
]
export const INITIALIZED = 1024
export const WRITE_PROTECTED = 2
const CONSTANTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(NAMES.map((name, index) => [name, index + 1])),
  CKF_WRITE_PROTECTED: WRITE_PROTECTED,
  CKF_TOKEN_INITIALIZED: INITIALIZED,
}
const TAG_SIZE = 16

/** @param behaviour - asked at every call. */
export function fakePkcs11(behaviour: () => Behaviour): Pkcs11Package {
  const keys: (Key | undefined)[] = []
  let isInitialized = false
  let isLoggedIn = false
  let sought: Pick<Key, 'label' | 'id'> | undefined
  let operation: { readonly key: Key; readonly parameter: GcmParameter } | undefined

  const fail = (call: string): void => {
    const { failures = [] } = behaviour()
    const index = failures.findIndex((each) => each.call === call)
    if (index >= 0) {
      const code = failures.splice(index, 1)[0]?.code
      if (code === 'CKR_CRYPTOKI_NOT_INITIALIZED') isInitialized = false
      if (!isInitialized || code === 'CKR_SESSION_HANDLE_INVALID') isLoggedIn = false
      throw new Error(code)
    }
    if (!isInitialized && call !== 'initialize') throw new Error('CKR_CRYPTOKI_NOT_INITIALIZED')
  }
  const begin = (call: string, { parameter }: Mechanism, [index = -1]: Buffer): void => {
    fail(call)
    const key = keys[index]
    if (key === undefined || parameter === undefined) throw new Error('CKR_OBJECT_HANDLE_INVALID')
    operation = { key, parameter }
  }
  const begun = (): NonNullable<typeof operation> => {
    if (operation === undefined) throw new Error('CKR_OPERATION_NOT_INITIALIZED')
    return operation
  }

  class Module implements Pkcs11Module {
    load(path: string): void {
      if (path !== 'fake') throw new Error(`${path}: cannot open shared object file`)
    }
    C_Initialize(): void {
      fail('initialize')
      isInitialized = true
    }
    C_Finalize(): void {
      isInitialized = false
      isLoggedIn = false
    }
    C_GetSlotList(): readonly Buffer[] {
      fail('slots')
      return labels().map((_label, index) => Buffer.of(index))
    }
    C_GetTokenInfo([index = 0]: Buffer): { readonly label: string; readonly flags: number } {
      return { label: (labels()[index] ?? '').padEnd(32), flags: behaviour().flags ?? INITIALIZED }
    }
    C_GetMechanismList(): readonly number[] {
      return behaviour().mechanisms ?? [CONSTANTS['CKM_AES_KEY_GEN'] ?? 0, CONSTANTS['CKM_AES_GCM'] ?? 0]
    }
    C_OpenSession(): Buffer {
      fail('openSession')
      return Buffer.of(1)
    }
    C_CloseSession(): void {
      isLoggedIn = false
    }
    C_GetSessionInfo(): void {
      fail('sessionInfo')
      if (!isLoggedIn) throw new Error('CKR_SESSION_HANDLE_INVALID')
    }
    C_Login(_session: Buffer, _user: number, pin: string): void {
      fail('login')
      if (isLoggedIn) throw new Error('CKR_USER_ALREADY_LOGGED_IN')
      if (pin !== 'password') throw new Error('CKR_PIN_INCORRECT')
      isLoggedIn = true
    }
    C_FindObjectsInit(_session: Buffer, template: readonly Attribute[]): void {
      fail('find')
      sought = namesOf(template)
    }
    C_FindObjects(_session: Buffer, most: number): readonly Buffer[] {
      const found = [...keys.entries()].filter(([, key]) => key?.label === sought?.label && key?.id === sought?.id)
      return found.slice(0, most).map(([index]) => Buffer.of(index))
    }
    C_FindObjectsFinal(): void {
      sought = undefined
    }
    C_GetAttributeValue(
      _session: Buffer,
      [index = -1]: Buffer,
      template: readonly Pick<Attribute, 'type'>[],
    ): readonly { readonly value: Buffer }[] {
      return template.map(({ type }) => ({ value: keys[index]?.attributes.get(type) ?? Buffer.alloc(0) }))
    }
    C_DestroyObject(_session: Buffer, [index = -1]: Buffer): void {
      fail('destroy')
      keys[index] = undefined
    }
    C_GenerateKey(_session: Buffer, _mechanism: Mechanism, template: readonly Attribute[]): Buffer {
      fail('generate')
      const attributes = new Map(template.map(({ type, value }) => [type, Buffer.of(value === true ? 1 : 0)]))
      if (behaviour().isExtractable === true) attributes.set(CONSTANTS['CKA_EXTRACTABLE'] ?? 0, Buffer.of(1))
      keys.push({ ...namesOf(template), attributes, value: randomBytes(32) })
      return Buffer.of(keys.length - 1)
    }
    C_EncryptInit(_session: Buffer, mechanism: Mechanism, key: Buffer): void {
      begin('encrypt', mechanism, key)
    }
    C_Encrypt(_session: Buffer, data: Buffer, room: Buffer): Buffer {
      const { key, parameter } = begun()
      if (behaviour().choosesIv === true) parameter.iv.set(randomBytes(12))
      const cipher = createCipheriv('aes-256-gcm', key.value, parameter.iv).setAAD(parameter.aad)
      const sealed = Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()])
      room.set(sealed)
      return room.subarray(0, sealed.length)
    }
    C_DecryptInit(_session: Buffer, mechanism: Mechanism, key: Buffer): void {
      begin('decrypt', mechanism, key)
    }
    C_Decrypt(_session: Buffer, data: Buffer, room: Buffer): Buffer {
      const { key, parameter } = begun()
      const end = data.length - TAG_SIZE
      const decipher = createDecipheriv('aes-256-gcm', key.value, parameter.iv).setAAD(parameter.aad)
      decipher.setAuthTag(data.subarray(end))
      try {
        const opened = Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()])
        room.set(opened)
        return room.subarray(0, opened.length)
      } catch {
        throw new Error(behaviour().wrongTag ?? 'CKR_GENERAL_ERROR')
      }
    }
    C_GenerateRandom(_session: Buffer, room: Buffer): Buffer {
      fail('random')
      room.set(randomBytes(room.length))
      return room
    }
    C_SignInit(): void {
      throw new Error('CKR_FUNCTION_NOT_SUPPORTED')
    }
    C_Sign(): Buffer {
      throw new Error('CKR_FUNCTION_NOT_SUPPORTED')
    }
  }

  function labels(): readonly string[] {
    return behaviour().labels ?? ['token']
  }

  return { ...CONSTANTS, PKCS11: Module }
}

function namesOf(template: readonly Attribute[]): Pick<Key, 'label' | 'id'> {
  const valueOf = (name: string): unknown => template.find(({ type }) => type === CONSTANTS[name])?.value
  const id = valueOf('CKA_ID')
  return { label: valueOf('CKA_LABEL'), id: Buffer.isBuffer(id) ? id.toString('hex') : '' }
}
