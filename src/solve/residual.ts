/**
 * What is left of the policies of one caller on one resource: for every layer the statements that can still apply, each
 * with its actions and what is left of its guard.
 *
 * The symbolic counterpart of `decide/gate.ts`, for all actions at once. Which layers there are and what they say
 * together is not known here: `SymbolicDecision` is an algebra of `combine`.
 */
import { ASKED_LAYERS, LEAVES, matchInput, type AskedLayer } from '../decide/answers.js'
import { decodeKind, requestKind, type Call } from '../decide/call.js'
import { combine, type Algebra, type Leaf, type Outcome } from '../graph/combine.js'
import {
  actionMatches,
  principalReach,
  SAYS_BY_CLASS,
  SAYS_DENY,
  type CompiledPolicy,
  type MatchInput,
} from '../graph/policy.js'
import { CLASS_NONE } from '../graph/subject.js'
import {
  EFFECT_DENY,
  ROW_ACTION_HIGH,
  ROW_ACTION_LOW,
  ROW_ACTION_SPEC,
  ROW_CAUTIOUS_GUARD,
  ROW_EFFECT,
  ROW_GUARD,
  ROW_PRINCIPAL,
  ROW_RESOURCE,
} from '../graph/tables.js'
import { ALWAYS, NEVER, type ConjunctionId, type Conjunctions } from './conjunctions.js'
import { NO, YES, type DiagramId } from './diagram.js'
import { grantTerms, type GrantTerm } from './grant-terms.js'
import type { Pins } from './pins.js'
import { atomOfTest, type OpaqueTests, type TestId } from './question.js'
import type { Space } from './space.js'

/** A statement that can apply to the caller and the resource. */
interface ResidualRow {
  readonly policy: CompiledPolicy
  readonly row: number
  readonly low: number
  readonly high: number
  readonly actions: number
  /** What it says where it applies, as bits. */
  readonly says: number
  readonly when: ConjunctionId
}

/** Policies that stand side by side: one that allows is enough. SCPs and RCPs have several levels of them. */
type ResidualLevel = readonly ResidualRow[]

export interface Residual {
  readonly layers: Readonly<Record<AskedLayer, readonly ResidualLevel[]>>
  /** The call it was made for, of any action. */
  readonly call: Call
  readonly input: MatchInput
  readonly pins: Pins
  /** Layers of which nothing is known but that they may allow: the opaque test that says so. */
  readonly unknown: UnknownLayers
}

export interface UnknownLayers {
  readonly identity?: TestId | undefined
  readonly session?: TestId | undefined
}

export function residualOf(call: Call, pins: Pins, conjunctions: Conjunctions, unknown: UnknownLayers = {}): Residual {
  const input = matchInput(call)
  const of = (policies: readonly (CompiledPolicy | undefined)[]): ResidualLevel =>
    policies.flatMap((policy) => (policy === undefined ? [] : rowsOf(policy, input, pins, conjunctions)))
  const levels = (given: Call['scps']): readonly ResidualLevel[] => (given ?? []).map(of)
  return {
    call,
    input,
    pins,
    unknown,
    layers: {
      rcp: levels(call.rcps),
      scp: levels(call.scps),
      vpce: [of([call.endpoint?.policy])],
      keyPolicy: [of([call.keyPolicy])],
      identity: [of(call.identity)],
      boundary: [of([call.boundary])],
      session: [of(call.session)],
      grant: [],
    },
  }
}

function rowsOf(policy: CompiledPolicy, input: MatchInput, pins: Pins, conjunctions: Conjunctions): ResidualLevel {
  const { tables } = policy
  const { data } = tables.rows
  const found: ResidualRow[] = []
  for (const row of policy.candidateRows(input)) {
    const start = tables.rows.start(row)
    const deny = data[start + ROW_EFFECT] === EFFECT_DENY
    const reach = principalReach(tables, data[start + ROW_PRINCIPAL]!, input, deny)
    if (reach === CLASS_NONE) continue
    const guard = data[start + (input.cautious ? ROW_CAUTIOUS_GUARD : ROW_GUARD)]!
    const when = conjunctions.ofRow(guard, data[start + ROW_RESOURCE]!, input.resource, pins)
    if (when === NEVER) continue
    found.push({
      policy,
      row,
      low: data[start + ROW_ACTION_LOW]!,
      high: data[start + ROW_ACTION_HIGH]!,
      actions: data[start + ROW_ACTION_SPEC]!,
      says: deny ? SAYS_DENY : SAYS_BY_CLASS[reach],
      when,
    })
  }
  return found
}

/** The questions to one residual for one action: what each asks, before there are variables. */
export interface Questions {
  readonly residual: Residual
  readonly call: Call
  /** By layer and level, what is said where which conjunction holds. */
  readonly said: Readonly<Record<AskedLayer, readonly (readonly Said[])[]>>
  readonly grants: readonly GrantTerm[]
}

/** What a statement says where a conjunction holds. */
export interface Said {
  readonly policy: CompiledPolicy
  readonly row: number
  readonly says: number
  readonly when: ConjunctionId
}

export function questionsOf(
  residual: Residual,
  action: { readonly name: string; readonly bit: number },
  conjunctions: Conjunctions,
): Questions {
  const call: Call = { ...residual.call, action: action.name, actionBit: action.bit }
  const input: MatchInput = { ...residual.input, action: action.name, actionBit: action.bit }
  const { tables } = conjunctions
  const of = (rows: ResidualLevel): readonly Said[] => {
    const found: Said[] = []
    for (const { policy, row, low, high, actions, says, when } of rows) {
      if (actionMatches(tables, low, high, actions, input)) found.push({ policy, row, says, when })
    }
    return found
  }
  const { layers } = residual
  return {
    residual,
    call,
    said: {
      rcp: layers.rcp.map(of),
      scp: layers.scp.map(of),
      vpce: layers.vpce.map(of),
      keyPolicy: layers.keyPolicy.map(of),
      identity: layers.identity.map(of),
      boundary: layers.boundary.map(of),
      session: layers.session.map(of),
      grant: [],
    },
    grants: call.grants.size === 0 ? [] : grantsLeft(call, residual.pins, conjunctions),
  }
}

/** Grants whose terms can hold, each with what is left of its term. */
function grantsLeft(call: Call, pins: Pins, conjunctions: Conjunctions): readonly GrantTerm[] {
  return grantTerms(call, conjunctions.tables, conjunctions.opaque).flatMap((term) => {
    const literals = conjunctions.left(term.literals, pins)
    return literals === undefined ? [] : [{ ...term, literals }]
  })
}

/** Counts how often each test is asked by any of several questions. */
export class TestUses {
  private readonly conjunctions: (number | undefined)[] = []
  private readonly others = new Map<TestId, number>()

  constructor(private readonly known: Conjunctions) {}

  add({ said, grants, residual }: Questions): void {
    for (const layer of ASKED_LAYERS) {
      for (const level of said[layer]) {
        for (const { when } of level) this.conjunctions[when] = (this.conjunctions[when] ?? 0) + 1
      }
    }
    for (const { literals } of grants) for (const literal of literals) this.addTest(literal >> 1)
    const { identity, session } = residual.unknown
    if (identity !== undefined) this.addTest(identity)
    if (session !== undefined) this.addTest(session)
  }

  addTest(test: TestId, count = 1): void {
    this.others.set(test, (this.others.get(test) ?? 0) + count)
  }

  counts(): ReadonlyMap<TestId, number> {
    const uses = new Map(this.others)
    for (const [id, count] of this.conjunctions.entries()) {
      // A place in the list that nothing was put in.
      if (count === undefined) continue
      for (const literal of this.known.literals(id)) uses.set(literal >> 1, (uses.get(literal >> 1) ?? 0) + count)
    }
    addImplied(uses, this.known.opaque)
    return uses
  }
}

/** What a pattern with variables implies is asked along with it. */
export function addImplied(uses: Map<TestId, number>, opaque: OpaqueTests): void {
  for (const [test, count] of uses) {
    if (atomOfTest(test) !== undefined) continue
    const { about } = opaque.get(test)
    if (about.kind === 'pattern' && about.implied !== undefined) {
      uses.set(about.implied, (uses.get(about.implied) ?? 0) + count)
    }
  }
}

/** Equal for questions of which the decision is the same function. */
export function questionsKey({ call, said, grants, residual }: Questions): string {
  const terms = grants.map(({ says, literals }) => `${says}:${literals.join(',')}`).join(';')
  let text = `${kindKey(call)} ${residual.unknown.identity ?? ''} ${residual.unknown.session ?? ''} ${terms}`
  for (const layer of ASKED_LAYERS) {
    text += '/'
    for (const level of said[layer]) {
      text += '['
      for (const { says, when } of level) text += `${says}:${when},`
    }
  }
  return text
}

/** The same without some statements. */
export function questionsWithout(questions: Questions, isLeftOut: (said: Said) => boolean): Questions {
  const kept = (levels: readonly (readonly Said[])[]): readonly (readonly Said[])[] =>
    levels.map((level) => level.filter((said) => !isLeftOut(said)))
  const { said } = questions
  return {
    ...questions,
    said: {
      rcp: kept(said.rcp),
      scp: kept(said.scp),
      vpce: kept(said.vpce),
      keyPolicy: kept(said.keyPolicy),
      identity: kept(said.identity),
      boundary: kept(said.boundary),
      session: kept(said.session),
      grant: [],
    },
  }
}

/** Which layers take part. An endpoint without a policy of its own allows everything, one whose policy is silent nothing. */
function kindKey(call: Call): string {
  return `${requestKind(call)}${call.endpoint !== undefined && call.endpoint.policy === undefined ? ' open' : ''}`
}

/** Equal for residuals of which every action is decided alike. */
export function residualKey({ call, layers, unknown }: Residual): string {
  // Which layers there are hangs on the caller and the resource; the action is the same for what is compared.
  let text = `${kindKey(call)} ${unknown.identity ?? ''} ${unknown.session ?? ''}`
  for (const layer of ASKED_LAYERS) {
    text += '/'
    for (const level of layers[layer]) {
      text += '['
      for (const { low, high, actions, says, when } of level) text += `${low} ${high} ${actions} ${says} ${when},`
    }
  }
  return text
}

/** `combine` in the algebra of diagrams. */
export class SymbolicDecision implements Algebra<DiagramId> {
  private readonly conjunctionNodes = new Map<ConjunctionId, DiagramId>()
  private readonly saidNodes = new Map<string, DiagramId>()
  private questions: Questions | undefined

  /** @param terminal - what an outcome is in the diagram. */
  constructor(
    private readonly space: Space,
    private readonly conjunctions: Conjunctions,
    private readonly terminal: (outcome: Outcome) => DiagramId,
  ) {}

  decide(questions: Questions): DiagramId {
    this.questions = questions
    return combine(decodeKind(requestKind(questions.call)), this)
  }

  outcome(outcome: Outcome): DiagramId {
    return this.terminal(outcome)
  }

  ask(leaf: Leaf, yes: DiagramId, no: DiagramId): DiagramId {
    if (yes === no) return yes
    return this.space.diagrams.ite(this.leaf(leaf), yes, no)
  }

  private leaf(leaf: Leaf): DiagramId {
    const { questions } = this
    if (questions === undefined) throw new Error('no questions are decided')
    const { diagrams } = this.space
    const { layer, bits } = LEAVES[leaf]
    const { identity, session } = questions.residual.unknown
    if (layer === 'identity' && identity !== undefined) return bits === SAYS_DENY ? NO : this.space.node(identity)
    if (layer === 'session' && session !== undefined) return bits === SAYS_DENY ? NO : this.space.node(session)
    if (layer === 'grant') {
      return diagrams.any(
        questions.grants.flatMap((term) => ((term.says & bits) === 0 ? [] : [this.conjunction(term.literals)])),
      )
    }
    const levels = questions.said[layer]
    if (layer === 'vpce' && questions.call.endpoint?.policy === undefined) return bits === SAYS_DENY ? NO : YES
    if (bits === SAYS_DENY) return diagrams.any(levels.map((level) => this.some(level, bits)))
    if (layer !== 'scp' && layer !== 'rcp') return diagrams.any(levels.map((level) => this.some(level, bits)))
    return diagrams.all(levels.map((level) => this.some(level, bits)))
  }

  /** Where some statement says one of the bits. */
  private some(level: readonly Said[], bits: number): DiagramId {
    const when: ConjunctionId[] = []
    for (const said of level) {
      if ((said.says & bits) === 0 || (said.says === SAYS_DENY) !== (bits === SAYS_DENY)) continue
      if (said.when === ALWAYS) return YES
      when.push(said.when)
    }
    if (when.length === 0) return NO
    const key = when.join(' ')
    let node = this.saidNodes.get(key)
    if (node === undefined) {
      node = this.space.diagrams.any([...new Set(when)].map((id) => this.conjunctionNode(id)))
      this.saidNodes.set(key, node)
    }
    return node
  }

  /** Where a conjunction holds. */
  conjunctionNode(id: ConjunctionId): DiagramId {
    let node = this.conjunctionNodes.get(id)
    if (node === undefined) {
      node = this.conjunction(this.conjunctions.literals(id))
      this.conjunctionNodes.set(id, node)
    }
    return node
  }

  private conjunction(literals: readonly number[]): DiagramId {
    const { diagrams } = this.space
    return diagrams.all(
      literals.map((literal) => {
        const node = this.space.node(literal >> 1)
        return (literal & 1) === 0 ? node : diagrams.not(node)
      }),
    )
  }
}

/** An outcome as a decision of yes and no. */
export function allows({ decision }: Outcome): DiagramId {
  return decision === 'allow' ? YES : NO
}
