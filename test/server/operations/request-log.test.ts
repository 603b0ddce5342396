/** What stands in the log, and what never does. */
import { KMS } from '@aws-sdk/client-kms'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../../src/aws/operations.js'
import { openRequestLog } from '../../../src/server/operations/request-log.js'
import { EVERY_OPERATION, methodOf } from '../../kms/every-operation.js'
import { fixture, makers } from '../../kms/sdk-fixture.js'
import { ADMIN, NOBODY, REGION, type TestKms } from '../../kms/test-kms.js'
import { operatingServer, type OperatingServer } from './operating-server.js'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-log-'))
  file = join(folder, 'keyward.log')
})
afterEach(() => rmSync(folder, { recursive: true }))

type Line = Readonly<Record<string, unknown>>

/** Everything written so far: closing writes the rest. */
async function lines({ operations }: Pick<OperatingServer, 'operations'>): Promise<readonly Line[]> {
  await operations.close()
  return linesOf(file)
}

function linesOf(path: string): readonly Line[] {
  const text = readFileSync(path, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const withLog = (level: 'info' | 'warn' = 'info') => operatingServer({ wantsMetrics: false, log: { level, file } })

describe('a line for each request', () => {
  test('says who asked for what, with which key, and what came of it', async () => {
    const server = await withLog()
    const made = await server.post('CreateKey')
    const { Arn } = (made.json as { KeyMetadata: { Arn: string } }).KeyMetadata
    const nobody = { authorization: `Fake ${NOBODY.principal} ${REGION} kms`, 'user-agent': 'tests/1' }
    const denied = await server.post('DescribeKey', { KeyId: Arn }, nobody)
    const broken = await server.post('DescribeKey', '{', { authorization: 'Fake !no' })
    const [first, second, third] = await lines(server)
    const always = { sourceIp: '127.0.0.1', service: 'kms', message: 'request', pid: process.pid }
    expect(first).toMatchObject({
      ...always,
      level: 'info',
      requestId: made.headers.get('x-amzn-requestid'),
      operation: 'CreateKey',
      principal: ADMIN.principal,
      accessKeyId: 'AKIAFAKE',
      region: REGION,
      keyArn: Arn,
      status: 200,
      outcome: 'answered',
      bytesIn: 2,
      bytesOut: made.text.length,
    })
    expect(first?.['durationMs']).toEqual(expect.any(Number))
    expect(second).toMatchObject({
      ...always,
      level: 'warn',
      requestId: denied.headers.get('x-amzn-requestid'),
      operation: 'DescribeKey',
      principal: NOBODY.principal,
      status: 400,
      code: 'AccessDeniedException',
      denied: { layer: 'identity', cause: expect.stringMatching(/^[a-z-]+$/) as string, refused: true },
      userAgent: 'tests/1',
    })
    expect(third).toMatchObject({
      ...always,
      level: 'warn',
      requestId: broken.headers.get('x-amzn-requestid'),
      code: 'InvalidSignatureException',
      outcome: 'refused',
    })
    expect(third).not.toHaveProperty('principal')
  })

  test('of level warn only where somebody was refused', async () => {
    const server = await withLog('warn')
    await server.post('ListKeys')
    await server.post('ListKeys', {}, { authorization: `Fake ${NOBODY.principal} ${REGION} kms` })
    expect((await lines(server)).map(({ code }) => code)).toEqual(['AccessDeniedException'])
  })

  test('hostile text is text in it', async () => {
    const server = await withLog()
    const principal = `${ADMIN.principal}"},{"level":"error"`
    // What a header can carry; line ends cannot come in one.
    const agent = 'x","level":"error","message":"forged\t\u00e9'
    await server.post('ListKeys', {}, { authorization: `Fake ${principal} ${REGION} kms`, 'user-agent': agent })
    const all = await lines(server)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ message: 'request', principal, userAgent: agent })
    expect(all[0]?.['level']).not.toBe('error')
  })

  test('a long user agent is cut', async () => {
    const server = await withLog()
    await server.post('ListKeys', {}, { 'user-agent': 'u'.repeat(5000) })
    expect((await lines(server))[0]?.['userAgent']).toHaveLength(300)
  })
})

/** Bytes and texts anywhere in a value that nobody but its owner should read. */
function secretsIn(value: unknown, found: Buffer[] = [], name = ''): Buffer[] {
  if (value instanceof Uint8Array) found.push(Buffer.from(value))
  else if (typeof value === 'string') {
    if (/Token|Password|Secret|Marker/.test(name)) found.push(Buffer.from(value))
  } else if (Array.isArray(value)) for (const each of value) secretsIn(each, found, name)
  else if (typeof value === 'object' && value !== null) {
    for (const [member, each] of Object.entries(value)) secretsIn(each, found, member)
  }
  return found
}

const SHORTEST_SECRET = 6
const BEARS_SECRETS: readonly OperationName[] = [
  'Decrypt',
  'GenerateDataKey',
  'ImportKeyMaterial',
  'CreateGrant',
  'Sign',
]

describe('no bytes and no tokens of any request or answer stand in the log', () => {
  test.each(Object.keys(API_OPERATIONS) as OperationName[])('%s', async (name) => {
    const secrets: Buffer[] = []
    const spied = async (parts: Parameters<typeof fixture>[0]): Promise<TestKms> => {
      const t = await fixture(parts)
      const { kms } = t
      const attempt: typeof kms.attempt = async (operation, input, caller) => {
        secretsIn(input, secrets)
        const answer = await kms.attempt(operation, input, caller)
        if (answer.ok) secretsIn(answer.value, secrets)
        return answer
      }
      const spy = { attempt, close: () => kms.close(), tick: () => kms.tick() }
      return { ...t, kms: Object.assign(Object.create(kms) as typeof kms, spy) }
    }
    const server = await operatingServer({ wantsMetrics: false, log: { level: 'debug', file } }, spied)
    const sdk = new KMS({
      endpoint: server.url,
      region: REGION,
      credentials: { accessKeyId: 'AKIAFAKE', secretAccessKey: 'none' },
      maxAttempts: 1,
      signer: {
        sign: (request) => {
          Object.assign(request.headers, { authorization: `Fake ${ADMIN.principal} ${REGION} kms` })
          return Promise.resolve(request)
        },
      },
    })
    onTestFinished(() => sdk.destroy())
    const [prepare] = EVERY_OPERATION[name]
    await methodOf(sdk, name)(await prepare({ ...makers(sdk), clock: server.clock }))
    expect((await lines(server)).at(-1)).toMatchObject({ operation: name, status: 200 })
    if (BEARS_SECRETS.includes(name)) expect(secrets).not.toEqual([])
    const log = readFileSync(file, 'latin1')
    for (const secret of secrets.filter(({ length }) => length >= SHORTEST_SECRET)) {
      for (const form of ['latin1', 'base64', 'base64url', 'hex'] as const) {
        expect(log.includes(secret.toString(form)), `${form} of ${secret.toString('hex')}`).toBe(false)
      }
    }
  })
})

describe('the file', () => {
  test('is closed to others, is gone on with, and begins anew after it was moved away', async () => {
    const log = await openRequestLog({ file })
    log.event('info', 'one')
    await expect.poll(() => linesOf(file).length).toBe(1)
    expect(statSync(file).mode & 0o007).toBe(0)
    renameSync(file, `${file}.1`)
    log.reopen()
    await expect.poll(() => existsSync(file)).toBe(true)
    log.event('warn', 'two')
    await log.close()
    expect(linesOf(file)).toMatchObject([{ level: 'warn', message: 'two' }])
    expect(linesOf(`${file}.1`)).toMatchObject([{ level: 'info', message: 'one' }])
  })

  test('that cannot be written is told before anything begins', async () => {
    await expect(openRequestLog({ file: join(folder, 'none', 'x.log') })).rejects.toThrow(
      /the log cannot be written to/,
    )
  })
})
