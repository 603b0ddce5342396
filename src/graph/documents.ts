/**
 * The document behind a compiled policy, for whoever explains.
 *
 * A graph keeps rows, not documents. Those used lately are remembered; any other is read again from its source text.
 */
import { parsePolicyNode } from '../policy/parse.js'
import type { PolicyDocument } from '../policy/document.js'
import { readSyntax } from '../text/read-syntax.js'
import { nodeAt, parsePointer } from '../text/syntax-tree.js'
import { lowerParts, type LoweredStatement } from './lower.js'
import type { CompiledPolicy } from './policy.js'

export interface KnownDocument {
  readonly document: PolicyDocument
  /** The statements part by part, in order. */
  readonly parts: readonly LoweredStatement[]
}

// An explanation asks for every policy of its call, so a look-up must cost nothing. Two generations are as good as a list
// in order of use: what is asked for again moves to the young one, and the old one goes as a whole. What nobody else has
// any more goes at once: a change that was only tried leaves a whole graph behind.
const MAX_YOUNG = 2048
let young = new WeakMap<CompiledPolicy, KnownDocument>()
let old = new WeakMap<CompiledPolicy, KnownDocument>()
let youngCount = 0

export function documentOf(policy: CompiledPolicy): KnownDocument {
  const known = young.get(policy)
  if (known !== undefined) return known
  const found = old.get(policy) ?? read(policy)
  if (youngCount >= MAX_YOUNG) {
    old = young
    young = new WeakMap()
    youngCount = 0
  }
  youngCount++
  young.set(policy, found)
  return found
}

function read(policy: CompiledPolicy): KnownDocument {
  const document = readAgain(policy)
  return {
    document,
    parts: document.statements.map((statement) => lowerParts(policy.tables, document, statement)),
  }
}

function readAgain(policy: CompiledPolicy): PolicyDocument {
  const { source, format, pointer } = policy.source
  const tree = readSyntax(source, format)
  const path = parsePointer(pointer)
  const node = tree.ok && path !== undefined ? nodeAt(tree.value, path) : undefined
  // Sizes were judged when the policy was taken in.
  const parsed = node === undefined ? undefined : parsePolicyNode(node, policy.source, policy.kind, { sizes: 'report' })
  if (parsed?.ok !== true) throw new Error(`the source of a compiled policy has changed: ${source.name}${pointer}`)
  return parsed.value
}
