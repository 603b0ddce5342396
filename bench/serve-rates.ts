/**
 * What a request costs beside a bare echo and beside moto, and how long it takes at half of the peak load.
 */
import { randomBytes } from 'node:crypto'
import { percentile, rateOf, setupOf, type Rate, type Report } from './serve-figures.js'
import { whyNoMoto, startMoto } from './serve-moto.js'
import { signed, startClient, startServerProcess, type Client, type Server } from './serve-processes.js'

const REQUESTS = 512
const ROUNDS = 5
/** Until the compiler has seen it all. */
const WARM_UP = 20_000

const INPUTS = {
  Encrypt: (KeyId: string, index: number): object => ({
    KeyId,
    Plaintext: randomBytes(32).toString('base64'),
    EncryptionContext: { tenant: String(1000 + index) },
  }),
  DescribeKey: (KeyId: string): object => ({ KeyId }),
}

type Operation = keyof typeof INPUTS

function requestsFor({ made, place }: Server, operation: Operation): readonly string[] {
  const { admin, keyIds } = made!
  const inputs = Array.from({ length: REQUESTS }, (_, index) => INPUTS[operation](keyIds[0]!, index))
  return signed(place, admin, operation, inputs)
}

/** In turn, round by round, as the machine's speed changes. */
export async function besideEcho(report: Report, operation: Operation, atLeast: number): Promise<void> {
  const server = await startServerProcess(setupOf({}))
  const echo = await startServerProcess(setupOf({ kind: 'echo' }))
  const client = startClient()
  // The same bytes for both: the echo looks at no signature.
  await client.prepare(operation, requestsFor(server, operation))
  for (const each of [echo, server]) await rateOf(client, each, { id: operation, connections: 32, count: WARM_UP })
  for (const connections of [32, 64]) {
    const [echoes, rates]: [Rate[], Rate[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      echoes.push(await rateOf(client, echo, { id: operation, connections, count: 6000 }))
      rates.push(await rateOf(client, server, { id: operation, connections, count: 4000 }))
    }
    const at = `${connections} connections`
    const cpu = 'a CPU-second of the server'
    const wall = 'a second, wall'
    report.add(`echo, ${at}`, cpu, echoes.map(perCpuSecond))
    report.add(`${operation}, ${at}`, cpu, rates.map(perCpuSecond))
    const target = { text: `>= ${atLeast}`, atLeast }
    const shares = (each: (rate: Rate) => number): number[] =>
      rates.map((rate, round) => (each(rate) / each(echoes[round]!)) * 100)
    report.add(`${operation} to echo, ${at}, by processor time, round by round`, '%', shares(perCpuSecond), target)
    report.add(`echo, ${at}`, wall, echoes.map(perSecond))
    report.add(`${operation}, ${at}`, wall, rates.map(perSecond))
    report.add(`${operation} to echo, ${at}, by the clock, round by round`, '%', shares(perSecond), target)
  }
  await Promise.all([client, server, echo].map((each) => each.close()))
}

const perCpuSecond = (rate: Rate): number => rate.perCpuSecond
const perSecond = (rate: Rate): number => rate.perSecond

export async function besideMoto(report: Report): Promise<void> {
  const reason = whyNoMoto()
  if (reason !== undefined) {
    report.notes.push(`not run: ${reason}`)
    return
  }
  const [server, moto, client] = [await startServerProcess(setupOf({})), await startMoto(), startClient()]
  const keyId = await moto.createKey()
  const inputs = Array.from({ length: REQUESTS }, (_, index) => INPUTS.Encrypt(keyId, index))
  await client.prepare('keyward', requestsFor(server, 'Encrypt'))
  await client.prepare('moto', signed(moto.place, server.made!.admin, 'Encrypt', inputs))
  await rateOf(client, server, { id: 'keyward', connections: 32, count: WARM_UP })
  const [motos, rates]: [number[], number[]] = [[], []]
  for (let round = 0; round < 3; round++) {
    const { ms } = await client.run({ kind: 'closed', id: 'moto', places: [moto.place], connections: 32, count: 400 })
    motos.push((400 / ms) * 1000)
    rates.push((await rateOf(client, server, { id: 'keyward', connections: 32, count: 8000 })).perSecond)
  }
  report.add(`moto ${moto.version}`, 'a second, wall', motos)
  report.add('Encrypt', 'a second, wall', rates)
  report.add(
    'Encrypt to moto, round by round',
    'times',
    rates.map((rate, round) => rate / motos[round]!),
    { text: '>= 20', atLeast: 20 },
  )
  await Promise.all([client, server, moto].map((each) => each.close()))
}

/** In place of a ratio: what cannot be kept up is no load but a queue, whose ratio says nothing. */
const NOT_KEPT_UP = 1_000_000

const CLOSED = { id: 'Encrypt', connections: 64 }

/**
 * From the moment each request was due, so that one that has to wait for another counts as it feels. The echo at the same
 * load tells what of it is the machine's.
 */
export async function latency(report: Report): Promise<void> {
  const [server, client] = [await startServerProcess(setupOf({})), startClient()]
  const echo = await startServerProcess(setupOf({ kind: 'echo' }))
  await client.prepare('Encrypt', requestsFor(server, 'Encrypt'))
  for (const each of [echo, server]) await rateOf(client, each, { ...CLOSED, count: WARM_UP })
  const peaks: number[] = []
  const [own, echoed]: [Delays[], Delays[]] = [[], []]
  for (let round = 0; round < 4; round++) {
    const peak = (await rateOf(client, server, { ...CLOSED, count: 6000 })).perSecond
    peaks.push(peak)
    own.push(await delaysOf(client, server, peak / 2))
    echoed.push(await delaysOf(client, echo, peak / 2))
  }
  report.add('Encrypt, peak', 'a second, wall', peaks)
  report.add('Encrypt at half of it, median', 'ms wall', own.map(medianOf))
  report.add('Encrypt at half of it, p99', 'ms wall', own.map(p99Of))
  report.add('p99 to median', 'times', own.map(ratioOf), { text: '<= 5', atMost: 5 })
  report.add('echo at the same load, median', 'ms wall', echoed.map(medianOf))
  report.add('echo at the same load, p99', 'ms wall', echoed.map(p99Of))
  report.add('echo at the same load, p99 to median', 'times', echoed.map(ratioOf))
  await Promise.all([client, server, echo].map((each) => each.close()))
}

interface Delays {
  readonly median: number
  readonly p99: number
  readonly isKeptUp: boolean
}

async function delaysOf(client: Client, server: Server, perSecond: number): Promise<Delays> {
  const count = Math.ceil(perSecond * 1.2)
  const { ms, latenciesMs } = await client.run({ kind: 'open', places: [server.place], ...CLOSED, count, perSecond })
  const isKeptUp = ms < (count / perSecond) * 1000 + 50
  return { median: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99), isKeptUp }
}

const medianOf = ({ median }: Delays): number => median
const p99Of = ({ p99 }: Delays): number => p99
const ratioOf = ({ median, p99, isKeptUp }: Delays): number => (isKeptUp ? p99 / median : NOT_KEPT_UP)
