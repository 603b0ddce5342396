/**
 * An AWS refusal, pasted as text, as a question.
 *
 * A message names a caller, an action, a resource and maybe the layer that refused; nothing else of the request is
 * known. Some messages name less, and then the question says what it lacks.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages"; KMS API Reference, errors; facts G1, G2.
 */
import { actionByName } from '../../aws/action.js'
import { MULTI_RESOURCE_APIS } from '../../aws/actions.js'
import { parseDeniedMessage, parseDeniedMessages, type DeniedMessage } from '../../text/denied-message.js'
import { quote } from '../../text/escape.js'
import type { TextError } from '../../text/grammar-reader.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { Result } from '../../text/source.js'
import { answerOfError, answerOfSentence, type AwsAnswer } from './aws-answer.js'
import { serviceOfWrapping, TOLD_BY_SERVICE } from './forwarded-refusal.js'
import { actionsOfOperation, isOperation } from './operation-checks.js'
import { sortChecks, type DraftCheck, type Lack, type Question, type UnknownInput } from './question.js'
import { unspecifiedKeys } from './unspecified-keys.js'

const SERVICE_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** The first refusal in a text. */
export function questionOfText(name: string, text: string): Result<Question, TextError> {
  const message = parseDeniedMessage(text)
  return message.ok ? { ok: true, value: questionOfMessage(name, text, message.value) } : message
}

/** Every refusal of a text, each once: logs and programs write one several times, and cut it off. */
export function questionsOfMessages(name: string, text: string): Result<readonly [Question, ...Question[]], TextError> {
  const found = parseDeniedMessages(text)
  if (!found.ok) return found
  const [first, ...others] = different(found.value).map((message) => questionOfMessage(name, text, message))
  if (first === undefined) throw new Error('refusals were found, and none is left')
  return { ok: true, value: [first, ...others] }
}

/** Of those that could be the same, the one that tells most; in the order in which each first stood there. */
function different(messages: readonly DeniedMessage[]): readonly DeniedMessage[] {
  const kept: DeniedMessage[] = []
  for (const message of messages) {
    const same = kept.findIndex((known) => tellsAllOf(known, message) || tellsAllOf(message, known))
    const known = kept[same]
    if (known === undefined) kept.push(message)
    else if (tellsAllOf(message, known)) kept[same] = message
  }
  return kept
}

/** What tells one refusal from another; the request it was for and how it was wrapped do not. */
const TELLING = [
  'kind',
  'caller',
  'action',
  'resource',
  'layer',
  'isExplicit',
  'policyArn',
  'key',
  'state',
  'service',
] as const

function tellsAllOf(fuller: DeniedMessage, other: DeniedMessage): boolean {
  const [told, asked]: readonly Readonly<Record<string, unknown>>[] = [{ ...fuller }, { ...other }]
  return TELLING.every((name) => asked?.[name] === undefined || asked[name] === told?.[name])
}

/** @param text - what the message was found in. */
function questionOfMessage(name: string, text: string, message: DeniedMessage): Question {
  const operation = operationOf(message)
  const checks = checksOf(message, operation)
  const principal = checks[0]?.request.principal
  const isService = principal !== undefined && SERVICE_NAME.test(principal)
  const via = isService ? undefined : serviceOfWrapping(message.service, message.operation)
  if (via !== undefined) for (const { request } of checks) request.via = via
  const { span, requestId } = message
  return {
    origin: { form: 'message', name, span, ...(requestId === undefined ? {} : { requestId }) },
    ...(operation === undefined ? {} : { operation }),
    ...sortChecks(checks),
    said: { ...saidBy(message), message: text.slice(span.start, span.end) },
    unknown: [
      ...hiddenInputs(isService),
      ...unspecifiedKeys('the message does', checks[0]?.request.action, isService, {
        parameters: false,
        keys: via === undefined ? [] : TOLD_BY_SERVICE,
      }),
    ],
    notes: [...notesOf(message), ...(via === undefined ? [] : [calledThrough(via)])],
  }
}

function calledThrough(via: string): string {
  return `the error is one of ${quote(via)}, so the request is taken to have come to KMS through it`
}

function hiddenInputs(isService: boolean): readonly UnknownInput[] {
  const why = 'the message does not tell them'
  const tokens: UnknownInput = { kind: 'grantTokens', name: 'grant tokens', why }
  if (isService) return [tokens]
  return [
    { kind: 'sessionPolicies', name: 'session policies', why },
    { kind: 'conditionKey', name: 'aws:PrincipalTag/{tag-key}', why: 'the message does not tell session tags' },
    tokens,
  ]
}

function operationOf({ operation }: DeniedMessage): string | undefined {
  return operation !== undefined && isOperation(operation) ? operation : undefined
}

/** The code counts where it says more than the sentence: no sentence tells of a dry run. */
function saidBy(message: DeniedMessage): AwsAnswer {
  const { errorCode } = message
  const said = answerOfSentence(message, errorCode)
  return errorCode === 'DryRunOperationException' ? { ...said, ...answerOfError(errorCode, undefined) } : said
}

// ----------------------------------------------------------------------------------------------------------- checks

const NO_CALLER: Lack = { part: 'principal', why: 'the message does not name the caller' }
const NO_ACTION: Lack = { part: 'action', why: 'the message does not name the operation' }

function checksOf(message: DeniedMessage, operation: string | undefined): readonly DraftCheck[] {
  switch (message.kind) {
    case 'denied':
      return [deniedCheck(message.caller, message.action, message.resource)]
    case 'ciphertext':
      // ReEncrypt says it of the key that the ciphertext names, not of the destination.
      return [
        anonymous(operation === 'ReEncrypt' ? 'kms:ReEncryptFrom' : 'kms:Decrypt', 'the ciphertext names the key'),
      ]
    case 'notFound':
      return ofOperation(operation, message.resource)
    case 'keyState':
      return ofOperation(operation, message.key)
    case 'lockout':
    case 'invalidPrincipals':
      return ofOperation(operation ?? 'PutKeyPolicy', undefined)
  }
}

function deniedCheck(caller: string, action: string, resource: string | undefined): DraftCheck {
  const info = actionByName(action)
  const lacks: Lack[] = []
  const isCaller = SERVICE_NAME.test(caller) || parsePrincipalArn(caller).ok
  if (!isCaller) lacks.push({ part: 'principal', why: `${quote(caller, 120)} is no ARN of a principal` })
  const target = resource === '*' ? undefined : resource
  if (target === undefined && needsResource(info?.name ?? action, resource === '*')) {
    lacks.push({ part: 'resource', why: 'the message does not name the key' })
  }
  return {
    request: {
      action: info?.name ?? action,
      ...(isCaller ? { principal: caller } : {}),
      ...(target === undefined ? {} : { resource: target }),
    },
    lacks,
  }
}

/** kms:TagResource is asked for on `*` too, when a key is made with tags. */
function needsResource(action: string, isAny: boolean): boolean {
  const info = actionByName(action)
  if (info === undefined || info.resources.length === 0) return false
  return !(isAny && CHECKED_ON_ANY.has(action))
}

const CHECKED_ON_ANY: ReadonlySet<string> = new Set(
  Object.values(MULTI_RESOURCE_APIS)
    .flat()
    .filter(({ resource }) => resource === 'none')
    .map(({ action }) => action),
)

function anonymous(action: string, why: string): DraftCheck {
  return { request: { action }, lacks: [NO_CALLER, { part: 'resource', why }] }
}

/** A message about a key that does not say which permission it is about, unless the operation has one alone. */
function ofOperation(operation: string | undefined, resource: string | undefined): readonly DraftCheck[] {
  const target = resource === undefined ? {} : { resource }
  const actions = operation === undefined ? [] : actionsOfOperation(operation)
  const [action] = actions
  if (action === undefined || actions.length > 1) return [{ request: target, lacks: [NO_CALLER, NO_ACTION] }]
  const isNeeded = resource === undefined && needsResource(action, false)
  const lacks: Lack[] = isNeeded
    ? [NO_CALLER, { part: 'resource', why: 'the message does not name the key' }]
    : [NO_CALLER]
  return [{ request: { action, ...target }, lacks }]
}

// ------------------------------------------------------------------------------------------------------------ notes

function notesOf(message: DeniedMessage): readonly string[] {
  switch (message.kind) {
    case 'denied':
      return notesOfDenial(message.action, message.layer === 'trust')
    case 'ciphertext':
      return [
        'this text stands for three things: the key does not exist, it is in another Region, or the caller may not use it',
      ]
    case 'notFound':
      return [`AWS found no ${quote(message.resource, 120)}: permissions were not the reason`]
    case 'keyState':
      return ['AWS let the request in: the state of the key was the reason']
    case 'lockout':
      return [
        'AWS refused the new key policy because it would shut out its own writer: permissions were not the reason',
      ]
    case 'invalidPrincipals':
      return ['AWS refused the policy because a principal in it does not exist: permissions were not the reason']
  }
}

function notesOfDenial(action: string, isTrust: boolean): readonly string[] {
  if (isTrust) return ['a role trust policy refused: this is about assuming a role, not about KMS']
  if (!action.toLowerCase().startsWith('kms:')) return [`${quote(action)} is no permission of KMS`]
  if (actionByName(action) === undefined) return [`no permission ${quote(action)} is known`]
  const apis = Object.entries(MULTI_RESOURCE_APIS).filter(
    ([, checks]) => new Set(checks.map(({ role }) => role)).size > 1 && checks.some((check) => check.action === action),
  )
  // The operation of the same name asks for this permission; others that ask for it too are less likely.
  const own = action.slice(action.indexOf(':') + 1)
  const likely = isOperation(own) ? apis.filter(([api]) => api === own) : apis
  return likely.map(([api]) => `${api} makes other checks besides, of which the message does not tell`)
}
