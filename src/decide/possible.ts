/**
 * What a call could come to while some condition keys are not known.
 *
 * A decision that is the same whatever the unknown keys hold is certain; otherwise the answer is what it hangs on. Tests
 * are taken as free of each other save where two of them plainly contradict, so a way that is listed may still be
 * impossible; an outcome that is not listed certainly is.
 */
import { Atom } from '../graph/atom.js'
import type { DecisionKind, Outcome } from '../graph/combine.js'
import { LITERAL } from '../graph/template-value.js'
import type { BaseOperator } from '../policy/document.js'
import type { Call } from './call.js'
import { Gate, type AskedTest, type Way } from './gate.js'

export interface Possibilities {
  /** Every decision that some way leads to. One: the unknown keys cannot change it. */
  readonly decisions: readonly DecisionKind[]
  readonly ways: readonly PossibleWay[]
  /** False when there were more ways than are listed. */
  readonly complete: boolean
}

export interface PossibleWay {
  readonly outcome: Outcome
  /** What must be so of the unknown keys, all of it. */
  readonly when: readonly OpenTest[]
}

/** One question to an unknown key, with the answer it needs on this way. */
export interface OpenTest {
  /** Condition key in lower case; undefined for a Resource pattern whose variables are unknown. */
  readonly key: string | undefined
  readonly operator: BaseOperator | undefined
  /** As the policy writes them. */
  readonly values: readonly string[]
  readonly holds: boolean
}

const MAX_WAYS = 256

/** @param unknownKeys - condition keys, in any case, whose presence and values nobody knows. */
export function possibilities(call: Call, unknownKeys: readonly string[]): Possibilities {
  const { tables } = call.subject
  // A key that no policy names has slot -1, which no test asks.
  const unknown = new Set(unknownKeys.map((key) => tables.findSlot(key)))
  const gate = Gate.build(call)
  const isOpen = (test: { readonly slots: readonly number[] }): boolean => test.slots.some((slot) => unknown.has(slot))
  const ways = gate.ways(call.values, call, isOpen, MAX_WAYS)
  const possible = ways.filter((way) => !contradictsItself(way))
  return {
    decisions: [...new Set(possible.map(({ outcome }) => outcome.decision))],
    ways: possible.map(({ outcome, asked }) => ({ outcome, when: asked.map((one) => openTest(one, call)) })),
    complete: ways.length < MAX_WAYS,
  }
}

function openTest({ test, holds }: AskedTest, call: Call): OpenTest {
  if (!(test instanceof Atom)) return { key: undefined, operator: undefined, values: [], holds }
  return {
    key: call.subject.tables.slotName(test.slot),
    operator: test.operator,
    values: test.marked.map((value) => value.slice(LITERAL.length)),
    holds,
  }
}

/** Two tests that both hold and name exact texts without one in common cannot be about one key of one value. */
function contradictsItself({ asked }: Way): boolean {
  const exact = asked.flatMap(({ test, holds }) => (holds && test instanceof Atom && isExact(test) ? [test] : []))
  return exact.some((left) =>
    exact.some((right) => left.slot === right.slot && !left.marked.some((value) => right.marked.includes(value))),
  )
}

function isExact(atom: Atom): boolean {
  return (
    atom.operator === 'StringEquals' && atom.isPlainMatch && atom.marked.every((value) => value.startsWith(LITERAL))
  )
}
