/** The client of external key store proxies, against a conforming one and against broken ones. Facts: xks 1 to 3. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { XKS_FAILURES, type XksFailure } from '../../../src/kms/xks/failure.js'
import { integrityValue, XksProxy } from '../../../src/kms/xks/proxy.js'
import { ConformingProxy, CREDENTIAL, failure, type Answer } from './conforming-proxy.js'

const METADATA = {
  kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
  kmsOperation: 'Encrypt',
  awsPrincipalArn: 'arn:aws:iam::111122223333:role/App',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
}
const HEALTH = { kmsRequestId: METADATA.kmsRequestId, kmsOperation: 'KmsHealthCheck' }
const PLAINTEXT = Buffer.from('a secret that stays in the house')
const CONTEXT = Buffer.from('the encryption context')

let server: ConformingProxy
let client: XksProxy

beforeAll(async () => {
  server = await ConformingProxy.start()
  server.addKey('key-1')
  server.addKey('key-2')
  client = clientWith({})
})
afterAll(() => server.stop())
beforeEach(() => {
  delete server.misbehaviour.answer
  server.records.length = 0
})

function clientWith(
  change: { readonly path?: string; readonly secretAccessKey?: string; readonly ca?: readonly string[] },
  nowMs = Date.now,
): XksProxy {
  const { path = '/kms/xks/v1', secretAccessKey = CREDENTIAL.secretAccessKey, ca = [server.ca] } = change
  return new XksProxy(
    { endpoint: 'https://localhost', path, region: 'eu-west-1', credential: { ...CREDENTIAL, secretAccessKey } },
    nowMs,
    { port: server.port, ca, timeoutMs: 2000 },
  )
}

async function kindOf(answer: Promise<{ ok: true } | { ok: false; error: XksFailure }>): Promise<string> {
  const result = await answer
  return result.ok ? 'ok' : result.error.kind
}

test('the integrity value is that of the published vector (xks 2, CDIV)', () => {
  const value = integrityValue(
    {
      ciphertext: Buffer.from('ghxkK1txeDNn3q8Y', 'base64'),
      initializationVector: Buffer.from('HMrlRw85cAJUd5Ax', 'base64'),
      authenticationTag: Buffer.from('vBxN2ncH1oEkR8WVXpmyYQ==', 'base64'),
      ciphertextMetadata: Buffer.from('key_version=1'),
    },
    Buffer.from('project=nile,department=marketing'),
  )
  expect(value.toString('base64')).toBe('qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=')
})

describe('a conforming proxy', () => {
  test('is healthy and knows its keys', async () => {
    expect(await kindOf(client.health(HEALTH))).toBe('ok')
    expect(await client.metadata('key-1', METADATA)).toEqual({
      ok: true,
      value: { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' },
    })
    expect(await kindOf(client.metadata('key-9', METADATA))).toBe('KeyNotFoundException')
  })

  test('opens what it sealed, with the same key and the same additional data alone', async () => {
    const sealed = await client.encrypt('key-1', PLAINTEXT, CONTEXT, METADATA)
    if (!sealed.ok) throw new Error(sealed.error.detail)
    expect(await client.decrypt('key-1', sealed.value, CONTEXT, METADATA)).toEqual({ ok: true, value: PLAINTEXT })
    const refused = 'InvalidCiphertextException'
    expect(await kindOf(client.decrypt('key-2', sealed.value, CONTEXT, METADATA))).toBe(refused)
    expect(await kindOf(client.decrypt('key-1', sealed.value, Buffer.from('other'), METADATA))).toBe(refused)
    expect(await kindOf(client.decrypt('key-1', sealed.value, Buffer.alloc(0), METADATA))).toBe(refused)
  })

  test('is told what the specification says, and no member that has no value', async () => {
    const sealed = await client.encrypt('key-1', PLAINTEXT, Buffer.alloc(0), METADATA)
    if (!sealed.ok) throw new Error(sealed.error.detail)
    await client.decrypt('key-1', { ...sealed.value, ciphertextMetadata: undefined }, CONTEXT, METADATA)
    expect(server.records.map(({ path, body }) => [path, Object.keys(body)])).toEqual([
      [
        '/kms/xks/v1/keys/key-1/encrypt',
        ['requestMetadata', 'plaintext', 'encryptionAlgorithm', 'ciphertextDataIntegrityValueAlgorithm'],
      ],
      [
        '/kms/xks/v1/keys/key-1/decrypt',
        [
          'requestMetadata',
          'ciphertext',
          'encryptionAlgorithm',
          'initializationVector',
          'authenticationTag',
          'additionalAuthenticatedData',
        ],
      ],
    ])
    expect(server.records[0]!.body.requestMetadata).toEqual(METADATA)
  })

  test('takes the largest plaintext and additional data (xks 2)', async () => {
    const large = Buffer.alloc(4300, 1)
    const sealed = await client.encrypt('key-1', large, Buffer.alloc(8192, 2), METADATA)
    if (!sealed.ok) throw new Error(sealed.error.detail)
    expect(await client.decrypt('key-1', sealed.value, Buffer.alloc(8192, 2), METADATA)).toEqual({
      ok: true,
      value: large,
    })
  })
})

describe('the connection', () => {
  test('another secret, or a clock that is wrong, does not authenticate', async () => {
    const refused = 'AuthenticationFailedException'
    expect(await kindOf(clientWith({ secretAccessKey: 'x'.repeat(43) }).health(HEALTH))).toBe(refused)
    expect(await kindOf(clientWith({}, () => Date.now() - 600_000).health(HEALTH))).toBe(refused)
  })

  test('another path is none of the proxy', async () => {
    expect(await kindOf(clientWith({ path: '/other/kms/xks/v1' }).health(HEALTH))).toBe('InvalidUriPathException')
  })

  test('a certificate that nobody vouches for is a TLS failure', async () => {
    expect(await kindOf(clientWith({ ca: [] }).health(HEALTH))).toBe('tls')
  })

  test('nobody there', async () => {
    const nobody = new XksProxy(
      { endpoint: 'https://localhost', path: '/kms/xks/v1', region: 'eu-west-1', credential: CREDENTIAL },
      Date.now,
      { port: 1, ca: [server.ca], timeoutMs: 2000 },
    )
    expect(await kindOf(nobody.health(HEALTH))).toBe('notReachable')
  })

  test('a connection that breaks', async () => {
    server.misbehaviour.answer = () => 'break'
    expect(await kindOf(client.health(HEALTH))).toBe('notReachable')
  })

  test('a proxy that is too slow is asked once more, and no third time (xks 1, "Timeout")', async () => {
    const slow = new XksProxy(
      { endpoint: 'https://localhost', path: '/kms/xks/v1', region: 'eu-west-1', credential: CREDENTIAL },
      Date.now,
      { port: server.port, ca: [server.ca], timeoutMs: 300 },
    )
    server.misbehaviour.answer = () => 'hang'
    expect(await kindOf(slow.health(HEALTH))).toBe('timeout')
    expect(server.records).toHaveLength(2)
    server.misbehaviour.answer = () => (server.records.length === 3 ? 'hang' : undefined)
    expect(await kindOf(slow.health(HEALTH))).toBe('ok')
    expect(server.records).toHaveLength(4)
  })
})

describe('answers that are not to be believed (xks 2, "malformed")', () => {
  const change = (right: Answer, members: Readonly<Record<string, unknown>>): Answer => ({
    ...right,
    body: JSON.stringify({ ...(JSON.parse(right.body) as object), ...members }),
  })
  const CASES: readonly (readonly [string, (right: Answer) => Answer])[] = [
    ['no JSON', (right) => ({ ...right, body: '{' })],
    ['no object', (right) => ({ ...right, body: '[]' })],
    ['too large', (right) => change(right, { more: 'x'.repeat(70_000) })],
    ['a status without an error name', () => ({ status: 400, body: '{}' })],
    ['an unknown error name', () => failure(400, 'toString')],
    ['a ciphertext of another length', (right) => change(right, { ciphertext: 'AAAA' })],
    ['base64 of the other alphabet', (right) => change(right, { ciphertext: '_'.repeat(44) })],
    ['no initialization vector', (right) => change(right, { initializationVector: undefined })],
    ['a short tag', (right) => change(right, { authenticationTag: 'AAAA' })],
    ['long metadata', (right) => change(right, { ciphertextMetadata: Buffer.alloc(21).toString('base64') })],
    ['metadata of a wrong type', (right) => change(right, { ciphertextMetadata: 5 })],
    ['no integrity value', (right) => change(right, { ciphertextDataIntegrityValue: undefined })],
    [
      'a wrong integrity value',
      (right) => change(right, { initializationVector: Buffer.alloc(12).toString('base64') }),
    ],
  ]
  for (const [name, answer] of CASES) {
    test(name, async () => {
      server.misbehaviour.answer = (_, right) => answer(right)
      expect(await kindOf(client.encrypt('key-1', PLAINTEXT, CONTEXT, METADATA))).toBe('malformedResponse')
    })
  }

  test('a plaintext of another length', async () => {
    const sealed = await client.encrypt('key-1', PLAINTEXT, CONTEXT, METADATA)
    if (!sealed.ok) throw new Error(sealed.error.detail)
    server.misbehaviour.answer = (_, right) => change(right, { plaintext: 'AAAA' })
    expect(await kindOf(client.decrypt('key-1', sealed.value, CONTEXT, METADATA))).toBe('malformedResponse')
  })

  test('health without a member, with a wrong fleet, with nobody available', async () => {
    const answers = [
      [{ ekmVendor: undefined }, 'malformedResponse'],
      [{ xksProxyFleetSize: 0 }, 'malformedResponse'],
      [{ ekmFleetDetails: [] }, 'malformedResponse'],
      [{ ekmFleetDetails: [{ id: 'a', model: 'm', healthStatus: 'GOOD' }] }, 'malformedResponse'],
      [{ ekmFleetDetails: [{ id: 'a', model: 'm', healthStatus: 'UNAVAILABLE' }] }, 'allUnavailable'],
      [
        {
          ekmFleetDetails: [
            { id: 'a', model: 'm', healthStatus: 'UNAVAILABLE' },
            { id: 'b', model: 'm', healthStatus: 'DEGRADED' },
          ],
        },
        'ok',
      ],
    ] as const
    for (const [members, expected] of answers) {
      server.misbehaviour.answer = (_, right) => change(right, members)
      expect(await kindOf(client.health(HEALTH))).toBe(expected)
    }
  })

  test('metadata with too many usages or an unknown status', async () => {
    for (const members of [
      { keyUsage: Array.from({ length: 11 }, () => 'X') },
      { keyStatus: 'BROKEN' },
      { keySpec: 1 },
    ]) {
      server.misbehaviour.answer = (_, right) => change(right, members)
      expect(await kindOf(client.metadata('key-1', METADATA))).toBe('malformedResponse')
    }
  })
})

test('every error name comes through with a detail fit for a log (xks 2, "Errors")', async () => {
  for (const name of Object.keys(XKS_FAILURES).filter((each) => each.endsWith('Exception'))) {
    server.misbehaviour.answer = () => failure(400, name, 'bad \u001b[31m\u202e thing')
    const result = await client.health(HEALTH)
    expect(result).toEqual({ ok: false, error: { kind: name, detail: 'bad ?[31m? thing' } })
  }
})

test('what each failure means to a caller (xks 3)', () => {
  const table = Object.entries(XKS_FAILURES).map(([kind, { store, createKey, connection }]) =>
    [kind, store.replace('XksProxy', ''), createKey, connection.replace('XKS_PROXY_', '')].join(' '),
  )
  expect(table.toSorted()).toEqual(
    [
      'ValidationException InvalidResponseException CustomKeyStoreInvalidStateException INVALID_RESPONSE',
      'malformedResponse InvalidResponseException CustomKeyStoreInvalidStateException INVALID_RESPONSE',
      'InternalException InvalidResponseException CustomKeyStoreInvalidStateException INVALID_RESPONSE',
      'InvalidCiphertextException InvalidResponseException CustomKeyStoreInvalidStateException INVALID_RESPONSE',
      'InvalidStateException InvalidResponseException XksKeyInvalidConfigurationException INVALID_RESPONSE',
      'InvalidKeyUsageException InvalidResponseException XksKeyInvalidConfigurationException INVALID_RESPONSE',
      'AuthenticationFailedException IncorrectAuthenticationCredentialException CustomKeyStoreInvalidStateException INVALID_CREDENTIALS',
      'AccessDeniedException InvalidResponseException CustomKeyStoreInvalidStateException ACCESS_DENIED',
      'KeyNotFoundException InvalidResponseException XksKeyNotFoundException INVALID_RESPONSE',
      'InvalidUriPathException InvalidConfigurationException CustomKeyStoreInvalidStateException INVALID_CONFIGURATION',
      'UnsupportedOperationException InvalidResponseException UnsupportedOperationException INVALID_RESPONSE',
      'DependencyTimeoutException UriUnreachableException CustomKeyStoreInvalidStateException TIMED_OUT',
      'timeout UriUnreachableException CustomKeyStoreInvalidStateException TIMED_OUT',
      'ThrottlingException UriUnreachableException CustomKeyStoreInvalidStateException NOT_REACHABLE',
      'notReachable UriUnreachableException CustomKeyStoreInvalidStateException NOT_REACHABLE',
      'allUnavailable UriUnreachableException CustomKeyStoreInvalidStateException NOT_REACHABLE',
      'tls UriUnreachableException CustomKeyStoreInvalidStateException INVALID_TLS_CONFIGURATION',
    ].toSorted(),
  )
})
