/**
 * An answer as a JSON document for other programs. Its form is public: a member may be added, none changes its meaning
 * without a new `version`.
 */
import { explanationJson, type ExplanationJson } from '../../explain/explanation-json.js'
import type { AwsAnswer } from '../asked/aws-answer.js'
import type { PlausibleExplanation, Agreement } from '../asked/disagreement.js'
import type { Lack, Question, QuestionOrigin, UnknownInput } from '../asked/question.js'
import type { ExplainedCheck } from '../explain-document.js'
import type { Gap } from '../world/world.js'
import type { Answer, Answerer } from './answer-question.js'
import type { EitherWay, OpenStatement } from './either-way.js'
import type { GroupedQuestions, QuestionGroup } from './grouped-questions.js'

/** What `keyward why --json` prints of one question to a world. */
export interface AnswerJson extends ExplanationJson {
  readonly kind: 'question'
  readonly origin: Omit<QuestionOrigin, 'span'>
  readonly operation: string | null
  readonly checks: readonly ExplainedCheck[]
  readonly failingCheck: number | null
  readonly notAsked: readonly NotAsked[]
  readonly eitherWay: EitherWay['answer']
  readonly dependsOn: readonly (Omit<OpenStatement, 'place'> & { readonly place: PlaceJson | null })[]
  /** What the world lacks and could change the answer; of a policy that cannot be read also which, and where it is. */
  readonly missing: readonly Pick<Gap, 'code' | 'message' | 'unreadable'>[]
  readonly notTold: readonly UnknownInput[]
  readonly aws: {
    readonly said: AwsAnswer
    readonly agreement: Agreement
    readonly explanations: readonly PlausibleExplanation[]
  } | null
}

interface PlaceJson {
  readonly source: string
  readonly line: number
  readonly column: number
  readonly pointer: string
}

interface NotAsked {
  readonly action: string | null
  readonly lacks: readonly Lack[]
}

export function answerJson({
  question,
  explanation,
  checks,
  failingCheck,
  eitherWay,
  missing,
  comparison,
}: Answer): AnswerJson {
  const { said, operation, incomplete, unknown } = question
  return {
    ...explanationJson(explanation),
    kind: 'question',
    origin: originOf(question),
    operation: operation ?? null,
    checks,
    failingCheck,
    notAsked: incomplete.map(({ action, lacks }) => ({ action: action ?? null, lacks })),
    eitherWay: eitherWay.answer,
    dependsOn: eitherWay.dependsOn.map(({ place, ...open }) => ({
      ...open,
      place:
        place === null
          ? null
          : { source: place.source.name, line: place.line, column: place.column, pointer: place.pointer },
    })),
    missing: missing.map(({ code, message, unreadable }) => ({
      code,
      message,
      ...(unreadable === undefined ? {} : { unreadable }),
    })),
    notTold: unknown,
    aws: said === undefined || comparison === undefined ? null : { said, ...comparison },
  }
}

/** Where the question came from, without its place in the text that was read. */
function originOf({ origin }: Question): Omit<QuestionOrigin, 'span'> {
  const { span: _span, ...rest } = origin
  return rest
}

// -------------------------------------------------------------------------------------------------------------- many

/** What `keyward why --json` prints of many questions. */
export interface GroupsJson extends Omit<GroupedQuestions, 'groups'> {
  readonly version: 1
  readonly kind: 'questions'
  readonly groups: readonly GroupJson[]
}

interface GroupJson extends Omit<QuestionGroup, 'example'> {
  /** Of the example: the answer in a sentence or two. */
  readonly summary: string | null
  readonly example: Omit<QuestionOrigin, 'span'>
}

export function groupsJson({ groups, ...counts }: GroupedQuestions, answerer: Answerer): GroupsJson {
  return {
    version: 1,
    kind: 'questions',
    ...counts,
    groups: groups.map(({ example, ...group }) => {
      const answer = answerer.answer(example)
      return { ...group, summary: answer.ok ? answer.value.explanation.summary : null, example: originOf(example) }
    }),
  }
}
