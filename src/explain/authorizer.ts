/**
 * The authorizer: a world in memory, and answers about it.
 *
 * Every change makes a new snapshot; an answer is about the snapshot it was asked of, however many changes come while
 * it is made. Nothing here reads a file or a clock: policies come parsed, time comes with the request.
 */
import { decide } from '../decide/decide.js'
import { Bindings, fits, followed, type HotBinding, type HotGate } from '../decide/bindings.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../decide/options.js'
import { callOf, fillIn, NO_CONTEXT, type AuthorizationRequest, type RequestError } from '../decide/resolve.js'
import { trace, traceAlike, type Trace } from '../decide/trace.js'
import { ContextReader } from '../decide/values.js'
import type { Outcome } from '../graph/combine.js'
import { GrantSet, type Grant } from '../graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import { GraphTables, SLOT_SOURCE_VPCE } from '../graph/tables.js'
import { Snapshot, type KeyProperties } from '../graph/world.js'
import type { PolicyDocument } from '../policy/document.js'
import { splitArn } from '../text/arn.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
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
  /** Roles: the trust policy, parsed with kind `trust`, or one that is read when somebody asks for the role. */
  readonly trust?: PolicyDocument | UnreadPolicy
  /** Roles: MaxSessionDuration in seconds; 3600 when left out. */
  readonly maxSessionSeconds?: number
}

/** A policy that is read when it is needed; one that cannot be read is as good as none. */
export interface UnreadPolicy {
  read(): PolicyDocument | undefined
}

/** What a world knows of a user or a role besides its policies. */
export interface KnownPrincipal {
  readonly arn: string
  readonly tags: Readonly<Record<string, string>>
  readonly uniqueId?: string
  readonly maxSessionSeconds?: number
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
export type BoundRequest = Omit<AuthorizationRequest, 'principal' | 'resource' | 'userArn' | 'sessionPolicies'>

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
  /** A user or a role by its ARN, or a role by its session's; undefined for one that is not there. */
  principal(arn: string): KnownPrincipal | undefined
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

  principal(arn: string): KnownPrincipal | undefined {
    const parsed = parsePrincipalArn(arn)
    if (!parsed.ok) return undefined
    const { kind, account } = parsed.value
    const own = kind === 'session' ? this.snapshot.roleNames.get(`${account}/${parsed.value.role}`) : arn
    const entry = own === undefined ? undefined : this.snapshot.principals.get(own)
    if (entry === undefined) return undefined
    const { uniqueId, maxSessionSeconds, tags } = entry
    return {
      arn: entry.arn,
      tags,
      ...(uniqueId === undefined ? {} : { uniqueId }),
      ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
    }
  }

  putPrincipal(principal: PrincipalDefinition): void {
    const { trust, maxSessionSeconds } = principal
    this.snapshot = this.snapshot.withPrincipal({
      arn: principal.arn,
      accountId: splitArn(principal.arn)?.account ?? '',
      policies: (principal.policies ?? []).map((policy) => this.compile(policy)),
      boundary: principal.boundary === undefined ? undefined : this.compile(principal.boundary),
      tags: principal.tags ?? {},
      uniqueId: principal.uniqueId,
      ...(trust === undefined ? {} : { trust: this.compiledLater(trust) }),
      ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
    })
  }

  /** Few of many roles are ever asked for. */
  private compiledLater(trust: PolicyDocument | UnreadPolicy): () => CompiledPolicy | undefined {
    let compiled: CompiledPolicy | null | undefined
    return () => {
      if (compiled === undefined) {
        const document = 'read' in trust ? trust.read() : trust
        compiled = document === undefined ? null : this.compile(document)
      }
      return compiled ?? undefined
    }
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
    const found = this.found(request)
    return found.ok ? this.decideOn(found.value, request) : invalid(found.error)
  }

  /** By a gate where there is one; session policies come with the request and have none. */
  decideOn(hot: HotBinding, request: Asked, fromUse?: number): Authorization {
    if (request.sessionPolicies !== undefined && request.sessionPolicies.length > 0) {
      return decide(callOf(hot.binding, request, this.reader, this.options))
    }
    const gate = hot.gate(request.action, undefined)
    const outcome = gate === undefined ? undefined : decideThrough(gate, hot, request)
    return outcome ?? this.decideByEndpoint(hot, request, fromUse)
  }

  /** Each endpoint has a policy and so a gate of its own, which a request without one has too. */
  private decideByEndpoint(hot: HotBinding, request: Asked, fromUse?: number): Authorization {
    if (hot.hasEndpoints) {
      const endpoint = this.reader.read(request.context ?? NO_CONTEXT)[SLOT_SOURCE_VPCE]
      const gate = typeof endpoint === 'string' ? hot.gate(request.action, endpoint) : undefined
      const outcome = gate === undefined ? undefined : decideThrough(gate, hot, request, endpoint)
      if (outcome !== undefined) return outcome
    }
    const call = callOf(hot.binding, request, this.reader, this.options)
    const endpoint = call.values[SLOT_SOURCE_VPCE]
    // A list of endpoints is nothing that a request has.
    if (endpoint === undefined || typeof endpoint === 'string') {
      hot.note(request.action, endpoint, call, this.reader, fromUse)
    }
    return decide(call)
  }

  trace(request: AuthorizationRequest): Result<Trace, RequestError> {
    const found = this.found(request)
    return found.ok ? { ok: true, value: this.traced(found.value, request).trace } : found
  }

  explain(request: AuthorizationRequest): Result<Explanation, RequestError> {
    const found = this.found(request)
    if (!found.ok) return found
    const traced = this.traced(found.value, request)
    return { ok: true, value: explainTrace(traced.trace, traced) }
  }

  private traced(hot: HotBinding, request: Asked): { readonly trace: Trace; readonly isOneOfMany: boolean } {
    const call = callOf(hot.binding, request, this.reader, this.options)
    const sketches = hot.sketches(request.action)
    return sketches === undefined
      ? { trace: trace(call), isOneOfMany: false }
      : { trace: traceAlike(call, sketches), isOneOfMany: true }
  }

  bind(principal: string, resource: string): Result<BoundGate, RequestError> {
    const found = this.bindings.find(this.snapshot, principal, resource, '')
    return found.ok ? { ok: true, value: new WorldGate(this, principal, resource) } : found
  }

  /** The caller and resource of a request, with their gates. */
  hotBinding(principal: string, resource: string | undefined, action: string): Result<HotBinding, RequestError> {
    return this.bindings.find(this.snapshot, principal, resource, action)
  }

  private found({ principal, resource, action, userArn }: AuthorizationRequest): Result<HotBinding, RequestError> {
    return this.bindings.find(this.snapshot, principal, resource, action, userArn)
  }
}

type Asked = Omit<AuthorizationRequest, 'principal' | 'resource'>

/** Undefined when the request came through another endpoint than the gate is for, or through one at all. */
function decideThrough(
  { gate, reader }: HotGate,
  hot: HotBinding,
  request: Asked,
  endpoint?: string | readonly string[],
): Outcome | undefined {
  const values = reader.take(request.context ?? NO_CONTEXT)
  let outcome: Outcome | undefined
  if (values[SLOT_SOURCE_VPCE] === endpoint) {
    if (request.derive !== false) fillIn(values, hot.binding, request, gate.slots)
    outcome = gate.decide(values, request)
  }
  reader.giveBack(values)
  return outcome
}

function invalid(error: RequestError): InvalidRequest {
  return { decision: 'invalidRequest', message: error.message }
}

/** One caller on one resource: looked up again only when the world or the kind of action has changed. */
class WorldGate implements BoundGate {
  private hot: HotBinding | undefined
  /** The gate of the last action, where there is one. */
  private last: HotGate | undefined
  private lastAction: string | undefined

  constructor(
    private readonly world: WorldAuthorizer,
    private readonly principal: string,
    private readonly resource: string,
  ) {}

  authorize(request: BoundRequest): Authorization {
    return this.decideAgain(request) ?? this.decideAny(request)
  }

  /** The short way for the action of the request before, in the same world. */
  private decideAgain(request: Asked): Outcome | undefined {
    const { hot, last } = this
    if (hot === undefined || last === undefined || request.action !== this.lastAction) return undefined
    if (hot.binding.snapshot !== this.world.snapshot || request.sessionPolicies !== undefined) return undefined
    return decideThrough(last, hot, request)
  }

  private decideAny(request: BoundRequest): Authorization {
    let { hot } = this
    if (hot === undefined || !fits(hot.binding, request.action) || !followed(hot, this.world.snapshot)) {
      const found = this.world.hotBinding(this.principal, this.resource, request.action)
      if (!found.ok) return invalid(found.error)
      hot = found.value
      this.hot = hot
    }
    const decided = this.world.decideOn(hot, request, 1)
    this.lastAction = request.action
    this.last = hot.gate(request.action, undefined)
    return decided
  }
}
