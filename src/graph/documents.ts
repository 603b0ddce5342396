/**
 * The document behind a compiled policy, for whoever explains.
 *
 * A graph keeps rows, not documents. Those used lately are remembered; any other is read again from its source text.
 */
import { LRUCache } from 'lru-cache'
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

const recent = new LRUCache<CompiledPolicy, KnownDocument>({ max: 4096 })

export function documentOf(policy: CompiledPolicy): KnownDocument {
  const known = recent.get(policy)
  if (known !== undefined) return known
  const document = readAgain(policy)
  const read = {
    document,
    parts: document.statements.map((statement) => lowerParts(policy.tables, document, statement)),
  }
  recent.set(policy, read)
  return read
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
