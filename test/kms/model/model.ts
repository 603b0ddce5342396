/**
 * What a key service does, without its cryptography, permissions and storage: keys with their states, what time makes of
 * them, and the code that each operation answers.
 *
 * Work that is due is done when a key is touched, or all of it when the clock is asked to tick, as the service says.
 *
 * Source: kms-behaviour 2, 4, 7 to 11.
 */
import type { OperationName } from '../../../src/aws/operations.js'
import type { KeyState } from '../../../src/kms/shapes.js'
import { IMPORTED, MADE_HERE, TABLE } from '../table/key-state-table.js'

export const DAY_MS = 86_400_000

export type Kind = 'symmetric' | 'mac' | 'external' | 'multiRegion'

export interface ModelKey {
  readonly arn: string
  readonly keyId: string
  readonly region: string
  readonly kind: Kind
  state: KeyState
  isGone: boolean
  deletionAtMs: number | undefined
  windowDays: number
  /** Of imported keys: whether the material is there, and until when. */
  hasMaterial: boolean
  wasImported: boolean
  expiresAtMs: number | undefined
  readonly aliases: Set<string>
  readonly grants: Map<string, { readonly isRetirable: true }>
  readonly tags: Map<string, string>
  description: string
  readonly family: Family
}

/** What related keys share; a key of one Region is a family of its own. */
export interface Family {
  primaryRegion: string
  readonly members: ModelKey[]
  rotation: { periodDays: number; nextAtMs: number } | undefined
  rotations: number
}

export function newKey(arn: string, kind: Kind, family?: Family): ModelKey {
  const [, , , region = '', , resource = ''] = arn.split(':')
  const own: Family = { primaryRegion: region, members: [], rotation: undefined, rotations: 0 }
  const key: ModelKey = {
    arn,
    keyId: resource.slice('key/'.length),
    region,
    kind,
    state: kind === 'external' ? 'PendingImport' : 'Enabled',
    isGone: false,
    deletionAtMs: undefined,
    windowDays: 0,
    hasMaterial: kind !== 'external',
    wasImported: false,
    expiresAtMs: undefined,
    aliases: new Set(),
    grants: new Map(),
    tags: new Map(),
    description: '',
    family: family ?? own,
  }
  key.family.members.push(key)
  return key
}

export function isPrimary({ region, family }: ModelKey): boolean {
  return family.primaryRegion === region
}

// ---------------------------------------------------------------------------------------------------------------- time

type Due = readonly [atMs: number, work: (key: ModelKey, atMs: number, nowMs: number) => void]

function dueOf(key: ModelKey): readonly Due[] {
  const { state, deletionAtMs, expiresAtMs, hasMaterial, family } = key
  const due: Due[] = []
  if (state === 'PendingDeletion' && deletionAtMs !== undefined) due.push([deletionAtMs, remove])
  if (family.rotation !== undefined && state === 'Enabled' && isPrimary(key))
    due.push([family.rotation.nextAtMs, rotate])
  if (hasMaterial && expiresAtMs !== undefined) due.push([expiresAtMs, loseMaterial])
  return due
}

/** Does what is due of one key. */
export function touch(key: ModelKey, nowMs: number): void {
  while (!key.isGone) {
    const [next] = dueOf(key)
      .filter(([atMs]) => atMs <= nowMs)
      .toSorted(([one], [other]) => one - other)
    if (next === undefined) return
    next[1](key, next[0], nowMs)
  }
}

function remove(key: ModelKey, _atMs: number, nowMs: number): void {
  key.isGone = true
  key.aliases.clear()
  key.grants.clear()
  const { members } = key.family
  members.splice(members.indexOf(key), 1)
  for (const primary of members) {
    if (primary.state !== 'PendingReplicaDeletion' || members.length > 1) continue
    primary.state = 'PendingDeletion'
    primary.deletionAtMs = nowMs + primary.windowDays * DAY_MS
  }
}

function rotate({ family }: ModelKey, atMs: number, nowMs: number): void {
  const { rotation } = family
  if (rotation === undefined) return
  const periodMs = rotation.periodDays * DAY_MS
  // Periods that nobody saw bring one rotation.
  rotation.nextAtMs = atMs + periodMs > nowMs ? atMs + periodMs : nowMs + periodMs
  family.rotations++
}

export function loseMaterial(key: ModelKey): void {
  key.hasMaterial = false
  key.expiresAtMs = undefined
  if (!key.state.endsWith('Deletion')) key.state = 'PendingImport'
}

// ------------------------------------------------------------------------------------------------------------- answers

/** What the state of the key makes the operation answer; undefined where it is in order. */
export function stateAnswer(name: OperationName, key: ModelKey): string | undefined {
  const rows = (key.kind === 'external' ? IMPORTED[name] : MADE_HERE[name]) as (typeof TABLE)[OperationName]
  const { outcome } = (rows ?? TABLE[name])?.[key.state] ?? { outcome: 'no row' }
  return outcome === 'ok' ? undefined : outcome.split(':')[0]
}
