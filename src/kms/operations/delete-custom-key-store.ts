/**
 * DeleteCustomKeyStore: forgets a custom key store that is disconnected and has no keys.
 *
 * Source: KMS API Reference, "DeleteCustomKeyStore"; facts kms-behaviour 13, xks 4.
 */
import { after } from '../awaitable.js'
import { forgetDoomed } from '../cluster-store.js'
import { fail } from '../failure.js'
import type { Operation } from '../operation.js'
import { remove } from '../records.js'
import { customKeyStoreRow, keysOfStorePrefix } from '../row-names.js'

export const deleteCustomKeyStore: Operation<'DeleteCustomKeyStore'> = {
  name: 'DeleteCustomKeyStore',
  targets: [],
  checks: [{ action: 'kms:DeleteCustomKeyStore', on: 'nothing' }],
  audit: { readOnly: false, request: { CustomKeyStoreId: 'logged' }, response: 'nothing' },
  usage: 'none',
  run: ({ input, caller, region, services }) =>
    after(services.customKeyStores.find(caller.accountId, region, input.CustomKeyStoreId), (found) => {
      if (!found.ok) return found
      const { record, version, place } = found.value
      if (record.connectionState !== 'DISCONNECTED') {
        return fail(
          'CustomKeyStoreInvalidStateException',
          `The custom key store ${record.customKeyStoreId} must be disconnected before it is deleted.`,
        )
      }
      return after(services.store.scan(keysOfStorePrefix(place), { limit: 1 }), ({ rows }) =>
        rows.length > 0
          ? fail('CustomKeyStoreHasCMKsException', `The custom key store ${record.customKeyStoreId} has KMS keys.`)
          : after(forgetDoomed(services, place), (forgotten) => ({
              ok: true,
              value: {
                output: {},
                changes: [
                  remove(customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId), { version }),
                  ...forgotten,
                ],
              },
            })),
      )
    }),
}
