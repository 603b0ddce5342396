/**
 * Policies in Terraform plans: what `terraform show -json` says of a plan or a state.
 *
 * What is planned counts, from `resource_changes` where the plan has them. Instances of one resource (`count`,
 * `for_each`) whose policies say the same are one policy. A policy that is known after apply only is put together from
 * the data source it comes from, when the plan has that; otherwise it is noted.
 *
 * Source: Terraform, "JSON Output Format"; Terraform AWS provider, "aws_iam_policy_document".
 */
import type {
  EmbeddedGrant,
  EmbeddedPolicies,
  EmbeddedPolicy,
  EmbeddedResource,
  TemplateValues,
} from '../embedded-policies.js'
import type { ResourceFacts } from '../policy-view.js'
import type { TemplateNote } from '../rule.js'
import { readPolicyText, type StringFault } from '../string-faults.js'
import { splitArn } from '../../text/arn.js'
import { readJson } from '../../text/json.js'
import type { SourceText, Span } from '../../text/source.js'
import {
  memberAt,
  nodeAt,
  nodeToValue,
  type Member,
  type ObjectNode,
  type StringNode,
  type SyntaxNode,
} from '../../text/syntax-tree.js'
import { placesInString } from '../places.js'
import { canonicalText } from './canonical-text.js'
import { DeferredDocument } from './deferred-document.js'
import { escapedReferences } from './escaped-references.js'
import { grantInput } from './grant-input.js'
import { policyOfDocument } from './policy-document-data.js'
import {
  changedResources,
  configuredExpressions,
  memberOf,
  planMembers,
  referencesIn,
  stateResources,
  type PlanMembers,
  type PlannedResource,
} from './plan-resources.js'
import { moduleOf, withoutIndexes } from './terraform-references.js'
import {
  apiName,
  GRANT,
  isKeyType,
  isOfInterest,
  KEY_POLICY,
  keyProperties,
  POLICY_DOCUMENT,
  policyAttributes,
  type PolicyAttribute,
} from './terraform-types.js'
import { movedTo } from './tree-places.js'

/** Undefined for a text that is no plan. A long one needs no tree. */
export function readTerraformPlan(
  source: SourceText,
  format: 'json' | 'yaml' | 'other',
  _root: SyntaxNode | undefined,
  given: TemplateValues,
): EmbeddedPolicies | undefined {
  const members = format === 'json' ? planMembers(source.text) : undefined
  return members === undefined ? undefined : new PlanReader(source, members, given).read()
}

const isWanted = (type: string): boolean => isOfInterest(type) || type === POLICY_DOCUMENT

class PlanReader {
  private readonly text: string
  private readonly configured: ReadonlyMap<string, ObjectNode>
  private readonly isConfigured: boolean
  private readonly policies: EmbeddedPolicy[] = []
  private readonly grants: EmbeddedGrant[] = []
  private readonly resources: EmbeddedResource[] = []
  private readonly notes: TemplateNote[] = []
  private readonly faults: StringFault[] = []
  private readonly documents = new Map<string, PlannedResource>()
  /** Of policies that have been taken: their resource without its index, and what they say. */
  private readonly seen = new Set<string>()
  /** What the policies that have been taken say. */
  private readonly said = new Set<string>()
  /** Who sets the policy of a key, by the key. */
  private readonly policyOf = new Map<string, { readonly by: string; readonly place: Span }>()

  constructor(
    private readonly source: SourceText,
    private readonly members: PlanMembers,
    private readonly given: TemplateValues,
  ) {
    this.text = source.text
    const configuration = members.get('configuration')
    this.isConfigured = configuration !== undefined
    this.configured = configuredExpressions(this.text, configuration, isWanted)
  }

  read(): EmbeddedPolicies {
    const planned: PlannedResource[] = []
    for (const resource of this.planned()) {
      if (resource.type === POLICY_DOCUMENT) this.documents.set(resource.address, resource)
      else if (resource.mode !== 'data') planned.push(resource)
    }
    for (const resource of planned) this.resource(resource)
    for (const resource of planned) this.keyPolicy(resource)
    this.readEarlier()
    const { policies, grants, resources, notes, faults } = this
    return { form: 'terraformPlan', policies, grants, resources, notes, faults }
  }

  private planned(): Iterable<PlannedResource> {
    const changes = this.members.get('resource_changes')
    if (changes !== undefined) return changedResources(this.text, changes, isWanted)
    const values = this.members.get('planned_values') ?? this.members.get('values')
    return stateResources(this.text, values, isWanted)
  }

  private resource(resource: PlannedResource): void {
    const { type, values, address } = resource
    const facts = this.factsOf(resource)
    const places: Record<string, Span> = {}
    for (const { key, value } of values.members) {
      const name = isKeyType(type) ? (apiName(key) ?? key) : key
      if (value.kind !== 'null') places[name] = { start: value.start, end: value.end }
    }
    this.resources.push({ ...facts, span: resource.place, places, whole: resource.whole })
    if (type === GRANT) {
      const references = referencesIn(this.expression(resource, ['key_id']))
      const key = references[0] === undefined ? undefined : keyAddress(moduleOf(resource.address) + references[0])
      this.grants.push({
        root: grantInput(values, (name) => this.isUnknown(resource, name)),
        ...(key === undefined ? {} : { key: { type: 'aws_kms_key', address: key, properties: {} } }),
      })
      return
    }
    for (const attribute of policyAttributes(type, textAt(values, 'type'))) {
      for (const path of pathsOf(resource, attribute)) this.policy(resource, facts, path, attribute)
    }
    const isUnknownBlock = type === 'aws_iam_role' && this.isUnknown(resource, 'inline_policy')
    // Without a block the provider computes the list, which says nothing.
    if (isUnknownBlock && this.expression(resource, ['inline_policy', 0]) !== undefined) {
      this.unresolved(resource.place, address, 'inline_policy, known after apply')
    }
  }

  private factsOf({ type, address, values }: PlannedResource): ResourceFacts {
    const arn = textAt(values, 'arn')
    const parts = arn === undefined ? undefined : splitArn(arn)
    const account = parts?.account === undefined || parts.account === '' ? this.given.account : parts.account
    const region = parts?.region === undefined || parts.region === '' ? this.given.region : parts.region
    const attributes = values.members.map(({ key, value }): readonly [string, unknown] => [key, nodeToValue(value)])
    return {
      type,
      address,
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      properties: isKeyType(type) ? keyProperties(type, attributes) : {},
    }
  }

  // -------------------------------------------------------------------------------------------------------- policies

  private policy(
    resource: PlannedResource,
    facts: ResourceFacts,
    path: readonly (string | number)[],
    { kind }: PolicyAttribute,
  ): void {
    const value = nodeAt(resource.values, path)
    // A key without a policy of its own has the default one, or that of another resource.
    if (this.isConfigured && isKeyType(facts.type) && this.expression(resource, path) === undefined) return
    if (value?.kind === 'string' && value.value.trim() !== '') {
      this.written(value, facts, kind, `${withoutIndexes(facts.address)} ${path.join('.')}`)
      return
    }
    const unknown = resource.unknown === undefined ? undefined : memberAt(resource.unknown, path)
    if (unknown?.value.kind !== 'boolean' || !unknown.value.value) return
    this.deferred(resource, facts, path, kind, { start: unknown.keyStart, end: unknown.keyEnd })
  }

  private written(value: StringNode, facts: ResourceFacts, kind: EmbeddedPolicy['kind'], owner: string): void {
    const { start, end } = value
    const text: SourceText = { name: this.source.name, text: value.value }
    const tree = readPolicyText(this.source, value, text)
    if (!tree.ok) {
      // Instances of one resource share a text.
      const mistake = `${owner} ${value.value}`
      if (!this.seen.has(mistake)) this.faults.push(...tree.error)
      this.seen.add(mistake)
      return
    }
    const saying = canonicalText(tree.value)
    const properties = isKeyType(facts.type) ? JSON.stringify(facts.properties) : ''
    const key = `${owner} ${properties} ${saying}`
    if (this.seen.has(key)) return
    this.seen.add(key)
    this.said.add(saying)
    for (const reference of escapedReferences(text.text)) {
      const span = placesInString(this.text, { start, end }, text.text).span(reference)
      this.notes.push({ kind: 'substitutionMissing', span, address: facts.address, detail: reference.text })
    }
    this.policies.push({
      root: tree.value,
      where: { source: text, format: 'json', pointer: '' },
      ...(kind === undefined ? {} : { kind }),
      symbols: [],
      resource: facts,
      inToken: { start, end, written: 'string' },
    })
  }

  /** A policy that is known after apply: from the one data source it comes from, with what that knows already. */
  private deferred(
    resource: PlannedResource,
    facts: ResourceFacts,
    path: readonly (string | number)[],
    kind: EmbeddedPolicy['kind'],
    place: Span,
  ): void {
    const references = referencesIn(this.expression(resource, path))
    const document = this.documentOf(resource, references)
    const built = document === undefined ? undefined : this.built(document)
    if (document === undefined || built === undefined) {
      const detail = references.length === 0 ? '' : `, from ${references.slice(0, 5).join(', ')}`
      this.unresolved(place, facts.address, `${path.join('.')}, known after apply${detail}`)
      return
    }
    const key = `${withoutIndexes(facts.address)} ${path.join('.')} ${built.saying}`
    if (this.seen.has(key)) return
    this.seen.add(key)
    for (const note of built.notes) this.notes.push({ ...note, address: facts.address })
    const { start, end } = document.values
    const source: SourceText = { name: this.source.name, text: this.text.slice(start, end) }
    this.policies.push({
      root: movedTo(built.root, start),
      where: { source, format: 'json', pointer: '' },
      ...(kind === undefined ? {} : { kind }),
      symbols: built.symbols,
      resource: facts,
      inToken: { start, end, written: 'part' },
    })
  }

  private documentOf(resource: PlannedResource, references: readonly string[]): PlannedResource | undefined {
    const named = references.filter((reference) => reference.startsWith(`data.${POLICY_DOCUMENT}.`))
    const [only] = new Set(named.map((reference) => withoutIndexes(reference).split('.').slice(0, 3).join('.')))
    if (only === undefined || references.some((reference) => isOfOther(reference, only))) return undefined
    const base = moduleOf(resource.address) + only
    const index = /\[[^\]]{0,500}\]$/.exec(resource.address)?.[0] ?? ''
    return this.documents.get(base + index) ?? this.documents.get(base) ?? this.documents.get(`${base}[0]`)
  }

  private built(
    document: PlannedResource,
  ):
    | (Pick<EmbeddedPolicy, 'symbols'> & { root: ObjectNode; saying: string; notes: readonly TemplateNote[] })
    | undefined {
    const { values, unknown, address } = document
    const expressions = this.configured.get(withoutIndexes(address))
    const merged = new DeferredDocument(expressions, address, values.start, this.given)
    const whole = merged.withUnknown(values, unknown)
    if (whole === undefined) return undefined
    const root = policyOfDocument(whole)
    return { root, saying: canonicalText(root), symbols: merged.table.symbols, notes: merged.table.notes }
  }

  /** Documents that were read already and are used by nothing that has been looked at. */
  private readEarlier(): void {
    const earlier = memberOf(this.text, this.members.get('prior_state'), 'values')
    const found = [...stateResources(this.text, earlier, (type) => type === POLICY_DOCUMENT)]
    const parts = new Set<string>()
    for (const { values } of found) {
      for (const list of ['source_policy_documents', 'override_policy_documents']) {
        const items = nodeAt(values, [list])
        if (items?.kind !== 'array') continue
        for (const item of items.items) if (item.kind === 'string') parts.add(sayingOf(item.value) ?? '')
      }
    }
    for (const resource of found) {
      const json = nodeAt(resource.values, ['json'])
      if (json?.kind !== 'string') continue
      const saying = sayingOf(json.value)
      if (saying === undefined || this.said.has(saying) || parts.has(saying)) continue
      this.written(json, this.factsOf(resource), undefined, withoutIndexes(resource.address))
    }
  }

  // ------------------------------------------------------------------------------------------------------ references

  /** Where the configuration says what an attribute is; undefined where it says nothing of it. */
  private expression(resource: PlannedResource, path: readonly (string | number)[]): ObjectNode | undefined {
    const expressions = this.configured.get(withoutIndexes(resource.address))
    const node = expressions === undefined ? undefined : nodeAt(expressions, path)
    return node?.kind === 'object' ? node : undefined
  }

  private isUnknown({ unknown }: PlannedResource, name: string): boolean {
    const node = unknown === undefined ? undefined : nodeAt(unknown, [name])
    return node?.kind === 'boolean' && node.value
  }

  /** Two resources that set the policy of one key undo each other with every apply. */
  private keyPolicy(resource: PlannedResource): void {
    const { type, address, values, place } = resource
    const by = withoutIndexes(address)
    const keys: (string | undefined)[] = []
    if (isKeyType(type)) {
      if (this.expression(resource, ['policy']) === undefined) return
      keys.push(by, textAt(values, 'key_id'))
    } else if (type === KEY_POLICY) {
      const [reference] = referencesIn(this.expression(resource, ['key_id']))
      keys.push(
        reference === undefined ? undefined : keyAddress(withoutIndexes(moduleOf(resource.address)) + reference),
      )
      keys.push(textAt(values, 'key_id')?.split('/').at(-1))
    }
    for (const key of keys) {
      if (key === undefined) continue
      const other = this.policyOf.get(key)
      if (other !== undefined && other.by !== by) {
        const related = [{ message: 'it is set here, too', at: other.place }]
        const detail = `the policy of ${key} is set by ${other.by} and by ${by}`
        this.notes.push({ kind: 'policySetTwice', span: place, address, detail, related })
        return
      }
      this.policyOf.set(key, { by, place })
    }
  }

  private unresolved({ start, end }: Span, address: string, detail: string): void {
    this.notes.push({ kind: 'unresolved', span: { start, end }, address, detail })
  }
}

function pathsOf({ values }: PlannedResource, { block, attribute }: PolicyAttribute): readonly (string | number)[][] {
  if (block === undefined) return [[attribute]]
  const list = nodeAt(values, [block])
  return list?.kind === 'array' ? list.items.map((_, index) => [block, index, attribute]) : []
}

/** A reference to something else than this document, as a text put together of two has one. */
function isOfOther(reference: string, document: string): boolean {
  if (reference === document || withoutIndexes(reference).startsWith(`${document}.`)) return false
  return withoutIndexes(reference) !== document && !/^(?:each|count)\b/.test(reference)
}

/** `aws_kms_key.k` of `module.a.aws_kms_key.k[0].key_id`. */
function keyAddress(reference: string): string | undefined {
  const parts = withoutIndexes(reference).split('.')
  const at = parts.findIndex(isKeyType)
  return at < 0 || parts[at + 1] === undefined ? undefined : parts.slice(0, at + 2).join('.')
}

function sayingOf(text: string): string | undefined {
  const tree = readJson({ name: '', text })
  return tree.ok && tree.value.kind === 'object' ? canonicalText(tree.value) : undefined
}

function textAt(node: ObjectNode, key: string): string | undefined {
  const value = memberNamed(node, key)?.value
  return value?.kind === 'string' ? value.value : undefined
}

function memberNamed(node: ObjectNode, key: string): Member | undefined {
  return node.members.find((member) => member.key === key)
}
