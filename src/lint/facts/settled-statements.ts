/**
 * The part of a policy that is known before deployment, where that part decides what the policy denies: statements with a
 * value that nobody knows yet are left out, and they may only be ones that allow; of a list of principals, actions or
 * resources of these only the entries that nobody knows are. So whatever the part allows, the policy allows.
 *
 * Knows nothing of what is not allowed: what is left out may allow it.
 */
import type { PolicyView, TextValue } from '../policy-view.js'
import { firstSymbol, symbolCharacter, withStandIns } from '../symbols.js'
import type { PolicyDocument } from '../../policy/document.js'
import { parsePolicyNode } from '../../policy/parse.js'
import { nodeToValue, type Member, type SyntaxNode } from '../../text/syntax-tree.js'

export interface SettledStatements {
  readonly document: PolicyDocument
  /** Where in `document` a statement of the view stands; undefined for one that is left out. */
  readonly positionOf: (index: number) => number | undefined
  /** Of entries of the view, those that a statement of `document` has as well, in the same order. */
  readonly entriesOf: <T extends TextValue>(entries: readonly T[]) => readonly T[]
}

const settledOf = new WeakMap<PolicyView, { readonly settled: SettledStatements | undefined }>()

export function settledStatements(policy: PolicyView): SettledStatements | undefined {
  const { document } = policy
  if (document !== undefined) return { document, positionOf: (index) => index, entriesOf: (entries) => entries }
  const known = settledOf.get(policy) ?? { settled: withoutUnknown(policy) }
  settledOf.set(policy, known)
  return known.settled
}

function withoutUnknown({ root, symbols, statements, where, kind }: PolicyView): SettledStatements | undefined {
  // Then it is AWS that would not take it.
  if (symbols.every(({ standIn }) => standIn !== undefined)) return undefined
  // What has no stand-in stays what it is, so that the statements that have it are told from the others.
  const known = symbols.map((symbol, number) => ({ standIn: symbolCharacter(number), ...symbol }))
  const settled = withStandIns(root, known)
  if (settled?.kind !== 'object') return undefined
  const list = settled.members.find(({ key }) => key === 'Statement')
  if (list?.value.kind !== 'array' || list.value.items.length !== statements.length) return undefined
  const kept = new Map<number, SyntaxNode>()
  for (const [index, item] of list.value.items.entries()) {
    const isAllow = statements[index]?.effect === 'Allow'
    const part = knownPart(item, isAllow)
    if (part !== undefined) kept.set(index, part)
    else if (!isAllow) return undefined
  }
  if (kept.size === 0 || list.value.items.every((item, index) => item === kept.get(index))) return undefined
  const items = [...kept.values()]
  const members = settled.members.map((member) =>
    member === list ? { ...member, value: { ...list.value, items } } : member,
  )
  const parsed = parsePolicyNode({ ...settled, members }, where, kind, { sizes: 'report' })
  if (!parsed.ok) return undefined
  const positions = new Map([...kept.keys()].map((index, position) => [index, position]))
  return {
    document: parsed.value,
    positionOf: (index) => positions.get(index),
    entriesOf: (entries) =>
      entries.filter(({ node }) => {
        const entry = withStandIns(node, known)
        return entry !== undefined && isKnown(entry)
      }),
  }
}

/** Members that allow less without an entry of their lists. */
const LISTS: readonly string[] = ['Principal', 'Action', 'Resource']

/** A statement without what is not known and can be left out of it: its name and, where it allows, entries of lists. */
function knownPart(statement: SyntaxNode, isAllow: boolean): SyntaxNode | undefined {
  if (isKnown(statement) || statement.kind !== 'object') return isKnown(statement) ? statement : undefined
  const members: Member[] = []
  for (const member of statement.members) {
    if (isKnown(member.value)) members.push(member)
    else if (isAllow && LISTS.includes(member.key)) {
      const value = withoutEntries(member.value)
      if (value === undefined) return undefined
      members.push({ ...member, value })
    } else if (member.key !== 'Sid') return undefined
  }
  const part = { ...statement, members }
  return isKnown(part) ? part : undefined
}

/** A list, or lists under the kinds of their principals; undefined where nothing of it is known. */
function withoutEntries(value: SyntaxNode): SyntaxNode | undefined {
  if (value.kind === 'array') {
    const items = value.items.filter(isKnown)
    return items.length === 0 ? undefined : { ...value, items }
  }
  if (value.kind !== 'object') return undefined
  const members = value.members.flatMap((member) => {
    const part = isKnown(member.value) ? member.value : withoutEntries(member.value)
    return part === undefined ? [] : [{ ...member, value: part }]
  })
  return members.length === 0 ? undefined : { ...value, members }
}

function isKnown(node: SyntaxNode): boolean {
  return firstSymbol(JSON.stringify(nodeToValue(node))) < 0
}
