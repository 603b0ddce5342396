/**
 * Inputs of the operations, read from their fields and checked against the constraints of the API model.
 *
 * Source: STS API Reference, "AssumeRole", "GetSessionToken", "GetFederationToken"; sts.md 2.
 */
import { Faults, finish, integer, patternOf, structures, text, texts, type Validated } from '../../kms/constraint.js'
import { fail, type StsResult } from './failure.js'
import type { QueryFields } from './query.js'

export interface SessionTag {
  readonly key: string
  readonly value: string
}

export interface MfaInput {
  readonly serialNumber: string | undefined
  readonly tokenCode: string | undefined
}

/** What AssumeRole and GetFederationToken take alike. */
export interface SessionInput {
  readonly policy: string | undefined
  readonly policyArns: readonly string[] | undefined
  readonly tags: readonly SessionTag[] | undefined
  readonly durationSeconds: number | undefined
}

export interface AssumeRoleInput extends SessionInput, MfaInput {
  readonly roleArn: string
  readonly roleSessionName: string
  readonly transitiveTagKeys: readonly string[] | undefined
  readonly externalId: string | undefined
  readonly sourceIdentity: string | undefined
}

export interface SessionTokenInput extends MfaInput {
  readonly durationSeconds: number | undefined
}

export interface FederationTokenInput extends SessionInput {
  readonly name: string
}

/** Has no colon: what begins `aws:` is none. */
const NAME = patternOf('[\\w+=,.@-]*')
const EXTERNAL_ID = patternOf('[\\w+=,.@:\\/-]*')
const SERIAL_NUMBER = patternOf('[\\w+=/:,.@-]*')
const TOKEN_CODE = patternOf('[\\d]*')
const POLICY = patternOf('[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+')
/** The model's own spelling, which needs Unicode classes. */
const TAG_KEY = { source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+', whole: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u }
const TAG_VALUE = { source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*', whole: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u }

const SHORTEST = 900
const LONGEST_ROLE_SESSION = 43_200
const LONGEST_USER_SESSION = 129_600
const MAX_TAGS = 50
const MAX_POLICIES = 10
/** The model has no maximum; far beyond what a session takes, where it is told so. */
const ANY_LENGTH = Number.MAX_SAFE_INTEGER

export function readAssumeRole(fields: QueryFields): StsResult<AssumeRoleInput> {
  const faults = new Faults()
  if ((fields.items('ProvidedContexts') ?? []).length > 0) {
    return fail('ValidationError', 'ProvidedContexts is not supported.')
  }
  const input = checked<AssumeRoleInput>(faults, {
    roleArn: text(faults, fields.text('RoleArn'), 'roleArn', true, 20, 2048),
    roleSessionName: text(faults, fields.text('RoleSessionName'), 'roleSessionName', true, 2, 64, NAME),
    ...sessionMembers(faults, fields, ANY_LENGTH, LONGEST_ROLE_SESSION),
    transitiveTagKeys: texts(
      faults,
      fields.texts('TransitiveTagKeys'),
      'transitiveTagKeys',
      false,
      0,
      MAX_TAGS,
      1,
      128,
    ),
    externalId: text(faults, fields.text('ExternalId'), 'externalId', false, 2, 1224, EXTERNAL_ID),
    ...mfaMembers(faults, fields),
    sourceIdentity: text(faults, fields.text('SourceIdentity'), 'sourceIdentity', false, 2, 64, NAME),
  })
  if (!input.ok) return input
  const { tags = [], transitiveTagKeys = [] } = input.value
  const sent = new Set(tags.map(({ key }) => key.toLowerCase()))
  if (!transitiveTagKeys.every((key) => sent.has(key.toLowerCase()))) {
    return fail('ValidationError', 'The specified transitive tag key must be included in the requested tags.')
  }
  return withTagsChecked(input.value)
}

export function readSessionToken(fields: QueryFields): StsResult<SessionTokenInput> {
  const faults = new Faults()
  return checked<SessionTokenInput>(faults, {
    durationSeconds: duration(faults, fields, LONGEST_USER_SESSION),
    ...mfaMembers(faults, fields),
  })
}

export function readFederationToken(fields: QueryFields): StsResult<FederationTokenInput> {
  const faults = new Faults()
  const input = checked<FederationTokenInput>(faults, {
    name: text(faults, fields.text('Name'), 'name', true, 2, 32, NAME),
    ...sessionMembers(faults, fields, 2048, LONGEST_USER_SESSION),
  })
  return input.ok ? withTagsChecked(input.value) : input
}

/** AWS's words for a constraint are the same in every service; the code of the error is not. */
function checked<T>(faults: Faults, read: { readonly [M in keyof T]: T[M] | undefined }): StsResult<T> {
  const validated: Validated<T> = finish<T>(faults, read)
  return validated.ok ? validated : fail('ValidationError', validated.error.message)
}

function sessionMembers(faults: Faults, fields: QueryFields, longestPolicy: number, longest: number): SessionInput {
  return {
    policy: text(faults, fields.text('Policy'), 'policy', false, 1, longestPolicy, POLICY),
    policyArns: structures(faults, fields.items('PolicyArns'), 'policyArns', false, 0, MAX_POLICIES, (_, item, path) =>
      text(faults, memberOf(item, 'arn'), `${path}.arn`, true, 20, 2048),
    ),
    tags: structures(faults, fields.items('Tags'), 'tags', false, 0, MAX_TAGS, (_, item, path) => {
      const key = text(faults, memberOf(item, 'Key'), `${path}.key`, true, 1, 128, TAG_KEY)
      const value = text(faults, memberOf(item, 'Value'), `${path}.value`, true, 0, 256, TAG_VALUE)
      return key === undefined || value === undefined ? undefined : { key, value }
    }),
    durationSeconds: duration(faults, fields, longest),
  }
}

function memberOf(item: unknown, name: string): unknown {
  return typeof item === 'object' && item !== null ? Reflect.get(item, name) : undefined
}

function mfaMembers(faults: Faults, fields: QueryFields): MfaInput {
  return {
    serialNumber: text(faults, fields.text('SerialNumber'), 'serialNumber', false, 9, 256, SERIAL_NUMBER),
    tokenCode: text(faults, fields.text('TokenCode'), 'tokenCode', false, 6, 6, TOKEN_CODE),
  }
}

function duration(faults: Faults, fields: QueryFields, longest: number): number | undefined {
  return integer(faults, fields.integer('DurationSeconds'), 'durationSeconds', false, SHORTEST, longest)
}

function withTagsChecked<T extends SessionInput>(input: T): StsResult<T> {
  const seen = new Set<string>()
  for (const { key, value } of input.tags ?? []) {
    const folded = key.toLowerCase()
    if (seen.has(folded)) {
      return fail('ValidationError', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    }
    seen.add(folded)
    if (folded.startsWith('aws:') || value.toLowerCase().startsWith('aws:')) {
      return fail('ValidationError', 'Tag keys and values cannot begin with the reserved prefix aws:.')
    }
  }
  return { ok: true, value: input }
}
