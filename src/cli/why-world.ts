/**
 * From what a command is given to questions, and from these to answers of a world. Prints nothing.
 */
import type { DecisionOptions } from '../decide/options.js'
import type { QueryPrincipal, QueryResource } from '../text/query-term.js'
import { quote } from '../text/escape.js'
import type { Result, SourceError } from '../text/source.js'
import { Answerer, type Answer } from '../source/answer/answer-question.js'
import { QuestionGroups, type GroupedQuestions } from '../source/answer/grouped-questions.js'
import { readCloudTrailStream } from '../source/asked/cloudtrail.js'
import { questionOfText } from '../source/asked/from-message.js'
import { questionOfOperation } from '../source/asked/from-operation.js'
import { questionsOfQuery, questionsOfText, type AskedQuery } from '../source/asked/from-query.js'
import type { NameResolver } from '../source/asked/name-resolver.js'
import { readQueryContext, type QueryRequest } from '../source/asked/query-context.js'
import { completeQuestion, type Question, type Supplied } from '../source/asked/question.js'
import { openWorld } from '../source/world/load-world.js'
import type { AskedWorld } from '../source/world/world.js'
import { UnreadableInput } from './input.js'
import { placed, queryOfFlags, readFlags, type Flags } from './why-flags.js'
import type { Given } from './why-input.js'
import type { AskOptions } from './why-options.js'
import { cacheFolder } from './world-cache-folder.js'
import { readPassedPolicies, withPassedPolicies } from './why-session.js'

/** Everything but a simulation document, which is a world of its own. */
export type GivenToWorld = Exclude<Given, { readonly kind: 'simulation' }>

export type Asked =
  | { readonly kind: 'one'; readonly answer: Answer }
  | { readonly kind: 'many'; readonly grouped: GroupedQuestions; readonly answerer: Answerer }

/** One sentence, or an error with its place. */
export type AskFailure = string | SourceError

export interface AskContext {
  readonly options: AskOptions
  readonly decision: Partial<DecisionOptions>
  /** Something about the world that the reader should know, one sentence. */
  readonly warn: (message: string) => void
  /** Called now and then with the number of events read. */
  readonly onProgress: (count: number) => void
}

const WHAT: Readonly<Record<GivenToWorld['kind'], string>> = {
  events: 'CloudTrail events need',
  message: 'an AWS message needs',
  query: 'a query needs',
  operation: '`--operation` needs',
  flags: 'this question needs',
}

export async function ask(given: GivenToWorld, context: AskContext): Promise<Result<Asked, AskFailure>> {
  const { options, decision, warn } = context
  if (options.world === undefined) {
    return failure(`${WHAT[given.kind]} a world to be answered from; give \`--world DIR\``)
  }
  const flags = readFlags(options)
  if (!flags.ok) return flags
  const world = openedWorld(options.world, options, warn)
  if (!world.ok) return world
  const answerer = new Answerer(world.value, decision)
  const supplied = suppliedBy(flags.value, answerer.names, given.kind === 'flags')
  if (!supplied.ok) return supplied
  const passed = await readPassedPolicies(options, answerer)
  if (!passed.ok) return passed
  const complete = (question: Question): Question =>
    withPassedPolicies(withSupplied(question, supplied.value, options), passed.value)
  if (given.kind === 'events') return askEvents(given, answerer, complete, context)
  const questions = questionsOf(given, flags.value, supplied.value, answerer.names, options)
  return questions.ok ? askAll(questions.value.map(complete), answerer) : questions
}

function failure(error: AskFailure): { readonly ok: false; readonly error: AskFailure } {
  return { ok: false, error }
}

/** The world of a folder, from the cache where it is kept; warns of what in it cannot be used. */
export function openedWorld(
  folder: string,
  options: AskOptions,
  warn: (message: string) => void,
): Result<AskedWorld, AskFailure> {
  const cache = cacheFolder(options, process.env)
  const found = openWorld(folder, cache === undefined ? undefined : { folder: cache })
  if (!found.ok) return found
  const { world, unusable, contradictions } = found.value
  const name = quote(folder, 200)
  if (unusable > 0) warn(`${count(unusable, 'part')} of ${name} cannot be used, and may bear on this; ${SHOW}`)
  else if (contradictions > 0)
    warn(`the files of ${name} contradict each other in ${count(contradictions, 'place')}; ${SHOW}`)
  return { ok: true, value: world }
}

const SHOW = '`keyward world` shows more'

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

// -------------------------------------------------------------------------------------------------------- questions

function questionsOf(
  given: Exclude<GivenToWorld, { readonly kind: 'events' }>,
  flags: Flags,
  { principal }: SuppliedParts,
  names: NameResolver,
  options: AskOptions,
): Result<readonly Question[], AskFailure> {
  switch (given.kind) {
    case 'flags': {
      const query = queryOfFlags(flags)
      if (!query.ok) return query
      const found = questionsOfQuery(flags.source.text, query.value, names)
      if (found.ok || flags.resource !== undefined) return queried(found, flags.source, 'the flags do not tell it')
      // What is wrong is most likely what is not there.
      return queried({ ok: false, error: { ...found.error, hint: NO_KEY } }, flags.source)
    }
    case 'query':
      return queried(questionsOfText(given.source.text, names), given.source)
    case 'message': {
      const question = questionOfText(given.source.name, given.source.text)
      return question.ok
        ? { ok: true, value: [question.value] }
        : { ok: false, error: placed(given.source, question.error) }
    }
    case 'operation': {
      if (principal === undefined) return failure('nobody calls the operation; give `--principal`, such as `role/App`')
      const { operation, parameters, name } = given
      const { region } = options
      const request = { operation, parameters, name, principal, ...(region === undefined ? {} : { region }) }
      const question = questionOfOperation(request, names)
      return question.ok ? { ok: true, value: [question.value] } : failure(question.error.message)
    }
  }
}

const NO_KEY = 'give `--key`, such as `alias/payments`, where the action has one'

function queried(
  found: ReturnType<typeof questionsOfText>,
  source: Flags['source'],
  why?: string,
): Result<AskedQuery['questions'], AskFailure> {
  if (!found.ok) return { ok: false, error: placed(source, found.error) }
  const { questions } = found.value
  if (why === undefined) return { ok: true, value: questions }
  const told = questions.map((question) => ({
    ...question,
    origin: { ...question.origin, name: source.name },
    unknown: question.unknown.map((input) => ({
      ...input,
      why: input.kind === 'sessionPolicies' ? 'no `--session-policy` is given' : why,
    })),
  }))
  return { ok: true, value: told }
}

interface SuppliedParts extends Supplied {
  readonly request: QueryRequest
}

/** What the flags say of the request; of a question of their own the query has taken it already. */
function suppliedBy(flags: Flags, names: NameResolver, isQuestion: boolean): Result<SuppliedParts, SourceError> {
  const request = readQueryContext(isQuestion ? { conditions: [] } : flags.context)
  if (!request.ok) return { ok: false, error: placed(flags.source, request.error) }
  if (isQuestion) return { ok: true, value: { request: request.value } }
  const principal = oneOf(flags, flags.principal, (term) => names.principals(term), 'principal')
  if (!principal.ok) return principal
  const resource = oneOf(flags, flags.resource, (term) => names.resources(term), 'key or alias')
  if (!resource.ok) return resource
  return {
    ok: true,
    value: {
      request: request.value,
      ...(principal.value === undefined ? {} : { principal: principal.value }),
      ...(flags.action === undefined ? {} : { action: flags.action.action }),
      ...(resource.value === undefined ? {} : { resource: resource.value }),
    },
  }
}

/** The only one that a flag can mean; an error with its place where there is none, or several. */
export function oneOf<T extends QueryPrincipal | QueryResource>(
  { source }: Flags,
  term: T | undefined,
  find: (term: T) => readonly string[],
  what: string,
): Result<string | undefined, SourceError> {
  if (term === undefined) return { ok: true, value: undefined }
  const found = find(term)
  if (found.length === 1) return { ok: true, value: found[0] }
  const written = quote(source.text.slice(term.span.start, term.span.end), 160)
  const message = found.length === 0 ? `no ${what} ${written} is known` : `${written} is the name of ${found.length}`
  return {
    ok: false,
    error: { message, source, span: term.span, hint: 'expected one that is known here, or a whole ARN' },
  }
}

const PARTS = [
  ['principal', '--principal'],
  ['action', '--action'],
  ['resource', '--key'],
] as const

function withSupplied(
  question: Question,
  { request, ...parts }: SuppliedParts,
  { grantToken = [] }: AskOptions,
): Question {
  if (grantToken.length === 0 && isNothing(request, parts)) return question
  const completed = completeQuestion(question, parts)
  const { context, ...details } = request.request
  const told = new Set(request.told.map((name) => name.toLowerCase()))
  const hasTokens = grantToken.length > 0
  const unused = PARTS.filter(
    ([part]) => parts[part] !== undefined && !(part === 'principal' && question.origin.form === 'operation'),
  ).filter(([part]) => !question.incomplete.some(({ lacks }) => lacks.some((lack) => lack.part === part)))
  return {
    ...completed,
    notes: [
      ...completed.notes,
      ...unused.map(([, flag]) => `\`${flag}\` is not taken up: the question says it itself`),
    ],
    checks: completed.checks.map((check) => ({
      ...check,
      ...details,
      ...(hasTokens ? { grantTokens: [...(check.grantTokens ?? []), ...grantToken] } : {}),
      context: { ...check.context, ...context },
    })),
    unknown: completed.unknown.filter(
      ({ kind, name }) => !(kind === 'grantTokens' && hasTokens) && !told.has(name.toLowerCase()),
    ),
  }
}

/** Most events need nothing, and there are many of them. */
function isNothing({ request: { context = {}, ...details }, told }: QueryRequest, parts: Supplied): boolean {
  return [context, details, told, parts].every((each) => Object.keys(each).length === 0)
}

// ---------------------------------------------------------------------------------------------------------- answers

function askAll(questions: readonly Question[], answerer: Answerer): Result<Asked, AskFailure> {
  const [only] = questions
  if (only !== undefined && questions.length === 1) return askOne(only, answerer)
  const groups = new QuestionGroups(answerer)
  for (const question of questions) groups.add(question)
  return { ok: true, value: { kind: 'many', grouped: groups.finish(), answerer } }
}

function askOne(question: Question, answerer: Answerer): Result<Asked, AskFailure> {
  const answer = answerer.answer(question)
  if (answer.ok) return { ok: true, value: { kind: 'one', answer: answer.value } }
  const lacks = new Set(question.incomplete.flatMap((check) => check.lacks.map(({ part }) => part)))
  const flags = [
    lacks.has('principal') ? '`--principal`' : undefined,
    lacks.has('action') ? '`--action`' : undefined,
    lacks.has('resource') ? '`--key`' : undefined,
  ].filter((flag) => flag !== undefined)
  const { message } = answer.error
  return failure(flags.length === 0 || question.checks.length > 0 ? message : `${message}; give ${flags.join(' and ')}`)
}

async function askEvents(
  { text }: Extract<GivenToWorld, { readonly kind: 'events' }>,
  answerer: Answerer,
  complete: (question: Question) => Question,
  { onProgress }: AskContext,
): Promise<Result<Asked, AskFailure>> {
  const groups = new QuestionGroups(answerer)
  let first: Question | undefined
  let firstFault: string | undefined
  let questions = 0
  let read = 0
  try {
    for await (const items of readCloudTrailStream(text.name, text.pieces(), { names: answerer.names })) {
      for (const item of items) {
        read++
        if (!item.ok) {
          firstFault ??= `${item.error.name}:${item.error.line}: ${item.error.message}`
          groups.notUnderstood(item.error)
          continue
        }
        const question = complete(item.value)
        questions++
        // One alone is told at length, and need not be judged before.
        if (questions === 2 && first !== undefined) groups.add(first)
        if (questions > 1) groups.add(question)
        first ??= question
      }
      onProgress(read)
    }
  } catch (error) {
    if (error instanceof UnreadableInput) return failure(error.message)
    throw error
  }
  if (first === undefined) return failure(firstFault ?? `${quote(text.name)} has no events of KMS`)
  if (questions === 1 && read === 1) return askOne(first, answerer)
  if (questions === 1) groups.add(first)
  return { ok: true, value: { kind: 'many', grouped: groups.finish(), answerer } }
}
