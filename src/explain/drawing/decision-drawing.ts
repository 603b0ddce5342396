/**
 * The decision graph of one request as a drawing: what it was asked on its way to the verdict, and where each other
 * answer would have led.
 *
 * An algebra over `combine`, as everything else that knows the order of evaluation. What the caller, the action and the
 * key settle for good is one box on the way and nothing beside it; conditions and grants, which another request could
 * meet, are boxes with both answers.
 */
import { grantInput, LEAVES, type AskedLayer } from '../../decide/answers.js'
import type { PolicyTrace, StatementTrace } from '../../decide/trace.js'
import { combine, type Algebra, type DecisionKind, type Layer, type Leaf, type Outcome } from '../../graph/combine.js'
import { GrantSet, type Grant } from '../../graph/grant.js'
import { SAYS_ALLOW, SAYS_BY_CLASS, SAYS_DENY } from '../../graph/policy.js'
import { hasVariable } from '../../text/template.js'
import { testWords } from '../condition-words.js'
import { fittingGrants, grantSays } from '../decisive.js'
import { LAYER_NAMES, listed, placedName, shortened, type NamedTrace } from '../names.js'
import { layerTrace } from '../reference.js'
import { callerInWords, grantGist, grantName } from '../statement-words.js'
import type { Arrow, Box, BoxKind, Drawing } from './drawing.js'

/** Boxes beside the way are left out when a graph has more than this many. */
const MAX_BOXES = 300

/** @param trace - of the request; with names of its policies where they are known. */
export function drawDecision(trace: NamedTrace): Drawing {
  const sketch = new Sketch(trace)
  const start = combine(trace.kind, sketch)
  return sketch.finish(start)
}

/** One answer leads to `yes`, the other to `no`; where both are the same node only one answer is possible here. */
interface Node {
  readonly kind: BoxKind
  readonly title: string
  readonly lines: readonly string[]
  /** For this request. */
  readonly holds: boolean
  readonly yes: number
  readonly no: number
  /** Settled by caller, action and key: drawn only on the way. */
  readonly isSettled: boolean
}

const NOWHERE = -1

class Sketch implements Algebra<number> {
  private readonly nodes: Node[] = []
  private readonly known = new Map<string, number>()

  constructor(private readonly trace: NamedTrace) {}

  outcome({ decision, layer }: Outcome): number {
    const kind = decision === 'allow' ? 'allowed' : 'denied'
    const { title, line } = outcomeWords(decision, layer)
    return this.node({ kind, title, lines: [line], holds: true, yes: NOWHERE, no: NOWHERE, isSettled: false })
  }

  ask(leaf: Leaf, yes: number, no: number): number {
    const { layer, bits } = LEAVES[leaf]
    if (layer === 'grant') return this.grants(leaf, bits, yes, no)
    const policies = layerTrace(this.trace, layer)?.policies ?? []
    if ((layer === 'scp' || layer === 'rcp') && bits !== SAYS_DENY) return this.levels(leaf, layer, policies, yes, no)
    // An endpoint without a policy of its own lets everything through.
    if (layer === 'vpce' && policies.length === 0) return bits === SAYS_DENY ? no : yes
    return this.policies(leaf, policies, bits, yes, no)
  }

  /** Every level must allow: from the last to the first, each opens the way to the next. */
  private levels(leaf: Leaf, layer: AskedLayer, policies: readonly PolicyTrace[], yes: number, no: number): number {
    const { call } = this.trace
    const count = (layer === 'scp' ? call.scps : call.rcps)?.length ?? 0
    let result = yes
    for (let level = count - 1; level >= 0; level--) {
      const ofLevel = policies.filter((policy) => policy.level === level)
      result = this.policies(leaf, ofLevel, LEAVES[leaf].bits, result, no)
    }
    return result
  }

  /** `yes` where some statement that says one of `bits` applies. */
  private policies(leaf: Leaf, policies: readonly PolicyTrace[], bits: number, yes: number, no: number): number {
    const open: { readonly policy: PolicyTrace; readonly traced: StatementTrace }[] = []
    for (const policy of policies) {
      for (const traced of policy.statements) {
        if (!this.couldSay(traced, bits)) continue
        if (isUnconditional(traced)) {
          const name = placedName(this.trace, policy, traced.statement)
          return this.settled(leaf, true, [name], yes)
        }
        open.push({ policy, traced })
      }
    }
    if (open.length === 0) return this.settled(leaf, false, [], no)
    let result = no
    for (const { policy, traced } of open.toReversed()) result = this.statement(policy, traced, yes, result)
    return result
  }

  /** Whether caller, action and key fit, so that the rest hangs on conditions. */
  private couldSay(traced: StatementTrace, bits: number): boolean {
    const { statement, failed, reach } = traced
    const isDeny = statement.effect === 'Deny'
    if (isDeny !== (bits === SAYS_DENY)) return false
    if (failed.includes('principal') || failed.includes('action')) return false
    if (failed.includes('resource') && !hasOpenResource(traced)) return false
    return isDeny || (SAYS_BY_CLASS[reach] & bits & SAYS_ALLOW) !== 0
  }

  private statement(policy: PolicyTrace, traced: StatementTrace, yes: number, no: number): number {
    const { trace } = this
    const name = placedName(trace, policy, traced.statement)
    let result = yes
    for (const condition of traced.conditions.toReversed()) {
      const { wanted, got } = testWords(condition, policy, trace.call.values)
      result = this.test(wanted, [name, got], condition.holds, result, no)
    }
    if (!hasOpenResource(traced)) return result
    const patterns = (traced.statement.resource?.patterns ?? []).map((pattern) => shortened(pattern))
    const wanted = `the resource ${traced.statement.resource?.negated === true ? 'does not match' : 'matches'} ${listed(patterns, 'or')}`
    return this.test(wanted, [name], !traced.failed.includes('resource'), result, no)
  }

  private grants(leaf: Leaf, bits: number, yes: number, no: number): number {
    const { trace } = this
    if (trace.kind.retire) {
      const fitting = fittingGrants(trace).filter((grant) => (grantSays(trace, grant) & bits) !== 0)
      return this.settled(leaf, fitting.length > 0, fitting.map(grantName), fitting.length > 0 ? yes : no)
    }
    let result = no
    let isOpen = false
    for (const { grant, miss } of (layerTrace(trace, 'grant')?.grants ?? []).toReversed()) {
      // One for this key, caller and operation; its constraints, and how new it is, hang on the request.
      if (miss === 'key' || miss === 'grantee' || miss === 'operation' || !couldAllow(trace, grant, bits)) continue
      isOpen = true
      const lines = miss === undefined ? [] : [grantGist(trace, grant, miss)]
      result = this.test(`${grantName(grant)} allows it`, lines, miss === undefined, yes, result)
    }
    return isOpen ? result : this.settled(leaf, false, [], no)
  }

  private settled(leaf: Leaf, holds: boolean, lines: readonly string[], next: number): number {
    const title = holds ? LEAF_WORDS[leaf].yes : LEAF_WORDS[leaf].no
    return this.node({ kind: 'question', title, lines, holds: true, yes: next, no: next, isSettled: true })
  }

  private test(title: string, lines: readonly string[], holds: boolean, yes: number, no: number): number {
    if (yes === no) return yes
    return this.node({ kind: 'test', title, lines, holds, yes, no, isSettled: false })
  }

  /** Equal questions with equal ways on are one box, which then names every statement that asks. */
  private node(node: Node): number {
    const key = JSON.stringify([node.kind, node.title, node.yes, node.no, node.kind === 'test' ? [] : node.lines])
    const found = this.known.get(key)
    if (found !== undefined) {
      const before = this.nodes[found]!
      const added = node.lines.filter((line) => !before.lines.includes(line))
      if (added.length > 0) this.nodes[found] = { ...before, lines: [...added, ...before.lines] }
      return found
    }
    this.nodes.push(node)
    this.known.set(key, this.nodes.length - 1)
    return this.nodes.length - 1
  }

  finish(start: number): Drawing {
    const way = this.wayFrom(start)
    const onWay = new Set(way)
    const all = this.reachable(start, onWay, false)
    const isCut = all.length > MAX_BOXES
    const drawn = isCut ? this.reachable(start, onWay, true) : all
    const request: Box = {
      id: 'request',
      kind: 'request',
      title: this.trace.call.action,
      lines: [`by ${callerInWords(this.trace)}`, `on ${this.trace.call.resource.arn ?? 'no resource'}`],
      isDecisive: true,
    }
    const { boxes, arrows } = this.drawn(drawn, way)
    const first = this.skip(start, onWay)
    return {
      title: `Why ${this.trace.call.action} is ${this.trace.outcome.decision === 'allow' ? 'allowed' : 'denied'}`,
      boxes: [request, ...boxes],
      arrows: [{ from: 'request', to: boxId(groupOf(first, this.groups)), label: '', isDecisive: true }, ...arrows],
      notes: isCut ? [`${all.length - drawn.length} boxes beside the way of this decision are not drawn`] : [],
    }
  }

  private groups = new Map<number, number>()

  /** The boxes that this request goes through. */
  private wayFrom(start: number): readonly number[] {
    const way: number[] = []
    for (let node = start; node !== NOWHERE;) {
      way.push(node)
      const { holds, yes, no } = this.nodes[node]!
      node = holds ? yes : no
    }
    return way
  }

  /** Past what is settled and beside the way. */
  private skip(node: number, onWay: ReadonlySet<number>): number {
    let at = node
    while (this.nodes[at]!.isSettled && !onWay.has(at)) at = this.nodes[at]!.yes
    return at
  }

  /** In the order of a walk that takes the decision's own way first. */
  private reachable(start: number, onWay: ReadonlySet<number>, wayOnly: boolean): readonly number[] {
    const seen = new Set<number>()
    const open = [this.skip(start, onWay)]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const { yes, no, holds } = this.nodes[at]!
      if (yes === NOWHERE) continue
      const [first, second] = holds ? [yes, no] : [no, yes]
      for (const next of [second, first]) {
        const target = this.skip(next, onWay)
        const isOutcome = this.nodes[target]!.yes === NOWHERE
        if (!wayOnly || onWay.has(target) || isOutcome) open.push(target)
      }
    }
    return [...seen]
  }

  private drawn(nodes: readonly number[], way: readonly number[]): Pick<Drawing, 'boxes' | 'arrows'> {
    const onWay = new Set(way)
    const shown = new Set(nodes)
    // What is settled one after another on the way is one box: nobody needs eight that say that no Deny applies.
    this.groups = new Map()
    const members = new Map<number, number[]>()
    let head: number | undefined
    for (const at of way) {
      if (!this.nodes[at]!.isSettled) {
        head = undefined
        continue
      }
      if (head === undefined) {
        head = at
        members.set(at, [])
      }
      this.groups.set(at, head)
      members.get(head)!.push(at)
    }
    const boxes: Box[] = []
    const arrows: Arrow[] = []
    for (const at of nodes) {
      const group = this.groups.get(at)
      if (group !== undefined && group !== at) continue
      const node = this.nodes[at]!
      const { kind, title, lines } = group === undefined ? node : this.grouped(members.get(group)!)
      boxes.push({ id: boxId(at), kind, title, lines, isDecisive: onWay.has(at) })
      const last = group === undefined ? node : this.nodes[members.get(group)!.at(-1)!]!
      const ways =
        last.yes === last.no
          ? ([['', last.yes]] as const)
          : ([
              ['yes', last.yes],
              ['no', last.no],
            ] as const)
      for (const [label, target] of ways) {
        if (target === NOWHERE) continue
        const to = this.skip(target, onWay)
        if (!shown.has(to)) continue
        const isTaken = label === '' || (label === 'yes') === last.holds
        arrows.push({
          from: boxId(at),
          to: boxId(groupOf(to, this.groups)),
          label,
          isDecisive: onWay.has(at) && isTaken,
        })
      }
    }
    return { boxes, arrows }
  }

  private grouped(members: readonly number[]): Pick<Box, 'kind' | 'title' | 'lines'> {
    const nodes = members.map((member) => this.nodes[member]!)
    const denies = nodes.filter(({ title }) => title.startsWith(NO_DENY))
    const rest = nodes.filter(({ title }) => !title.startsWith(NO_DENY))
    const silent =
      denies.length === 0
        ? []
        : [
            `${NO_DENY} in ${listed(
              denies.map(({ title }) => title.slice(NO_DENY.length + ' in '.length)),
              'or',
            )}`,
          ]
    // One title for all that say the same, such as the levels of an organization.
    const byTitle = new Map<string, readonly string[]>()
    for (const { title, lines } of rest) byTitle.set(title, [...(byTitle.get(title) ?? []), ...lines])
    const said = [...byTitle].map(([title, lines]) => (lines.length === 0 ? title : `${title}: ${lines.join('; ')}`))
    const [title = '', ...lines] = [...silent, ...said]
    return { kind: 'question', title, lines }
  }
}

function boxId(node: number): string {
  return `n${node}`
}

function groupOf(node: number, groups: ReadonlyMap<number, number>): number {
  return groups.get(node) ?? node
}

/** A Resource whose variables come to something else in each request. */
function hasOpenResource({ statement }: StatementTrace): boolean {
  return statement.resource?.patterns.some(hasVariable) ?? false
}

function isUnconditional(traced: StatementTrace): boolean {
  return traced.applies && traced.conditions.length === 0 && !hasOpenResource(traced)
}

/** Whether a grant to this caller says one of `bits` to some request. */
function couldAllow({ call }: NamedTrace, grant: Grant, bits: number): boolean {
  const { constraints: _, ...rest } = grant
  const input = { ...grantInput(call), createGrant: { operations: [] } }
  return (new GrantSet([{ ...rest, propagated: true }]).says(input, call.options) & bits) !== 0
}

function outcomeWords(decision: DecisionKind, layer: Layer): { readonly title: string; readonly line: string } {
  const { the } = LAYER_NAMES[layer]
  if (decision === 'allow') return { title: 'Allowed', line: `by ${the}` }
  if (decision === 'explicitDeny') return { title: 'Denied by a Deny', line: `of ${the}` }
  if (layer === 'operation') return { title: 'Denied', line: 'the operation cannot be used on this resource' }
  return { title: 'Denied, as nothing allows it', line: `what is lacking is an Allow of ${the}` }
}

const NO_DENY = 'no Deny that fits'

function deny(layer: AskedLayer): { readonly yes: string; readonly no: string } {
  const { one, many } = LAYER_NAMES[layer]
  const name = layer === 'keyPolicy' || layer === 'vpce' || layer === 'boundary' ? `the ${one}` : many
  return { yes: `a Deny in ${name} fits`, no: `${NO_DENY} in ${name}` }
}

/** What a question comes to where caller, action and key settle it. */
const LEAF_WORDS: Readonly<Record<Leaf, { readonly yes: string; readonly no: string }>> = {
  denyRcp: deny('rcp'),
  denyScp: deny('scp'),
  denyVpce: deny('vpce'),
  denyKeyPolicy: deny('keyPolicy'),
  denyIdentity: deny('identity'),
  denyBoundary: deny('boundary'),
  denySession: deny('session'),
  allowScp: {
    yes: 'the service control policies let it through',
    no: 'a level of service control policies lets nothing of this through',
  },
  allowVpce: { yes: 'the VPC endpoint lets it through', no: 'the VPC endpoint policy lets nothing of this through' },
  keyPolicyDirect: {
    yes: 'the key policy allows this caller by name',
    no: 'the key policy has no Allow for this caller by name',
  },
  keyPolicyVia: {
    yes: "the key policy allows the caller's role or user",
    no: "the key policy has no Allow for the caller's role or user",
  },
  keyPolicyAccount: {
    yes: 'the key policy leaves it to the IAM policies of the account',
    no: 'the key policy leaves nothing of this to the IAM policies of the account',
  },
  allowIdentity: { yes: 'an identity policy allows it', no: 'no identity policy allows it' },
  allowBoundary: { yes: 'the permissions boundary allows it', no: 'the permissions boundary does not allow it' },
  allowSession: { yes: 'a session policy allows it', no: 'no session policy allows it' },
  grantDirect: { yes: 'a grant allows this caller', no: 'no grant for this caller' },
  grantVia: { yes: "a grant allows the caller's role or user", no: "no grant for the caller's role or user" },
  grantAccount: { yes: 'a grant allows the account of the caller', no: 'no grant for the account of the caller' },
}
