/**
 * Clients that are slow, silent, too many, too loud or broken: each is bounded, and nobody else notices.
 *
 * Nothing here depends on how fast the machine is: what must end does so after limits that are far below the test's own.
 */
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openSocket, requestText, testServer, until, untilEnd } from './test-server.js'

const QUICK = { headersTimeoutMs: 300, requestTimeoutMs: 400, idleTimeoutMs: 300, stalledTimeoutMs: 60_000 }

const PATIENT = { timeout: 30_000 }

async function serves({ post }: Awaited<ReturnType<typeof testServer>>): Promise<void> {
  expect((await post('ListKeys')).status).toBe(200)
}

describe('slow clients', () => {
  test('that say nothing are cut off', async () => {
    const server = await testServer({ limits: QUICK })
    expect(await untilEnd(await openSocket(server.url))).toMatch(/^(HTTP\/1\.1 408 [^]*)?$/)
    await serves(server)
  })

  test('that do not finish their headers are told, and cut off', async () => {
    const server = await testServer({ limits: QUICK })
    expect(await server.raw('POST / HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 [^]*"__type":"RequestTimeout"/)
    await serves(server)
  })

  test('that do not finish their body are cut off', async () => {
    const done: unknown[] = []
    const server = await testServer({ limits: QUICK, hooks: { onRequest: (one) => done.push(one) } })
    const answer = await server.raw(requestText('ListKeys', '{', [], { length: 100 }))
    expect(answer).not.toMatch(/ 200 /)
    await expect.poll(() => done, PATIENT).toMatchObject([{ outcome: 'aborted', bytesOut: 0 }])
    expect(server.server.load().inFlight).toBe(0)
    await serves(server)
  })

  test('that idle after an answer are let go', async () => {
    const server = await testServer({ limits: QUICK })
    const socket = await openSocket(server.url)
    const all = untilEnd(socket)
    socket.write(requestText('ListKeys', '{}'))
    expect(await all).toMatch(/^HTTP\/1\.1 200 [^]*Truncated":false}$/)
  })

  test('that send slowly and take no answer are cut off when nothing moves', async () => {
    const server = await testServer({ limits: { ...QUICK, requestTimeoutMs: 60_000, stalledTimeoutMs: 300 } })
    expect(await server.raw(requestText('ListKeys', '{', [], { length: 100 }))).not.toMatch(/ 200 /)
  })
})

describe('too many connections', () => {
  test('the next is told so and refused, and one that ends makes room', async () => {
    const events: string[] = []
    const server = await testServer({
      limits: { maxConnections: 3 },
      hooks: { onConnection: (event) => void events.push(event) },
    })
    const held: Socket[] = []
    for (let count = 0; count < 3; count++) held.push(await openSocket(server.url))
    await expect.poll(() => server.server.load().connections, PATIENT).toBe(3)
    const refused = await server.raw(requestText('ListKeys', '{}'))
    expect(refused).toMatch(/^HTTP\/1\.1 503 [^]*Connection: close\r\n\r\n{"__type":"ServiceUnavailable",/)
    held.pop()?.destroy()
    await expect.poll(() => server.server.load().connections, PATIENT).toBe(2)
    expect(await server.raw(requestText('ListKeys', '{}', ['Connection: close']))).toMatch(/^HTTP\/1\.1 200 /)
    for (const socket of held) socket.destroy()
    await expect.poll(() => events.filter((event) => event === 'close').length, PATIENT).toBe(4)
    expect(events.filter((event) => event !== 'close')).toEqual(['open', 'open', 'open', 'refused', 'open'])
  })
})

describe('what is too much', () => {
  test.each([
    ['one long header', [`X-Long: ${'x'.repeat(20_000)}`]],
    ['many headers', Array.from({ length: 5000 }, (_, index) => `X-${index}: 1`)],
  ])('%s', async (_name, headers) => {
    const server = await testServer()
    expect(await server.raw(requestText('ListKeys', '{}', headers))).toMatch(/^HTTP\/1\.1 431 /)
    await serves(server)
  })

  test('headers that are many and short all count', async () => {
    const server = await testServer()
    const many = Array.from({ length: 2500 }, () => 'a:')
    expect(await server.raw(requestText('ListKeys', '{}', [...many, 'Connection: close']))).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a body without an end is neither read nor kept', async () => {
    const server = await testServer({ limits: { maxBodyBytes: 1000 } })
    const socket = await openSocket(server.url)
    const all = untilEnd(socket)
    socket.write(requestText('ListKeys', '', [], { length: 10_000_000_000 }))
    const more = Buffer.alloc(65_536, 'x')
    const pump = (): void => {
      while (!socket.destroyed && socket.writable && socket.write(more));
      if (!socket.destroyed && socket.writable) socket.once('drain', pump)
    }
    pump()
    expect(await all).toMatch(/^HTTP\/1\.1 413 /)
    expect(server.server.load().inFlight).toBe(0)
    await serves(server)
  })

  test('a crowd that gives up in the middle', async () => {
    const server = await testServer()
    const text = requestText('ListKeys', '{}')
    for (let length = 1; length < text.length; length += 17) {
      const socket = await openSocket(server.url)
      socket.write(text.slice(0, length), () => socket.destroy())
    }
    await expect.poll(() => server.server.load(), PATIENT).toEqual({ connections: 0, inFlight: 0 })
    await serves(server)
  })
})

describe('what is no HTTP', () => {
  test.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a folded header', 'POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
  ])('%s', async (_name, text) => {
    const server = await testServer()
    expect(await server.raw(Buffer.from(text, 'latin1'))).not.toMatch(/^HTTP\/1\.1 2/)
    await serves(server)
  })

  test.each([
    ['no host', 'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 400, 'ValidationException'],
    ['no host where health is asked', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'ValidationException'],
    ['two hosts', requestText('ListKeys', '{}', ['Host: other']), 400, 'ValidationException'],
    ['an expectation', requestText('ListKeys', '{}', ['Expect: tea']), 417, 'ValidationException'],
  ])('%s is told so as everything is', async (_name, text, status, code) => {
    const server = await testServer()
    const answer = await server.raw(text)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/\r\nx-amzn-RequestId: [0-9a-f-]{36}\r\n[^]*\r\nConnection: close\r\n/)
    expect(answer).toContain(`{"__type":"${code}","message":"`)
    await serves(server)
  })

  test('HTTP/1.0 knows no host', async () => {
    const { raw } = await testServer()
    expect(await raw('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([
    ['a chunk that is none', requestText('ListKeys', 'zz\r\n', ['Transfer-Encoding: chunked'])],
    ['an encoding without an end', requestText('ListKeys', '{}', ['Transfer-Encoding: gzip'])],
  ])('a body that cannot be read is told so: %s', async (_name, text) => {
    const server = await testServer()
    expect(await server.raw(text)).toMatch(/^HTTP\/1\.1 400 [^]*SerializationException/)
    await expect.poll(() => server.server.load().inFlight, PATIENT).toBe(0)
    await serves(server)
  })

  test('a body that cannot be read, behind a request that is not answered yet, is cut off', async () => {
    const server = await testServer()
    const broken = requestText('ListKeys', 'zz\r\n', ['Transfer-Encoding: chunked'])
    expect(await server.raw(requestText('ListKeys', '{}') + broken)).not.toContain('SerializationException')
    await serves(server)
  })

  test('after a request that was fine it does not stand in the middle of an answer', async () => {
    const { url } = await testServer()
    const socket = await openSocket(url)
    socket.write(requestText('ListKeys', '{}'))
    await until(socket, /Truncated/)
    const all = untilEnd(socket)
    socket.write('nonsense\r\n\r\n')
    expect(await all).toBe('')
  })
})

test('an upgrade is a request like any other', async () => {
  const { raw } = await testServer()
  const headers = ['Upgrade: websocket', 'Connection: Upgrade, close']
  expect(await raw(requestText('ListKeys', '{}', headers))).toMatch(/^HTTP\/1\.1 200 /)
})
