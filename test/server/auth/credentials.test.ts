/**
 * Credentials at rest, in the cache and across processes (IAM User Guide, "Manage access keys for IAM users"), and sessions
 * that are their own tokens (facts sts 4).
 */
import { afterEach, describe, expect, test } from 'vitest'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { StoreError, type Store } from '../../../src/kms/store.js'
import { createAuthenticate } from '../../../src/server/auth/authenticate.js'
import { openCredentials, type CredentialsOptions } from '../../../src/server/auth/credentials.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { openTestStore, temporaryFolder } from '../../store/support.js'
import {
  accepted,
  added,
  ANN,
  authFixture,
  NOW_MS,
  ROOT,
  sessionOf,
  signedBy,
  told,
  type Fixture,
} from './auth-fixture.js'

const UNRECOGNIZED = 'UnrecognizedClientException: The security token included in the request is invalid.'
const fixtures: Fixture[] = []

afterEach(() => {
  for (const one of fixtures.splice(0)) {
    one.close()
    expect(one.secrets.live, 'secrets that nobody has released').toBe(0)
  }
})

async function fixture(store?: Store): Promise<Fixture> {
  const made = await authFixture(store)
  fixtures.push(made)
  return made
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function rowsOf(store: Store): Promise<string> {
  const { rows } = await store.scan('')
  return rows.map(({ name, value }) => `${name} ${value}`).join('\n')
}

describe('long-term credentials', () => {
  test('have ids and secrets of the form that AWS gives them, and are listed without secrets', async () => {
    const { credentials, ann, store } = await fixture()
    const root = await added(credentials, ROOT)
    for (const { accessKeyId, secretAccessKey } of [ann, root]) {
      expect(accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/)
      expect(secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/)
      expect(await rowsOf(store)).not.toContain(secretAccessKey)
    }
    const listed = await all(credentials.list())
    expect(new Set(listed.map(({ principal }) => principal))).toEqual(new Set([ANN, ROOT]))
    expect(JSON.stringify(listed)).not.toMatch(/ecret/)
    expect(await credentials.isEmpty()).toBe(false)
  })

  test.each([
    ['arn:aws:iam::111122223333:role/App', 'long-term credentials are for a user or for the root of an account'],
    [
      'arn:aws:sts::111122223333:assumed-role/App/x',
      'long-term credentials are for a user or for the root of an account',
    ],
    ['Ann', '`Ann` is not an ARN'],
  ])('are not for %s', async (principal, message) => {
    const { credentials } = await fixture()
    const made = await credentials.add({ principal })
    expect(made.ok ? '' : made.error).toContain(message)
  })

  test('are refused in every process once they are revoked, and their secret is gone', async () => {
    const store = createMemoryStore()
    const first = await fixture(store)
    const second = await fixture(store)
    const request = signedBy(first.ann)
    for (const { authenticate } of [first, second]) expect(await told(authenticate, request)).toBe(ANN)
    expect(await first.credentials.revoke(first.ann.accessKeyId)).toBe('revoked')
    // At once where it was acknowledged; elsewhere when the change log has told.
    expect(await told(first.authenticate, request)).toBe(UNRECOGNIZED)
    await expect.poll(() => told(second.authenticate, request)).toBe(UNRECOGNIZED)
    const row = await store.get(`credential/${first.ann.accessKeyId}`)
    expect(JSON.parse(row?.value ?? '')).toEqual({
      form: 1,
      principal: ANN,
      principalId: 'AIDAEXAMPLEEXAMPLE234',
      createdAtMs: NOW_MS,
      revokedAtMs: NOW_MS,
    })
    expect(await first.credentials.revoke(first.ann.accessKeyId)).toBe('revokedBefore')
    expect(await first.credentials.revoke(`AKIA${'A'.repeat(16)}`)).toBe('unknown')
    expect(await first.credentials.revoke('../root-key')).toBe('unknown')
  })

  test('that another process adds are known at once, those asked for in vain before too', async () => {
    const store = createMemoryStore()
    const first = await fixture(store)
    const second = await fixture(store)
    expect(await told(first.authenticate, signedBy({ ...first.ann, accessKeyId: `AKIA${'B'.repeat(16)}` }))).toBe(
      UNRECOGNIZED,
    )
    const root = await added(second.credentials, ROOT)
    expect(await told(first.authenticate, signedBy(root))).toBe(ROOT)
  })

  test('do not open in a row that says they are somebody else’s', async () => {
    const { store, ann, authenticate } = await fixture()
    const name = `credential/${ann.accessKeyId}`
    const row = await store.get(name)
    const value = (row?.value ?? '').replace(ANN, ROOT)
    await store.commit([{ kind: 'put', name, value, expect: 'any' }], [])
    await expect(async () => told(authenticate, signedBy(ann))).rejects.toThrow(StoreError)
  })

  test('are wiped when they leave the cache', async () => {
    const { store, secrets, ann, credentials } = await fixture()
    const root = await added(credentials, ROOT)
    const other = new SecretPool()
    const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 7) }, secrets: other })
    const options: CredentialsOptions = { store, keyring, nowMs: () => NOW_MS, maxReady: 1 }
    const small = await openCredentials(options)
    const authenticate = createAuthenticate({ credentials: small, nowMs: () => NOW_MS })
    await accepted(authenticate, signedBy(ann))
    const held = other.live
    for (const one of [root, ann, root]) await accepted(authenticate, signedBy(one))
    expect(other.live).toBe(held)
    // A signature that is wrong leaves nothing behind.
    await told(authenticate, signedBy({ ...root, secretAccessKey: 'x' }, { region: 'us-east-1' }))
    expect(other.live).toBe(held)
    small.close()
    keyring.close()
    expect(other.live).toBe(0)
    expect(secrets.live).toBeGreaterThan(0)
    await expect(async () => told(authenticate, signedBy(ann))).rejects.toThrow('the credentials are closed')
  })

  test('keep a bounded number of signing keys each', async () => {
    const { secrets, ann, authenticate } = await fixture()
    const regions = Array.from({ length: 30 }, (_, index) => `eu-west-${index + 1}`)
    for (const region of regions.slice(0, 10)) await accepted(authenticate, signedBy(ann, { region }))
    const held = secrets.live
    for (const region of regions) await accepted(authenticate, signedBy(ann, { region }))
    expect(secrets.live).toBe(held)
  })

  test('outlive a rotation of the root key, and the sessions too', async () => {
    const store = await openTestStore()
    const old = { kind: 'bytes', bytes: Buffer.alloc(32, 7) } as const
    const next = { kind: 'bytes', bytes: Buffer.alloc(32, 8) } as const
    const before = await fixture(store)
    const minted = before.credentials.mintSession(sessionOf(before.ann.accessKeyId))
    if (!minted.ok) throw new Error(minted.error)
    const rotating = await openKeyring({ store, rootKey: old, otherRootKey: next })
    expect(await rotating.rotateRootKey(next)).toEqual({ rows: 1, damaged: [] })
    rotating.close()
    const keyring = await openKeyring({ store, rootKey: next })
    const credentials = await openCredentials({ store, keyring, nowMs: () => NOW_MS })
    const authenticate = createAuthenticate({ credentials, nowMs: () => NOW_MS })
    for (const one of [authenticate, before.authenticate]) {
      expect(await told(one, signedBy(before.ann))).toBe(ANN)
      expect(await told(one, signedBy(minted.value))).toBe(sessionOf('').principal)
    }
    credentials.close()
    keyring.close()
  })

  test('two processes that open a new store at once agree', async () => {
    const store = createMemoryStore()
    const rootKey = { kind: 'bytes', bytes: Buffer.alloc(32, 7) } as const
    const keyrings = await Promise.all([openKeyring({ store, rootKey }), openKeyring({ store, rootKey })])
    const [first, second] = await Promise.all(keyrings.map((keyring) => openCredentials({ store, keyring })))
    if (first === undefined || second === undefined) throw new Error('both were opened')
    const minted = first.mintSession(sessionOf('AKIA'))
    expect(minted.ok && second.openSession(minted.value.accessKeyId, minted.value.sessionToken)).toEqual(
      sessionOf('AKIA'),
    )
    for (const one of [first, second, ...keyrings]) one.close()
  })
})

describe('sessions', () => {
  test('say everything by their token, in another process too', async () => {
    const store = createMemoryStore()
    const first = await fixture(store)
    const second = await fixture(store)
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }],
    })
    const facts = sessionOf(first.ann.accessKeyId, {
      policies: [policy],
      tags: { Team: 'blue' },
      transitiveTagKeys: ['Team'],
      sourceIdentity: 'Ann',
      mfa: { authenticatedAtMs: NOW_MS - 90_000 },
    })
    const minted = first.credentials.mintSession(facts)
    if (!minted.ok) throw new Error(minted.error)
    const { accessKeyId, secretAccessKey, sessionToken } = minted.value
    expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/)
    expect(sessionToken).not.toContain('Team')
    const { caller, session } = await accepted(second.authenticate, signedBy(minted.value))
    expect(session).toEqual(facts)
    expect(caller.sessionPolicies?.map(({ kind, source }) => [kind, source.source.text])).toEqual([['session', policy]])
    expect({ ...caller, sessionPolicies: undefined }).toEqual({
      principal: facts.principal,
      principalId: facts.principalId,
      roleArn: facts.roleArn,
      sessionPolicies: undefined,
      sessionTags: { Team: 'blue' },
      sessionStartedAtMs: facts.issuedAtMs,
      mfaAuthenticated: true,
      region: 'eu-west-1',
      accessKeyId,
      context: { 'aws:SourceIdentity': 'Ann', 'aws:MultiFactorAuthAge': '90' },
    })
    second.clock.nowMs = NOW_MS + 60_000
    const later = await accepted(second.authenticate, signedBy(minted.value))
    expect(later.caller.context?.['aws:MultiFactorAuthAge']).toBe('150')
    // The root key, the sealing key, and two credentials of these fixtures: a session is written nowhere.
    expect((await first.store.scan('', { limit: 100 })).rows).toHaveLength(4)
  })

  test('end at their time', async () => {
    const { credentials, ann, authenticate, clock } = await fixture()
    const minted = credentials.mintSession(sessionOf(ann.accessKeyId, { expiresAtMs: NOW_MS + 1000 }))
    if (!minted.ok) throw new Error(minted.error)
    clock.nowMs = NOW_MS + 999
    expect(await told(authenticate, signedBy(minted.value))).toBe(sessionOf('').principal)
    clock.nowMs = NOW_MS + 1000
    expect(await told(authenticate, signedBy(minted.value))).toBe(
      'ExpiredTokenException: The security token included in the request is expired',
    )
  })

  test('end when the credential at their beginning is revoked, in every process', async () => {
    const folder = temporaryFolder()
    const first = await fixture(await openTestStore({ folder }))
    const second = await fixture(await openTestStore({ folder }))
    const minted = first.credentials.mintSession(sessionOf(first.ann.accessKeyId))
    if (!minted.ok) throw new Error(minted.error)
    const request = signedBy(minted.value)
    for (const { authenticate } of [first, second]) {
      expect(await told(authenticate, request)).toBe(sessionOf('').principal)
    }
    await first.credentials.revoke(first.ann.accessKeyId)
    expect(await told(first.authenticate, request)).toBe(UNRECOGNIZED)
    await expect.poll(() => told(second.authenticate, request), { timeout: 30_000 }).toBe(UNRECOGNIZED)
  })

  test('of another store, changed in one character, or of another key are none', async () => {
    const { credentials, ann } = await fixture()
    const elsewhere = await fixture()
    const minted = credentials.mintSession(sessionOf(ann.accessKeyId))
    const another = credentials.mintSession(sessionOf(ann.accessKeyId))
    if (!minted.ok || !another.ok) throw new Error('too large')
    const { accessKeyId, sessionToken } = minted.value
    expect(credentials.openSession(accessKeyId, sessionToken)).toEqual(sessionOf(ann.accessKeyId))
    expect(elsewhere.credentials.openSession(accessKeyId, sessionToken)).toBeUndefined()
    expect(credentials.openSession(another.value.accessKeyId, sessionToken)).toBeUndefined()
    expect(credentials.openSession(ann.accessKeyId, sessionToken)).toBeUndefined()
    for (let index = 0; index < sessionToken.length; index++) {
      const changed = sessionToken[index] === 'A' ? 'B' : 'A'
      const token = sessionToken.slice(0, index) + changed + sessionToken.slice(index + 1)
      expect(credentials.openSession(accessKeyId, token), `character ${index}`).toBeUndefined()
    }
    for (const token of ['', 'x', `${sessionToken}A`, `${sessionToken}=`, ` ${sessionToken}`, 'A'.repeat(9000)]) {
      expect(credentials.openSession(accessKeyId, token)).toBeUndefined()
    }
  })

  test('whose policy cannot be read are refused', async () => {
    const { credentials, ann, authenticate } = await fixture()
    const minted = credentials.mintSession(sessionOf(ann.accessKeyId, { policies: ['{}', 'no policy'] }))
    if (!minted.ok) throw new Error(minted.error)
    expect(await told(authenticate, signedBy(minted.value))).toBe(UNRECOGNIZED)
  })

  test('of which too much is said are not made', async () => {
    const { credentials, ann } = await fixture()
    const noise = Array.from({ length: 2000 }, (_, index) => (index * 2_654_435_761).toString(36)).join('')
    expect(credentials.mintSession(sessionOf(ann.accessKeyId, { policies: [noise] }))).toEqual({
      ok: false,
      error: 'tooLarge',
    })
    const minted = credentials.mintSession(sessionOf(ann.accessKeyId))
    expect(minted.ok && minted.value.tokenSize).toBeLessThan(600)
  })
})
