/**
 * The `action` and the `resource` of a simulation document.
 *
 * Each is read by itself; `checkTarget` says what is wrong with the two together.
 */
import { actionBit, isCheckedWithoutKey } from '../aws/action.js'
import { KMS_ACTIONS, MULTI_RESOURCE_APIS } from '../aws/actions.js'
import { asksOfRole } from '../decide/resolve.js'
import type { ResourceFacts } from '../decide/facts.js'
import { isAccountId, parseAliasArn, parseKeyArn, splitArn } from '../text/arn.js'
import { quote } from '../text/escape.js'
import { didYouMean } from '../text/suggest.js'
import type { SyntaxNode, SyntaxPath } from '../text/syntax-tree.js'
import { ObjectReader, type Reading } from './object-reader.js'

export interface ReadAction {
  /** In its documented spelling for KMS; otherwise as written, with the service in lower case. */
  readonly name: string
  /** -1 for an action of another service. */
  readonly bit: number
}

export interface ReadResource {
  /** `none` as given may stand for a resource of another service, which the action tells. */
  readonly given: 'key' | 'alias' | 'none'
  readonly facts: ResourceFacts
  readonly awsManagedKey: boolean
}

export const NO_RESOURCE: ReadResource = { given: 'none', facts: { type: 'none' }, awsManagedKey: false }

// ----------------------------------------------------------------------------------------------------------- action

export function readAction(reading: Reading, node: SyntaxNode, path: SyntaxPath): ReadAction | undefined {
  if (node.kind !== 'string') {
    reading.wrongType(node, path, 'an action such as `kms:Decrypt`')
    return undefined
  }
  const action = parseAction(node.value)
  if (typeof action !== 'string') return action
  reading.error(action, path, node)
  return undefined
}

/** The action, or what is wrong with it. */
function parseAction(text: string): ReadAction | string {
  const colon = text.indexOf(':')
  const service = text.slice(0, colon).toLowerCase()
  if (colon < 0) {
    const exact = actionBit(`kms:${text}`)
    const meant = exact === undefined ? didYouMean(`kms:${text}`, actionNames(), 2) : KMS_ACTIONS[exact]!.name
    const hint =
      meant === undefined ? 'expected `service:Name`, such as `kms:Decrypt`' : `did you mean ${quote(meant)}?`
    return `the action ${quote(text)} names no service; ${hint}`
  }
  if (text.includes('*') || text.includes('?'))
    return `the action ${quote(text)} has a wildcard; a request is for one action`
  if (service !== 'kms') {
    if (/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(service + text.slice(colon)))
      return { name: service + text.slice(colon), bit: -1 }
    return `${quote(text)} is not an action; expected \`service:Name\`, such as \`kms:Decrypt\``
  }
  const bit = actionBit(text)
  if (bit !== undefined) return { name: KMS_ACTIONS[bit]!.name, bit }
  return unknownKmsAction(text)
}

function unknownKmsAction(text: string): string {
  const name = text.slice('kms:'.length)
  const api = Object.keys(MULTI_RESOURCE_APIS).find((each) => each.toLowerCase() === name.toLowerCase())
  if (api !== undefined) {
    const checks = new Set((MULTI_RESOURCE_APIS[api] ?? []).map(({ action }) => quote(action)))
    return `${quote(text)} is an API and no permission: it needs ${[...checks].join(' and ')}; use \`"kind": "multi"\` with both checks`
  }
  const meant = didYouMean(text, actionNames(), 3)
  const hint =
    meant === undefined
      ? 'see the KMS permissions in the Service Authorization Reference'
      : `did you mean ${quote(meant)}?`
  return `unknown KMS action ${quote(text)}; ${hint}`
}

function actionNames(): readonly string[] {
  return KMS_ACTIONS.map(({ name }) => name)
}

// --------------------------------------------------------------------------------------------------------- resource

const TYPES = ['key', 'alias', 'none'] as const

const MEMBERS = [
  'type',
  'arn',
  'accountId',
  'keyManager',
  'keySpec',
  'keyUsage',
  'origin',
  'multiRegion',
  'aliases',
  'tags',
]

export function readResource(reading: Reading, node: SyntaxNode, path: SyntaxPath): ReadResource | undefined {
  const members = ObjectReader.open(reading, node, path, MEMBERS)
  if (members === undefined) return undefined
  const arn = members.text('arn')
  const type = members.choice('type', TYPES) ?? typeOf(arn)
  const manager = members.choice('keyManager', ['CUSTOMER', 'AWS'])
  const aliases = members.texts('aliases')
  const tags = members.record('tags')
  const multiRegion = members.flag('multiRegion')
  const keySpec = members.text('keySpec')
  const keyUsage = members.text('keyUsage')
  const origin = members.text('origin')
  if (arn === undefined && type !== 'none') members.missing('arn', `the ARN of the ${type}`)
  const accountId = accountOf(members, arn)
  return {
    given: type,
    awsManagedKey: manager === 'AWS',
    facts: {
      type,
      ...(arn === undefined ? {} : { arn }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(keySpec === undefined ? {} : { keySpec }),
      ...(keyUsage === undefined ? {} : { keyUsage }),
      ...(origin === undefined ? {} : { origin }),
      ...(multiRegion === undefined ? {} : { multiRegion }),
      aliases: aliases ?? [],
      tags: tags ?? {},
    },
  }
}

function typeOf(arn: string | undefined): 'key' | 'alias' | 'none' {
  if (arn === undefined) return 'none'
  return parseAliasArn(arn) === undefined ? 'key' : 'alias'
}

/** Of the ARN; what is given beside it must be the same. */
function accountOf(members: ObjectReader, arn: string | undefined): string | undefined {
  const given = members.text('accountId')
  if (given !== undefined && !isAccountId(given)) {
    members.error('accountId', `\`accountId\` is ${quote(given)}; expected 12 digits`)
    return undefined
  }
  if (arn === undefined) return given
  const parts = splitArn(arn)
  if (parts === undefined) {
    members.error('arn', `${quote(arn, 200)} is not an ARN; expected \`arn:aws:kms:region:account:key/id\``)
    return undefined
  }
  // Some services leave the account out of their ARNs.
  if (parts.account === '') return given
  if (given !== undefined && given !== parts.account) {
    members.error('accountId', `\`accountId\` is ${quote(given)}, and the ARN is of ${quote(parts.account)}`)
  }
  return parts.account
}

// ----------------------------------------------------------------------------------------------------------- together

export interface Target {
  readonly type: ResourceFacts['type']
  readonly facts: ResourceFacts
}

/** What is wrong, about the resource's ARN or about the resource as a whole. */
interface TargetFault {
  readonly member: 'arn' | undefined
  readonly message: string
}

/**
 * What the action is authorised on.
 * @param isPart - one check of a call with several: a key that the call makes has no ARN yet.
 */
export function targetOf(action: ReadAction, resource: ReadResource, isPart: boolean): Target | TargetFault {
  const { facts } = resource
  if (action.bit < 0) {
    const type = facts.arn === undefined ? 'none' : asksOfRole(action.name, facts.arn) ? 'role' : 'other'
    return { type, facts: { ...facts, type } }
  }
  const kms = KMS_ACTIONS[action.bit]!
  if (resource.given === 'none') {
    return withoutResource(kms.name, isPart && isCheckedWithoutKey(kms.name) ? [] : kms.resources, facts)
  }
  const arn = facts.arn ?? ''
  const isWellFormed = (resource.given === 'key' ? parseKeyArn(arn) : parseAliasArn(arn)) !== undefined
  if (isWellFormed) return { type: resource.given, facts }
  const form = resource.given === 'key' ? 'arn:aws:kms:region:account:key/id' : 'arn:aws:kms:region:account:alias/name'
  return {
    member: 'arn',
    message: `${quote(arn, 200)} is not the ARN of a KMS ${resource.given}; expected ${quote(form)}`,
  }
}

function withoutResource(action: string, resources: readonly string[], facts: ResourceFacts): Target | TargetFault {
  if (resources.length > 0) {
    const kinds = resources.map((kind) => (kind === 'alias' ? 'an alias' : `a ${kind}`)).join(' or ')
    return { member: undefined, message: `${quote(action)} is authorised on ${kinds}; give it as \`resource\`` }
  }
  // ListRetirableGrants is authorised on the principal that may retire.
  if (facts.arn === undefined || action === 'kms:ListRetirableGrants') return { type: 'none', facts }
  return { member: 'arn', message: `${quote(action)} has no resource; \`arn\` must be \`null\`` }
}
