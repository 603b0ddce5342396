/**
 * UpdateAlias: lets a name point to another key of the same kind and use.
 *
 * Source: KMS API Reference, "UpdateAlias"; facts kms-behaviour 4 and 2, footnote 10.
 */
import { keyOfAlias, storedAlias, tooManyAliases } from '../alias-name.js'
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import type { Operation } from '../operation.js'
import { put, putName, remove, type AliasRecord } from '../records.js'
import { aliasArn, keyAliasRow, keyRow } from '../row-names.js'

export const updateAlias: Operation<'UpdateAlias'> = {
  name: 'UpdateAlias',
  targets: [
    { role: 'current', find: 'otherwise', lookUp: keyOfAlias, states: STATE_ROWS.any },
    { role: 'new', find: 'named', member: 'TargetKeyId', forms: 'keys', states: STATE_ROWS.notPendingDeletion },
  ],
  checks: [
    { action: 'kms:UpdateAlias', on: ({ key, input }) => aliasArn(key.accountId, key.place.region, input.AliasName) },
    { action: 'kms:UpdateAlias', on: 'current' },
    { action: 'kms:UpdateAlias', on: 'new' },
  ],
  audit: { readOnly: false, request: { AliasName: 'logged', TargetKeyId: 'logged' }, response: 'told' },
  usage: 'none',
  run: (call) => {
    const [current, target] = call.keys
    const { AliasName: aliasName } = call.input
    return after(storedAlias(call, current!), (stored) => {
      if (!stored.ok) return stored
      if (target!.record.keyManager !== 'CUSTOMER') {
        return fail('ValidationException', 'An alias can point to a customer managed key only.')
      }
      if (kindOf(current!) !== kindOf(target!) || current!.keyUsage !== target!.keyUsage) {
        return fail('ValidationException', 'The current and the new key of an alias must be of the same type and use.')
      }
      const isSame = current!.arn === target!.arn
      if (!isSame && target!.aliases.length >= call.services.quotas.aliasesPerKey) {
        return tooManyAliases(target!, call.services.quotas)
      }
      const { row } = stored.value
      const record: AliasRecord = {
        ...stored.value.record,
        targetKeyId: target!.place.keyId,
        updatedAtMs: call.nowMs,
      }
      return {
        ok: true,
        value: {
          output: {},
          audit: { response: { keyId: target!.arn } },
          changes: [
            { kind: 'check', name: keyRow(target!.place), expect: target!.unchanged },
            put(row.name, record, { version: row.version }),
            ...(isSame
              ? []
              : [remove(keyAliasRow(current!.place, aliasName)), putName(keyAliasRow(target!.place, aliasName))]),
          ],
        },
      }
    })
  },
}

function kindOf({ record: { keySpec } }: LoadedKey): 'symmetric' | 'hmac' | 'asymmetric' {
  if (keySpec === 'SYMMETRIC_DEFAULT') return 'symmetric'
  return keySpec.startsWith('HMAC_') ? 'hmac' : 'asymmetric'
}
