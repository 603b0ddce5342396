/**
 * The signals that a server follows: to end in good order, to end at once, to read again, to begin anew.
 */
import type { EventEmitter } from 'node:events'
import { say } from './serve-words.js'

/** What a signal does besides telling: the process, or what a test gives in its place. */
export interface Signals {
  readonly source: EventEmitter
  /** Ends at once. */
  readonly exit: (status: number) => void
}

export const OF_PROCESS: Signals = { source: process, exit: (status) => process.exit(status) }

export interface Followed {
  /** Told that the end has begun; people are, when left out. */
  readonly onEnd?: () => void
  /** Resolves once everything has ended. */
  readonly end: () => Promise<void>
  /** Before it ends at once. */
  readonly cut?: () => void
  readonly on: Readonly<Partial<Record<'SIGHUP' | 'SIGUSR2', () => void>>>
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const
const ENDING = ['SIGINT', 'SIGTERM'] as const

/** Resolves once all has ended, with what it calls off. */
export function followSignals({ source, exit }: Signals, { end, cut, on, onEnd }: Followed): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false
    const listeners: [string, () => void][] = ENDING.map((signal) => [
      signal,
      () => {
        if (isEnding) {
          cut?.()
          exit(128 + SIGNAL_NUMBERS[signal])
          return
        }
        isEnding = true
        if (onEnd !== undefined) onEnd()
        else say(`${signal}: finishing what is under way; once more ends at once`)
        end().then(finished, reject)
      },
    ])
    listeners.push(...Object.entries(on))
    for (const [signal, listener] of listeners) source.on(signal, listener)
    const finished = (): void => {
      for (const [signal, listener] of listeners) source.off(signal, listener)
      resolve()
    }
  })
}
