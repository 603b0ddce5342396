/**
 * What the language server needs from the world around it: the settings of a folder, where the documentation stands.
 * Types only; the command brings them in.
 */
import type { Baseline } from '../lint/baseline.js'
import type { LintSettings } from '../lint/lint.js'
import type { SourceError } from '../text/source.js'

export interface LanguageEnvironment {
  /**
   * @param folder - path of a workspace folder; undefined for documents outside of any, which have no settings.
   * @returns the same object as long as nothing has changed.
   */
  readonly settingsOf: (folder: string | undefined) => FolderSettings
  /** Folder of the documentation, ending with `/`. */
  readonly docs: URL
  /** Of this program. */
  readonly version: string
  /** Looks at a text with every rule beside this thread; left out where there is no other thread. */
  readonly lookThoroughly?: (request: ThoroughRequest) => Promise<ThoroughAnswer>
}

export interface ThoroughRequest {
  /** A newer request about the same document overtakes an older one. */
  readonly uri: string
  /** What the name is relative to. */
  readonly folder: string | undefined
  readonly name: string
  readonly text: string
  readonly settings: FolderSettings
}

export interface ThoroughAnswer {
  /** What was found, as `lint/cached-result.ts` writes it; undefined where a newer text has overtaken this one. */
  readonly found: string | undefined
  readonly costMs: number
}

export interface FolderSettings {
  readonly lint: LintSettings
  readonly baseline?: Baseline
  /** Path of the file the settings come from. */
  readonly file?: string
  /** Why that file is not heeded; the defaults count then. */
  readonly errors: readonly SourceError[]
}
