/**
 * Policies inside other JSON or YAML: outputs of the AWS CLI, files of a world, simulation documents.
 *
 * A policy is told by its shape wherever it stands, as an object, as JSON in a string or URL-encoded in one; its kind by
 * the nearest member around it whose name says so.
 *
 * Source: IAM API Reference, "GetAccountAuthorizationDetails", "GetPolicyVersion"; KMS API Reference, "GetKeyPolicy";
 * AWS Organizations API Reference, "Policy"; Amazon EC2 API Reference, "VpcEndpoint".
 */
import { placesInString, placesOfToken } from './places.js'
import type { ResourceFacts } from './policy-view.js'
import { faultsInString, type StringFault } from './string-faults.js'
import type { PolicyKind, PolicySource } from '../policy/document.js'
import { splitArn } from '../text/arn.js'
import { readJson } from '../text/json.js'
import type { Result, SourceError, SourceText, Span } from '../text/source.js'
import { toPointer, type ObjectNode, type SyntaxNode } from '../text/syntax-tree.js'

export interface NestedPolicy {
  readonly root: SyntaxNode
  readonly where: PolicySource
  readonly kind?: PolicyKind
  readonly resource?: ResourceFacts
  /** Of a policy in a string. */
  readonly token?: Span & { readonly file: SourceText; readonly encoding: 'json' | 'url' }
}

/** What a member's name says of the policies under it, by its name in lower case. */
const KIND_OF_MEMBER: ReadonlyMap<string, PolicyKind> = new Map<string, PolicyKind>([
  ['assumerolepolicydocument', 'trust'],
  ['trust', 'trust'],
  ['document', 'identity'],
  ['keypolicy', 'key'],
  ['newkeypolicy', 'key'],
  ['keys', 'key'],
  ['scps', 'scp'],
  ['scp', 'scp'],
  ['rcps', 'rcp'],
  ['rcp', 'rcp'],
  ['permissionsboundary', 'boundary'],
  ['boundary', 'boundary'],
  ['sessionpolicies', 'session'],
  ['vpcendpointpolicy', 'vpce'],
  ['vpcendpoints', 'vpce'],
  ['identitypolicies', 'identity'],
  ['policies', 'identity'],
  ['awsmanagedpolicies', 'identity'],
  ['userpolicylist', 'identity'],
  ['grouppolicylist', 'identity'],
  ['rolepolicylist', 'identity'],
  ['policyversionlist', 'identity'],
])

/** Members of the object around a policy that say what it is, asked before the names further out. */
const KIND_OF_SIBLING: ReadonlyMap<string, PolicyKind> = new Map<string, PolicyKind>([
  ['VpcEndpointId', 'vpce'],
  ['RoleName', 'identity'],
  ['UserName', 'identity'],
  ['GroupName', 'identity'],
  ['VersionId', 'identity'],
])

const KIND_OF_ORGANIZATION_POLICY: ReadonlyMap<string, PolicyKind> = new Map<string, PolicyKind>([
  ['SERVICE_CONTROL_POLICY', 'scp'],
  ['RESOURCE_CONTROL_POLICY', 'rcp'],
])

export interface NestedPolicies {
  readonly policies: readonly NestedPolicy[]
  /** Of texts in strings that look like a policy and cannot be read; places are those of the file. */
  readonly faults: readonly StringFault[]
}

interface Waiting {
  readonly node: SyntaxNode
  readonly path: readonly (string | number)[]
  readonly parent: ObjectNode | undefined
  readonly kind: PolicyKind | undefined
}

export function nestedPolicies(root: SyntaxNode, source: SourceText, format: 'json' | 'yaml'): NestedPolicies {
  const found: NestedPolicy[] = []
  const faults: StringFault[] = []
  // A node that YAML aliases share is one policy, however often it is named.
  const seen = new Set<SyntaxNode>()
  const waiting: Waiting[] = [{ node: root, path: [], parent: undefined, kind: undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, path, parent, kind } = next
    if (seen.has(node)) continue
    if (node.kind === 'array' || node.kind === 'object') seen.add(node)
    if (node.kind === 'array') {
      for (let index = node.items.length - 1; index >= 0; index--) {
        waiting.push({ node: node.items[index]!, path: [...path, index], parent, kind })
      }
    } else if (node.kind === 'object') {
      if (looksLikePolicy(node)) found.push(nested(node, { source, format, pointer: toPointer(path) }, next))
      else {
        for (const member of node.members.toReversed()) {
          const said = KIND_OF_MEMBER.get(member.key.toLowerCase()) ?? kind
          waiting.push({ node: member.value, path: [...path, member.key], parent: node, kind: said })
        }
      }
    } else if (node.kind === 'string') {
      const decoded = policyInString(node.value, source.name)
      if (decoded === undefined) continue
      const { text, encoding, read } = decoded
      if (!read.ok) {
        const places = encoding === 'url' ? placesOfToken(node) : placesInString(source.text, node, text)
        for (const fault of faultsInString(source, node, places, read.error)) faults.push(fault)
      } else if (read.value.kind === 'object' && looksLikePolicy(read.value)) {
        const token = { start: node.start, end: node.end, file: source, encoding }
        const where: PolicySource = { source: { name: source.name, text }, format: 'json', pointer: '' }
        found.push({ ...nested(read.value, where, next), token })
      }
    }
  }
  return { policies: found, faults }
}

function nested(root: SyntaxNode, where: PolicySource, waiting: Waiting): NestedPolicy {
  const { parent, path } = waiting
  const name = path.at(-1)
  const own = typeof name === 'string' ? KIND_OF_MEMBER.get(name.toLowerCase()) : undefined
  const kind = own ?? kindBySibling(parent) ?? waiting.kind
  const arn = textMember(parent, 'Arn') ?? textMember(parent, 'PolicyArn')
  const account = arn === undefined ? undefined : splitArn(arn)?.account
  const isAccount = account !== undefined && /^[0-9]{12}$/.test(account)
  const address = arn ?? textMember(parent, 'PolicyName') ?? toPointer(path)
  const resource: ResourceFacts = { type: '', address, ...(isAccount ? { account } : {}), properties: {} }
  return { root, where, ...(kind === undefined ? {} : { kind }), ...(address === '' ? {} : { resource }) }
}

function kindBySibling(parent: ObjectNode | undefined): PolicyKind | undefined {
  for (const { key, value } of parent?.members ?? []) {
    const kind = KIND_OF_SIBLING.get(key)
    if (kind !== undefined) return kind
    // What `get-key-policy` prints; other policies have other names.
    if (key === 'PolicyName' && value.kind === 'string' && value.value === 'default') return 'key'
    if (key === 'PolicySummary' && value.kind === 'object') {
      return KIND_OF_ORGANIZATION_POLICY.get(textMember(value, 'Type') ?? '')
    }
  }
  return undefined
}

function textMember(node: ObjectNode | undefined, key: string): string | undefined {
  const value = node?.members.find((member) => member.key === key)?.value
  return value?.kind === 'string' ? value.value : undefined
}

/** A `Statement` of which an entry has an `Effect`. */
function looksLikePolicy({ members }: ObjectNode): boolean {
  const statement = members.find(({ key }) => key === 'Statement')?.value
  const first = statement?.kind === 'array' ? statement.items[0] : statement
  return first?.kind === 'object' && first.members.some(({ key }) => key === 'Effect' || key === 'Action')
}

interface Decoded {
  readonly text: string
  readonly encoding: 'json' | 'url'
  readonly read: Result<SyntaxNode, readonly SourceError[]>
}

const URL_BRACE = /^\s{0,100}%7b/i

function policyInString(value: string, name: string): Decoded | undefined {
  const isUrl = URL_BRACE.test(value)
  if (!isUrl && !value.trimStart().startsWith('{')) return undefined
  // Other texts in braces are common, templates of messages among them.
  if (!value.includes('Statement') || !value.includes('Effect')) return undefined
  const text = isUrl ? decodedUrl(value) : value
  if (text === undefined) return undefined
  return { text, encoding: isUrl ? 'url' : 'json', read: readJson({ name, text }) }
}

function decodedUrl(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
