/**
 * Clients that are slow, many, broken or mean, at a real server: it answers others meanwhile, and afterwards nothing of them
 * is left. What must end does so by limits of the server, whenever that is.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AccessKeys } from '../clients/serve-process.js'
import { openSocket, untilEnd } from '../http/test-server.js'
import { firstKeys, newFolder, removeFolder, startServing, type Serving } from './serving.js'
import { closing, codeOf, operation, signedBytes, WireClient, type Unsigned } from './wire.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })
const PATIENT = { timeout: 240_000, interval: 50 }
const MAX_CONNECTIONS = 40
const MAX_BODY = 65_536
/** Nothing ends by itself: what the server lets go of, it lets go of because of what the client did. */
const PATIENT_LIMITS = {
  headersTimeoutMs: 3_600_000,
  requestTimeoutMs: 3_600_000,
  idleTimeoutMs: 3_600_000,
  stalledTimeoutMs: 3_600_000,
}
const STRICT_LIMITS = { headersTimeoutMs: 1000, requestTimeoutMs: 1500 }

const folders = [newFolder(), newFolder()] as const
let patient: Serving
let strict: Serving

beforeAll(async () => {
  const place = (folder: string) => ({ folder, store: ['--store', 'memory'] })
  const limits = { ...PATIENT_LIMITS, maxConnections: MAX_CONNECTIONS, maxBodyBytes: MAX_BODY }
  patient = await startServing(place(folders[0]), { limits })
  strict = await startServing(place(folders[1]), { limits: STRICT_LIMITS })
})

afterAll(async () => {
  const statuses = await Promise.all([patient?.stop(), strict?.stop()])
  for (const folder of folders) removeFolder(folder)
  expect(statuses).toEqual([0, 0])
  expect(patient.told() + strict.told()).not.toMatch(/internal error|Warning|has thrown/)
})

function keysOf(server: Serving): AccessKeys {
  return firstKeys(server)
}

function signed(server: Serving, request: Unsigned = operation('ListKeys')): Buffer {
  return signedBytes(server.url, keysOf(server), request)
}

/** Until it is: a limit may cut off even a good client where the machine does not let it send. */
async function answers(server: Serving): Promise<void> {
  const client = new WireClient(server.url)
  await expect.poll(async () => (await client.ask(signed(server))).status, PATIENT).toBe(200)
  client.close()
}

async function isWell(server: Serving): Promise<void> {
  await answers(server)
  await expect.poll(() => server.load(), PATIENT).toEqual({ connections: 0, inFlight: 0 })
}

/** Everything that comes back for these bytes, which are all. */
async function exchange(server: Serving, bytes: Buffer): Promise<string> {
  const socket = await openSocket(server.url)
  const all = untilEnd(socket)
  socket.write(bytes)
  const text = await all
  socket.destroy()
  return text
}

/** Sends a byte now and then until the other side has had enough. */
async function drip(server: Serving, first: Buffer | string): Promise<string> {
  const socket = await openSocket(server.url)
  const all = untilEnd(socket)
  socket.write(first)
  const timer = setInterval(() => {
    if (socket.writable) socket.write('x')
  }, 100)
  const text = await all
  clearInterval(timer)
  return text
}

test('slow clients are cut off, and others are answered meanwhile', async () => {
  const long = signed(strict, operation('ListKeys', { Marker: 'x'.repeat(50_000) }))
  const slow = Array.from({ length: 20 }, () => [
    drip(strict, 'POST / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    drip(strict, long.subarray(0, long.length - 50_000)),
    openSocket(strict.url).then(untilEnd),
  ])
  await answers(strict)
  for (const text of await Promise.all(slow.flat())) expect(text).toMatch(/^(HTTP\/1\.1 408 [^]*)?$/)
  await isWell(strict)
})

describe('many connections', () => {
  test('up to the limit all are served, the next ones are told, and the first that goes makes room', async () => {
    const held: Socket[] = []
    for (let count = 0; count < MAX_CONNECTIONS; count++) held.push(await openSocket(patient.url))
    await expect.poll(async () => (await patient.load()).connections, PATIENT).toBe(MAX_CONNECTIONS)
    for (let count = 0; count < 5; count++) {
      expect(await exchange(patient, signed(patient))).toMatch(
        /^HTTP\/1\.1 503 [^]*Connection: close\r\n\r\n{"__type":"ServiceUnavailable",/,
      )
    }
    const last = held.at(-1)!
    const answered = once(last, 'data')
    last.write(signed(patient))
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 /)
    held.shift()?.destroy()
    await answers(patient)
    for (const socket of held) socket.destroy()
    await isWell(patient)
  })
})

describe('large bodies', () => {
  /** Bytes without end. */
  async function flood(head: string, piece: Buffer): Promise<string> {
    const socket = await openSocket(patient.url)
    const all = untilEnd(socket)
    socket.write(head)
    const pump = (): void => {
      while (socket.writable && socket.write(piece));
      if (socket.writable) socket.once('drain', pump)
    }
    pump()
    return all
  }

  test('that are declared are neither read nor kept', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n'
    const all = await Promise.all(Array.from({ length: 10 }, () => flood(head, Buffer.alloc(65_536, 'x'))))
    for (const text of all) expect(text).toMatch(/^(HTTP\/1\.1 413 [^]*RequestEntityTooLargeException[^]*)?$/)
    await isWell(patient)
  })

  test('in chunks without end are no further read than the limit', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const piece = Buffer.from(`1000\r\n${'x'.repeat(4096)}\r\n`)
    const all = await Promise.all(Array.from({ length: 10 }, () => flood(head, piece)))
    for (const text of all) expect(text).toMatch(/^(HTTP\/1\.1 413 [^]*RequestEntityTooLargeException[^]*)?$/)
    await isWell(patient)
  })

  test('in chunks of one byte cost no more than others', async () => {
    const client = new WireClient(patient.url)
    const body = JSON.stringify({ Marker: 'x'.repeat(20_000) })
    const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join('')
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await client.ask(Buffer.from(`${head}${chunks}0\r\n\r\n`))
    expect(codeOf(answer)).toBe('MissingAuthenticationTokenException')
    client.close()
    await isWell(patient)
  })

  test('up to the limit are read, one byte more is not', async () => {
    const client = new WireClient(patient.url)
    const frame = JSON.stringify({ Marker: '' }).length
    const sized = (size: number): Unsigned => operation('ListKeys', { Marker: 'x'.repeat(size - frame) })
    expect(codeOf(await client.ask(signed(patient, sized(MAX_BODY))))).toBe('ValidationException')
    expect((await client.ask(signed(patient, sized(MAX_BODY + 1)))).status).toBe(413)
    client.close()
    await isWell(patient)
  })
})

describe('bodies that are no input', () => {
  const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth)

  test.each<[name: string, body: string | Buffer]>([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ['half of a surrogate pair', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark alone', Buffer.from([0xef, 0xbb, 0xbf])],
    ['zeros', Buffer.alloc(1000)],
    ['deep arrays', deep('[', ']', 30_000)],
    ['deep arrays without an end', '['.repeat(60_000)],
    ['deep objects without an end', '{"a":'.repeat(10_000)],
    ['a number without end', `{"Limit":${'9'.repeat(60_000)}`],
    ['two values', '{}{}'],
  ])('%s', async (_name, body) => {
    const client = new WireClient(patient.url)
    const answer = await client.ask(signed(patient, operation('ListKeys', body)))
    expect([answer.status, codeOf(answer)]).toEqual([400, 'SerializationException'])
    expect((await client.ask(signed(patient))).status).toBe(200)
    client.close()
    await isWell(patient)
  })

  test.each<[name: string, body: string, codes: readonly string[]]>([
    ['a deep policy', JSON.stringify({ Policy: deep('[', ']', 15_000) }), ['MalformedPolicyDocumentException']],
    ['a deep member', `{"Policy":${deep('[', ']', 15_000)}}`, ['SerializationException']],
    ['a member that is there a thousand times', `{${'"Policy":"{}",'.repeat(1000)}"Policy":"{}"}`, []],
    ['a name of every object', '{"__proto__":{"Policy":"x"},"constructor":1}', []],
  ])('%s', async (_name, body, codes) => {
    const client = new WireClient(patient.url)
    const answer = await client.ask(signed(patient, operation('CreateKey', body)))
    expect(answer.status).toBeLessThan(500)
    if (codes.length > 0) expect(codes).toContain(codeOf(answer))
    client.close()
    await isWell(patient)
  })
})

describe('headers', () => {
  const request = (lines: readonly string[]): Buffer =>
    Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')

  test.each<[name: string, lines: readonly string[], status: number]>([
    ['a long one', [`X-Long: ${'x'.repeat(100_000)}`], 431],
    ['a hundred thousand', Array.from({ length: 100_000 }, (_, index) => `X-${index}: 1`), 431],
    ['a name without end', ['X'.repeat(100_000)], 431],
    ['two signatures', ['Authorization: a', 'Authorization: b'], 400],
    ['bytes beyond ASCII', ['Authorization: \xff\xfe', 'X-Amz-Target: \x80'], 400],
    ['a thousand short ones', Array.from({ length: 1000 }, (_, index) => `a${index}:`), 400],
  ])('%s', async (_name, lines, status) => {
    const all = await Promise.all(
      Array.from({ length: 5 }, async () => exchange(patient, request([...lines, 'Connection: close']))),
    )
    // The answer may be lost where the server closes while the client is still sending.
    for (const text of all) expect(text).toMatch(new RegExp(`^(HTTP/1\\.1 ${status} [^]*)?$`))
    await isWell(patient)
  })
})

describe('connections that end', () => {
  test('for one side get their answers', async () => {
    const socket = await openSocket(patient.url)
    const all = untilEnd(socket)
    const request = signed(patient)
    socket.end(Buffer.concat([request, request]))
    expect((await all).match(/HTTP\/1\.1 200 /g)).toHaveLength(2)
    await isWell(patient)
  })

  test('for one side in the middle of a request are let go', async () => {
    const request = signed(patient)
    const lengths = [0, 1, 20, request.indexOf('\r\n\r\n'), request.length - 1]
    for (const length of lengths) {
      const socket = await openSocket(patient.url)
      const all = untilEnd(socket)
      socket.end(request.subarray(0, length))
      expect([length, await all]).toEqual([length, expect.not.stringMatching(/ 200 /) as string])
    }
    await isWell(patient)
  })

  test('by a reset, wherever they are', async () => {
    const request = signed(patient)
    const twice = Buffer.concat([request, request])
    for (let length = 1; length <= twice.length; length += 41) {
      const socket = await openSocket(patient.url)
      const closed = closing(socket)
      socket.write(twice.subarray(0, length), () => socket.resetAndDestroy())
      await closed
    }
    await isWell(patient)
  })
})

describe('requests that do not wait', () => {
  const COUNT = 1000

  test('are answered one after the other', async () => {
    const socket = await openSocket(patient.url)
    const all = untilEnd(socket)
    socket.end(Buffer.concat(Array.from({ length: COUNT }, () => signed(patient))))
    const text = await all
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: COUNT }, () => 'HTTP/1.1 200'))
    await isWell(patient)
  })

  test('of clients that take no answer hold nothing once they are gone', async () => {
    const flood = Buffer.concat(Array.from({ length: COUNT }, () => signed(patient)))
    const sockets = await Promise.all(Array.from({ length: 8 }, () => openSocket(patient.url)))
    for (const socket of sockets) {
      socket.pause()
      socket.write(flood)
    }
    await answers(patient)
    for (const socket of sockets) socket.resetAndDestroy()
    await isWell(patient)
  })
})
