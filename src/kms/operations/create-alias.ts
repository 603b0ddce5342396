/**
 * CreateAlias: a name for a customer managed key of the same account and Region.
 *
 * Source: KMS API Reference, "CreateAlias"; facts kms-behaviour 4.
 */
import { aliasNameFailure, tooManyAliases } from '../alias-name.js'
import { after } from '../awaitable.js'
import { fail, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import type { Call, Operation } from '../operation.js'
import { put, putName, type AliasRecord } from '../records.js'
import { aliasArn, aliasRow, keyAliasRow, keyRow } from '../row-names.js'
import type { Awaitable } from '../store.js'
import type { Result } from '../../text/source.js'

export const createAlias: Operation<'CreateAlias'> = {
  name: 'CreateAlias',
  targets: [{ role: 'key', find: 'otherwise', lookUp: targetOf, states: STATE_ROWS.notPendingDeletion }],
  checks: [
    { action: 'kms:CreateAlias', on: ({ key, input }) => aliasArn(key.accountId, key.place.region, input.AliasName) },
    { action: 'kms:CreateAlias', on: 'key' },
  ],
  audit: { readOnly: false, request: { AliasName: 'logged', TargetKeyId: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ input: { AliasName: aliasName }, key, nowMs, services }) => {
    const { accountId, place } = key
    const name = aliasRow(accountId, place.region, aliasName)
    return after(services.store.get(name), (row) => {
      if (row !== undefined) {
        const arn = aliasArn(accountId, place.region, aliasName)
        return fail('AlreadyExistsException', `An alias with the name ${arn} already exists`)
      }
      if (key.record.keyManager !== 'CUSTOMER') {
        return fail('ValidationException', 'An alias can be created for a customer managed key only.')
      }
      if (key.aliases.length >= services.quotas.aliasesPerKey) {
        return tooManyAliases(key, services.quotas)
      }
      const record: AliasRecord = {
        form: 1,
        aliasName,
        targetKeyId: place.keyId,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }
      return {
        ok: true,
        value: {
          output: {},
          changes: [
            { kind: 'check', name: keyRow(place), expect: key.unchanged },
            put(name, record, 'absent'),
            putName(keyAliasRow(place, aliasName)),
          ],
        },
      }
    })
  },
}

/** The key that is to have the name. A name that nobody may give is no resource to ask a permission for. */
function targetOf({ input, caller, services }: Call<'CreateAlias'>): Awaitable<Result<LoadedKey, Failure>> {
  const failure = aliasNameFailure(input.AliasName)
  return failure === undefined ? services.keys.find(input.TargetKeyId, 'keys', caller) : { ok: false, error: failure }
}
