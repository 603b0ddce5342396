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
import type { AuditKept } from './sqlite-retention.js'
import { openForWriting, storeIdOf } from './sqlite-schema.js'

export interface WriterOptions {
  readonly path: string
  /** The file grows no larger; beyond that a commit fails like one on a full disk. */
  readonly maxBytes: number | undefined
  readonly keepAudit: AuditKept | undefined
  /** The module from which packages are found; the thread's own program may have no place. */
  readonly packagesFrom: string
}

/** Of one transaction, so that nobody waits for a thousand others. */
const MAX_COMMITS = 512

function run(port: MessagePort, { path, maxBytes, keepAudit, packagesFrom }: WriterOptions): void {
  findPackagesFrom(packagesFrom)
  const answer = (message: FromWriter): void => port.postMessage(message)
  const database = openForWriting(path)
  if (maxBytes !== undefined) {
    const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
    database.prepare(`PRAGMA max_page_count = ${Math.max(Math.floor(maxBytes / pageSize), 1)}`).get()
  }
  const writer = new CommitWriter(database, { keepAudit })
  answer({ kind: 'open', storeId: storeIdOf(database) })

  port.on('message', (first: ToWriter) => {
    let goesOn = false
    for (let message: ToWriter | undefined = first; message !== undefined; message = nextOf(port)) {
      if (message.kind === 'close') {
        close(writer)
        return
      }
      writer.take(readCommits(message.commits))
      ;({ goesOn } = message)
      if (writer.taken >= MAX_COMMITS) answer({ kind: 'answers', answers: writer.finish() })
    }
    // What is written while the rest is still being put together costs nobody any time.
    if (!goesOn && writer.taken > 0) answer({ kind: 'answers', answers: writer.finish() })
  })

  function close(last: CommitWriter): void {
    if (last.taken > 0) answer({ kind: 'answers', answers: last.finish() })
    emptyLog(database)
    database.close()
    answer({ kind: 'closed' })
    port.close()
  }
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
