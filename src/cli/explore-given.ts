/**
 * What the command line and a session file say to the explorer. Types only.
 */
import type { DecisionOptions } from '../decide/options.js'
import type { ThemeName } from '../tui/frame/theme.js'
import type { EventsPlace, readSession } from '../tui/session/session-file.js'
import type { AskOptions } from './why-options.js'

export interface ExploreOptions extends AskOptions {
  readonly follow?: boolean
  /** Folder or URL of the store of a key service. */
  readonly store?: string
  readonly session?: string
  readonly plain?: boolean
  readonly mouse?: boolean
  readonly theme: ThemeName | 'auto'
  /** False with --no-color. */
  readonly color: boolean
}

/** What the command line says. */
export interface ExploreGiven {
  readonly folder: string
  readonly decision: Partial<DecisionOptions>
  readonly place: EventsPlace
  readonly options: ExploreOptions
}

export type Session = Extract<ReturnType<typeof readSession>, { readonly ok: true }>['value']
