/**
 * A thread of `keyward lint`: lints what it is sent, and answers with what it has found.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { writeResult } from '../lint/cached-result.js'
import { Linter } from '../lint/lint.js'
import { RULES } from '../lint/rules/index.js'
import { EMBEDDED_READERS } from './lint-readers.js'
import { textOfError, type LintOrders, type SentFile, type SentResult } from './lint-thread.js'

export function serveLint(): void {
  const port = parentPort
  if (port === null) throw new Error('this program is one for threads')
  // Written by `lint-pool.ts`, which alone starts this thread.
  const { settings } = workerData as LintOrders
  const linter = new Linter(RULES, { ...settings, readers: EMBEDDED_READERS })
  port.on('message', (files: readonly SentFile[]) => {
    port.postMessage(files.map((file) => answerTo(linter, file)))
  })
}

function answerTo(linter: Linter, { index, name, text, isNamed }: SentFile): SentResult {
  try {
    return { index, found: writeResult(linter.look({ name, text }, isNamed)) }
  } catch (error) {
    return { index, failed: textOfError(error) }
  }
}
