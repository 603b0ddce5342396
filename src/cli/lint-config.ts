/**
 * Finds and reads the settings of `keyward lint`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultConfig, readConfig, type LintConfig } from '../lint/config.js'
import { quote } from '../text/escape.js'
import type { Result, SourceError } from '../text/source.js'

const NAMES = ['keyward.config.json', 'keyward.config.yaml', 'keyward.config.yml'] as const

/** The settings of a folder. */
export function configIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
}

/** @param wanted - a file; false for none; undefined for what stands in the current folder. */
export function loadConfig(wanted: string | false | undefined): Result<LintConfig, string | readonly SourceError[]> {
  if (wanted === false) return { ok: true, value: defaultConfig() }
  const path = wanted ?? configIn('')
  if (path === undefined) return { ok: true, value: defaultConfig() }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : String(error)
    return { ok: false, error: `cannot read ${quote(path, 200)}: ${reason}` }
  }
  return readConfig({ name: path, text })
}
