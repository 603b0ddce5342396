/**
 * Runs the tests of a file: each asks its question of the subject and holds the answer against what is expected.
 *
 * Reads no file: the events that tests name are handed in. A test that cannot be asked, because a name in it is nobody's,
 * is an error with its place and not a failure.
 *
 * Source: `docs/test.md`.
 */
import { trace } from '../decide/trace.js'
import type { SolveOptions } from '../solve/access.js'
import type { MakingStatement } from '../source/answer/changed-statements.js'
import { Answerer, isAllowed, type Answer } from '../source/answer/answer-question.js'
import { readCloudTrail } from '../source/asked/cloudtrail.js'
import { questionsOfText } from '../source/asked/from-query.js'
import type { Question } from '../source/asked/question.js'
import { quote } from '../text/escape.js'
import type { TextError } from '../text/grammar-reader.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import type { Exercised } from './coverage.js'
import { OF_IDENTITIES, prove } from './prove.js'
import type { ShownStatement, TestResult } from './result.js'
import { withEverythingAllowed, type Subject } from './subject.js'
import type { AskedTest, ExpectedAnswer, PolicyTest, TestFile } from './test-file.js'
import { placedIn } from './written-text.js'

export interface RunOptions {
  readonly solve?: SolveOptions
  /** The text of a file that a test names; the error is one sentence. */
  readonly event: (path: string) => Result<SourceText, string>
  /** Gets what the requests of the tests make apply. */
  readonly exercised: Exercised
}

export function runTest(
  { source }: Pick<TestFile, 'source'>,
  test: PolicyTest,
  subject: Subject,
  options: RunOptions,
): TestResult {
  const { asked } = test
  const ran =
    asked.kind === 'claim' ? runClaim(subject, source, asked, options) : runAnswers(subject, source, asked, options)
  const { name, span, allowUnknown } = test
  return { name, source, span, fails: fails(ran, allowUnknown), ...ran }
}

type Ran = Omit<TestResult, 'name' | 'source' | 'span' | 'fails'>

function fails({ status }: Ran, allowUnknown: boolean): boolean {
  return status === 'fail' || status === 'error' || (status === 'unknown' && !allowUnknown)
}

function broken(error: SourceError): Ran {
  return { status: 'error', wanted: '', got: '', details: [], statements: [], witnesses: [], error }
}

const NOTHING = { details: [], statements: [], witnesses: [] } as const

// ------------------------------------------------------------------------------------------------------------- claims

/** Requests that are told at length; the rest is counted. */
const MAX_TOLD = 10

function runClaim(
  subject: Subject,
  source: SourceText,
  { text, assertion }: Extract<AskedTest, { readonly kind: 'claim' }>,
  { solve, exercised }: RunOptions,
): Ran {
  const proved = prove(subject, assertion, solve)
  if (!proved.ok) return broken(placedIn(source, text, proved.error))
  const { outcome, reason, shown, calls } = proved.value
  for (const call of [...calls, ...shown.map((each) => each.call)]) exercised.add(trace(call))
  const wanted = 'proved'
  switch (outcome) {
    case 'pass':
      return { status: 'pass', wanted, got: 'proved', ...NOTHING }
    case 'unknown':
      return { status: 'unknown', wanted, got: 'unknown', ...NOTHING, details: reason === undefined ? [] : [reason] }
    case 'fail': {
      const told = shown.slice(0, MAX_TOLD)
      const more = shown.length - told.length
      return {
        status: 'fail',
        wanted,
        got: 'refuted',
        details: [
          ...(reason === undefined ? [] : [reason]),
          ...told.map(({ sentence }) => sentence),
          ...(more > 0 ? [`${more} more of the kind`] : []),
        ],
        statements: unlike(
          told.flatMap(({ statements }) => statements.flatMap((each) => shownStatement(subject, each))),
        ),
        witnesses: told.map(({ call }) => call),
      }
    }
  }
}

function unlike(statements: readonly ShownStatement[]): readonly ShownStatement[] {
  const byName = new Map(statements.map((each) => [`${each.name} ${each.file ?? ''} ${each.line ?? 0}`, each]))
  return [...byName.values()]
}

/** None for what this program has put around a policy, or takes of policies that nobody knows. */
function shownStatement(
  { filePrefix }: Subject,
  { name, effect, place, applies = true }: MakingStatement & { readonly applies?: boolean },
): readonly ShownStatement[] {
  const near = applies ? {} : { isNear: true }
  if (place === null) return [{ name, effect, ...near }]
  const { source, line, column } = place
  return source.name.startsWith('<')
    ? []
    : [{ name, effect, ...near, file: `${filePrefix}${source.name}`, line, column }]
}

// ------------------------------------------------------------------------------------------------------------ answers

type AskedAnswers = Extract<AskedTest, ExpectedAnswer>

function runAnswers(subject: Subject, source: SourceText, asked: AskedAnswers, options: RunOptions): Ran {
  const questions = questionsOf(subject, source, asked, options)
  if (!questions.ok) return broken(questions.error)
  const wanted = wantedWords(asked)
  let doubt: Ran | undefined
  for (const question of questions.value) {
    const answered = subject.answerer.answer(question)
    if (!answered.ok) return broken(placeOfAsked(source, asked, answered.error))
    options.exercised.add(answered.value.trace)
    const got = judged(subject, question, answered.value, asked)
    if (got === 'as expected') continue
    const which = questions.value.length > 1 || asked.kind === 'event'
    const ran = told(subject, answered.value, which, wanted, got, asked)
    if (ran.status === 'fail') return ran
    doubt ??= ran
  }
  return doubt ?? { status: 'pass', wanted, got: wanted, ...NOTHING }
}

function questionsOf(
  { names }: Subject,
  source: SourceText,
  asked: AskedAnswers,
  { event }: RunOptions,
): Result<readonly Question[], SourceError> {
  if (asked.kind === 'query') {
    const found = questionsOfText(asked.text.text, names)
    return found.ok
      ? { ok: true, value: found.value.questions }
      : { ok: false, error: placedIn(source, asked.text, found.error) }
  }
  const text = event(asked.path)
  if (!text.ok) return { ok: false, error: placeOfAsked(source, asked, { message: text.error }) }
  const questions: Question[] = []
  for (const item of readCloudTrail(text.value.name, text.value.text, { names })) {
    if (item.ok) questions.push(item.value)
    else if (item.error.kind === 'notJson' || item.error.kind === 'notAnEvent') {
      const message = `${text.value.name}:${item.error.line}: ${item.error.message}`
      return { ok: false, error: placeOfAsked(source, asked, { message }) }
    }
  }
  if (questions.length > 0) return { ok: true, value: questions }
  const message = `${quote(text.value.name, 200)} has no requests to KMS`
  return { ok: false, error: placeOfAsked(source, asked, { message }) }
}

function placeOfAsked(source: SourceText, asked: AskedAnswers, { message }: Pick<TextError, 'message'>): SourceError {
  if (asked.kind === 'event') return { message, source, span: asked.span }
  return placedIn(source, asked.text, { message, start: 0, end: asked.text.text.length })
}

type Judged = 'as expected' | 'other' | { readonly unknown: string }

function judged(subject: Subject, question: Question, answer: Answer, asked: ExpectedAnswer): Judged {
  const isGiven = isAllowed(answer)
  const { explanation, eitherWay } = answer
  if (answer.failingCheck === null && !isGiven) return { unknown: 'not everything that the request needs is known' }
  if (subject.isKeyPolicy && hangsOnIdentity(subject, question, isGiven)) return { unknown: OF_IDENTITIES }
  if (asked.isCertain && eitherWay.answer === 'depends') {
    const keys = new Set(eitherWay.dependsOn.flatMap((each) => each.keys.map(({ key }) => key)))
    return { unknown: `it hangs on what is not told: ${[...keys].join(', ')}` }
  }
  const { verdict, cause, layer } = explanation
  const isVerdict = asked.expect === 'allow' ? isGiven : asked.expect === 'deny' ? !isGiven : verdict === asked.expect
  const isCause = asked.because === undefined || cause?.code === asked.because
  const isLayer = asked.layer === undefined || layer === asked.layer
  return isVerdict && isCause && isLayer ? 'as expected' : 'other'
}

/** Whether identity policies, of which nothing is known, could make it another answer. They only ever allow here. */
function hangsOnIdentity({ world }: Subject, question: Question, isGiven: boolean): boolean {
  const [first] = question.checks
  if (isGiven || first === undefined) return false
  const open = new Answerer(withEverythingAllowed(world, first.principal)).answer(question)
  return open.ok && isAllowed(open.value)
}

function told(
  subject: Subject,
  { explanation, trace: { call } }: Answer,
  isOneOfMany: boolean,
  wanted: string,
  judgement: Exclude<Judged, 'as expected'>,
  asked: ExpectedAnswer,
): Ran {
  const { verdict, cause, layer, summary, decisive, action, resource } = explanation
  const code = cause === null ? '' : ` (${cause.code})`
  const at = asked.layer === undefined ? '' : ` at layer ${layer}`
  const of = isOneOfMany ? `${action} on ${subject.nameOf(resource ?? undefined)}: ` : ''
  const isUnknown = judgement !== 'other'
  return {
    status: isUnknown ? 'unknown' : 'fail',
    wanted,
    got: isUnknown ? 'unknown' : `${of}${verdict}${code}${at}`,
    details: isUnknown ? [judgement.unknown] : [summary],
    statements: isUnknown ? [] : decisive.flatMap((part) => shownStatement(subject, part)),
    witnesses: isUnknown ? [] : [call],
  }
}

function wantedWords({ expect, because, layer }: ExpectedAnswer): string {
  const code = because === undefined ? '' : ` (${because})`
  return `${expect}${code}${layer === undefined ? '' : ` at layer ${layer}`}`
}
