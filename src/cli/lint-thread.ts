/**
 * What the threads of the linter have in common: where their programs are, and what is said to them.
 */
import { existsSync } from 'node:fs'
import type { LintSettings } from '../lint/lint.js'

/** Settings that can be sent: functions cannot. */
export type SentSettings = Omit<LintSettings, 'readers' | 'before' | 'cache'>

export function sentSettings({
  readers: _readers,
  before: _before,
  cache: _cache,
  ...sent
}: LintSettings): SentSettings {
  return sent
}

export interface LintOrders {
  readonly settings: SentSettings
}

export interface SentFile {
  /** Place among the files of the run. */
  readonly index: number
  readonly name: string
  readonly text: string
  readonly isNamed: boolean
}

/** What was found in one file, as it stands in the cache; or the stack of the error that kept it from being found. */
export type SentResult =
  { readonly index: number; readonly found: string } | { readonly index: number; readonly failed: string }

export interface SentCheck {
  /** What the name is relative to. */
  readonly folder: string | undefined
  readonly name: string
  readonly text: string
  readonly settings: SentSettings
}

export type SentChecked = { readonly found: string; readonly costMs: number } | { readonly failed: string }

/**
 * The program of a thread beside the module that starts it. Run from TypeScript sources, as the project's own tests do,
 * there is none, and one thread does it all.
 */
export function threadBeside(from: string, name: string): URL | undefined {
  if (!from.startsWith('file:') || from.endsWith('.ts')) return undefined
  const url = new URL(`./${name}.js`, from)
  return existsSync(url) ? url : undefined
}

/** An error on its way to another thread. */
export function textOfError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
