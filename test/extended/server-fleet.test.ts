/**
 * Several processes of `keyward serve` on one store are one service: what one of them was told, all of them know, and the
 * death of one takes nothing with it that was acknowledged.
 *
 * What is promised is a bound of a hundred milliseconds for a folder, and of two seconds for a database. A machine that is
 * busy may not let a process look in time, so what is asserted is that all refuse, soon, and never change their mind.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { initRootKey } from '../../src/kms/keyring/root-key-source.js'
import { ACCOUNT, type AccessKeys } from '../server/clients/serve-process.js'
import {
  addCredentials,
  newFolder,
  removeFolder,
  revokeCredentials,
  startServing,
  type Place,
  type Serving,
} from '../server/hostile/serving.js'
import { codeOf, operation, signedBytes, userArn, WireClient } from '../server/hostile/wire.js'
import { postgresTests } from '../store/postgres-support.js'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })
const PROCESSES = 3
const SOON = { timeout: 240_000, interval: 20 }
const ROOT = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }
const BOB = {
  Effect: 'Allow',
  Principal: { AWS: userArn('bob') },
  Action: ['kms:Encrypt', 'kms:Decrypt'],
  Resource: '*',
}
const PLAIN = { Plaintext: 'aGVsbG8=' }

interface Answered {
  /** 200, or the code of the error; 0 where there was no answer. */
  readonly said: string
  readonly value: Readonly<Record<string, unknown>>
}

class Process {
  private readonly idle: WireClient[] = []

  constructor(readonly serving: Serving) {}

  async ask(keys: AccessKeys, name: string, input: object): Promise<Answered> {
    const client = this.idle.pop() ?? new WireClient(this.serving.url)
    const answer = await client.ask(signedBytes(this.serving.url, keys, operation(name, input)))
    this.idle.push(client)
    const value = answer.status === 200 && answer.body !== '' ? (JSON.parse(answer.body) as Answered['value']) : {}
    return { said: answer.status === 200 || answer.status === 0 ? String(answer.status) : codeOf(answer), value }
  }

  disconnect(): void {
    for (const client of this.idle.splice(0)) client.close()
  }
}

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

function isOneService(makePlace: (folder: string) => Place): void {
  let folder: string
  let place: Place
  const fleet: Process[] = []
  let root: AccessKeys
  let bob: AccessKeys
  let carol: AccessKeys

  beforeAll(async () => {
    folder = newFolder()
    place = makePlace(folder)
    const start = async (): Promise<Process> => new Process(await startServing(place))
    // The first one makes the store.
    fleet.push(await start())
    fleet.push(...(await Promise.all(Array.from({ length: PROCESSES - 1 }, start))))
    root = await addCredentials(place, 'root')
    bob = await addCredentials(place, 'user/bob')
    carol = await addCredentials(place, 'user/carol')
  })
  afterAll(async () => {
    for (const process of fleet) process.disconnect()
    await Promise.all(fleet.map(({ serving }) => serving.stop()))
    removeFolder(folder)
  })

  const at = (index: number): Process => fleet[index]!

  async function done(index: number, name: string, input: object): Promise<Answered['value']> {
    const { said, value } = await at(index).ask(root, name, input)
    expect([name, said]).toEqual([name, '200'])
    return value
  }

  async function newKey(index: number): Promise<string> {
    const { KeyMetadata } = await done(index, 'CreateKey', { Policy: policy(ROOT, BOB) })
    return String((KeyMetadata as { readonly KeyId?: unknown }).KeyId)
  }

  const everywhere = (keys: AccessKeys, KeyId: string): Promise<readonly string[]> =>
    Promise.all(fleet.map(async (process) => (await process.ask(keys, 'Encrypt', { KeyId, ...PLAIN })).said))

  /** Of every process; once one has said it, it says nothing else. */
  async function soon(keys: AccessKeys, KeyId: string, said: string): Promise<void> {
    const expected = fleet.map(() => said)
    const changed = new Set<number>()
    const ask = async (): Promise<readonly string[]> => {
      const answers = await everywhere(keys, KeyId)
      for (const [index, answer] of answers.entries()) {
        if (answer === said) changed.add(index)
        else expect([index, changed.has(index)]).toEqual([index, false])
      }
      return answers
    }
    await expect.poll(ask, SOON).toEqual(expected)
    for (let count = 0; count < 20; count++) expect(await ask()).toEqual(expected)
  }

  test('a disabled key is refused by every process', async () => {
    const KeyId = await newKey(0)
    await soon(bob, KeyId, '200')
    await done(0, 'DisableKey', { KeyId })
    await soon(bob, KeyId, 'DisabledException')
    await done(1, 'EnableKey', { KeyId })
    await soon(bob, KeyId, '200')
  })

  test('a policy that is another one holds in every process', async () => {
    const KeyId = await newKey(1)
    await soon(bob, KeyId, '200')
    await done(2, 'PutKeyPolicy', { KeyId, PolicyName: 'default', Policy: policy(ROOT) })
    await soon(bob, KeyId, 'AccessDeniedException')
  })

  test('a revoked grant is of no use to any process', async () => {
    const KeyId = await newKey(2)
    const { GrantId } = await done(0, 'CreateGrant', {
      KeyId,
      GranteePrincipal: userArn('carol'),
      Operations: ['Encrypt'],
    })
    await soon(carol, KeyId, '200')
    await done(1, 'RevokeGrant', { KeyId, GrantId })
    await soon(carol, KeyId, 'AccessDeniedException')
  })

  test('a revoked credential opens no process', async () => {
    const KeyId = await newKey(0)
    const keys = await addCredentials(place, 'user/bob')
    await soon(keys, KeyId, '200')
    await revokeCredentials(place, keys.accessKeyId)
    await soon(keys, KeyId, 'UnrecognizedClientException')
    await soon(bob, KeyId, '200')
  })

  test('one that is killed takes nothing with it', async () => {
    const [kept, killed] = [await newKey(0), await newKey(1)]
    await soon(bob, kept, '200')
    await soon(bob, killed, '200')
    const { CiphertextBlob } = await done(1, 'Encrypt', { KeyId: killed, ...PLAIN })
    const acknowledged = new Set<unknown>()
    let wasKilled: Promise<void> | undefined
    const LANES = 4
    const EACH = 15
    const write = async (index: number, lane: number): Promise<void> => {
      for (let number = 0; number < EACH; number++) {
        const grant = { KeyId: kept, GranteePrincipal: userArn(`g${index}-${lane}-${number}`), Operations: ['Decrypt'] }
        const { said, value } = await at(index).ask(root, 'CreateGrant', grant)
        if (said === '200') acknowledged.add(value['GrantId'])
        // Nobody has told what became of it.
        else expect([index, said]).toEqual([1, '0'])
        if (said !== '200') return
        // In the middle, with requests of its own under way.
        if (acknowledged.size >= (PROCESSES * LANES * EACH) / 3) wasKilled ??= at(1).serving.kill()
      }
    }
    const lanes = fleet.flatMap((_, index) => Array.from({ length: LANES }, (__, lane) => write(index, lane)))
    await Promise.all(lanes)
    await wasKilled
    at(1).disconnect()
    expect(acknowledged.size).toBeGreaterThanOrEqual((PROCESSES - 1) * LANES * EACH)
    fleet[1] = new Process(await startServing(place))
    for (const index of [0, 1, 2]) {
      const missing = async (): Promise<readonly unknown[]> => {
        const found = await grantsAt(index, kept)
        return [...acknowledged].filter((id) => !found.has(id))
      }
      await expect.poll(missing, SOON).toEqual([])
      const opened = await at(index).ask(bob, 'Decrypt', { CiphertextBlob })
      expect([index, opened.value['Plaintext']]).toEqual([index, PLAIN.Plaintext])
    }
    await soon(bob, kept, '200')
  })

  async function grantsAt(index: number, KeyId: string): Promise<ReadonlySet<unknown>> {
    const found = new Set<unknown>()
    let Marker: unknown
    do {
      const page = await done(index, 'ListGrants', { KeyId, Limit: 100, ...(Marker !== undefined && { Marker }) })
      for (const { GrantId } of page['Grants'] as readonly { readonly GrantId: unknown }[]) found.add(GrantId)
      Marker = page['NextMarker']
    } while (Marker !== undefined)
    return found
  }
}

describe('three processes on one folder', () => {
  isOneService((folder) => ({ folder, store: ['--store', join(folder, 'keys')] }))
})

postgresTests('three processes on one database', (server) => {
  isOneService((folder) => {
    const path = join(folder, 'root.key')
    initRootKey({ kind: 'file', path })
    return { folder, store: ['--store', server().url('fleet'), '--root-key-file', path] }
  })
})
