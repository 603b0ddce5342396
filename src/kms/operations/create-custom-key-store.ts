/**
 * CreateCustomKeyStore: describes a key store outside of KMS; it is not connected yet.
 *
 * Source: KMS API Reference, "CreateCustomKeyStore"; facts kms-behaviour 13, xks 4.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { clusterFailure } from '../cluster-store.js'
import { addressFailure, sharedAddressFailure, storeFailure, type LoadedKeyStore } from '../custom-key-stores.js'
import { fail, type Failure } from '../failure.js'
import type { Call, Operation } from '../operation.js'
import { put, type CustomKeyStoreRecord } from '../records.js'
import { customKeyStoreRow } from '../row-names.js'
import type { Awaitable } from '../store.js'

export const createCustomKeyStore: Operation<'CreateCustomKeyStore'> = {
  name: 'CreateCustomKeyStore',
  targets: [],
  checks: [{ action: 'kms:CreateCustomKeyStore', on: 'nothing' }],
  audit: {
    readOnly: false,
    request: {
      CustomKeyStoreName: 'logged',
      CloudHsmClusterId: 'logged',
      TrustAnchorCertificate: 'logged',
      KeyStorePassword: 'hidden',
      CustomKeyStoreType: 'logged',
      XksProxyUriEndpoint: 'logged',
      XksProxyUriPath: 'logged',
      XksProxyVpcEndpointServiceName: 'logged',
      XksProxyVpcEndpointServiceOwner: 'logged',
      XksProxyAuthenticationCredential: 'hidden',
      XksProxyConnectivity: 'logged',
    },
    defaults: { CustomKeyStoreType: 'AWS_CLOUDHSM' },
    response: 'told',
  },
  usage: 'none',
  run: (call) => {
    const { input, caller, region, services } = call
    const { accountId } = caller
    if (accountId === undefined) return fail('ValidationException', 'The caller has no account to make a key store in.')
    return after(services.customKeyStores.all(accountId, region), (others) => {
      if (others.some(({ record }) => record.name === input.CustomKeyStoreName)) {
        return fail('CustomKeyStoreNameInUseException', `The name ${input.CustomKeyStoreName} is in use.`)
      }
      if (others.length >= services.quotas.customKeyStores) {
        return fail('LimitExceededException', 'There are as many custom key stores as an account may have.')
      }
      const customKeyStoreId = `cks-${services.ids.hex(9).slice(0, 17)}`
      return after(describe(call, customKeyStoreId, accountId, others), (described) =>
        described.ok
          ? {
              ok: true,
              value: {
                output: { CustomKeyStoreId: customKeyStoreId },
                changes: [put(customKeyStoreRow(accountId, region, customKeyStoreId), described.value, 'absent')],
                audit: { response: { customKeyStoreId } },
              },
            }
          : described,
      )
    })
  },
}

function describe(
  call: Call<'CreateCustomKeyStore'>,
  customKeyStoreId: string,
  accountId: string,
  others: readonly LoadedKeyStore[],
): Awaitable<Result<CustomKeyStoreRecord, Failure>> {
  const type = call.input.CustomKeyStoreType ?? 'AWS_CLOUDHSM'
  return type === 'EXTERNAL_KEY_STORE'
    ? describeExternal(call, customKeyStoreId, accountId, others)
    : describeCloudHsm(call, customKeyStoreId, accountId, others)
}

/** Whether the password is the right one is seen when the store is connected. */
function describeCloudHsm(
  { input, region, nowMs, services }: Call<'CreateCustomKeyStore'>,
  customKeyStoreId: string,
  accountId: string,
  others: readonly LoadedKeyStore[],
): Awaitable<Result<CustomKeyStoreRecord, Failure>> {
  const {
    CloudHsmClusterId: cloudHsmClusterId,
    KeyStorePassword: password,
    TrustAnchorCertificate: trustAnchorCertificate,
  } = input
  const external = [
    input.XksProxyUriEndpoint,
    input.XksProxyUriPath,
    input.XksProxyAuthenticationCredential,
    input.XksProxyConnectivity,
    input.XksProxyVpcEndpointServiceName,
    input.XksProxyVpcEndpointServiceOwner,
  ]
  if (external.some((member) => member !== undefined)) {
    return fail('ValidationException', 'An AWS CloudHSM key store has no external key store proxy.')
  }
  if (cloudHsmClusterId === undefined || password === undefined || trustAnchorCertificate === undefined) {
    return fail(
      'ValidationException',
      'An AWS CloudHSM key store needs CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate.',
    )
  }
  const place = { accountId, region, customKeyStoreId }
  const failure = clusterFailure(services, place, { cloudHsmClusterId, trustAnchorCertificate }, others)
  return after(failure, (found) =>
    found === undefined
      ? {
          ok: true,
          value: {
            form: 1,
            customKeyStoreId,
            name: input.CustomKeyStoreName,
            type: 'AWS_CLOUDHSM',
            createdAtMs: nowMs,
            connectionState: 'DISCONNECTED',
            cloudHsmClusterId,
            trustAnchorCertificate,
            wrappedSecrets: services.customKeyStores.wrap(place, { password }),
          },
        }
      : { ok: false, error: found },
  )
}

function describeExternal(
  { input, region, nowMs, requestId, services }: Call<'CreateCustomKeyStore'>,
  customKeyStoreId: string,
  accountId: string,
  others: readonly LoadedKeyStore[],
): Awaitable<Result<CustomKeyStoreRecord, Failure>> {
  const {
    XksProxyUriEndpoint: uriEndpoint,
    XksProxyUriPath: uriPath,
    XksProxyAuthenticationCredential: given,
    XksProxyConnectivity: connectivity,
    XksProxyVpcEndpointServiceName: vpcEndpointServiceName,
    XksProxyVpcEndpointServiceOwner: vpcEndpointServiceOwner,
  } = input
  const cloudHsm = [input.CloudHsmClusterId, input.TrustAnchorCertificate, input.KeyStorePassword]
  if (cloudHsm.some((member) => member !== undefined)) {
    return fail('ValidationException', 'An external key store has no cluster, certificate or password.')
  }
  if (uriEndpoint === undefined || uriPath === undefined || given === undefined || connectivity === undefined) {
    return fail(
      'ValidationException',
      'An external key store needs XksProxyUriEndpoint, XksProxyUriPath, XksProxyAuthenticationCredential and XksProxyConnectivity.',
    )
  }
  const isVpc = connectivity === 'VPC_ENDPOINT_SERVICE'
  if (isVpc !== (vpcEndpointServiceName !== undefined)) {
    return fail(
      'ValidationException',
      'XksProxyVpcEndpointServiceName goes with VPC_ENDPOINT_SERVICE and with it alone.',
    )
  }
  const wanted = {
    uriEndpoint,
    uriPath,
    connectivity,
    ...(vpcEndpointServiceName === undefined ? {} : { vpcEndpointServiceName }),
  }
  const failure = addressFailure(uriEndpoint, uriPath) ?? sharedAddressFailure(wanted, others)
  if (failure !== undefined) return { ok: false, error: failure }
  const credential = { accessKeyId: given.AccessKeyId, secretAccessKey: given.RawSecretAccessKey }
  const place = { accountId, region, customKeyStoreId }
  // What stands behind a VPC endpoint service is asked when the store is connected.
  const probed = isVpc
    ? undefined
    : services.customKeyStores.probe({ uriEndpoint, uriPath, credential }, region, 'CreateCustomKeyStore', requestId)
  return after(probed, (health) => {
    if (health?.ok === false) return { ok: false, error: storeFailure(health.error) }
    const record: CustomKeyStoreRecord = {
      form: 1,
      customKeyStoreId,
      name: input.CustomKeyStoreName,
      type: 'EXTERNAL_KEY_STORE',
      createdAtMs: nowMs,
      connectionState: 'DISCONNECTED',
      connectivity,
      uriEndpoint,
      uriPath,
      accessKeyId: credential.accessKeyId,
      ...(vpcEndpointServiceName === undefined ? {} : { vpcEndpointServiceName }),
      ...(vpcEndpointServiceOwner === undefined ? {} : { vpcEndpointServiceOwner }),
      wrappedSecrets: services.customKeyStores.wrap(place, { credential }),
    }
    return { ok: true, value: record }
  })
}
