/**
 * A text as people paste it, made one line of plain words: colours of a terminal, bars and marks of quoting at the
 * left, typographic quotes, entities of a web page and characters that nobody sees are taken out or made plain.
 *
 * Knows nothing of what the text says. Every character of the result knows where it stood. Time is linear in the text.
 *
 * Source: ECMA-48, 5.4 "Control sequences"; the Unicode Standard, 6.2 "General punctuation".
 */

export interface PastedText {
  readonly text: string
  /** Where a character of the plain text stands in the text given. */
  offsetOf(index: number): number
}

/**
 * Single spaces stand for all white space, and for line breaks, real or written `\n` inside a string.
 * @param isCut - a terminal has cut the lines at its width: a line as long as the longest goes on in the next.
 */
export function plainText(text: string, isCut = false): PastedText {
  const offsets: number[] = []
  const width = isCut ? longestLine(text) : Infinity
  let plain = ''
  let lineStart = 0
  let isLineStart = true
  let index = 0
  while (index < text.length) {
    const char = text[index] ?? ''
    const unseen = char === '\r' && text[index + 1] === '\n' ? 1 : unseenLength(text, index)
    if (unseen > 0) {
      index += unseen
      continue
    }
    const start = index
    let put: string
    if (char === '\n') {
      index++
      const isFull = lengthOfLine(text, lineStart, start) === width && !isBlank(text[index])
      lineStart = index
      isLineStart = true
      if (isFull) continue
      put = ' '
    } else {
      const entity = char === '&' ? entityAt(text, index) : undefined
      const blank = entity === undefined ? blankLength(text, index) : 0
      index += entity?.length ?? Math.max(blank, 1)
      put = entity?.char ?? (blank > 0 || (isLineStart && isQuoting(char)) ? ' ' : (PLAIN[char] ?? char))
    }
    if (put !== ' ') isLineStart = false
    else if (plain.endsWith(' ')) continue
    offsets.push(start)
    plain += put
  }
  return { text: plain, offsetOf: (position) => offsets[position] ?? text.length }
}

const QUOTES =
  '\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\uff02\u2018\u2019\u201a\u201b\uff07'
const STOPS = '\u2026\u3002\uff0e'

const PLAIN: Readonly<Record<string, string | undefined>> = Object.fromEntries([
  ...Array.from(QUOTES, (char) => [char, '"'] as const),
  ...Array.from(STOPS, (char) => [char, '.'] as const),
])

/** Marks of a quoted mail, and of a table or a log at the left of a line. */
function isQuoting(char: string): boolean {
  return char === '>' || char === '|'
}

// ------------------------------------------------------------------------------------------------------ white space

const BARS = '\u2502\u2503\u2551\u2577\u2575'
const SPACES = '\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000'

function isBlank(char: string | undefined): boolean {
  if (char === undefined) return true
  return char <= ' ' || BARS.includes(char) || SPACES.includes(char) || (char >= '\u2000' && char <= '\u200a')
}

/** How many characters at this place are white space, or stand for it. */
function blankLength(text: string, index: number): number {
  if (isBlank(text[index])) return 1
  const next = text[index + 1]
  return text[index] === '\\' && (next === 'n' || next === 'r' || next === 't') ? 2 : 0
}

/** A carriage return before the break is no part of the line. */
function lengthOfLine(text: string, start: number, end: number): number {
  return (text[end - 1] === '\r' ? end - 1 : end) - start
}

function longestLine(text: string): number {
  let longest = 0
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    longest = Math.max(longest, lengthOfLine(text, start, end))
    start = end + 1
  }
  return longest
}

// ------------------------------------------------------------------------------------------- what nobody was to see

/** How many characters at this place were never seen: marks of width nothing, and colours. */
function unseenLength(text: string, index: number): number {
  const char = text[index] ?? ''
  if (isUnseen(char)) return 1
  const escape = escapeLength(text, index, char)
  if (escape === 0) return char === '[' ? matchLength(COLOUR, text, index) : 0
  const sequence = matchLength(SEQUENCE, text, index + escape)
  const end = index + escape + sequence
  return escape + sequence + (text.startsWith('\u001b\\', end) ? 2 : text[end] === '\u0007' ? 1 : 0)
}

function isUnseen(char: string): boolean {
  if (char < '\u00ad') return false
  return (
    char === '\u00ad' ||
    char === '\ufeff' ||
    (char >= '\u200b' && char <= '\u200f') ||
    (char >= '\u202a' && char <= '\u202e') ||
    (char >= '\u2060' && char <= '\u2069')
  )
}

/** ESC itself, or as logs and shells write it. */
const ESCAPES = ['\u001b', '\\u001b', '\\u001B', '\\x1b', '\\x1B', '\\033', '\\e', '^[', '\u241b'] as const

function escapeLength(text: string, index: number, char: string): number {
  if (char !== '\u001b' && char !== '\\' && char !== '^' && char !== '\u241b') return 0
  const found = ESCAPES.find((escape) => text.startsWith(escape, index))
  return found?.length ?? 0
}

/** A control sequence, or a command such as the target of a link, up to its end. */
const SEQUENCE = /\[[0-9;:?]{0,32}[ -/]?[@-~]|\][ -[\]-~]{0,2048}/y
/** What is left of one where the ESC was lost. */
const COLOUR = /\[(?:[0-9]{1,3}(?:;[0-9]{1,3}){0,8})m/y

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  return found === null ? 0 : found[0].length
}

// ---------------------------------------------------------------------------------------------------------- entities

const ENTITIES: readonly (readonly [entity: string, char: string])[] = [
  ['&quot;', '"'],
  ['&#34;', '"'],
  ['&#x22;', '"'],
  ['&apos;', "'"],
  ['&#39;', "'"],
  ['&#x27;', "'"],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&nbsp;', ' '],
  ['&#160;', ' '],
]

function entityAt(text: string, index: number): { readonly length: number; readonly char: string } | undefined {
  const found = ENTITIES.find(([entity]) => text.startsWith(entity, index))
  return found === undefined ? undefined : { length: found[0].length, char: found[1] }
}
