/**
 * A gate: what is left of the decision graph for one caller on one resource, as a diagram over condition atoms.
 *
 * Built from `combine` in the residual algebra: every question is replaced by the guards of the statements that can
 * still apply. A gate is as true as what it was made from: make a new one when a policy or grant has changed.
 *
 * Node n asks `tests[n]` and goes on to `yes[n]` or `no[n]`. A negative target is the outcome `~target`.
 */
import { combine, type Algebra, type Leaf, type Outcome } from '../graph/combine.js'
import type { SlotValues } from '../graph/atom.js'
import {
  actionMatches,
  principalReach,
  resourceMatches,
  SAYS_ALLOW,
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
  SLOT_SOURCE_ARN,
  SPEC_FIRST,
  type GraphTables,
} from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import type { ChildGrant, EncryptionContext, GrantInput } from '../graph/grant.js'
import { grantInput, LEAVES, matchInput } from './answers.js'
import { decodeKind, requestKind, type Call } from './call.js'
import { outcomeNumber, outcomeOf } from './program.js'

/** What grants are compared with besides the caller, the key and the action. */
export interface GrantFacts {
  readonly encryptionContext?: EncryptionContext | undefined
  readonly grantTokens?: readonly string[] | undefined
  readonly grantId?: string | undefined
  readonly createGrant?: ChildGrant | undefined
}

/** Answers for calls that differ from the one it was built for in the values of condition keys and in grant facts only. */
export class Gate {
  private constructor(
    private readonly start: number,
    private readonly tests: readonly GateTest[],
    private readonly yes: Int32Array,
    private readonly no: Int32Array,
    /** The slots that the decision can hang on. */
    readonly slots: readonly number[],
  ) {}

  /** Nodes left; 0 means the decision does not depend on the request's context. */
  get size(): number {
    return this.tests.length
  }

  decide(values: SlotValues, request: GrantFacts): Outcome {
    const { tests, yes, no } = this
    let node = this.start
    while (node >= 0) node = tests[node]!.holds(values, request) ? yes[node]! : no[node]!
    return outcomeOf(~node)
  }

  /**
   * Every way through the gate when the tests that `isOpen` names may turn out either way; at most `limit` ways.
   * The tests are handed over in the order in which they are asked.
   */
  ways(values: SlotValues, request: GrantFacts, isOpen: (test: GateTest) => boolean, limit: number): readonly Way[] {
    const found: Way[] = []
    const open: { readonly node: number; readonly asked: readonly AskedTest[] }[] = [{ node: this.start, asked: [] }]
    for (let next = open.pop(); next !== undefined && found.length < limit; next = open.pop()) {
      let { node } = next
      const { asked } = next
      while (node >= 0) {
        const test = this.tests[node]!
        const known = asked.find((one) => one.test === test)
        if (known === undefined && isOpen(test)) {
          open.push({ node: this.no[node]!, asked: [...asked, { test, holds: false }] })
          open.push({ node: this.yes[node]!, asked: [...asked, { test, holds: true }] })
          break
        }
        const holds = known === undefined ? test.holds(values, request) : known.holds
        node = holds ? this.yes[node]! : this.no[node]!
      }
      if (node < 0) found.push({ outcome: outcomeOf(~node), asked })
    }
    return found
  }

  static build(call: Call): Gate {
    const builder = new GateBuilder(call)
    const start = combine(decodeKind(requestKind(call)), builder)
    const { nodes } = builder
    return new Gate(
      start,
      nodes.map(({ test }) => test),
      Int32Array.from(nodes, ({ yes }) => yes),
      Int32Array.from(nodes, ({ no }) => no),
      [...new Set(nodes.flatMap(({ test }) => test.slots))],
    )
  }
}

/** What a node asks: a condition atom as it is, a resource pattern with variables, or the grants. */
export interface GateTest {
  holds(values: SlotValues, request: GrantFacts): boolean
  readonly slots: readonly number[]
}

export interface AskedTest {
  readonly test: GateTest
  readonly holds: boolean
}

/** One way to an outcome, with the open tests on it. */
export interface Way {
  readonly outcome: Outcome
  readonly asked: readonly AskedTest[]
}

class ResourceTest implements GateTest {
  readonly slots: readonly number[]
  constructor(
    private readonly tables: GraphTables,
    private readonly spec: number,
    private readonly resource: string | undefined,
  ) {
    this.slots = tables.resources
      .tuple(spec)
      .slice(SPEC_FIRST)
      .flatMap((pattern) => tables.resourcePattern(pattern).slots)
  }
  holds(values: SlotValues): boolean {
    return resourceMatches(this.tables, this.spec, this.resource, values)
  }
}

/** Grants read the request itself (encryption context, tokens), not condition keys; they are asked as they are. */
class GrantTest implements GateTest {
  readonly slots = [SLOT_SOURCE_ARN]
  private readonly input: GrantInput
  constructor(
    private readonly call: Call,
    private readonly bits: number,
  ) {
    this.input = grantInput(call)
  }
  holds(values: SlotValues, request: GrantFacts): boolean {
    const sourceArn = values[SLOT_SOURCE_ARN]
    const input: GrantInput = {
      ...this.input,
      encryptionContext: request.encryptionContext,
      sourceArn: typeof sourceArn === 'string' ? sourceArn : undefined,
      grantTokens: request.grantTokens ?? [],
      grantId: request.grantId,
      createGrant: request.createGrant,
    }
    return (this.call.grants.says(input, this.call.options, this.bits) & this.bits) !== 0
  }
}

interface GateNode {
  readonly test: GateTest
  readonly yes: number
  readonly no: number
}

class GateBuilder implements Algebra<number> {
  readonly nodes: GateNode[] = []
  private readonly tests: GateTest[] = []
  private readonly testNumbers = new Map<string, number>()
  private readonly nodeNumbers = new Map<string, number>()
  private readonly input: MatchInput

  constructor(private readonly call: Call) {
    this.input = matchInput(call)
  }

  outcome(outcome: Outcome): number {
    return ~outcomeNumber(outcome)
  }

  ask(leaf: Leaf, yes: number, no: number): number {
    const { layer, bits } = LEAVES[leaf]
    const { call } = this
    switch (layer) {
      case 'rcp':
      case 'scp': {
        const levels = (layer === 'rcp' ? call.rcps : call.scps) ?? []
        if (bits === SAYS_DENY) return this.anyPolicy(levels.flat(), bits, yes, no)
        // Every level must allow: from the last to the first, each opens the way to the next.
        return levels.toReversed().reduce((rest, level) => this.anyPolicy(level, bits, rest, no), yes)
      }
      case 'vpce':
        if (call.endpoint?.policy === undefined) return bits === SAYS_DENY ? no : yes
        return this.anyPolicy([call.endpoint.policy], bits, yes, no)
      case 'keyPolicy':
        return this.anyPolicy(call.keyPolicy === undefined ? [] : [call.keyPolicy], bits, yes, no)
      case 'identity':
        return this.anyPolicy(call.identity, bits, yes, no)
      case 'boundary':
        return this.anyPolicy(call.boundary === undefined ? [] : [call.boundary], bits, yes, no)
      case 'session':
        return this.anyPolicy(call.session, bits, yes, no)
      case 'grant':
        if (call.grants.size === 0) return no
        return this.node(
          this.test(`grant ${bits}`, () => new GrantTest(call, bits)),
          yes,
          no,
        )
    }
  }

  /** `yes` where some statement that says one of `bits` applies. */
  private anyPolicy(policies: readonly CompiledPolicy[], bits: number, yes: number, no: number): number {
    let result = no
    for (const policy of policies.toReversed()) {
      for (const row of policy.candidateRows(this.input).toReversed()) {
        result = this.row(policy.tables, row, bits, yes, result)
      }
    }
    return result
  }

  private row(tables: GraphTables, row: number, bits: number, yes: number, no: number): number {
    const { data } = tables.rows
    const start = tables.rows.start(row)
    const deny = data[start + ROW_EFFECT] === EFFECT_DENY
    if (deny !== (bits === SAYS_DENY)) return no
    const low = data[start + ROW_ACTION_LOW]!
    const high = data[start + ROW_ACTION_HIGH]!
    if (!actionMatches(tables, low, high, data[start + ROW_ACTION_SPEC]!, this.input)) return no
    const reach = principalReach(tables, data[start + ROW_PRINCIPAL]!, this.input, deny)
    if (reach === CLASS_NONE) return no
    if (!deny && (SAYS_BY_CLASS[reach] & bits & SAYS_ALLOW) === 0) return no
    const guarded = this.guard(tables, data[start + (this.input.cautious ? ROW_CAUTIOUS_GUARD : ROW_GUARD)]!, yes, no)
    return this.resource(tables, data[start + ROW_RESOURCE]!, guarded, no)
  }

  private resource(tables: GraphTables, spec: number, yes: number, no: number): number {
    const patterns = tables.resources.tuple(spec).slice(SPEC_FIRST)
    const settled = patterns.every((pattern) => tables.strings.text(pattern).startsWith(LITERAL))
    if (settled) return resourceMatches(tables, spec, this.input.resource, []) ? yes : no
    return this.node(
      this.test(`resource ${spec}`, () => new ResourceTest(tables, spec, this.input.resource)),
      yes,
      no,
    )
  }

  private guard(tables: GraphTables, guard: number, yes: number, no: number): number {
    let result = yes
    for (const literal of tables.guards.tuple(guard).toReversed()) {
      const atom = literal >> 1
      const test = this.test(`atom ${atom}`, () => tables.atom(atom))
      result = (literal & 1) === 0 ? this.node(test, result, no) : this.node(test, no, result)
    }
    return result
  }

  private test(key: string, make: () => GateTest): number {
    const known = this.testNumbers.get(key)
    if (known !== undefined) return known
    this.tests.push(make())
    this.testNumbers.set(key, this.tests.length - 1)
    return this.tests.length - 1
  }

  private node(test: number, yes: number, no: number): number {
    if (yes === no) return yes
    const key = `${test} ${yes} ${no}`
    const known = this.nodeNumbers.get(key)
    if (known !== undefined) return known
    const node = this.nodes.length
    this.nodes.push({ test: this.tests[test]!, yes, no })
    this.nodeNumbers.set(key, node)
    return node
  }
}
