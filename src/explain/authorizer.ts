/**
 * The authorizer: a world in memory, and answers about it.
 *
 * Every change makes a new snapshot; an answer is about the snapshot it was asked of, however many changes come while
 * it is made. Nothing here reads a file or a clock: policies come parsed, time comes with the request.
 */
import { LRUCache } from 'lru-cache'
import { decide } from '../decide/decide.js'
import type { Call } from '../decide/call.js'
import { Gate } from '../decide/gate.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../decide/options.js'
import {
  bindRequest,
  callOf,
  fillIn,
  NO_CONTEXT,
  type AuthorizationRequest,
  type Binding,
  type RequestError,
} from '../decide/resolve.js'
import { trace, type Trace } from '../decide/trace.js'
import { ContextReader } from '../decide/values.js'
import type { Outcome } from '../graph/combine.js'
import { GrantSet, type Grant } from '../graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import { GraphTables, SLOT_SOURCE_VPCE } from '../graph/tables.js'
import { Snapshot, type KeyProperties } from '../graph/world.js'
import type { PolicyDocument } from '../policy/document.js'
import { splitArn } from '../text/arn.js'
import type { Result } from '../text/source.js'
import { explainTrace, type Explanation } from './story.js'

/** A KMS key as an authorizer knows it. */
export interface KeyDefinition extends KeyProperties {
  /** Key ARN. */
  readonly arn: string
  /** Parsed with kind `key`; left out where no key policy takes part. */
  readonly policy?: PolicyDocument
  readonly grants?: readonly Grant[]
}

/** A user or a role. */
export interface PrincipalDefinition {
  /** ARN, path included. */
  readonly arn: string
  /** Its own policies and those of its groups. */
  readonly policies?: readonly PolicyDocument[]
  readonly boundary?: PolicyDocument
  readonly tags?: Readonly<Record<string, string>>
  /** `AIDA…` or `AROA…`. */
  readonly uniqueId?: string
}

export interface AccountDefinition {
  /** Twelve digits. */
  readonly accountId: string
  readonly isManagement?: boolean
  /** Levels from the organization's root to the account, each a list of policies; an empty level allows nothing. */
  readonly scps?: readonly (readonly PolicyDocument[])[]
  readonly rcps?: readonly (readonly PolicyDocument[])[]
  readonly organizationId?: string
  readonly organizationPath?: string
}

export interface EndpointDefinition {
  /** `vpce-…` */
  readonly endpointId: string
  /** Left out: AWS's default policy, which allows everything. */
  readonly policy?: PolicyDocument
}

/** A request that could not be asked is no permission. */
export interface InvalidRequest {
  readonly decision: 'invalidRequest'
  readonly message: string
}

export type Authorization = Outcome | InvalidRequest

/** A request to a bound caller and key: everything else of `AuthorizationRequest`. */
export type BoundRequest = Omit<AuthorizationRequest, 'principal' | 'resource' | 'sessionPolicies'>

export interface BoundGate {
  authorize(request: BoundRequest): Authorization
}

export interface Authorizer {
  /** Adds the key or replaces it, with its policy, grants, aliases and tags. */
  putKey(key: KeyDefinition): void
  /** Replaces the policy of a key alone; answers false when the key is not there. */
  putKeyPolicy(keyArn: string, policy: PolicyDocument): boolean
  removeKey(keyArn: string): void
  /** Adds the grant or replaces the one of the same id; answers false when its key is not there. */
  putGrant(grant: Grant): boolean
  removeGrant(keyArn: string, grantId: string): boolean
  putPrincipal(principal: PrincipalDefinition): void
  removePrincipal(arn: string): void
  putAccount(account: AccountDefinition): void
  removeAccount(accountId: string): void
  putEndpoint(endpoint: EndpointDefinition): void
  removeEndpoint(endpointId: string): void
  /** Prepares a session policy for `AuthorizationRequest.sessionPolicies`. */
  compile(policy: PolicyDocument): CompiledPolicy

  /** The decision, as fast as it goes. */
  authorize(request: AuthorizationRequest): Authorization
  /** The decision with everything that led to it. */
  explain(request: AuthorizationRequest): Result<Explanation, RequestError>
  /** The complete record that `explain` reads. */
  trace(request: AuthorizationRequest): Result<Trace, RequestError>
  /** What is left of the graph for one caller on one key, for who asks often; follows changes of the world by itself. */
  bind(principal: string, resource: string): Result<BoundGate, RequestError>
  /** The same world as it is now, untouched by later changes. */
  fork(): Authorizer
}

export type AuthorizerOptions = Partial<DecisionOptions>

/** An empty world. */
export function createAuthorizer(options: AuthorizerOptions = {}): Authorizer {
  return new WorldAuthorizer(Snapshot.empty(new GraphTables()), { ...DEFAULT_OPTIONS, ...options })
}

class WorldAuthorizer implements Authorizer {
  private readonly reader: ContextReader
  private readonly bindings = new Bindings()

  constructor(
    public snapshot: Snapshot,
    readonly options: DecisionOptions,
  ) {
    this.reader = new ContextReader(snapshot.tables)
  }

  fork(): Authorizer {
    return new WorldAuthorizer(this.snapshot, this.options)
  }

  compile(policy: PolicyDocument): CompiledPolicy {
    return compilePolicy(this.snapshot.tables, policy)
  }

  putKey(key: KeyDefinition): void {
    const { arn, policy, grants, ...properties } = key
    this.snapshot = this.snapshot.withKey({
      arn,
      accountId: splitArn(arn)?.account ?? '',
      policy: policy === undefined ? undefined : this.compile(policy),
      grants: grants === undefined || grants.length === 0 ? GrantSet.empty : new GrantSet(grants),
      properties,
    })
  }

  putKeyPolicy(keyArn: string, policy: PolicyDocument): boolean {
    const key = this.snapshot.keys.get(keyArn)
    if (key === undefined) return false
    this.snapshot = this.snapshot.withKey({ ...key, policy: this.compile(policy) })
    return true
  }

  removeKey(keyArn: string): void {
    this.snapshot = this.snapshot.withoutKey(keyArn)
  }

  putGrant(grant: Grant): boolean {
    const key = this.snapshot.keys.get(grant.keyArn)
    if (key === undefined) return false
    this.snapshot = this.snapshot.withKey({ ...key, grants: key.grants.with(grant) })
    return true
  }

  removeGrant(keyArn: string, grantId: string): boolean {
    const key = this.snapshot.keys.get(keyArn)
    if (key?.grants.find(grantId) === undefined) return false
    this.snapshot = this.snapshot.withKey({ ...key, grants: key.grants.without(grantId) })
    return true
  }

  putPrincipal(principal: PrincipalDefinition): void {
    this.snapshot = this.snapshot.withPrincipal({
      arn: principal.arn,
      accountId: splitArn(principal.arn)?.account ?? '',
      policies: (principal.policies ?? []).map((policy) => this.compile(policy)),
      boundary: principal.boundary === undefined ? undefined : this.compile(principal.boundary),
      tags: principal.tags ?? {},
      uniqueId: principal.uniqueId,
    })
  }

  removePrincipal(arn: string): void {
    this.snapshot = this.snapshot.withoutPrincipal(arn)
  }

  putAccount(account: AccountDefinition): void {
    const levels = (given: AccountDefinition['scps']): readonly (readonly CompiledPolicy[])[] | undefined =>
      given?.map((level) => level.map((policy) => this.compile(policy)))
    this.snapshot = this.snapshot.withAccount({
      accountId: account.accountId,
      isManagement: account.isManagement ?? false,
      scps: levels(account.scps),
      rcps: levels(account.rcps),
      organizationId: account.organizationId,
      organizationPath: account.organizationPath,
    })
  }

  removeAccount(accountId: string): void {
    this.snapshot = this.snapshot.withoutAccount(accountId)
  }

  putEndpoint(endpoint: EndpointDefinition): void {
    const policy = endpoint.policy === undefined ? undefined : this.compile(endpoint.policy)
    this.snapshot = this.snapshot.withEndpoint({ endpointId: endpoint.endpointId, policy })
  }

  removeEndpoint(endpointId: string): void {
    this.snapshot = this.snapshot.withoutEndpoint(endpointId)
  }

  authorize(request: AuthorizationRequest): Authorization {
    const call = this.call(request)
    return call.ok ? decide(call.value) : invalid(call.error)
  }

  trace(request: AuthorizationRequest): Result<Trace, RequestError> {
    const call = this.call(request)
    return call.ok ? { ok: true, value: trace(call.value) } : call
  }

  explain(request: AuthorizationRequest): Result<Explanation, RequestError> {
    const traced = this.trace(request)
    return traced.ok ? { ok: true, value: explainTrace(traced.value) } : traced
  }

  bind(principal: string, resource: string): Result<BoundGate, RequestError> {
    // Any action will do: where what a resource is depends on it, each call asks again.
    const binding = bindRequest(this.snapshot, principal, resource, '')
    return binding.ok ? { ok: true, value: new WorldGate(this, principal, resource, binding.value) } : binding
  }

  private call(request: AuthorizationRequest): Result<Call, RequestError> {
    const binding = this.bindings.find(this.snapshot, request)
    if (!binding.ok) return binding
    return { ok: true, value: callOf(binding.value, request, this.reader, this.options) }
  }
}

/** Callers and resources found before, for one snapshot. Two maps, since joining two ARNs to one key costs more. */
class Bindings {
  private snapshot: Snapshot | undefined
  private readonly byPrincipal = new LRUCache<string, Map<string | undefined, Binding>>({ max: 10_000 })

  find(snapshot: Snapshot, request: AuthorizationRequest): Result<Binding, RequestError> {
    if (snapshot !== this.snapshot) {
      this.byPrincipal.clear()
      this.snapshot = snapshot
    }
    const { principal, resource, action } = request
    let found = this.byPrincipal.get(principal)
    const known = found?.get(resource)
    if (known !== undefined && fits(known, action)) return { ok: true, value: known }
    const binding = bindRequest(snapshot, principal, resource, action)
    if (!binding.ok) return binding
    if (found === undefined) {
      found = new Map()
      this.byPrincipal.set(principal, found)
    }
    if (found.size >= MAX_RESOURCES) found.clear()
    found.set(resource, binding.value)
    return binding
  }
}

const MAX_RESOURCES = 10_000

/** What a resource is depends on the action for aliases, and for a principal that is asked about. */
function fits(binding: Binding, action: string): boolean {
  return binding.action === action || (binding.resource.type === 'key' && binding.alias === undefined)
}

function invalid(error: RequestError): InvalidRequest {
  return { decision: 'invalidRequest', message: error.message }
}

/** Gates for one caller on one resource, one for each action and endpoint, kept while what they came from is the same. */
class WorldGate implements BoundGate {
  private readonly gates = new Map<string, Gate>()
  private readonly endpointGates = new Map<string, Gate>()
  private snapshot: Snapshot
  private readonly reader: ContextReader

  constructor(
    private readonly world: WorldAuthorizer,
    private readonly principal: string,
    private readonly resource: string,
    private binding: Binding,
  ) {
    this.snapshot = binding.snapshot
    this.reader = new ContextReader(binding.snapshot.tables)
  }

  authorize(request: BoundRequest): Authorization {
    if (this.world.snapshot !== this.snapshot || !fits(this.binding, request.action)) {
      const failure = this.follow(request.action)
      if (failure !== undefined) return invalid(failure)
    }
    const values = this.reader.read(request.context ?? NO_CONTEXT)
    const endpoint = values[SLOT_SOURCE_VPCE]
    // Two maps, so that no name of an action can be taken for that of an action and an endpoint.
    const gates = endpoint === undefined ? this.gates : this.endpointGates
    const name = endpoint === undefined ? request.action : JSON.stringify([request.action, endpoint])
    let gate = gates.get(name)
    if (gate === undefined) {
      gate = Gate.build(callOf(this.binding, request, this.reader, this.world.options))
      // Callers choose the names of actions and endpoints; a gate is cheap to make again.
      if (gates.size >= MAX_GATES) gates.clear()
      gates.set(name, gate)
    }
    if (request.derive !== false) fillIn(values, this.binding, request, gate.slots)
    return gate.decide(values, request)
  }

  /** Takes up a change of the world, or of what the resource is; gates whose sources are the very same objects stay. */
  private follow(action: string): RequestError | undefined {
    const { snapshot } = this.world
    const binding = bindRequest(snapshot, this.principal, this.resource, action)
    if (!binding.ok) return binding.error
    if (!hasSameSources(this.binding, binding.value)) {
      this.gates.clear()
      this.endpointGates.clear()
    }
    this.binding = binding.value
    this.snapshot = snapshot
    return undefined
  }
}

const MAX_GATES = 1024

function hasSameSources(left: Binding, right: Binding): boolean {
  return (
    left.key === right.key &&
    left.principal === right.principal &&
    left.callerAccount === right.callerAccount &&
    left.resourceAccount === right.resourceAccount &&
    left.snapshot.endpoints === right.snapshot.endpoints &&
    left.snapshot.tables === right.snapshot.tables &&
    left.resource.arn === right.resource.arn
  )
}
