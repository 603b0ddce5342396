/**
 * Configurations of Terraform that are written as JSON, in the terms of the native syntax.
 *
 * Which members are blocks the text does not say; here it is told by their names, as far as policies need it.
 *
 * Source: Terraform language, "JSON Configuration Syntax".
 */
import type { Span } from '../../text/source.js'
import { scalarText, type Member, type ObjectNode, type StringNode, type SyntaxNode } from '../../text/syntax-tree.js'
import {
  readHclExpression,
  type HclAttribute,
  type HclBlock,
  type HclBody,
  type HclEntry,
  type HclExpression,
  type HclPart,
  type HclTemplate,
} from './hcl.js'
import { HclScanner } from './hcl-scan.js'

const NAME = /\.(?:tf|tofu)\.json$/i

export function isTerraformJson(name: string): boolean {
  return NAME.test(name)
}

/** As JSON or in the native syntax. */
export function isTerraformSource(name: string): boolean {
  return isTerraformJson(name) || /\.(?:tf|tofu)$/i.test(name)
}

/** How many labels a block has, by its type. */
const LABELS: ReadonlyMap<string, number> = new Map([
  ['variable', 1],
  ['resource', 2],
  ['data', 2],
])

/** @param text - what the places of the tree are places of. */
export function blocksOfJson(root: ObjectNode, text: string): readonly HclBlock[] {
  const reader = new JsonReader(text)
  return root.members.flatMap((member) => {
    const { key, value } = member
    if (key === 'locals') {
      return objectsIn(value).map((object) => reader.block(key, [], member, reader.values(object)))
    }
    const labels = LABELS.get(key)
    return labels === undefined ? [] : reader.labelled(key, member, labels, [])
  })
}

/** Blocks within blocks of the types that are looked at. */
const BLOCKS: ReadonlySet<string> = new Set([
  'statement',
  'principals',
  'not_principals',
  'condition',
  'inline_policy',
  'constraints',
])

class JsonReader {
  constructor(private readonly text: string) {}

  labelled(type: string, member: Member, labels: number, above: readonly string[]): readonly HclBlock[] {
    return objectsIn(member.value).flatMap((object) => {
      if (labels === 0) return this.block(type, above, member, this.body(object))
      return object.members.flatMap((inner) => this.labelled(type, inner, labels - 1, [...above, inner.key]))
    })
  }

  block(type: string, labels: readonly string[], { keyStart, keyEnd, value }: Member, body: HclBody): HclBlock {
    return { type, labels, head: { start: keyStart, end: keyEnd }, body, start: keyStart, end: value.end }
  }

  values({ members }: ObjectNode): HclBody {
    return {
      attributes: members.filter(({ key }) => key !== COMMENT).map((member) => this.attribute(member)),
      blocks: [],
    }
  }

  /** Depth is bounded by the reader of the text. */
  private body({ members }: ObjectNode): HclBody {
    const attributes: HclAttribute[] = []
    const blocks: HclBlock[] = []
    for (const member of members) {
      const { key, value } = member
      if (key === COMMENT) continue
      const objects = objectsIn(value)
      if (key === 'dynamic') {
        const names = objects.flatMap((object) => object.members)
        for (const inner of names) blocks.push(this.block(key, [inner.key], inner, { attributes: [], blocks: [] }))
      } else if (BLOCKS.has(key) && objects.length > 0) {
        for (const object of objects) {
          const { start, end } = object
          // Of a list of blocks each begins where its object does.
          const place = value === object ? member : { ...member, keyStart: start, keyEnd: start + 1, value: object }
          blocks.push({ ...this.block(key, [], place, this.body(object)), end })
        }
      } else attributes.push(this.attribute(member))
    }
    return { attributes, blocks }
  }

  private attribute({ key, keyStart, keyEnd, value }: Member): HclAttribute {
    return { name: key, place: { start: keyStart, end: keyEnd }, value: this.expression(value) }
  }

  private expression(node: SyntaxNode): HclExpression {
    const { start, end } = node
    switch (node.kind) {
      case 'string':
        return this.template(node)
      case 'array':
        return { kind: 'list', items: node.items.map((item) => this.expression(item)), start, end }
      case 'object':
        return { kind: 'object', entries: node.members.map((member) => this.entry(member)), start, end }
      case 'null':
        return { kind: 'literal', text: 'null', start, end }
      case 'number':
      case 'boolean':
        return { kind: 'literal', text: scalarText(node) ?? '', start, end }
    }
  }

  private entry({ key, keyStart, keyEnd, value }: Member): HclEntry {
    return { key: plainTemplate(key, { start: keyStart, end: keyEnd }), value: this.expression(value) }
  }

  /** Strings are templates, and their escapes are those of the native syntax but for a few that nobody writes. */
  private template(node: StringNode): HclExpression {
    const { value, start, end } = node
    if (!this.text.slice(start, end).includes('\\') && !/[$%]\{/.test(value)) return plainTemplate(value, node)
    const scanner = new HclScanner(this.text, start)
    const template = scanner.quotedTemplate()
    if (template?.end === end) return template
    return /[$%]\{/.test(value) ? bareTemplate(value, { start, end }) : plainTemplate(value, node)
  }
}

const COMMENT = '//'

/** A template whose characters do not stand in the file as they are: everything in it is where the string is. */
function bareTemplate(value: string, { start, end }: Span): HclTemplate {
  const place: StringPlace = { value, at: { start, end } }
  const parts = new HclScanner(value).bareParts().map((part) => placedPart(part, place, 0))
  return { kind: 'template', parts, inner: place.at, isHeredoc: false, start, end }
}

interface StringPlace {
  /** What the string means. */
  readonly value: string
  readonly at: Span
}

/** Expressions stand in each other far less deeply in any configuration. */
const MAX_DEPTH = 32

function placedPart({ kind, text, start, end }: HclPart, place: StringPlace, depth: number): HclPart {
  if (kind !== 'expression') return { kind, text, ...place.at }
  const expression: HclExpression =
    depth < MAX_DEPTH
      ? placed(readHclExpression(place.value, { start: start + 2, end: end - 1 }), place, depth + 1)
      : { kind: 'other', ...place.at }
  return { kind, text, read: expression, ...place.at }
}

/** Depth is bounded by the reader of expressions, but for that of templates. */
function placed(expression: HclExpression, place: StringPlace, depth: number): HclExpression {
  const { at } = place
  switch (expression.kind) {
    case 'template':
      return { ...expression, parts: expression.parts.map((part) => placedPart(part, place, depth)), inner: at, ...at }
    case 'list':
      return { ...expression, items: expression.items.map((item) => placed(item, place, depth)), ...at }
    case 'call':
      return { ...expression, arguments: expression.arguments.map((item) => placed(item, place, depth)), ...at }
    case 'object':
      return { ...expression, entries: expression.entries.map((entry) => placedEntry(entry, place, depth)), ...at }
    case 'literal':
    case 'reference':
    case 'other':
      return { ...expression, ...at }
  }
}

function placedEntry({ key, value }: HclEntry, place: StringPlace, depth: number): HclEntry {
  const { at } = place
  const placedKey: HclEntry['key'] =
    key.kind === 'template'
      ? { ...key, parts: key.parts.map((part) => placedPart(part, place, depth)), inner: at, ...at }
      : { ...key, ...at }
  return { key: placedKey, value: placed(value, place, depth) }
}

function plainTemplate(text: string, { start, end }: Span): HclTemplate {
  const inner = { start: start + 1, end: end - 1 }
  const parts = text === '' ? [] : [{ kind: 'text', text, ...inner } as const]
  return { kind: 'template', parts, inner, isHeredoc: false, start, end }
}

/** An object, or the objects of a list. */
function objectsIn(node: SyntaxNode): readonly ObjectNode[] {
  const items = node.kind === 'array' ? node.items : [node]
  const objects = items.filter((item) => item.kind === 'object')
  return objects.length === items.length ? objects : []
}
