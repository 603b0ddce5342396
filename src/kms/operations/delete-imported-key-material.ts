/**
 * DeleteImportedKeyMaterial: takes imported material away at once; the key waits for it to be imported again.
 *
 * Source: KMS API Reference, "DeleteImportedKeyMaterial"; facts kms-behaviour 8 and 2, "Transitions".
 */
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import { importFailure, isPending, lossOf } from '../imported.js'
import { STATE_ROWS } from '../key-state.js'
import { isPrimary, otherKeys } from '../multi-region.js'
import type { Operation } from '../operation.js'

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
    // Deleting what is not there has no effect and is no error; but a replica that became the primary may have to give up
    // what it still waits for.
    const isGivenUp = material !== undefined && isPending(material) && isPrimary(key.record)
    if (material === undefined || (material.imported?.isPresent !== true && !isGivenUp)) {
      return { ok: true, value: { output: { KeyId: key.arn }, audit: { response: { keyId: key.arn } } } }
    }
    const { materialId } = material
    return after(isPending(material) ? otherKeys(key, services) : [], (others) => {
      const { changes, losses } = lossOf(key, [material], others)
      return {
        ok: true,
        value: {
          output: { KeyId: key.arn, KeyMaterialId: materialId },
          changes,
          committed: () => {
            for (const loss of losses) services.materials.forget(loss.place, loss.materialId)
          },
          audit: { response: { keyId: key.arn, keyMaterialId: materialId } },
        },
      }
    })
  },
}
