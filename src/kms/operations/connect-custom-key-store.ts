/**
 * ConnectCustomKeyStore: makes the keys of a custom key store usable, or says in its description why it cannot.
 *
 * Source: KMS API Reference, "ConnectCustomKeyStore"; facts kms-behaviour 13, xks 3 and 4.
 */
import { after } from '../awaitable.js'
import { connectCluster } from '../cluster-store.js'
import { fail } from '../failure.js'
import type { Operation } from '../operation.js'
import { put, type CustomKeyStoreRecord } from '../records.js'
import { customKeyStoreRow } from '../row-names.js'
import { XKS_FAILURES } from '../xks/failure.js'

export const connectCustomKeyStore: Operation<'ConnectCustomKeyStore'> = {
  name: 'ConnectCustomKeyStore',
  targets: [],
  checks: [{ action: 'kms:ConnectCustomKeyStore', on: 'nothing' }],
  audit: { readOnly: false, request: { CustomKeyStoreId: 'logged' }, response: 'nothing' },
  usage: 'none',
  run: ({ input, caller, region, requestId, services }) => {
    const { customKeyStores } = services
    return after(customKeyStores.find(caller.accountId, region, input.CustomKeyStoreId), (found) => {
      if (!found.ok) return found
      const { record, version, place } = found.value
      if (record.connectionState === 'FAILED' || record.connectionState === 'DISCONNECTING') {
        return fail(
          'CustomKeyStoreInvalidStateException',
          `The custom key store ${record.customKeyStoreId} is ${record.connectionState}: disconnect it first.`,
        )
      }
      if (record.connectionState === 'CONNECTED') return { ok: true, value: { output: {} } }
      if (record.type === 'AWS_CLOUDHSM') return connectCluster(services, found.value)
      const metadata = { kmsRequestId: requestId, kmsOperation: 'ConnectCustomKeyStore' }
      return after(customKeyStores.proxy(found.value).health(metadata), (health) => {
        const { connectionErrorCode: _former, ...rest } = record
        const next: CustomKeyStoreRecord = health.ok
          ? { ...rest, connectionState: 'CONNECTED' }
          : {
              ...rest,
              connectionState: 'FAILED',
              connectionErrorCode: XKS_FAILURES[health.error.kind].connection,
            }
        const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
        return { ok: true, value: { output: {}, changes: [put(name, next, { version })] } }
      })
    })
  },
}
