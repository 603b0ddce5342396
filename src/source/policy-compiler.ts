/**
 * Policies of simulation documents, compiled once for each text and kind.
 *
 * A policy is read from its own text alone, so a compiled one keeps no document alive, and the place of a fault is said
 * relative to the policy.
 */
import { LRUCache } from 'lru-cache'
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import type { GraphTables } from '../graph/tables.js'
import type { PolicyKind } from '../policy/document.js'
import { parsePolicyNode } from '../policy/parse.js'
import { readJson } from '../text/json.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import { parsePointer, type SyntaxPath } from '../text/syntax-tree.js'
import type { SyntaxNode } from '../text/syntax-tree.js'
import type { Reading } from './object-reader.js'

/** In characters of policy text of one kind; what is compiled takes a few times that. */
const MAX_CACHED = 16 * 1024 * 1024

interface PolicyError {
  readonly message: string
  /** In the policy. */
  readonly path: SyntaxPath
  readonly start: number
  readonly end: number
}

export class PolicyCompiler {
  private readonly caches = new Map<PolicyKind, LRUCache<string, CompiledPolicy>>()

  constructor(private readonly tables: GraphTables) {}

  /** The policy that a node of a document is; undefined when it would be refused, which has been reported then. */
  read(reading: Reading, node: SyntaxNode, path: SyntaxPath, kind: PolicyKind): CompiledPolicy | undefined {
    const compiled = this.compile(kind, reading.text.slice(node.start, node.end))
    if (compiled.ok) return compiled.value
    for (const { message, path: inside, start, end } of compiled.error) {
      reading.error(message, [...path, ...inside], { start: node.start + start, end: node.start + end })
    }
    return undefined
  }

  private compile(kind: PolicyKind, text: string): Result<CompiledPolicy, readonly PolicyError[]> {
    const cache = this.cacheOf(kind)
    const known = cache.get(text)
    if (known !== undefined) return { ok: true, value: known }
    // Inside a list, because white space around the parts of a document is none of the policy's own.
    const source: SourceText = { name: '<policy>', text: `[${text}]` }
    const tree = readJson(source)
    if (!tree.ok) return { ok: false, error: tree.error.map(placed) }
    const node = tree.value.kind === 'array' ? tree.value.items[0] : undefined
    if (node === undefined) throw new Error('a list of one policy has no policy in it')
    const parsed = parsePolicyNode(node, { source, format: 'json', pointer: '/0' }, kind)
    if (!parsed.ok) return { ok: false, error: parsed.error.map(placed) }
    const compiled = compilePolicy(this.tables, parsed.value)
    // A part of the new text, so that the document it came from is not kept.
    cache.set(source.text.slice(1, -1), compiled)
    return { ok: true, value: compiled }
  }

  private cacheOf(kind: PolicyKind): LRUCache<string, CompiledPolicy> {
    const known = this.caches.get(kind)
    if (known !== undefined) return known
    const cache = new LRUCache<string, CompiledPolicy>({
      maxSize: MAX_CACHED,
      sizeCalculation: (_policy, text) => text.length + 1,
    })
    this.caches.set(kind, cache)
    return cache
  }
}

/** Out of its list again. */
function placed({ message, hint, span, pointer }: SourceError): PolicyError {
  return {
    message: hint === undefined ? message : `${message}; ${hint}`,
    path: parsePointer(pointer ?? '')?.slice(1) ?? [],
    start: span.start - 1,
    end: span.end - 1,
  }
}
