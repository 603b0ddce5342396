/**
 * ListKeyRotations: the materials that a key has had by rotation, or all that it has.
 *
 * Source: KMS API Reference, "ListKeyRotations", "RotationsListEntry"; facts kms-behaviour 7, 8 and 14.
 */
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import type { Operation } from '../operation.js'
import { LONG_PAGES, pageOfList } from '../page.js'
import type { MaterialEntry } from '../records.js'
import { rotatableFailure } from '../rotation.js'
import type { RotationsListEntry } from '../shapes.js'

export const listKeyRotations: Operation<'ListKeyRotations'> = {
  name: 'ListKeyRotations',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:ListKeyRotations', on: 'key' }],
  audit: {
    readOnly: true,
    request: { KeyId: 'logged', IncludeKeyMaterial: 'logged', Limit: 'logged', Marker: 'logged' },
    response: 'nothing',
  },
  usage: 'none',
  run: ({ input, key, services }) => {
    const failure = rotatableFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const isAll = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
    const shown = key.record.materials.filter(({ rotatedAtMs }) => isAll || rotatedAtMs !== undefined)
    const scope = `rotations ${key.arn} ${isAll ? 'all' : 'rotations'}`
    const page = pageOfList(input, LONG_PAGES, scope, services, shown)
    if (!page.ok) return page
    const Rotations = page.value.entries.map((material) => entryOf(key, material))
    return { ok: true, value: { output: { Rotations, ...page.value.more } } }
  },
}

function entryOf({ arn }: LoadedKey, material: MaterialEntry): RotationsListEntry {
  const { materialId, state, imported, rotatedAtMs, rotationType } = material
  return {
    KeyId: arn,
    KeyMaterialId: materialId,
    KeyMaterialState: state,
    ...(imported === undefined
      ? {}
      : {
          ImportState: imported.isPresent ? ('IMPORTED' as const) : ('PENDING_IMPORT' as const),
          ...(imported.description === undefined ? {} : { KeyMaterialDescription: imported.description }),
          ...(imported.isPresent ? { ExpirationModel: imported.expirationModel } : {}),
          ...(imported.isPresent && imported.validToMs !== undefined ? { ValidTo: new Date(imported.validToMs) } : {}),
        }),
    // The first material and what is pending came by no rotation.
    ...(rotatedAtMs === undefined ? {} : { RotationDate: new Date(rotatedAtMs) }),
    ...(rotationType === undefined ? {} : { RotationType: rotationType }),
  }
}
