/**
 * ImportKeyMaterial: gives a key the material that its owner made.
 *
 * Source: KMS API Reference, "ImportKeyMaterial"; KMS Developer Guide, "Importing key material"; facts kms-behaviour 8.
 */
import { after } from '../awaitable.js'
import { fail, type Failure } from '../failure.js'
import { readImportToken } from '../import-token.js'
import { changedFamily, importFailure, isPending, stateAfterImport } from '../imported.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import { slowFailure } from '../materials.js'
import { isPrimary, otherKeys } from '../multi-region.js'
import type { Call, Operation } from '../operation.js'
import type { KeyRecord, MaterialEntry } from '../records.js'

type Imported = NonNullable<MaterialEntry['imported']>

const MAX_LIFE_MS = 365 * 86_400_000

export const importKeyMaterial: Operation<'ImportKeyMaterial'> = {
  name: 'ImportKeyMaterial',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notBeingMade }],
  checks: [
    {
      action: 'kms:ImportKeyMaterial',
      on: 'key',
      // Conditions compare points in time as the API writes them: epoch seconds.
      details: ({ input }) => ({
        parameters: { ...input, ValidTo: input.ValidTo === undefined ? undefined : input.ValidTo.getTime() / 1000 },
      }),
    },
  ],
  audit: {
    readOnly: false,
    request: {
      KeyId: 'logged',
      ImportToken: 'hidden',
      EncryptedKeyMaterial: 'hidden',
      ValidTo: 'logged',
      ExpirationModel: 'logged',
      ImportType: 'logged',
      KeyMaterialDescription: 'logged',
      KeyMaterialId: 'logged',
    },
    defaults: { ExpirationModel: 'KEY_MATERIAL_EXPIRES' },
    response: 'told',
  },
  usage: 'none',
  run: (call) => {
    const { input, key, nowMs, services } = call
    const { materials } = services
    const failure =
      importFailure(key) ??
      stateFailure(STATE_ROWS.importMaterial, key.state, key.arn) ??
      expirationFailure(call) ??
      kindFailure(call)
    if (failure !== undefined) return { ok: false, error: failure }
    const { keySpec } = key.record
    const token = readImportToken(key, input.ImportToken, nowMs, materials)
    if (!token.ok) return token
    const job = {
      kind: 'import',
      spec: keySpec,
      ...token.value,
      wrapped: Buffer.from(input.EncryptedKeyMaterial),
    } as const
    return after(materials.run(job), (imported) => {
      if (!imported.ok) {
        const { kind } = imported.error
        if (kind === 'invalidCiphertext') return fail('InvalidCiphertextException')
        if (kind === 'invalidKey' || kind === 'invalidLength') {
          return incorrect(`The key material is not key material of ${keySpec}.`)
        }
        return slowFailure(imported.error)
      }
      const { secret, bytes } = imported.value
      if (secret === undefined) throw new Error('a job that imports has imported nothing')
      const { materialId, change } = materials.keep(key.place, keySpec, secret, bytes)
      const placed = place(call, materialId)
      if (!placed.ok) return placed
      const { entry, isNew } = placed
      const record = withEntry(key.record, entry)
      return after(isNew || isPending(entry) ? otherKeys(key, services) : [], (others) => ({
        ok: true,
        value: {
          output: { KeyId: key.arn, KeyMaterialId: materialId },
          changes: [
            change,
            ...changedFamily([
              { key, record: { ...record, state: stateAfterImport(record) } },
              // What is new to the primary its replicas have to be given too.
              ...others.map((other) => ({
                key: other,
                record: isNew ? withEntry(other.record, { ...entry, imported: ABSENT }) : other.record,
              })),
            ]),
          ],
          audit: { response: { keyId: key.arn, keyMaterialId: materialId } },
        },
      }))
    })
  },
}

const EXPIRES = 'KEY_MATERIAL_EXPIRES'
const ABSENT = { isPresent: false, expirationModel: EXPIRES } as const

function expirationFailure({ input, nowMs }: Call<'ImportKeyMaterial'>): Failure | undefined {
  const { ExpirationModel = EXPIRES, ValidTo } = input
  if (ExpirationModel !== EXPIRES) {
    return ValidTo === undefined
      ? undefined
      : invalid('ValidTo must not be given for key material that does not expire.')
  }
  if (ValidTo === undefined) return invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  const inMs = ValidTo.getTime() - nowMs
  return inMs > 0 && inMs <= MAX_LIFE_MS ? undefined : invalid('ValidTo must lie in the future, within 365 days.')
}

/** Whether the request may be one for new material, before it is known which material it is. */
function kindFailure({ input, key: { record } }: Call<'ImportKeyMaterial'>): Failure | undefined {
  const isNew = isNewMaterial(input.ImportType, record)
  if (isNew && input.KeyMaterialId !== undefined)
    return invalid('KeyMaterialId must not be given for new key material.')
  if (!isNew && record.materials.length === 0) {
    return { code: 'IncorrectKeyMaterialException', message: `${record.arn} has no key material to import again.` }
  }
  if (!isNew || record.materials.length === 0) {
    return isNew && !isPrimary(record)
      ? {
          code: 'UnsupportedOperationException',
          message: `${record.arn} is a replica: new material goes to its primary.`,
        }
      : undefined
  }
  if (record.keySpec !== 'SYMMETRIC_DEFAULT') {
    return { code: 'UnsupportedOperationException', message: `The key material of ${record.arn} cannot change.` }
  }
  if (!isPrimary(record)) {
    return {
      code: 'UnsupportedOperationException',
      message: `${record.arn} is a replica: new material goes to its primary.`,
    }
  }
  return record.materials.some(isPending)
    ? { code: 'KMSInvalidStateException', message: `${record.arn} has key material that is pending rotation already.` }
    : undefined
}

function isNewMaterial(given: string | undefined, { materials }: KeyRecord): boolean {
  return given === undefined ? materials.length === 0 : given === 'NEW_KEY_MATERIAL'
}

type Placed =
  | { readonly ok: true; readonly entry: MaterialEntry; readonly isNew: boolean }
  | { readonly ok: false; readonly error: Failure }

/** The entry that this material has among those of the key. */
function place({ input, key, nowMs }: Call<'ImportKeyMaterial'>, materialId: string): Placed {
  const { record } = key
  const { ExpirationModel = EXPIRES, ValidTo, KeyMaterialDescription, KeyMaterialId } = input
  const known = key.material(materialId)
  const isNew = isNewMaterial(input.ImportType, record)
  if (isNew ? known !== undefined : known === undefined) {
    return incorrect(
      isNew ? `The key material is associated with ${key.arn} already.` : `The key material is none of ${key.arn}.`,
    )
  }
  if (KeyMaterialId !== undefined && KeyMaterialId !== materialId) {
    return incorrect('The key material is not the one that KeyMaterialId names.')
  }
  const description = KeyMaterialDescription ?? known?.imported?.description
  const imported: Imported = {
    isPresent: true,
    expirationModel: ExpirationModel,
    ...(ValidTo === undefined ? {} : { validToMs: ValidTo.getTime() }),
    ...(description === undefined ? {} : { description }),
  }
  if (known !== undefined) return { ok: true, entry: { ...known, imported }, isNew }
  const isFirst = record.materials.length === 0
  const state = isFirst ? 'CURRENT' : 'PENDING_ROTATION'
  return { ok: true, entry: { materialId, state, createdAtMs: nowMs, imported }, isNew }
}

function withEntry(record: KeyRecord, entry: MaterialEntry): KeyRecord {
  const isThere = record.materials.some(({ materialId }) => materialId === entry.materialId)
  const materials = isThere
    ? record.materials.map((material) => (material.materialId === entry.materialId ? entry : material))
    : [...record.materials, entry]
  return { ...record, materials }
}

function incorrect(message: string): { readonly ok: false; readonly error: Failure } {
  return fail('IncorrectKeyMaterialException', message)
}

function invalid(message: string): Failure {
  return { code: 'ValidationException', message }
}
