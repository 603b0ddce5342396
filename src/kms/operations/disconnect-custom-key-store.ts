/**
 * DisconnectCustomKeyStore: the keys of a custom key store become unavailable.
 *
 * Source: KMS API Reference, "DisconnectCustomKeyStore"; facts kms-behaviour 13, xks 4.
 */
import { after } from '../awaitable.js'
import { disconnectCluster } from '../cluster-store.js'
import { fail } from '../failure.js'
import type { Operation } from '../operation.js'
import { put, type CustomKeyStoreRecord } from '../records.js'
import { customKeyStoreRow } from '../row-names.js'

export const disconnectCustomKeyStore: Operation<'DisconnectCustomKeyStore'> = {
  name: 'DisconnectCustomKeyStore',
  targets: [],
  checks: [{ action: 'kms:DisconnectCustomKeyStore', on: 'nothing' }],
  audit: { readOnly: false, request: { CustomKeyStoreId: 'logged' }, response: 'nothing' },
  usage: 'none',
  run: ({ input, caller, region, services }) =>
    after(services.customKeyStores.find(caller.accountId, region, input.CustomKeyStoreId), (found) => {
      if (!found.ok) return found
      const { record, version, place } = found.value
      if (record.connectionState === 'DISCONNECTED' || record.connectionState === 'DISCONNECTING') {
        return fail(
          'CustomKeyStoreInvalidStateException',
          `The custom key store ${record.customKeyStoreId} is ${record.connectionState} already.`,
        )
      }
      const { connectionErrorCode: _former, ...rest } = record
      const next: CustomKeyStoreRecord = { ...rest, connectionState: 'DISCONNECTED' }
      const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
      return {
        ok: true,
        value: {
          output: {},
          changes: [put(name, next, { version })],
          committed: () => {
            if (record.type === 'AWS_CLOUDHSM') disconnectCluster(services, found.value)
          },
        },
      }
    }),
}
