/**
 * The wire protocol as clients of AWS speak it.
 *
 * Source: facts kms-behaviour 1; Smithy, "AWS JSON 1.1 protocol".
 */
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { HttpService, ServiceRequest } from '../../../src/server/http/http-service.js'
import { NOBODY, REGION } from '../../kms/test-kms.js'
import { ADMIN_ARN, answered, HEADERS, openSocket, requestText, testServer, until } from './test-server.js'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

async function withKey(server: Awaited<ReturnType<typeof testServer>>): Promise<string> {
  const { KeyMetadata } = await server.ok('CreateKey', {})
  return KeyMetadata?.KeyId ?? ''
}

describe('answers', () => {
  test('bytes as base64, times as seconds, the request id of the record', async () => {
    const server = await testServer()
    const { post } = server
    const made = await post('CreateKey', { Description: 'Schlüssel 🗝' })
    expect(made.status).toBe(200)
    const { KeyId, CreationDate, Description } = made.json['KeyMetadata'] as Record<string, unknown>
    expect([CreationDate, Description]).toEqual([server.clock.nowMs / 1000, 'Schlüssel 🗝'])
    const text = Buffer.from('secret').toString('base64')
    const encrypted = await post('Encrypt', { KeyId, Plaintext: text, EncryptionContext: { größe: '🗝' } })
    const decrypted = await post('Decrypt', {
      CiphertextBlob: encrypted.json['CiphertextBlob'],
      EncryptionContext: { größe: '🗝' },
    })
    expect(decrypted.json['Plaintext']).toBe(text)
    expect(Object.fromEntries(decrypted.headers)).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'cache-control': 'no-cache, no-store, must-revalidate, private',
      'content-length': String(decrypted.text.length),
      'x-amzn-requestid': server.records.at(-1)?.requestID,
    })
    expect(server.records.at(-1)).toMatchObject({ sourceIPAddress: '127.0.0.1', awsRegion: REGION })
  })

  test('the Region comes from the signature', async () => {
    const { post } = await testServer()
    const made = await post('CreateKey', {}, { authorization: `Fake ${ADMIN_ARN} eu-west-1 kms` })
    expect(made.json['KeyMetadata']).toMatchObject({ Arn: expect.stringMatching(/^arn:aws:kms:eu-west-1:/) as unknown })
  })

  test('nothing where an operation has no output, and an empty request is an empty input', async () => {
    const server = await testServer()
    const disabled = await server.post('DisableKey', { KeyId: await withKey(server) })
    expect([disabled.status, disabled.text, disabled.headers.get('content-length')]).toEqual([200, '', '0'])
    const listed = await server.post('ListKeys', '')
    expect([listed.status, Object.keys(listed.json)]).toEqual([200, ['Keys', 'Truncated']])
  })
})

describe('refusals', () => {
  const cases: readonly (readonly [
    name: string,
    operation: string,
    input: unknown,
    headers: Readonly<Record<string, string>>,
    status: number,
    body: object,
  ])[] = [
    [
      'a key that is not there',
      'DescribeKey',
      { KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab' },
      {},
      400,
      { __type: 'NotFoundException', message: expect.stringContaining('1234abcd') as unknown },
    ],
    ['no operation', 'Nothing', {}, {}, 400, { __type: 'UnknownOperationException' }],
    [
      'two operations',
      'ListKeys',
      {},
      { 'x-amz-target': 'TrentService.ListKeys.ListKeys' },
      400,
      { __type: 'UnknownOperationException' },
    ],
    [
      'an operation of another service',
      'X',
      {},
      { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
      400,
      { __type: 'UnknownOperationException' },
    ],
    ['a name of every object', 'constructor', {}, {}, 400, { __type: 'UnknownOperationException' }],
    ['no JSON', 'ListKeys', '{', {}, 400, { __type: 'SerializationException' }],
    ['no object', 'ListKeys', '[]', {}, 400, { __type: 'SerializationException' }],
    ['no text', 'ListKeys', Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, { __type: 'SerializationException' }],
    [
      'deep JSON',
      'ListKeys',
      `{"Limit":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      {},
      400,
      { __type: 'SerializationException', message: "the member 'limit' is not a whole number" },
    ],
    ['deep broken JSON', 'ListKeys', '['.repeat(500_000), {}, 400, { __type: 'SerializationException' }],
    [
      'bytes that are not base64',
      'Encrypt',
      { KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab', Plaintext: '!!!' },
      {},
      400,
      {
        __type: 'SerializationException',
        message: expect.stringMatching(/'plaintext' is not bytes, which are base64 in JSON/) as unknown,
      },
    ],
    [
      'a time as text',
      'ImportKeyMaterial',
      {
        KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
        ImportToken: 'AAAA',
        EncryptedKeyMaterial: 'AAAA',
        ValidTo: '2026-01-01T00:00:00Z',
      },
      {},
      400,
      {
        __type: 'SerializationException',
        message: expect.stringMatching(
          /'validTo' is not a point in time, which is seconds since 1970 in JSON/,
        ) as unknown,
      },
    ],
    [
      'a wrong member',
      'ListKeys',
      { Limit: 0 },
      {},
      400,
      {
        __type: 'ValidationException',
        message: expect.stringMatching(/^1 validation error detected: Value '0' at 'limit' failed/) as unknown,
      },
    ],
    [
      'another content type',
      'ListKeys',
      {},
      { 'content-type': 'application/json' },
      400,
      { __type: 'UnknownOperationException' },
    ],
    [
      'no signature',
      'ListKeys',
      {},
      { authorization: '' },
      400,
      { __type: 'MissingAuthenticationTokenException', message: 'Request is missing Authentication Token' },
    ],
    [
      'a wrong signature',
      'ListKeys',
      {},
      { authorization: 'Fake !forged' },
      400,
      { __type: 'InvalidSignatureException', message: 'forged' },
    ],
    [
      'a signature for another service',
      'ListKeys',
      {},
      { authorization: `Fake ${ADMIN_ARN} ${REGION} sts` },
      400,
      { __type: 'InvalidSignatureException', message: "Credential should be scoped to correct service: 'kms'." },
    ],
    [
      'access denied, with its capital',
      'ListKeys',
      {},
      { authorization: `Fake ${NOBODY.principal} ${REGION} kms` },
      400,
      { __type: 'AccessDeniedException', Message: expect.stringContaining('kms:ListKeys') as unknown },
    ],
    [
      'too large a body',
      'ListKeys',
      'x'.repeat(1024 * 1024 + 1),
      {},
      413,
      { __type: 'RequestEntityTooLargeException', message: 'The request is larger than 1048576 bytes.' },
    ],
  ]
  test.each(cases)('%s', async (_name, operation, input, headers, status, body) => {
    const { post } = await testServer()
    const answer = await post(operation, input, headers)
    expect([answer.status, answer.json]).toEqual([status, body])
    expect(answer.headers.get('x-amzn-requestid')).toMatch(UUID)
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1')
  })

  test.each([
    ['GET', '/', 405],
    ['PUT', '/', 405],
    ['DELETE', '/', 405],
    ['POST', '/other', 404],
    ['POST', '/healthz', 404],
    ['GET', '/other', 404],
    ['POST', '//', 404],
  ])('%s %s', async (method, path, status) => {
    const { url } = await testServer()
    const answer = await answered(await fetch(url + path, { method, headers: HEADERS }))
    const says = status === 405 ? /are POST/ : /the path \/\. Give clients the address/
    const message = expect.stringMatching(says) as unknown
    expect([answer.status, answer.json]).toEqual([status, { __type: 'UnknownOperationException', message }])
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null)
  })

  test('a whole address in place of a path', async () => {
    const { raw } = await testServer()
    const text = requestText('ListKeys', '{}', ['Connection: close']).replace('POST /', 'POST http://other/')
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('parameters of a content type change nothing', async () => {
    const { post } = await testServer()
    const answer = await post('ListKeys', {}, { 'content-type': 'Application/X-Amz-Json-1.1; charset=utf-8' })
    expect(answer.status).toBe(200)
  })

  test('a defect is an answer and a warning', async () => {
    const { post, warnings, server } = await testServer({
      backend: { authenticate: () => Promise.reject(new Error('broken')) },
    })
    const answer = await post('ListKeys')
    expect([answer.status, answer.json['__type'], warnings.length]).toEqual([500, 'InternalFailure', 1])
    expect(warnings[0]).toContain('internal error: Error: broken')
    expect(server.load().inFlight).toBe(0)
  })
})

describe('dispatch', () => {
  const asked: ServiceRequest[] = []
  const sts: HttpService = {
    name: 'sts',
    operationOf: () => 'GetCallerIdentity',
    answer: (request, { principal }) => {
      asked.push(request)
      return { status: 200, contentType: 'text/xml', body: `<Arn>${principal}</Arn>`, requestId: 'r' }
    },
    refuse: ({ code }) => ({
      status: 403,
      contentType: 'text/xml',
      body: `<Code>${code}</Code>`,
      requestId: 'r',
      code,
    }),
  }
  const FORM = 'application/x-www-form-urlencoded; charset=utf-8'
  const signed = `Fake ${ADMIN_ARN} ${REGION} sts`

  test.each([
    ['a form', 'POST', '/', { 'content-type': FORM, authorization: signed }, 200],
    ['a query', 'GET', '/?Action=GetCallerIdentity&Version=2011-06-15', { authorization: signed }, 200],
    [
      'a scope',
      'POST',
      '/',
      {
        'content-type': 'text/plain',
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request',
      },
      403,
    ],
    [
      'a scope in a query',
      'POST',
      '/?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fsts%2Faws4_request',
      { 'content-type': 'text/plain' },
      403,
    ],
    ['a form that is signed for KMS', 'POST', '/', { 'content-type': FORM, authorization: HEADERS.authorization }, 403],
    ['a form without a signature', 'POST', '/', { 'content-type': FORM }, 403],
  ])('%s goes to STS', async (_name, method, path, headers, status) => {
    const { url } = await testServer({ backend: { sts } })
    const answer = await answered(await fetch(url + path, { method, headers: headers as Record<string, string> }))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/xml'])
    if (status === 200) {
      expect(answer.text).toBe(`<Arn>${ADMIN_ARN}</Arn>`)
      expect(asked.pop()).toMatchObject({ method, target: path })
    }
  })

  test('a form is nothing to a server without STS', async () => {
    const { url } = await testServer()
    const answer = await answered(await fetch(url, { method: 'POST', headers: { 'content-type': FORM } }))
    expect([answer.status, answer.json]).toEqual([404, { __type: 'UnknownOperationException' }])
  })
})

describe('connections', () => {
  test('serve one request after another', async () => {
    const { url } = await testServer()
    const socket = await openSocket(url)
    for (let round = 0; round < 3; round++) {
      socket.write(requestText('ListKeys', '{}'))
      expect(await until(socket, /"Truncated":false}$/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    }
    socket.destroy()
  })

  test('take requests that do not wait for their answers', async () => {
    const { raw } = await testServer()
    const two = requestText('ListKeys', '{}') + requestText('ListAliases', '{}', ['Connection: close'])
    const answers = (await raw(two)).split(/(?=HTTP\/1\.1)/)
    expect(answers.map((answer) => /"(Keys|Aliases)"/.exec(answer)?.[1])).toEqual(['Keys', 'Aliases'])
  })

  test('take bodies in chunks, and byte by byte', async () => {
    const { raw } = await testServer()
    const chunked = ['Transfer-Encoding: chunked', 'Connection: close']
    const body = '{"Limit":10}'
      .split('')
      .map((char) => `1\r\n${char}\r\n`)
      .join('')
    expect(await raw(requestText('ListKeys', `${body}0\r\n\r\n`, chunked))).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('do not read chunks without an end', async () => {
    const { raw } = await testServer({ limits: { maxBodyBytes: 1000 } })
    const chunk = `100\r\n${'x'.repeat(256)}\r\n`
    const answer = await raw(requestText('ListKeys', chunk.repeat(10) + '0\r\n\r\n', ['Transfer-Encoding: chunked']))
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*Connection: close[^]*RequestEntityTooLargeException/)
  })

  test('are told to go on before they send a body', async () => {
    const { url } = await testServer()
    const socket = await openSocket(url)
    socket.write(requestText('ListKeys', '', ['Expect: 100-continue'], { length: 2 }))
    expect(await until(socket, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('{}')
    expect(await until(socket, /Truncated/)).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
  })

  test('are not told to go on with a body that is too large', async () => {
    const { raw } = await testServer()
    const answer = await raw(requestText('ListKeys', '', ['Expect: 100-continue'], { length: 2_000_000 }))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('get their answers when they send no more', async () => {
    const { url, kms } = await testServer({
      backend: {
        authenticate: async () => {
          await setTimeout(20)
          return {
            ok: true,
            value: { caller: { principal: ADMIN_ARN, region: REGION, accessKeyId: 'AKIA' }, service: 'kms' },
          }
        },
      },
    })
    expect(kms.region).toBe(REGION)
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.end(requestText('ListKeys', '{}'))
    expect(await until(socket, /Truncated/)).toMatch(/^HTTP\/1\.1 200 /)
  })
})
