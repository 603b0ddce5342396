/**
 * The path from the root of a policy to a place in it, and one that stays the same while statements and entries move
 * about: statements by their Sid, entries of a list by the text that stands there.
 *
 * Source: RFC 6901 (JSON pointer), of which this is a looser form.
 */
import type { PolicyView } from './policy-view.js'
import { countFrom } from './spans.js'
import type { Span } from '../text/source.js'
import { toPointer, type Member, type SyntaxNode } from '../text/syntax-tree.js'

interface Step {
  readonly key: string | number
  readonly node: SyntaxNode
  readonly isKey: boolean
}

/** The JSON pointer of the innermost value or key at a place, and whether it is the key. */
export function pointerAt(root: SyntaxNode, at: Span): { readonly pointer: string; readonly isKey: boolean } {
  const steps = stepsTo(root, at)
  return { pointer: toPointer(steps.map(({ key }) => key)), isKey: steps.at(-1)?.isKey ?? false }
}

export function structuralPath(view: PolicyView | undefined, root: SyntaxNode | undefined, at: Span): string {
  const steps = root === undefined ? [] : stepsTo(root, at)
  const keys = steps.flatMap(({ key, node }, index): (string | number)[] => {
    if (typeof key === 'string') return [key]
    // The fingerprint has the text of the entry.
    if (steps[index - 1]?.key !== 'Statement') return index === steps.length - 1 ? [] : [key]
    return [sidOf(node) ?? key]
  })
  const address = view?.resource?.address ?? view?.where.pointer ?? ''
  return `${address}#${toPointer(keys)}${steps.at(-1)?.isKey === true ? '#key' : ''}`
}

function sidOf(node: SyntaxNode): string | undefined {
  const sid = node.kind === 'object' ? node.members.find(({ key }) => key === 'Sid')?.value : undefined
  return sid?.kind === 'string' && sid.value !== '' ? `Sid=${sid.value}` : undefined
}

/** Depth is bounded by the readers. */
function stepsTo(root: SyntaxNode, at: Span): readonly Step[] {
  const steps: Step[] = []
  let node: SyntaxNode | undefined = root
  while (node !== undefined) {
    const next: Step | undefined = childAt(node, at)
    if (next === undefined) break
    steps.push(next)
    if (next.isKey) break
    // What covers all of a value is about that value, not about the only part of it.
    node = next.node.start === at.start && next.node.end === at.end ? undefined : next.node
  }
  return steps
}

/** Children stand in the order of the text, but for those that YAML aliases share with another place. */
function childAt(node: SyntaxNode, at: Span): Step | undefined {
  if (node.kind === 'array') {
    const near = countFrom(node.items, ({ start }) => start, at.start) - 1
    const nearest = node.items[near]
    const isNear = nearest !== undefined && contains(nearest, at)
    const index = isNear ? near : node.items.findIndex((item) => contains(item, at))
    const item = node.items[index]
    return item === undefined ? undefined : { key: index, node: item, isKey: false }
  }
  if (node.kind !== 'object') return undefined
  const nearest = node.members[countFrom(node.members, ({ keyStart }) => keyStart, at.start) - 1]
  const near = nearest === undefined ? undefined : stepInto(nearest, at)
  if (near !== undefined) return near
  for (const member of node.members) {
    const step = stepInto(member, at)
    if (step !== undefined) return step
  }
  return undefined
}

function stepInto({ key, keyStart, keyEnd, value }: Member, at: Span): Step | undefined {
  if (contains({ start: keyStart, end: keyEnd }, at)) return { key, node: value, isKey: true }
  return contains(value, at) ? { key, node: value, isKey: false } : undefined
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}
