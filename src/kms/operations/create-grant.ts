/**
 * CreateGrant: lets a principal use one key for some operations.
 *
 * A grant with the name and all the parameters of one that is there is that one, under a new token.
 *
 * Source: KMS API Reference, "CreateGrant", "GrantConstraints"; KMS Developer Guide, "Creating grants"; facts
 * kms-behaviour 11.
 */
import { isDeepStrictEqual } from 'node:util'
import { fail, type Failure } from '../failure.js'
import { constraintsOf, grantRequestOf } from '../grant-request.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import { DRY_RUN, type Call, type Operation } from '../operation.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { put, putName, type GrantRecord } from '../records.js'
import { grantRow, keyRow, retirableRow } from '../row-names.js'
import type { GrantOperation } from '../shapes.js'

type Input = Call<'CreateGrant'>['input']

export const createGrant: Operation<'CreateGrant'> = {
  name: 'CreateGrant',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.createGrant }],
  checks: [{ action: 'kms:CreateGrant', on: 'key', details: ({ input }) => ({ createGrant: grantRequestOf(input) }) }],
  audit: {
    readOnly: false,
    request: {
      KeyId: 'logged',
      GranteePrincipal: 'logged',
      RetiringPrincipal: 'logged',
      Operations: 'logged',
      Constraints: 'logged',
      GrantTokens: 'hidden',
      Name: 'logged',
      DryRun: 'logged',
      GranteeServicePrincipal: 'logged',
      RetiringServicePrincipal: 'logged',
    },
    response: 'told',
  },
  usage: 'none',
  run: (call) => {
    const { input, key, caller, services, nowMs } = call
    const failure = principalsFailure(call) ?? operationsFailure(input, key) ?? constraintsFailure(input, key)
    if (failure !== undefined) return { ok: false, error: failure }
    const { accountId: issuingAccount } = caller
    // Services name the account for which they act.
    if (issuingAccount === undefined) return fail('ValidationException', 'A grant needs an account that issues it.')
    const wanted = wantedGrant(input, issuingAccount)
    const found = input.Name === undefined ? undefined : sameGrant(key, wanted)
    if (found === undefined && key.grants.size >= services.quotas.grantsPerKey) {
      return fail('LimitExceededException', `${key.arn} has as many grants as a key may have.`)
    }
    if (call.isDryRun) return DRY_RUN
    const grantId = found ?? services.ids.hex(32)
    const record: GrantRecord = { ...wanted, grantId, createdAtMs: nowMs }
    const retiring = input.RetiringPrincipal ?? input.RetiringServicePrincipal
    return {
      ok: true,
      value: {
        output: { GrantId: grantId, GrantToken: services.tokens.grantToken(key.place, grantId) },
        changes:
          found === undefined
            ? [
                { kind: 'check', name: keyRow(key.place), expect: key.unchanged },
                put(grantRow(key.place, grantId), record, 'absent'),
                ...(retiring === undefined ? [] : [putName(retirableRow(retiring, key.place, grantId))]),
              ]
            : [],
        audit: { response: { grantId, keyId: key.arn } },
      },
    }
  },
}

function wantedGrant(input: Input, issuingAccount: string): Omit<GrantRecord, 'grantId' | 'createdAtMs'> {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal, Name } = input
  const constraints = constraintsOf(input.Constraints)
  return {
    form: 1,
    ...(Name === undefined ? {} : { name: Name }),
    ...(GranteePrincipal === undefined ? {} : { granteePrincipal: GranteePrincipal }),
    ...(GranteeServicePrincipal === undefined ? {} : { granteeServicePrincipal: GranteeServicePrincipal }),
    ...(RetiringPrincipal === undefined ? {} : { retiringPrincipal: RetiringPrincipal }),
    ...(RetiringServicePrincipal === undefined ? {} : { retiringServicePrincipal: RetiringServicePrincipal }),
    operations: [...new Set(input.Operations)].toSorted(),
    ...(constraints === undefined ? {} : { constraints }),
    issuingAccount,
  }
}

/** The id of the grant that is there already under this name, with the same parameters. */
function sameGrant(key: LoadedKey, wanted: Omit<GrantRecord, 'grantId' | 'createdAtMs'>): string | undefined {
  for (const { record } of key.grants.values()) {
    if (record.name !== wanted.name) continue
    const { grantId, createdAtMs: _made, ...parameters } = record
    if (isDeepStrictEqual(parameters, wanted)) return grantId
  }
  return undefined
}

function principalsFailure({ input, services }: Call<'CreateGrant'>): Failure | undefined {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringPrincipal, RetiringServicePrincipal } = input
  if ((GranteePrincipal === undefined) === (GranteeServicePrincipal === undefined)) {
    return invalid('Exactly one of GranteePrincipal and GranteeServicePrincipal must be given.')
  }
  if (RetiringPrincipal !== undefined && RetiringServicePrincipal !== undefined) {
    return invalid('Only one of RetiringPrincipal and RetiringServicePrincipal may be given.')
  }
  if (GranteeServicePrincipal !== undefined) {
    if (input.Constraints?.SourceArn === undefined) {
      return invalid('A grant to a service principal needs a SourceArn constraint.')
    }
    if (RetiringPrincipal === undefined && RetiringServicePrincipal === undefined) {
      return invalid('A grant to a service principal needs a retiring principal.')
    }
  }
  for (const arn of [GranteePrincipal, RetiringPrincipal]) {
    if (arn === undefined) continue
    // Grants that services make name services here as well.
    const isPrincipal = parsePrincipalArn(arn).ok || SERVICE_NAME.test(arn)
    if (!isPrincipal || !services.isPrincipalKnown(arn)) {
      return { code: 'InvalidArnException', message: `ARN '${arn}' is not a valid principal.` }
    }
  }
  return undefined
}

const SERVICE_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** What every key may be granted for. */
const COMMON: readonly GrantOperation[] = ['DescribeKey', 'CreateGrant', 'RetireGrant']

const SYMMETRIC: readonly GrantOperation[] = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
]

const BY_USAGE: Readonly<Record<LoadedKey['keyUsage'], readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
}

function operationsFailure({ Operations }: Input, key: LoadedKey): Failure | undefined {
  if (Operations.length === 0) return invalid('A grant must allow at least one operation.')
  const supported = key.record.keySpec === 'SYMMETRIC_DEFAULT' ? SYMMETRIC : BY_USAGE[key.keyUsage]
  const other = Operations.find((operation) => !COMMON.includes(operation) && !supported.includes(operation))
  return other === undefined ? undefined : invalid(`Operation ${other} is not supported by ${key.arn}.`)
}

const MAX_PAIRS = 8
const MAX_VALUE_LENGTH = 384

function constraintsFailure({ Constraints }: Input, key: LoadedKey): Failure | undefined {
  // AWS counts an empty map as well.
  if (Constraints?.EncryptionContextEquals !== undefined && Constraints.EncryptionContextSubset !== undefined) {
    return invalid('More than one constraint supplied')
  }
  for (const pairs of [Constraints?.EncryptionContextEquals, Constraints?.EncryptionContextSubset]) {
    if (pairs === undefined) continue
    if (key.record.keySpec !== 'SYMMETRIC_DEFAULT') {
      return invalid('An encryption context constraint needs a symmetric encryption key.')
    }
    const values = Object.values(pairs)
    if (values.length > MAX_PAIRS || values.some((value) => value.length > MAX_VALUE_LENGTH)) {
      return invalid('An encryption context constraint holds up to 8 pairs with values of up to 384 characters.')
    }
  }
  return undefined
}

function invalid(message: string): Failure {
  return { code: 'ValidationException', message }
}
