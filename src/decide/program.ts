/**
 * `combine` as a program: a decision diagram over layer questions, made once for each kind of request.
 *
 * Node n asks `layer[n]` whether it says one of `bits[n]` and goes on to `yes[n]` or `no[n]`; a negative target is the outcome `~target`.
 */
import { combine, type Algebra, type Leaf, type Outcome } from '../graph/combine.js'
import { ASKED_LAYERS, LEAVES } from './answers.js'
import { decodeKind } from './call.js'

export interface Program {
  readonly start: number
  /** Place in ASKED_LAYERS of the layer that node n asks. */
  readonly layer: Int8Array
  /** Bits of the layer's answer that mean yes. */
  readonly bits: Int8Array
  readonly yes: Int16Array
  readonly no: Int16Array
}

/** Every outcome there is, so that a program can name one by its number. */
const OUTCOMES: Outcome[] = []

export function outcomeNumber(outcome: Outcome): number {
  const known = OUTCOMES.findIndex(
    (candidate) => candidate.decision === outcome.decision && candidate.layer === outcome.layer,
  )
  if (known >= 0) return known
  OUTCOMES.push(Object.freeze({ ...outcome }))
  return OUTCOMES.length - 1
}

export function outcomeOf(number: number): Outcome {
  const outcome = OUTCOMES[number]
  if (outcome === undefined) throw new RangeError(`no outcome has number ${number}`)
  return outcome
}

const programs: (Program | undefined)[] = []

/** The program for a kind of request, as `requestKind` numbers it; few hundred occur, so they are kept for good. */
export function programFor(kind: number): Program {
  return (programs[kind] ??= build(kind))
}

function build(kind: number): Program {
  const leaves: Leaf[] = []
  const yes: number[] = []
  const no: number[] = []
  const shared = new Map<string, number>()
  const algebra: Algebra<number> = {
    outcome: (outcome) => ~outcomeNumber(outcome),
    ask(leaf, ifYes, ifNo) {
      if (ifYes === ifNo) return ifYes
      const key = `${leaf} ${ifYes} ${ifNo}`
      const known = shared.get(key)
      if (known !== undefined) return known
      leaves.push(leaf)
      yes.push(ifYes)
      no.push(ifNo)
      shared.set(key, leaves.length - 1)
      return leaves.length - 1
    },
  }
  return {
    start: combine(decodeKind(kind), algebra),
    layer: Int8Array.from(leaves, (leaf) => ASKED_LAYERS.indexOf(LEAVES[leaf].layer)),
    bits: Int8Array.from(leaves, (leaf) => LEAVES[leaf].bits),
    yes: Int16Array.from(yes),
    no: Int16Array.from(no),
  }
}
