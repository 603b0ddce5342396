/**
 * Intrinsic functions of CloudFormation: a value with what can be known of it worked out, and a symbol for every part
 * that deployment alone can tell.
 *
 * Parameters are known by their defaults only as stand-ins: who deploys may give others. Those that are given are plain
 * text. Conditions are worked out where they hang on nothing but what is known; else the first branch that is there is
 * taken, and that is noted.
 *
 * Source: CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference", "Conditions".
 */
import type { TemplateValues } from '../embedded-policies.js'
import type { SymbolicValue } from '../policy-view.js'
import type { TemplateNote } from '../rule.js'
import { firstSymbol, MAX_SYMBOLS, symbolCharacter } from '../symbols.js'
import {
  scalarText,
  nodeAt,
  type Member,
  type ObjectNode,
  type StringNode,
  type SyntaxNode,
} from '../../text/syntax-tree.js'
import { attributePath, callOf, placed, textAt, textNode, typeOf } from './cloudformation-nodes.js'
import { givenPseudo, givenValue } from './given-values.js'
import { anyResource, forgottenReferences, wrapInSub, type TemplateText } from './template-fixes.js'
import { PSEUDO_PARAMETERS, standInOfAttribute, standInOfRef } from './cloudformation-stand-ins.js'

/** What references in a template lead to. */
export interface TemplateNames {
  readonly parameters: ReadonlyMap<string, ObjectNode>
  readonly resources: ReadonlyMap<string, ObjectNode>
  readonly mappings: ObjectNode | undefined
  readonly conditions: ReadonlyMap<string, SyntaxNode>
  /** What whoever runs this says of the deployment. */
  readonly given: TemplateValues
}

export interface ResolvedPolicy {
  readonly root: SyntaxNode
  readonly symbols: readonly SymbolicValue[]
  readonly notes: readonly TemplateNote[]
}

const NO_VALUE = 'AWS::NoValue'
/** How a dynamic reference begins. */
const DYNAMIC = '{{resolve:'

/** How long all texts together may become; the longest policy that AWS takes has 32 Ki. */
const MAX_UNITS = 1024 * 1024

/** Deeper nesting is no template that anybody deploys. */
const MAX_DEPTH = 64

/**
 * @param address - of the resource that the policy belongs to, for notes.
 * @param owner - its logical id, so that a reference to itself is noticed.
 */
export function resolvePolicy(
  node: SyntaxNode,
  names: TemplateNames,
  address: string,
  owner: string,
  text: TemplateText,
): ResolvedPolicy {
  const resolver = new Resolver(names, address, owner, text)
  const root = resolver.node(node, 0) ?? { kind: 'null', start: node.start, end: node.end }
  return { root, symbols: resolver.symbols, notes: resolver.notes }
}

class Resolver {
  readonly symbols: SymbolicValue[] = []
  readonly notes: TemplateNote[] = []
  private readonly known = new Map<string, number>()
  private readonly conditionsKnown = new Map<string, boolean | undefined>()
  /** What may still be put together: functions inside of each other can double a text with each level. */
  private unitsLeft = MAX_UNITS
  /** The value of a `Resource`, or the entry of its list, that is being looked at. */
  private resourceValue: SyntaxNode | undefined

  constructor(
    private readonly names: TemplateNames,
    private readonly address: string,
    private readonly owner: string,
    private readonly text: TemplateText,
  ) {}

  /** Undefined for `AWS::NoValue`: the element is not there. */
  node(node: SyntaxNode, depth: number): SyntaxNode | undefined {
    if (depth > MAX_DEPTH) return this.unknown(node, 'a value nested too deeply')
    switch (node.kind) {
      case 'object': {
        const call = callOf(node)
        if (call !== undefined) return this.call(call.name, call.argument, node, depth)
        const members: Member[] = []
        for (const member of node.members) {
          const isResource = member.key === 'Resource'
          if (isResource) this.resourceValue = member.value
          const value = this.node(member.value, depth + 1)
          this.resourceValue = undefined
          if (value !== undefined) members.push({ ...member, value })
        }
        return { ...node, members }
      }
      case 'array': {
        const isResource = node === this.resourceValue
        const items = node.items.flatMap((item) => {
          if (isResource) this.resourceValue = item
          const value = this.node(item, depth + 1)
          if (value === undefined) return []
          // A list in the place of an item is what a reference to a list parameter gives.
          return value.kind === 'array' && item.kind === 'object' ? value.items : [value]
        })
        return { ...node, items }
      }
      case 'string':
        this.lookForForgottenSub(node)
        return this.withoutDynamic(node)
      case 'number':
      case 'boolean':
      case 'null':
        return node
    }
  }

  private call(name: string, argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode | undefined {
    switch (name) {
      case 'Ref': {
        if (argument.kind !== 'string') return this.unknown(whole, 'Ref')
        if (argument.value === NO_VALUE) return undefined
        return this.reference(argument.value, whole, true)
      }
      case 'Fn::GetAtt': {
        const path = attributePath(argument)
        if (path === undefined) return this.unknown(whole, 'Fn::GetAtt')
        return this.attribute(path[0], path[1], whole)
      }
      case 'Fn::Sub':
        return this.sub(argument, whole, depth)
      case 'Fn::Join':
        return this.join(argument, whole, depth)
      case 'Fn::If':
        return this.choose(argument, whole, depth)
      case 'Fn::FindInMap':
        return this.findInMap(argument, whole, depth)
      case 'Fn::Select':
        return this.select(argument, whole, depth)
      case 'Fn::Split':
        return this.split(argument, whole, depth)
      case 'Fn::ImportValue':
        return this.importValue(argument, whole, depth)
      case 'Fn::ToJsonString':
        // A policy as text is the policy; a part of one as text is not.
        return depth === 0 ? this.node(argument, depth + 1) : this.unknown(whole, name)
      default:
        return this.unknown(whole, name)
    }
  }

  // ----------------------------------------------------------------------------------------------------- references

  /** @param isAlone - whether nothing stands before or behind it, so that a name may stand where an ARN is wanted. */
  private reference(name: string, at: SyntaxNode, isAlone: boolean): SyntaxNode {
    const pseudo = PSEUDO_PARAMETERS.get(name)
    if (pseudo !== undefined) {
      const known = givenPseudo(name, this.names.given)
      return known === undefined ? this.symbol(`\${${name}}`, at, pseudo) : textNode(known, at)
    }
    const parameter = this.names.parameters.get(name)
    if (parameter !== undefined) return this.parameter(name, parameter, at)
    const resource = this.names.resources.get(name)
    this.noteSelf(name, at)
    if (resource === undefined) return this.symbol(`\${${name}}`, at, undefined)
    return this.symbol(`\${${name}}`, at, standInOfRef(name, typeOf(resource), isAlone))
  }

  private parameter(name: string, parameter: ObjectNode, at: SyntaxNode): SyntaxNode {
    const known = givenValue(name, this.names.given)
    const written = nodeAt(parameter, ['Default'])
    const type = textAt(parameter, 'Type') ?? 'String'
    // Of a parameter of the Parameter Store, the default is the name under which the value is kept.
    const isKept = type.startsWith('AWS::SSM::Parameter::Value')
    const text = known ?? (written === undefined || isKept ? undefined : scalarText(written))
    const expression = `\${${name}}`
    const isList = type.startsWith('List<') || type.includes('<List<') || type.includes('CommaDelimitedList')
    if (!isList) {
      if (known !== undefined) return textNode(known, at)
      return this.symbol(expression, at, text === undefined || text === '' ? undefined : text)
    }
    const parts = text === undefined || text === '' ? [] : text.split(',').map((part) => part.trim())
    const items = parts.map((part, index) =>
      known === undefined ? this.symbol(`${expression}[${index}]`, at, part) : textNode(part, at),
    )
    return items.length === 0
      ? this.symbol(expression, at, undefined)
      : { kind: 'array', items, start: at.start, end: at.end }
  }

  private attribute(name: string, attribute: string, at: SyntaxNode): SyntaxNode {
    this.noteSelf(name, at)
    const resource = this.names.resources.get(name)
    const standIn = resource === undefined ? undefined : standInOfAttribute(name, typeOf(resource), attribute)
    return this.symbol(`\${${name}.${attribute}}`, at, standIn)
  }

  private noteSelf(name: string, at: SyntaxNode): void {
    if (name !== this.owner) return
    const { start, end } = at
    const note = { span: { start, end }, address: this.address, detail: name }
    const fix = at === this.resourceValue ? { fix: anyResource(this.text, at) } : {}
    this.notes.push({ kind: 'selfReference', ...note, ...fix })
  }

  // ------------------------------------------------------------------------------------------------------- functions

  private sub(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const [template, given] = argument.kind === 'array' ? argument.items : [argument]
    if (template?.kind !== 'string') return this.unknown(whole, 'Fn::Sub')
    const text = template.value
    const own = new Map<string, string>()
    let out = ''
    for (let at = 0; at < text.length;) {
      const open = text.indexOf('${', at)
      const close = open < 0 ? -1 : text.indexOf('}', open)
      if (open < 0 || close < 0) {
        out += text.slice(at)
        break
      }
      out += text.slice(at, open)
      const name = text.slice(open + 2, close)
      // `${!Literal}` is written out as `${Literal}`, as variables of IAM are.
      out += name.startsWith('!') ? `\${${name.slice(1)}}` : this.substituted(name.trim(), given, whole, depth, own)
      at = close + 1
      if (out.length > this.unitsLeft) return this.unknown(whole, 'Fn::Sub')
    }
    this.unitsLeft -= out.length
    return this.withoutDynamic({ kind: 'string', value: out, start: whole.start, end: whole.end })
  }

  /** @param known - the values of the function's own that have been worked out. */
  private substituted(
    name: string,
    given: SyntaxNode | undefined,
    at: SyntaxNode,
    depth: number,
    known: Map<string, string>,
  ): string {
    const own = given === undefined ? undefined : nodeAt(given, [name])
    if (own !== undefined) {
      const text = known.get(name) ?? this.textOf(this.node(own, depth + 1), `\${${name}}`, at)
      known.set(name, text)
      return text
    }
    const dot = name.indexOf('.')
    const found =
      dot < 0 ? this.reference(name, at, false) : this.attribute(name.slice(0, dot), name.slice(dot + 1), at)
    return this.textOf(found, `\${${name}}`, at)
  }

  private join(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const [delimiter, list] = argument.kind === 'array' ? argument.items : []
    const resolved = list === undefined ? undefined : this.node(list, depth + 1)
    if (delimiter?.kind !== 'string' || resolved === undefined) return this.unknown(whole, 'Fn::Join')
    if (resolved.kind !== 'array') return this.unknown(whole, 'Fn::Join')
    const parts = resolved.items.map((item) => this.textOf(item, 'Fn::Join', whole))
    const length = parts.reduce((sum, part) => sum + part.length + delimiter.value.length, 0)
    if (length > this.unitsLeft) return this.unknown(whole, 'Fn::Join')
    this.unitsLeft -= length
    return { kind: 'string', value: parts.join(delimiter.value), start: whole.start, end: whole.end }
  }

  private choose(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode | undefined {
    const [condition, yes, no] = argument.kind === 'array' ? argument.items : []
    if (condition?.kind !== 'string' || yes === undefined || no === undefined) return this.unknown(whole, 'Fn::If')
    const known = this.namedCondition(condition.value, 0)
    if (known !== undefined) return this.node(known ? yes : no, depth + 1)
    const first = this.node(yes, depth + 1)
    const { start, end } = condition
    const taken = first === undefined ? 'second' : 'first'
    const detail = `Fn::If of ${condition.value}, of which the ${taken} value is taken`
    this.notes.push({ kind: 'unresolved', span: { start, end }, address: this.address, detail })
    return first ?? this.node(no, depth + 1)
  }

  private findInMap(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const parts = argument.kind === 'array' ? argument.items.map((item) => this.node(item, depth + 1)) : []
    const keys = parts.map((part) => (part?.kind === 'string' ? this.standingIn(part.value) : undefined))
    const [map, top, second] = keys
    const { mappings } = this.names
    if (mappings === undefined || map === undefined || top === undefined || second === undefined) {
      return this.unknown(whole, 'Fn::FindInMap')
    }
    const found = nodeAt(mappings, [map, top, second])
    if (found === undefined) return this.unknown(whole, 'Fn::FindInMap')
    const isSettled = parts.every((part) => part?.kind === 'string' && !hasSymbol(part.value))
    const text = scalarText(found)
    if (text === undefined) return isSettled ? placed(found, whole) : this.unknown(whole, 'Fn::FindInMap')
    const expression = `\${${map}.${keys.slice(1).join('.')}}`
    return isSettled ? textNode(text, whole) : this.symbol(expression, whole, text)
  }

  private select(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const [place, list] = argument.kind === 'array' ? argument.items : []
    const index = place === undefined ? undefined : scalarText(place)
    const resolved = list === undefined ? undefined : this.node(list, depth + 1)
    const item = resolved?.kind === 'array' && index !== undefined ? resolved.items[Number(index)] : undefined
    return item === undefined ? this.unknown(whole, 'Fn::Select') : placed(item, whole)
  }

  private importValue(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const name = this.node(argument, depth + 1)
    const known = name?.kind === 'string' ? givenValue(name.value, this.names.given) : undefined
    return known === undefined ? this.unknown(whole, 'Fn::ImportValue') : textNode(known, whole)
  }

  /** `{{resolve:ssm:name}}` is looked up by the deployment, wherever it stands in a text. */
  private withoutDynamic(node: StringNode): SyntaxNode {
    const text = node.value
    let out = ''
    let at = 0
    for (let open = text.indexOf(DYNAMIC); open >= 0; open = text.indexOf(DYNAMIC, at)) {
      const close = text.indexOf('}}', open)
      if (close < 0) break
      out += text.slice(at, open) + this.character(text.slice(open, close + 2), node, undefined)
      at = close + 2
    }
    return at === 0 ? node : { ...node, value: out + text.slice(at) }
  }

  private split(argument: SyntaxNode, whole: SyntaxNode, depth: number): SyntaxNode {
    const [delimiter, text] = argument.kind === 'array' ? argument.items : []
    const resolved = text === undefined ? undefined : this.node(text, depth + 1)
    if (delimiter?.kind !== 'string' || delimiter.value === '' || resolved?.kind !== 'string') {
      return this.unknown(whole, 'Fn::Split')
    }
    // A symbol may hold the delimiter itself.
    if (hasSymbol(resolved.value)) return this.unknown(whole, 'Fn::Split')
    const items = resolved.value.split(delimiter.value).map((part) => textNode(part, whole))
    return { kind: 'array', items, start: whole.start, end: whole.end }
  }

  // ------------------------------------------------------------------------------------------------------ conditions

  private namedCondition(name: string, depth: number): boolean | undefined {
    if (this.conditionsKnown.has(name)) return this.conditionsKnown.get(name)
    // One that hangs on itself is never known.
    this.conditionsKnown.set(name, undefined)
    const known = this.condition(this.names.conditions.get(name), depth)
    this.conditionsKnown.set(name, known)
    return known
  }

  private condition(node: SyntaxNode | undefined, depth: number): boolean | undefined {
    const call = node?.kind === 'object' ? callOf(node) : undefined
    if (call === undefined || depth > MAX_DEPTH) return undefined
    const { name, argument } = call
    const operands = argument.kind === 'array' ? argument.items : [argument]
    const each = (): readonly (boolean | undefined)[] => operands.map((operand) => this.condition(operand, depth + 1))
    switch (name) {
      case 'Condition':
        return argument.kind === 'string' ? this.namedCondition(argument.value, depth + 1) : undefined
      case 'Fn::Equals': {
        const [left, right] = operands.map((operand) => this.literal(operand))
        return left === undefined || right === undefined ? undefined : left === right
      }
      case 'Fn::Not': {
        const [only] = each()
        return only === undefined ? undefined : !only
      }
      case 'Fn::And': {
        const all = each()
        return all.includes(false) ? false : all.includes(undefined) ? undefined : true
      }
      case 'Fn::Or': {
        const all = each()
        return all.includes(true) ? true : all.includes(undefined) ? undefined : false
      }
      default:
        return undefined
    }
  }

  /** What is known of an operand before deployment; a default is not. */
  private literal(node: SyntaxNode): string | undefined {
    if (node.kind !== 'object') return scalarText(node)
    const call = callOf(node)
    if (call?.name !== 'Ref' || call.argument.kind !== 'string') return undefined
    const { value } = call.argument
    const { given } = this.names
    return givenPseudo(value, given) ?? (this.names.parameters.has(value) ? givenValue(value, given) : undefined)
  }

  // --------------------------------------------------------------------------------------------------------- symbols

  private symbol(expression: string, at: SyntaxNode, standIn: string | undefined): SyntaxNode {
    return textNode(this.character(expression, at, standIn), at)
  }

  private character(expression: string, { start, end }: SyntaxNode, standIn: string | undefined): string {
    const key = `${start} ${expression}`
    const known = this.known.get(key)
    if (known !== undefined) return symbolCharacter(known)
    // What comes beyond stands there as it is written, and is seen to be unresolved.
    if (this.symbols.length >= MAX_SYMBOLS) return expression
    this.symbols.push({ expression, span: { start, end }, ...(standIn === undefined ? {} : { standIn }) })
    this.known.set(key, this.symbols.length - 1)
    if (standIn === undefined) {
      this.notes.push({ kind: 'unresolved', span: { start, end }, address: this.address, detail: expression })
    }
    return symbolCharacter(this.symbols.length - 1)
  }

  private unknown(at: SyntaxNode, name: string): SyntaxNode {
    return this.symbol(name, at, undefined)
  }

  /** A part of a longer text; a value of another form than text is a symbol there. */
  private textOf(node: SyntaxNode | undefined, expression: string, at: SyntaxNode): string {
    if (node === undefined) return ''
    return scalarText(node) ?? this.character(expression, at, undefined)
  }

  private standingIn(text: string): string | undefined {
    let out = ''
    for (const character of text) {
      const number = character.codePointAt(0)! - symbolCharacter(0).codePointAt(0)!
      if (number < 0 || number >= this.symbols.length) out += character
      else if (this.symbols[number]!.standIn === undefined) return undefined
      else out += this.symbols[number]!.standIn
    }
    return out
  }

  /** `${AWS::AccountId}` in a text that no Fn::Sub reads is deployed as it stands. */
  private lookForForgottenSub(node: StringNode): void {
    const { parameters, resources } = this.names
    const { names, hasOthers } = forgottenReferences(node.value, (name) => {
      const [base = ''] = name.split('.', 1)
      return PSEUDO_PARAMETERS.has(name) || parameters.has(base) || resources.has(base)
    })
    const { start, end } = node
    for (const name of names) {
      const note = { span: { start, end }, address: this.address, detail: `\${${name}}` }
      const fix = hasOthers ? {} : { fix: wrapInSub(this.text, node) }
      this.notes.push({ kind: 'substitutionMissing', ...note, ...fix })
    }
  }
}

function hasSymbol(text: string): boolean {
  return firstSymbol(text) >= 0
}
