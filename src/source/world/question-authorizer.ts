/**
 * An authorizer that takes from a world what a request is about, when it is asked: the caller, the key, their accounts
 * and the endpoint.
 *
 * Nothing else of a world can bear on a decision, so the answers are those of an authorizer that knows all of it; and
 * a question to a world of thousands of roles compiles the policies of one.
 */
import type { AuthorizationRequest } from '../../decide/resolve.js'
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../explain/authorizer.js'
import { splitArn } from '../../text/arn.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { roleName, rolesByName } from './role-names.js'
import { putAccount, putEndpoint, putKey, putPrincipal } from './to-authorizer.js'
import type { AskedWorld } from './world.js'

type Asking = Pick<Authorizer, 'authorize' | 'trace' | 'compile'>

export function questionAuthorizer(world: AskedWorld, options: AuthorizerOptions = {}): Asking {
  const authorizer = createAuthorizer(options)
  const known = new KnownParts(world, authorizer)
  return {
    authorize(request) {
      known.add(request)
      return authorizer.authorize(request)
    },
    trace(request) {
      known.add(request)
      return authorizer.trace(request)
    },
    compile: (policy) => authorizer.compile(policy),
  }
}

class KnownParts {
  private readonly accounts = new Set<string>()
  private readonly callers = new Set<string>()
  private readonly principals = new Set<string>()
  private readonly keys = new Set<string>()
  private readonly resources = new Set<string>()
  private readonly endpoints = new Set<string>()

  constructor(
    private readonly world: AskedWorld,
    private readonly authorizer: Authorizer,
  ) {}

  add({ principal, userArn, resource, context }: AuthorizationRequest): void {
    this.addCaller(principal)
    if (userArn !== undefined) this.addCaller(userArn)
    if (resource !== undefined) this.addResource(resource)
    if (context !== undefined && this.world.endpoints.size > 0) this.addEndpoints(context)
  }

  private addCaller(principal: string): void {
    if (!isNew(this.callers, principal)) return
    const parsed = parsePrincipalArn(principal)
    if (!parsed.ok) return
    const { kind, account } = parsed.value
    this.addAccount(account)
    const role = kind === 'session' ? rolesByName(this.world).get(`${account}/${parsed.value.role}`) : undefined
    this.addPrincipal(role ?? principal)
  }

  private addPrincipal(arn: string): void {
    if (this.principals.has(arn)) return
    if (!this.world.principals.has(arn)) return
    this.principals.add(arn)
    putPrincipal(this.world, this.authorizer, arn)
    // Of two roles of one name the session is the later one's; its name was taken over just now.
    const name = roleName(arn)
    const owner = name === undefined ? undefined : rolesByName(this.world).get(name)
    if (owner !== undefined && owner !== arn) {
      this.principals.add(owner)
      putPrincipal(this.world, this.authorizer, owner)
    }
  }

  private addResource(resource: string): void {
    if (!isNew(this.resources, resource)) return
    const arn = this.world.aliases.get(resource) ?? resource
    const account = splitArn(arn)?.account
    if (account !== undefined) this.addAccount(account)
    // A role that is to be assumed is asked for its trust policy.
    this.addPrincipal(arn)
    if (!this.world.keys.has(arn) || this.keys.has(arn)) return
    this.keys.add(arn)
    putKey(this.world, this.authorizer, arn)
  }

  private addAccount(accountId: string): void {
    if (!this.world.accounts.has(accountId) || this.accounts.has(accountId)) return
    this.accounts.add(accountId)
    putAccount(this.world, this.authorizer, accountId)
  }

  private addEndpoints(context: NonNullable<AuthorizationRequest['context']>): void {
    for (const [key, value] of Object.entries(context)) {
      // Condition keys have no case.
      if (key.length !== ENDPOINT.length || key.toLowerCase() !== ENDPOINT) continue
      for (const id of Array.isArray(value) ? value : [value]) {
        if (typeof id !== 'string' || !this.world.endpoints.has(id) || this.endpoints.has(id)) continue
        this.endpoints.add(id)
        putEndpoint(this.world, this.authorizer, id)
      }
    }
  }
}

const ENDPOINT = 'aws:sourcevpce'

/** Sessions come and go, and anybody may name a key: what has been seen is remembered so far and no further. */
const MAX_SEEN = 50_000

function isNew(seen: Set<string>, name: string): boolean {
  if (seen.has(name)) return false
  if (seen.size >= MAX_SEEN) seen.clear()
  seen.add(name)
  return true
}
