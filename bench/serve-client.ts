/**
 * The client of the server benchmarks, in a process of its own: sockets that stay open and requests that were signed
 * before, so that most of a core is left to the server. It looks at the status of every answer and at its length.
 */
import { connect, type Socket } from 'node:net'
import type { ClientAnswer, ClientTask, Place } from './serve-messages.js'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const LENGTH = /\r\ncontent-length: (\d+)/i
const CLOSES = /\r\nconnection: close/i
const STATUS_AT = 9
const SUCCESS = 0x32
const READ_SIZE = 65_536
/** What takes longer has failed: nobody is left with a client that goes on and on. */
const LONGEST_MS = 60_000

const requests = new Map<string, readonly Buffer[]>()

/** One request at a time. */
class Connection {
  private socket: Socket | undefined
  private missing = 0
  private isHead = true
  /** Some servers close after every answer; the first one tells. */
  private isKept: boolean | undefined
  private readonly bytes = Buffer.allocUnsafe(READ_SIZE)

  constructor(
    private readonly place: Place,
    private readonly texts: readonly Buffer[],
    private readonly onAnswer: (connection: Connection) => void,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Of an open loop: when the request under way was due. */
  dueAtMs = 0

  open(): Promise<void> {
    return new Promise((resolve) => {
      this.socket = connect({
        ...this.place,
        noDelay: true,
        onread: { buffer: this.bytes, callback: (size) => this.read(size) },
      })
      this.socket.once('connect', () => resolve())
      this.socket.on('error', this.onFailure)
    })
  }

  send(number: number): void {
    const request = this.texts[number % this.texts.length]!
    if (this.isKept !== false) this.socket?.write(request)
    else {
      this.socket?.destroy()
      void this.open().then(() => this.socket?.write(request))
    }
  }

  close(): void {
    this.socket?.destroy()
  }

  private read(size: number): boolean {
    if (this.isHead) {
      const head = this.bytes.subarray(0, size)
      const end = head.indexOf(END_OF_HEAD)
      const length = LENGTH.exec(head.toString('latin1', 0, Math.max(0, end)))?.[1]
      if (head[STATUS_AT] !== SUCCESS || length === undefined) {
        this.onFailure(new Error(`an answer that was not expected: ${head.toString('latin1')}`))
        return false
      }
      this.isKept ??= !CLOSES.test(head.toString('latin1', 0, end))
      this.missing = Number(length) - (size - end - END_OF_HEAD.length)
    } else this.missing -= size
    this.isHead = this.missing <= 0
    if (this.isHead) this.onAnswer(this)
    return true
  }
}

function run(task: Exclude<ClientTask, { kind: 'requests' }>): Promise<ClientAnswer> {
  return task.kind === 'closed' ? closed(task) : open(task)
}

/** Requests are signed for one host: where there are several, each has its own. */
function textsOf(id: string, { port }: Place): readonly Buffer[] {
  const texts = requests.get(id) ?? requests.get(`${id} ${port}`)
  if (texts === undefined) throw new Error(`no requests are called ${id}`)
  return texts
}

async function closed(task: ClientTask & { kind: 'closed' }): Promise<ClientAnswer> {
  let sent = 0
  let left = task.count
  let done: (answer: ClientAnswer) => void
  let fail: (error: Error) => void
  const answer = new Promise<ClientAnswer>((resolve, reject) => {
    done = resolve
    fail = reject
  })
  let startedAtMs = 0
  const next = (connection: Connection): void => {
    if (sent < task.count) connection.send(sent++)
  }
  const onAnswer = (connection: Connection): void => {
    if (--left === 0) done({ ms: performance.now() - startedAtMs, latenciesMs: [] })
    else next(connection)
  }
  const connections = connectionsOf(task, onAnswer, (error) => fail(error))
  await Promise.all(connections.map((each) => each.open()))
  startedAtMs = performance.now()
  for (const each of connections) next(each)
  return answer.finally(() => connections.forEach((each) => each.close()))
}

/**
 * Sends by the clock, every millisecond what is due by then, as clients that pace themselves do. One that looked at the
 * clock all the time would keep a whole core busy, of which the server has none too many.
 */
async function open(task: ClientTask & { kind: 'open' }): Promise<ClientAnswer> {
  const { count, perSecond } = task
  const latenciesMs = new Float64Array(count)
  let sent = 0
  let answered = 0
  let isOver = false
  let done: (answer: ClientAnswer) => void
  let fail: (error: Error) => void
  const answer = new Promise<ClientAnswer>((resolve, reject) => {
    done = resolve
    fail = reject
  }).finally(() => {
    isOver = true
  })
  const free: Connection[] = []
  const onAnswer = (connection: Connection): void => {
    const nowMs = performance.now()
    latenciesMs[answered++] = nowMs - connection.dueAtMs
    free.push(connection)
    if (answered === count) done({ ms: nowMs - startedAtMs, latenciesMs: Array.from(latenciesMs.toSorted()) })
  }
  const connections = connectionsOf(task, onAnswer, (error) => fail(error))
  await Promise.all(connections.map((each) => each.open()))
  free.push(...connections)
  const startedAtMs = performance.now()
  const sendDue = (): void => {
    const nowMs = performance.now()
    while (sent < count) {
      const dueAtMs = startedAtMs + (sent / perSecond) * 1000
      const connection = dueAtMs <= nowMs ? free.shift() : undefined
      if (connection === undefined) break
      connection.dueAtMs = dueAtMs
      connection.send(sent++)
    }
    if (sent < count && !isOver) setTimeout(sendDue, 1)
  }
  sendDue()
  return answer.finally(() => connections.forEach((each) => each.close()))
}

function connectionsOf(
  { id, places, connections }: Exclude<ClientTask, { kind: 'requests' }>,
  onAnswer: (connection: Connection) => void,
  onFailure: (error: Error) => void,
): readonly Connection[] {
  return Array.from({ length: connections }, (_, index) => {
    const place = places[index % places.length]!
    return new Connection(place, textsOf(id, place), onAnswer, onFailure)
  })
}

process.on('message', (task: ClientTask) => {
  if (task.kind === 'requests') {
    requests.set(
      task.id,
      task.texts.map((text) => Buffer.from(text, 'latin1')),
    )
    process.send?.({})
    return
  }
  const timer = setTimeout(() => process.exit(1), LONGEST_MS)
  run(task)
    .then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    )
    .finally(() => clearTimeout(timer))
})
process.on('disconnect', () => process.exit(0))
