/**
 * A request as it might be: the question, the policies whose text is another, and the answer.
 *
 * A change makes a new scenario and leaves the old one as it was. What AWS has said of the first request says nothing of
 * another one, and what follows from a caller or a key goes with it.
 */
import { VIA_SERVICE_PREFIXES } from '../../../aws/condition-keys.js'
import { conditionKeyInfo } from '../../../aws/condition-key.js'
import type { AuthorizationRequest } from '../../../decide/resolve.js'
import type { RequestContext } from '../../../decide/values.js'
import { documentOf } from '../../../graph/documents.js'
import type { PolicyDocument } from '../../../policy/document.js'
import { Answerer, type Answer } from '../../../source/answer/answer-question.js'
import { originOf } from '../../../source/world/policy-text.js'
import type { Question } from '../../../source/asked/question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { splitArn } from '../../../text/arn.js'
import { parseDate } from '../../../text/date.js'
import { parseIpAddress } from '../../../text/ip.js'
import { parsePrincipalArn } from '../../../text/principal-arn.js'
import type { Result } from '../../../text/source.js'
import { quote } from '../../../text/escape.js'
import type { Asking } from '../../world/asking.js'
import { changedWorld, type ChangedPolicies, type PolicyId } from './changed-world.js'
import { tagOf, withoutTag, worldWithoutTags, type TakenTag } from './without-tags.js'

export interface Scenario {
  readonly question: Question
  readonly policies: ChangedPolicies
  /** Tags of the world that the caller or the key is without. */
  readonly taken: readonly TakenTag[]
  /** Of the world with these policies and without these tags; undefined while it is the world itself. */
  readonly changed: { readonly world: AskedWorld; readonly answerer: Answerer } | undefined
  readonly answer: Result<Answer, string>
}

export type Edit =
  | { readonly part: 'caller' | 'action' | 'key'; readonly value: string }
  /** Undefined: without it. */
  | { readonly part: 'context' | 'condition'; readonly name: string; readonly value: string | undefined }
  | { readonly part: 'address' | 'endpoint' | 'service' | 'time'; readonly value: string | undefined }
  /** Without a tag that the world says the caller or the key has. */
  | { readonly part: 'tag'; readonly name: string }
  /** Undefined: as its file has it. */
  | { readonly part: 'policy'; readonly id: PolicyId; readonly document: PolicyDocument | undefined }

/** The request of an answer as it is. */
export function scenarioOf(answer: Answer): Scenario {
  return {
    question: answer.question,
    policies: new Map(),
    taken: [],
    changed: undefined,
    answer: { ok: true, value: answer },
  }
}

export function worldOf({ changed }: Pick<Scenario, 'changed'>, { world }: Asking): AskedWorld {
  return changed?.world ?? world
}

/** The error is one sentence: a value that no request can have. */
export function edited(before: Scenario, edit: Edit, told: number, asking: Asking): Result<Scenario, string> {
  if (edit.part === 'policy') {
    const policies = new Map(before.policies)
    if (edit.document === undefined) policies.delete(edit.id)
    else policies.set(edit.id, edit.document)
    return {
      ok: true,
      value: inChangedWorld({ question: unsaid(before.question), policies, taken: before.taken }, asking),
    }
  }
  if (edit.part === 'tag') return withoutTagOf(before, edit.name, told, asking)
  const problem = problemOf(edit)
  if (problem !== undefined) return { ok: false, error: problem }
  const { question, policies, taken, changed } = before
  const checks = question.checks.map((check, index) => {
    // Action and key are those of the one check that is told; the rest is the same for all of a call.
    const isTold = index === told || question.checks.length === 1
    return (edit.part === 'action' || edit.part === 'key') && !isTold ? check : editedCheck(check, edit)
  })
  const next = { ...unsaid(question), checks, unknown: question.unknown.filter(({ name }) => !isTold(name, edit)) }
  return { ok: true, value: answered({ question: withoutOther(next, edit), policies, taken, changed }, asking) }
}

function inChangedWorld(made: Omit<Scenario, 'answer' | 'changed'>, asking: Asking): Scenario {
  const { policies, taken } = made
  if (policies.size === 0 && taken.length === 0) return answered({ ...made, changed: undefined }, asking)
  const whole = policies.size === 0 ? asking.world : changedWorld(asking.world, policies)
  const world = worldWithoutTags(whole, taken)
  return answered({ ...made, changed: { world, answerer: new Answerer(world, asking.decision) } }, asking)
}

/** What the request lists of the tag goes as well. */
function withoutTagOf(before: Scenario, name: string, told: number, asking: Asking): Result<Scenario, string> {
  const tag = tagOf(name)
  const check = before.question.checks[told]
  if (tag === undefined || check === undefined) return { ok: false, error: `${quote(name, 160)} is no tag` }
  const arn = tag.of === 'principal' ? check.principal : check.resource
  if (arn === undefined) return { ok: false, error: 'the request has no key' }
  const checks = before.question.checks.map(({ sessionTags, ...rest }) => ({
    ...rest,
    context: without(rest.context, [name]),
    ...(sessionTags === undefined
      ? {}
      : { sessionTags: tag.of === 'principal' ? withoutTag(sessionTags, tag.tag) : sessionTags }),
  }))
  const { policies, taken } = before
  const question = { ...unsaid(before.question), checks }
  return { ok: true, value: inChangedWorld({ question, policies, taken: [...taken, { ...tag, arn }] }, asking) }
}

function answered(made: Omit<Scenario, 'answer'>, asking: Asking): Scenario {
  const { question, changed } = made
  const answer =
    changed === undefined ? asking.answer(question) : changed.answerer.answer(inWorld(question, changed.answerer))
  return { ...made, answer: answer.ok ? answer : { ok: false, error: answer.error.message } }
}

/** Session policies are prepared for one world: those of its files are found again, others are prepared anew. */
function inWorld(question: Question, answerer: Answerer): Question {
  const checks = question.checks.map((check): AuthorizationRequest => {
    const { sessionPolicies: passed, ...rest } = check
    if (passed === undefined) return check
    if (passed.length > 0 && passed.every(({ source }) => originOf(source) !== undefined)) return rest
    return { ...rest, sessionPolicies: passed.map((policy) => answerer.compile(documentOf(policy).document)) }
  })
  return { ...question, checks }
}

// -------------------------------------------------------------------------------------------------------- the request

const ADDRESS = 'aws:SourceIp'
const PRIVATE_ADDRESS = 'aws:VpcSourceIp'
const ENDPOINT = 'aws:SourceVpce'
const NETWORK: readonly string[] = [
  ENDPOINT,
  PRIVATE_ADDRESS,
  'aws:SourceVpc',
  'aws:VpceAccount',
  'aws:VpceOrgID',
  'aws:VpceOrgPaths',
]

type RequestEdit = Exclude<Edit, { readonly part: 'policy' | 'tag' }>

function editedCheck(check: AuthorizationRequest, edit: RequestEdit): AuthorizationRequest {
  switch (edit.part) {
    case 'caller': {
      // What was passed for a session, and the user behind it, are those of the other caller.
      const { sessionPolicies: _policies, sessionTags: _tags, userArn: _user, ...rest } = check
      return { ...rest, principal: edit.value, context: withoutGroups(check, ['principal', 'session']) }
    }
    case 'action': {
      const { parameters: _parameters, createGrant: _grant, grantId: _id, ...rest } = check
      return { ...rest, action: edit.value }
    }
    case 'key': {
      const { keyIdAs: _named, ...rest } = check
      return { ...rest, resource: edit.value, context: withoutGroups(check, ['resource']) }
    }
    case 'context': {
      const pairs = Object.entries(check.encryptionContext ?? {}).filter(([name]) => name !== edit.name)
      const all = edit.value === undefined ? pairs : [...pairs, [edit.name, edit.value] as const]
      return { ...withoutOwnContext(check), encryptionContext: Object.fromEntries(all) }
    }
    case 'condition':
      return { ...check, context: withValue(check.context, edit.name, edit.value) }
    case 'address': {
      const name = valueIn(check, ENDPOINT) === undefined ? ADDRESS : PRIVATE_ADDRESS
      return { ...check, context: withValue(check.context, name, edit.value) }
    }
    case 'endpoint': {
      // Through an endpoint the public address is not there, and no service stands between.
      const { via: _via, ...rest } = check
      const others = without(check.context, edit.value === undefined ? NETWORK : [...NETWORK, ADDRESS])
      return { ...(edit.value === undefined ? check : rest), context: withValue(others, ENDPOINT, edit.value) }
    }
    case 'service': {
      const { via: _via, ...rest } = check
      if (edit.value === undefined) return rest
      return { ...rest, via: serviceName(edit.value, check), context: without(check.context, [...NETWORK, ADDRESS]) }
    }
    case 'time': {
      const { time: _time, ...rest } = check
      return edit.value === undefined ? rest : { ...rest, time: edit.value }
    }
  }
}

/** An event has its encryption context among its parameters as well. */
function withoutOwnContext({ parameters, ...rest }: AuthorizationRequest): AuthorizationRequest {
  if (parameters === undefined) return rest
  const others = Object.entries(parameters).filter(([name]) => !name.endsWith('EncryptionContext'))
  return { ...rest, parameters: Object.fromEntries(others) }
}

function withoutGroups({ context = {} }: AuthorizationRequest, groups: readonly string[]): RequestContext {
  return Object.fromEntries(
    Object.entries(context).filter(([name]) => !groups.includes(conditionKeyInfo(name)?.group ?? '')),
  )
}

function without(context: AuthorizationRequest['context'] = {}, names: readonly string[]): RequestContext {
  const gone = new Set(names.map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(context).filter(([name]) => !gone.has(name.toLowerCase())))
}

function withValue(context: RequestContext | undefined, name: string, value: string | undefined): RequestContext {
  const others = without(context, [name])
  return value === undefined ? others : { ...others, [name]: value }
}

/** In whatever spelling the request has the key; undefined where it does not list it. */
export function valueIn({ context = {} }: Pick<AuthorizationRequest, 'context'>, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const found = Object.entries(context).find(([known]) => known.toLowerCase() === wanted)?.[1]
  if (found === undefined || found === null) return undefined
  return Array.isArray(found) ? found.join(', ') : String(found)
}

/** `s3` is short for the service in the Region of the key. */
function serviceName(text: string, { resource }: AuthorizationRequest): string {
  if (text.includes('.')) return text
  const region = splitArn(resource ?? '')?.region ?? ''
  return `${text}.${region === '' ? 'us-east-1' : region}.amazonaws.com`
}

export const SERVICES: readonly string[] = VIA_SERVICE_PREFIXES

// ----------------------------------------------------------------------------------------------------------- what holds

function problemOf(edit: RequestEdit): string | undefined {
  const { part, value } = edit
  if (value === undefined) return undefined
  switch (part) {
    case 'caller': {
      if (!value.startsWith('arn:')) return undefined
      const parsed = parsePrincipalArn(value)
      return parsed.ok ? undefined : `${quote(value, 160)}: ${parsed.error.message}`
    }
    case 'address':
      return parseIpAddress(value) === undefined ? `${quote(value)} is not an IP address` : undefined
    case 'endpoint':
      return /^vpce-[0-9a-zA-Z]+$/.test(value)
        ? undefined
        : `${quote(value)} is not a VPC endpoint, such as \`vpce-1a2b3c4d\``
    case 'service':
      return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(value)
        ? undefined
        : `${quote(value)} is not a service, such as \`s3\``
    case 'time':
      return parseDate(value) === undefined
        ? `${quote(value)} is not a time, such as \`2026-01-31T12:00:00Z\``
        : undefined
    case 'condition':
      return conditionKeyInfo(edit.name) === undefined ? `no request to KMS carries ${quote(edit.name)}` : undefined
    case 'context':
      return edit.name === '' ? 'a pair of the encryption context needs a name' : undefined
    case 'action':
    case 'key':
      return undefined
  }
}

/** AWS was asked about the request as it was. */
function unsaid({ said: _said, ...question }: Question): Question {
  return question
}

/** What an event tells of its caller and its operation is of no other. */
function withoutOther(question: Question, { part }: RequestEdit): Question {
  const { caller, operation, ...rest } = question
  return {
    ...rest,
    ...(caller === undefined || part === 'caller' ? {} : { caller }),
    ...(operation === undefined || part === 'action' ? {} : { operation }),
  }
}

const TOLD: Readonly<Partial<Record<RequestEdit['part'], readonly string[]>>> = {
  context: ['kms:EncryptionContext:{context-key}', 'kms:EncryptionContextKeys'],
  address: [ADDRESS, PRIVATE_ADDRESS, ENDPOINT],
  endpoint: [ENDPOINT, ADDRESS],
  service: ['kms:ViaService', 'aws:ViaAWSService', 'aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast'],
  time: ['aws:CurrentTime', 'aws:EpochTime'],
}

/** Whether a key that was not known is told by the change. */
function isTold(unknown: string, edit: RequestEdit): boolean {
  const told = edit.part === 'condition' ? [edit.name] : (TOLD[edit.part] ?? [])
  return told.some((name) => name.toLowerCase() === unknown.toLowerCase())
}
