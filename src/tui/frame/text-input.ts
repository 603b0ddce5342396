/**
 * One line of text that is being typed: a filter, a name, a search.
 *
 * Text is put in and taken away at its end; the keys are those that every shell has.
 */
import type { Action } from '../app/view.js'
import type { KeyEntry } from '../keys/key-table.js'
import { span, type Line, type Role } from './span.js'
import { cutStartToWidth, lastGraphemeStart, textWidth } from './width.js'

/** No name or search is longer; more was pasted by mistake. */
const MAX_LENGTH = 4096

export const INPUT_KEYS: readonly KeyEntry[] = [
  { command: 'eraseLetter', keys: ['backspace'], what: 'take the last letter away', whileTyping: true },
  { command: 'eraseWord', keys: ['ctrl+w'], what: 'take the last word away', whileTyping: true },
  { command: 'eraseAll', keys: ['ctrl+u'], what: 'take all that was typed away', whileTyping: true },
]

/** The text after this action; undefined for one that does not change texts. Line breaks become spaces. */
export function typeInto(text: string, action: Action): string | undefined {
  if (action.kind === 'text') return (text + action.text.replace(/[\r\n\t]/g, ' ')).slice(0, MAX_LENGTH)
  if (action.kind !== 'command') return undefined
  switch (action.command) {
    case 'eraseLetter':
      return text.slice(0, lastGraphemeStart(text))
    case 'eraseWord': {
      const end = text.trimEnd()
      const word = Math.max(end.lastIndexOf(' '), end.slice(0, -1).lastIndexOf('/')) + 1
      return end.slice(0, word)
    }
    case 'eraseAll':
      return ''
    default:
      return undefined
  }
}

/** Its end, where it is longer than there is room, and the cursor behind it. */
export function drawInput(
  text: string,
  options: {
    readonly columns: number
    readonly isFocused: boolean
    readonly placeholder?: string
    readonly role?: Role
  },
): Line {
  const { columns, isFocused, placeholder = '', role = 'strong' } = options
  const cursor = isFocused ? [span(' ', 'plain', 'cursor')] : []
  if (text === '') return [...cursor, span(placeholder, 'faint')]
  const shown = span(text, role)
  const room = Math.max(columns - 2, 1)
  if (textWidth(shown.text) <= room) return [shown, ...cursor]
  return [span('…', 'faint'), span(cutStartToWidth(shown.text, room - 1), role), ...cursor]
}
