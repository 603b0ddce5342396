/** What is done with tokens, on one that misbehaves as a test wants it. Sources: PKCS #11 v2.40, return values of C_ functions. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TokenFailureKind, TokenJob } from '../../../src/kms/cloudhsm/token-job.js'
import { TokenLibrary } from '../../../src/kms/cloudhsm/token.js'
import { fakePkcs11, INITIALIZED, WRITE_PROTECTED, type Behaviour } from './fake-pkcs11.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-token-'))
const packagePath = join(folder, 'package.cjs')
writeFileSync(packagePath, 'module.exports = globalThis.fakePkcs11')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

let behaviour: Behaviour = {}
Object.assign(globalThis, { fakePkcs11: fakePkcs11(() => behaviour) })
const CONTEXT = Buffer.from('context')
const IV = Buffer.alloc(12, 7)

let library: TokenLibrary
beforeEach(() => {
  behaviour = {}
  library = new TokenLibrary({ packagePath, library: 'fake' })
})
afterEach(() => {
  library.close()
})

function does(job: TokenJob): { readonly secret?: Uint8Array; readonly bytes?: Uint8Array } {
  const answer = library.do(job)
  if (!answer.ok) throw new Error(`${answer.error.kind}: ${answer.error.detail}`)
  return answer.value
}

function fails(job: TokenJob): string {
  const answer = library.do(job)
  return answer.ok ? 'done' : `${answer.error.kind}: ${answer.error.detail}`
}

function logIn(): void {
  does({ kind: 'logIn', token: 'token', pin: 'password' })
}

function newKey(): { readonly token: string; readonly label: string; readonly id: string } {
  const name = { token: 'token', label: 'key', id: randomBytes(32).toString('hex') }
  does({ kind: 'makeKey', ...name })
  return name
}

type KeyName = ReturnType<typeof newKey>

function seal(name: KeyName, text = 'secret'): Buffer {
  const plaintext = Buffer.from(text)
  return Buffer.from(does({ kind: 'seal', ...name, iv: IV, associatedData: CONTEXT, plaintext }).bytes!)
}

function openJob(name: KeyName, sealed: Buffer, associatedData = CONTEXT): TokenJob {
  return { kind: 'open', ...name, iv: sealed.subarray(0, 12), associatedData, ciphertext: sealed.subarray(12) }
}

describe('a token', () => {
  const CASES: readonly (readonly [string, Behaviour, string])[] = [
    ['that is fit', {}, 'done'],
    ['that is not there', { labels: ['another'] }, 'noToken: there is no token `token`'],
    ['of which there are two', { labels: ['token', 'token'] }, 'unfit: more than one token is `token`'],
    ['that was never initialized', { flags: 0 }, 'noToken: it is not initialized'],
    ['that cannot be written to', { flags: INITIALIZED | WRITE_PROTECTED }, 'unfit: it cannot be written to'],
    ['that knows no AES-GCM', { mechanisms: [16] }, 'unfit: it has no CKM_AES_GCM'],
  ]
  test.each(CASES)('%s', (_name, given, expected) => {
    behaviour = given
    expect(fails({ kind: 'look', token: 'token' })).toBe(expected)
  })

  test('whose library is not there', () => {
    const nowhere = new TokenLibrary({ packagePath, library: '/nowhere.so' })
    const answer = nowhere.do({ kind: 'look', token: 'token' })
    expect(answer).toMatchObject({ ok: false, error: { kind: 'noLibrary' } })
    const nothing = new TokenLibrary({ packagePath: '/nowhere/package.js', library: 'fake' })
    expect(nothing.do({ kind: 'look', token: 'token' })).toMatchObject({ ok: false, error: { kind: 'noLibrary' } })
  })
})

describe('logging in', () => {
  const CODES: readonly (readonly [string, TokenFailureKind])[] = [
    ['CKR_PIN_INCORRECT', 'pinIncorrect'],
    ['CKR_PIN_LOCKED', 'pinLocked'],
    ['CKR_USER_PIN_NOT_INITIALIZED', 'noUser'],
    ['CKR_USER_ALREADY_LOGGED_IN', 'loggedInElsewhere'],
    ['CKR_TOKEN_NOT_PRESENT', 'noToken'],
    ['CKR_DEVICE_ERROR', 'other'],
  ]
  test.each(CODES)('%s is %s', (code, kind) => {
    behaviour = { failures: [{ call: 'login', code }] }
    expect(fails({ kind: 'logIn', token: 'token', pin: 'password' })).toBe(`${kind}: ${code}`)
    expect(fails({ kind: 'random', token: 'token', size: 8 })).toBe('loggedOut: nobody has logged in')
  })

  test('again asks the token about another password, which it would not look at while somebody is logged in', () => {
    logIn()
    logIn()
    expect(fails({ kind: 'logIn', token: 'token', pin: 'passwort' })).toBe('pinIncorrect: CKR_PIN_INCORRECT')
    expect(fails({ kind: 'random', token: 'token', size: 8 })).toBe('loggedOut: nobody has logged in')
    logIn()
    does({ kind: 'random', token: 'token', size: 8 })
  })

  test('again after the session has died', () => {
    logIn()
    behaviour = { failures: [{ call: 'sessionInfo', code: 'CKR_DEVICE_REMOVED' }] }
    logIn()
    expect(does({ kind: 'random', token: 'token', size: 8 }).secret).toHaveLength(8)
  })

  test('again after another part of the process has ended the library', () => {
    logIn()
    const name = newKey()
    behaviour = { failures: [{ call: 'encrypt', code: 'CKR_CRYPTOKI_NOT_INITIALIZED' }] }
    const job: TokenJob = { kind: 'seal', ...name, iv: IV, associatedData: CONTEXT, plaintext: Buffer.from('x') }
    expect(fails(job)).toBe('loggedOut: CKR_CRYPTOKI_NOT_INITIALIZED')
    logIn()
    does(job)
  })

  test('out', () => {
    logIn()
    does({ kind: 'logOut', token: 'token' })
    expect(fails({ kind: 'random', token: 'token', size: 8 })).toBe('loggedOut: nobody has logged in')
  })
})

describe('a key', () => {
  beforeEach(logIn)

  test('opens what it has sealed, under the same associated data alone', () => {
    const name = newKey()
    const sealed = seal(name)
    expect(Buffer.from(does(openJob(name, sealed)).secret!).toString()).toBe('secret')
    expect(fails(openJob(name, sealed, Buffer.from('another')))).toBe('ciphertext: CKR_GENERAL_ERROR')
  })

  test('of a token that chooses the initialization vector itself', () => {
    behaviour = { choosesIv: true }
    const name = newKey()
    const sealed = seal(name)
    expect(sealed.subarray(0, 12)).not.toEqual(IV)
    expect(Buffer.from(does(openJob(name, sealed)).secret!).toString()).toBe('secret')
  })

  test.each(['CKR_ENCRYPTED_DATA_INVALID', 'CKR_AEAD_DECRYPT_FAILED', 'CKR_FUNCTION_FAILED', 'CKR_DEVICE_ERROR'])(
    'that works makes of %s a ciphertext that is wrong',
    (wrongTag) => {
      const name = newKey()
      const sealed = seal(name)
      behaviour = { wrongTag }
      sealed[20]! ^= 1
      expect(fails(openJob(name, sealed))).toBe(`ciphertext: ${wrongTag}`)
    },
  )

  test('that does not work makes of it a failure of the token', () => {
    const name = newKey()
    const sealed = seal(name)
    const failures = ['decrypt', 'encrypt'].map((call) => ({ call, code: 'CKR_DEVICE_ERROR' }))
    behaviour = { failures }
    expect(fails(openJob(name, sealed))).toBe('other: CKR_DEVICE_ERROR')
    does(openJob(name, sealed))
  })

  test('is found again when its handle has changed, and is missed when it is gone', () => {
    const name = newKey()
    const sealed = seal(name)
    behaviour = { failures: [{ call: 'decrypt', code: 'CKR_KEY_HANDLE_INVALID' }] }
    does(openJob(name, sealed))
    does({ kind: 'destroyKey', ...name })
    expect(fails(openJob(name, sealed))).toBe(`noKey: there is no key key ${name.id}`)
    expect(fails({ kind: 'destroyKey', ...name })).toBe(`noKey: there is no key key ${name.id}`)
  })

  test('of which there are two is none', () => {
    const name = newKey()
    const sealed = seal(name)
    does({ kind: 'makeKey', ...name })
    does({ kind: 'logOut', token: 'token' })
    logIn()
    expect(fails(openJob(name, sealed))).toBe(`noKey: there is more than one key key ${name.id}`)
  })

  test('that could be taken out of the token is destroyed at once', () => {
    behaviour = { isExtractable: true }
    const name = { token: 'token', label: 'key', id: '07'.repeat(32) }
    expect(fails({ kind: 'makeKey', ...name })).toBe('unfit: a key that it makes could be taken out of it')
    behaviour = {}
    expect(fails({ kind: 'destroyKey', ...name })).toMatch(/^noKey/)
  })

  test('that does not open what it seals is destroyed at once', () => {
    behaviour = { failures: [{ call: 'decrypt', code: 'CKR_MECHANISM_PARAM_INVALID' }] }
    const name = { token: 'token', label: 'key', id: '08'.repeat(32) }
    expect(fails({ kind: 'makeKey', ...name })).toBe('unfit: it does not open what it has sealed')
    expect(fails({ kind: 'destroyKey', ...name })).toMatch(/^noKey/)
  })

  const REFUSALS: readonly (readonly [string, TokenFailureKind])[] = [
    ['CKR_DEVICE_MEMORY', 'full'],
    ['CKR_TEMPLATE_INCONSISTENT', 'unfit'],
    ['CKR_TOKEN_WRITE_PROTECTED', 'unfit'],
    ['CKR_SESSION_HANDLE_INVALID', 'loggedOut'],
  ]
  test.each(REFUSALS)('is refused by %s, which is %s', (code, kind) => {
    behaviour = { failures: [{ call: 'generate', code }] }
    expect(fails({ kind: 'makeKey', token: 'token', label: 'key', id: '09'.repeat(32) })).toBe(`${kind}: ${code}`)
  })
})
