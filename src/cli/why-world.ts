/**
 * From what a command is given to questions, and from these to answers of a world. Prints nothing.
 */
import type { DecisionOptions } from '../decide/options.js'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { Answerer, type Answer } from '../source/answer/answer-question.js'
import { QuestionGroups, type GroupedQuestions } from '../source/answer/grouped-questions.js'
import { readCloudTrailStream } from '../source/asked/cloudtrail.js'
import type { Question } from '../source/asked/question.js'
import { openingWorld } from '../source/world/load-world.js'
import { finish, type Steps, type WorldProgress } from '../source/world/world-progress.js'
import type { AskedWorld } from '../source/world/world.js'
import { UnreadableInput } from './input.js'
import { progressOn } from './progress.js'
import { terminalFacts, writeError } from './terminal.js'
import { readFlags } from './why-flags.js'
import type { Given } from './why-input.js'
import type { AskOptions } from './why-options.js'
import { questionsOf, suppliedBy, withSupplied, type AskFailure } from './why-questions.js'
import { cacheFolder } from './world-cache-folder.js'
import { readPassedPolicies, withPassedPolicies } from './why-session.js'

/** Everything but a simulation document, which is a world of its own. */
export type GivenToWorld = Exclude<Given, { readonly kind: 'simulation' }>

export type Asked =
  | { readonly kind: 'one'; readonly answer: Answer }
  | { readonly kind: 'many'; readonly grouped: GroupedQuestions; readonly answerer: Answerer }

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

/**
 * The world of a folder, from the cache where it is kept; warns of what in it cannot be used. Where it takes long,
 * standard error says how far it is.
 */
export function openedWorld(
  folder: string,
  options: AskOptions,
  warn: (message: string) => void,
): Result<AskedWorld, AskFailure> {
  const progress = progressOn('files', terminalFacts(process.stderr), writeError)
  const found = finish(openingAskedWorld(folder, options, warn), ({ understood, done }) =>
    progress.update(understood, done),
  )
  progress.finish()
  return found
}

/** The same in steps. */
export function* openingAskedWorld(
  folder: string,
  options: AskOptions,
  warn: (message: string) => void,
): Steps<WorldProgress, Result<AskedWorld, AskFailure>> {
  const cache = cacheFolder(options, process.env)
  const found = yield* openingWorld(folder, cache === undefined ? undefined : { folder: cache })
  if (!found.ok) return found
  const { world, unusable, contradictions } = found.value
  const name = quote(folder, 200)
  if (unusable > 0) warn(`${count(unusable, 'part')} of ${name} cannot be used, and may bear on this; ${SHOW}`)
  if (contradictions > 0)
    warn(`the files of ${name} contradict each other in ${count(contradictions, 'place')}; ${SHOW}`)
  return { ok: true, value: world }
}

const SHOW = '`keyward world` shows more'

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
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
