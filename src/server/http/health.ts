/**
 * Whether the process lives and whether it can serve, for load balancers and for people.
 *
 * Anybody may ask, so what is asked behind is asked once for all who ask at the same time, and the answer tells no more
 * than the name of what is missing.
 *
 * Source: facts interface-notes, "Server": ready is told only by a server that is.
 */
import type { Awaitable } from '../../kms/store.js'

export interface ReadinessCheck {
  readonly name: string
  /** Why it is not ready, in a few words that anybody may read; undefined where it is. */
  check(): Awaitable<string | undefined>
}

export interface Readiness {
  readonly isReady: boolean
  /** What is missing. */
  readonly reasons: readonly string[]
}

const ANSWER_LASTS_MS = 250
const CHECK_TAKES_MS = 2000

export class Health {
  private checks: readonly ReadinessCheck[] | undefined
  private waitingFor = 'the server is starting'
  private askedAtMs = -Infinity
  private answer: Promise<Readiness> | undefined

  /** Everything is open; from now on its own checks say whether it is well. */
  opened(checks: readonly ReadinessCheck[]): void {
    this.checks = checks
  }

  /** Not ready for a reason of the process itself, until it is opened, or for ever once it drains. */
  notReady(reason: string): void {
    this.checks = undefined
    this.waitingFor = reason
  }

  readiness(): Promise<Readiness> {
    const { checks } = this
    if (checks === undefined) return Promise.resolve({ isReady: false, reasons: [this.waitingFor] })
    const nowMs = performance.now()
    if (this.answer === undefined || nowMs - this.askedAtMs > ANSWER_LASTS_MS) {
      this.askedAtMs = nowMs
      this.answer = ask(checks)
    }
    return this.answer
  }
}

async function ask(checks: readonly ReadinessCheck[]): Promise<Readiness> {
  const answers = await Promise.all(checks.map((each) => reasonOf(each)))
  const reasons = answers.filter((reason) => reason !== undefined)
  return { isReady: reasons.length === 0, reasons }
}

async function reasonOf(readiness: ReadinessCheck): Promise<string | undefined> {
  const { name } = readiness
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('it does not answer'), CHECK_TAKES_MS)
  })
  try {
    const reason = await Promise.race([readiness.check(), late])
    return reason === undefined ? undefined : `${name}: ${reason}`
  } catch {
    return `${name}: it cannot be asked`
  } finally {
    clearTimeout(timer)
  }
}
