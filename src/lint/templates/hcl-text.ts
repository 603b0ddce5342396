/**
 * The text that a template of HCL stands for, with the way back from each of its characters to the file.
 *
 * Source: HCL, "Native Syntax Specification", "Templates".
 */
import type { Span } from '../../text/source.js'
import type { HclPart, HclTemplate } from './hcl.js'

export interface TemplateText {
  readonly text: string
  /** Where a place of the text is in the file. */
  readonly place: (span: Span) => Span
}

/** @param valueOf - what stands in the text for a part that is no text. */
export function templateText({ parts, inner }: HclTemplate, valueOf: (part: HclPart) => string): TemplateText {
  const starts: number[] = []
  let text = ''
  for (const part of parts) {
    starts.push(text.length)
    text += part.kind === 'text' ? part.text : valueOf(part)
  }
  const at = (offset: number, side: 'start' | 'end'): number => {
    const index = lastAtMost(starts, offset)
    const part = parts[index]
    if (part === undefined) return inner.start
    const into = offset - starts[index]!
    if (into === 0) return part.start
    const isPlain = part.kind === 'text' && part.text.length === part.end - part.start
    return isPlain ? Math.min(part.start + into, part.end) : part[side]
  }
  return { text, place: ({ start, end }) => ({ start: at(start, 'start'), end: at(end, 'end') }) }
}

/** Whether every character stands in the file as it means. */
export function isPlainText({ parts }: HclTemplate): boolean {
  return parts.every(({ kind, text, start, end }) => kind === 'text' && text.length === end - start)
}

function lastAtMost(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}
