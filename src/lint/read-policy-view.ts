/**
 * Makes the view of a policy that lint rules look at, from its syntax tree.
 *
 * Takes whatever stands there: an element of the wrong type has a member and no items. Nothing is judged here.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type {
  ConditionView,
  KindOrigin,
  PatternsView,
  PolicyView,
  PrincipalEntryView,
  PrincipalView,
  ResourceFacts,
  StatementView,
  SymbolicValue,
  TextValue,
} from './policy-view.js'
import { firstSymbol, withStandIns } from './symbols.js'
import type { PolicyKind, PolicySource } from '../policy/document.js'
import { PRINCIPAL_TYPES } from '../policy/element-rules.js'
import { parseOperator } from '../policy/operator.js'
import { parsePolicyNode } from '../policy/parse.js'
import { classifyPrincipal } from '../policy/principal.js'
import type { Span } from '../text/source.js'
import { scalarText, type Member, type SyntaxNode } from '../text/syntax-tree.js'

export interface PolicyViewInput {
  readonly root: SyntaxNode
  readonly where: PolicySource
  readonly kind: PolicyKind
  readonly kindOrigin: KindOrigin
  readonly symbols?: readonly SymbolicValue[]
  readonly resource?: ResourceFacts
}

export function readPolicyView({ root, where, kind, kindOrigin, symbols = [], resource }: PolicyViewInput): PolicyView {
  const reader = new ViewReader(where.source.text, kind, symbols.length > 0)
  const version = reader.text(memberOf(root, 'Version')?.value)
  const id = reader.text(memberOf(root, 'Id')?.value)
  const statement = memberOf(root, 'Statement')
  const resolved = symbols.length === 0 ? root : withStandIns(root, symbols)
  const parsed = resolved === undefined ? undefined : parsePolicyNode(resolved, where, kind, { sizes: 'report' })
  return {
    kind,
    kindOrigin,
    kindIsGuessed: kindOrigin === 'content',
    where,
    root,
    head: reader.firstLine(root),
    ...(version === undefined ? {} : { version }),
    ...(id === undefined ? {} : { id }),
    ...(statement === undefined ? {} : { statement }),
    statements: reader.statements(statement?.value),
    ...(parsed?.ok === true ? { document: parsed.value } : {}),
    refusals: parsed?.ok === false ? parsed.error : [],
    symbols,
    ...(resource === undefined ? {} : { resource }),
  }
}

function memberOf(node: SyntaxNode, key: string): Member | undefined {
  return node.kind === 'object' ? node.members.find((member) => member.key === key) : undefined
}

type List = SyntaxNode & { readonly kind: 'array' }

class ViewReader {
  constructor(
    private readonly source: string,
    private readonly kind: PolicyKind,
    private readonly hasSymbols: boolean,
  ) {}

  text(node: SyntaxNode | undefined): TextValue | undefined {
    return node?.kind === 'string' ? this.valueAt(node.value, node, undefined, 0) : undefined
  }

  statements(node: SyntaxNode | undefined): readonly StatementView[] {
    if (node === undefined) return []
    return (node.kind === 'array' ? node.items : [node]).map((item, index) => this.statement(item, index))
  }

  private statement(node: SyntaxNode, index: number): StatementView {
    const members = node.kind === 'object' ? node.members : []
    const byKey = new Map(members.map((member) => [member.key, member]))
    const sid = this.text(byKey.get('Sid')?.value)
    const effectMember = byKey.get('Effect')
    const effect = effectMember?.value.kind === 'string' ? effectMember.value.value : undefined
    const principal = this.principal(byKey.get('Principal') ?? byKey.get('NotPrincipal'))
    const action = this.patterns(byKey.get('Action') ?? byKey.get('NotAction'))
    const resource = this.patterns(byKey.get('Resource') ?? byKey.get('NotResource'))
    const conditionMember = byKey.get('Condition')
    return {
      index,
      node,
      head: this.firstLine(node),
      members,
      ...(sid === undefined ? {} : { sid }),
      ...(effect === 'Allow' || effect === 'Deny' ? { effect } : {}),
      ...(effectMember === undefined ? {} : { effectMember }),
      ...(principal === undefined ? {} : { principal }),
      ...(action === undefined ? {} : { action }),
      ...(resource === undefined ? {} : { resource }),
      ...(conditionMember === undefined ? {} : { conditionMember }),
      conditions: conditionMember === undefined ? [] : this.conditions(conditionMember.value),
    }
  }

  private patterns(member: Member | undefined): PatternsView | undefined {
    if (member === undefined) return undefined
    const { key: name } = member
    if (name !== 'Action' && name !== 'NotAction' && name !== 'Resource' && name !== 'NotResource') return undefined
    return { name, negated: name.startsWith('Not'), member, items: this.texts(member.value) }
  }

  private principal(member: Member | undefined): PrincipalView | undefined {
    if (member === undefined) return undefined
    const name = member.key === 'NotPrincipal' ? 'NotPrincipal' : 'Principal'
    return { name, negated: name === 'NotPrincipal', member, entries: this.principalEntries(member.value) }
  }

  private principalEntries(node: SyntaxNode): readonly PrincipalEntryView[] {
    const alone = this.text(node)
    if (alone !== undefined) {
      return [{ ...alone, type: '*', ...(alone.value === '*' ? { entry: { kind: 'any', value: '*' } } : {}) }]
    }
    if (node.kind !== 'object') return []
    return node.members.flatMap((typeMember) => {
      const type = typeMember.key
      const known = PRINCIPAL_TYPES.find((name) => name === type)
      return this.texts(typeMember.value).map((text): PrincipalEntryView => {
        const classified =
          known === undefined || !text.known ? undefined : classifyPrincipal(known, text.value, this.kind)
        return { ...text, type, typeMember, ...(classified?.ok === true ? { entry: classified.value } : {}) }
      })
    })
  }

  private conditions(node: SyntaxNode): readonly ConditionView[] {
    if (node.kind !== 'object') return []
    return node.members.flatMap((operator) => {
      if (operator.value.kind !== 'object') return []
      const parsed = parseOperator(operator.key)
      return operator.value.members.map((key): ConditionView => ({
        operator,
        ...(parsed.ok ? { parsed: parsed.value } : {}),
        key,
        values: this.scalars(key.value),
      }))
    })
  }

  private texts(node: SyntaxNode): readonly TextValue[] {
    if (node.kind !== 'array') return this.text(node) === undefined ? [] : [this.text(node)!]
    return node.items.flatMap((item, index) =>
      item.kind === 'string' ? [this.valueAt(item.value, item, node, index)] : [],
    )
  }

  private scalars(node: SyntaxNode): readonly TextValue[] {
    const list = node.kind === 'array' ? node : undefined
    return (list?.items ?? [node]).flatMap((item, index) => {
      const value = scalarText(item)
      return value === undefined ? [] : [this.valueAt(value, item, list, index)]
    })
  }

  private valueAt(value: string, node: SyntaxNode, list: List | undefined, index: number): TextValue {
    const known = !this.hasSymbols || firstSymbol(value) < 0
    const { start, end } = node
    return list === undefined
      ? { value, known, node, start, end, index }
      : { value, known, node, start, end, list, index }
  }

  firstLine({ start, end }: Span): Span {
    let lineEnd = start
    while (lineEnd < end && this.source[lineEnd] !== '\n' && this.source[lineEnd] !== '\r') lineEnd++
    return { start, end: lineEnd }
  }
}
