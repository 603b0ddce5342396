/**
 * A policy document that Terraform reads during apply: what its plan says of it, with a symbol for every value that is
 * not known yet.
 *
 * Source: Terraform, "JSON Output Format" (`after`, `after_unknown`, expressions of the configuration).
 */
import type { TemplateValues } from '../embedded-policies.js'
import {
  memberAt,
  nodeAt,
  type Member,
  type ObjectNode,
  type SyntaxNode,
  type SyntaxPath,
} from '../../text/syntax-tree.js'
import { referencesIn } from './plan-resources.js'
import { givenReference, standInOfReference, SymbolTable } from './terraform-references.js'

/** What other documents add, which the plan does not say. */
const PARTS = ['source_policy_documents', 'override_policy_documents', 'source_json', 'override_json'] as const

export class DeferredDocument {
  readonly table: SymbolTable

  /** @param expressions - of the data source in the configuration, which names what is not known. */
  constructor(
    private readonly expressions: ObjectNode | undefined,
    address: string,
    offset: number,
    private readonly given: TemplateValues,
  ) {
    this.table = new SymbolTable(address, offset)
  }

  /** Undefined where a statement may be missing. */
  withUnknown(values: ObjectNode, unknown: ObjectNode | undefined): ObjectNode | undefined {
    for (const part of PARTS) {
      if (unknown !== undefined && isTrue(nodeAt(unknown, [part]))) return undefined
      const node = nodeAt(values, [part])
      if (node !== undefined && node.kind !== 'null' && !(node.kind === 'array' && node.items.length === 0)) {
        return undefined
      }
    }
    const statements = unknown === undefined ? undefined : nodeAt(unknown, ['statement'])
    if (isTrue(statements) || (statements?.kind === 'array' && statements.items.some(isTrue))) return undefined
    const merged = this.merged(values, unknown, [])
    return merged.kind === 'object' ? merged : undefined
  }

  private merged(value: SyntaxNode, unknown: SyntaxNode | undefined, path: SyntaxPath): SyntaxNode {
    if (isTrue(unknown)) return this.symbol(value, path)
    if (value.kind === 'array') {
      const marks = unknown?.kind === 'array' ? unknown.items : []
      const items = value.items.map((item, index) => this.merged(item, marks[index], [...path, index]))
      return { ...value, items }
    }
    if (value.kind !== 'object') return value
    const members = value.members.map((member): Member => {
      const mark = unknown === undefined ? undefined : nodeAt(unknown, [member.key])
      return { ...member, value: this.merged(member.value, mark, [...path, member.key]) }
    })
    // A value that is not known at all is not among the others.
    const added = unknown?.kind === 'object' ? unknown.members : []
    for (const { key, value: mark } of added) {
      if (!isTrue(mark) || COMPUTED.has(key) || memberAt(value, [key]) !== undefined) continue
      const node = this.symbol({ kind: 'null', start: value.start, end: value.start }, [...path, key])
      members.push({ key, keyStart: value.start, keyEnd: value.start, value: node })
    }
    return { ...value, members }
  }

  private symbol(at: SyntaxNode, path: SyntaxPath): SyntaxNode {
    const { start, end } = at
    const expression = this.referenceAt(path)
    const known = expression === undefined ? undefined : givenReference(expression, this.given)
    if (known !== undefined) return { kind: 'string', value: known, start, end }
    const standIn = expression === undefined ? undefined : standInOfReference(expression)
    const written = expression === undefined ? '(known after apply)' : `\${${expression}}`
    return { kind: 'string', value: this.table.character(written, { start, end }, standIn), start, end }
  }

  /** What the configuration names at this place, where that is one thing. */
  private referenceAt(path: SyntaxPath): string | undefined {
    if (this.expressions === undefined) return undefined
    const own = nodeAt(this.expressions, path)
    const last = path.at(-1)
    const isItem = typeof last === 'number'
    const node = own ?? (isItem ? nodeAt(this.expressions, path.slice(0, -1)) : undefined)
    const references = node?.kind === 'object' ? referencesIn(node) : []
    const [only] = references
    return references.length === 1 ? only : undefined
  }
}

const COMPUTED: ReadonlySet<string> = new Set(['id', 'json', 'minified_json'])

function isTrue(node: SyntaxNode | undefined): boolean {
  return node?.kind === 'boolean' && node.value
}
