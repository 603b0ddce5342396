/**
 * What layers, policies, statements, callers and principals are called in sentences.
 *
 * Sentences hold the texts of policies as they are; who shows them escapes them.
 */
import type { PolicyTrace, Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import type { PrincipalElement, PrincipalEntry, Statement } from '../policy/document.js'
import { splitArn } from '../text/arn.js'
import { once } from './once.js'

/** What people call the policies of a call, where somebody knows more of them than their order. */
export interface PolicyNames {
  /** `"KeepKeys" of unit "Prod"`, to stand after the name of its layer; undefined where only its number is known. */
  policy(trace: Trace, policy: PolicyTrace): string | undefined
  /** Where the policies of a level are attached: `unit "Prod"`. */
  level(trace: Trace, layer: 'scp' | 'rcp', level: number): string | undefined
  /** ARN of the policy, where AWS would tell this caller. */
  arn(trace: Trace, policy: PolicyTrace): string | undefined
}

/** A trace whose policies have names. */
export interface NamedTrace extends Trace {
  readonly names?: PolicyNames
}

interface LayerName {
  readonly one: string
  /** As the subject of a sentence about one of them. */
  readonly the: string
  readonly many: string
}

export const LAYER_NAMES: Readonly<Record<Layer, LayerName>> = {
  scp: { one: 'service control policy', the: 'a service control policy', many: 'service control policies' },
  rcp: { one: 'resource control policy', the: 'a resource control policy', many: 'resource control policies' },
  vpce: { one: 'VPC endpoint policy', the: 'the VPC endpoint policy', many: 'VPC endpoint policies' },
  keyPolicy: { one: 'key policy', the: 'the key policy', many: 'key policies' },
  identity: { one: 'identity policy', the: 'an identity policy of the caller', many: 'identity policies' },
  boundary: {
    one: 'permissions boundary',
    the: 'the permissions boundary of the caller',
    many: 'permissions boundaries',
  },
  session: { one: 'session policy', the: 'a session policy', many: 'session policies' },
  grant: { one: 'grant', the: 'a grant', many: 'grants' },
  operation: { one: 'operation', the: 'the operation', many: 'operations' },
}

/** The name of a layer where it stands as a heading: `keyPolicy` of another service's resource is its own policy. */
export function layerTitle(trace: Trace, layer: Layer): string {
  if (layer === 'keyPolicy' && trace.kind.target === 'other') return 'resource policy'
  if (layer === 'keyPolicy' && trace.kind.target === 'role') return 'trust policy'
  switch (layer) {
    case 'scp':
    case 'rcp':
    case 'identity':
    case 'session':
    case 'grant':
      return LAYER_NAMES[layer].many
    case 'vpce':
    case 'keyPolicy':
    case 'boundary':
    case 'operation':
      return LAYER_NAMES[layer].one
  }
}

const FIRST = {
  rcp: capital(LAYER_NAMES.rcp.the),
  scp: capital(LAYER_NAMES.scp.the),
  vpce: capital(LAYER_NAMES.vpce.the),
  keyPolicy: capital(LAYER_NAMES.keyPolicy.the),
  identity: capital(LAYER_NAMES.identity.the),
  boundary: capital(LAYER_NAMES.boundary.the),
  session: capital(LAYER_NAMES.session.the),
  grant: capital(LAYER_NAMES.grant.the),
  operation: capital(LAYER_NAMES.operation.the),
} satisfies Readonly<Record<Layer, string>>

/** `The key policy`, as the subject that begins a sentence. */
export function layerSubjectFirst(trace: Trace, layer: Layer): string {
  if (layer === 'keyPolicy' && trace.kind.target === 'other') return 'The policy of the resource'
  if (layer === 'keyPolicy' && trace.kind.target === 'role') return 'The trust policy of the role'
  return FIRST[layer]
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** `statement 4 "TenantsOnly"`; people count from one. */
export const statementName = once(({ index, sid }: Statement): string => {
  return `statement ${index + 1}${sid === undefined || sid === '' ? '' : ` ${quoted(sid)}`}`
})

/** `identity policy 2, statement 1`: with what tells the policy from others of its layer. */
export function placedName(trace: Trace, policy: PolicyTrace, statement: Statement): string {
  return `${placedPolicyName(trace, policy)}, ${statementName(statement)}`
}

/** `identity policy 2`, or by its name where it is known. */
export function placedPolicyName(trace: NamedTrace, placed: PolicyTrace): string {
  const { layer, level, policy } = placed
  const known = trace.names?.policy(trace, placed)
  if (known !== undefined) return `${LAYER_NAMES[layer].one} ${known}`
  switch (layer) {
    case 'scp':
    case 'rcp':
      return `${LAYER_NAMES[layer].one} ${policy + 1} at ${levelName(trace, layer, level ?? 0)}`
    case 'identity':
    case 'session':
      return `${LAYER_NAMES[layer].one} ${policy + 1}`
    case 'vpce':
    case 'keyPolicy':
    case 'boundary':
    case 'grant':
    case 'operation':
      return layerTitle(trace, layer)
  }
}

/** Level 0 is the organization's root, in documents and so here. */
export function levelName(trace: NamedTrace, layer: 'scp' | 'rcp', level: number): string {
  const known = trace.names?.level(trace, layer, level)
  if (known !== undefined) return known
  return level === 0 ? 'level 0 (the root) of the organization' : `level ${level} of the organization`
}

const QUOTED_LENGTH = 80

/** Nothing that JSON writes in another way. */
const PLAIN = /^[\w .:/*@+=,-]*$/

/** A text of the input in double quotes, cut where it is long. */
export function quoted(text: string): string {
  if (text.length <= QUOTED_LENGTH && PLAIN.test(text)) return `"${text}"`
  const cut = text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text
  return JSON.stringify(cut)
}

const SHORTENED_LENGTH = 200

/** A name or pattern without quotes, cut where no real one is that long. */
export function shortened(text: string): string {
  return text.length > SHORTENED_LENGTH ? `${text.slice(0, SHORTENED_LENGTH)}…` : text
}

const LISTED = 4

/** `a`, `a or b`, `a, b or c`; of a long list the beginning and how many more. */
export function listed(items: readonly string[], last: 'or' | 'and'): string {
  const [first, second] = items
  if (first !== undefined && items.length === 1) return first
  if (second !== undefined && items.length === 2) return `${first} ${last} ${second}`
  const shown = items.length > LISTED + 1 ? [...items.slice(0, LISTED), `${items.length - LISTED} more`] : items
  if (shown.length <= 1) return shown[0] ?? 'nothing'
  return `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)!}`
}

export const principalNames = once(({ entries }: PrincipalElement): string =>
  listed(
    entries.map((entry) => shortened(principalName(entry))),
    'and',
  ),
)

function principalName({ kind, value }: PrincipalEntry): string {
  switch (kind) {
    case 'any':
      return 'everybody'
    case 'account':
      return `account ${value}`
    case 'service':
      return `service ${value}`
    case 'user':
    case 'role':
    case 'session':
    case 'federatedUser':
      return principalInWords(value)
    case 'uniqueId':
      return `the deleted principal ${value}`
    case 'federated':
      return `identity provider ${value}`
    case 'canonicalUser':
      return 'a canonical user'
  }
}

/** `role KeyUser of account 111122223333`; a text that is no principal ARN stays as it is. */
export function principalInWords(arn: string): string {
  const parts = splitArn(arn)
  if (parts === undefined) return arn
  const slash = parts.resource.indexOf('/')
  if (parts.resource === 'root') return `account ${parts.account}`
  if (slash < 0) return arn
  const name = parts.resource.slice(slash + 1)
  const words: Readonly<Record<string, string>> = {
    user: 'user',
    role: 'role',
    'assumed-role': 'session',
    'federated-user': 'federated user',
  }
  const word = words[parts.resource.slice(0, slash)]
  return word === undefined ? arn : `${word} ${name} of account ${parts.account}`
}
