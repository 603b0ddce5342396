/**
 * Worlds for symbolic questions, from definitions: lowered into shared tables, so that they can be compared.
 */
import { GrantSet, type Grant } from '../graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import { GraphTables } from '../graph/tables.js'
import { Snapshot, type KeyProperties } from '../graph/world.js'
import type { PolicyDocument } from '../policy/document.js'
import { splitArn } from '../text/arn.js'

/** Everything that decides, as documents; the members are those of an authorizer's definitions. */
export interface WorldDefinition {
  readonly keys?: readonly (KeyProperties & {
    readonly arn: string
    readonly policy?: PolicyDocument
    readonly grants?: readonly Grant[]
  })[]
  readonly principals?: readonly {
    readonly arn: string
    readonly policies?: readonly PolicyDocument[]
    readonly boundary?: PolicyDocument
    readonly tags?: Readonly<Record<string, string>>
    readonly uniqueId?: string
  }[]
  readonly accounts?: readonly {
    readonly accountId: string
    readonly isManagement?: boolean
    readonly scps?: readonly (readonly PolicyDocument[])[]
    readonly rcps?: readonly (readonly PolicyDocument[])[]
    readonly organizationId?: string
    readonly organizationPath?: string
  }[]
  readonly endpoints?: readonly { readonly endpointId: string; readonly policy?: PolicyDocument }[]
}

/** @param tables - those of the world to compare with; new ones when left out. */
export function snapshotOf(definition: WorldDefinition, tables: GraphTables = new GraphTables()): Snapshot {
  const compile = (policy: PolicyDocument): CompiledPolicy => compilePolicy(tables, policy)
  const compileIf = (policy: PolicyDocument | undefined): CompiledPolicy | undefined =>
    policy === undefined ? undefined : compile(policy)
  const levels = (
    given: readonly (readonly PolicyDocument[])[] | undefined,
  ): readonly (readonly CompiledPolicy[])[] | undefined => given?.map((level) => level.map(compile))
  let snapshot = Snapshot.empty(tables)
  for (const { accountId, isManagement = false, scps, rcps, organizationId, organizationPath } of definition.accounts ??
    []) {
    snapshot = snapshot.withAccount({
      accountId,
      isManagement,
      scps: levels(scps),
      rcps: levels(rcps),
      organizationId,
      organizationPath,
    })
  }
  for (const { arn, policies = [], boundary, tags = {}, uniqueId } of definition.principals ?? []) {
    snapshot = snapshot.withPrincipal({
      arn,
      accountId: splitArn(arn)?.account ?? '',
      policies: policies.map(compile),
      boundary: compileIf(boundary),
      tags,
      uniqueId,
    })
  }
  for (const { arn, policy, grants = [], ...properties } of definition.keys ?? []) {
    snapshot = snapshot.withKey({
      arn,
      accountId: splitArn(arn)?.account ?? '',
      policy: compileIf(policy),
      grants: grants.length === 0 ? GrantSet.empty : new GrantSet(grants),
      properties,
    })
  }
  for (const { endpointId, policy } of definition.endpoints ?? []) {
    snapshot = snapshot.withEndpoint({ endpointId, policy: compileIf(policy) })
  }
  return snapshot
}
