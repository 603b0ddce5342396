/**
 * Callers and resources found before, with the gates of what is asked about often.
 *
 * An entry is as true as the world's entries that it was made from: those are compared by identity when the snapshot has
 * changed, so a change elsewhere keeps it and nothing is ever invalidated by hand. Decisions are not kept: building a key
 * for one costs more than deciding.
 */
import { LRUCache } from 'lru-cache'
import type { Snapshot } from '../graph/world.js'
import type { Result } from '../text/source.js'
import type { Call } from './call.js'
import { Gate } from './gate.js'
import { SLOT_SOURCE_VPCE } from '../graph/tables.js'
import {
  bindCaller,
  callerEntryArn,
  findResource,
  joined,
  type Binding,
  type CallerBinding,
  type RequestError,
  type ResourceBinding,
} from './resolve.js'
import { TraceSketches } from './trace.js'
import { SlotReader, type ContextReader } from './values.js'

/** A gate costs about ten decisions to build. */
const GATE_FROM_USE = 3
/** What is asked about once needs no memory. */
const SKETCHES_FROM_USE = 2
const MAX_PRINCIPALS = 10_000
const MAX_RESOURCES = 10_000
/** Resources as they are for every caller; one that stays here keeps its snapshot. */
const MAX_SHARED = 256
/** Of all callers together: who has gone over more than that seldom asks about one again. */
const MAX_PAIRS = 200_000
const MAX_GATES = 256
const MAX_ENDPOINTS = 16

/** A gate, and what it reads of a request: its own slots, and that of the endpoint, which tells whether it is the one. */
export interface HotGate {
  readonly gate: Gate
  readonly reader: SlotReader
}

interface ActionGate {
  uses: number
  hot: HotGate | undefined
}

/** One caller on one resource. */
export class HotBinding {
  private readonly gates = new Map<string, ActionGate>()
  /** Endpoint -> action -> gate: each endpoint has a policy of its own. */
  private readonly byEndpoint = new Map<string, Map<string, ActionGate>>()
  // Programs tend to ask for one action again and again.
  private lastAction: string | undefined
  private last: ActionGate | undefined

  private tracedAction: string | undefined
  private traces = 0
  private traced: TraceSketches | undefined

  constructor(public binding: Binding) {}

  /** What traces of an action have in common, where it is asked about again and again. */
  sketches(action: string): TraceSketches | undefined {
    if (action !== this.tracedAction) {
      this.tracedAction = action
      this.traces = 0
      this.traced = undefined
    }
    if (++this.traces < SKETCHES_FROM_USE) return undefined
    return (this.traced ??= new TraceSketches())
  }

  /**
   * The gate for an action, if there is one.
   * @param endpoint - the request's aws:SourceVpce.
   */
  gate(action: string, endpoint: string | undefined): HotGate | undefined {
    if (endpoint !== undefined) return this.byEndpoint.get(endpoint)?.get(action)?.hot
    if (action === this.lastAction) return this.last?.hot
    this.last = this.gates.get(action)
    this.lastAction = action
    return this.last?.hot
  }

  /** Whether requests have come through endpoints. */
  get hasEndpoints(): boolean {
    return this.byEndpoint.size > 0
  }

  /** Notes a call for which there was no gate, and makes one when there have been enough. */
  note(
    action: string,
    endpoint: string | undefined,
    call: Call,
    reader: ContextReader,
    fromUse: number = GATE_FROM_USE,
  ): void {
    const gates = endpoint === undefined ? this.gates : this.gatesOf(endpoint)
    let known = gates.get(action)
    if (known === undefined) {
      if (gates.size >= MAX_GATES) gates.clear()
      known = { uses: 0, hot: undefined }
      gates.set(action, known)
      this.lastAction = undefined
    }
    if (++known.uses < fromUse) return
    const gate = Gate.build(call)
    known.hot = { gate, reader: new SlotReader(reader, [...new Set([SLOT_SOURCE_VPCE, ...gate.slots])]) }
  }

  private gatesOf(endpoint: string): Map<string, ActionGate> {
    let gates = this.byEndpoint.get(endpoint)
    if (gates === undefined) {
      // Callers choose the names of endpoints.
      if (this.byEndpoint.size >= MAX_ENDPOINTS) this.byEndpoint.clear()
      gates = new Map()
      this.byEndpoint.set(endpoint, gates)
    }
    return gates
  }
}

interface KnownCaller {
  caller: CallerBinding
  readonly resources: Map<string | undefined, HotBinding>
}

export class Bindings {
  // By caller, then by resource: joining two ARNs to one key costs more than a second look-up, and a caller that goes
  // over many keys is resolved once.
  private readonly callers = new LRUCache<string, KnownCaller>({ max: MAX_PRINCIPALS })
  private readonly resources = new Map<string | undefined, ResourceBinding>()
  /** Made since nothing was known; some of them have gone with their callers. */
  private pairs = 0

  find(
    snapshot: Snapshot,
    principal: string,
    resource: string | undefined,
    action: string,
    userArn?: string,
  ): Result<HotBinding, RequestError> {
    let known = this.callers.get(principal)
    // Two users may have made federated sessions of one name.
    if (known !== undefined && known.caller.subject.caller.userArn !== userArn) known = undefined
    const hot = known?.resources.get(resource)
    if (hot !== undefined && fits(hot.binding, action) && followed(hot, snapshot)) return { ok: true, value: hot }
    if (known?.caller.snapshot !== snapshot) {
      const caller = bindCaller(snapshot, principal, userArn)
      if (!caller.ok) return caller
      if (known === undefined) {
        known = { caller: caller.value, resources: new Map() }
        this.callers.set(principal, known)
      } else known.caller = caller.value
    }
    const found = this.resource(snapshot, resource, action)
    if (!found.ok) return found
    if (known.resources.size >= MAX_RESOURCES) known.resources.clear()
    if (this.pairs >= MAX_PAIRS) {
      this.pairs = 0
      this.callers.clear()
      this.callers.set(principal, known)
    }
    this.pairs++
    const made = new HotBinding(joined(known.caller, found.value))
    known.resources.set(resource, made)
    return { ok: true, value: made }
  }

  /** What is asked of one key after the other is mostly asked of few keys, by callers without number. */
  private resource(snapshot: Snapshot, arn: string | undefined, action: string): Result<ResourceBinding, RequestError> {
    const known = this.resources.get(arn)
    if (known?.snapshot === snapshot && fits(known, action)) return { ok: true, value: known }
    const found = findResource(snapshot, arn, action)
    if (!found.ok) return found
    if (this.resources.size >= MAX_SHARED) this.resources.clear()
    this.resources.set(arn, found.value)
    return found
  }
}

/** What a resource is depends on the action for aliases, and for a principal that is asked about. */
export function fits(binding: Pick<Binding, 'action' | 'resource' | 'alias'>, action: string): boolean {
  return binding.action === action || (binding.resource.type === 'key' && binding.alias === undefined)
}

/** Takes the entry along to a newer snapshot when everything that it was made from is still the same. */
export function followed(hot: HotBinding, snapshot: Snapshot): boolean {
  const { binding } = hot
  if (binding.snapshot === snapshot) return true
  if (!isUnchanged(binding, snapshot)) return false
  hot.binding = { ...binding, snapshot }
  return true
}

function isUnchanged(binding: Binding, snapshot: Snapshot): boolean {
  const before = binding.snapshot
  const { caller } = binding.subject
  const { type, arn, accountId } = binding.resource
  return (
    before.tables === snapshot.tables &&
    before.endpoints === snapshot.endpoints &&
    before.roleNames === snapshot.roleNames &&
    (binding.alias === undefined || before.aliases === snapshot.aliases) &&
    snapshot.principals.get(callerEntryArn(caller)) === binding.principal &&
    (arn === undefined || snapshot.keys.get(arn) === binding.key) &&
    (type !== 'role' || arn === undefined || snapshot.principals.get(arn) === binding.role) &&
    (caller.accountId === undefined || snapshot.accounts.get(caller.accountId) === binding.callerAccount) &&
    (accountId === undefined || snapshot.accounts.get(accountId) === binding.resourceAccount)
  )
}
