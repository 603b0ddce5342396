/**
 * Policies in CloudFormation templates, SAM templates and what the CDK synthesizes.
 *
 * Source: CloudFormation User Guide, "Template anatomy", "AWS resource and property types reference"; AWS SAM Developer
 * Guide, "AWS::Serverless::Function".
 */
import type {
  EmbeddedPolicies,
  EmbeddedPolicy,
  EmbeddedResource,
  InToken,
  TemplateValues,
} from '../embedded-policies.js'
import type { TemplateNote } from '../rule.js'
import { readPolicyText, type StringFault } from '../string-faults.js'
import type { PolicyKind } from '../../policy/document.js'
import type { SourceText, Span } from '../../text/source.js'
import {
  memberAt,
  nodeAt,
  nodeToValue,
  toPointer,
  type ObjectNode,
  type SyntaxNode,
  type SyntaxPath,
} from '../../text/syntax-tree.js'
import { callOf, textAt, typeOf } from './cloudformation-nodes.js'
import { resolvePolicy, type TemplateNames } from './intrinsics.js'

/** Undefined for a text that is no template. */
export function readCloudFormation(
  source: SourceText,
  format: 'json' | 'yaml' | 'other',
  root: SyntaxNode | undefined,
  given: TemplateValues,
): EmbeddedPolicies | undefined {
  if (format === 'other' || root?.kind !== 'object') return undefined
  const resources = objectAt(root, 'Resources')
  if (resources === undefined || !isTemplate(root, resources)) return undefined
  const reader = new TemplateReader(source, format, root, resources, given)
  return reader.read()
}

const TYPE = /^(?:AWS|Alexa|Custom|[A-Za-z0-9]{3,64})::[A-Za-z0-9:@_-]+$/

/** Every template has resources with types; the version is often left out. */
function isTemplate(root: ObjectNode, resources: ObjectNode): boolean {
  if (memberAt(root, ['AWSTemplateFormatVersion']) !== undefined) return true
  const [first] = resources.members
  return first?.value.kind === 'object' && TYPE.test(typeOf(first.value))
}

/** Where a resource type keeps a policy. */
interface PolicyProperty {
  readonly path: SyntaxPath
  readonly kind: PolicyKind
}

const IDENTITY_DOCUMENT: readonly PolicyProperty[] = [{ path: ['PolicyDocument'], kind: 'identity' }]
const KEY_POLICY: readonly PolicyProperty[] = [{ path: ['KeyPolicy'], kind: 'key' }]
const RESOURCE_DOCUMENT: readonly PolicyProperty[] = [{ path: ['PolicyDocument'], kind: 'resource' }]

const PROPERTIES: ReadonlyMap<string, readonly PolicyProperty[]> = new Map([
  ['AWS::KMS::Key', KEY_POLICY],
  ['AWS::KMS::ReplicaKey', KEY_POLICY],
  ['AWS::IAM::Policy', IDENTITY_DOCUMENT],
  ['AWS::IAM::ManagedPolicy', IDENTITY_DOCUMENT],
  ['AWS::IAM::RolePolicy', IDENTITY_DOCUMENT],
  ['AWS::IAM::UserPolicy', IDENTITY_DOCUMENT],
  ['AWS::IAM::GroupPolicy', IDENTITY_DOCUMENT],
  ['AWS::IAM::Role', [{ path: ['AssumeRolePolicyDocument'], kind: 'trust' }]],
  ['AWS::EC2::VPCEndpoint', [{ path: ['PolicyDocument'], kind: 'vpce' }]],
  ['AWS::SSO::PermissionSet', [{ path: ['InlinePolicy'], kind: 'identity' }]],
  ['AWS::Serverless::Function', [{ path: ['AssumeRolePolicyDocument'], kind: 'trust' }]],
  ['AWS::S3::BucketPolicy', RESOURCE_DOCUMENT],
  ['AWS::S3::AccessPoint', [{ path: ['Policy'], kind: 'resource' }]],
  ['AWS::SQS::QueuePolicy', RESOURCE_DOCUMENT],
  ['AWS::SQS::QueueInlinePolicy', RESOURCE_DOCUMENT],
  ['AWS::SNS::TopicPolicy', RESOURCE_DOCUMENT],
  ['AWS::SNS::TopicInlinePolicy', RESOURCE_DOCUMENT],
  ['AWS::SecretsManager::ResourcePolicy', [{ path: ['ResourcePolicy'], kind: 'resource' }]],
  ['AWS::ECR::Repository', [{ path: ['RepositoryPolicyText'], kind: 'resource' }]],
  ['AWS::EFS::FileSystem', [{ path: ['FileSystemPolicy'], kind: 'resource' }]],
  ['AWS::Backup::BackupVault', [{ path: ['AccessPolicy'], kind: 'resource' }]],
  ['AWS::Logs::ResourcePolicy', RESOURCE_DOCUMENT],
])

/** Types whose inline policies are a list of names with documents. */
const INLINE: ReadonlySet<string> = new Set(['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group'])
/** Types whose policies are a list of names, documents and SAM's own templates. */
const SAM: ReadonlySet<string> = new Set(['AWS::Serverless::Function', 'AWS::Serverless::StateMachine'])

const ORGANIZATION_KINDS: ReadonlyMap<string, PolicyKind> = new Map([
  ['SERVICE_CONTROL_POLICY', 'scp'],
  ['RESOURCE_CONTROL_POLICY', 'rcp'],
])

class TemplateReader {
  private readonly names: TemplateNames
  private readonly policies: EmbeddedPolicy[] = []
  private readonly notes: TemplateNote[] = []
  private readonly faults: StringFault[] = []

  constructor(
    private readonly source: SourceText,
    private readonly format: 'json' | 'yaml',
    private readonly root: ObjectNode,
    private readonly resources: ObjectNode,
    given: TemplateValues,
  ) {
    this.names = {
      parameters: objectsOf(root, 'Parameters'),
      resources: objectsOf(root, 'Resources'),
      mappings: objectAt(root, 'Mappings'),
      conditions: new Map((objectAt(root, 'Conditions')?.members ?? []).map(({ key, value }) => [key, value])),
      given,
    }
  }

  read(): EmbeddedPolicies {
    const resources: EmbeddedResource[] = []
    for (const { key, keyStart, keyEnd, value } of this.resources.members) {
      if (value.kind !== 'object' || key.startsWith('Fn::')) {
        if (key.startsWith('Fn::')) this.unresolved({ start: keyStart, end: keyEnd }, 'Resources', key)
        continue
      }
      const resource = this.resource(key, { start: keyStart, end: keyEnd }, value)
      resources.push(resource)
      for (const property of this.propertiesOf(value)) this.policy(key, value, resource, property)
    }
    return {
      form: 'cloudFormation',
      policies: this.policies,
      grants: [],
      resources,
      notes: this.notes,
      faults: this.faults,
    }
  }

  private unresolved({ start, end }: Span, address: string, detail: string): void {
    this.notes.push({ kind: 'unresolved', span: { start, end }, address, detail })
  }

  private resource(name: string, span: Span, node: ObjectNode): EmbeddedResource {
    const properties = objectAt(node, 'Properties')
    const metadata = memberAt(node, ['Metadata'])?.value
    const places = Object.fromEntries(
      (properties?.members ?? []).map(({ key, value: { start, end } }) => [key, { start, end }]),
    )
    const plain = (properties?.members ?? [])
      .filter(({ key, value }) => !isPolicyProperty(key) && !hasFunction(value))
      .map(({ key, value }) => [key, nodeToValue(value)])
    const { account, region } = this.names.given
    return {
      type: typeOf(node),
      address: `Resources/${name}`,
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      properties: Object.fromEntries(plain) as Record<string, unknown>,
      span,
      places,
      // What is about the resource as such stands at its name.
      whole: { start: span.start, end: node.end },
      ...(metadata === undefined ? {} : { metadata }),
    }
  }

  private propertiesOf(resource: ObjectNode): readonly PolicyProperty[] {
    const type = typeOf(resource)
    const fixed = PROPERTIES.get(type) ?? []
    const list = nodeAt(resource, ['Properties', 'Policies'])
    if (list !== undefined && (INLINE.has(type) || SAM.has(type))) {
      const name = SAM.has(type) ? 'Statement' : 'PolicyDocument'
      const holders = branches(list, ['Policies']).flatMap(({ node, path }) =>
        node.kind === 'array'
          ? node.items.flatMap((item, index) => branches(item, [...path, index]))
          : [{ node, path }],
      )
      const documents = holders.flatMap(({ node, path }): readonly PolicyProperty[] => {
        if (node.kind !== 'object' || memberAt(node, [name]) === undefined) return []
        return [{ path: SAM.has(type) ? path : [...path, name], kind: 'identity' }]
      })
      return [...fixed, ...documents]
    }
    if (type === 'AWS::Organizations::Policy') {
      const properties = objectAt(resource, 'Properties')
      const kind = properties === undefined ? undefined : ORGANIZATION_KINDS.get(textAt(properties, 'Type') ?? '')
      return kind === undefined ? [] : [{ path: ['Content'], kind }]
    }
    return fixed
  }

  private policy(name: string, resource: ObjectNode, facts: EmbeddedResource, { path, kind }: PolicyProperty): void {
    const node = nodeAt(resource, ['Properties', ...path])
    for (const branch of node === undefined ? [] : branches(node, path)) {
      this.document(name, branch, facts, kind)
    }
  }

  private document(name: string, { node: written, path }: Branch, facts: EmbeddedResource, kind: PolicyKind): void {
    const { root, symbols, notes } = resolvePolicy(written, this.names, facts.address, name, {
      source: this.source,
      format: this.format,
    })
    this.notes.push(...notes)
    const pointer = toPointer(['Resources', name, 'Properties', ...path])
    const common = { kind, symbols, resource: facts }
    if (root.kind === 'object') {
      this.policies.push({ ...common, root, where: { source: this.source, format: this.format, pointer } })
      return
    }
    if (root.kind !== 'string') return
    // A policy as JSON in a string; one that was put together has no way back to its parts.
    const text: SourceText = { name: `${this.source.name}#${pointer}`, text: root.value }
    const tree = readPolicyText(this.source, root, text)
    if (!tree.ok) {
      // What is put together may be JSON once its parts are known.
      if (root === written) this.faults.push(...tree.error)
      else this.unresolved(root, facts.address, 'a text that is JSON only when it has been put together')
      return
    }
    const inToken: InToken = { start: root.start, end: root.end, written: root === written ? 'string' : 'opaque' }
    this.policies.push({ ...common, root: tree.value, where: { source: text, format: 'json', pointer: '' }, inToken })
  }
}

interface Branch {
  readonly node: SyntaxNode
  readonly path: SyntaxPath
}

/** The values that an `Fn::If` may have, of which deployment takes one; else the value itself. Depth is bounded by the readers. */
function branches(node: SyntaxNode, path: SyntaxPath): readonly Branch[] {
  const call = node.kind === 'object' ? callOf(node) : undefined
  if (call?.name !== 'Fn::If' || call.argument.kind !== 'array') return [{ node, path }]
  return call.argument.items.slice(1, 3).flatMap((item, index) => branches(item, [...path, 'Fn::If', index + 1]))
}

const POLICY_PROPERTIES: ReadonlySet<string> = new Set([
  'KeyPolicy',
  'PolicyDocument',
  'AssumeRolePolicyDocument',
  'Policies',
  'Content',
  'InlinePolicy',
  'Policy',
  'ResourcePolicy',
  'RepositoryPolicyText',
  'FileSystemPolicy',
  'AccessPolicy',
])

function isPolicyProperty(name: string): boolean {
  return POLICY_PROPERTIES.has(name)
}

/** Depth is bounded by the reader of the text. */
function hasFunction(node: SyntaxNode): boolean {
  if (node.kind === 'array') return node.items.some(hasFunction)
  if (node.kind !== 'object') return false
  return node.members.some(({ key, value }) => key === 'Ref' || key.startsWith('Fn::') || hasFunction(value))
}

function objectAt(node: ObjectNode, key: string): ObjectNode | undefined {
  const value = memberAt(node, [key])?.value
  return value?.kind === 'object' ? value : undefined
}

function objectsOf(root: ObjectNode, key: string): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>()
  for (const member of objectAt(root, key)?.members ?? []) {
    if (member.value.kind === 'object') found.set(member.key, member.value)
  }
  return found
}
