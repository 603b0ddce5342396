/**
 * What the explorer is given, as events to be read or as a question to begin with.
 */
import { statSync } from 'node:fs'
import { questionOfOperation } from '../source/asked/from-operation.js'
import { questionsOfQuery, questionsOfText } from '../source/asked/from-query.js'
import { questionOfText } from '../source/asked/from-message.js'
import { readQueryContext } from '../source/asked/query-context.js'
import { completeQuestion, type Question, type Supplied } from '../source/asked/question.js'
import type { Result, SourceError } from '../text/source.js'
import type { Asking } from '../tui/world/asking.js'
import type { EventSource } from '../tui/world/event-loader.js'
import { followFile } from '../tui/world/follow-file.js'
import { eventsOfStore } from './explore-store.js'
import { folderOfEvents, openedEvents } from './explore-events.js'
import { placed, queryOfFlags, readFlags, type Flags } from './why-flags.js'
import { readGiven, type Given } from './why-input.js'
import type { AskOptions } from './why-options.js'
import { readPassedPolicies, withPassedPolicies } from './why-session.js'
import { oneOf, type AskFailure } from './why-world.js'

export type Started =
  | { readonly kind: 'events'; readonly source: EventSource; readonly complete: (question: Question) => Question }
  | { readonly kind: 'question'; readonly question: Question }
  /** Parts of a question that the flags tell. */
  | { readonly kind: 'nothing'; readonly known: Supplied }

export async function startOf(
  events: string | undefined,
  { follow: follows = false, store, ...options }: AskOptions & { readonly follow?: boolean; readonly store?: string },
  asking: Asking,
): Promise<Result<Started, AskFailure>> {
  const flags = readFlags(options)
  if (!flags.ok) return flags
  const supplied = suppliedBy(flags.value, asking)
  if (!supplied.ok) return supplied
  const completed = await completer(flags.value, supplied.value, options, asking)
  if (!completed.ok) return completed
  const complete = completed.value
  const asEvents = (source: EventSource): Result<Started, AskFailure> => ({
    ok: true,
    value: { kind: 'events', source, complete },
  })
  if (store !== undefined) {
    if (events !== undefined) return failure('the events come from one place: give EVENTS or `--store`')
    const { openStore, shownPlace } = await import('./kms-store.js')
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
    return { ok: true, value: { kind: 'nothing', known: supplied.value } }
  }
  const given = await readGiven(events, options)
  if (!given.ok) return given
  if (given.value.kind === 'events') return asEvents(openedEvents(given.value.text))
  const question = questionOf(given.value, flags.value, supplied.value, options, asking)
  return question.ok ? { ok: true, value: { kind: 'question', question: complete(question.value) } } : question
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

function questionOf(
  given: Exclude<Given, { readonly kind: 'events' }>,
  flags: Flags,
  { principal }: Supplied,
  options: AskOptions,
  { answerer }: Asking,
): Result<Question, AskFailure> {
  const { names } = answerer
  switch (given.kind) {
    case 'simulation':
      return failure('a simulation document is a world of its own; `keyward why` explains it')
    case 'flags': {
      const query = queryOfFlags(flags)
      if (!query.ok) return query
      return first(questionsOfQuery(flags.source.text, query.value, names), flags.source)
    }
    case 'query':
      return first(questionsOfText(given.source.text, names), given.source)
    case 'message': {
      const question = questionOfText(given.source.name, given.source.text)
      return question.ok ? question : failure(placed(given.source, question.error))
    }
    case 'operation': {
      if (principal === undefined) return failure('nobody calls the operation; give `--principal`, such as `role/App`')
      const { operation, parameters, name } = given
      const { region } = options
      const question = questionOfOperation(
        { operation, parameters, name, principal, ...(region === undefined ? {} : { region }) },
        names,
      )
      return question.ok ? question : failure(question.error.message)
    }
  }
}

function first(found: ReturnType<typeof questionsOfText>, source: Flags['source']): Result<Question, AskFailure> {
  if (!found.ok) return failure(placed(source, found.error))
  const [question] = found.value.questions
  return question === undefined ? failure('nothing is asked') : { ok: true, value: question }
}

// ------------------------------------------------------------------------------------------------------------- flags

function suppliedBy(flags: Flags, { answerer: { names } }: Asking): Result<Supplied, SourceError> {
  const principal = oneOf(flags, flags.principal, (term) => names.principals(term), 'principal')
  if (!principal.ok) return principal
  const resource = oneOf(flags, flags.resource, (term) => names.resources(term), 'key or alias')
  if (!resource.ok) return resource
  return {
    ok: true,
    value: {
      ...(principal.value === undefined ? {} : { principal: principal.value }),
      ...(flags.action === undefined ? {} : { action: flags.action.action }),
      ...(resource.value === undefined ? {} : { resource: resource.value }),
    },
  }
}

/** What the flags say of every question besides its caller, permission and key. */
async function completer(
  flags: Flags,
  supplied: Supplied,
  options: AskOptions,
  { answerer }: Asking,
): Promise<Result<(question: Question) => Question, AskFailure>> {
  const request = readQueryContext(flags.context)
  if (!request.ok) return failure(placed(flags.source, request.error))
  const passed = await readPassedPolicies(options, answerer)
  if (!passed.ok) return passed
  const { context, ...details } = request.value.request
  const told = new Set(request.value.told.map((name) => name.toLowerCase()))
  const tokens = options.grantToken ?? []
  const complete = (question: Question): Question => {
    const whole = completeQuestion(question, supplied)
    return withPassedPolicies(
      {
        ...whole,
        checks: whole.checks.map((check) => ({
          ...check,
          ...details,
          ...(tokens.length === 0 ? {} : { grantTokens: [...(check.grantTokens ?? []), ...tokens] }),
          context: { ...check.context, ...context },
        })),
        unknown: whole.unknown.filter(
          ({ kind, name }) => !(kind === 'grantTokens' && tokens.length > 0) && !told.has(name.toLowerCase()),
        ),
      },
      passed.value,
    )
  }
  const isPlain = [supplied, details, context ?? {}, tokens].every((each) => Object.keys(each).length === 0)
  return { ok: true, value: isPlain && passed.value === undefined ? (question) => question : complete }
}
