/**
 * What somebody pastes, as a question: an access-denied text, a CloudTrail event, a query.
 */
import { readCloudTrail } from '../../../source/asked/cloudtrail.js'
import { questionOfText } from '../../../source/asked/from-message.js'
import type { Question } from '../../../source/asked/question.js'
import type { Result } from '../../../text/source.js'
import type { Asking } from '../../world/asking.js'

const NAME = '<pasted>'
const QUERY = /^\s{0,64}(?:can|why)\s/i

/** The error is one sentence. */
export function questionOfPasted(text: string, asking: Asking): Result<Question, string> {
  if (QUERY.test(text)) {
    const asked = asking.query(text.trim())
    return asked.ok ? asked : { ok: false, error: asked.error.message }
  }
  if (text.includes('eventSource')) {
    for (const item of readCloudTrail(NAME, text, { names: asking.answerer.names })) {
      if (item.ok) return item
    }
  }
  const message = questionOfText(NAME, text)
  return message.ok ? message : { ok: false, error: `what was pasted is no question: ${message.error.message}` }
}
