/**
 * DeleteImportedKeyMaterial: takes imported material away at once; the key waits for it to be imported again.
 *
 * Source: KMS API Reference, "DeleteImportedKeyMaterial"; facts kms-behaviour 8 and 2, "Transitions".
 */
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import { importFailure, isPending, stateAfterLoss, withoutMaterial } from '../imported.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import { isPrimary, otherKeys } from '../multi-region.js'
import type { Operation } from '../operation.js'
import { remove } from '../records.js'
import { materialRow } from '../row-names.js'

export const deleteImportedKeyMaterial: Operation<'DeleteImportedKeyMaterial'> = {
  name: 'DeleteImportedKeyMaterial',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notInTransition }],
  checks: [{ action: 'kms:DeleteImportedKeyMaterial', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged', KeyMaterialId: 'logged' }, response: 'told' },
  usage: 'none',
  run: ({ input, key, services }) => {
    const failure = importFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const material = input.KeyMaterialId === undefined ? key.currentMaterial : key.material(input.KeyMaterialId)
    if (material === undefined && input.KeyMaterialId !== undefined) {
      return fail('NotFoundException', `Key material '${input.KeyMaterialId}' does not exist`)
    }
    // Deleting what is not there has no effect and is no error.
    if (material?.imported?.isPresent !== true) {
      return { ok: true, value: { output: { KeyId: key.arn }, audit: { response: { keyId: key.arn } } } }
    }
    const { materialId } = material
    // What is pending on the primary goes from its replicas too.
    const isShared = isPending(material) && isPrimary(key.record)
    return after(isShared ? otherKeys(key, services) : [], (others) => ({
      ok: true,
      value: {
        output: { KeyId: key.arn, KeyMaterialId: materialId },
        changes: [key, ...others].flatMap((each) => {
          const record = withoutMaterial(each.record, materialId)
          return [
            ...changedKey(each, { ...record, state: stateAfterLoss(record) }),
            remove(materialRow(each.place, materialId)),
          ]
        }),
        committed: () => {
          for (const each of [key, ...others]) services.materials.forget(each.place, materialId)
        },
        audit: { response: { keyId: key.arn, keyMaterialId: materialId } },
      },
    }))
  },
}
