/**
 * Policies in the configurations of Terraform, as far as they are written down: JSON in strings and heredocs,
 * `jsonencode` of objects, and `aws_iam_policy_document`.
 *
 * The files of a folder are one configuration: what the others say counts, and what is wrong in them is said when they are
 * looked at. What comes from other modules, functions or loops is not guessed; there the plan is asked for.
 *
 * Source: Terraform language, "Syntax"; Terraform AWS provider, "aws_iam_policy_document".
 */
import type {
  EmbeddedGrant,
  EmbeddedPolicies,
  EmbeddedPolicy,
  EmbeddedResource,
  InToken,
  TemplateValues,
} from '../embedded-policies.js'
import type { ResourceFacts } from '../policy-view.js'
import type { TemplateNote } from '../rule.js'
import { readPolicyText, type StringFault } from '../string-faults.js'
import { firstSymbol } from '../symbols.js'
import type { PolicyKind } from '../../policy/document.js'
import type { SourceText, Span } from '../../text/source.js'
import { nodeAt, type ObjectNode, type SyntaxNode } from '../../text/syntax-tree.js'
import { DocumentBlocks, documentName } from './document-blocks.js'
import { escapedReferences } from './escaped-references.js'
import { grantInput } from './grant-input.js'
import type { HclAttribute, HclBlock, HclExpression, HclTemplate } from './hcl.js'
import { isPlainText } from './hcl-text.js'
import { HclValues, partExpression, plainScalar, type TerraformNames } from './hcl-values.js'
import { isTerraformJson } from './terraform-json.js'
import { readModule, type TerraformModule } from './terraform-module.js'
import { SymbolTable } from './terraform-references.js'
import {
  apiName,
  GRANT,
  isKeyType,
  isOfInterest,
  KEY_POLICY,
  keyProperties,
  POLICY_DOCUMENT,
  policyAttributes,
} from './terraform-types.js'
import { movedTo, withPlaces } from './tree-places.js'

/** Undefined for a text in which there is nothing to check. */
export function readTerraformSource(
  source: SourceText,
  format: 'json' | 'yaml' | 'other',
  root: SyntaxNode | undefined,
  given: TemplateValues,
): EmbeddedPolicies | undefined {
  const { text } = source
  if (!text.includes('aws_') && !(text.includes('locals') && given.siblings !== undefined)) return undefined
  const written = format === 'json' && isTerraformJson(source.name) ? root : undefined
  if (format !== 'other' && written?.kind !== 'object') return undefined
  const module = readModule(source, written?.kind === 'object' ? written : undefined, given.siblings ?? [])
  const found = new SourceReader(source, module, given).read()
  const { resources, policies, notes, faults } = found
  return resources.length + policies.length + notes.length + faults.length === 0 ? undefined : found
}

/** How many locals may lead to each other before a policy. */
const MAX_STEPS = 16

/** What a policy belongs to while it is read. */
interface Owner {
  readonly facts: ResourceFacts
  readonly kind: PolicyKind | undefined
}

class SourceReader {
  private readonly names: TerraformNames
  private readonly resources: readonly HclBlock[]
  private readonly documents: DocumentBlocks
  private readonly policies: EmbeddedPolicy[] = []
  private readonly grants: EmbeddedGrant[] = []
  private readonly found: EmbeddedResource[] = []
  private readonly notes: TemplateNote[] = []
  private readonly faults: StringFault[] = []
  /** Policies that several resources share are checked once for each kind. */
  private readonly seen = new Set<string>()
  private readonly used = new Set<string>()
  private readonly policyOf = new Map<string, { readonly by: string; readonly place: Span }>()

  constructor(
    private readonly source: SourceText,
    private readonly module: TerraformModule,
    given: TemplateValues,
  ) {
    const { blocks, text, inOrder } = module
    const locals = blocks.filter(({ type }) => type === 'locals').flatMap(({ body }) => body.attributes)
    const variables = blocks.filter(({ type }) => type === 'variable')
    this.names = {
      text,
      locals: new Map(locals.map(({ name, value }) => [name, value])),
      variables: new Map(variables.map((block) => [block.labels[0] ?? '', block])),
      given,
    }
    this.resources = inOrder.filter(({ type, labels }) => type === 'resource' && isOfInterest(labels[0] ?? ''))
    const data = blocks.filter(({ type, labels }) => type === 'data' && labels[0] === POLICY_DOCUMENT)
    this.documents = new DocumentBlocks(data)
  }

  read(): EmbeddedPolicies {
    for (const block of this.resources) this.resource(block)
    for (const block of this.resources) this.keyPolicy(block)
    // What else they are for is not said here.
    for (const [name, block] of this.documents.byName) {
      if (this.used.has(name) || this.documents.isPart(name)) continue
      const address = `data.${POLICY_DOCUMENT}.${name}`
      this.document(block, { facts: { type: POLICY_DOCUMENT, address, properties: {} }, kind: undefined }, block.head)
    }
    const { policies, grants, notes, faults } = this
    const resources = this.found.filter(({ span }) => this.module.isOwn(span))
    return { form: 'terraformSource', policies, grants, resources, notes, faults }
  }

  private resource(block: HclBlock): void {
    const { labels, body, head } = block
    const [type = '', name = ''] = labels
    const address = `${type}.${name}`
    const plain: (readonly [string, unknown])[] = []
    const places: Record<string, Span> = {}
    for (const { name: attribute, value } of body.attributes) {
      const known = isKeyType(type) ? this.plain(value, address) : undefined
      if (known !== undefined) plain.push([attribute, known])
      if (value.kind === 'literal' && value.text === 'null') continue
      places[isKeyType(type) ? (apiName(attribute) ?? attribute) : attribute] = { start: value.start, end: value.end }
    }
    const { account, region } = this.names.given
    const facts: ResourceFacts = {
      type,
      address,
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      properties: keyProperties(type, plain),
    }
    const whole = { start: block.start, end: block.end }
    this.found.push({ ...facts, span: head, places, whole })
    if (type === GRANT) this.grant(block, address)
    const policyType = body.attributes.find((attribute) => attribute.name === 'type')
    const said = policyType === undefined ? undefined : this.plain(policyType.value, address)
    if (policyType !== undefined && said === undefined && type === 'aws_organizations_policy') return
    for (const { block: inner, attribute, kind } of policyAttributes(type, said?.toString())) {
      const bodies = inner === undefined ? [body] : body.blocks.filter(({ type: own }) => own === inner)
      for (const { attributes } of bodies.map((each) => ('body' in each ? each.body : each))) {
        const written = attributes.find((each) => each.name === attribute)
        if (written !== undefined) this.policy(written.value, { facts, kind }, written.value, 0)
      }
      const isDynamic = body.blocks.some((each) => each.type === 'dynamic' && each.labels[0] === inner)
      if (isDynamic) this.planWanted(head, address, `a dynamic block ${inner ?? ''}`)
    }
  }

  // -------------------------------------------------------------------------------------------------------- policies

  /** @param at - where the resource says what its policy is, for notes. */
  private policy(expression: HclExpression, owner: Owner, at: Span, steps: number): void {
    switch (expression.kind) {
      case 'template':
        return this.template(expression, owner, at, steps)
      case 'call': {
        const [only] = expression.arguments
        if (expression.name === 'jsonencode' && only?.kind === 'object') return this.encoded(only, owner)
        return this.planWanted(at, owner.facts.address, `the result of ${expression.name}()`)
      }
      case 'reference':
        return this.referred(expression.text, owner, at, steps)
      case 'literal':
        return
      case 'list':
      case 'object':
      case 'other':
        return this.planWanted(at, owner.facts.address, 'an expression')
    }
  }

  private referred(text: string, owner: Owner, at: Span, steps: number): void {
    const name = documentName(text)
    const block = name === undefined ? undefined : this.documents.byName.get(name)
    if (name !== undefined && block !== undefined) {
      this.used.add(name)
      return this.document(block, owner, at)
    }
    const local = text.startsWith('local.') ? this.names.locals.get(text.slice('local.'.length)) : undefined
    if (local !== undefined && steps < MAX_STEPS) return this.policy(local, owner, at, steps + 1)
    return this.planWanted(at, owner.facts.address, text)
  }

  private template(template: HclTemplate, owner: Owner, at: Span, steps: number): void {
    const { parts, inner } = template
    const [only, ...others] = parts.filter(({ kind, text }) => kind !== 'text' || text.trim() !== '')
    if (only?.kind === 'expression' && others.length === 0) {
      const expression = partExpression(only, this.names.text)
      if (expression.kind !== 'other' && steps < MAX_STEPS) return this.policy(expression, owner, at, steps + 1)
      return this.planWanted(at, owner.facts.address, only.text)
    }
    if (parts.some(({ kind }) => kind === 'directive')) {
      return this.planWanted(at, owner.facts.address, 'a template with directives')
    }
    const values = this.valuesFor(owner, inner.start)
    const { text, place } = values.text(template)
    if (text.trim() === '') return
    const places = { span: place, edit: () => undefined }
    const tree = readPolicyText(this.source, template, { name: this.source.name, text }, places)
    if (!tree.ok) {
      const isText = parts.every(({ kind }) => kind === 'text')
      if (isText) this.faults.push(...tree.error.filter(({ span }) => this.module.isOwn(span)))
      else this.planWanted(at, owner.facts.address, 'a template that is JSON only when it has been filled in')
      return
    }
    for (const reference of escapedReferences(parts.every(({ kind }) => kind === 'text') ? text : '')) {
      this.note('substitutionMissing', place(reference), owner.facts.address, reference.text)
    }
    const token = this.tokenOf(template, text)
    if (token !== undefined) {
      const source: SourceText = { name: this.source.name, text: token.text }
      this.add(tree.value, source, values, owner, token.inToken)
      return
    }
    this.add(withPlaces(tree.value, place), undefined, values, owner, inner)
  }

  /** How the text stands in the file, where every character of it leads back. */
  private tokenOf(
    template: HclTemplate,
    text: string,
  ): { readonly text: string; readonly inToken: InToken } | undefined {
    const { parts, inner, start, end, isHeredoc } = template
    if (isHeredoc) {
      if (!isPlainText(template) || text.includes('\r')) return undefined
      return { text, inToken: { start, end, written: 'lines', linesFrom: inner.start } }
    }
    const isString = parts.every(
      (part) =>
        part.kind === 'text' && (this.names.text[part.start] === '\\' || isPlainText({ ...template, parts: [part] })),
    )
    return isString ? { text, inToken: { start, end, written: 'string' } } : undefined
  }

  private encoded(object: HclExpression, owner: Owner): void {
    const values = this.valuesFor(owner, object.start)
    this.add(values.node(object), undefined, values, owner, object)
  }

  private document(block: HclBlock, owner: Owner, at: Span): void {
    const values = this.valuesFor(owner, block.start)
    const root = this.documents.policy(block, values)
    if (typeof root === 'string') this.planWanted(at, owner.facts.address, root)
    else this.add(root, undefined, values, owner, block)
  }

  /** @param source - a text of its own; without it, places of the tree are those of the file. */
  private add(
    tree: SyntaxNode,
    source: SourceText | undefined,
    { table }: HclValues,
    { facts, kind }: Owner,
    token: InToken | Span,
  ): void {
    const { start, end } = token
    if (!this.module.isOwn(token)) return
    const isKey = isKeyType(facts.type) || facts.type === KEY_POLICY
    const key = `${start} ${kind} ${isKey ? facts.address : ''}`
    if (this.seen.has(key)) return
    this.seen.add(key)
    for (const note of table.notes) {
      // A local of another file has no place in this one.
      this.notes.push(this.module.isOwn(note.span) ? note : { ...note, span: this.firstLine(token) })
    }
    const own = source ?? { name: this.source.name, text: this.source.text.slice(start, end) }
    this.policies.push({
      root: source === undefined ? movedTo(tree, start) : tree,
      where: { source: own, format: 'json', pointer: '' },
      ...(kind === undefined ? {} : { kind }),
      symbols: table.symbols,
      resource: facts,
      inToken: 'written' in token ? token : { start, end, written: 'part' },
    })
  }

  private valuesFor({ facts }: Owner, offset: number): HclValues {
    const { address } = facts
    return new HclValues(this.names, new SymbolTable(address, offset), ({ text, start, end }) => {
      if (!isKeyType(facts.type) || !text.startsWith(`${address}.`)) return
      this.note('selfReference', { start, end }, address, address)
    })
  }

  // ------------------------------------------------------------------------------------------------------------ else

  private grant({ body, head, end }: HclBlock, address: string): void {
    if (!this.module.isOwn(head)) return
    const values = new HclValues(this.names, new SymbolTable(address, 0))
    const whole = values.block({ type: '', labels: [], head, body, start: head.start, end })
    if (whole === undefined) return
    const isUnknown = (name: string): boolean => {
      const node = nodeAt(whole, [name])
      return node !== undefined && hasSymbol(node)
    }
    const key = body.attributes.find(({ name }) => name === 'key_id')
    const keyAddress = key === undefined ? undefined : addressOfKey(key)
    this.grants.push({
      root: grantInput(whole, isUnknown),
      ...(keyAddress === undefined ? {} : { key: this.factsAt(keyAddress) }),
    })
  }

  private factsAt(address: string): ResourceFacts {
    return this.found.find((each) => each.address === address) ?? { type: 'aws_kms_key', address, properties: {} }
  }

  /** Two resources that set the policy of one key undo each other with every apply. */
  private keyPolicy({ labels, body, head }: HclBlock): void {
    const [type = '', name = ''] = labels
    const by = `${type}.${name}`
    const written = body.attributes.find((each) => each.name === (type === KEY_POLICY ? 'key_id' : 'policy'))
    const key = isKeyType(type) ? by : type === KEY_POLICY && written !== undefined ? addressOfKey(written) : undefined
    if (written === undefined || key === undefined) return
    const other = this.policyOf.get(key)
    if (other === undefined) {
      this.policyOf.set(key, { by, place: head })
      return
    }
    const detail = `the policy of ${key} is set by ${other.by} and by ${by}`
    const related = this.module.isOwn(other.place) ? [{ message: 'it is set here, too', at: other.place }] : []
    if (this.module.isOwn(head)) this.notes.push({ kind: 'policySetTwice', span: head, address: by, detail, related })
  }

  private plain(expression: HclExpression, address: string): string | number | boolean | undefined {
    if (expression.kind === 'list' || expression.kind === 'object') return undefined
    return plainScalar(new HclValues(this.names, new SymbolTable(address, 0)).node(expression))
  }

  private planWanted(at: Span, address: string, detail: string): void {
    this.note('planWanted', at, address, detail)
  }

  private note(kind: TemplateNote['kind'], { start, end }: Span, address: string, detail: string): void {
    if (this.module.isOwn({ start, end })) this.notes.push({ kind, span: { start, end }, address, detail })
  }

  private firstLine({ start, end }: Span): Span {
    const line = this.source.text.indexOf('\n', start)
    return { start, end: line < 0 ? end : Math.min(line, end) }
  }
}

/** `aws_kms_key.main` of a reference to an attribute of it. */
function addressOfKey({ value }: HclAttribute): string | undefined {
  const text = value.kind === 'reference' ? value.text : undefined
  const [type = '', name] = (text ?? '').split(/[.[]/)
  return isKeyType(type) && name !== undefined ? `${type}.${name}` : undefined
}

function hasSymbol(node: SyntaxNode): boolean {
  if (node.kind === 'array') return node.items.some(hasSymbol)
  if (node.kind === 'object') return (node satisfies ObjectNode).members.some(({ value }) => hasSymbol(value))
  return node.kind === 'string' && firstSymbol(node.value) >= 0
}
