/**
 * The answer that a view is about, in a session file: its question is kept, and answered by the world as it is then.
 *
 * Session policies that the files of the world hold are found again by it; a question with others is not kept.
 */
import type { Answer } from '../../source/answer/answer-question.js'
import type { Question } from '../../source/asked/question.js'
import { originOf } from '../../source/world/policy-text.js'
import type { Asking } from '../world/asking.js'
import { readQuestion, savedQuestion } from './saved-question.js'

/** Undefined for a question that a file cannot hold. */
export function savedAnswer({ question }: Pick<Answer, 'question'>): unknown {
  const checks = question.checks.map((check) => {
    const { sessionPolicies: passed, ...rest } = check
    return passed?.every(({ source }) => originOf(source) !== undefined) === true ? rest : check
  })
  return savedQuestion({ ...question, checks } satisfies Question)
}

/** Undefined where what was saved is no question, or none that can be asked now. */
export function restoredAnswer(saved: unknown, asking: Asking): Answer | undefined {
  const question = readQuestion(saved)
  const answer = question === undefined ? undefined : asking.answer(question)
  return answer?.ok === true ? answer.value : undefined
}
