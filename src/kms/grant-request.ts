/**
 * Grants between the API, the store and the decision graph: three spellings of one thing.
 *
 * Source: KMS API Reference, "CreateGrant", "GrantListEntry".
 */
import type { GrantRequest } from '../decide/facts.js'
import type { LoadedKey } from './loaded-key.js'
import type { GrantRecord } from './records.js'
import { partitionOf } from './row-names.js'
import type { GrantConstraints, GrantListEntry, KmsInputs } from './shapes.js'

/** What CreateGrant asks for, as conditions and parent grants see it. */
export function grantRequestOf(input: KmsInputs['CreateGrant']): GrantRequest {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal } = input
  const constraints = constraintsOf(input.Constraints)
  return {
    operations: input.Operations,
    ...(GranteePrincipal === undefined ? {} : { granteePrincipal: GranteePrincipal }),
    ...(GranteeServicePrincipal === undefined ? {} : { granteeServicePrincipal: GranteeServicePrincipal }),
    ...(RetiringPrincipal === undefined ? {} : { retiringPrincipal: RetiringPrincipal }),
    ...(RetiringServicePrincipal === undefined ? {} : { retiringServicePrincipal: RetiringServicePrincipal }),
    ...(constraints === undefined ? {} : { constraints: graphConstraints(constraints) }),
  }
}

/** With the members that say something; undefined where none does. An empty map of pairs asks for nothing. */
export function constraintsOf(given: GrantConstraints | undefined): GrantConstraints | undefined {
  if (given === undefined) return undefined
  const members = Object.entries(given).filter(
    ([, value]: readonly [string, unknown]) =>
      value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0),
  )
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

export function graphConstraints(constraints: GrantConstraints): NonNullable<GrantRequest['constraints']> {
  const { EncryptionContextEquals, EncryptionContextSubset, SourceArn } = constraints
  return {
    ...(EncryptionContextEquals === undefined ? {} : { encryptionContextEquals: EncryptionContextEquals }),
    ...(EncryptionContextSubset === undefined ? {} : { encryptionContextSubset: EncryptionContextSubset }),
    ...(SourceArn === undefined ? {} : { sourceArn: SourceArn }),
  }
}

/** As ListGrants and ListRetirableGrants show it. */
export function grantListEntry(key: LoadedKey, record: GrantRecord): GrantListEntry {
  return {
    KeyId: key.arn,
    GrantId: record.grantId,
    // The guide's examples show an empty name where none was given.
    Name: record.name ?? '',
    CreationDate: new Date(record.createdAtMs),
    ...(record.granteePrincipal === undefined ? {} : { GranteePrincipal: record.granteePrincipal }),
    ...(record.granteeServicePrincipal === undefined
      ? {}
      : { GranteeServicePrincipal: record.granteeServicePrincipal }),
    ...(record.retiringPrincipal === undefined ? {} : { RetiringPrincipal: record.retiringPrincipal }),
    ...(record.retiringServicePrincipal === undefined
      ? {}
      : { RetiringServicePrincipal: record.retiringServicePrincipal }),
    IssuingAccount: `arn:${partitionOf(key.place.region)}:iam::${record.issuingAccount}:root`,
    Operations: record.operations,
    ...(record.constraints === undefined ? {} : { Constraints: record.constraints }),
  }
}
