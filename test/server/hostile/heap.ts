/**
 * What a server holds after it has done everything again and again: no more than when it had done it a few times.
 *
 * Nothing in the load adds to what is stored, but for the audit, which a folder keeps out of memory.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { AccessKeys } from '../clients/serve-process.js'
import { openSocket } from '../http/test-server.js'
import { load, type Answers } from './load.js'
import { addCredentials, firstKeys, type Place, type Serving } from './serving.js'
import { closing, FORM_TYPE, operation, signedBytes, userArn, WireClient, type Unsigned } from './wire.js'

export interface HeapReport {
  readonly requests: number
  /** In bytes: once warm, and after each part of the time. */
  readonly held: readonly number[]
  readonly answers: Answers
}

export interface HeapOptions {
  readonly warmMs: number
  readonly parts: number
  readonly partMs: number
}

const CLIENTS = 12

export async function heapUnderLoad(place: Place, server: Serving, options: HeapOptions): Promise<HeapReport> {
  const { warmMs, parts, partMs } = options
  const root = firstKeys(server)
  const nobody = await addCredentials(place, 'user/nobody')
  const unsigned = await mixedRequests(server, root)
  const answers = new Map<string, number>()
  const turn = async (ms: number): Promise<void> => {
    // Signed anew, since a signature does not last as long as this may take.
    const requests = unsigned.flatMap((request) => [
      signedBytes(server.url, root, request),
      signedBytes(server.url, nobody, request),
      signedBytes(server.url, { ...root, secretAccessKey: 'x'.repeat(40) }, request),
    ])
    const broken = brokenClients(server.url, requests, ms)
    const said = await load(server.url, { clients: CLIENTS, ms, requests })
    await broken
    for (const [code, count] of said) answers.set(code, (answers.get(code) ?? 0) + count)
    await expect.poll(() => server.load(), { timeout: 60_000 }).toEqual({ connections: 0, inFlight: 0 })
  }
  const held: number[] = []
  await turn(warmMs)
  held.push((await server.memory()).held)
  for (let part = 0; part < parts; part++) {
    await turn(partMs)
    held.push((await server.memory()).held)
  }
  return { requests: [...answers.values()].reduce((sum, count) => sum + count, 0), held, answers }
}

/** The least that is held late against the least that was held early: what grows has grown in both. */
export function growth({ held }: HeapReport): number {
  const half = Math.ceil(held.length / 2)
  return Math.min(...held.slice(half)) - Math.min(...held.slice(0, half))
}

/** Connections that end in the middle, all the while. */
async function brokenClients(url: string, requests: readonly Buffer[], ms: number): Promise<void> {
  const endMs = performance.now() + ms
  for (let number = 0; performance.now() < endMs; number++) {
    const request = requests[number % requests.length]!
    const socket = await openSocket(url)
    const closed = closing(socket)
    socket.write(request.subarray(0, (number * 97) % request.length), () => socket.resetAndDestroy())
    await closed
    await pause(5)
  }
}

async function mixedRequests(server: Serving, keys: AccessKeys): Promise<readonly Unsigned[]> {
  const client = new WireClient(server.url)
  const done = async (name: string, input: object): Promise<Record<string, unknown>> => {
    const answer = await client.ask(signedBytes(server.url, keys, operation(name, input)))
    expect([name, answer.status]).toEqual([name, 200])
    return JSON.parse(answer.body) as Record<string, unknown>
  }
  const newKey = async (input: object): Promise<unknown> =>
    ((await done('CreateKey', input))['KeyMetadata'] as Record<string, unknown>)['KeyId']
  const KeyId = await newKey({})
  const signing = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const { CiphertextBlob } = await done('Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })
  client.close()
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  return [
    operation('Encrypt', { KeyId, Plaintext: 'aGVsbG8=', EncryptionContext: { a: 'b' } }),
    operation('Decrypt', { CiphertextBlob }),
    operation('Decrypt', { CiphertextBlob, EncryptionContext: { wrong: 'one' } }),
    operation('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }),
    operation('DescribeKey', { KeyId }),
    operation('ListKeys'),
    operation('Sign', { KeyId: signing, Message: 'aGVsbG8=', SigningAlgorithm: 'ECDSA_SHA_256' }),
    operation('UpdateKeyDescription', { KeyId, Description: 'another' }),
    // The same grant each time, as it has a name.
    operation('CreateGrant', { KeyId, GranteePrincipal: userArn('a'), Operations: ['Decrypt'], Name: 'one' }),
    operation('DescribeKey', { KeyId: 'alias/nothing' }),
    operation('ListKeys', '{'),
    operation('NoOperation'),
    { service: 'sts', headers: { 'Content-Type': FORM_TYPE }, body },
  ]
}
