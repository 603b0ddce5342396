/**
 * DeleteAlias: takes a name away from a key, whatever the key's state.
 *
 * Source: KMS API Reference, "DeleteAlias"; facts kms-behaviour 4.
 */
import { keyOfAlias, storedAlias } from '../alias-name.js'
import { after } from '../awaitable.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { remove } from '../records.js'
import { aliasArn, keyAliasRow } from '../row-names.js'

export const deleteAlias: Operation<'DeleteAlias'> = {
  name: 'DeleteAlias',
  targets: [{ role: 'key', find: 'otherwise', lookUp: keyOfAlias, states: STATE_ROWS.any }],
  checks: [
    { action: 'kms:DeleteAlias', on: ({ key, input }) => aliasArn(key.accountId, key.place.region, input.AliasName) },
    { action: 'kms:DeleteAlias', on: 'key' },
  ],
  audit: { readOnly: false, request: { AliasName: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: (call) =>
    after(storedAlias(call, call.key), (stored) =>
      stored.ok
        ? {
            ok: true,
            value: {
              output: {},
              changes: [
                remove(stored.value.row.name, { version: stored.value.row.version }),
                remove(keyAliasRow(call.key.place, call.input.AliasName)),
              ],
            },
          }
        : stored,
    ),
}
