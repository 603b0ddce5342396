/**
 * The question of one cell of the matrix.
 */
import type { Question } from '../../../source/asked/question.js'
import type { Asking } from '../../world/asking.js'

export interface CellPlace {
  readonly caller: string
  readonly key: string
}

/** Of ARNs of the world, in quotes: words of a query have fewer characters. */
function queryText(action: string, { caller, key }: CellPlace): string {
  return `can ${JSON.stringify(caller)} do ${action} on ${JSON.stringify(key)}`
}

const known = new WeakMap<Asking, Map<string, Question>>()
const MAX_KNOWN = 256

/** Answers are kept by the question object, so the same cell has the same one. Undefined where nothing can be asked. */
export function cellQuestion(action: string, cell: CellPlace, asking: Asking): Question | undefined {
  let ofWorld = known.get(asking)
  if (ofWorld === undefined) {
    ofWorld = new Map()
    known.set(asking, ofWorld)
  }
  const text = queryText(action, cell)
  const found = ofWorld.get(text)
  if (found !== undefined) return found
  const read = asking.query(text)
  if (!read.ok) return undefined
  if (ofWorld.size >= MAX_KNOWN) ofWorld.clear()
  ofWorld.set(text, read.value)
  return read.value
}
