/**
 * The program of a worker thread: does slow jobs, one after the other.
 *
 * Secrets arrive transferred, are released when the job is done, and leave transferred, so nothing of them stays here.
 * Started by `slow.ts` and by nobody else.
 */

import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { CryptoError } from './crypto-error.js'
import { SecretPool } from './secret.js'
import { doSlowJob, mapBuffers, type SlowJob } from './slow-job.js'

/** What comes back from a thread. Buffers arrive as plain byte arrays with memory of their own. */
export type SlowReply =
  | { readonly kind: 'done'; readonly secret?: Uint8Array; readonly bytes?: Uint8Array }
  | { readonly kind: 'refused'; readonly error: CryptoError }
  /** A bug of ours; only what sort of error it was, for its message may quote an input. */
  | { readonly kind: 'threw'; readonly name: string }

const secrets = new SecretPool()

// On Linux this is the thread's own priority: whoever answers requests goes first. Elsewhere it would be the process's.
if (process.platform === 'linux') {
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // A sandbox may forbid it; then they share.
  }
}

// Only `slow.ts` sends, and it sends jobs.
parentPort?.on('message', (job: SlowJob) => {
  const transfer: ArrayBuffer[] = []
  parentPort?.postMessage(replyTo(job, transfer), transfer)
})

function replyTo(job: SlowJob, transfer: ArrayBuffer[]): SlowReply {
  try {
    const done = doSlowJob(
      mapBuffers(job, asBuffer, (secret) => secrets.adopt(asBuffer(secret))),
      secrets,
    )
    if (!done.ok) return { kind: 'refused', error: done.error }
    const { secret, bytes } = done.value
    if (secret !== undefined) transfer.push(secrets.surrender(secret))
    return { kind: 'done', ...(secret && { secret }), ...(bytes && { bytes: ownMemory(bytes, transfer) }) }
  } catch (error) {
    return { kind: 'threw', name: error instanceof Error ? error.name : typeof error }
  }
}

/** A buffer loses its class on the way between threads. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function ownMemory(bytes: Buffer, transfer: ArrayBuffer[]): Uint8Array {
  const copy = new Uint8Array(bytes)
  transfer.push(copy.buffer)
  return copy
}
