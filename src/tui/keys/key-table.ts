/**
 * Keys and what they do: one table makes the commands, the hints and the help.
 */
import { lineWidth, span, type Line, type Span } from '../frame/span.js'
import type { Input } from './decode-keys.js'

/** Names as `decode-keys.ts` gives them: `a`, `A`, `?`, `enter`, `esc`, `up`, `ctrl+d`, `shift+tab`. */
export interface KeyEntry {
  readonly command: string
  readonly keys: readonly string[]
  /** What it does, for the help: begins in lower case. */
  readonly what: string
  /** One or two words for the hints at the bottom; left out where none is needed. */
  readonly hint?: string
  /** Works also while text is typed. Enter, Tab and arrows do, letters cannot. */
  readonly whileTyping?: boolean
}

export type KeyInput = Extract<Input, { readonly kind: 'key' }>

/** The entry that a key means; the first of several that can be done. While text is typed a letter is no command. */
export function entryFor(
  table: readonly KeyEntry[],
  key: KeyInput,
  isTyping: boolean,
  can: (command: string) => boolean,
): KeyEntry | undefined {
  if (isTyping && key.text !== undefined) return undefined
  return table.find(
    ({ keys, command, whileTyping = false }) => keys.includes(key.name) && (!isTyping || whileTyping) && can(command),
  )
}

const SHOWN: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift+tab': 'Shift-Tab',
  space: 'Space',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
}

/** As people write it: `Ctrl-D`. */
export function keyName(name: string): string {
  const known = SHOWN[name]
  if (known !== undefined) return known
  const plus = name.length === 1 ? -1 : name.lastIndexOf('+', name.length - 2)
  if (plus < 0) return name
  const modifiers = name.slice(0, plus).split('+')
  const key = name.slice(plus + 1)
  const words = modifiers.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return [...words, SHOWN[key] ?? key.toUpperCase()].join('-')
}

/**
 * The hints that fit, in their order; what is `kept` stands last and always stays.
 * Of an entry the first key is shown.
 */
export function hintLine(entries: readonly KeyEntry[], kept: readonly KeyEntry[], columns: number): Line {
  const last = joined(kept.map(hint))
  let room = columns - lineWidth(last)
  const shown: Line[] = []
  for (const entry of entries) {
    if (entry.hint === undefined) continue
    const each = hint(entry)
    const width = lineWidth(each) + GAP.length
    // One that is too long leaves room for shorter ones behind it, but the order says what matters most.
    if (width > room) break
    room -= width
    shown.push(each)
  }
  return joined([...shown, ...kept.map(hint)])
}

const GAP = '  '

function hint({ keys: [first = ''], hint: word = '' }: KeyEntry): Line {
  return [span(keyName(first), 'key'), span(` ${word}`, 'faint')]
}

function joined(parts: readonly Line[]): Line {
  const line: Span[] = []
  for (const part of parts) {
    if (line.length > 0) line.push(span(GAP))
    line.push(...part)
  }
  return line
}
