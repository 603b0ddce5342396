/**
 * The part of a policy that is known before deployment, where that part decides what the policy denies: statements with a
 * value that nobody knows yet are left out, and they may only be ones that allow. So whatever the part allows, the policy
 * allows.
 *
 * Knows nothing of what is not allowed: a statement that is left out may allow it.
 */
import type { PolicyView } from '../policy-view.js'
import { firstSymbol, symbolCharacter, withStandIns } from '../symbols.js'
import type { PolicyDocument } from '../../policy/document.js'
import { parsePolicyNode } from '../../policy/parse.js'
import { nodeToValue } from '../../text/syntax-tree.js'

export interface SettledStatements {
  readonly document: PolicyDocument
  /** Where in `document` a statement of the view stands; undefined for one that is left out. */
  readonly positionOf: (index: number) => number | undefined
}

const settledOf = new WeakMap<PolicyView, { readonly settled: SettledStatements | undefined }>()

export function settledStatements(policy: PolicyView): SettledStatements | undefined {
  const { document } = policy
  if (document !== undefined) return { document, positionOf: (index) => index }
  const known = settledOf.get(policy) ?? { settled: withoutUnknown(policy) }
  settledOf.set(policy, known)
  return known.settled
}

function withoutUnknown({ root, symbols, statements, where, kind }: PolicyView): SettledStatements | undefined {
  // Then it is AWS that would not take it.
  if (symbols.every(({ standIn }) => standIn !== undefined)) return undefined
  // What has no stand-in stays what it is, so that the statements that have it are told from the others.
  const settled = withStandIns(
    root,
    symbols.map((symbol, number) => ({ standIn: symbolCharacter(number), ...symbol })),
  )
  if (settled?.kind !== 'object') return undefined
  const list = settled.members.find(({ key }) => key === 'Statement')
  if (list?.value.kind !== 'array' || list.value.items.length !== statements.length) return undefined
  const kept: number[] = []
  for (const [index, item] of list.value.items.entries()) {
    if (firstSymbol(JSON.stringify(nodeToValue(item))) < 0) kept.push(index)
    else if (statements[index]?.effect !== 'Allow') return undefined
  }
  if (kept.length === 0 || kept.length === statements.length) return undefined
  const isKept = new Set(kept)
  const items = list.value.items.filter((_, index) => isKept.has(index))
  const members = settled.members.map((member) =>
    member === list ? { ...member, value: { ...list.value, items } } : member,
  )
  const parsed = parsePolicyNode({ ...settled, members }, where, kind, { sizes: 'report' })
  if (!parsed.ok) return undefined
  const positions = new Map(kept.map((index, position) => [index, position]))
  return { document: parsed.value, positionOf: (index) => positions.get(index) }
}
