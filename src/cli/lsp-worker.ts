/**
 * The program of the thread of `keyward lsp` that looks at texts with every rule.
 */
import { parentPort } from 'node:worker_threads'
import { writeResult } from '../lint/cached-result.js'
import { Linter } from '../lint/lint.js'
import { RULES } from '../lint/rules/index.js'
import { ownFindings } from '../lsp/checked-document.js'
import { embeddedReaders } from './lint-readers.js'
import { textOfError, type SentCheck, type SentChecked } from './lint-thread.js'

let known: { readonly key: string; readonly linter: Linter } | undefined

/** Settings hardly ever change, and come anew with every text. */
function linterFor({ settings, folder }: SentCheck): Linter {
  const key = JSON.stringify([folder, settings])
  if (known?.key !== key) {
    known = { key, linter: new Linter(RULES, { ...settings, readers: embeddedReaders(folder) }) }
  }
  return known.linter
}

function answerTo(check: SentCheck): SentChecked {
  const { name, text } = check
  const started = performance.now()
  try {
    const { file, findings } = linterFor(check).check({ name, text }, false)
    const own = ownFindings(file, findings)
    const found = writeResult({ findings: own, suppressed: [], policies: 0, guessed: [], isEmpty: false })
    return { found, costMs: performance.now() - started }
  } catch (error) {
    return { failed: textOfError(error) }
  }
}

parentPort?.on('message', (check: SentCheck) => {
  parentPort?.postMessage(answerTo(check))
})
