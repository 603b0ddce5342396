/**
 * A session as a document: the world, the events and the views that were open, to be opened again.
 *
 * The world and the events are read anew; only what was looked at is kept. Knows no file system.
 */
import type { App } from '../app/app.js'
import type { Env, Restorer, View } from '../app/view.js'
import type { Result } from '../../text/source.js'

interface SavedSession {
  /** Folder of the world. */
  readonly world: string
  readonly events: EventsPlace
  readonly views: readonly SavedView[]
}

/** Where the events come from: one of the two, or neither. */
export interface EventsPlace {
  /** File or folder. */
  readonly path?: string
  /** Folder or URL of the store of a key service, without a password. */
  readonly store?: string
  /** Reading goes on while it grows. */
  readonly follows: boolean
}

interface SavedView {
  readonly view: string
  readonly state: unknown
}

/** Ends in a line feed. Views that cannot be saved are left out. */
export function sessionText(
  { stack }: Pick<App, 'stack'>,
  world: string,
  { path, store, follows }: EventsPlace,
): string {
  const views = stack.flatMap(({ view }): readonly SavedView[] => {
    const state = view.save()
    return state === undefined ? [] : [{ view: view.id, state }]
  })
  const session = {
    keyward: 'session',
    version: 1,
    world,
    ...(path === undefined ? {} : { events: path }),
    ...(store === undefined ? {} : { store }),
    ...(follows ? { follow: true } : {}),
    views,
  }
  return `${JSON.stringify(session, null, 2)}\n`
}

/** The error is one sentence. */
export function readSession(text: string): Result<SavedSession, string> {
  const value = parsed(text)
  if (!isObject(value) || value['keyward'] !== 'session') return failure('it is no session of the explorer')
  if (value['version'] !== 1) return failure('it is a session of another version of the explorer')
  const { world, events, store, follow = false, views } = value
  if (typeof world !== 'string') return failure('it names no world')
  if (events !== undefined && typeof events !== 'string') return failure('its events are no file')
  if (store !== undefined && typeof store !== 'string') return failure('its store is no folder and no URL')
  if (events !== undefined && store !== undefined) return failure('its events come from two places')
  if (typeof follow !== 'boolean') return failure('it does not say whether it follows its events')
  if (!Array.isArray(views)) return failure('it has no list of views')
  const saved = views.flatMap((each: unknown): readonly SavedView[] =>
    isObject(each) && typeof each['view'] === 'string' ? [{ view: each['view'], state: each['state'] }] : [],
  )
  const place = {
    ...(events === undefined ? {} : { path: events }),
    ...(store === undefined ? {} : { store }),
    follows: follow,
  }
  return { ok: true, value: { world, events: place, views: saved } }
}

/** The views that can be had again, in their order. */
export function restoreViews(
  saved: readonly SavedView[],
  restorers: readonly Restorer[],
  env: Env,
): { readonly views: readonly View[]; readonly lost: number } {
  const views = saved.flatMap(({ view, state }): readonly View[] => {
    const restored = restorers.find(({ id }) => id === view)?.restore(state, env)
    return restored === undefined ? [] : [restored]
  })
  return { views, lost: saved.length - views.length }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
