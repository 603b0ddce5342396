/**
 * What each operation answers for a key in each state: the documented table in own words.
 *
 * `{arn}` stands for the ARN of the key. An outcome that ends in `…` is the beginning of the answer. Where the documents
 * leave a cell open, it is a choice, with its reason.
 *
 * Source: KMS Developer Guide, "Key states of AWS KMS keys"; kms-behaviour 2.
 */
import type { OperationName } from '../../../src/aws/operations.js'
import type { KeyState } from '../../../src/kms/shapes.js'

/** One cell that the documents leave open, as it is recorded in `docs/decisions.md`. */
export interface Choice {
  readonly name: string
  readonly state: KeyState
  /** `allowed`, or the code of an error. */
  readonly answer: string
  readonly why: string
}

export interface Cell {
  /** `ok`; `never` for a state that no key of the operation's kind can be in; else the code and message of an error. */
  readonly outcome: string
  /** Why this outcome, where the documents leave it open. */
  readonly choice?: string
}

export type Row = Readonly<Record<KeyState, Cell>>

export const STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const satisfies readonly KeyState[]

const OK: Cell = { outcome: 'ok' }
const NEVER: Cell = { outcome: 'never' }
const DISABLED: Cell = { outcome: 'DisabledException: {arn} is disabled.' }
const NOT_PENDING: Cell = { outcome: 'KMSInvalidStateException: {arn} is not pending deletion' }
const PENDING_DELETION: Cell = { outcome: 'KMSInvalidStateException: {arn} is pending deletion.' }
const PENDING_REPLICA_DELETION: Cell = {
  outcome: 'KMSInvalidStateException: {arn} is pending deletion (or pending replica deletion)',
}
const PENDING_IMPORT: Cell = { outcome: 'KMSInvalidStateException: {arn} is pending import.' }
const UNAVAILABLE: Cell = { outcome: 'KMSInvalidStateException: {arn} is unavailable.' }
const CREATING: Cell = { outcome: 'KMSInvalidStateException: {arn} is creating.' }
const UPDATING: Cell = { outcome: 'KMSInvalidStateException: {arn} is updating.' }
const EXTERNAL_ORIGIN: Cell = {
  outcome: 'UnsupportedOperationException: {arn} origin is EXTERNAL which is not valid for this operation.',
}
const UNSUPPORTED: Cell = { outcome: 'UnsupportedOperationException: …' }

function chosen(cell: Cell, choice: string): Cell {
  return { ...cell, choice }
}

const ANY: Row = {
  Enabled: OK,
  Disabled: OK,
  PendingDeletion: OK,
  PendingReplicaDeletion: OK,
  PendingImport: OK,
  Unavailable: OK,
  Creating: OK,
  Updating: OK,
}

const NOT_WHILE_PENDING_DELETION: Row = {
  ...ANY,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
}

/** Footnote 2/3: documented as either of two errors. */
const EITHER = 'DisabledException or KMSInvalidStateException is documented; the second is what is seen'

const SYMMETRIC_CRYPTO: Row = {
  Enabled: OK,
  Disabled: DISABLED,
  PendingDeletion: chosen(PENDING_DELETION, EITHER),
  PendingReplicaDeletion: chosen(PENDING_REPLICA_DELETION, EITHER),
  PendingImport: PENDING_IMPORT,
  Unavailable: UNAVAILABLE,
  Creating: CREATING,
  Updating: OK,
}

/** Keys in custom key stores are symmetric encryption keys. */
const OTHER_CRYPTO: Row = { ...SYMMETRIC_CRYPTO, Unavailable: NEVER }

const SWITCH: Row = {
  Enabled: OK,
  Disabled: OK,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
  PendingImport: PENDING_IMPORT,
  Unavailable: OK,
  Creating: CREATING,
  Updating: UPDATING,
}

const NO_FOOTNOTE = 'the table has a mark that explains no refusal for a key of this kind'

/** For keys whose material KMS has made; PendingImport is a state of imported ones. */
const AUTOMATIC_ROTATION: Row = {
  Enabled: chosen(OK, NO_FOOTNOTE),
  Disabled: DISABLED,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
  PendingImport: EXTERNAL_ORIGIN,
  Unavailable: UNSUPPORTED,
  Creating: CREATING,
  Updating: chosen(OK, NO_FOOTNOTE),
}

export const TABLE: Readonly<Partial<Record<OperationName, Row>>> = {
  CancelKeyDeletion: {
    Enabled: NOT_PENDING,
    Disabled: NOT_PENDING,
    PendingDeletion: OK,
    PendingReplicaDeletion: OK,
    PendingImport: NOT_PENDING,
    Unavailable: NOT_PENDING,
    Creating: NOT_PENDING,
    Updating: NOT_PENDING,
  },
  CreateAlias: NOT_WHILE_PENDING_DELETION,
  CreateGrant: { ...SYMMETRIC_CRYPTO, Unavailable: OK },
  Decrypt: SYMMETRIC_CRYPTO,
  Encrypt: SYMMETRIC_CRYPTO,
  ReEncrypt: SYMMETRIC_CRYPTO,
  GenerateDataKey: SYMMETRIC_CRYPTO,
  GenerateDataKeyWithoutPlaintext: SYMMETRIC_CRYPTO,
  GenerateDataKeyPair: SYMMETRIC_CRYPTO,
  GenerateDataKeyPairWithoutPlaintext: SYMMETRIC_CRYPTO,
  Sign: OTHER_CRYPTO,
  Verify: OTHER_CRYPTO,
  GenerateMac: OTHER_CRYPTO,
  VerifyMac: OTHER_CRYPTO,
  GetPublicKey: OTHER_CRYPTO,
  DeriveSharedSecret: OTHER_CRYPTO,
  Encapsulate: OTHER_CRYPTO,
  Decapsulate: OTHER_CRYPTO,
  DeleteAlias: ANY,
  DeleteImportedKeyMaterial: {
    ...ANY,
    PendingImport: chosen(OK, 'of several materials one may still be there; where none is, nothing happens'),
    Unavailable: NEVER,
    Creating: CREATING,
    Updating: UPDATING,
  },
  DescribeKey: ANY,
  GetKeyPolicy: ANY,
  PutKeyPolicy: ANY,
  ListKeyPolicies: ANY,
  ListAliases: ANY,
  ListGrants: ANY,
  ListResourceTags: ANY,
  RetireGrant: ANY,
  RevokeGrant: ANY,
  DisableKey: SWITCH,
  EnableKey: SWITCH,
  EnableKeyRotation: AUTOMATIC_ROTATION,
  DisableKeyRotation: AUTOMATIC_ROTATION,
  GetKeyRotationStatus: {
    Enabled: chosen(OK, NO_FOOTNOTE),
    Disabled: chosen(OK, NO_FOOTNOTE),
    PendingDeletion: chosen(OK, NO_FOOTNOTE),
    PendingReplicaDeletion: chosen(OK, NO_FOOTNOTE),
    PendingImport: chosen(OK, 'imported symmetric keys rotate on demand since 2025, so their status is answered'),
    Unavailable: UNSUPPORTED,
    Creating: chosen(OK, NO_FOOTNOTE),
    Updating: chosen(OK, NO_FOOTNOTE),
  },
  GetParametersForImport: {
    Enabled: chosen(OK, NO_FOOTNOTE),
    Disabled: chosen(OK, NO_FOOTNOTE),
    PendingDeletion: PENDING_DELETION,
    PendingReplicaDeletion: PENDING_DELETION,
    PendingImport: OK,
    Unavailable: NEVER,
    Creating: CREATING,
    Updating: UPDATING,
  },
  ImportKeyMaterial: {
    Enabled: chosen(OK, NO_FOOTNOTE),
    Disabled: chosen(OK, 'the table lets it through, newer text names PendingImport and Enabled alone'),
    PendingDeletion: PENDING_DELETION,
    PendingReplicaDeletion: PENDING_DELETION,
    PendingImport: OK,
    Unavailable: NEVER,
    Creating: CREATING,
    Updating: OK,
  },
  ReplicateKey: { ...SYMMETRIC_CRYPTO, Unavailable: NEVER, Updating: UPDATING },
  UpdatePrimaryRegion: OTHER_CRYPTO,
  ScheduleKeyDeletion: {
    ...ANY,
    PendingDeletion: PENDING_DELETION,
    PendingReplicaDeletion: PENDING_DELETION,
    Updating: UPDATING,
  },
  TagResource: NOT_WHILE_PENDING_DELETION,
  UntagResource: NOT_WHILE_PENDING_DELETION,
  UpdateKeyDescription: NOT_WHILE_PENDING_DELETION,
  UpdateAlias: {
    ...ANY,
    PendingDeletion: chosen(PENDING_DELETION, 'the new target decides, and the message is that of CreateAlias'),
    PendingReplicaDeletion: chosen(PENDING_DELETION, 'the new target decides, and the message is that of CreateAlias'),
  },
  RotateKeyOnDemand: {
    Enabled: OK,
    Disabled: DISABLED,
    PendingDeletion: PENDING_DELETION,
    PendingReplicaDeletion: PENDING_DELETION,
    PendingImport: PENDING_IMPORT,
    Unavailable: UNSUPPORTED,
    Creating: CREATING,
    Updating: chosen(UPDATING, 'newer than the table; material must not change while the primary moves'),
  },
  ListKeyRotations: { ...ANY, Unavailable: chosen(UNSUPPORTED, 'keys in custom key stores do not rotate') },
  GetKeyLastUsage: ANY,
}

/** Of keys with imported material: who asks about their rotation, and what footnotes 6 and 7 say of it. */
export const IMPORTED: Readonly<Partial<Record<OperationName, Omit<Row, 'Unavailable'>>>> = {
  EnableKeyRotation: importedRotation(),
  DisableKeyRotation: importedRotation(),
  GetKeyRotationStatus: ANY,
  ListKeyRotations: ANY,
  RotateKeyOnDemand: {
    // Nothing is pending rotation.
    Enabled: { outcome: 'KMSInvalidStateException: {arn} has no imported key material that is pending rotation.' },
    Disabled: DISABLED,
    PendingDeletion: PENDING_DELETION,
    PendingReplicaDeletion: PENDING_DELETION,
    PendingImport: PENDING_IMPORT,
    Creating: CREATING,
    Updating: UPDATING,
  },
}

function importedRotation(): Row {
  return {
    Enabled: EXTERNAL_ORIGIN,
    Disabled: EXTERNAL_ORIGIN,
    PendingDeletion: EXTERNAL_ORIGIN,
    PendingReplicaDeletion: EXTERNAL_ORIGIN,
    PendingImport: EXTERNAL_ORIGIN,
    Unavailable: NEVER,
    Creating: CREATING,
    Updating: EXTERNAL_ORIGIN,
  }
}

/** Of keys whose material KMS has made: footnote 9. */
export const MADE_HERE: Readonly<Partial<Record<OperationName, Omit<Row, 'PendingImport'>>>> = {
  GetParametersForImport: notImported(UPDATING),
  ImportKeyMaterial: notImported(UNSUPPORTED),
  DeleteImportedKeyMaterial: notImported(UPDATING),
}

function notImported(whileUpdating: Cell): Row {
  return {
    Enabled: UNSUPPORTED,
    Disabled: UNSUPPORTED,
    PendingDeletion: UNSUPPORTED,
    PendingReplicaDeletion: UNSUPPORTED,
    PendingImport: NEVER,
    Unavailable: UNSUPPORTED,
    Creating: CREATING,
    Updating: whileUpdating,
  }
}

/** Everything that was chosen. */
export function choices(): readonly Choice[] {
  return [TABLE, IMPORTED, MADE_HERE].flatMap((table) =>
    Object.entries(table).flatMap(([name, row]) =>
      STATES.flatMap((state) => {
        const cell = (row as Partial<Row>)[state]
        if (cell?.choice === undefined) return []
        const answer = cell.outcome === 'ok' ? 'allowed' : cell.outcome.split(':', 1)[0]!
        return [{ name, state, answer, why: cell.choice }]
      }),
    ),
  )
}
