/**
 * The data sources `aws_iam_policy_document` of a configuration, and the policies they make.
 *
 * Source: Terraform AWS provider, "aws_iam_policy_document".
 */
import { memberAt, type ObjectNode, type SyntaxNode } from '../../text/syntax-tree.js'
import type { HclBlock, HclExpression } from './hcl.js'
import type { HclValues } from './hcl-values.js'
import { policyOfDocument } from './policy-document-data.js'
import { withoutIndexes } from './terraform-references.js'
import { POLICY_DOCUMENT } from './terraform-types.js'
import { withPlaces } from './tree-places.js'

/** How many documents may take in each other. */
const MAX_STEPS = 16
/** How many of their statements one policy may have. */
const MAX_STATEMENTS = 5000

export class DocumentBlocks {
  readonly byName: ReadonlyMap<string, HclBlock>
  private readonly parts = new Set<string>()

  constructor(blocks: readonly HclBlock[]) {
    this.byName = new Map(blocks.map((block) => [block.labels[1] ?? '', block]))
    for (const { body } of blocks) {
      for (const { name, value } of body.attributes) {
        if (!SOURCES.has(name) && !OVERRIDES.has(name)) continue
        for (const text of referencesOf(value)) this.parts.add(documentName(text) ?? '')
      }
    }
  }

  /** Whether another document takes it in; it is no policy of its own then. */
  isPart(name: string): boolean {
    return this.parts.has(name)
  }

  /** The policy, or what it takes that is not written down here. */
  policy(block: HclBlock, values: HclValues): ObjectNode | string {
    return this.policyWithin(block, values, 0)
  }

  private policyWithin(block: HclBlock, values: HclValues, steps: number): ObjectNode | string {
    const { attributes } = block.body
    if (attributes.some(({ name }) => OVERRIDES.has(name))) return 'a document that overrides another'
    const earlier: SyntaxNode[] = []
    for (const { name, value } of attributes) {
      if (!SOURCES.has(name)) continue
      const texts = referencesOf(value)
      const isList = value.kind === 'list' && value.items.length === texts.length
      if (!isList && value.kind !== 'reference') return 'a document that takes in others'
      for (const text of texts) {
        const source = this.byName.get(documentName(text) ?? '')
        if (source === undefined || steps >= MAX_STEPS || source === block) return `a document that takes in ${text}`
        const taken = this.policyWithin(source, values, steps + 1)
        if (typeof taken === 'string') return taken
        const statements = memberAt(taken, ['Statement'])?.value
        const { start, end } = value
        const items = statements?.kind === 'array' ? statements.items : []
        for (const item of items) earlier.push(withPlaces(item, () => ({ start, end })))
        if (earlier.length > MAX_STATEMENTS) return 'a document that takes in many others'
      }
    }
    const data = values.block(block)
    if (data === undefined) return 'a document with dynamic blocks'
    const policy = policyOfDocument(data)
    if (earlier.length === 0) return policy
    const members = policy.members.map((member) =>
      member.key === 'Statement' && member.value.kind === 'array'
        ? { ...member, value: { ...member.value, items: [...earlier, ...member.value.items] } }
        : member,
    )
    return { ...policy, members }
  }
}

const SOURCES: ReadonlySet<string> = new Set(['source_policy_documents', 'source_json'])
const OVERRIDES: ReadonlySet<string> = new Set(['override_policy_documents', 'override_json'])

/** `main` of `data.aws_iam_policy_document.main.json`. */
export function documentName(reference: string): string | undefined {
  const [first, type, name, attribute, ...rest] = withoutIndexes(reference).split('.')
  const isJson = attribute === 'json' || attribute === 'minified_json'
  return first === 'data' && type === POLICY_DOCUMENT && isJson && rest.length === 0 ? name : undefined
}

function referencesOf(value: HclExpression): readonly string[] {
  const items = value.kind === 'list' ? value.items : [value]
  return items.flatMap((item) => (item.kind === 'reference' ? [item.text] : []))
}
