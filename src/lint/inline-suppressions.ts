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
import { countFrom, SpanIndex } from './spans.js'
import { readSuppressionWords, type Suppression } from './suppression.js'
import type { Span } from '../text/source.js'
import type { Member, SyntaxNode } from '../text/syntax-tree.js'

const WORD = 'keyward-ignore'

export function inlineSuppressions(file: LintFile): readonly Suppression[] {
  return [...commentSuppressions(file), ...metadataSuppressions(file)]
}

function commentSuppressions(file: LintFile): readonly Suppression[] {
  const { source, format } = file
  if (format === 'json' || !source.text.includes(WORD)) return []
  const { text } = source
  const reader = new CommentReader(file)
  const found: Suppression[] = []
  // From the last one on, so that what comes after a comment is known already where it is another comment.
  for (let at = text.lastIndexOf(WORD); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(WORD, at - 1)) {
    const comment = reader.commentAround(at)
    const words = comment && readSuppressionWords(text.slice(at + WORD.length, comment.end))
    if (comment === undefined || words === undefined) continue
    const line = lineStart(text, comment.start)
    const standsAlone = text.slice(line, comment.start).trim() === ''
    found.push({
      ...words,
      source,
      span: comment,
      removal: standsAlone ? { start: line, end: nextLine(text, comment.end) } : trailing(text, comment),
      scope: standsAlone ? reader.scopeAfter(comment) : { start: line, end: comment.start },
    })
  }
  return found.reverse()
}

class CommentReader {
  private readonly text: string
  private readonly marker: '#' | '//'
  /** Keys and scalars of YAML, in which nothing is a comment. */
  private readonly scalars: SpanIndex<Span> | undefined
  private readonly comments: ReadonlyMap<number, Span>
  /** Of comments read before: where the next entry begins. */
  private readonly tokenAfter = new Map<number, number>()
  private readonly blockEnds = new Map<number, number>()
  private closes: ReadonlyMap<number, number> | undefined

  constructor(private readonly file: LintFile) {
    const { source, format, root, comments } = file
    this.text = source.text
    this.marker = format === 'jsonc' ? '//' : '#'
    this.scalars = format === 'yaml' && root !== undefined ? new SpanIndex(scalarsOf(root)) : undefined
    this.comments = new Map(comments.map((comment) => [comment.start, comment]))
  }

  /** The comment that has the word at `at` as its first word. */
  commentAround(at: number): Span | undefined {
    const { text } = this
    const { format } = this.file
    const line = lineStart(text, at)
    const marker = /(?:#|\/\/)[ \t]{0,40}$/.exec(text.slice(Math.max(line, at - 42), at))?.[0]
    if (marker === undefined) return undefined
    const start = at - marker.length
    if (format === 'jsonc') return this.comments.get(start)
    const comment = { start, end: lineEnd(text, at) }
    if (format !== 'yaml') return isOutsideQuotes(text.slice(line, start)) ? comment : undefined
    const isComment =
      marker.startsWith('#') && (this.scalars?.overlapping({ start, end: start + 1 }) ?? []).length === 0
    return isComment ? comment : undefined
  }

  scopeAfter(comment: Span): Span {
    const { root } = this.file
    const start = this.nextToken(comment)
    if (root === undefined) return { start, end: this.blockEnd(start) }
    return outermostAt(root, start) ?? { start, end: lineEnd(this.text, start) }
  }

  /** Terraform: the line, or the block or list that it opens. */
  private blockEnd(start: number): number {
    const known = this.blockEnds.get(start)
    if (known !== undefined) return known
    this.closes ??= closingBrackets(this.text)
    const line = lineEnd(this.text, start)
    let end = line
    for (let at = start; at < line && end === line; at++) {
      const close = this.closes.get(at)
      if (close !== undefined && close > line) end = close + 1
    }
    this.blockEnds.set(start, end)
    return end
  }

  /** Behind further comments and, in YAML, behind the dash of an entry. */
  private nextToken(comment: Span): number {
    const { text, marker } = this
    let at = comment.end
    for (;;) {
      while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
      const known = this.tokenAfter.get(at)
      if (known !== undefined) at = known
      else if (text.startsWith(marker, at)) at = lineEnd(text, at)
      else if (marker === '#' && text[at] === '-' && ' \r\n'.includes(text[at + 1] ?? ' ')) at++
      else break
    }
    this.tokenAfter.set(comment.start, at)
    return at
  }
}

function scalarsOf(root: SyntaxNode): readonly Span[] {
  const found: Span[] = []
  const seen = new Set<SyntaxNode>()
  const waiting: SyntaxNode[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'array') for (const item of node.items) waiting.push(item)
    else if (node.kind === 'object') {
      for (const { keyStart, keyEnd, value } of node.members) {
        found.push({ start: keyStart, end: keyEnd })
        waiting.push(value)
      }
    } else if (node.end > node.start) found.push({ start: node.start, end: node.end })
  }
  return found
}

function isOutsideQuotes(line: string): boolean {
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++
    else if (line[at] === '"') quoted = !quoted
  }
  return !quoted
}

/** The largest value or member that begins at a place. */
function outermostAt(root: SyntaxNode, at: number): Span | undefined {
  let node: SyntaxNode | undefined = root
  while (node !== undefined) {
    if (node.start === at) return { start: node.start, end: node.end }
    if (node.kind === 'array') {
      const item: SyntaxNode | undefined = node.items[countFrom(node.items, ({ start }) => start, at) - 1]
      node = item !== undefined && at < item.end ? item : undefined
    } else if (node.kind === 'object') {
      const member: Member | undefined = node.members[countFrom(node.members, ({ keyStart }) => keyStart, at) - 1]
      if (member?.keyStart === at) return { start: at, end: Math.max(member.value.end, member.keyEnd) }
      node = member?.value
    } else return undefined
  }
  return undefined
}

/** Where each bracket of Terraform source is closed; what stands in quotes on one line is passed over. */
function closingBrackets(text: string): ReadonlyMap<number, number> {
  const closes = new Map<number, number>()
  const open: number[] = []
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]!
    if (unit === '\\') at++
    else if (unit === '"') quoted = !quoted
    else if (unit === '\n') quoted = false
    else if (!quoted && '{[('.includes(unit)) open.push(at)
    else if (!quoted && '}])'.includes(unit)) {
      const start = open.pop()
      if (start !== undefined) closes.set(start, at)
    }
  }
  return closes
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
          scope: { start: whole.start, end: whole.end },
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

/** Looks back to the line break alone: a search for one of two marks would go on to the start of the text. */
function lineStart(text: string, at: number): number {
  let start = at
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--
  return start
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
