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
}

export interface FolderSettings {
  readonly lint: LintSettings
  readonly baseline?: Baseline
  /** Path of the file the settings come from. */
  readonly file?: string
  /** Why that file is not heeded; the defaults count then. */
  readonly errors: readonly SourceError[]
}
