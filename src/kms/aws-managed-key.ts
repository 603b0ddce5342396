/**
 * AWS managed keys: `alias/aws/<service>`, made when a service first needs one for an account in a Region.
 *
 * Its policy lets everybody of the account use it through that service, and nobody else; it rotates every year, and the
 * account can neither change nor delete it.
 *
 * Source: KMS Developer Guide, "AWS managed keys"; facts D8, kms-behaviour 4, 7 and 16.
 */
import type { OperationName } from '../aws/operations.js'
import { after } from './awaitable.js'
import { newKeyRows } from './key-maker.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call } from './operation.js'
import { put, putName, type AliasRecord } from './records.js'
import { aliasRow, keyAliasRow, partitionOf } from './row-names.js'
import { StoreError, type Awaitable } from './store.js'

const PREFIX = 'alias/aws/'
const PERIOD_DAYS = 365
const DAY_MS = 86_400_000

/** Services whose keys go by another name than their endpoints. */
const SERVICES: Readonly<Record<string, string>> = { ebs: 'ec2' }

/** The key of this alias, made now if the service that calls is the one whose key it is; undefined otherwise. */
export function awsManagedKey<N extends OperationName>(
  call: Pick<Call<N>, 'caller' | 'nowMs' | 'region' | 'services'>,
  aliasName: string,
): Awaitable<LoadedKey | undefined> {
  const { caller, nowMs, region, services } = call
  const { accountId } = caller
  const service = aliasName.slice(PREFIX.length)
  const viaService = `${SERVICES[service] ?? service}.${region}.amazonaws.com`
  if (!aliasName.startsWith(PREFIX) || accountId === undefined || caller.caller.via !== viaService) return undefined
  const place = { accountId, region, keyId: services.ids.uuid() }
  return after(services.materials.generate(place, 'SYMMETRIC_DEFAULT'), (material) => {
    if (!material.ok) throw new StoreError('no key material could be made')
    const { changes } = newKeyRows(
      place,
      {
        keySpec: 'SYMMETRIC_DEFAULT',
        keyUsage: 'ENCRYPT_DECRYPT',
        origin: 'AWS_KMS',
        keyManager: 'AWS',
        state: 'Enabled',
        description: `Default key that protects my ${service} data when no other key is defined`,
        tags: [],
        rotation: { periodInDays: PERIOD_DAYS, nextAtMs: nowMs + PERIOD_DAYS * DAY_MS },
      },
      managedKeyPolicy(service, accountId, viaService, region),
      material.value,
      nowMs,
    )
    const alias: AliasRecord = {
      form: 1,
      aliasName,
      targetKeyId: place.keyId,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    }
    const all = [
      put(aliasRow(accountId, region, aliasName), alias, 'absent'),
      putName(keyAliasRow(place, aliasName)),
      ...changes,
    ]
    return after(services.store.commit(all, []), (result) => {
      services.keys.noticed(result.ok ? all.map(({ name }) => name) : [result.conflict], false)
      // Whoever was quicker has made the one that there is.
      return after(services.keys.aliasTarget(accountId, region, aliasName), (keyId) =>
        keyId === undefined ? undefined : services.keys.at({ accountId, region, keyId }),
      )
    })
  })
}

function managedKeyPolicy(service: string, accountId: string, viaService: string, region: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-${service}-1`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: { StringEquals: { 'kms:CallerAccount': accountId, 'kms:ViaService': viaService } },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region)}:iam::${accountId}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  })
}
