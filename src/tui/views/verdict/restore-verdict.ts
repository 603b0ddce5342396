/**
 * A verdict of a session file: the question is read again, and answered by the world as it is now.
 *
 * Nothing of the file is trusted: what is no question is refused.
 */
import type { Env, View } from '../../app/view.js'
import { readQuestion } from '../../session/saved-question.js'
import { openQuestion } from '../ask/ask-view.js'

export function restoreVerdict(saved: unknown, env: Env): View | undefined {
  const question = readQuestion(saved)
  if (question === undefined) return undefined
  const view = openQuestion(question, env)
  return view.ok ? view.value : undefined
}
