/**
 * What stands on the screen, so that a new frame costs no more than the lines that differ.
 *
 * A frame is written in one piece between the marks of a synchronized update, each line at its own place: nothing
 * flickers, and a line that a terminal measures otherwise than we do moves no other one.
 *
 * Source: ECMA-48; "Synchronized Output" (mode 2026), which terminals that do not know it ignore.
 */

const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'
const ERASE_LINE = '\u001b[K'

export class Screen {
  private shown: readonly string[] = []

  constructor(private readonly write: (text: string) => void) {}

  /** Lines as they are painted, the first at the top. A line is erased first: behind a full one the last column would go. */
  show(lines: readonly string[]): void {
    let text = ''
    for (let row = 0; row < Math.max(lines.length, this.shown.length); row++) {
      const line = lines[row] ?? ''
      if (line !== this.shown[row]) text += `\u001b[${row + 1};1H${ERASE_LINE}${line}`
    }
    this.shown = lines
    if (text !== '') this.write(`${BEGIN}${text}${END}`)
  }

  /** Nobody knows what stands there now: the next frame is written whole. */
  forget(): void {
    this.shown = []
    this.write('\u001b[2J')
  }
}
