/**
 * Keeps what `keyward lint` has found in one file, so that files that have not changed are not checked again.
 *
 * A cache that is damaged or cannot be written is no reason to stop: everything is checked then.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ResultCache } from '../lint/cached-result.js'

const DEFAULT_LOCATION = '.keyward-lint-cache'
const FORM = 'keyward lint cache 1'
/** A cache that grows beyond this starts again. */
const MAX_BYTES = 256 * 1024 * 1024

export interface FileCache extends ResultCache {
  /** Tells this build of the program from another of the same version. */
  readonly program: string
  /** Only what this run has asked for is kept. */
  save(): void
}

export function openCache(location = DEFAULT_LOCATION): FileCache {
  const known = readCache(location)
  const used = new Map<string, string>()
  let isChanged = false
  return {
    program: programStamp(),
    get(key) {
      const text = known.get(key)
      if (text !== undefined) used.set(key, text)
      return text
    },
    set(key, text) {
      used.set(key, text)
      isChanged = true
    },
    save() {
      if (isChanged || used.size < known.size) writeCache(location, used)
    },
  }
}

/** For several runs of one process. */
export function memoryCache(): FileCache {
  let known = new Map<string, string>()
  let used = new Map<string, string>()
  return {
    program: '',
    get(key) {
      const text = known.get(key)
      if (text !== undefined) used.set(key, text)
      return text
    },
    set: (key, text) => void used.set(key, text),
    save() {
      known = used
      used = new Map()
    },
  }
}

/** Two lines for each entry: texts are JSON without line breaks. */
function readCache(location: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  try {
    if (statSync(location).size > MAX_BYTES) return entries
    const lines = readFileSync(location, 'utf8').split('\n')
    if (lines[0] !== FORM) return entries
    for (let index = 1; index + 1 < lines.length; index += 2) entries.set(lines[index]!, lines[index + 1]!)
  } catch {
    // There is none yet, or it cannot be read.
  }
  return entries
}

function writeCache(location: string, entries: ReadonlyMap<string, string>): void {
  const draft = `${location}.${process.pid}.tmp`
  try {
    writeFileSync(draft, `${FORM}\n${[...entries].map(([key, text]) => `${key}\n${text}\n`).join('')}`)
    renameSync(draft, location)
  } catch {
    // The next run checks everything.
  }
}

function programStamp(): string {
  const { size, mtimeMs } = statSync(fileURLToPath(import.meta.url))
  return `${size} ${mtimeMs}`
}
