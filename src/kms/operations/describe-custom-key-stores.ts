/**
 * DescribeCustomKeyStores: the custom key stores of an account in a Region, without their secrets.
 *
 * Source: KMS API Reference, "DescribeCustomKeyStores"; facts kms-behaviour 13 and 14, xks 4.
 */
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import type { Operation } from '../operation.js'
import { LONG_PAGES, pageOfList } from '../page.js'
import type { CustomKeyStoreRecord } from '../records.js'
import type { CustomKeyStoresListEntry } from '../shapes.js'

export const describeCustomKeyStores: Operation<'DescribeCustomKeyStores'> = {
  name: 'DescribeCustomKeyStores',
  targets: [],
  checks: [{ action: 'kms:DescribeCustomKeyStores', on: 'nothing' }],
  audit: {
    readOnly: true,
    request: { CustomKeyStoreId: 'logged', CustomKeyStoreName: 'logged', Limit: 'logged', Marker: 'logged' },
    response: 'nothing',
  },
  usage: 'none',
  run: ({ input, caller: { accountId }, region, services }) => {
    const { CustomKeyStoreId: id, CustomKeyStoreName: name } = input
    if (id !== undefined && name !== undefined) {
      return fail('ValidationException', 'Only one of CustomKeyStoreId and CustomKeyStoreName may be given.')
    }
    if (accountId === undefined) return fail('ValidationException', 'Custom key stores are described for an account.')
    return after(services.customKeyStores.all(accountId, region), (all) => {
      const records = all
        .map(({ record }) => record)
        .filter(
          (record) =>
            (id === undefined || record.customKeyStoreId === id) && (name === undefined || record.name === name),
        )
      if (records.length === 0 && (id ?? name) !== undefined) {
        return fail('CustomKeyStoreNotFoundException', `The custom key store ${id ?? name ?? ''} does not exist.`)
      }
      const page = pageOfList(input, LONG_PAGES, `custom key stores ${accountId} ${region}`, services, records)
      return page.ok
        ? { ok: true, value: { output: { CustomKeyStores: page.value.entries.map(entryOf), ...page.value.more } } }
        : page
    })
  },
}

function entryOf(record: CustomKeyStoreRecord): CustomKeyStoresListEntry {
  const { connectionErrorCode, cloudHsmClusterId, trustAnchorCertificate } = record
  return {
    CustomKeyStoreId: record.customKeyStoreId,
    CustomKeyStoreName: record.name,
    ConnectionState: record.connectionState,
    // Told only while it is the reason of the state.
    ...(record.connectionState === 'FAILED' && connectionErrorCode !== undefined
      ? { ConnectionErrorCode: connectionErrorCode }
      : {}),
    CreationDate: new Date(record.createdAtMs),
    CustomKeyStoreType: record.type,
    ...(cloudHsmClusterId === undefined ? {} : { CloudHsmClusterId: cloudHsmClusterId }),
    ...(trustAnchorCertificate === undefined ? {} : { TrustAnchorCertificate: trustAnchorCertificate }),
    ...(record.type === 'EXTERNAL_KEY_STORE'
      ? {
          XksProxyConfiguration: {
            Connectivity: record.connectivity,
            AccessKeyId: record.accessKeyId,
            UriEndpoint: record.uriEndpoint,
            UriPath: record.uriPath,
            ...(record.vpcEndpointServiceName === undefined
              ? {}
              : { VpcEndpointServiceName: record.vpcEndpointServiceName }),
            ...(record.vpcEndpointServiceOwner === undefined
              ? {}
              : { VpcEndpointServiceOwner: record.vpcEndpointServiceOwner }),
          },
        }
      : {}),
  }
}
