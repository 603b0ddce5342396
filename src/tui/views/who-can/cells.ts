/**
 * Cells of the matrix: may this caller do this with this key? Decided when one is looked at, and kept.
 *
 * A world never changes, so a cell is a function of its question. What the question does not tell of the request may
 * turn the answer, and so may a policy that cannot be read: such a cell hangs on what is not known.
 */
import type { Weighed } from '../../../source/answer/answer-question.js'
import type { Asking } from '../../world/asking.js'
import { cellQuestion } from './cell-query.js'

/** `if`: it hangs on what a request has besides, or on a policy that cannot be read. `denied`: something denies it. `no`: nothing allows it. */
export type CellVerdict = 'yes' | 'if' | 'denied' | 'no' | 'unasked'

/** More are not kept: whoever comes back waits a little. */
const MAX_KEPT = 250_000

export class Cells {
  /** By action, key and caller: many lookups for each frame, and no text is made for one. */
  private readonly kept = new Map<string, Map<string, Map<string, CellVerdict>>>()
  private count = 0

  constructor(private readonly asking: Asking) {}

  known(action: string, caller: string, key: string): CellVerdict | undefined {
    return this.kept.get(action)?.get(key)?.get(caller)
  }

  /** Less than a millisecond. */
  decide(action: string, caller: string, key: string): CellVerdict {
    const known = this.known(action, caller, key)
    if (known !== undefined) return known
    const question = cellQuestion(action, { caller, key }, this.asking)
    // Not by way of the answers that are kept: these are for what is looked at closely, and have their story.
    const weighed = question === undefined ? undefined : this.asking.answerer.weigh(question)
    const verdict = weighed?.ok === true ? verdictOf(weighed.value) : 'unasked'
    this.keep(action, caller, key, verdict)
    return verdict
  }

  private keep(action: string, caller: string, key: string, verdict: CellVerdict): void {
    if (this.count >= MAX_KEPT) {
      this.kept.clear()
      this.count = 0
    }
    this.count++
    mapIn(mapIn(this.kept, action), key).set(caller, verdict)
  }
}

function mapIn<V>(maps: Map<string, Map<string, V>>, name: string): Map<string, V> {
  let map = maps.get(name)
  if (map === undefined) {
    map = new Map()
    maps.set(name, map)
  }
  return map
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

function verdictOf({ eitherWay, decision, isOpen }: Weighed): CellVerdict {
  if (eitherWay.answer === 'depends' || isOpen) return 'if'
  switch (decision) {
    case 'allow':
      return 'yes'
    case 'explicitDeny':
      return 'denied'
    case 'implicitDeny':
      return 'no'
  }
}
