/**
 * The program of a thread that talks to the tokens of one library: one job after the other, for as long as each takes.
 *
 * Secrets arrive transferred and are wiped, and leave transferred, so nothing of them stays here but what the library and
 * its binding keep. Started by `token-thread.ts` and by nobody else.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { TokenJob, TokenReply, TokenThreadData } from './token-job.js'
import { TokenLibrary } from './token.js'

// Only `token-thread.ts` starts this.
const library = new TokenLibrary(workerData as TokenThreadData)

parentPort?.on('message', (message: TokenJob | 'close') => {
  if (message === 'close') {
    library.close()
    parentPort?.close()
    return
  }
  const transfer: ArrayBuffer[] = []
  parentPort?.postMessage(replyTo(message, transfer), transfer)
})

function replyTo(job: TokenJob, transfer: ArrayBuffer[]): TokenReply {
  try {
    const answer = library.do(job)
    if (!answer.ok) return { kind: 'failed', failure: answer.error }
    const { secret, bytes } = answer.value
    if (secret?.buffer instanceof ArrayBuffer) transfer.push(secret.buffer)
    return { kind: 'done', ...(secret && { secret }), ...(bytes && { bytes: Uint8Array.from(bytes) }) }
  } catch (error) {
    return { kind: 'threw', name: error instanceof Error ? error.name : typeof error }
  } finally {
    if (job.kind === 'seal') job.plaintext.fill(0)
  }
}
