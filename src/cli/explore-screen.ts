/**
 * The explorer on a full screen: from the first frame, which comes before a large world has been read, to what is said
 * and kept at the end.
 */
import { existsSync, openSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReadStream } from 'node:tty'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { NO_FEED, startApp, type App, type AppParts } from '../tui/app/app.js'
import type { Env, Feed, View } from '../tui/app/view.js'
import { RESTORERS } from '../tui/doors.js'
import { partsFor, partsWhileReading } from '../tui/explorer.js'
import { lastVerdict } from '../tui/plain-story.js'
import { restoreViews, sessionText, type EventsPlace } from '../tui/session/session-file.js'
import { Shell, type Ended, type ShellOptions } from '../tui/terminal/shell.js'
import { openAsk, openQuestion } from '../tui/views/ask/ask-view.js'
import { denialsView } from '../tui/views/denials-view.js'
import { readingView } from '../tui/views/reading-view.js'
import type { Asking } from '../tui/world/asking.js'
import { loadEvents } from '../tui/world/event-loader.js'
import { beginWork, goOn } from '../tui/world/world-loader.js'
import { EXIT } from './exit-codes.js'
import type { ExploreGiven, ExploreOptions, Session } from './explore-given.js'
import { readyFor, type Ready, type Started } from './explore-start.js'
import { glyphsFor, themeFor } from './explore-terminal.js'
import { writeError, writeOut } from './terminal.js'
import type { AskFailure } from './why-questions.js'
import { refuse } from './why-run.js'
import { openingAskedWorld } from './why-world.js'

export interface ScreenGiven extends ExploreGiven {
  readonly session: Session | undefined
  /** Something is asked that the session did not know of. */
  readonly isAnew: boolean
}

/** What is read in less is there before anybody misses it, and another frame before it would be a flash. */
const AT_ONCE_MS = 100

const nowMs = (): number => performance.now()

export async function runOnScreen(given: ScreenGiven, loadRows: ShellOptions['loadRows']): Promise<number> {
  const { options } = given
  const input = keyboard()
  if (input === undefined) return refuse('there is no terminal to read keys from; give `--plain`', options)
  const screen = new TakenScreen(input, options, loadRows)
  try {
    const warnings: string[] = []
    const ready = await screen.unlessLeft(readyOn(screen, given, (message) => warnings.push(message)))
    if (ready?.ok === false) {
      await screen.leave()
      return refuse(ready.error, options)
    }
    if (ready !== undefined) explore(screen, given, ready.value, warnings)
    const { app, signal } = await screen.ended()
    // Who has left does not wait for what others may still write to us.
    if (ready === undefined && given.place.path === '-') process.stdin.destroy()
    if (ready !== undefined) await sayAndKeep(app, given, ready.value.asking)
    return signal === undefined ? EXIT.ok : 128 + constants.signals[signal]
  } catch (error) {
    await screen.leave()
    throw error
  }
}

type Start = (room: { readonly columns: number; readonly rows: number }) => App

/** The terminal, once something is to be shown on it. */
class TakenScreen {
  private readonly stop = new AbortController()
  private shell: Shell | undefined
  private running: Promise<Ended> | undefined

  constructor(
    private readonly input: ReadStream,
    private readonly options: ExploreOptions,
    private readonly loadRows: ShellOptions['loadRows'],
  ) {}

  /** Aborted when the program ends. */
  get signal(): AbortSignal {
    return this.stop.signal
  }

  /** In the place of what was shown before. */
  show(parts: AppParts, start: Start): Shell {
    const { shell, options, input, loadRows } = this
    if (shell !== undefined) {
      shell.begin(parts, start)
      return shell
    }
    const { env } = process
    const first = new Shell(
      parts,
      {
        input,
        output: process.stdout,
        theme: themeFor(options.theme, options.color, env),
        mouse: options.mouse === true,
        loadRows,
        env,
      },
      start,
    )
    this.shell = first
    this.running = first.run().finally(() => {
      this.stop.abort()
      input.pause()
      input.unref()
    })
    return first
  }

  /** What comes of the work, or undefined where the user has left before that. */
  unlessLeft<T>(work: Promise<T>): Promise<T | undefined> {
    return this.running === undefined ? work : Promise.race([work, this.running.then(() => undefined)])
  }

  ended(): Promise<Ended> {
    if (this.running === undefined) throw new Error('nothing was ever shown')
    return this.running
  }

  /** Gives the terminal back, if it was taken. */
  async leave(): Promise<void> {
    this.shell?.stop()
    await this.running?.catch(() => undefined)
  }
}

/** The screen shows how far the world has been read, where that takes long; undefined where the user has left. */
async function readyOn(
  screen: TakenScreen,
  given: ScreenGiven,
  warn: (message: string) => void,
): Promise<Result<Ready, AskFailure> | undefined> {
  const { folder, options } = given
  const begun = beginWork(openingAskedWorld(folder, options, warn), AT_ONCE_MS, nowMs)
  if (begun.isDone) return begun.value.ok ? readyFor(begun.value.value, given) : begun.value
  const shell = screen.show(partsWhileReading(folder, glyphsFor(process.env)), (room) =>
    startApp([readingView()], room),
  )
  shell.dispatch({ kind: 'reading', progress: begun.progress })
  const world = await goOn(begun.steps, {
    onProgress: (progress) => shell.dispatch({ kind: 'reading', progress }),
    nowMs,
    pause: () => nextTurn(),
    signal: screen.signal,
  })
  return world?.ok === true ? readyFor(world.value, given) : world
}

/** The explorer itself. */
function explore(screen: TakenScreen, given: ScreenGiven, { asking, started }: Ready, warnings: string[]): void {
  const { place } = given
  const parts = partsFor(asking, glyphsFor(process.env))
  const feed = feedOf(started)
  if (place.follows && place.path !== undefined && !existsSync(place.path)) {
    warnings.push(`${quote(place.path, 200)} is not there yet: waiting for it`)
  }
  let [firstWarning] = warnings
  const shell = screen.show(parts, (room) => {
    const found = firstViews(given, started, { asking, glyphs: parts.glyphs, ...room, feed })
    firstWarning = found.warning ?? firstWarning
    return startApp(found.views, room, feed)
  })
  if (firstWarning !== undefined) shell.dispatch({ kind: 'say', text: firstWarning })
  // After the first frame.
  if (started.kind === 'events') setImmediate(() => void load(started, asking, shell, screen.signal))
}

function feedOf(started: Started): Feed {
  if (started.kind !== 'events') return NO_FEED
  const { name, follows } = started.source
  return { grouped: undefined, read: 0, state: follows ? 'following' : 'reading', name }
}

async function sayAndKeep(app: App, { options, place }: ScreenGiven, asking: Asking): Promise<void> {
  if (options.session !== undefined) {
    const failed = keepSession(options.session, sessionText(app, asking.name, await keptPlace(place)))
    if (failed !== undefined) writeError(`keyward: ${failed}\n`)
  }
  if (app.last !== undefined) await writeOut(lastVerdict(app.last))
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
  { session, isAnew }: ScreenGiven,
  started: Started,
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
