/**
 * What views ask of the world. It never changes while the program runs, so every answer is a function of the question,
 * and the last ones are kept.
 */
import { LRUCache } from 'lru-cache'
import type { DecisionOptions } from '../../decide/options.js'
import type { Answer, Answerer, Unanswerable } from '../../source/answer/answer-question.js'
import { questionsOfQuery } from '../../source/asked/from-query.js'
import type { Question } from '../../source/asked/question.js'
import type { AskedWorld } from '../../source/world/world.js'
import { parseAccessQuery } from '../../text/access-query.js'
import type { TextError } from '../../text/grammar-reader.js'
import type { Result } from '../../text/source.js'

const KEPT_ANSWERS = 64

export class Asking {
  private readonly answers = new LRUCache<Question, Result<Answer, Unanswerable>>({ max: KEPT_ANSWERS })

  constructor(
    /** As the user called it: a folder. */
    readonly name: string,
    readonly world: AskedWorld,
    readonly answerer: Answerer,
    /** When the program was started, in milliseconds since the epoch: ages are told as of then. */
    readonly openedAtMs?: number,
    /** Of the answerer, for another one that answers the same way. */
    readonly decision: Partial<DecisionOptions> = {},
  ) {}

  /** The decision with its story. A few milliseconds; the last ones are kept by the question object. */
  answer(question: Question): Result<Answer, Unanswerable> {
    const known = this.answers.get(question)
    if (known !== undefined) return known
    const answer = this.answerer.answer(question)
    this.answers.set(question, answer)
    return answer
  }

  /** `can role/App do kms:Decrypt on alias/payments`; the first of the questions that it asks. */
  query(text: string): Result<Question, TextError> {
    const query = parseAccessQuery(text)
    if (!query.ok) return query
    const found = questionsOfQuery(text, query.value, this.answerer.names)
    if (!found.ok) return found
    const [first] = found.value.questions
    if (first !== undefined) return { ok: true, value: first }
    return { ok: false, error: { message: 'nothing is asked', start: 0, end: text.length } }
  }
}
