/**
 * What expressions of Terraform are worth before anything is planned: literals and literal locals as they are, and a
 * symbol for whatever deployment alone can tell.
 *
 * Calls of functions are not worked out but for those that put lists and texts together.
 *
 * Source: Terraform language, "Expressions", "Local values", "Input variables".
 */
import type { TemplateValues } from '../embedded-policies.js'
import { firstSymbol } from '../symbols.js'
import type { Span } from '../../text/source.js'
import {
  nodeToValue,
  scalarText,
  type Member,
  type ObjectNode,
  type StringNode,
  type SyntaxNode,
} from '../../text/syntax-tree.js'
import {
  readHclExpression,
  type HclBlock,
  type HclBody,
  type HclCall,
  type HclEntry,
  type HclExpression,
  type HclPart,
  type HclReference,
  type HclTemplate,
} from './hcl.js'
import { templateText, type TemplateText } from './hcl-text.js'
import { givenReference, standInOfReference, type SymbolTable } from './terraform-references.js'
import { withPlaces } from './tree-places.js'

/** What references in a configuration lead to. */
export interface TerraformNames {
  readonly text: string
  readonly locals: ReadonlyMap<string, HclExpression>
  readonly variables: ReadonlyMap<string, HclBlock>
  readonly given: TemplateValues
}

const MAX_DEPTH = 64
/** How many values one policy may have, and how long its texts together may be; locals may double with each level. */
const MAX_NODES = 50_000
const MAX_UNITS = 1024 * 1024

export class HclValues {
  private nodesLeft = MAX_NODES
  private unitsLeft = MAX_UNITS

  /** @param onReference - told of every reference that is met. */
  constructor(
    private readonly names: TerraformNames,
    readonly table: SymbolTable,
    private readonly onReference: (reference: HclReference) => void = () => undefined,
  ) {}

  node(expression: HclExpression, depth = 0): SyntaxNode {
    const { start, end } = expression
    if (depth > MAX_DEPTH || --this.nodesLeft < 0) return this.unknown(expression)
    switch (expression.kind) {
      case 'template':
        return this.template(expression, depth)
      case 'literal':
        return literal(expression.text, expression)
      case 'list':
        return { kind: 'array', items: expression.items.map((item) => this.node(item, depth + 1)), start, end }
      case 'object':
        return { kind: 'object', members: this.members(expression.entries, depth), start, end }
      case 'reference':
        this.onReference(expression)
        return this.reference(expression.text, expression, depth)
      case 'call':
        return this.call(expression.name, expression.arguments, expression, depth) ?? this.unknown(expression)
      case 'other':
        return this.unknown(expression)
    }
  }

  /** A template as one text, each expression in it a known text or a symbol. */
  text(template: HclTemplate, depth = 0): TemplateText {
    return templateText(template, (part) => {
      const { start, end } = part
      const isReference = part.kind === 'expression' && REFERENCE.test(part.text)
      if (isReference) this.onReference({ kind: 'reference', text: part.text, start, end })
      const call = isReference ? undefined : this.callIn(part)
      const node = call === undefined ? this.partNode(part, isReference, depth) : this.node(call, depth + 1)
      const text = scalarText(node)
      if (text === undefined || !this.takes(text.length)) {
        return this.table.character(`\${${part.text}}`, part, undefined)
      }
      return text
    })
  }

  private partNode(part: HclPart, isReference: boolean, depth: number): SyntaxNode {
    return isReference ? this.reference(part.text, part, depth + 1) : this.symbol(shown(part.text), part, undefined)
  }

  /** A call of a function that is worked out, where the part is one. */
  private callIn(part: HclPart): HclCall | undefined {
    const { kind, text } = part
    if (kind !== 'expression' || !CALL.test(text)) return undefined
    const expression = partExpression(part, this.names.text)
    return expression.kind === 'call' && WORKED_OUT.has(expression.name) ? expression : undefined
  }

  /** Attributes of a block as members of an object, under the names they have. */
  attributes({ attributes }: HclBody, depth = 0): readonly Member[] {
    return attributes.map(({ name, place, value }) => ({
      key: name,
      keyStart: place.start,
      keyEnd: place.end,
      value: this.node(value, depth + 1),
    }))
  }

  /** A block with the blocks in it, each kind of them as a list; undefined where one is `dynamic`. */
  block({ body, head, start, end }: HclBlock, depth = 0): ObjectNode | undefined {
    const members: Member[] = [...this.attributes(body, depth)]
    const lists = new Map<string, { readonly head: Span; readonly items: SyntaxNode[] }>()
    for (const inner of body.blocks) {
      if (inner.type === 'dynamic' || depth > MAX_DEPTH) return undefined
      const node = this.block(inner, depth + 1)
      if (node === undefined) return undefined
      const list = lists.get(inner.type) ?? { head: inner.head, items: [] }
      lists.set(inner.type, list)
      list.items.push(node)
    }
    for (const [key, list] of lists) {
      const value: SyntaxNode = { kind: 'array', items: list.items, start: list.head.start, end }
      members.push({ key, keyStart: list.head.start, keyEnd: list.head.end, value })
    }
    return { kind: 'object', members, start: Math.min(start, head.start), end }
  }

  // ------------------------------------------------------------------------------------------------------ references

  private reference(text: string, at: Span, depth: number): SyntaxNode {
    const { start, end } = at
    if (depth > MAX_DEPTH || --this.nodesLeft < 0) return this.symbol(text, at, undefined)
    const given = givenReference(text, this.names.given)
    if (given !== undefined) return { kind: 'string', value: given, start, end }
    const [first = '', name = '', ...rest] = text.split('.')
    if (rest.length === 0 && first === 'local') {
      const local = this.names.locals.get(name)
      // Each level of locals is a level of depth, so that one that names itself ends.
      const node = local === undefined ? undefined : this.node(local, depth + 1)
      return node === undefined ? this.symbol(text, at, undefined) : withPlaces(node, () => ({ start, end }))
    }
    if (rest.length === 0 && first === 'var') return this.variable(name, text, at, depth)
    return this.symbol(text, at, standInOfReference(text))
  }

  /** Known by its default only as a stand-in: who plans may give another value. */
  private variable(name: string, text: string, at: Span, depth: number): SyntaxNode {
    const { start, end } = at
    const written = this.names.variables.get(name)?.body.attributes.find((attribute) => attribute.name === 'default')
    if (written?.value.kind === 'list') {
      const items = written.value.items.map((item, index): SyntaxNode => {
        return this.symbol(`${text}[${index}]`, at, this.literalText(item, depth))
      })
      if (items.length > 0) return { kind: 'array', items, start, end }
    }
    const standIn = written === undefined ? undefined : this.literalText(written.value, depth)
    return this.symbol(text, at, standIn === '' ? undefined : standIn)
  }

  private literalText(expression: HclExpression, depth: number): string | undefined {
    if (expression.kind !== 'template' && expression.kind !== 'literal') return undefined
    if (expression.kind === 'template' && expression.parts.some(({ kind }) => kind !== 'text')) return undefined
    const node = this.node(expression, depth + 1)
    return scalarText(node)
  }

  // ------------------------------------------------------------------------------------------------------- functions

  private call(
    name: string,
    given: readonly HclExpression[],
    { start, end }: Span,
    depth: number,
  ): SyntaxNode | undefined {
    if (!WORKED_OUT.has(name)) return undefined
    const values = given.map((argument) => this.node(argument, depth + 1))
    if (name === 'jsonencode') {
      const [only] = values
      if (only === undefined || !this.takes(unitsOf(only))) return undefined
      return { kind: 'string', value: JSON.stringify(nodeToValue(only)), start, end }
    }
    if (name === 'join') {
      const [separator, list] = values
      if (list?.kind === 'array' && separator?.kind === 'string') {
        const units = unitsOf(list) + separator.value.length * list.items.length
        if (!this.takes(units)) return undefined
      }
      const parts = list?.kind === 'array' ? list.items.map(scalarText) : []
      const isText = list?.kind === 'array' && parts.every((part) => part !== undefined)
      return separator?.kind === 'string' && isText
        ? { kind: 'string', value: parts.join(separator.value), start, end }
        : undefined
    }
    if (values.some(({ kind }) => kind !== 'array')) return undefined
    return { kind: 'array', items: values.flatMap((value) => (value.kind === 'array' ? value.items : [])), start, end }
  }

  /** Whether there is room for a text of this length. */
  private takes(units: number): boolean {
    if (units > this.unitsLeft) return false
    this.unitsLeft -= units
    return true
  }

  private template(template: HclTemplate, depth: number): SyntaxNode {
    const { start, end, parts } = template
    const [only] = parts
    // A template of nothing but an expression is what that is.
    if (parts.length === 1 && only?.kind === 'expression' && REFERENCE.test(only.text)) {
      this.onReference({ kind: 'reference', text: only.text, start, end })
      return this.reference(only.text, template, depth + 1)
    }
    const call = parts.length === 1 && only !== undefined ? this.callIn(only) : undefined
    if (call !== undefined) return withPlaces(this.node(call, depth + 1), () => ({ start, end }))
    return { kind: 'string', value: this.text(template, depth).text, start, end }
  }

  private members(entries: readonly HclEntry[], depth: number): readonly Member[] {
    const members = new Map<string, Member>()
    for (const { key, value } of entries) {
      const name = this.key(key, depth)
      members.set(name, { key: name, keyStart: key.start, keyEnd: key.end, value: this.node(value, depth + 1) })
    }
    return [...members.values()]
  }

  private key(key: HclEntry['key'], depth: number): string {
    if (key.kind === 'reference' || key.kind === 'literal') return key.text
    return key.kind === 'template' ? this.text(key, depth).text : scalarText(this.unknown(key))!
  }

  // --------------------------------------------------------------------------------------------------------- symbols

  private unknown({ start, end }: Span): StringNode {
    const written = this.names.text.slice(start, Math.min(end, start + MAX_WRITTEN))
    const isTemplate = written.startsWith('${')
    const expression = shown(written)
    return this.symbol(isTemplate ? expression.slice(2).replace(/\}$/, '') : expression, { start, end }, undefined)
  }

  private symbol(reference: string, { start, end }: Span, standIn: string | undefined): StringNode {
    return {
      kind: 'string',
      value: this.table.character(`\${${reference.trim()}}`, { start, end }, standIn),
      start,
      end,
    }
  }
}

/** An expression as notes and findings quote it. */
function shown(expression: string): string {
  return expression.slice(0, MAX_WRITTEN).replaceAll(/\s+/g, ' ')
}

/** The expression that a part of a template is. */
export function partExpression({ start, end, read }: HclPart, text: string): HclExpression {
  return read ?? readHclExpression(text, { start: start + 2, end: end - 1 })
}

/** Of an expression that is quoted. */
const MAX_WRITTEN = 80
/** A reference and nothing else. */
const REFERENCE = /^[a-zA-Z_][\w.*[\]"-]{0,300}$/
const WORKED_OUT: ReadonlySet<string> = new Set(['concat', 'distinct', 'join', 'jsonencode', 'tolist', 'toset'])
const CALL = /^(?:concat|distinct|join|jsonencode|tolist|toset)\b/

/** How long the texts of a value are together. */
function unitsOf(node: SyntaxNode): number {
  switch (node.kind) {
    case 'array':
      return node.items.reduce((sum, item) => sum + unitsOf(item), 2)
    case 'object':
      return node.members.reduce((sum, { key, value }) => sum + key.length + unitsOf(value), 2)
    case 'string':
      return node.value.length
    case 'number':
    case 'boolean':
    case 'null':
      return 1
  }
}

function literal(text: string, { start, end }: Span): SyntaxNode {
  switch (text) {
    case 'true':
    case 'false':
      return { kind: 'boolean', value: text === 'true', start, end }
    case 'null':
      return { kind: 'null', start, end }
    default:
      return { kind: 'number', value: Number(text), text, start, end }
  }
}

/** A value that is known and plain; undefined for a part of it that is not. */
export function plainScalar(node: SyntaxNode): string | number | boolean | undefined {
  switch (node.kind) {
    case 'string':
      return firstSymbol(node.value) < 0 ? node.value : undefined
    case 'number':
    case 'boolean':
      return node.value
    case 'null':
    case 'array':
    case 'object':
      return undefined
  }
}
