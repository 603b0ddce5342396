/** Small worlds for symbolic questions, from policy JSON. */
import type { Grant } from '../../src/graph/grant.js'
import type { GraphTables } from '../../src/graph/tables.js'
import type { KeyProperties, Snapshot } from '../../src/graph/world.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { snapshotOf, type WorldDefinition } from '../../src/solve/world.js'

export interface WorldJson {
  readonly keys?: readonly (KeyProperties & {
    readonly arn: string
    readonly policy?: unknown
    readonly grants?: readonly Grant[]
  })[]
  readonly principals?: readonly {
    readonly arn: string
    readonly policies?: readonly unknown[]
    readonly boundary?: unknown
    readonly tags?: Readonly<Record<string, string>>
    readonly uniqueId?: string
  }[]
  readonly accounts?: readonly {
    readonly accountId: string
    readonly isManagement?: boolean
    readonly scps?: readonly (readonly unknown[])[]
    readonly rcps?: readonly (readonly unknown[])[]
    readonly organizationId?: string
    readonly organizationPath?: string
  }[]
  readonly endpoints?: readonly { readonly endpointId: string; readonly policy?: unknown }[]
}

export function policyOf(value: unknown, kind: PolicyKind): PolicyDocument {
  const parsed = parsePolicyValue(value, kind, 'policy', { sizes: 'report' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '))
  return parsed.value
}

export function worldOf(world: WorldJson, tables?: GraphTables): Snapshot {
  return snapshotOf(definitionOf(world), tables)
}

function definitionOf({ keys = [], principals = [], accounts = [], endpoints = [] }: WorldJson): WorldDefinition {
  const levels = (
    given: readonly (readonly unknown[])[] | undefined,
    kind: PolicyKind,
  ): readonly (readonly PolicyDocument[])[] | undefined =>
    given?.map((level) => level.map((policy) => policyOf(policy, kind)))
  return {
    keys: keys.map(({ policy, ...rest }) => ({
      ...rest,
      ...(policy === undefined ? {} : { policy: policyOf(policy, 'key') }),
    })),
    principals: principals.map(({ policies = [], boundary, ...rest }) => ({
      ...rest,
      policies: policies.map((policy) => policyOf(policy, 'identity')),
      ...(boundary === undefined ? {} : { boundary: policyOf(boundary, 'boundary') }),
    })),
    accounts: accounts.map(({ scps, rcps, ...rest }) => {
      const ofAccount = { scps: levels(scps, 'scp'), rcps: levels(rcps, 'rcp') }
      return {
        ...rest,
        ...(ofAccount.scps === undefined ? {} : { scps: ofAccount.scps }),
        ...(ofAccount.rcps === undefined ? {} : { rcps: ofAccount.rcps }),
      }
    }),
    endpoints: endpoints.map(({ endpointId, policy }) => ({
      endpointId,
      ...(policy === undefined ? {} : { policy: policyOf(policy, 'vpce') }),
    })),
  }
}

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
export const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`
export const APP = `arn:aws:iam::${ACCOUNT}:role/App`
export const ALICE = `arn:aws:iam::${ACCOUNT}:user/Alice`

interface StatementParts {
  readonly to?: unknown
  readonly on?: unknown
  readonly when?: unknown
}

function statement(effect: 'Allow' | 'Deny', action: unknown, { to, on = '*', when }: StatementParts): object {
  return {
    Effect: effect,
    ...(to === undefined ? {} : { Principal: to }),
    Action: action,
    Resource: on,
    ...(when === undefined ? {} : { Condition: when }),
  }
}

export const allow = (action: unknown, parts: StatementParts = {}): object => statement('Allow', action, parts)
export const deny = (action: unknown, parts: StatementParts = {}): object => statement('Deny', action, parts)
export const policy = (...statements: readonly unknown[]): object => ({ Version: '2012-10-17', Statement: statements })
/** The default key policy. */
export const delegating = allow('kms:*', { to: { AWS: ROOT } })
