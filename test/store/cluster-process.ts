/**
 * A process of a service that many share, seen from outside: it answers, or is gone with what it was asked.
 *
 * `ServiceProcess` is all that the clients of a cluster know of it. Here it is an engine that is asked by messages; one that
 * is reached over HTTP is in `test/server/fleet`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { OperationName } from '../../src/aws/operations.js'
import type { KmsCaller } from '../../src/kms/caller.js'
import type { Kms } from '../../src/kms/engine.js'

export interface Asked {
  readonly id: number
  readonly name: OperationName
  readonly input: unknown
  readonly caller: KmsCaller
}

export type AnyAnswer = Awaited<ReturnType<Kms['attemptNamed']>>

export interface Told {
  /** 0: it is ready. */
  readonly id: number
  readonly answer?: AnyAnswer
}

/** Of one client, to one and the same process for as long as it holds. */
export interface ServiceConnection {
  /** Undefined where it has broken before there was an answer: nobody knows what became of the request. */
  ask(name: OperationName, input: unknown, caller: KmsCaller): Promise<AnyAnswer | undefined>
  close(): void
}

export interface ServiceProcess {
  connect(): ServiceConnection
  /** In the middle of whatever it does. Answers whether another one comes into its place by itself. */
  kill(): Promise<'ended' | 'replaced'>
  /** In good order, where it knows one. */
  end(): Promise<void>
}

export interface ProcessOptions {
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
}

export async function startProcess({ program, environment }: ProcessOptions): Promise<ServiceProcess> {
  const child = fork(program, [], {
    serialization: 'advanced',
    execArgv: [],
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    const started = new ForkedProcess(child, () => resolve(started))
    void started.ended.then((complaints) => reject(new Error(`the process has ended: ${complaints}`)))
  })
}

class ForkedProcess implements ServiceProcess {
  /** With what it had to complain of. */
  readonly ended: Promise<string>
  private readonly waiting = new Map<number, (answer: AnyAnswer | undefined) => void>()
  private asked = 0
  private isOver = false

  constructor(
    private readonly child: ChildProcess,
    isReady: () => void,
  ) {
    let complaints = ''
    child.stderr?.on('data', (part: Buffer) => {
      complaints = (complaints + part.toString('utf8')).slice(-5000)
    })
    child.on('error', () => undefined)
    child.on('message', ({ id, answer }: Told) => {
      if (id === 0) isReady()
      this.waiting.get(id)?.(answer)
      this.waiting.delete(id)
    })
    this.ended = new Promise((resolve) => {
      child.once('exit', () => {
        this.isOver = true
        for (const lost of this.waiting.values()) lost(undefined)
        this.waiting.clear()
        resolve(complaints)
      })
    })
  }

  connect(): ServiceConnection {
    return { ask: (name, input, caller) => this.ask(name, input, caller), close: () => undefined }
  }

  async kill(): Promise<'ended'> {
    this.child.kill('SIGKILL')
    await this.ended
    return 'ended'
  }

  async end(): Promise<void> {
    await this.kill()
  }

  private ask(name: OperationName, input: unknown, caller: KmsCaller): Promise<AnyAnswer | undefined> {
    if (this.isOver) return Promise.resolve(undefined)
    const id = ++this.asked
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      this.child.send({ id, name, input, caller } satisfies Asked)
    })
  }
}
