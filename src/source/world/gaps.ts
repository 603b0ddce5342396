/**
 * Which gaps of a world one answer hangs on.
 *
 * Beside what the files lack of themselves, a request may name a caller, a key or an endpoint that no file has.
 */
import { parseAliasArn, parseKeyArn, splitArn } from '../../text/arn.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { rolesByName } from './role-names.js'
import type { AskedWorld, Gap } from './world.js'

export interface GapQuestion {
  /** As in an authorization request: an ARN, or the name of a service. */
  readonly principal: string
  /** ARN. */
  readonly resource?: string
  /** The endpoint that the request came through. */
  readonly endpointId?: string
}

/** Answers for many requests to one world. */
export class GapFinder {
  private readonly everything: Gap[] = []
  /** By kind of scope and account, ARN or id. */
  private readonly byThing = new Map<string, Gap[]>()

  constructor(private readonly world: AskedWorld) {
    for (const gap of world.gaps) this.add(gap)
  }

  private add(gap: Gap): void {
    const { scope } = gap
    switch (scope.kind) {
      case 'everything':
        this.everything.push(gap)
        return
      case 'callers':
      case 'keysOf':
        for (const accountId of scope.accountIds) this.put(`${scope.kind} ${accountId}`, gap)
        return
      case 'principals':
      case 'keys':
        for (const arn of scope.arns) this.put(`${scope.kind} ${arn}`, gap)
        return
      case 'endpoint':
        this.put(`endpoint ${scope.endpointId}`, gap)
    }
  }

  private put(thing: string, gap: Gap): void {
    const known = this.byThing.get(thing)
    if (known === undefined) this.byThing.set(thing, [gap])
    else known.push(gap)
  }

  gapsFor({ principal, resource, endpointId }: GapQuestion): readonly Gap[] {
    const found = [...this.everything, ...this.ofCaller(principal)]
    if (resource !== undefined) found.push(...this.ofResource(resource))
    if (endpointId !== undefined) found.push(...this.ofEndpoint(endpointId))
    return [...new Set(found)]
  }

  private of(thing: string): readonly Gap[] {
    return this.byThing.get(thing) ?? []
  }

  private ofCaller(principal: string): readonly Gap[] {
    const parsed = parsePrincipalArn(principal)
    // A service has no account and no policies.
    if (!parsed.ok) return []
    const { account, kind } = parsed.value
    const found = [...this.of(`callers ${account}`), ...this.strangers('callers', account)]
    // The root user has no policies of its own; what a federated user session may is its user's, who is not named.
    if (kind === 'root') return found
    if (kind === 'federatedUser') return [...found, ...this.of(`principals ${principal}`)]
    const arn = kind === 'session' ? rolesByName(this.world).get(`${account}/${parsed.value.role}`) : principal
    if (arn !== undefined && this.world.principals.has(arn)) return [...found, ...this.of(`principals ${arn}`)]
    // Where nobody of the account was given, a gap says so already.
    if (found.some(({ code }) => code === 'identities-missing')) return found
    const what = kind === 'session' ? `role ${parsed.value.role} of account ${account}` : principal
    return [
      ...found,
      {
        code: 'principal-missing',
        message: `${what} is in no file: taken as having no policies, boundary or tags`,
        scope: { kind: 'principals', arns: [principal] },
      },
    ]
  }

  private ofResource(resource: string): readonly Gap[] {
    const arn = this.world.aliases.get(resource) ?? resource
    const account = splitArn(arn)?.account
    if (account === undefined || account === '') return []
    const found = [...this.of(`keysOf ${account}`), ...this.strangers('keysOf', account)]
    if (this.world.keys.has(arn)) return [...found, ...this.of(`keys ${arn}`)]
    if (parseKeyArn(arn) === undefined && parseAliasArn(arn) === undefined) return found
    const message = `${arn} is in no file: taken as a key without policy, grants and tags`
    return [...found, { code: 'key-missing', message, scope: { kind: 'keys', arns: [arn] } }]
  }

  private ofEndpoint(endpointId: string): readonly Gap[] {
    if (this.world.endpoints.has(endpointId)) return this.of(`endpoint ${endpointId}`)
    const message = `endpoint ${endpointId} is in no file: its policy is taken as allowing everything`
    return [{ code: 'endpoint-missing', message, scope: { kind: 'endpoint', endpointId } }]
  }

  /** Of an account that no file so much as names. */
  private strangers(kind: 'callers' | 'keysOf', accountId: string): readonly Gap[] {
    if (this.world.accounts.has(accountId) || this.world.organization === undefined) return []
    const scope = { kind, accountIds: [accountId] } as const
    const what = kind === 'callers' ? 'no SCP is taken to limit its principals' : 'no RCP is taken to limit its keys'
    const stranger: Gap = {
      code: 'account-not-in-organization',
      message: `account ${accountId} is in no file: ${what}`,
      scope,
    }
    if (kind === 'keysOf') return [stranger]
    const message = `no users and roles of account ${accountId} were given: its principals are taken as having no policies`
    return [stranger, { code: 'identities-missing', message, scope }]
  }
}

/** The gaps that one answer hangs on; whoever asks often keeps a `GapFinder`. */
export function gapsFor(world: AskedWorld, question: GapQuestion): readonly Gap[] {
  return new GapFinder(world).gapsFor(question)
}
