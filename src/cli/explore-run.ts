/**
 * The work of `keyward explore`: see what is given, open the screen or print the story, say at the end what was seen.
 */
import { existsSync } from 'node:fs'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { readSession, type EventsPlace } from '../tui/session/session-file.js'
import { parseDecisionOptions } from './decision-options.js'
import type { ExploreGiven, ExploreOptions, Session } from './explore-given.js'
import { readyFor } from './explore-start.js'
import { whyNoScreen } from './explore-terminal.js'
import { readInput } from './input.js'
import { writeError } from './terminal.js'
import { refuse } from './why-run.js'
import { openedWorld } from './why-world.js'

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
  const place = placeOf(eventsPath, options, session.value)
  const given: ExploreGiven = { folder, decision: decision.value, place, options }
  if (!isPlain) {
    const { runOnScreen } = await import('./explore-screen.js')
    const isAnew = eventsPath !== undefined || isQuestion(options)
    // Loaded from here: `scripts/build.mjs` looks for it in what commands run.
    const loadRows = () => import('../tui/terminal/ink-rows.js')
    return runOnScreen({ ...given, session: session.value, isAnew }, loadRows)
  }
  const world = openedWorld(folder, options, (message) => writeError(`keyward: ${escapeTerminal(message)}\n`))
  const ready = world.ok ? await readyFor(world.value, given) : world
  if (!ready.ok) return refuse(ready.error, options)
  if (noScreen !== undefined) writeError(`keyward: ${noScreen}, so this is the story line by line (--plain)\n`)
  const { printPlain } = await import('./explore-plain.js')
  return printPlain(ready.value.started, ready.value.asking, options)
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
