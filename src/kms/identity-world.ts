/**
 * The identity side of an engine: callers with their policies, accounts and VPC endpoints, which may change at any time.
 *
 * Remembers of principals what their ARNs do not tell, the path of a role and unique ids, for audit records.
 */
import type { AccountDefinition, Authorizer, EndpointDefinition, PrincipalDefinition } from '../explain/authorizer.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import type { KnownPrincipals } from './caller.js'
import type { Identities } from './services.js'

export interface IdentityChanges {
  putPrincipal(principal: PrincipalDefinition): void
  removePrincipal(arn: string): void
  putAccount(account: AccountDefinition): void
  removeAccount(accountId: string): void
  putEndpoint(endpoint: EndpointDefinition): void
  removeEndpoint(endpointId: string): void
}

export class IdentityWorld implements IdentityChanges, KnownPrincipals {
  /** Another number after every change of a principal. */
  version = 0
  private readonly roles = new Map<string, string>()
  private readonly ids = new Map<string, string>()

  constructor(
    private readonly authorizer: Authorizer,
    { principals = [], accounts = [], endpoints = [] }: Identities = {},
  ) {
    for (const principal of principals) this.putPrincipal(principal)
    for (const account of accounts) this.putAccount(account)
    for (const endpoint of endpoints) this.putEndpoint(endpoint)
  }

  putPrincipal(principal: PrincipalDefinition): void {
    this.authorizer.putPrincipal(principal)
    this.version++
    const role = roleName(principal.arn)
    if (role !== undefined) this.roles.set(role, principal.arn)
    if (principal.uniqueId === undefined) this.ids.delete(principal.arn)
    else this.ids.set(principal.arn, principal.uniqueId)
  }

  removePrincipal(arn: string): void {
    this.authorizer.removePrincipal(arn)
    this.version++
    const role = roleName(arn)
    if (role !== undefined && this.roles.get(role) === arn) this.roles.delete(role)
    this.ids.delete(arn)
  }

  putAccount(account: AccountDefinition): void {
    this.authorizer.putAccount(account)
  }

  removeAccount(accountId: string): void {
    this.authorizer.removeAccount(accountId)
  }

  putEndpoint(endpoint: EndpointDefinition): void {
    this.authorizer.putEndpoint(endpoint)
  }

  removeEndpoint(endpointId: string): void {
    this.authorizer.removeEndpoint(endpointId)
  }

  roleArn(accountId: string, name: string): string | undefined {
    return this.roles.get(`${accountId}/${name}`)
  }

  uniqueId(arn: string): string | undefined {
    return this.ids.get(arn)
  }
}

/** `account/name` of a role. */
function roleName(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === 'role' ? `${parsed.value.account}/${parsed.value.name}` : undefined
}
