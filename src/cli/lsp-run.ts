/**
 * The work of `keyward lsp`: serves standard input and output, with the settings that `keyward lint` would read.
 */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { defaultConfig, type LintConfig } from '../lint/config.js'
import { readBaseline, type Baseline } from '../lint/baseline.js'
import type { FolderSettings } from '../lsp/environment.js'
import { startServer } from '../lsp/server.js'
import type { SourceError } from '../text/source.js'
import { configIn, loadConfig } from './lint-config.js'
import { embeddedReaders } from './lint-readers.js'
import { threadBeside } from './lint-thread.js'
import { CheckThread } from './lsp-thread.js'

/** @param docs - folder of the documentation. */
export function runLsp(docs: URL, version: string): void {
  const known = new Map<string, Kept>()
  const program = threadBeside(import.meta.url, 'lsp-worker')
  const thread = program === undefined ? undefined : new CheckThread(program)
  startServer(process.stdin, process.stdout, {
    docs,
    version,
    ...(thread === undefined ? {} : { lookThoroughly: (request) => thread.look(request) }),
    settingsOf(folder) {
      const today = new Date().toISOString().slice(0, 10)
      const file = folder === undefined ? undefined : configIn(folder)
      const kept = known.get(folder ?? '')
      // A look at the files costs next to nothing, and no editor needs to tell of them.
      const stamp = `${today} ${stampOf(file)} ${stampOf(kept?.baseline)}`
      if (kept?.stamp === stamp) return kept.settings
      const made = readSettings(folder, file, today)
      known.set(folder ?? '', { ...made, stamp: `${today} ${stampOf(file)} ${stampOf(made.baseline)}` })
      return made.settings
    },
  })
}

interface Kept extends ReadSettings {
  readonly stamp: string
}

interface ReadSettings {
  readonly settings: FolderSettings
  /** Path of the baseline. */
  readonly baseline: string | undefined
}

function stampOf(path: string | undefined): string {
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${path} ${stats.mtimeMs} ${stats.size}`
}

function readSettings(folder: string | undefined, file: string | undefined, today: string): ReadSettings {
  const read = loadConfig(file ?? false)
  const config = read.ok ? read.value : defaultConfig()
  const errors: SourceError[] = []
  if (!read.ok) {
    const { error } = read
    if (typeof error !== 'string') errors.push(...error)
    else errors.push({ message: error, source: { name: file ?? '', text: '' }, span: { start: 0, end: 0 } })
  }
  const path = folder === undefined || config.baseline === undefined ? undefined : resolve(folder, config.baseline)
  const baseline = path === undefined ? undefined : baselineAt(path)
  const settings: FolderSettings = {
    lint: { config, choice: {}, today, readers: embeddedReaders(folder) },
    ...(baseline === undefined ? {} : { baseline }),
    ...(file === undefined ? {} : { file }),
    errors: [...errors, ...withoutBaseline(config, path, baseline)],
  }
  return { settings, baseline: path }
}

function baselineAt(path: string): Baseline | undefined {
  try {
    const read = readBaseline({ name: path, text: readFileSync(path, 'utf8') })
    return read.ok ? read.value : undefined
  } catch {
    return undefined
  }
}

function withoutBaseline(
  { source, baseline: written }: LintConfig,
  path: string | undefined,
  baseline: Baseline | undefined,
): readonly SourceError[] {
  if (path === undefined || baseline !== undefined) return []
  return [{ message: `the baseline \`${written}\` cannot be read`, source, span: { start: 0, end: 1 } }]
}
