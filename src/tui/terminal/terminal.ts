/**
 * The terminal, taken and given back: alternate screen, raw keys, pasted text, mouse. Whatever happens, it is given back
 * as it was.
 *
 * Source: xterm, "Control Sequences" (modes 7, 25, 1000, 1006, 1049, 2004).
 */
import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'

export interface TerminalOptions {
  readonly input: ReadStream
  readonly output: WriteStream
  readonly mouse: boolean
}

/** Written to at once, whatever waits in the stream. */
const STDOUT = 1

const ENTER = [
  '\u001b[?1049h', // alternate screen
  '\u001b[?7l', // a line that is too long is cut, not wrapped
  '\u001b[?25l', // no cursor
  '\u001b[?2004h', // pasted text comes as such
  '\u001b[2J\u001b[H',
].join('')
const LEAVE = ['\u001b[0m', '\u001b[?2004l', '\u001b[?25h', '\u001b[?7h', '\u001b[?1049l'].join('')
const MOUSE_ON = '\u001b[?1000h\u001b[?1006h'
const MOUSE_OFF = '\u001b[?1006l\u001b[?1000l'

export class Terminal {
  private isTaken = false

  constructor(private readonly options: TerminalOptions) {}

  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.options.output
    // A terminal that does not know its size says 0.
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 }
  }

  take(): void {
    if (this.isTaken) return
    this.isTaken = true
    const { input, mouse } = this.options
    input.setRawMode(true)
    input.setEncoding('utf8')
    input.resume()
    this.write(ENTER + (mouse ? MOUSE_ON : ''))
  }

  /** At once: who calls this may be about to die. */
  giveBack(): void {
    if (!this.isTaken) return
    this.isTaken = false
    const { input, mouse } = this.options
    try {
      writeSync(STDOUT, (mouse ? MOUSE_OFF : '') + LEAVE)
    } catch {
      // The terminal has gone; there is nothing to give back.
    }
    try {
      input.setRawMode(false)
    } catch {
      // The same.
    }
    input.pause()
  }

  write(text: string): void {
    if (this.isTaken) this.options.output.write(text)
  }
}
