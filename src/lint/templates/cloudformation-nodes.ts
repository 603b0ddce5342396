/**
 * The pieces of a CloudFormation template's tree: calls of functions, scalars as text, texts at the place of others.
 *
 * Source: CloudFormation User Guide, "Intrinsic function reference".
 */
import { memberAt, type ObjectNode, type SyntaxNode } from '../../text/syntax-tree.js'

const FUNCTION = /^(?:Ref|Condition|Fn::[A-Za-z0-9]+)$/

/** `{ "Fn::Sub": ... }`: an object with one member that names a function. */
export function callOf(node: ObjectNode): { readonly name: string; readonly argument: SyntaxNode } | undefined {
  const [only] = node.members
  if (only === undefined || node.members.length > 1 || !FUNCTION.test(only.key)) return undefined
  // `Condition` is an element of policies, whose value is an object.
  if (only.key === 'Condition' && only.value.kind !== 'string') return undefined
  return { name: only.key, argument: only.value }
}

export function attributePath(node: SyntaxNode): readonly [string, string] | undefined {
  if (node.kind === 'array') {
    const [name, attribute] = node.items
    return name?.kind === 'string' && attribute?.kind === 'string' ? [name.value, attribute.value] : undefined
  }
  const dot = node.kind === 'string' ? node.value.indexOf('.') : -1
  return node.kind !== 'string' || dot < 0 ? undefined : [node.value.slice(0, dot), node.value.slice(dot + 1)]
}

export function textNode(value: string, { start, end }: SyntaxNode): SyntaxNode {
  return { kind: 'string', value, start, end }
}

export function placed(node: SyntaxNode, { start, end }: SyntaxNode): SyntaxNode {
  return { ...node, start, end }
}

export function typeOf(resource: ObjectNode): string {
  return textAt(resource, 'Type') ?? ''
}

export function textAt(node: ObjectNode, key: string): string | undefined {
  const value = memberAt(node, [key])?.value
  return value?.kind === 'string' ? value.value : undefined
}
