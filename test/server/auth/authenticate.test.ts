/**
 * Who signed a request: what two independent signers make is accepted, and what does not hold is refused with AWS's code
 * and words (facts sts 1; IAM User Guide, "Signature Version 4 for API requests").
 */
import { KMSClient, EncryptCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import aws4, { type Keys } from 'aws4'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedRequest } from '../../../src/server/authenticator.js'
import {
  accepted,
  ANN,
  authFixture,
  headerOf,
  HOST,
  NOW_MS,
  sessionOf,
  signedBy,
  told,
  withHeader,
  type Asked,
  type Fixture,
} from './auth-fixture.js'

let fixture: Fixture
let ann: Keys

beforeAll(async () => {
  fixture = await authFixture()
  ann = fixture.ann
})
afterAll(() => {
  fixture.close()
  expect(fixture.secrets.live, 'secrets that nobody has released').toBe(0)
})

function session(): Keys {
  const minted = fixture.credentials.mintSession(sessionOf(fixture.ann.accessKeyId))
  if (!minted.ok) throw new Error(minted.error)
  return minted.value
}

const MISMATCH =
  'InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your ' +
  'AWS Secret Access Key and signing method. Consult the service documentation for details.'
const UNRECOGNIZED = 'UnrecognizedClientException: The security token included in the request is invalid.'

describe('what aws4 signs', () => {
  test('is from whom it was signed by, in the Region and for the service of its scope', async () => {
    expect(await accepted(fixture.authenticate, signedBy(ann))).toEqual({
      caller: {
        principal: ANN,
        principalId: 'AIDAEXAMPLEEXAMPLE234',
        region: 'eu-west-1',
        accessKeyId: ann.accessKeyId,
      },
      service: 'kms',
    })
    const sts = await accepted(fixture.authenticate, signedBy(ann, { service: 'sts', region: 'us-gov-west-1' }))
    expect([sts.service, sts.caller.region]).toEqual(['sts', 'us-gov-west-1'])
  })

  test('is answered with the same object, and at once, when it comes again', async () => {
    const first = await accepted(fixture.authenticate, signedBy(ann))
    const second = fixture.authenticate(signedBy(ann, { body: 'another' }))
    if (second instanceof Promise || !second.ok) throw new Error('not at once')
    expect(second.value.caller).toBe(first.caller)
  })

  test.each<[string, Asked]>([
    ['no body', { body: '' }],
    ['a path', { path: '/a//b/./../c%20d/é?x=%2F&x=+&y' }],
    ['values of headers', { headers: { 'My-Header': ' a   b\t c ', 'X-Amz-More': 'ü' } }],
    ['repeated headers', { headers: { 'My-Header': ['b', 'a', 'b'] } }],
    ['presigned', { method: 'GET', body: '', signQuery: true, path: '/?Action=GetCallerIdentity&Version=2011-06-15' }],
    ['presigned for a time', { method: 'GET', body: '', signQuery: true, path: '/?X-Amz-Expires=60' }],
    ['presigned with a body', { signQuery: true }],
  ])('%s', async (_, asked) => {
    expect(await told(fixture.authenticate, signedBy(ann, asked))).toBe(ANN)
    expect(await told(fixture.authenticate, signedBy(session(), asked))).toBe(sessionOf('').principal)
  })

  test('the header Date will do, in both of its forms', async () => {
    const httpDate = 'Sun, 15 Mar 2026 12:00:00 GMT'
    const { headers } = aws4.sign(
      {
        service: 'kms',
        region: 'eu-west-1',
        method: 'POST',
        host: HOST,
        path: '/',
        headers: { Date: httpDate },
        doNotModifyHeaders: true,
        // It is in what is signed all the same.
        extraHeadersToIgnore: { date: true },
      },
      ann,
    )
    const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
    const request: SignedRequest = { method: 'POST', target: '/', headers: pairs, body: Buffer.alloc(0) }
    expect(headerOf(request, 'Authorization')).toContain('SignedHeaders=host,')
    for (const date of [httpDate, '20260315T120000Z']) {
      expect(await told(fixture.authenticate, withHeader(request, 'Date', date)), date).toBe(ANN)
    }
    expect(await told(fixture.authenticate, withHeader(request, 'Date', '20260315T120001Z'))).toBe(MISMATCH)
  })
})

describe('what the AWS SDK for JavaScript signs', () => {
  // Its clock cannot be set: the requests are of now.
  test.each(['long-term', 'session'])('%s credentials', async (kind) => {
    const nowMs = Date.now()
    fixture.clock.nowMs = nowMs
    const facts = sessionOf(fixture.ann.accessKeyId, { issuedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 })
    const minted = fixture.credentials.mintSession(facts)
    if (!minted.ok) throw new Error(minted.error)
    const credentials = kind === 'session' ? minted.value : fixture.ann
    const requests: SignedRequest[] = []
    const requestHandler = {
      handle: (request: SdkRequest) => {
        requests.push(ofSdk(request))
        return Promise.reject(new Error('not sent'))
      },
    }
    const options = { region: 'eu-central-1', credentials, requestHandler, maxAttempts: 1 }
    const encrypt = new EncryptCommand({ KeyId: 'alias/a', Plaintext: Buffer.from('é') })
    const assume = new AssumeRoleCommand({ RoleArn: facts.roleArn ?? '', RoleSessionName: 'a b' })
    await expect(new KMSClient(options).send(encrypt)).rejects.toThrow('not sent')
    await expect(new STSClient(options).send(assume)).rejects.toThrow('not sent')
    const answers = await Promise.all(requests.map((request) => accepted(fixture.authenticate, request)))
    const principal = kind === 'session' ? facts.principal : ANN
    expect(answers.map(({ service, caller }) => [service, caller.principal, caller.region])).toEqual([
      ['kms', principal, 'eu-central-1'],
      ['sts', principal, 'eu-central-1'],
    ])
    fixture.clock.nowMs = NOW_MS
  })
})

interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

function ofSdk({ method, path, headers, body = '' }: SdkRequest): SignedRequest {
  return { method, target: path, headers: Object.entries(headers), body: Buffer.from(body) }
}

describe('refused', () => {
  const authorization = (change: (text: string) => string, base = signedBy(ann)): SignedRequest =>
    withHeader(base, 'Authorization', change(headerOf(base, 'Authorization')))

  test.each<[string, () => SignedRequest, string]>([
    [
      'nothing is signed',
      () => withHeader(signedBy(ann), 'Authorization', undefined),
      'MissingAuthenticationTokenException: Missing Authentication Token',
    ],
    [
      'Signature Version 4A',
      () => authorization((text) => text.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')),
      `IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. Signature Version 4A is not ` +
        'accepted here; sign with AWS4-HMAC-SHA256.',
    ],
    [
      'another algorithm',
      () => authorization((text) => text.replace('SHA256', 'SHA1')),
      `IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only AWS4-HMAC-SHA256 for now). `,
    ],
    [
      'another scheme, whose secret is not told again',
      () => authorization(() => 'Bearer c2VjcmV0'),
      `IncompleteSignatureException: Unsupported AWS 'algorithm' (only AWS4-HMAC-SHA256 for now). `,
    ],
    [
      'no parameters',
      () => withHeader(withHeader(signedBy(ann), 'Authorization', 'AWS4-HMAC-SHA256'), 'X-Amz-Date', undefined),
      `IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header requires ` +
        `'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires ` +
        `existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256`,
    ],
    [
      'a parameter twice',
      () => authorization((text) => `${text}, Signature=${'0'.repeat(64)}`),
      'IncompleteSignatureException: Authorization header has a parameter twice.',
    ],
    [
      'no parameter',
      () => authorization((text) => text.replace('Credential=', 'Credential:')),
      `IncompleteSignatureException: a text of ${'Credential:/20260315/eu-west-1/kms/aws4_request'.length + 20} characters ` +
        'not a valid key=value pair (missing equal-sign) in Authorization header.',
    ],
    [
      'two of it',
      () => ({ ...signedBy(ann), headers: [...signedBy(ann).headers, ['authorization', 'x']] }),
      `IncompleteSignatureException: The request has the header 'authorization' more than once.`,
    ],
    [
      'in header and query',
      () => ({ ...signedBy(ann), target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }),
      `InvalidSignatureException: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.`,
    ],
    [
      'a query without the rest',
      () => ({
        ...withHeader(signedBy(ann), 'Authorization', undefined),
        target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256',
      }),
      `IncompleteSignatureException: AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string ` +
        `parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS ` +
        `query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.`,
    ],
    [
      'a parameter of the query twice',
      () => {
        const request = signedBy(ann, { signQuery: true })
        return { ...request, target: `${request.target}&X-Amz-Signature=${'0'.repeat(64)}` }
      },
      `IncompleteSignatureException: AWS query-string parameters include 'X-Amz-Signature' twice.`,
    ],
    [
      'for longer than a week',
      () => signedBy(ann, { signQuery: true, path: '/?X-Amz-Expires=604801' }),
      'IncompleteSignatureException: X-Amz-Expires must be a whole number of seconds from 1 to 604800.',
    ],
    [
      'no time',
      () => withHeader(signedBy(ann), 'X-Amz-Date', '2026-03-15T12:00:00Z'),
      `IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '2026-03-15T12:00:00Z'. See ` +
        'http://en.wikipedia.org/wiki/ISO_8601',
    ],
    [
      'a day that is none',
      () => withHeader(signedBy(ann), 'X-Amz-Date', '20260231T120000Z'),
      `IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '20260231T120000Z'. See ` +
        'http://en.wikipedia.org/wiki/ISO_8601',
    ],
    [
      'host not signed',
      () => authorization((text) => text.replace('host;', '')),
      `InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.`,
    ],
    [
      'operation not signed',
      () => authorization((text) => text.replace(';x-amz-target', '')),
      `InvalidSignatureException: 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.`,
    ],
    [
      'names out of order',
      () => authorization((text) => text.replace('host;x-amz-date', 'x-amz-date;host')),
      `InvalidSignatureException: 'SignedHeaders' must be in lower case and in order, each name once.`,
    ],
    [
      'a signed header that is not there',
      () => withHeader(signedBy(ann), 'Content-Type', undefined),
      'InvalidSignatureException: A header that is signed is not in the request, or its name is not in lower case.',
    ],
    [
      'four parts of a credential',
      () => authorization((text) => text.replace('/aws4_request', '')),
      'IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. ' +
        'keyid/date/region/service/term, got ',
    ],
    [
      'everything wrong in the scope',
      () => authorization((text) => text.replace(/\/2026.*aws4_request/, '/20260314/nowhere/s3/aws5_request')),
      `InvalidSignatureException: Credential should be scoped to a valid region, not 'nowhere'. Credential should be scoped ` +
        `to correct service: 'kms' or 'sts'. Credential should be scoped with a valid terminator: 'aws4_request', not ` +
        `'aws5_request'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'20260314' != '20260315', from '20260315T120000Z'.`,
    ],
    ['a key that nobody has', () => signedBy({ ...ann, accessKeyId: `AKIA${'A'.repeat(16)}` }), UNRECOGNIZED],
    ['an id that is none', () => signedBy({ ...ann, accessKeyId: 'x' }), UNRECOGNIZED],
    [
      'a token with a long-term key',
      () => signedBy({ ...ann, sessionToken: session().sessionToken ?? '' }),
      UNRECOGNIZED,
    ],
    ['session credentials without their token', () => signedBy(withoutToken(session())), UNRECOGNIZED],
    [
      "another session's token",
      () => signedBy({ ...session(), sessionToken: session().sessionToken ?? '' }),
      UNRECOGNIZED,
    ],
    ['another secret', () => signedBy({ ...ann, secretAccessKey: 'x'.repeat(40) }), MISMATCH],
    ['no signature', () => authorization((text) => text.replace(/Signature=.*/, 'Signature=x')), MISMATCH],
    [
      'capitals in it',
      () => authorization((text) => text.replace(/[0-9a-f]{64}$/, (one) => `${one.slice(0, 63)}F`)),
      MISMATCH,
    ],
    [
      'an unsigned payload',
      () => signedBy(ann, { headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } }),
      `InvalidSignatureException: The value of 'x-amz-content-sha256' must be the hash of the body: no operation here takes ` +
        'another.',
    ],
    [
      'a stream',
      () => signedBy(ann, { headers: { 'X-Amz-Content-Sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } }),
      `InvalidSignatureException: The value of 'x-amz-content-sha256' must be the hash of the body: no operation here takes ` +
        'another.',
    ],
    [
      'another hash',
      () => signedBy(ann, { headers: { 'X-Amz-Content-Sha256': '0'.repeat(64) } }),
      `InvalidSignatureException: The value of 'x-amz-content-sha256' does not match the hash of the body.`,
    ],
    [
      'characters that no wire brings',
      () => withHeader(signedBy(ann), 'Content-Type', 'application/x-amz-json-1.1\u0100'),
      MISMATCH,
    ],
  ])('%s', async (_, request, expected) => {
    const message = await told(fixture.authenticate, request())
    expect(message.slice(0, expected.length)).toBe(expected)
    for (const secret of [ann.secretAccessKey, 'c2VjcmV0']) expect(message).not.toContain(secret)
  })

  test.each<[string, number, Asked, string]>([
    ['5 minutes late', 300_000, {}, ANN],
    ['5 minutes early', -300_000, {}, ANN],
    [
      'later',
      301_000,
      {},
      'InvalidSignatureException: Signature expired: 20260315T120000Z is now earlier than 20260315T120001Z ' +
        '(20260315T120501Z - 5 min.)',
    ],
    [
      'earlier',
      -301_000,
      {},
      'InvalidSignatureException: Signature not yet current: 20260315T120000Z is still later than 20260315T115959Z ' +
        '(20260315T115459Z + 5 min.)',
    ],
    ['presigned for a day', 86_400_000, { signQuery: true, path: '/?X-Amz-Expires=86400' }, ANN],
    [
      'presigned, and later',
      86_401_000,
      { signQuery: true, path: '/?X-Amz-Expires=86400' },
      'InvalidSignatureException: Signature expired: 20260316T120000Z is now earlier than 20260316T120001Z',
    ],
    [
      'presigned without an end',
      301_000,
      { signQuery: true },
      'InvalidSignatureException: Signature expired: 20260315T120000Z is now earlier than 20260315T120001Z ' +
        '(20260315T120501Z - 5 min.)',
    ],
  ])('in time: %s', async (_, afterMs, asked, expected) => {
    fixture.clock.nowMs = NOW_MS + afterMs
    expect(await told(fixture.authenticate, signedBy(ann, asked))).toBe(expected)
    fixture.clock.nowMs = NOW_MS
  })

  test.each<[string, (request: SignedRequest) => SignedRequest]>([
    ['headers', (request) => ({ ...request, headers: Array.from({ length: 5000 }, () => ['a', 'b'] as const) })],
    ['a header', (request) => withHeader(request, 'a', 'x'.repeat(200_000))],
    ['a target', (request) => ({ ...request, target: `/${'x'.repeat(100_000)}` })],
    ['parameters', (request) => ({ ...request, target: `/?${'a&'.repeat(30_000)}` })],
    ['an Authorization', (request) => withHeader(request, 'Authorization', `AWS4-HMAC-SHA256 ${'a=b,'.repeat(9000)}`)],
    [
      'signed headers',
      (request) =>
        withHeader(
          request,
          'Authorization',
          `AWS4-HMAC-SHA256 Credential=a, Signature=b, SignedHeaders=${'a;'.repeat(2000)}`,
        ),
    ],
  ])('too much of it: %s', async (_, change) => {
    expect(await told(fixture.authenticate, change(signedBy(ann)))).toMatch(/^IncompleteSignatureException: /)
  })
})

function withoutToken({ accessKeyId, secretAccessKey }: Keys): Keys {
  return { accessKeyId, secretAccessKey }
}
