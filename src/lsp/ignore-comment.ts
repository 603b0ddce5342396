/**
 * A comment that keeps a finding quiet at its place, where the format has comments and one can stand there.
 *
 * Whether it does is not told from the text around: the text with the comment is checked again.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { CheckedDocument } from './checked-document.js'
import type { Finding } from '../lint/finding.js'
import type { Edit } from '../lint/rule.js'

/** Undefined where no comment would do. It has no reason yet, which is a finding of its own until somebody gives one. */
export function withIgnoreComment(checked: CheckedDocument, finding: Finding): Edit | undefined {
  const { file, findings, recheck } = checked
  const { text } = file.source
  if (file.format === 'json') return undefined
  const marker = file.format === 'jsonc' ? '//' : '#'
  const comment = `${marker} keyward-ignore ${finding.rule.id}`
  const { start } = finding.span
  const line = start === 0 ? 0 : Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1
  const end = endOfLine(text, start)
  const indent = /^[ \t]*/.exec(text.slice(line, line + MAX_INDENT))?.[0] ?? ''
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n'
  const places: readonly Edit[] = [
    { start: line, end: line, text: `${indent}${comment}${lineBreak}` },
    { start: end, end, text: ` ${comment}` },
  ]
  const before = countsOf(findings)
  return places.find((edit) => {
    const after = recheck(text.slice(0, edit.start) + edit.text + text.slice(edit.end))
    if (after.file.faults.length > file.faults.length) return false
    const counts = countsOf(after.findings)
    return (
      (counts.get(finding.rule.id) ?? 0) < (before.get(finding.rule.id) ?? 0) &&
      [...counts].every(([id, count]) => id === NO_REASON || count <= (before.get(id) ?? 0))
    )
  })
}

const MAX_INDENT = 1000
/** The rule about suppressions without a reason. */
const NO_REASON = 'SUP002'

function endOfLine(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}

function countsOf(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { rule } of findings) counts.set(rule.id, (counts.get(rule.id) ?? 0) + 1)
  return counts
}
