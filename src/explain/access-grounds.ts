/**
 * What an access rests on: caller by caller and action by action, for one access may be given by several statements.
 *
 * Knows only what the request that shows the access rests on, and not every way in which it could be given.
 */
import type { Call } from '../decide/call.js'
import { DEFAULT_OPTIONS } from '../decide/options.js'
import { callerEntryArn, callOf } from '../decide/resolve.js'
import { trace, type Trace } from '../decide/trace.js'
import { ContextReader } from '../decide/values.js'
import type { Layer } from '../graph/combine.js'
import type { Snapshot } from '../graph/world.js'
import type { Access } from '../solve/access.js'
import { assumedPolicies } from '../solve/assumed.js'
import type { CallerClass } from '../solve/callers.js'
import { alikeCallers } from '../solve/callers-of-resource.js'
import { bindingOf } from '../solve/model.js'
import { appliedIn, type SolvedPart } from '../solve/statements.js'
import type { Witness } from '../solve/witness.js'
import { decidingStatements, permittingGrants } from './decisive.js'

export interface AccessGround {
  readonly actions: readonly string[]
  /** What completes the permission; undefined where no request shows it. */
  readonly layer: Layer | undefined
  /** What gives it. Policies that are only taken to exist are left out. */
  readonly parts: readonly SolvedPart[]
}

/** Callers whom nothing tells apart have the same list, which is made once. */
export function groundsOf(snapshot: Snapshot, access: Access): ReadonlyMap<CallerClass, readonly AccessGround[]> {
  const found = new Map<CallerClass, readonly AccessGround[]>()
  const { witness } = access
  if (witness === undefined) return found
  const callers = new Grounds(snapshot, access, witness)
  for (const { first, others } of alikeCallers([snapshot], access)) {
    const grounds = callers.of(first)
    for (const caller of [first, ...others]) found.set(caller, grounds)
  }
  return found
}

class Grounds {
  private readonly reader: ContextReader

  constructor(
    private readonly snapshot: Snapshot,
    private readonly access: Access,
    private readonly witness: Witness,
  ) {
    this.reader = new ContextReader(snapshot.tables)
  }

  of(caller: CallerClass): readonly AccessGround[] {
    const grounds = new Map<string, AccessGround & { readonly actions: string[] }>()
    for (const action of this.access.actions) {
      const { layer, parts } = this.ofAction(caller, action)
      const id = JSON.stringify([layer, parts.map(partId)])
      const known = grounds.get(id)
      if (known === undefined) grounds.set(id, { actions: [action], layer, parts })
      else known.actions.push(action)
    }
    return [...grounds.values()]
  }

  private ofAction(caller: CallerClass, action: string): Omit<AccessGround, 'actions'> {
    const { everything } = assumedPolicies(this.snapshot.tables)
    const { outcome, ...traced } = trace(this.call(caller, action))
    if (outcome.decision !== 'allow') return { layer: undefined, parts: [] }
    const parts = givingParts({ outcome, ...traced })
    return {
      layer: outcome.layer,
      parts: parts.filter((part) => 'grantId' in part || part.compiled !== everything),
    }
  }

  private call(caller: CallerClass, action: string): Call {
    const { snapshot, witness } = this
    const [call] = witness.calls
    const { request, assumed } = witness
    if (call !== undefined && request.principal === caller.principal && request.action === action) return call
    const binding = bindingOf({ snapshot }, caller, this.access.resource, action)
    const own = callOf(binding, { ...request, action }, this.reader, DEFAULT_OPTIONS)
    const isUnknown = snapshot.principals.get(callerEntryArn(binding.subject.caller)) === undefined
    const { everything } = assumedPolicies(snapshot.tables)
    return assumed.identity === true && isUnknown ? { ...own, identity: [everything] } : own
  }
}

function partId(part: SolvedPart): string {
  return 'grantId' in part ? part.grantId : `${part.layer} ${part.policy} ${part.statement}`
}

function givingParts(traced: Trace): readonly SolvedPart[] {
  const { layer } = traced.outcome
  if (layer === 'grant') return permittingGrants(traced).map(({ grantId }) => ({ layer: 'grant', grantId }))
  const parts = appliedIn(traced).filter((part) => part.layer === 'keyPolicy' || part.layer === 'identity')
  if (layer !== 'keyPolicy') return parts
  const deciding = new Set(
    decidingStatements(traced).map(
      ({ policy, traced: { statement } }) => `${policy.layer} ${policy.policy} ${statement.index}`,
    ),
  )
  return parts.filter((part) => deciding.has(partId(part)))
}
