/**
 * ReplicateKey: the same multi-Region key in one more Region.
 *
 * Source: KMS API Reference, "ReplicateKey"; KMS Developer Guide, "Create multi-Region replica keys"; facts D4,
 * kms-behaviour 10 and 15.
 */
import { logged } from '../audit.js'
import { after, firstOf } from '../awaitable.js'
import { fail, type Failure } from '../failure.js'
import { withPendingState } from '../imported.js'
import { changedKey } from '../key-change.js'
import { checkNewPolicy, defaultKeyPolicy } from '../key-policy.js'
import { newKeyRows, propertiesOf, type NewKey } from '../key-maker.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import { keyMetadata } from '../metadata.js'
import { isPrimary, otherKeys, relatedPlace } from '../multi-region.js'
import type { Call, Operation } from '../operation.js'
import type { KeyRecord, MaterialEntry } from '../records.js'
import { keyArn, keyRow, partitionOf, type KeyPlace } from '../row-names.js'
import { eventElsewhere } from '../service-event.js'
import type { KmsInputs } from '../shapes.js'
import type { Awaitable, Change } from '../store.js'
import { withTags } from '../tags.js'

const REGION = /^[a-z]+(?:-[a-z]+)+-[0-9]+$/

function inReplicaRegion({ input }: Call<'ReplicateKey'>) {
  return { context: { 'aws:RequestedRegion': input.ReplicaRegion } }
}

export const replicateKey: Operation<'ReplicateKey'> = {
  name: 'ReplicateKey',
  targets: [{ role: 'primary', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.replicate }],
  checks: [
    { action: 'kms:ReplicateKey', on: 'primary' },
    { action: 'kms:CreateKey', on: 'nothing', details: inReplicaRegion },
    {
      action: 'kms:TagResource',
      on: 'nothing',
      when: ({ input }) => (input.Tags?.length ?? 0) > 0,
      details: inReplicaRegion,
    },
  ],
  audit: {
    readOnly: false,
    request: {
      KeyId: 'logged',
      ReplicaRegion: 'logged',
      Policy: 'logged',
      BypassPolicyLockoutSafetyCheck: 'logged',
      Description: 'logged',
      Tags: 'logged',
    },
    response: 'told',
  },
  usage: 'none',
  run: (call) => {
    const { input, key, nowMs, services } = call
    const region = input.ReplicaRegion
    const failure = primaryFailure(key, region)
    if (failure !== undefined) return { ok: false, error: failure }
    const { multiRegion } = key.record
    if (multiRegion === undefined) throw new Error('a key without Regions has passed for a multi-Region key')
    const place = relatedPlace(key.place, region)
    const tags = withTags([], input.Tags ?? [], services.quotas.tagsPerKey)
    if (!tags.ok) return tags
    const family = { ...multiRegion, replicaRegions: [...multiRegion.replicaRegions, region] }
    const { keySpec, keyUsage, origin, rotation, onDemandRotations } = key.record
    const replica: NewKey = {
      keySpec,
      keyUsage,
      origin,
      keyManager: 'CUSTOMER',
      state: 'Creating',
      transitionEndsAtMs: nowMs + services.transitionMs,
      description: input.Description ?? '',
      tags: tags.value,
      multiRegion: family,
      materials: awaitingReplica(key.record).map(({ imported, ...material }) =>
        imported === undefined ? material : { ...material, imported: { ...imported, isPresent: false } },
      ),
      ...(rotation === undefined ? {} : { rotation }),
      // It may become the primary, and the family's rotations are counted for its whole life.
      ...(onDemandRotations === undefined ? {} : { onDemandRotations }),
    }
    const given = input.Policy
    if (given !== undefined) {
      const checked = checkNewPolicy(call, {
        keyArn: keyArn(place),
        properties: propertiesOf(replica, region),
        text: given,
        bypassesLockoutCheck: input.BypassPolicyLockoutSafetyCheck === true,
      })
      if (!checked.ok) return checked
    }
    const policy = given ?? defaultKeyPolicy(place.accountId, region)
    return after(services.store.get(keyRow(place)), (row) => {
      if (row !== undefined) return fail('AlreadyExistsException', `${keyArn(place)} already exists.`)
      return after(services.keyCounts.hasRoom(place.accountId, region, services.quotas.keysPerRegion), (hasRoom) => {
        if (!hasRoom) {
          return fail('LimitExceededException', `There are ${services.quotas.keysPerRegion} keys in ${region} already.`)
        }
        return after(copiedMaterials(call, place), (materialRows) =>
          after(otherKeys(key, services), (others) => {
            const { record, changes } = newKeyRows(place, replica, policy, undefined, nowMs)
            const metadata = keyMetadata(place, record)
            const output = { ReplicaKeyMetadata: metadata, ReplicaPolicy: policy, ReplicaTags: tags.value }
            const audited = {
              replicaKeyMetadata: logged(metadata),
              replicaPolicy: policy,
              replicaTags: logged(tags.value),
            }
            return {
              ok: true,
              value: {
                output,
                changes: [
                  ...changes,
                  ...materialRows,
                  ...[key, ...others].flatMap((each) =>
                    changedKey(each, { ...each.record, multiRegion: family, materials: awaitingReplica(each.record) }),
                  ),
                ],
                committed: () => {
                  services.keyCounts.changed(place.accountId, region, 1)
                },
                audit: { response: audited },
                events: [eventElsewhere(call, 'CreateKey', region, keyArn(place), parametersOf(input))],
              },
            }
          }),
        )
      })
    })
  },
}

/** Imported material that waits for its rotation has to be imported into the new replica first. */
function awaitingReplica({ materials }: KeyRecord): readonly MaterialEntry[] {
  return withPendingState(materials, 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION')
}

/** What the CreateKey event of the replica's Region shows of the request. */
function parametersOf({ Policy, Description, Tags, BypassPolicyLockoutSafetyCheck }: KmsInputs['ReplicateKey']) {
  return logged({ MultiRegion: true, Policy, Description, Tags, BypassPolicyLockoutSafetyCheck })
}

function primaryFailure({ arn, record, place }: LoadedKey, region: string): Failure | undefined {
  if (record.multiRegion === undefined) {
    return { code: 'UnsupportedOperationException', message: `${arn} is not a multi-Region key.` }
  }
  if (!isPrimary(record)) {
    return { code: 'UnsupportedOperationException', message: `${arn} is not a multi-Region primary key.` }
  }
  if (!REGION.test(region) || partitionOf(region) !== partitionOf(place.region)) {
    return { code: 'ValidationException', message: `${region} is not a Region that ${arn} can be replicated to.` }
  }
  return region === place.region ? { code: 'AlreadyExistsException', message: `${arn} already exists.` } : undefined
}

/** Its material under the replica's own name; imported material is imported there again. */
function copiedMaterials({ key, services }: Call<'ReplicateKey'>, place: KeyPlace): Awaitable<readonly Change[]> {
  const { materials } = services
  const { keySpec, origin } = key.record
  if (origin !== 'AWS_KMS') return []
  const changes: Change[] = []
  return after(
    firstOf(key.record.materials, (material) =>
      after(materials.plain(key.place, material.materialId), (secret) =>
        after(publicKeyOf(key, material.materialId, services.materials), (publicKey) => {
          changes.push(materials.keep(place, keySpec, secret, publicKey).change)
          return undefined
        }),
      ),
    ),
    () => changes,
  )
}

function publicKeyOf(
  key: LoadedKey,
  materialId: string,
  materials: Call<'ReplicateKey'>['services']['materials'],
): Awaitable<Buffer | undefined> {
  const material = key.material(materialId)
  const { keySpec } = key.record
  const isPair = keySpec !== 'SYMMETRIC_DEFAULT' && !keySpec.startsWith('HMAC_')
  return isPair && material !== undefined ? materials.publicKeyDer(key, material) : undefined
}
