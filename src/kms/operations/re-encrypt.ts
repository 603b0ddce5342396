/**
 * Source: KMS API Reference, "ReEncrypt"; facts D4; kms-behaviour 3, 5.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import { ignoresCiphertext } from '../locate.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { decryptWithPrivateKey, encryptToPublicKey, tooLong, withoutContext } from '../public-key-work.js'
import type { Awaitable } from '../store.js'
import { incorrectKey, INVALID_CIPHERTEXT, openUnder, sealUnder, type Opened, type Sealed } from '../symmetric-work.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

type ReEncrypt = 'ReEncrypt'

export const reEncrypt: Operation<ReEncrypt> = {
  name: 'ReEncrypt',
  targets: [
    {
      role: 'source',
      find: 'ciphertext',
      member: 'SourceKeyId',
      blob: 'CiphertextBlob',
      algorithm: 'SourceEncryptionAlgorithm',
      states: STATE_ROWS.cryptographic,
    },
    {
      role: 'destination',
      find: 'named',
      member: 'DestinationKeyId',
      forms: 'keysAndAliases',
      states: STATE_ROWS.cryptographic,
    },
  ],
  checks: [
    {
      action: 'kms:ReEncryptFrom',
      on: 'source',
      details: (call) => ({ encryptionContext: call.input.SourceEncryptionContext ?? {}, context: onSameKey(call) }),
    },
    {
      action: 'kms:ReEncryptTo',
      on: 'destination',
      details: (call) => ({
        encryptionContext: call.input.DestinationEncryptionContext ?? {},
        context: onSameKey(call),
      }),
    },
  ],
  usage: 'ReEncrypt',
  audit: {
    readOnly: true,
    request: {
      CiphertextBlob: 'hidden',
      SourceEncryptionContext: 'logged',
      SourceKeyId: 'logged',
      DestinationKeyId: 'logged',
      DestinationEncryptionContext: 'logged',
      SourceEncryptionAlgorithm: 'logged',
      DestinationEncryptionAlgorithm: 'logged',
      GrantTokens: 'hidden',
      DryRun: 'logged',
      DryRunModifiers: 'logged',
    },
    defaults: {
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    response: 'nothing',
  },
  run,
}

function keysOf({ keys: [source, destination] }: Call<ReEncrypt>): readonly [LoadedKey, LoadedKey] {
  if (source === undefined || destination === undefined) throw new Error('ReEncrypt has two keys')
  return [source, destination]
}

function onSameKey(call: Call<ReEncrypt>): Readonly<Record<string, string>> {
  const [source, destination] = keysOf(call)
  return { 'kms:ReEncryptOnSameKey': String(source.arn === destination.arn) }
}

function run(call: Call<ReEncrypt>): Awaitable<Result<Done<ReEncrypt>, Failure>> {
  const [source, destination] = keysOf(call)
  const { input, services } = call
  const { SourceEncryptionAlgorithm: from = 'SYMMETRIC_DEFAULT' } = input
  const { DestinationEncryptionAlgorithm: to = 'SYMMETRIC_DEFAULT' } = input
  const wrong =
    incorrectKey(source, call.ciphertexts[0]) ??
    wrongUsage(source, 'ENCRYPT_DECRYPT', 'ReEncrypt') ??
    wrongAlgorithm(source, from) ??
    wrongUsage(destination, 'ENCRYPT_DECRYPT', 'ReEncrypt') ??
    wrongAlgorithm(destination, to)
  if (wrong !== undefined) return wrong
  if (ignoresCiphertext(call)) return DRY_RUN
  return after(open(call, source), (opened) => {
    if (!opened.ok) return opened
    const { plaintext, materialId } = opened.value
    return after(seal(call, destination, plaintext), (sealed) => {
      services.materials.secrets.release(plaintext)
      if (!sealed.ok) return sealed
      const sourceMaterial = materialId === undefined ? {} : { SourceKeyMaterialId: materialId }
      const { blob, materialId: sealedUnder } = sealed.value
      const destinationMaterial = sealedUnder === undefined ? {} : { DestinationKeyMaterialId: sealedUnder }
      return succeed({
        output: {
          CiphertextBlob: blob,
          SourceKeyId: source.arn,
          KeyId: destination.arn,
          SourceEncryptionAlgorithm: from,
          DestinationEncryptionAlgorithm: to,
          ...sourceMaterial,
          ...destinationMaterial,
        },
        audit: {
          additionalEventData: {
            ...(materialId === undefined ? {} : { sourceKeyMaterialId: materialId }),
            ...(sealedUnder === undefined ? {} : { destinationKeyMaterialId: sealedUnder }),
          },
        },
      })
    })
  })
}

type Plain = Pick<Opened, 'plaintext'> & Partial<Opened>
type Blob = Pick<Sealed, 'blob'> & Partial<Sealed>

function open(call: Call<ReEncrypt>, key: LoadedKey): Awaitable<Result<Plain, Failure>> {
  const { input, services, ciphertexts } = call
  const { SourceEncryptionAlgorithm: algorithm = 'SYMMETRIC_DEFAULT', CiphertextBlob: ciphertext } = input
  if (algorithm === 'SYMMETRIC_DEFAULT') return openUnder(call, key, ciphertexts[0], input.SourceEncryptionContext)
  const problem = withoutContext(input.SourceEncryptionContext)
  if (problem !== undefined) return problem
  if (ciphertext === undefined) return INVALID_CIPHERTEXT
  return after(decryptWithPrivateKey(services, key, algorithm, ciphertext), (plaintext) =>
    plaintext.ok ? succeed({ plaintext: plaintext.value }) : plaintext,
  )
}

function seal(call: Call<ReEncrypt>, key: LoadedKey, plaintext: Buffer): Awaitable<Result<Blob, Failure>> {
  const { input, services } = call
  const { DestinationEncryptionAlgorithm: algorithm = 'SYMMETRIC_DEFAULT' } = input
  const { DestinationEncryptionContext: context } = input
  const isSymmetric = algorithm === 'SYMMETRIC_DEFAULT'
  const problem = isSymmetric ? undefined : (withoutContext(context) ?? tooLong(key, algorithm, plaintext.length))
  if (problem !== undefined) return problem
  if (call.isDryRun) return DRY_RUN
  if (isSymmetric) return sealUnder(call, key, plaintext, context)
  return after(encryptToPublicKey(services, key, algorithm, plaintext), (blob) => succeed({ blob }))
}
