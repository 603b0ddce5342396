/**
 * The keys of a request: by the member that names one, by the ciphertext that was sealed under one, or otherwise.
 *
 * What a caller has named before is found again at once while nothing has changed.
 *
 * Source: KMS API Reference, `KeyId` of every operation, Decrypt, ReEncrypt; facts D5, D6, K-22; kms-behaviour 3.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after, firstOf } from './awaitable.js'
import { awsManagedKey } from './aws-managed-key.js'
import { membersOf, type CallState, type FoundKey } from './call-state.js'
import { decodeBlob, type CiphertextBlob } from './crypto/blob.js'
import { fail, type Failure } from './failure.js'
import { parseIdentifier } from './identifier.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call, Target } from './operation.js'
import { parseRecord, type KeyIdRecord } from './records.js'
import { keyIdRow } from './row-names.js'
import type { Awaitable } from './store.js'
import type { KeyForms } from '../aws/operations.js'

/** Said of a key that a ciphertext names, so that nobody learns whether it exists. */
const OPAQUE =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

const MAX_FOUND = 10_000
/** How often a key that is found again without the cache is told to the cache. */
const TOUCH_EVERY = 64

/** Finds the key of every target; undefined where all are found. */
export function locate<N extends OperationName>(call: CallState<N>): Awaitable<Failure | undefined> {
  return firstOf(call.operation.targets, (target) =>
    after(find(call, target), (found) => {
      if (!found.ok) return found.error
      call.add(found.value)
      return undefined
    }),
  )
}

function find<N extends OperationName>(call: CallState<N>, target: Target<N>): Awaitable<Result<FoundKey, Failure>> {
  switch (target.find) {
    case 'named': {
      const text = membersOf(call.input)[target.member]
      return typeof text === 'string' ? byName(call, text, target.forms) : isNull(target.member)
    }
    case 'ciphertext':
      return byCiphertext(call, target)
    case 'otherwise':
      return after(target.lookUp(call), (key) =>
        key.ok ? { ok: true, value: remembered(call, undefined, key.value, undefined, undefined) } : key,
      )
  }
}

function isNull(member: string): Result<never, Failure> {
  const path = member.charAt(0).toLowerCase() + member.slice(1)
  return fail(
    'ValidationException',
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  )
}

// ------------------------------------------------------------------------------------------------------------ by name

function byName<N extends OperationName>(
  call: CallState<N>,
  text: string,
  forms: KeyForms,
): Awaitable<Result<FoundKey, Failure>> {
  const { keys } = call.services
  // Operations that take no alias must not find what another has found by one.
  const slot = forms === 'keys' ? `k ${text}` : text
  const known = again(call, slot)
  if (known !== undefined) return { ok: true, value: known }
  const identifier = parseIdentifier(text, forms, call.caller)
  if (!identifier.ok) return identifier
  const aliasVersion = identifier.value.kind === 'alias' ? keys.aliasVersion : undefined
  return after(keys.identified(identifier.value, text), (key) => {
    if (key.ok) return { ok: true, value: remembered(call, slot, key.value, text, aliasVersion) }
    const made = identifier.value.kind === 'alias' ? awsManagedKey(call, identifier.value.aliasName) : undefined
    return after(made, (managed) =>
      managed === undefined ? key : { ok: true, value: remembered(call, slot, managed, text, keys.aliasVersion) },
    )
  })
}

/** What the caller has found by this name before, if it is still so. */
function again<N extends OperationName>({ state, services, nowMs }: CallState<N>, slot: string): FoundKey | undefined {
  const { keys } = services
  const known = state.found.get(slot)
  if (known === undefined) return undefined
  if (known.aliasVersion !== undefined && known.aliasVersion !== keys.aliasVersion) return undefined
  if (!keys.isCurrent(known.key, nowMs)) return undefined
  if (++known.uses % TOUCH_EVERY === 0) keys.touch(known.key)
  return known
}

function remembered<N extends OperationName>(
  { state: { found } }: CallState<N>,
  slot: string | undefined,
  key: LoadedKey,
  namedAs: string | undefined,
  aliasVersion: number | undefined,
): FoundKey {
  const made: FoundKey = { key, namedAs, aliasVersion, gate: undefined, uses: 0, changesSeen: -1 }
  if (slot === undefined) return made
  if (found.size >= MAX_FOUND) found.clear()
  found.set(slot, made)
  return made
}

// ------------------------------------------------------------------------------------------------------ by ciphertext

function byCiphertext<N extends OperationName>(
  call: CallState<N>,
  { member, blob, algorithm }: Extract<Target<N>, { readonly find: 'ciphertext' }>,
): Awaitable<Result<FoundKey, Failure>> {
  const input = membersOf(call.input)
  const named = textOf(input[member])
  const isSymmetric = (input[algorithm] ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT'
  // Who wants the ciphertext ignored has to name the key.
  const bytes = ignoresCiphertext(call) ? undefined : input[blob]
  const ciphertext = isSymmetric && bytes instanceof Uint8Array ? decoded(bytes) : undefined
  call.ciphertext = ciphertext
  if (!ignoresCiphertext(call) && bytes === undefined) return isNull(blob)
  if (ciphertext !== undefined && (named === undefined || named === ciphertext.keyId)) {
    return bySealedKey(call, ciphertext.keyId, named)
  }
  if (named !== undefined) return byName(call, named, 'keysAndAliases')
  if (isSymmetric && bytes !== undefined) return fail('InvalidCiphertextException')
  return isNull(member)
}

function decoded(bytes: Uint8Array): CiphertextBlob | undefined {
  const blob = decodeBlob(bytes)
  return blob.ok ? blob.value : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A dry run may ask without looking at the ciphertext. */
export function ignoresCiphertext<N extends OperationName>({ input, isDryRun }: Call<N>): boolean {
  const modifiers = membersOf(input)['DryRunModifiers']
  return isDryRun && Array.isArray(modifiers) && modifiers.includes('IGNORE_CIPHERTEXT')
}

/** The key of this id, in whichever account it is; the ciphertext says no more. */
function bySealedKey<N extends OperationName>(
  call: CallState<N>,
  keyId: string,
  namedAs: string | undefined,
): Awaitable<Result<FoundKey, Failure>> {
  const slot = `${namedAs === undefined ? 'c' : 'n'} ${keyId}`
  const known = again(call, slot)
  if (known !== undefined) return { ok: true, value: known }
  const { store, keys } = call.services
  const { region } = call
  const name = keyIdRow(region, keyId)
  return after(store.get(name), (row) => {
    if (row === undefined) return fail('AccessDeniedException', OPAQUE)
    const { accountId } = parseRecord<KeyIdRecord>(name, row.value)
    return after(keys.at({ accountId, region, keyId }), (key) =>
      key === undefined
        ? fail('AccessDeniedException', OPAQUE)
        : { ok: true, value: remembered(call, slot, key, namedAs, undefined) },
    )
  })
}
