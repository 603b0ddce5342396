/**
 * Which operation may be done in which state of a key, and what is answered when it may not.
 *
 * A row says what a state answers; `key-states.ts` of the tests holds the documented table beside these rows.
 *
 * Source: KMS Developer Guide, "Key states of AWS KMS keys"; kms-behaviour 2.
 */
import type { Failure } from './failure.js'
import type { KeyState } from './shapes.js'

/** What the operation does with a key in this state. */
export type StateAnswer =
  | 'accepts'
  | 'disabled'
  | 'pendingDeletion'
  /** As `pendingDeletion`, where the text names pending replica deletion too. */
  | 'pendingAnyDeletion'
  | 'notPendingDeletion'
  | 'pendingImport'
  | 'unavailable'
  | 'creating'
  | 'updating'

export type StateRow = Readonly<Record<KeyState, StateAnswer>>

const ACCEPTS: StateRow = {
  Creating: 'accepts',
  Enabled: 'accepts',
  Disabled: 'accepts',
  PendingDeletion: 'accepts',
  PendingImport: 'accepts',
  PendingReplicaDeletion: 'accepts',
  Unavailable: 'accepts',
  Updating: 'accepts',
}

/** The rows of the table. Every operation names the one it has. */
export const STATE_ROWS = {
  /** Reads, and what changes policies and grants away. */
  any: ACCEPTS,
  cryptographic: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingAnyDeletion',
    PendingReplicaDeletion: 'pendingAnyDeletion',
    PendingImport: 'pendingImport',
    Unavailable: 'unavailable',
  },
  /** CreateGrant: the material takes no part, so a custom key store may be away. */
  createGrant: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingAnyDeletion',
    PendingReplicaDeletion: 'pendingAnyDeletion',
    PendingImport: 'pendingImport',
  },
  /** CreateAlias, tags, descriptions. */
  notPendingDeletion: {
    ...ACCEPTS,
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
  },
  enableOrDisable: {
    ...ACCEPTS,
    Creating: 'creating',
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
    PendingImport: 'pendingImport',
    Updating: 'updating',
  },
  cancelDeletion: {
    Creating: 'notPendingDeletion',
    Enabled: 'notPendingDeletion',
    Disabled: 'notPendingDeletion',
    PendingDeletion: 'accepts',
    PendingImport: 'notPendingDeletion',
    PendingReplicaDeletion: 'accepts',
    Unavailable: 'notPendingDeletion',
    Updating: 'notPendingDeletion',
  },
  scheduleDeletion: {
    ...ACCEPTS,
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
    Updating: 'updating',
  },
  /** Asked first where the origin of a key may refuse it for good; what else of its state matters comes after that. */
  notBeingMade: { ...ACCEPTS, Creating: 'creating' },
  notInTransition: { ...ACCEPTS, Creating: 'creating', Updating: 'updating' },
  rotation: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
    PendingImport: 'pendingImport',
    Updating: 'updating',
  },
  /** EnableKeyRotation and DisableKeyRotation go on while the primary Region changes. */
  automaticRotation: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
  },
  importParameters: {
    ...ACCEPTS,
    Creating: 'creating',
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
    Updating: 'updating',
  },
  importMaterial: {
    ...ACCEPTS,
    Creating: 'creating',
    PendingDeletion: 'pendingDeletion',
    PendingReplicaDeletion: 'pendingDeletion',
  },
  replicate: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingAnyDeletion',
    PendingReplicaDeletion: 'pendingAnyDeletion',
    PendingImport: 'pendingImport',
    Updating: 'updating',
  },
  /** UpdatePrimaryRegion again while it runs changes nothing that it has not changed. */
  updatePrimary: {
    ...ACCEPTS,
    Creating: 'creating',
    Disabled: 'disabled',
    PendingDeletion: 'pendingAnyDeletion',
    PendingReplicaDeletion: 'pendingAnyDeletion',
    PendingImport: 'pendingImport',
  },
} as const satisfies Readonly<Record<string, StateRow>>

/** Undefined where the row accepts the state. */
export function stateFailure(row: StateRow, state: KeyState, arn: string): Failure | undefined {
  const answer = row[state]
  switch (answer) {
    case 'accepts':
      return undefined
    case 'disabled':
      return { code: 'DisabledException', message: `${arn} is disabled.` }
    case 'pendingDeletion':
      return invalid(`${arn} is pending deletion.`)
    case 'pendingAnyDeletion':
      return invalid(
        state === 'PendingReplicaDeletion'
          ? `${arn} is pending deletion (or pending replica deletion)`
          : `${arn} is pending deletion.`,
      )
    case 'notPendingDeletion':
      return invalid(`${arn} is not pending deletion`)
    case 'pendingImport':
      return invalid(`${arn} is pending import.`)
    case 'unavailable':
      return invalid(`${arn} is unavailable.`)
    case 'creating':
      return invalid(`${arn} is creating.`)
    case 'updating':
      return invalid(`${arn} is updating.`)
  }
}

function invalid(message: string): Failure {
  return { code: 'KMSInvalidStateException', message }
}
