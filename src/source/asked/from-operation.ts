/**
 * An API call that might be made, `Decrypt` with its parameters, as a question: the checks that it needs.
 *
 * The parameters have the member names of the API. Names and the types of what bears on permissions are checked;
 * whether KMS would take the values is not asked.
 *
 * Source: KMS API Reference; KMS Developer Guide, "Key identifiers"; facts D4, D6.
 */
import { MULTI_RESOURCE_APIS } from '../../aws/actions.js'
import { OPERATION_PARAMETERS } from '../../aws/operation-parameters.js'
import type { RequestContext } from '../../decide/values.js'
import { quote } from '../../text/escape.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { Result } from '../../text/source.js'
import { didYouMean } from '../../text/suggest.js'
import { asObject, listIn, textIn, type Members } from './member.js'
import { checksOfCall, NO_KEY_NAMES, unknownOfCall, type KeyNames } from './operation-checks.js'
import { sortChecks, type DraftRequest, type Question, type UnknownInput } from './question.js'
import { unspecifiedKeys } from './unspecified-keys.js'

export interface OperationRequest {
  /** Such as `Decrypt`. */
  readonly operation: string
  /** The input of the call, parsed. */
  readonly parameters: unknown
  /** ARN, or a service name. */
  readonly principal: string
  /** Region whose endpoint is called; without it a bare key id or alias name cannot be looked up. */
  readonly region?: string
  /** Condition keys of the request, and how it came. */
  readonly context?: RequestContext
  readonly via?: string
  readonly time?: string
  /** What the reader knows the parameters by: a file, `<stdin>`. */
  readonly name: string
}

export interface OperationError {
  readonly message: string
  /** The parameter in error. */
  readonly parameter?: string
}

export function questionOfOperation(
  request: OperationRequest,
  names: KeyNames = NO_KEY_NAMES,
): Result<Question, OperationError> {
  const operation = findOperation(request.operation)
  if (!operation.ok) return operation
  const parameters = readParameters(operation.value, request.parameters)
  if (!parameters.ok) return parameters
  const caller = parsePrincipalArn(request.principal)
  const isService = !request.principal.startsWith('arn:')
  if (!isService && !caller.ok) {
    return { ok: false, error: { message: `principal ${quote(request.principal, 120)}: ${caller.error.message}` } }
  }
  const checks = checksOfCall({
    operation: operation.value,
    parameters: parameters.value,
    home: {
      ...(caller.ok ? { accountId: caller.value.account, partition: caller.value.partition } : {}),
      ...(request.region === undefined ? {} : { region: request.region }),
    },
    names,
  })
  for (const check of checks) putRequest(check.request, request)
  return {
    ok: true,
    value: {
      origin: { form: 'operation', name: request.name },
      operation: operation.value,
      ...sortChecks(checks),
      unknown: unknownOf(operation.value, request, isService),
      notes: notesOf(parameters.value),
    },
  }
}

function putRequest(draft: DraftRequest, { principal, context, region, via, time }: OperationRequest): void {
  draft.principal = principal
  if (via !== undefined) draft.via = via
  if (time !== undefined) draft.time = time
  const called = region === undefined ? {} : { 'aws:RequestedRegion': region }
  draft.context = { ...called, ...draft.context, ...context }
}

function findOperation(written: string): Result<string, OperationError> {
  if (Object.hasOwn(OPERATION_PARAMETERS, written)) return { ok: true, value: written }
  // The AWS CLI writes `generate-data-key`, policies `kms:GenerateDataKey`.
  const bare = written.replace(/^kms:/i, '').replaceAll('-', '')
  const meant = Object.hasOwn(OPERATION_PARAMETERS, bare)
    ? bare
    : didYouMean(bare, Object.keys(OPERATION_PARAMETERS), 2)
  const hint = meant === undefined ? 'expected one such as `Decrypt`' : `did you mean ${quote(meant)}?`
  return { ok: false, error: { message: `KMS has no operation ${quote(written)}; ${hint}` } }
}

// ------------------------------------------------------------------------------------------------------- parameters

const MAPS: ReadonlySet<string> = new Set([
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
])
const LISTS: ReadonlySet<string> = new Set(['Tags', 'TagKeys', 'Operations', 'GrantTokens'])
const TEXTS: ReadonlySet<string> = new Set([
  'AliasName',
  'GrantId',
  'GrantToken',
  'GranteePrincipal',
  'GranteeServicePrincipal',
  'RetiringPrincipal',
  'RetiringServicePrincipal',
  'PrimaryRegion',
  'ReplicaRegion',
])

function readParameters(operation: string, given: unknown): Result<Members, OperationError> {
  const all = asObject(given)
  if (all === undefined) {
    return { ok: false, error: { message: `the parameters of ${operation} are an object of its members` } }
  }
  const parameters = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
  for (const [name, value] of Object.entries(parameters)) {
    const error = parameterError(operation, name, value)
    if (error !== undefined) return { ok: false, error: { message: error, parameter: name } }
  }
  return { ok: true, value: parameters }
}

function parameterError(operation: string, name: string, value: unknown): string | undefined {
  const { members = [], keyMembers = [], takesAlias = false } = OPERATION_PARAMETERS[operation] ?? {}
  if (!members.includes(name)) {
    const meant = didYouMean(name, members, 2)
    const hint =
      meant === undefined
        ? `expected ${members.length === 0 ? 'none' : members.join(', ')}`
        : `did you mean ${quote(meant)}?`
    return `${operation} has no parameter ${quote(name)}; ${hint}`
  }
  if (keyMembers.includes(name) || TEXTS.has(name)) {
    if (typeof value !== 'string' || value === '') return `${quote(name)} of ${operation} is a string`
    const isAlias = value.startsWith('alias/') || /^arn:[^:]*:kms:[^:]*:[^:]*:alias\//.test(value)
    if (keyMembers.includes(name) && isAlias && !takesAlias) {
      return `${quote(name)} of ${operation} is ${quote(value)}; expected a key id or a key ARN, not an alias`
    }
    return undefined
  }
  if (LISTS.has(name)) return Array.isArray(value) ? undefined : `${quote(name)} of ${operation} is a list`
  if (MAPS.has(name)) return mapError(operation, name, value)
  return name === 'Constraints' && asObject(value) === undefined
    ? `${quote(name)} of ${operation} is an object`
    : undefined
}

function mapError(operation: string, name: string, value: unknown): string | undefined {
  const pairs = asObject(value)
  const isMap = pairs !== undefined && Object.values(pairs).every((text) => typeof text === 'string')
  return isMap ? undefined : `${quote(name)} of ${operation} is an object of strings`
}

// ---------------------------------------------------------------------------------------------------------- unknown

function unknownOf(
  operation: string,
  { context = {}, via, time }: OperationRequest,
  isService: boolean,
): readonly UnknownInput[] {
  const told = [
    ...Object.keys(context),
    ...(via === undefined ? [] : VIA_KEYS),
    ...(time === undefined ? [] : ['aws:CurrentTime', 'aws:EpochTime']),
  ]
  const actions = Object.hasOwn(MULTI_RESOURCE_APIS, operation) ? undefined : `kms:${operation}`
  return [
    ...(isService ? [] : [SESSION_POLICIES]),
    ...unspecifiedKeys('the parameters do', actions, isService, { parameters: true, keys: told }),
    ...unknownOfCall(operation),
  ]
}

const VIA_KEYS = ['aws:ViaAWSService', 'aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast']

const SESSION_POLICIES: UnknownInput = {
  kind: 'sessionPolicies',
  name: 'session policies',
  why: 'they belong to the session, not to the call',
}

/** The id of a grant is what decides; a token does not show it. */
const GRANT_ID = /^[0-9a-f]{64}$/

function notesOf(parameters: Members): readonly string[] {
  const tokens = [...listIn(parameters, 'GrantTokens'), textIn(parameters, 'GrantToken')]
  const isOpaque = tokens.some((token) => typeof token === 'string' && !GRANT_ID.test(token))
  return isOpaque ? ['a grant token does not show which grant it is of; give the id of the grant in its place'] : []
}
