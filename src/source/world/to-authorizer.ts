/**
 * Fills an authorizer from a world: with all of it, or with what a question is about.
 *
 * The policies that it compiles know where they come from: `shownSource` gives an explanation their files.
 */
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../explain/authorizer.js'
import { accountDefinition, endpointDefinition, keyDefinition, principalDefinition } from './to-definition.js'
import type { AskedWorld } from './world.js'

/** An authorizer that knows the whole world. */
export function toAuthorizer(world: AskedWorld, options: AuthorizerOptions = {}): Authorizer {
  const authorizer = createAuthorizer(options)
  for (const accountId of world.accounts.keys()) putAccount(world, authorizer, accountId)
  for (const arn of world.principals.keys()) putPrincipal(world, authorizer, arn)
  for (const arn of world.keys.keys()) putKey(world, authorizer, arn)
  for (const endpointId of world.endpoints.keys()) putEndpoint(world, authorizer, endpointId)
  return authorizer
}

/** Adds an account; one that the world does not have is left out, as are the others below. */
export function putAccount(world: AskedWorld, authorizer: Authorizer, id: string): void {
  const account = accountDefinition(world, id)
  if (account !== undefined) authorizer.putAccount(account)
}

export function putPrincipal(world: AskedWorld, authorizer: Authorizer, arn: string): void {
  const principal = principalDefinition(world, arn)
  if (principal !== undefined) authorizer.putPrincipal(principal)
}

export function putKey(world: AskedWorld, authorizer: Authorizer, arn: string): void {
  const key = keyDefinition(world, arn)
  if (key !== undefined) authorizer.putKey(key)
}

export function putEndpoint(world: AskedWorld, authorizer: Authorizer, id: string): void {
  const endpoint = endpointDefinition(world, id)
  if (endpoint !== undefined) authorizer.putEndpoint(endpoint)
}
