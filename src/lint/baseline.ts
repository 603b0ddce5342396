/**
 * A baseline: the findings a project has decided to live with for now, so that a run shows only new ones.
 *
 * An entry is matched by file, rule, path among the elements of the policy and hash of the text there, as often as it
 * counts; never by line, so edits elsewhere do not bring anything back.
 *
 * Source: docs/lint.md, "Baselines".
 */
import type { Finding } from './finding.js'
import { readJson } from '../text/json.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import { nodeAt, type SyntaxNode } from '../text/syntax-tree.js'

export interface BaselineEntry {
  readonly file: string
  readonly rule: string
  readonly path: string
  readonly hash: string
  readonly count: number
}

export interface Baseline {
  readonly source: SourceText
  readonly entries: readonly BaselineEntry[]
  /** Of the entries, in the file. */
  readonly nodes: readonly SyntaxNode[]
}

const VERSION = 1

export function readBaseline(source: SourceText): Result<Baseline, readonly SourceError[]> {
  const read = readJson(source)
  if (!read.ok) return read
  const root = read.value
  const error = (node: SyntaxNode, message: string): Result<Baseline, readonly SourceError[]> => ({
    ok: false,
    error: [{ message, source, span: { start: node.start, end: Math.min(node.end, node.start + 1) } }],
  })
  const version = nodeAt(root, ['version'])
  if (version?.kind !== 'number' || version.value !== VERSION) {
    return error(version ?? root, `not a baseline of keyward: expected \`"version": ${VERSION}\``)
  }
  const list = nodeAt(root, ['entries'])
  if (list?.kind !== 'array') return error(list ?? root, 'a baseline has a list of `entries`')
  const entries: BaselineEntry[] = []
  for (const node of list.items) {
    const text = (key: string): string | undefined => {
      const value = nodeAt(node, [key])
      return value?.kind === 'string' ? value.value : undefined
    }
    const [file, rule, path, hash] = [text('file'), text('rule'), text('path'), text('hash')]
    const count = nodeAt(node, ['count'])
    if (file === undefined || rule === undefined || path === undefined || hash === undefined) {
      return error(node, 'an entry of a baseline has `file`, `rule`, `path` and `hash`')
    }
    entries.push({ file, rule, path, hash, count: count?.kind === 'number' ? Math.max(0, count.value) : 1 })
  }
  return { ok: true, value: { source, entries, nodes: list.items } }
}

export function baselineOf(findings: readonly Finding[]): readonly BaselineEntry[] {
  const entries = new Map<string, BaselineEntry>()
  for (const { source, rule, path, fingerprint } of findings) {
    const entry = { file: source.name, rule: rule.id, path, hash: fingerprint, count: 1 }
    const key = keyOf(entry)
    const before = entries.get(key)
    entries.set(key, before === undefined ? entry : { ...before, count: before.count + 1 })
  }
  return [...entries.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

export function printBaseline(entries: readonly BaselineEntry[]): string {
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`)
  return `{\n  "version": ${VERSION},\n  "entries": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]\n}\n`
}

export interface Baselined {
  /** What is not in the baseline. */
  readonly fresh: readonly Finding[]
  readonly known: readonly Finding[]
  /** Entries, with the count that nothing was found for. */
  readonly unused: readonly (BaselineEntry & { readonly node: SyntaxNode })[]
  /** The baseline without what is unused. */
  readonly pruned: readonly BaselineEntry[]
}

/** @param files - names of the files of this run; entries of others are not asked. */
export function applyBaseline(
  findings: readonly Finding[],
  { entries, nodes }: Baseline,
  files: ReadonlySet<string>,
): Baselined {
  const left = new Map<string, number>()
  for (const entry of entries) left.set(keyOf(entry), (left.get(keyOf(entry)) ?? 0) + entry.count)
  const fresh: Finding[] = []
  const known: Finding[] = []
  for (const finding of findings) {
    const key = keyOf({
      file: finding.source.name,
      rule: finding.rule.id,
      path: finding.path,
      hash: finding.fingerprint,
    })
    const count = left.get(key) ?? 0
    if (count > 0) left.set(key, count - 1)
    ;(count > 0 ? known : fresh).push(finding)
  }
  const unused = entries.flatMap((entry, index) => {
    const node = nodes[index]
    const count = Math.min(left.get(keyOf(entry)) ?? 0, entry.count)
    if (count === 0 || node === undefined || !files.has(entry.file)) return []
    left.set(keyOf(entry), (left.get(keyOf(entry)) ?? 0) - count)
    return [{ ...entry, count, node }]
  })
  const gone = new Map(unused.map((entry) => [keyOf(entry), entry.count]))
  const pruned = entries.flatMap((entry) => {
    const count = entry.count - (gone.get(keyOf(entry)) ?? 0)
    return count > 0 ? [{ ...entry, count }] : []
  })
  return { fresh, known, unused, pruned }
}

function keyOf({ file, rule, path, hash }: Omit<BaselineEntry, 'count'>): string {
  return JSON.stringify([file, rule, path, hash])
}
