/**
 * Suppressions that stand in a file: `# keyward-ignore RULE reason` in YAML and Terraform, `// keyward-ignore RULE
 * reason` in JSON with comments and in Terraform, and `keyward: { ignore: [...] }` under the Metadata of a
 * CloudFormation resource.
 *
 * A comment behind something speaks of its line; one on a line of its own of whatever begins after it: an entry, a
 * statement, a resource, or the whole document. Text inside of values is never a comment.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { LintFile } from './lint-file.js'
import { readSuppressionWords, type Suppression } from './suppression.js'
import type { Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

const WORD = 'keyward-ignore'

export function inlineSuppressions(file: LintFile): readonly Suppression[] {
  return [...commentSuppressions(file), ...metadataSuppressions(file)]
}

function commentSuppressions(file: LintFile): readonly Suppression[] {
  const { source, format } = file
  if (format === 'json') return []
  const { text } = source
  const found: Suppression[] = []
  for (let at = text.indexOf(WORD); at >= 0; at = text.indexOf(WORD, at + WORD.length)) {
    const comment = commentAround(file, at)
    if (comment === undefined) continue
    const words = readSuppressionWords(text.slice(at + WORD.length, comment.end))
    if (words === undefined) continue
    const line = lineStart(text, comment.start)
    const standsAlone = text.slice(line, comment.start).trim() === ''
    const scope = standsAlone ? scopeAfter(file, comment) : { start: line, end: comment.start }
    found.push({
      ...words,
      source,
      span: comment,
      removal: standsAlone ? { start: line, end: nextLine(text, comment.end) } : trailing(text, comment),
      covers: (finding) =>
        finding.source === source && finding.span.start >= scope.start && finding.span.start < scope.end,
    })
  }
  return found
}

/** The comment that has the word at `at` as its first word. */
function commentAround({ source: { text }, format, comments, root }: LintFile, at: number): Span | undefined {
  const line = lineStart(text, at)
  const marker = /(?:#|\/\/)[ \t]{0,40}$/.exec(text.slice(Math.max(line, at - 42), at))?.[0]
  if (marker === undefined) return undefined
  const start = at - marker.length
  const end = lineEnd(text, at)
  if (format === 'jsonc') return comments.find((comment) => comment.start === start)
  if (format === 'yaml') {
    return marker.startsWith('#') && (root === undefined || !isInsideScalar(root, start)) ? { start, end } : undefined
  }
  return isOutsideQuotes(text.slice(line, start)) ? { start, end } : undefined
}

function isInsideScalar(root: SyntaxNode, at: number): boolean {
  const seen = new Set<SyntaxNode>()
  const waiting: SyntaxNode[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'array') waiting.push(...node.items)
    else if (node.kind === 'object') {
      for (const { keyStart, keyEnd, value } of node.members) {
        if (at >= keyStart && at < keyEnd) return true
        waiting.push(value)
      }
    } else if (at >= node.start && at < node.end) return true
  }
  return false
}

function isOutsideQuotes(line: string): boolean {
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === '"') quoted = !quoted
  }
  return !quoted
}

function scopeAfter({ source: { text }, format, root }: LintFile, comment: Span): Span {
  const start = nextToken(text, comment.end, format === 'jsonc' ? '//' : '#')
  if (root === undefined) return { start, end: blockEnd(text, start) }
  return outermostAt(root, start) ?? { start, end: lineEnd(text, start) }
}

/** Where the next entry begins: behind further comments and, in YAML, behind its dash. */
function nextToken(text: string, from: number, marker: string): number {
  let at = from
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
    if (text.startsWith(marker, at)) at = lineEnd(text, at)
    else if (marker === '#' && text[at] === '-' && ' \r\n'.includes(text[at + 1] ?? ' ')) at++
    else return at
  }
}

/** The largest value or member that begins at a place. */
function outermostAt(root: SyntaxNode, at: number): Span | undefined {
  let node: SyntaxNode | undefined = root
  while (node !== undefined) {
    if (node.start === at) return node
    if (node.kind === 'array') {
      node = node.items.find(({ start, end }) => start <= at && at < end)
    } else if (node.kind === 'object') {
      const member = node.members.find(
        ({ keyStart, value }) => keyStart <= at && at < Math.max(value.end, keyStart + 1),
      )
      if (member?.keyStart === at) return { start: at, end: Math.max(member.value.end, member.keyEnd) }
      node = member?.value
    } else return undefined
  }
  return undefined
}

/** Terraform: the line, or the block or list that it opens. */
function blockEnd(text: string, start: number): number {
  const end = lineEnd(text, start)
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const unit = text[at]!
    if (unit === '\\') at++
    else if (unit === '"' || (quoted && unit === '\n')) quoted = unit === '"' && !quoted
    else if (!quoted && '{[('.includes(unit)) depth++
    else if (!quoted && '}])'.includes(unit)) depth--
    if (at >= end && depth <= 0) return at + 1
  }
  return text.length
}

function metadataSuppressions({ source, resources }: LintFile): readonly Suppression[] {
  return resources.flatMap(({ metadata, whole }) => {
    const entries = metadata === undefined ? undefined : memberValue(memberValue(metadata, 'keyward'), 'ignore')
    if (entries?.kind !== 'array') return []
    return entries.items.flatMap((entry): readonly Suppression[] => {
      const rule = textValue(memberValue(entry, 'rule'))
      if (rule === undefined) return []
      const reason = textValue(memberValue(entry, 'reason'))
      const until = textValue(memberValue(entry, 'until'))
      return [
        {
          rules: rule.split(',').map((name) => name.trim()),
          ...(reason === undefined || reason.trim() === '' ? {} : { reason }),
          ...(until === undefined ? {} : { until }),
          source,
          span: memberValue(entry, 'rule') ?? entry,
          covers: (finding) =>
            finding.source === source && finding.span.start >= whole.start && finding.span.end <= whole.end,
        },
      ]
    })
  })
}

function memberValue(node: SyntaxNode | undefined, key: string): SyntaxNode | undefined {
  return node?.kind === 'object' ? node.members.find((member) => member.key === key)?.value : undefined
}

function textValue(node: SyntaxNode | undefined): string | undefined {
  return node?.kind === 'string' ? node.value : undefined
}

function lineStart(text: string, at: number): number {
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1
}

function lineEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++
  return end
}

function nextLine(text: string, at: number): number {
  const end = lineEnd(text, at)
  return text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length)
}

function trailing(text: string, { start, end }: Span): Span {
  let from = start
  while (text[from - 1] === ' ' || text[from - 1] === '\t') from--
  return { start: from, end }
}
