/**
 * Cells of the matrix: may this caller do this with this key? Decided when one is looked at, and kept.
 *
 * A world never changes, so a cell is a function of its question. What the question does not tell of the request may
 * turn the answer: such a cell hangs on the request.
 */
import type { Answer } from '../../../source/answer/answer-question.js'
import type { Asking } from '../../world/asking.js'
import { cellQuestion } from './cell-query.js'

/** `if`: it hangs on what a request has besides. `denied`: something denies it. `no`: nothing allows it. */
export type CellVerdict = 'yes' | 'if' | 'denied' | 'no' | 'unasked'

/** More are not kept: whoever comes back waits a little. */
const MAX_KEPT = 250_000

export class Cells {
  private readonly kept = new Map<string, CellVerdict>()

  constructor(private readonly asking: Asking) {}

  known(action: string, caller: string, key: string): CellVerdict | undefined {
    return this.kept.get(`${action} ${caller} ${key}`)
  }

  /** About a millisecond. */
  decide(action: string, caller: string, key: string): CellVerdict {
    const known = this.known(action, caller, key)
    if (known !== undefined) return known
    const question = cellQuestion(action, { caller, key }, this.asking)
    // Not by way of the answers that are kept: these are for what is looked at closely.
    const answer = question === undefined ? undefined : this.asking.answerer.answer(question)
    const verdict = answer?.ok === true ? verdictOf(answer.value) : 'unasked'
    if (this.kept.size >= MAX_KEPT) this.kept.clear()
    this.kept.set(`${action} ${caller} ${key}`, verdict)
    return verdict
  }
}

const ofWorld = new WeakMap<Asking, Cells>()

export function cellsOf(asking: Asking): Cells {
  let cells = ofWorld.get(asking)
  if (cells === undefined) {
    cells = new Cells(asking)
    ofWorld.set(asking, cells)
  }
  return cells
}

function verdictOf({ eitherWay, explanation: { verdict } }: Answer): CellVerdict {
  if (eitherWay.answer === 'depends') return 'if'
  switch (verdict) {
    case 'allow':
      return 'yes'
    case 'explicitDeny':
      return 'denied'
    case 'implicitDeny':
      return 'no'
  }
}
