/**
 * The work of `keyward explore`: see what is given, open the screen or print the story, say at the end what was seen.
 */
import { existsSync, openSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReadStream, type WriteStream } from 'node:tty'
import { Answerer } from '../source/answer/answer-question.js'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { NO_FEED, startApp } from '../tui/app/app.js'
import type { Env, Feed, View } from '../tui/app/view.js'
import { RESTORERS } from '../tui/doors.js'
import { partsFor } from '../tui/explorer.js'
import type { ThemeName } from '../tui/frame/theme.js'
import { lastVerdict } from '../tui/plain-story.js'
import { readSession, restoreViews, sessionText, type EventsPlace } from '../tui/session/session-file.js'
import { Shell } from '../tui/terminal/shell.js'
import { openAsk, openQuestion } from '../tui/views/ask/ask-view.js'
import { denialsView } from '../tui/views/denials-view.js'
import { Asking } from '../tui/world/asking.js'
import { loadEvents } from '../tui/world/event-loader.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT } from './exit-codes.js'
import { startOf, type Started } from './explore-start.js'
import { glyphsFor, themeFor, whyNoScreen } from './explore-terminal.js'
import { readInput } from './input.js'
import { writeError, writeOut } from './terminal.js'
import type { AskOptions } from './why-options.js'
import { refuse } from './why-run.js'
import { openedWorld } from './why-world.js'

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

type Session = Extract<ReturnType<typeof readSession>, { readonly ok: true }>['value']

export async function runExplore(
  worldPath: string | undefined,
  eventsPath: string | undefined,
  options: ExploreOptions,
): Promise<number> {
  const { env } = process
  const noScreen = options.plain === true ? undefined : whyNoScreen(process.stdout.isTTY, env)
  const isPlain = options.plain === true || noScreen !== undefined
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) return refuse(decision.error, options)
  const session = await sessionIn(options.session)
  if (!session.ok) return refuse(session.error, options)
  const folder = worldPath ?? options.world ?? session.value?.world
  if (folder === undefined) return refuse(NO_WORLD, options)
  const warnings: string[] = []
  const world = openedWorld(folder, options, (message) => warnings.push(message))
  if (!world.ok) return refuse(world.error, options)
  const asking = new Asking(folder, world.value, new Answerer(world.value, decision.value), Date.now(), decision.value)
  const place = placeOf(eventsPath, options, session.value)
  const { follow: _follow, store: _store, ...asked } = options
  const started = await startOf(place, asked, asking)
  if (!started.ok) return refuse(started.error, options)
  if (isPlain) {
    if (noScreen !== undefined) writeError(`keyward: ${noScreen}, so this is the story line by line (--plain)\n`)
    const { printPlain } = await import('./explore-plain.js')
    return printPlain(started.value, asking, options)
  }
  if (place.follows && place.path !== undefined && !existsSync(place.path)) {
    warnings.push(`${quote(place.path, 200)} is not there yet: waiting for it`)
  }
  const isAnew = eventsPath !== undefined || isQuestion(options)
  return onScreen({ asking, started: started.value, session: session.value, isAnew, warnings, place, options })
}

/** Of the command line where that names any, else of the session; what was read from standard input is gone. */
function placeOf(
  path: string | undefined,
  { store, follow }: ExploreOptions,
  session: Session | undefined,
): EventsPlace {
  if (path !== undefined || store !== undefined) {
    return {
      ...(path === undefined ? {} : { path }),
      ...(store === undefined ? {} : { store }),
      follows: follow ?? false,
    }
  }
  const kept = session?.events ?? { follows: false }
  return { ...kept, follows: follow ?? kept.follows }
}

/** A question of the command line itself. */
function isQuestion({ message, operation, principal, action }: ExploreOptions): boolean {
  return message !== undefined || operation !== undefined || (principal !== undefined && action !== undefined)
}

const NO_WORLD =
  'no world is given; name the folder that describes the organization, such as `keyward explore acme events.jsonl` (docs/world.md tells its form)'

/** Undefined where none is kept yet. The error is one sentence. */
async function sessionIn(path: string | undefined): Promise<Result<Session | undefined, string>> {
  if (path === undefined || !existsSync(path)) return { ok: true, value: undefined }
  const text = await readInput(path)
  if (!text.ok) return text
  const session = readSession(text.value.text)
  return session.ok ? session : { ok: false, error: `${quote(path, 200)}: ${session.error}` }
}

interface OnScreen {
  readonly asking: Asking
  readonly started: Started
  readonly session: Session | undefined
  /** Something is asked that the session did not know of. */
  readonly isAnew: boolean
  readonly warnings: readonly string[]
  readonly place: EventsPlace
  readonly options: ExploreOptions
}

async function onScreen(given: OnScreen): Promise<number> {
  const { asking, started, warnings, options } = given
  const { env } = process
  const input = keyboard()
  if (input === undefined) return refuse('there is no terminal to read keys from; give `--plain`', options)
  const parts = partsFor(asking, glyphsFor(env))
  const feed: Feed =
    started.kind === 'events'
      ? {
          grouped: undefined,
          read: 0,
          state: started.source.follows ? 'following' : 'reading',
          name: started.source.name,
        }
      : NO_FEED
  const output: WriteStream = process.stdout
  let firstWarning = warnings[0]
  const shell = new Shell(
    parts,
    {
      input,
      output,
      theme: themeFor(options.theme, options.color, env),
      mouse: options.mouse === true,
      loadRows: () => import('../tui/terminal/ink-rows.js'),
      env,
    },
    (room) => {
      const found = firstViews(given, { asking, glyphs: parts.glyphs, ...room, feed })
      firstWarning = found.warning ?? firstWarning
      return startApp(found.views, room, feed)
    },
  )
  const stop = new AbortController()
  const running = shell.run()
  if (firstWarning !== undefined) shell.dispatch({ kind: 'say', text: firstWarning })
  // After the first frame.
  if (started.kind === 'events') setImmediate(() => void load(started, asking, shell, stop.signal))
  const { app, signal } = await running.finally(() => {
    stop.abort()
    input.pause()
    input.unref()
  })
  if (options.session !== undefined) {
    const failed = keepSession(options.session, sessionText(app, asking.name, await keptPlace(given.place)))
    if (failed !== undefined) writeError(`keyward: ${failed}\n`)
  }
  if (app.last !== undefined) await writeOut(lastVerdict(app.last))
  return signal === undefined ? EXIT.ok : 128 + constants.signals[signal]
}

function load(
  { source, complete }: Extract<Started, { readonly kind: 'events' }>,
  asking: Asking,
  shell: Shell,
  signal: AbortSignal,
): Promise<void> {
  return loadEvents(source, {
    asking,
    complete,
    onFeed: (feed) => shell.dispatch({ kind: 'feed', feed }),
    nowMs: () => performance.now(),
    pause: () => nextTurn(),
    signal,
  })
}

/** Standard input may be where the events come from; the keys then come from the terminal itself. */
function keyboard(): ReadStream | undefined {
  if (process.stdin.isTTY) return process.stdin
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch {
    return undefined
  }
}

function firstViews(
  { started, session, isAnew }: OnScreen,
  env: Env,
): { readonly views: readonly [View, ...View[]]; readonly warning?: string } {
  if (session !== undefined && !(isAnew && started.kind === 'question')) {
    const { views, lost } = restoreViews(session.views, RESTORERS, env)
    const [first, ...rest] = views
    const warning = lost === 0 ? {} : { warning: `${lost} of the views that were open cannot be had again` }
    if (first !== undefined) return { views: [first, ...rest], ...warning }
  }
  switch (started.kind) {
    case 'events':
      return { views: [denialsView()] }
    case 'question': {
      const view = openQuestion(started.question, env)
      return view.ok ? { views: [view.value] } : { views: [openAsk(env)], warning: view.error }
    }
    case 'nothing':
      return { views: [openAsk(env, started.known)] }
  }
}

/** As a file may say it: no password, and nothing that is gone. */
async function keptPlace({ path, store, follows }: EventsPlace): Promise<EventsPlace> {
  if (store !== undefined) {
    const { storeWithoutPassword } = await import('./explore-store.js')
    return { store: storeWithoutPassword(store), follows }
  }
  return path === undefined || path === '-' ? { follows: false } : { path, follows }
}

/** Why it could not be kept, one sentence. */
function keepSession(path: string, text: string): string | undefined {
  try {
    writeFileSync(path, text)
    return undefined
  } catch (error) {
    return `the session is not kept: ${error instanceof Error ? error.message : String(error)}`
  }
}
