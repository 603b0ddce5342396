/**
 * The thread that writes: the only one of its process with a connection that can. Takes every commit that has arrived,
 * writes them in one transaction, and answers when it is on the disk; whatever arrives meanwhile makes the next one.
 *
 * Knows of nothing but the database: no keys, no environment.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { CommitWriter } from './sqlite-commits.js'
import { emptyLog, findPackagesFrom, messageOf } from './sqlite-driver.js'
import type { FromWriter, ToWriter } from './sqlite-messages.js'
import { readCommits } from './sqlite-messages.js'
import { openForWriting, storeIdOf } from './sqlite-schema.js'

export interface WriterOptions {
  readonly path: string
  /** The file grows no larger; beyond that a commit fails like one on a full disk. */
  readonly maxBytes: number | undefined
  /** The module from which packages are found; the thread's own program may have no place. */
  readonly packagesFrom: string
}

/** Of one transaction, so that nobody waits for a thousand others. */
const MAX_COMMITS = 512

function run(port: MessagePort, { path, maxBytes, packagesFrom }: WriterOptions): void {
  findPackagesFrom(packagesFrom)
  const answer = (message: FromWriter): void => port.postMessage(message)
  const database = openForWriting(path)
  if (maxBytes !== undefined) {
    const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
    database.prepare(`PRAGMA max_page_count = ${Math.max(Math.floor(maxBytes / pageSize), 1)}`).get()
  }
  const writer = new CommitWriter(database)
  answer({ kind: 'open', storeId: storeIdOf(database) })

  port.on('message', (first: ToWriter) => {
    let message: ToWriter | undefined = first
    while (message?.kind === 'commits') {
      const commits = [...readCommits(message.commits)]
      message = nextOf(port)
      while (message?.kind === 'commits' && commits.length + message.count <= MAX_COMMITS) {
        commits.push(...readCommits(message.commits))
        message = nextOf(port)
      }
      answer({ kind: 'answers', answers: writer.write(commits) })
    }
    if (message?.kind !== 'close') return
    emptyLog(database)
    database.close()
    answer({ kind: 'closed' })
    port.close()
  })
}

function nextOf(port: MessagePort): ToWriter | undefined {
  // Only `SqliteStore` has the other end.
  return receiveMessageOnPort(port)?.message as ToWriter | undefined
}

if (parentPort !== null) {
  try {
    run(parentPort, workerData as WriterOptions)
  } catch (error) {
    parentPort.postMessage({ kind: 'refused', message: messageOf(error) } satisfies FromWriter)
    parentPort.close()
  }
}
