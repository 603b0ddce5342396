/**
 * Which names an alias may have, beyond what the model of the API lets through.
 *
 * Source: KMS API Reference, "CreateAlias"; facts kms-behaviour 4.
 */
import { after } from './awaitable.js'
import { fail, type Failed, type Failure } from './failure.js'
import { aliasNotFound } from './identifier.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call } from './operation.js'
import { parseRecord, type AliasRecord } from './records.js'
import type { ResourceQuotas } from './quotas.js'
import { aliasRow } from './row-names.js'
import type { Awaitable, Row } from './store.js'
import type { Result } from '../text/source.js'

const PREFIX = 'alias/'
const RESERVED = 'alias/aws/'
const ALIAS_NAME = /^alias\/[a-zA-Z0-9/_-]+$/

/** Undefined for what has the prefix of every alias; what has not is no alias name at all. */
function prefixFailure(aliasName: string): Failure | undefined {
  return aliasName.startsWith(PREFIX)
    ? undefined
    : {
        code: 'ValidationException',
        message: `Alias must start with the prefix "${PREFIX}". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html`,
      }
}

/** Undefined for a name that a customer may give. */
export function aliasNameFailure(aliasName: string): Failure | undefined {
  const unprefixed = prefixFailure(aliasName)
  if (unprefixed !== undefined) return unprefixed
  if (aliasName.startsWith(RESERVED)) {
    return { code: 'InvalidAliasNameException', message: `Alias names that begin with ${RESERVED} are reserved.` }
  }
  return ALIAS_NAME.test(aliasName)
    ? undefined
    : {
        code: 'InvalidAliasNameException',
        message: 'An alias name holds letters, digits, slashes, underscores and dashes after alias/, and nothing else.',
      }
}

/** The key has as many aliases as it may have. */
export function tooManyAliases({ aliases }: LoadedKey, { aliasesPerKey }: ResourceQuotas): Failed {
  return fail(
    'LimitExceededException',
    `Aliases per key quota for this account in this region is ${aliasesPerKey}, current usage is ${aliases.length}.`,
  )
}

/** The key that an alias of the caller's own account points to: UpdateAlias and DeleteAlias name no key of theirs. */
export function keyOfAlias(call: Call<'UpdateAlias'> | Call<'DeleteAlias'>): Awaitable<Result<LoadedKey, Failure>> {
  const { caller, region, services } = call
  const { AliasName: aliasName } = call.input
  const { accountId } = caller
  const unprefixed = prefixFailure(aliasName)
  if (unprefixed !== undefined) return { ok: false, error: unprefixed }
  if (aliasName.startsWith(RESERVED)) {
    return fail('ValidationException', `Aliases that begin with ${RESERVED} belong to AWS and cannot be changed.`)
  }
  if (accountId === undefined) return aliasNotFound('', region, aliasName)
  return services.keys.identified({ kind: 'alias', accountId, region, aliasName }, aliasName)
}

export interface StoredAlias {
  readonly record: AliasRecord
  readonly row: Row
}

/** The alias as it is stored, if it still points to this key. */
export function storedAlias(
  call: Call<'UpdateAlias'> | Call<'DeleteAlias'>,
  key: LoadedKey,
): Awaitable<Result<StoredAlias, Failure>> {
  const { accountId, place } = key
  const { AliasName: aliasName } = call.input
  const name = aliasRow(accountId, place.region, aliasName)
  return after(call.services.store.get(name), (row) => {
    const record = row === undefined ? undefined : parseRecord<AliasRecord>(name, row.value)
    return row === undefined || record?.targetKeyId !== place.keyId
      ? aliasNotFound(accountId, place.region, aliasName)
      : { ok: true, value: { record, row } }
  })
}
