/** Starting, being ready, being watched, and ending in good order. */
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RequestDone } from '../../../src/server/http/hooks.js'
import { insecureReason } from '../../../src/server/http/listen-safety.js'
import { ServerError } from '../../../src/server/http/server-error.js'
import { startServer, type ServerBackend } from '../../../src/server/http/server.js'
import { issue } from '../../kms/attestation/authority.js'
import { REGION, testKms } from '../../kms/test-kms.js'
import {
  ADMIN_ARN,
  answered,
  fakeAuthenticate,
  HEADERS,
  openSocket,
  requestText,
  testServer,
  untilEnd,
} from './test-server.js'

/** A promise and what settles it. */
function later<T>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

async function asked(url: string, path: string): Promise<readonly [number, unknown]> {
  const { status, json } = await answered(await fetch(url + path))
  return [status, json]
}

describe('health', () => {
  test('alive before ready, and ready once everything is open', async () => {
    const { kms } = await testKms()
    const backend = later<ServerBackend>()
    const server = await startServer({ backend: backend.promise })
    onTestFinished(() => server.close({ now: true }))
    const [url = ''] = server.urls
    expect(await asked(url, '/healthz')).toEqual([200, { status: 'ok' }])
    expect(await asked(url, '/readyz')).toEqual([503, { status: 'not ready', reasons: ['the server is starting'] }])
    const early = await answered(await fetch(url, { method: 'POST', headers: HEADERS, body: '{}' }))
    expect([early.status, early.json['__type']]).toEqual([503, 'ServiceUnavailable'])
    backend.resolve({ kms, authenticate: fakeAuthenticate(), close: () => kms.close() })
    await server.ready
    expect(await asked(url, '/readyz')).toEqual([200, { status: 'ready' }])
  })

  test('never ready where it cannot be opened', async () => {
    const server = await startServer({ backend: Promise.reject(new Error('no root key')) })
    await expect(server.ready).rejects.toThrow('no root key')
    expect(await asked(server.urls[0] ?? '', '/readyz')).toMatchObject([503, {}])
    await server.close()
  })

  test('tells which part is not well', async () => {
    const { url } = await testServer({
      backend: {
        readiness: [
          { name: 'store', check: () => undefined },
          { name: 'root key', check: () => Promise.resolve('the token is gone') },
          { name: 'graph', check: () => Promise.reject(new Error('secret detail')) },
        ],
      },
    })
    const reasons = ['root key: the token is gone', 'graph: it cannot be asked']
    expect(await asked(url, '/readyz')).toEqual([503, { status: 'not ready', reasons }])
  })

  test('many who ask cost one question', async () => {
    let questions = 0
    const { url } = await testServer({
      backend: { readiness: [{ name: 'store', check: () => void questions++ }] },
    })
    const answers = await Promise.all(Array.from({ length: 20 }, () => asked(url, '/readyz')))
    expect(answers.every(([status]) => status === 200)).toBe(true)
    expect(questions).toBeLessThan(20)
  })

  test('HEAD asks the same', async () => {
    const { url } = await testServer()
    const { status } = await fetch(`${url}/readyz`, { method: 'HEAD' })
    expect(status).toBe(200)
  })
})

describe('closing', () => {
  test('finishes what is under way, tells the connection, refuses what is new, and closes the backend last', async () => {
    const events: string[] = []
    const gate = later<void>()
    const entered = later<void>()
    const authenticate = fakeAuthenticate()
    let connections = 0
    const { server, url } = await testServer({
      hooks: { onConnection: (event) => void (connections += event === 'open' ? 1 : 0) },
      backend: {
        authenticate: async (one) => {
          entered.resolve()
          await gate.promise
          return authenticate(one)
        },
        close: () => {
          events.push('closed')
          return Promise.resolve()
        },
      },
    })
    const idle = await openSocket(url)
    const unused = untilEnd(idle)
    const socket = await openSocket(url)
    const answer = untilEnd(socket)
    socket.write(requestText('ListKeys', '{}'))
    await entered.promise
    const closing = server.close()
    expect(await unused).toBe('')
    await openSocket(url).catch(() => undefined)
    expect([events, connections, server.load().inFlight]).toEqual([[], 2, 1])
    gate.resolve()
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close[^]*"Truncated":false}$/)
    await closing
    expect([events, server.load()]).toEqual([['closed'], { connections: 0, inFlight: 0 }])
    await server.close()
    expect(events).toEqual(['closed'])
  })

  test('says that it is no longer ready while it still answers', async () => {
    const { server, url } = await testServer({ limits: { drainDelayMs: 60_000 } })
    const closing = server.close()
    expect(await asked(url, '/readyz')).toEqual([503, { status: 'not ready', reasons: ['the server is closing'] }])
    const { status, headers } = await answered(await fetch(url, { method: 'POST', headers: HEADERS, body: '{}' }))
    expect([status, headers.get('connection')]).toEqual([400, 'close'])
    void server.close({ now: true })
    await closing
    expect(server.load()).toEqual({ connections: 0, inFlight: 0 })
  })

  test.each([
    ['after the limit', 50, false],
    ['at once when asked again', 60_000, true],
  ])('cuts off what does not end, %s', async (_name, drainMs, again) => {
    const entered = later<void>()
    const { server, url } = await testServer({
      limits: { drainMs },
      backend: {
        authenticate: () => {
          entered.resolve()
          return later<never>().promise
        },
      },
    })
    const socket = await openSocket(url)
    const answer = untilEnd(socket)
    socket.write(requestText('ListKeys', '{}'))
    await entered.promise
    const closing = server.close()
    if (again) void server.close({ now: true })
    await closing
    expect(await answer).toBe('')
  })
})

describe('hooks', () => {
  test('see every request and how it ended', async () => {
    const done: RequestDone[] = []
    const { post, url, records } = await testServer({ hooks: { onRequest: (one) => void done.push(one) } })
    await post('ListKeys', { Limit: 1 }, { 'user-agent': 'test' })
    await post('DescribeKey', { KeyId: 'alias/none' })
    await post('ListKeys', {}, { authorization: 'Fake !wrong' })
    await fetch(`${url}/other`)
    const caller = { principal: ADMIN_ARN, accessKeyId: 'AKIAFAKE', region: REGION, sourceIp: '127.0.0.1' }
    expect(done).toMatchObject([
      {
        service: 'kms',
        operation: 'ListKeys',
        status: 200,
        ...caller,
        userAgent: 'test',
        bytesIn: 11,
        outcome: 'answered',
      },
      {
        service: 'kms',
        operation: 'DescribeKey',
        status: 400,
        code: 'NotFoundException',
        ...caller,
        outcome: 'answered',
      },
      { service: 'kms', status: 400, code: 'InvalidSignatureException', sourceIp: '127.0.0.1', outcome: 'refused' },
      { status: 404, code: 'UnknownOperationException', outcome: 'refused' },
    ])
    expect(done[0]?.requestId).toBe(records[0]?.requestID)
    expect(done[2]).not.toHaveProperty('principal')
    expect(done.every(({ durationMs }) => durationMs >= 0)).toBe(true)
  })

  test('can refuse, and wrap', async () => {
    const seen: string[] = []
    const { post } = await testServer({
      hooks: {
        admit: ({ operation, principal, inFlight }) =>
          operation === 'ListAliases' ? `${principal} ${inFlight}` : undefined,
        around: ({ operation }, headers, run) => {
          seen.push(`${operation} ${headers.some(([name]) => name.toLowerCase() === 'traceparent')}`)
          return run()
        },
      },
    })
    const throttled = await post('ListAliases')
    expect([throttled.status, throttled.json]).toEqual([
      400,
      { __type: 'ThrottlingException', message: `${ADMIN_ARN} 1` },
    ])
    expect((await post('ListKeys', {}, { traceparent: '00-1-1-00' })).status).toBe(200)
    expect(seen).toEqual(['ListKeys true'])
  })

  test('that throw change nothing', async () => {
    const broken = (): never => {
      throw new Error('hook')
    }
    const { post, warnings } = await testServer({ hooks: { admit: broken, onRequest: broken, onConnection: broken } })
    expect((await post('ListKeys')).status).toBe(200)
    expect(warnings).toEqual(['a hook has thrown: hook', 'a hook has thrown: hook', 'a hook has thrown: hook'])
  })
})

describe('metrics', () => {
  test('stand on a port of their own', async () => {
    const source = { contentType: 'text/plain; version=0.0.4', text: () => 'keyward_up 1\n' }
    const { server, url } = await testServer({ metrics: { source } })
    const { metricsUrl = '' } = server
    const answer = await answered(await fetch(metricsUrl))
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'keyward_up 1\n',
    ])
    expect((await fetch(new URL('/', metricsUrl))).status).toBe(404)
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
  })

  test('that fail are a warning', async () => {
    const source = { contentType: 'text/plain', text: () => Promise.reject(new Error('broken')) }
    const { server, warnings } = await testServer({ metrics: { source } })
    expect((await fetch(server.metricsUrl ?? '')).status).toBe(500)
    expect(warnings).toEqual(['metrics cannot be told: broken'])
  })
})

const HOUR_MS = 3_600_000

describe('encryption', () => {
  function files(name: string): {
    readonly certFile: string
    readonly keyFile: string
    readonly write: (name: string) => string
  } {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const write = (subject: string): string => {
      const { der, key } = issue({ name: subject, fromMs: Date.now() - HOUR_MS, toMs: Date.now() + HOUR_MS })
      const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
      writeFileSync(certFile, pem)
      writeFileSync(keyFile, key.export({ format: 'pem', type: 'pkcs8' }))
      return pem
    }
    write(name)
    return { certFile, keyFile, write }
  }

  function subjectAt(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const asking = request(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
        const { socket } = response
        resolve('getPeerCertificate' in socket ? peerName(socket as Parameters<typeof peerName>[0]) : 'none')
        response.resume()
      })
      asking.on('error', reject)
      asking.end()
    })
  }

  test('takes certificate and key, and new ones while it runs; broken ones change nothing', async () => {
    const { certFile, keyFile, write } = files('first')
    const { server, url } = await testServer({ listeners: [{ tls: { certFile, keyFile } }] })
    expect(url).toMatch(/^https:/)
    expect(await subjectAt(url)).toBe('first')
    write('second')
    server.reloadCertificates()
    expect(await subjectAt(url)).toBe('second')
    writeFileSync(keyFile, 'nonsense')
    expect(() => server.reloadCertificates()).toThrow(/^the certificate in `.*` cannot be used with the key in /)
    expect(await subjectAt(url)).toBe('second')
  })

  test('is told to audit records and conditions', async () => {
    const { certFile, keyFile } = files('kms')
    const { url, records } = await testServer({ listeners: [{ tls: { certFile, keyFile } }] })
    await new Promise<void>((resolve, reject) => {
      const headers = { ...HEADERS, 'x-amz-target': 'TrentService.ListKeys', host: 'kms.test' }
      const asking = request(url, { method: 'POST', rejectUnauthorized: false, agent: false, headers }, (response) => {
        response.resume()
        response.on('end', resolve)
      })
      asking.on('error', reject)
      asking.end('{}')
    })
    expect(records.at(-1)).toMatchObject({
      tlsDetails: {
        tlsVersion: 'TLSv1.3',
        cipherSuite: expect.stringMatching(/^TLS_/) as unknown,
        clientProvidedHostHeader: 'kms.test',
      },
    })
  })

  test('a client that does not speak it is refused', async () => {
    const { certFile, keyFile } = files('kms')
    const { raw } = await testServer({ listeners: [{ tls: { certFile, keyFile } }] })
    expect(await raw(requestText('ListKeys', '{}'))).not.toMatch(/ 200 /)
  })

  test('what is wrong with its files is told in plain words', async () => {
    const { certFile, keyFile } = files('first')
    const other = files('other')
    const starts = (cert: string, key: string): Promise<unknown> =>
      testServer({ listeners: [{ tls: { certFile: cert, keyFile: key } }] })
    await expect(starts(certFile, other.keyFile)).rejects.toThrow(/: the key is that of another certificate$/)
    await expect(starts(keyFile, keyFile)).rejects.toThrow(/: the first file holds no certificate in PEM$/)
    await expect(starts(certFile, certFile)).rejects.toThrow(/: the second file holds no private key in PEM$/)
    const cipher = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const
    writeFileSync(keyFile, createPrivateKey(readFileSync(keyFile)).export(cipher))
    await expect(starts(certFile, keyFile)).rejects.toThrow(/: the key is encrypted; give one that is not/)
    await expect(starts(`${certFile}.none`, keyFile)).rejects.toThrow(/^cannot read `.*`: there is no such file$/)
  })

  test('without its files there is no server', async () => {
    const listeners = [{ tls: { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' } }]
    await expect(testServer({ listeners })).rejects.toThrow(/^cannot read `\/nowhere\/cert\.pem`/)
  })
})

describe('listeners', () => {
  test('several, each with its endpoint', async () => {
    const { server, records } = await testServer({ listeners: [{}, { vpcEndpointId: 'vpce-1' }] })
    for (const url of server.urls) {
      const headers = { ...HEADERS, 'x-amz-target': 'TrentService.ListKeys', 'x-keyward-vpc-endpoint-id': 'vpce-2' }
      await fetch(url, { method: 'POST', headers, body: '{}' })
    }
    expect(records.map(({ vpcEndpointId }) => vpcEndpointId)).toEqual([undefined, 'vpce-1'])
  })

  test('behind a proxy that is trusted the client is who the proxy says', async () => {
    const { post, records } = await testServer({ facts: { trustedProxies: ['127.0.0.1'] } })
    await post('ListKeys', {}, { 'x-forwarded-for': '6.6.6.6, 203.0.113.5' })
    expect(records.at(-1)).toMatchObject({ sourceIPAddress: '203.0.113.5' })
    const refused = await post('ListKeys', {}, { 'x-forwarded-for': 'unknown' })
    expect([refused.status, refused.json['__type']]).toEqual([400, 'ValidationException'])
  })

  test('an address that is taken is told, and nothing stays behind', async () => {
    const { url } = await testServer()
    const port = Number(new URL(url).port)
    const { kms } = await testKms()
    let closed = 0
    const backend = { kms, authenticate: fakeAuthenticate(), close: () => Promise.resolve(void closed++) }
    const starting = startServer({ backend, listeners: [{}, { port }] })
    await expect(starting).rejects.toThrow(`cannot listen on \`127.0.0.1:${port}\`: another program does already`)
    await expect(starting).rejects.toBeInstanceOf(ServerError)
    expect(closed).toBe(1)
  })

  test('trusted proxies that are none', async () => {
    await expect(testServer({ facts: { trustedProxies: ['me'] } })).rejects.toThrow(
      'the trusted proxies cannot be read',
    )
  })

  test.each([
    ['0.0.0.0', false, 'enforce', true],
    ['::', false, 'enforce', true],
    ['192.168.1.5', false, 'enforce', true],
    ['example.com', false, 'enforce', true],
    ['0.0.0.0', true, 'enforce', false],
    ['0.0.0.0', true, 'audit', true],
    ['0.0.0.0', true, 'allowAll', true],
    ['127.0.0.1', false, 'allowAll', false],
    ['127.8.9.1', false, 'audit', false],
    ['::1', false, 'enforce', false],
    ['::ffff:127.0.0.1', false, 'enforce', false],
    ['LocalHost', false, 'enforce', false],
    ['localhost.example.com', false, 'enforce', true],
    ['0.0.0.0', false, 'metrics', true],
    ['127.0.0.1', false, 'metrics', false],
  ] as const)('%s, encrypted %s, %s: insecure %s', (host, isEncrypted, mode, isInsecure) => {
    expect(insecureReason({ host, isEncrypted, mode }) !== undefined).toBe(isInsecure)
  })

  test('an insecure one needs somebody who wants it', async () => {
    const listeners = [{ host: '0.0.0.0' }]
    await expect(testServer({ listeners })).rejects.toThrow(
      '`0.0.0.0` can be reached from other machines, and without a certificate keys and plaintext cross the network ' +
        'unencrypted; allow it with `--allow-insecure-listen`',
    )
    const metrics = { host: '::', source: { contentType: '', text: () => '' } }
    await expect(testServer({ metrics })).rejects.toThrow('metrics are told without encryption')
    const { post } = await testServer({ listeners, allowInsecureListen: true })
    expect((await post('ListKeys')).status).toBe(200)
  })
})

function peerName(socket: { getPeerCertificate(): { readonly subject: { readonly CN?: string } } }): string {
  return socket.getPeerCertificate().subject.CN ?? 'none'
}
