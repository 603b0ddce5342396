/**
 * Every operation on a key in every state: the documented table, restated.
 *
 * Source: KMS Developer Guide, "Key states of AWS KMS keys"; kms-behaviour 2.
 */
import { describe, expect, test } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import { parseRecord, put, type KeyRecord } from '../../../src/kms/records.js'
import type { KeyState } from '../../../src/kms/shapes.js'
import { testKms, type TestKms } from '../test-kms.js'
import { makeKey, SAMPLES } from './samples.js'

/** What an operation answers: `ok`, or the code and the end of the message. */
type Answers = Readonly<Record<KeyState, string>>

const DISABLED = 'DisabledException: {arn} is disabled.'
const PENDING_DELETION = 'KMSInvalidStateException: {arn} is pending deletion.'
const PENDING_REPLICA_DELETION = 'KMSInvalidStateException: {arn} is pending deletion (or pending replica deletion)'
const PENDING_IMPORT = 'KMSInvalidStateException: {arn} is pending import.'
const UNAVAILABLE = 'KMSInvalidStateException: {arn} is unavailable.'
const CREATING = 'KMSInvalidStateException: {arn} is creating.'
const UPDATING = 'KMSInvalidStateException: {arn} is updating.'

const ANY: Answers = {
  Enabled: 'ok',
  Disabled: 'ok',
  PendingDeletion: 'ok',
  PendingReplicaDeletion: 'ok',
  PendingImport: 'ok',
  Unavailable: 'ok',
  Creating: 'ok',
  Updating: 'ok',
}
const CRYPTOGRAPHIC: Answers = {
  Enabled: 'ok',
  Disabled: DISABLED,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_REPLICA_DELETION,
  PendingImport: PENDING_IMPORT,
  Unavailable: UNAVAILABLE,
  Creating: CREATING,
  Updating: 'ok',
}
const NOT_PENDING_DELETION: Answers = {
  ...ANY,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
}
const SWITCH: Answers = {
  Enabled: 'ok',
  Disabled: 'ok',
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
  PendingImport: PENDING_IMPORT,
  Unavailable: 'ok',
  Creating: CREATING,
  Updating: UPDATING,
}

/** Operations with a sample; a sample without a row fails below. */
const TABLE: Partial<Readonly<Record<OperationName, Answers>>> = {
  Encrypt: CRYPTOGRAPHIC,
  Decrypt: CRYPTOGRAPHIC,
  ReEncrypt: CRYPTOGRAPHIC,
  GenerateDataKey: CRYPTOGRAPHIC,
  GenerateDataKeyWithoutPlaintext: CRYPTOGRAPHIC,
  GenerateDataKeyPair: CRYPTOGRAPHIC,
  GenerateDataKeyPairWithoutPlaintext: CRYPTOGRAPHIC,
  Sign: CRYPTOGRAPHIC,
  Verify: CRYPTOGRAPHIC,
  GenerateMac: CRYPTOGRAPHIC,
  VerifyMac: CRYPTOGRAPHIC,
  GetPublicKey: CRYPTOGRAPHIC,
  DeriveSharedSecret: CRYPTOGRAPHIC,
  Encapsulate: CRYPTOGRAPHIC,
  Decapsulate: CRYPTOGRAPHIC,
  DescribeKey: ANY,
  GetKeyPolicy: ANY,
  PutKeyPolicy: ANY,
  ListKeyPolicies: ANY,
  ListResourceTags: ANY,
  GetKeyLastUsage: ANY,
  EnableKey: SWITCH,
  DisableKey: SWITCH,
  UpdateKeyDescription: NOT_PENDING_DELETION,
  TagResource: NOT_PENDING_DELETION,
  UntagResource: NOT_PENDING_DELETION,
}

/** Puts a key into a state, however it would have come there. */
async function setState({ store }: TestKms, arn: string, state: KeyState): Promise<void> {
  const [, , , region, account, resource = ''] = arn.split(':')
  const name = `key/${account}/${region}/${resource.slice('key/'.length)}`
  const row = await store.get(name)
  if (row === undefined) throw new Error(`there is no row ${name}`)
  const record = { ...parseRecord<KeyRecord>(name, row.value), state }
  const result = await store.commit([put(name, record, { version: row.version })], [])
  if (!result.ok) throw new Error(result.conflict)
}

describe('each operation in each key state', () => {
  for (const sample of SAMPLES) {
    test(sample.name, async () => {
      const answers = TABLE[sample.name]
      if (answers === undefined) throw new Error(`${sample.name} has no row in the table`)
      const t = await testKms()
      for (const [state, expected] of Object.entries(answers) as readonly (readonly [KeyState, string])[]) {
        const arn = await makeKey(t, sample.key)
        const input = await sample.input(t, arn)
        await setState(t, arn, state)
        const answer = await t.fails(sample.name, input)
        expect(answer.replaceAll(arn, '{arn}'), state).toBe(expected === 'ok' ? 'succeeded' : expected)
      }
      await t.kms.close()
    })
  }
})
