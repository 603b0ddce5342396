/**
 * What a terminal sends, as keys, pasted text and mouse events. Sequences may come in pieces; those that nobody knows
 * are swallowed, so that no part of one is taken for letters.
 *
 * Source: ECMA-48; xterm, "Control Sequences" (cursor keys, bracketed paste mode, SGR mouse mode).
 */

export type Input =
  /** `text` is what the key types, where it types something. */
  | { readonly kind: 'key'; readonly name: string; readonly text?: string }
  | { readonly kind: 'paste'; readonly text: string }
  /** From 0. */
  | { readonly kind: 'click'; readonly row: number; readonly column: number }
  | { readonly kind: 'wheel'; readonly by: number; readonly row: number; readonly column: number }

const ESC = '\u001b'
const PASTE_START = `${ESC}[200~`
const PASTE_END = `${ESC}[201~`
/** More is no message and no name. */
const MAX_PASTE = 1024 * 1024
/** No sequence of a key is longer; what is does not end. */
const MAX_SEQUENCE = 64
const WHEEL_ROWS = 3

export class KeyDecoder {
  private pending = ''
  private pasted: string[] | undefined
  private pastedLength = 0

  /** Whether an Esc has come of which nobody knows yet if more belongs to it. */
  get isWaiting(): boolean {
    return this.pending !== '' && this.pasted === undefined
  }

  push(chunk: string): readonly Input[] {
    let text = this.pending + chunk
    this.pending = ''
    const found: Input[] = []
    while (text !== '') {
      if (this.pasted !== undefined) {
        text = this.readPaste(text, found)
        continue
      }
      const length = text.startsWith(ESC) ? this.readSequence(text, found) : readCharacter(text, found)
      if (length === 0) {
        this.pending = text
        break
      }
      text = text.slice(length)
    }
    return found
  }

  /** Nothing more came: what waits is what it is. */
  flush(): readonly Input[] {
    const { pending } = this
    if (!this.isWaiting) return []
    this.pending = ''
    return pending === ESC ? [{ kind: 'key', name: 'esc' }] : []
  }

  private readPaste(text: string, found: Input[]): string {
    const end = text.indexOf(PASTE_END)
    if (end < 0) {
      // The mark of the end may be parted.
      const kept = text.length - partOfEnd(text)
      this.keepPasted(text.slice(0, kept))
      this.pending = text.slice(kept)
      return ''
    }
    this.keepPasted(text.slice(0, end))
    found.push({ kind: 'paste', text: (this.pasted ?? []).join('') })
    this.pasted = undefined
    return text.slice(end + PASTE_END.length)
  }

  private keepPasted(text: string): void {
    const room = MAX_PASTE - this.pastedLength
    if (room <= 0) return
    this.pasted?.push(text.slice(0, room))
    this.pastedLength += text.length
  }

  /** How many characters were read; 0 where more must come. */
  private readSequence(text: string, found: Input[]): number {
    if (text.length === 1) return 0
    const second = text.charAt(1)
    if (second === '[') {
      if (text.startsWith(PASTE_START)) {
        this.pasted = []
        this.pastedLength = 0
        return PASTE_START.length
      }
      return readControlSequence(text, found)
    }
    if (second === 'O') {
      if (text.length < 3) return 0
      const name = LETTERS[text.charAt(2)]
      if (name !== undefined) found.push({ kind: 'key', name })
      return 3
    }
    if (second === ESC) {
      found.push({ kind: 'key', name: 'esc' })
      return 1
    }
    const [character = ''] = text.slice(1)
    found.push({ kind: 'key', name: `alt+${nameOf(character)}` })
    return 1 + character.length
  }
}

function partOfEnd(text: string): number {
  for (let length = Math.min(PASTE_END.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(PASTE_END.slice(0, length))) return length
  }
  return 0
}

const LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift+tab',
  M: 'enter',
}

const NUMBERS: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
}

const MODIFIERS: readonly (readonly [bit: number, name: string])[] = [
  [4, 'ctrl+'],
  [2, 'alt+'],
  [1, 'shift+'],
]

function readControlSequence(text: string, found: Input[]): number {
  let end = 2
  while (end < text.length && end < MAX_SEQUENCE && !isFinal(text.charCodeAt(end))) end++
  if (end >= MAX_SEQUENCE) return end
  if (end >= text.length) return 0
  const parameters = text.slice(2, end)
  const final = text.charAt(end)
  if (parameters.startsWith('<')) readMouse(parameters.slice(1), final, found)
  else readKey(parameters, final, found)
  return end + 1
}

function isFinal(unit: number): boolean {
  return unit >= 0x40 && unit <= 0x7e
}

function readKey(parameters: string, final: string, found: Input[]): void {
  const [first = '', modifier = ''] = parameters.split(';')
  const name = final === '~' ? NUMBERS[first] : LETTERS[final]
  if (name === undefined) return
  const bits = modifier === '' ? 0 : Number(modifier) - 1
  const prefix = MODIFIERS.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word)
  found.push({ kind: 'key', name: `${prefix.join('')}${name}` })
}

function readMouse(parameters: string, final: string, found: Input[]): void {
  const [button = NaN, x = NaN, y = NaN] = parameters.split(';').map(Number)
  if (!Number.isInteger(button) || !Number.isInteger(x) || !Number.isInteger(y)) return
  const place = { row: y - 1, column: x - 1 }
  // The two lowest bits are the button, 64 is a wheel, 32 a movement.
  if ((button & 64) !== 0) {
    if ((button & 2) === 0) found.push({ kind: 'wheel', by: (button & 1) === 0 ? -WHEEL_ROWS : WHEEL_ROWS, ...place })
  } else if (final === 'M' && (button & 0b10_0011) === 0) {
    found.push({ kind: 'click', ...place })
  }
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\u0000': 'ctrl+space',
}

function readCharacter(text: string, found: Input[]): number {
  const [character = ''] = text
  const code = character.codePointAt(0) ?? 0
  const isText = code >= 0x20 && code !== 0x7f
  found.push({ kind: 'key', name: nameOf(character), ...(isText ? { text: character } : {}) })
  return character.length
}

function nameOf(character: string): string {
  const known = CONTROLS[character]
  if (known !== undefined) return known
  if (character === ' ') return 'space'
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x60)}` : character
}
