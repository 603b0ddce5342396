/**
 * Files of CloudTrail events or audit records for the explorer: one file, packed or not, or a folder of them.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../text/source.js'
import { quote } from '../text/escape.js'
import type { EventSource } from '../tui/world/event-loader.js'
import { openInput, type OpenedText } from './input.js'

const MAX_FILES = 100_000
const EVENT_FILE = /\.(?:json|jsonl|ndjson|log)(?:\.gz)?$/i

/** The error is one sentence. */
export function folderOfEvents(path: string): Result<EventSource, string> {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => EVENT_FILE.test(name))
    .sort()
  if (files.length === 0)
    return { ok: false, error: `${quote(path, 200)} has no files of events (.json, .jsonl, .log, packed or not)` }
  if (files.length > MAX_FILES) return { ok: false, error: `${quote(path, 200)} has more than ${MAX_FILES} files` }
  return {
    ok: true,
    value: {
      name: path,
      follows: false,
      async *texts(signal) {
        for (const file of files) {
          if (signal.aborted) return
          const opened = await openInput(join(path, file))
          if (!opened.ok) throw new Error(opened.error)
          yield opened.value
        }
      },
    },
  }
}

export function openedEvents(text: OpenedText): EventSource {
  const length = lengthOf(text.name)
  return {
    name: text.name,
    follows: false,
    ...(length === undefined ? {} : { length }),
    async *texts() {
      yield text
    },
  }
}

/** Undefined for standard input, and for a packed file, of which nobody knows. */
function lengthOf(name: string): number | undefined {
  try {
    return name.endsWith('.gz') ? undefined : statSync(name).size
  } catch {
    return undefined
  }
}
