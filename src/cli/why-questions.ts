/**
 * From a text or from flags to questions, and what flags say of every question besides. Answers nothing.
 */
import { quote } from '../text/escape.js'
import type { QueryPrincipal, QueryResource } from '../text/query-term.js'
import type { Result, SourceError } from '../text/source.js'
import { questionsOfMessages } from '../source/asked/from-message.js'
import { questionOfOperation } from '../source/asked/from-operation.js'
import { questionsOfQuery, questionsOfText, type AskedQuery } from '../source/asked/from-query.js'
import type { NameResolver } from '../source/asked/name-resolver.js'
import { readQueryContext, type QueryRequest } from '../source/asked/query-context.js'
import { completeQuestion, type Question, type Supplied } from '../source/asked/question.js'
import { placed, queryOfFlags, type Flags } from './why-flags.js'
import type { Given } from './why-input.js'
import type { AskOptions } from './why-options.js'

/** One sentence, or an error with its place. */
export type AskFailure = string | SourceError

/** What is a question in itself: no events, and no world of its own. */
type GivenQuestion = Exclude<Given, { readonly kind: 'events' | 'simulation' }>

export function questionsOf(
  given: GivenQuestion,
  flags: Flags,
  { principal }: Supplied,
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
      const questions = questionsOfMessages(given.source.name, given.source.text)
      return questions.ok ? questions : { ok: false, error: placed(given.source, questions.error) }
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
export function suppliedBy(flags: Flags, names: NameResolver, isQuestion: boolean): Result<SuppliedParts, SourceError> {
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

export function withSupplied(
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

function failure(error: AskFailure): { readonly ok: false; readonly error: AskFailure } {
  return { ok: false, error }
}
