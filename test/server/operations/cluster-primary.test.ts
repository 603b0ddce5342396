/** The first process of a cluster, with processes that are none and a clock that stands until it is moved. */
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isMessage, type FromPrimary, type FromWorker } from '../../../src/server/operations/cluster-messages.js'
import { ClusterMetrics } from '../../../src/server/operations/cluster-metrics.js'
import { Cluster, type WorkerProcess } from '../../../src/server/operations/cluster-primary.js'
import { joinCluster, type WorkerChannel } from '../../../src/server/operations/cluster-worker.js'
import { createMetrics } from '../../../src/server/operations/metrics.js'
import { readMetrics } from './operating-server.js'

class FakeProcess extends EventEmitter implements WorkerProcess {
  readonly got: FromPrimary[] = []

  constructor(readonly id: number) {
    super()
  }

  send(message: FromPrimary): void {
    this.got.push(message)
  }

  kill(signal: string): void {
    this.end(null, signal)
  }

  tells(message: FromWorker): void {
    this.emit('message', message)
  }

  serves(): void {
    this.tells({ keyward: 'ready', urls: ['http://127.0.0.1:8155'] })
  }

  end(code: number | null, signal: string | null = null): void {
    this.emit('exit', code, signal)
  }

  /** Whether it was asked to end. */
  get isLeaving(): boolean {
    return this.got.some((message) => message.keyward === 'signal' && message.signal === 'SIGTERM')
  }
}

function clusterOf(processes: number, metrics?: ClusterMetrics) {
  const told: string[] = []
  const all: FakeProcess[] = []
  const warnings: string[] = []
  const later: { readonly call: () => void; readonly ms: number; isCancelled: boolean }[] = []
  const clock = { nowMs: 0 }
  const cluster = new Cluster({
    processes,
    metrics,
    fork: () => {
      const made = new FakeProcess(all.length + 1)
      all.push(made)
      return made
    },
    onWarning: (message) => void warnings.push(message),
    onTold: (kind, message) => void told.push(`${kind}: ${message}`),
    nowMs: () => clock.nowMs,
    later: (call, ms) => {
      const one = { call, ms, isCancelled: false }
      later.push(one)
      return () => {
        one.isCancelled = true
      }
    },
  })
  const started = async (): Promise<void> => {
    const starting = cluster.start()
    for (const each of all) each.serves()
    expect(await starting).toBe(true)
  }
  return { cluster, all, warnings, told, later, clock, started }
}

/** Until everything that waits for nothing else has happened. */
const settled = (): Promise<void> => setImmediate()

describe('starting', () => {
  test('is done when all serve', async () => {
    const { cluster, all } = clusterOf(2)
    const starting = cluster.start()
    expect(all).toHaveLength(2)
    all[0]?.serves()
    all[1]?.serves()
    expect(await starting).toBe(true)
    expect(cluster.urls).toEqual(['http://127.0.0.1:8155'])
  })

  test('ends all where one cannot start', async () => {
    const { cluster, all } = clusterOf(2)
    const starting = cluster.start()
    all[0]?.serves()
    all[1]?.end(2)
    await settled()
    expect(all[0]?.isLeaving).toBe(true)
    all[0]?.end(0)
    expect(await starting).toBe(false)
    expect(all).toHaveLength(2)
  })
})

test('what several processes say is told once, and what one says again is told again', () => {
  const { cluster, all, told, clock } = clusterOf(3)
  void cluster.start()
  const say = (index: number, message: string): void => all[index]?.tells({ keyward: 'told', kind: 'warning', message })
  for (const index of [0, 1, 2]) say(index, 'the certificate has expired')
  say(1, 'the disk is full')
  expect(told).toEqual(['warning: the certificate has expired', 'warning: the disk is full'])
  say(1, 'the disk is full')
  expect(told).toHaveLength(3)
  clock.nowMs += 60_001
  for (const index of [2, 0]) say(index, 'the certificate has expired')
  expect(told).toHaveLength(4)
})

describe('a process that ends by itself', () => {
  test('is started again after longer and longer pauses, and quickly again once one has lived', async () => {
    const { all, warnings, later, clock, started } = clusterOf(1)
    await started()
    const pauses: number[] = []
    const endAfter = (ms: number): void => {
      clock.nowMs += ms
      all.at(-1)?.serves()
      all.at(-1)?.end(null, 'SIGKILL')
      const { call, ms: pause } = later.at(-1)!
      pauses.push(pause)
      call()
    }
    for (let count = 0; count < 9; count++) endAfter(10)
    endAfter(60_000)
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 100])
    expect(all).toHaveLength(11)
    expect(warnings[0]).toBe('a process has ended by itself (SIGKILL); another one is started in 100 ms')
  })

  test('is not started again while all end', async () => {
    const { cluster, all, later, started } = clusterOf(2)
    await started()
    all[0]?.end(1)
    const closing = cluster.close()
    expect(later.map(({ isCancelled }) => isCancelled)).toEqual([true])
    all[1]?.end(0)
    await closing
    expect(all).toHaveLength(2)
  })
})

describe('ending', () => {
  test('waits for all, and cuts off what is asked a second time', async () => {
    const { cluster, all, started } = clusterOf(2)
    await started()
    const closing = cluster.close()
    expect(all.map(({ isLeaving }) => isLeaving)).toEqual([true, true])
    all[0]?.end(0)
    await cluster.close({ now: true })
    await closing
  })

  test('SIGHUP goes to all', async () => {
    const { cluster, all, started } = clusterOf(2)
    await started()
    cluster.reload()
    expect(all.map(({ got }) => got)).toEqual(Array(2).fill([{ keyward: 'signal', signal: 'SIGHUP' }]))
  })
})

describe('replacing all', () => {
  test('starts each before the one in its place is asked to end', async () => {
    const { cluster, all, started } = clusterOf(2)
    await started()
    const restarting = cluster.restartAll()
    expect(all).toHaveLength(3)
    expect(all.some(({ isLeaving }) => isLeaving)).toBe(false)
    all[2]?.serves()
    await settled()
    expect(all.map(({ isLeaving }) => isLeaving)).toEqual([true, false, false])
    all[0]?.end(0)
    await settled()
    all[3]?.serves()
    await settled()
    expect(all.map(({ isLeaving }) => isLeaving)).toEqual([true, true, false, false])
    all[1]?.end(0)
    expect(await restarting).toBe(true)
    expect(all).toHaveLength(4)
  })

  test('stops where a new one cannot start', async () => {
    const { cluster, all, later, started } = clusterOf(2)
    await started()
    const restarting = cluster.restartAll()
    all[2]?.end(2)
    expect(await restarting).toBe(false)
    expect(all.some(({ isLeaving }) => isLeaving)).toBe(false)
    expect(later).toEqual([])
  })

  test('twice at once is once', async () => {
    const { cluster, all, started } = clusterOf(1)
    await started()
    const both = [cluster.restartAll(), cluster.restartAll()]
    all[1]?.serves()
    await settled()
    all[0]?.end(0)
    expect(await Promise.all(both)).toEqual([true, true])
    expect(all).toHaveLength(2)
  })
})

describe('metrics', () => {
  const requests = 'keyward_requests_total{service="kms",operation="Sign",code="ok"}'

  async function countedValues(count: number) {
    const metrics = await createMetrics()
    for (let each = 0; each < count; each++) {
      metrics.requestEnded({
        service: 'kms',
        operation: 'Sign',
        status: 200,
        requestId: 'r',
        durationMs: 1,
        bytesIn: 0,
        bytesOut: 0,
        outcome: 'answered',
      })
    }
    return metrics.values()
  }

  test('are asked of all, and one that ends or does not answer holds nobody up', async () => {
    const metrics = await ClusterMetrics.load()
    const { cluster, all, later, started } = clusterOf(3, metrics)
    await started()
    const values = await countedValues(5)
    const text = metrics.source(() => cluster.askMetrics()).text()
    const asked = all[0]?.got.at(-1)
    expect(asked).toMatchObject({ keyward: 'metrics' })
    const id = asked?.keyward === 'metrics' ? asked.id : -1
    all[0]?.tells({ keyward: 'metrics', id, values })
    all[1]?.end(1)
    later[0]?.call()
    await settled()
    // The limit of the time, in place of the third.
    later.at(-1)?.call()
    for (const each of later) if (!each.isCancelled) each.call()
    expect(readMetrics(await text).get(requests)).toBe(5)
  })

  test('of the end are counted', async () => {
    const metrics = await ClusterMetrics.load()
    const { cluster, all, started } = clusterOf(1, metrics)
    await started()
    all[0]?.tells({ keyward: 'metrics', values: await countedValues(2) })
    all[0]?.end(0)
    await settled()
    expect(readMetrics(await metrics.source(() => cluster.askMetrics()).text()).get(requests)).toBe(2)
  })
})

describe('one of the others', () => {
  class FakeChannel extends EventEmitter implements WorkerChannel {
    readonly sent: FromWorker[] = []

    send(message: FromWorker, _handle: undefined, _options: undefined, sent: () => void): boolean {
      this.sent.push(message)
      sent()
      return true
    }
  }

  test('follows what the first process says, and no signal of a terminal', () => {
    const channel = new FakeChannel()
    const { signals } = joinCluster(channel)
    const got: string[] = []
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) signals.on(signal, () => void got.push(signal))
    channel.emit('SIGINT')
    channel.emit('SIGHUP')
    expect(got).toEqual([])
    channel.emit('message', { keyward: 'signal', signal: 'SIGHUP' })
    channel.emit('message', { other: 'message' })
    channel.emit('message', null)
    expect(got).toEqual(['SIGHUP'])
    channel.emit('SIGTERM')
    expect(got).toEqual(['SIGHUP', 'SIGTERM'])
  })

  test('tells where it serves, and its metrics when it is asked and when it ends', async () => {
    const channel = new FakeChannel()
    const link = joinCluster(channel)
    link.ready(['http://127.0.0.1:1'])
    link.answerMetrics(() => Promise.resolve([]))
    channel.emit('message', { keyward: 'metrics', id: 7 })
    await settled()
    await link.tell('notice', 'world `acme`')
    await link.leave([])
    expect(channel.sent).toEqual([
      { keyward: 'ready', urls: ['http://127.0.0.1:1'] },
      { keyward: 'metrics', id: 7, values: [] },
      { keyward: 'told', kind: 'notice', message: 'world `acme`' },
      { keyward: 'metrics', values: [] },
    ])
    expect(channel.sent.every((message) => isMessage(message))).toBe(true)
  })

  test('whose first process is gone tells nobody', async () => {
    const link = joinCluster({ on: () => undefined })
    await expect(link.leave([])).resolves.toBeUndefined()
  })
})
