/**
 * The diagram of one call: what would be decided for every other request context of the same caller, action and resource.
 *
 * Nothing is taken to be known of the context, so it speaks of contradictory ones too; `decide` must say the same of
 * every one (invariant I4).
 */
import type { Call } from '../decide/call.js'
import type { GrantFacts } from '../decide/gate.js'
import { outcomeNumber, outcomeOf } from '../decide/program.js'
import type { SlotValues } from '../graph/atom.js'
import type { Outcome } from '../graph/combine.js'
import { Meter, type SolveControl } from './budget.js'
import { Conjunctions } from './conjunctions.js'
import { Diagrams } from './diagram.js'
import type { Pins } from './pins.js'
import { OpaqueTests } from './question.js'
import { questionsOf, residualOf, SymbolicDecision, TestUses } from './residual.js'
import { Space } from './space.js'

export class CallDiagram {
  private constructor(
    private readonly space: Space,
    private readonly root: number,
  ) {}

  /** Nodes of the diagram's tables. */
  get size(): number {
    return this.space.diagrams.size
  }

  /** The outcome for these values and grant facts, read off the diagram. */
  decide(values: SlotValues, request: GrantFacts): Outcome {
    return outcomeOf(this.space.diagrams.evaluate(this.root, this.space.chooser(values, request)))
  }

  /** @throws OutOfBudget when it would cost more than the control allows. */
  static of(call: Call, control: SolveControl = {}): CallDiagram {
    const { tables } = call.subject
    const meter = new Meter(control)
    const opaque = new OpaqueTests()
    const conjunctions = new Conjunctions(tables, opaque)
    const nothing: Pins = { values: [], fixed: new Uint8Array(tables.slotCount) }
    const action = { name: call.action, bit: call.actionBit }
    const questions = questionsOf(residualOf(call, nothing, conjunctions), action, conjunctions)
    const uses = new TestUses(conjunctions)
    uses.add(questions)
    const anything = { domain: { kind: 'text' }, lists: true } as const
    const space = new Space(tables, new Diagrams(meter), opaque, uses.counts(), () => anything, meter)
    const decision = new SymbolicDecision(space, conjunctions, outcomeNumber)
    return new CallDiagram(space, decision.decide(questions))
  }
}
