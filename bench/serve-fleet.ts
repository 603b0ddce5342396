/**
 * Servers on stores that outlive them: grants beside bare batched writes, a second process for a second core, and how soon
 * a changed policy counts in every process.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { startPostgres, whyNoServer } from '../test/store/postgres-server.js'
import { percentile, rateOf, setupOf, type Report } from './serve-figures.js'
import type { Made, Place, StoreSetup } from './serve-messages.js'
import { signed, startClient, startServerProcess, type Server } from './serve-processes.js'

const ACCOUNT = '111122223333'
const OTHER = `arn:aws:iam::${ACCOUNT}:user/other`

/** As durable as PostgreSQL is by itself. */
const DURABLE = { settings: ['fsync = on', 'full_page_writes = on', 'shared_buffers = 128MB'] }

// -------------------------------------------------------------------------------------------------------------- grants

export async function grantsOnSqlite(report: Report, folder: string): Promise<void> {
  await grants(report, (kind) => ({ kind: 'sqlite', folder: join(folder, kind) }))
}

export async function grantsOnPostgres(report: Report): Promise<void> {
  await withPostgres(report, async (url) => {
    await grants(report, (kind) => ({ kind: 'postgres', url, schema: kind, hints: true }))
  })
}

const KEYS = 64

async function grants(report: Report, storeOf: (kind: 'keyward' | 'bare') => StoreSetup): Promise<void> {
  const client = startClient()
  const start = async (kind: 'keyward' | 'bare'): Promise<Server> => {
    const keys = [{ count: KEYS, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' }] as const
    const server = await startServerProcess(setupOf({ kind, store: storeOf(kind), keys }))
    const { admin, keyIds } = server.made!
    const inputs = Array.from({ length: 512 }, (_, index) => ({
      KeyId: keyIds[index % KEYS],
      GranteePrincipal: `arn:aws:iam::${ACCOUNT}:role/r${index}`,
      Operations: ['Encrypt', 'Decrypt'],
    }))
    await client.prepare(kind, signed(server.place, admin, 'CreateGrant', inputs))
    await rateOf(client, server, { id: kind, connections: 32, count: 3000 })
    return server
  }
  const [server, bare] = [await start('keyward'), await start('bare')]
  for (const connections of [32, 64]) {
    const [rates, bares]: [number[], number[]] = [[], []]
    for (let round = 0; round < 3; round++) {
      bares.push((await rateOf(client, bare, { id: 'bare', connections, count: 1500 })).perSecond)
      rates.push((await rateOf(client, server, { id: 'keyward', connections, count: 1500 })).perSecond)
    }
    const at = `${connections} connections`
    report.add(`bare batched write, ${at}`, 'a second, wall', bares)
    report.add(`CreateGrant, ${at}`, 'a second, wall', rates)
    const shares = rates.map((rate, round) => (rate / bares[round]!) * 100)
    report.add(`CreateGrant to the bare write, ${at}, round by round`, '%', shares, { text: '>= 50', atLeast: 50 })
  }
  await Promise.all([client, server, bare].map((each) => each.close()))
}

// ---------------------------------------------------------------------------------------------------------------- sign

/** Each process may use one core alone; the client has what is left. */
export async function signOnCores(report: Report, folder: string): Promise<void> {
  const setup = setupOf({
    store: { kind: 'sqlite', folder: join(folder, 'sign') },
    keys: [{ count: 1, KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }],
  })
  const [first, second] = [await startServerProcess(setup, 0), await startServerProcess(setup, 1)]
  const client = startClient()
  const { admin, keyIds } = first.made!
  const inputs = Array.from({ length: 256 }, () => ({
    KeyId: keyIds[0]!,
    Message: randomBytes(64).toString('base64'),
    SigningAlgorithm: 'RSASSA_PSS_SHA_256',
  }))
  // A client signs for the host that it asks, and the two differ in it.
  for (const each of [first, second]) {
    await client.prepare(`sign ${each.place.port}`, signed(each.place, admin, 'Sign', inputs))
  }
  const rate = async (servers: readonly Server[], count: number): Promise<number> => {
    const places = servers.map(({ place }) => place)
    const { ms } = await client.run({ kind: 'closed', id: 'sign', places, connections: 32, count })
    return (count / ms) * 1000
  }
  await rate([first, second], 1000)
  const [ones, twos, ratios]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < 4; round++) {
    const one = await rate([first], 800)
    const two = await rate([first, second], 1600)
    ones.push(one)
    twos.push(two)
    ratios.push(two / one)
  }
  report.add('Sign with RSA-2048, one process on one core', 'a second, wall', ones)
  report.add('Sign with RSA-2048, two processes on two cores', 'a second, wall', twos)
  report.add('two to one, round by round', 'times', ratios, { text: '>= 1.6', atLeast: 1.6 })
  await Promise.all([client, first, second].map((each) => each.close()))
}

// ------------------------------------------------------------------------------------------------------------- visible

const PROCESSES = 4
const BETWEEN_PROBES_MS = 2

export async function policyVisible(report: Report): Promise<void> {
  await withPostgres(report, async (url) => {
    await visible(report, { kind: 'postgres', url, schema: 'listen', hints: true }, 'with LISTEN', 150, 50)
    await visible(report, { kind: 'postgres', url, schema: 'poll', hints: false }, 'polling', 30, 300)
  })
}

/** From the acknowledgement of the change to the first answer of the last process that follows it. */
async function visible(report: Report, store: StoreSetup, how: string, changes: number, atMost: number): Promise<void> {
  const setup = setupOf({ store, audit: false })
  const servers = [await startServerProcess(setup)]
  const { made } = servers[0]!
  while (servers.length < PROCESSES) servers.push(await startServerProcess(setup))
  const lines = servers.map((server) => new Line(server.place, probeOf(server.place, made!)))
  const writer = new Line(servers[0]!.place, '')
  const [allowing, refusing] = [true, false].map((isAllowed) => putOf(servers[0]!.place, made!, isAllowed))
  const times: number[] = []
  for (let change = -4; change < changes; change++) {
    const isAllowed = change % 2 === 0
    const status = await writer.ask(isAllowed ? allowing : refusing)
    if (status !== 200) throw new Error(`the policy was not put: ${status}`)
    const startedAtMs = performance.now()
    const ended = await Promise.all(lines.map((line) => line.until(isAllowed ? 200 : 400)))
    // The first ones only wake everybody.
    if (change >= 0) times.push(Math.max(...ended) - startedAtMs)
  }
  times.sort((left, right) => left - right)
  const label = `a changed policy counts in all of ${PROCESSES} processes, ${how}`
  report.add(`${label}: ${changes} changes`, 'ms wall', times)
  report.add(`${label}: p99`, 'ms wall', [percentile(times, 0.99)], { text: `<= ${atMost}`, atMost })
  for (const line of [writer, ...lines]) line.close()
  await Promise.all(servers.map((each) => each.close()))
}

function probeOf(place: Place, { other, keyIds }: Made): string {
  return signed(place, other, 'DescribeKey', [{ KeyId: keyIds[0]! }])[0]!
}

function putOf(place: Place, { admin, keyIds }: Made, isAllowed: boolean): string {
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }
  const statement = { Effect: 'Allow', Principal: { AWS: OTHER }, Action: 'kms:DescribeKey', Resource: '*' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: isAllowed ? [root, statement] : [root] })
  return signed(place, admin, 'PutKeyPolicy', [{ KeyId: keyIds[0]!, PolicyName: 'default', Policy }])[0]!
}

/** One connection with one request at a time, which says the status of its answer. */
class Line {
  private readonly socket: Socket

  constructor(
    place: Place,
    private readonly request: string,
  ) {
    this.socket = connect({ ...place, noDelay: true })
  }

  ask(request = this.request): Promise<number> {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject)
      // Such an answer is small and comes whole.
      this.socket.once('data', (bytes) => {
        this.socket.off('error', reject)
        resolve(Number(bytes.toString('latin1', 9, 12)))
      })
      this.socket.write(request)
    })
  }

  /** When an answer had this status. */
  async until(status: number): Promise<number> {
    while ((await this.ask()) !== status) {
      await new Promise((resolve) => {
        setTimeout(resolve, BETWEEN_PROBES_MS)
      })
    }
    return performance.now()
  }

  close(): void {
    this.socket.destroy()
  }
}

async function withPostgres(report: Report, work: (url: string) => Promise<void>): Promise<void> {
  const reason = whyNoServer()
  if (reason !== undefined) {
    report.notes.push(`not run: ${reason}`)
    return
  }
  const server = await startPostgres(DURABLE)
  try {
    report.notes.push(server.version)
    await work(server.url())
  } finally {
    await server.close()
  }
}
