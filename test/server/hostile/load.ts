/** Load for a server: many clients, each with a list of requests that it sends over and over. */
import { setTimeout as pause } from 'node:timers/promises'
import { codeOf, WireClient } from './wire.js'

export interface LoadOptions {
  readonly clients: number
  readonly ms: number
  /** Bytes are sent again as they are: signing must not be what is measured. */
  readonly requests: readonly Buffer[]
  /** Of every client, from the beginning of one request to that of the next one; at once after its answer, when left out. */
  readonly everyMs?: number
}

/** Answers by what they said: 200, or the code of the error. */
export type Answers = ReadonlyMap<string, number>

export async function load(url: string, { clients, ms, requests, everyMs = 0 }: LoadOptions): Promise<Answers> {
  const answers = new Map<string, number>()
  const endMs = performance.now() + ms
  const one = async (index: number): Promise<void> => {
    const client = new WireClient(url)
    for (let number = index; ; number++) {
      const startMs = performance.now()
      if (startMs >= endMs) break
      const answer = await client.ask(requests[number % requests.length]!)
      // What ends later is not a part of the time that is looked at.
      if (performance.now() > endMs) break
      const said = answer.status < 300 ? String(answer.status) : codeOf(answer)
      answers.set(said, (answers.get(said) ?? 0) + 1)
      const restMs = startMs + everyMs - performance.now()
      if (restMs > 0) await pause(restMs)
    }
    client.close()
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => one(index)))
  return answers
}
