/**
 * What the explorer is given, as events to be read or as a question to begin with.
 */
import { statSync } from 'node:fs'
import { Answerer } from '../source/answer/answer-question.js'
import type { Question, Supplied } from '../source/asked/question.js'
import type { AskedWorld } from '../source/world/world.js'
import type { Result } from '../text/source.js'
import type { EventsPlace } from '../tui/session/session-file.js'
import { Asking } from '../tui/world/asking.js'
import type { EventSource } from '../tui/world/event-loader.js'
import { followFile } from '../tui/world/follow-file.js'
import type { ExploreGiven } from './explore-given.js'
import { folderOfEvents, openedEvents } from './explore-events.js'
import { eventsOfStore } from './explore-store.js'
import { readFlags } from './why-flags.js'
import { readGiven } from './why-input.js'
import type { AskOptions } from './why-options.js'
import { questionsOf, suppliedBy, withSupplied, type AskFailure } from './why-questions.js'
import { readPassedPolicies, withPassedPolicies } from './why-session.js'

export type Started =
  | { readonly kind: 'events'; readonly source: EventSource; readonly complete: (question: Question) => Question }
  | { readonly kind: 'question'; readonly question: Question }
  /** Parts of a question that the flags tell. */
  | { readonly kind: 'nothing'; readonly known: Supplied }

/** All that the explorer begins with. */
export interface Ready {
  readonly asking: Asking
  readonly started: Started
}

export async function readyFor(
  world: AskedWorld,
  { folder, decision, place, options }: ExploreGiven,
): Promise<Result<Ready, AskFailure>> {
  const asking = new Asking(folder, world, new Answerer(world, decision), Date.now(), decision)
  const { follow: _follow, store: _store, ...asked } = options
  const started = await startOf(place, asked, asking)
  return started.ok ? { ok: true, value: { asking, started: started.value } } : started
}

async function startOf(
  { path: events, store, follows }: EventsPlace,
  options: AskOptions,
  { answerer }: Asking,
): Promise<Result<Started, AskFailure>> {
  const flags = readFlags(options)
  if (!flags.ok) return flags
  const { names } = answerer
  const supplied = suppliedBy(flags.value, names, false)
  if (!supplied.ok) return supplied
  const passed = await readPassedPolicies(options, answerer)
  if (!passed.ok) return passed
  const complete = (question: Question): Question =>
    withPassedPolicies(withSupplied(question, supplied.value, options), passed.value)
  const asEvents = (source: EventSource): Result<Started, AskFailure> => ({
    ok: true,
    value: { kind: 'events', source, complete },
  })
  if (store !== undefined) {
    if (events !== undefined) return failure('the events come from one place: give EVENTS or `--store`')
    const { openStore, whyNoStore, shownPlace } = await import('./kms-store.js')
    const problem = whyNoStore(store)
    if (problem !== undefined) return failure(problem)
    return asEvents(eventsOfStore(shownPlace(store), follows, () => openStore(store)))
  }
  if (events !== undefined && events !== '-') {
    if (isFolder(events)) {
      const source = folderOfEvents(events)
      return source.ok ? asEvents(source.value) : source
    }
    if (follows) return asEvents(followFile(events))
  }
  const isNothing = events === undefined && options.message === undefined && options.operation === undefined
  if (isNothing && (options.action === undefined || options.principal === undefined)) {
    const { request: _request, ...known } = supplied.value
    return { ok: true, value: { kind: 'nothing', known } }
  }
  const given = await readGiven(events, options)
  if (!given.ok) return given
  switch (given.value.kind) {
    case 'events':
      return asEvents(openedEvents(given.value.text))
    case 'simulation':
      return failure('a simulation document is a world of its own; `keyward why` explains it')
    case 'flags': {
      // The flags are the question, all of them.
      const own = suppliedBy(flags.value, names, true)
      if (!own.ok) return own
      const asked = questionsOf(given.value, flags.value, own.value, names, options)
      const question = asked.ok ? first(asked.value) : asked
      if (!question.ok) return question
      const whole = withPassedPolicies(withSupplied(question.value, own.value, options), passed.value)
      return { ok: true, value: { kind: 'question', question: whole } }
    }
    case 'message':
    case 'query':
    case 'operation': {
      const asked = questionsOf(given.value, flags.value, supplied.value, names, options)
      const question = asked.ok ? first(asked.value) : asked
      return question.ok ? { ok: true, value: { kind: 'question', question: complete(question.value) } } : question
    }
  }
}

function failure(error: AskFailure): { readonly ok: false; readonly error: AskFailure } {
  return { ok: false, error }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The first of those that are asked: a screen begins with one. */
function first(questions: readonly Question[]): Result<Question, AskFailure> {
  const [question] = questions
  return question === undefined ? failure('nothing is asked') : { ok: true, value: question }
}
