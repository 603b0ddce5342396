/**
 * From places in a policy's own text to places in the file it stands in, and the same for edits.
 *
 * A policy that stands in its file as it is shares the file's text. One written as JSON inside a string has a text of
 * its own, whose characters may be escapes or indented lines of the file.
 *
 * Source: RFC 8259, 7 (strings); YAML 1.2.2, 7.3 (flow scalars) and 8.1 (block scalars).
 */
import type { Edit } from './rule.js'
import type { Span } from '../text/source.js'

export interface PlaceMap {
  /** The whole token where the way back cannot be told. */
  readonly span: (own: Span) => Span
  /** Undefined where the edit cannot be written in the file. */
  readonly edit: (own: Edit) => Edit | undefined
}

/** A policy that shares the text of its file. */
export const SAME_TEXT: PlaceMap = { span: ({ start, end }) => ({ start, end }), edit: (edit) => edit }

/** A text that nothing leads back from but its token: one that was URL-encoded or put together. */
export function placesOfToken({ start, end }: Span): PlaceMap {
  return { span: () => ({ start, end }), edit: () => undefined }
}

/** A part of the file as it stands: every place leads back, and nothing is edited. */
export function placesInPart({ start: from }: Span): PlaceMap {
  return { span: ({ start, end }) => ({ start: from + start, end: from + end }), edit: () => undefined }
}

/** How the text of a string becomes text of the file. */
type Writer = (text: string) => string | undefined

/**
 * A text that is the value of the string token at `token`: quoted, plain, or a literal block of YAML or of a heredoc.
 */
export function placesInString(file: string, token: Span, value: string): PlaceMap {
  const first = file[token.start]
  if (first === '"') return fromUnits(token, value, unitsOfDoubleQuoted(file, token), jsonWriter)
  if (first === "'")
    return fromUnits(token, value, unitsOfSingleQuoted(file, token), (text) => text.replaceAll("'", "''"))
  if (first === '|') return fromLines(file, token, value)
  const isPlain = file.startsWith(value, token.start) && token.start + value.length <= token.end
  if (!isPlain) return placesOfToken(token)
  return {
    span: ({ start, end }) => ({ start: token.start + start, end: token.start + end }),
    edit: () => undefined,
  }
}

/**
 * A text of whole lines of the file, each without the same indentation: a heredoc.
 * @param from - where its first line begins in the file.
 */
export function placesInLines(file: string, token: Span, value: string, from: number): PlaceMap {
  return fromUnits(token, value, unitsOfLines(file, from, token.end, value), (text) => text)
}

const jsonWriter: Writer = (text) => JSON.stringify(text).slice(1, -1)

/** `units` answers where each unit of the value begins in the file, and where the last one ends. */
function fromUnits(token: Span, value: string, units: Uint32Array | undefined, write: Writer): PlaceMap {
  if (units === undefined || units.length !== value.length + 1) return placesOfToken(token)
  const at = (offset: number): number => units[Math.min(Math.max(offset, 0), value.length)] ?? token.end
  return {
    span: ({ start, end }) => ({ start: at(start), end: at(end) }),
    edit({ start, end, text }) {
      const written = write(text)
      return written === undefined ? undefined : { start: at(start), end: at(end), text: written }
    },
  }
}

function fromLines(file: string, token: Span, value: string): PlaceMap {
  const header = file.indexOf('\n', token.start)
  if (header < 0 || header >= token.end) return placesOfToken(token)
  const units = unitsOfLines(file, header + 1, token.end, value)
  const indent = units === undefined ? '' : ' '.repeat(Math.max(0, (units[0] ?? 0) - (header + 1)))
  return fromUnits(token, value, units, (text) => text.replaceAll('\n', `\n${indent}`))
}

function unitsOfDoubleQuoted(file: string, { start, end }: Span): Uint32Array | undefined {
  const units: number[] = []
  let at = start + 1
  while (at < end - 1) {
    const unit = file[at]
    // A folded line of YAML.
    if (unit === '\n' || unit === '\r') return undefined
    units.push(at)
    if (unit !== '\\') {
      at++
      continue
    }
    const letter = file[at + 1] ?? ''
    if (!'"\\/bfnrtu0ae vNLP_'.includes(letter) && letter !== 'x') return undefined
    at += letter === 'u' ? 6 : letter === 'x' ? 4 : 2
  }
  units.push(at)
  return Uint32Array.from(units)
}

function unitsOfSingleQuoted(file: string, { start, end }: Span): Uint32Array | undefined {
  const units: number[] = []
  let at = start + 1
  while (at < end - 1) {
    if (file[at] === '\n' || file[at] === '\r') return undefined
    units.push(at)
    at += file.startsWith("''", at) ? 2 : 1
  }
  units.push(at)
  return Uint32Array.from(units)
}

/** Line by line: each line of the value is a line of the file behind some indentation. */
function unitsOfLines(file: string, from: number, end: number, value: string): Uint32Array | undefined {
  const units = new Uint32Array(value.length + 1)
  let line = from
  let offset = 0
  for (const text of value.split('\n')) {
    const lineEnd = endOfLine(file, line, end)
    const isBehindLast = text === '' && offset === value.length
    const column = isBehindLast ? line : lineEnd - text.length
    if (column < line || !file.startsWith(text, column) || file.slice(line, column).trim() !== '') return undefined
    for (let unit = 0; unit <= text.length && offset + unit <= value.length; unit++)
      units[offset + unit] = column + unit
    offset += text.length + 1
    line = Math.min(lineEnd + (file.startsWith('\r\n', lineEnd) ? 2 : 1), end)
  }
  return units
}

function endOfLine(text: string, from: number, limit: number): number {
  let at = from
  while (at < limit && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}
