/**
 * UpdateCustomKeyStore: another name, proxy or credential, cluster or password. Nothing changes unless the proxy answers
 * under the new values; whether a password is right is seen when the store is connected.
 *
 * Source: KMS API Reference, "UpdateCustomKeyStore"; facts kms-behaviour 13, xks 4, point 5.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { movedKeys, relatedClusterFailure } from '../cluster-store.js'
import { addressFailure, sharedAddressFailure, storeFailure, type LoadedKeyStore } from '../custom-key-stores.js'
import { fail, type Failure } from '../failure.js'
import type { Call, Operation } from '../operation.js'
import { put, type CustomKeyStoreRecord } from '../records.js'
import { customKeyStoreRow } from '../row-names.js'
import type { Services } from '../services.js'
import type { Awaitable } from '../store.js'

type Input = Call<'UpdateCustomKeyStore'>['input']

export const updateCustomKeyStore: Operation<'UpdateCustomKeyStore'> = {
  name: 'UpdateCustomKeyStore',
  targets: [],
  checks: [{ action: 'kms:UpdateCustomKeyStore', on: 'nothing' }],
  audit: {
    readOnly: false,
    request: {
      CustomKeyStoreId: 'logged',
      NewCustomKeyStoreName: 'logged',
      KeyStorePassword: 'hidden',
      CloudHsmClusterId: 'logged',
      XksProxyUriEndpoint: 'logged',
      XksProxyUriPath: 'logged',
      XksProxyVpcEndpointServiceName: 'logged',
      XksProxyVpcEndpointServiceOwner: 'logged',
      XksProxyAuthenticationCredential: 'hidden',
      XksProxyConnectivity: 'logged',
    },
    response: 'nothing',
  },
  usage: 'none',
  run: (call) => {
    const { input, caller, region, services } = call
    return after(services.customKeyStores.find(caller.accountId, region, input.CustomKeyStoreId), (found) => {
      if (!found.ok) return found
      const { place, version } = found.value
      return after(services.customKeyStores.all(place.accountId, region), (all) => {
        const others = all.filter(({ record }) => record.customKeyStoreId !== input.CustomKeyStoreId)
        if (others.some(({ record }) => record.name === input.NewCustomKeyStoreName)) {
          return fail('CustomKeyStoreNameInUseException', `The name ${input.NewCustomKeyStoreName ?? ''} is in use.`)
        }
        return after(updated(call, found.value, others), (next) => {
          if (!next.ok) return next
          const name = customKeyStoreRow(place.accountId, place.region, place.customKeyStoreId)
          const change = put(name, next.value, { version })
          const { cloudHsmClusterId } = next.value
          const moves = cloudHsmClusterId !== undefined && cloudHsmClusterId !== found.value.record.cloudHsmClusterId
          const moved = moves ? movedKeys(services, found.value, cloudHsmClusterId) : []
          return after(moved, (keys) => ({ ok: true, value: { output: {}, changes: [change, ...keys] } }))
        })
      })
    })
  },
}

function updated(
  { input, region, requestId, services }: Call<'UpdateCustomKeyStore'>,
  store: LoadedKeyStore,
  others: readonly LoadedKeyStore[],
): Awaitable<Result<CustomKeyStoreRecord, Failure>> {
  const { customKeyStores } = services
  const { record, place } = store
  const failure = membersFailure(input, record)
  if (failure !== undefined) return { ok: false, error: failure }
  const next = { ...record, name: input.NewCustomKeyStoreName ?? record.name }
  if (record.type === 'AWS_CLOUDHSM') return updatedCluster(services, store, next, input, others)
  if (!changesProxy(input)) return { ok: true, value: next }
  const { XksProxyAuthenticationCredential: given, XksProxyConnectivity: connectivity = record.connectivity } = input
  const uriEndpoint = input.XksProxyUriEndpoint ?? record.uriEndpoint ?? ''
  const uriPath = input.XksProxyUriPath ?? record.uriPath ?? ''
  const isVpc = connectivity === 'VPC_ENDPOINT_SERVICE'
  const vpcEndpointServiceName = isVpc
    ? (input.XksProxyVpcEndpointServiceName ?? record.vpcEndpointServiceName)
    : undefined
  const vpcEndpointServiceOwner = isVpc
    ? (input.XksProxyVpcEndpointServiceOwner ?? record.vpcEndpointServiceOwner)
    : undefined
  if (isVpc !== (vpcEndpointServiceName !== undefined)) {
    return fail(
      'ValidationException',
      'XksProxyVpcEndpointServiceName goes with VPC_ENDPOINT_SERVICE and with it alone.',
    )
  }
  const credential =
    given === undefined
      ? customKeyStores.unwrap(store).credential
      : { accessKeyId: given.AccessKeyId, secretAccessKey: given.RawSecretAccessKey }
  if (credential === undefined || connectivity === undefined) throw new Error('an external key store has no proxy')
  const wanted = {
    uriEndpoint,
    uriPath,
    connectivity,
    ...(vpcEndpointServiceName === undefined ? {} : { vpcEndpointServiceName }),
  }
  const address = addressFailure(uriEndpoint, uriPath) ?? sharedAddressFailure(wanted, others)
  if (address !== undefined) return { ok: false, error: address }
  return after(
    customKeyStores.probe({ uriEndpoint, uriPath, credential }, region, 'UpdateCustomKeyStore', requestId),
    (health) => {
      if (!health.ok) return { ok: false, error: storeFailure(health.error) }
      const { vpcEndpointServiceName: _name, vpcEndpointServiceOwner: _owner, ...rest } = next
      return {
        ok: true,
        value: {
          ...rest,
          uriEndpoint,
          uriPath,
          connectivity,
          accessKeyId: credential.accessKeyId,
          ...(vpcEndpointServiceName === undefined ? {} : { vpcEndpointServiceName }),
          ...(vpcEndpointServiceOwner === undefined ? {} : { vpcEndpointServiceOwner }),
          wrappedSecrets: customKeyStores.wrap(place, { credential }),
        },
      }
    },
  )
}

function updatedCluster(
  services: Services,
  store: LoadedKeyStore,
  next: CustomKeyStoreRecord,
  { CloudHsmClusterId: cloudHsmClusterId, KeyStorePassword: password }: Input,
  others: readonly LoadedKeyStore[],
): Awaitable<Result<CustomKeyStoreRecord, Failure>> {
  const failure =
    cloudHsmClusterId === undefined ? undefined : relatedClusterFailure(services, store, cloudHsmClusterId, others)
  return after(failure, (found) =>
    found === undefined
      ? {
          ok: true,
          value: {
            ...next,
            ...(cloudHsmClusterId === undefined ? {} : { cloudHsmClusterId }),
            ...(password === undefined
              ? {}
              : { wrappedSecrets: services.customKeyStores.wrap(store.place, { password }) }),
          },
        }
      : { ok: false, error: found },
  )
}

function changesProxy(input: Input): boolean {
  return [
    input.XksProxyUriEndpoint,
    input.XksProxyUriPath,
    input.XksProxyVpcEndpointServiceName,
    input.XksProxyVpcEndpointServiceOwner,
    input.XksProxyAuthenticationCredential,
    input.XksProxyConnectivity,
  ].some((member) => member !== undefined)
}

/** What may be changed of which store, and when. */
function membersFailure(input: Input, record: CustomKeyStoreRecord): Failure | undefined {
  const ofCloudHsm = [input.KeyStorePassword, input.CloudHsmClusterId].some((member) => member !== undefined)
  const ofProxy = changesProxy(input)
  if (input.NewCustomKeyStoreName === undefined && !ofCloudHsm && !ofProxy) {
    return { code: 'ValidationException', message: 'Nothing is given to be updated.' }
  }
  if (record.type === 'EXTERNAL_KEY_STORE' ? ofCloudHsm : ofProxy) {
    return {
      code: 'ValidationException',
      message: `These members are none of a custom key store of type ${record.type}.`,
    }
  }
  if (input.XksProxyConnectivity !== undefined && input.XksProxyConnectivity !== record.connectivity) {
    if (input.XksProxyUriEndpoint === undefined) {
      return { code: 'ValidationException', message: 'Another connectivity needs another XksProxyUriEndpoint.' }
    }
  }
  // The name, the credential and the path may change under a connected store.
  const needsDisconnected =
    ofCloudHsm ||
    [
      input.XksProxyUriEndpoint,
      input.XksProxyConnectivity,
      input.XksProxyVpcEndpointServiceName,
      input.XksProxyVpcEndpointServiceOwner,
    ].some((member) => member !== undefined)
  const { connectionState } = record
  const isIdle = connectionState === 'DISCONNECTED' || (connectionState === 'CONNECTED' && !needsDisconnected)
  return isIdle
    ? undefined
    : {
        code: 'CustomKeyStoreInvalidStateException',
        message: `The custom key store ${record.customKeyStoreId} is ${connectionState}.`,
      }
}
