/**
 * What the program writes to its terminal, as it comes: only sequences that it is known to use, nothing that text of
 * others could have brought in, and the modes that the terminal is left in.
 */

type Mode = 1049 | 7 | 25 | 2004 | 1000 | 1006

/** As a shell has them. */
const OF_A_SHELL: Readonly<Record<Mode, 'h' | 'l'>> = { 1049: 'l', 7: 'h', 25: 'h', 2004: 'l', 1000: 'l', 1006: 'l' }

const ESC = '\u001b'
const BEL = '\u0007'
const PIECE = new RegExp(String.raw`${ESC}\[[0-?]*[ -/]*[@-~]|${ESC}\][^${BEL}${ESC}]*${BEL}|[^${ESC}]+`, 'y')
const MODE = new RegExp(String.raw`^${ESC}\[\?(1049|7|25|2004|1000|1006)([hl])$`)
const KNOWN = new RegExp(String.raw`^${ESC}(?:\[(?:\d+;1H|H|K|2J|[\d;]*m|\?2026[hl])|\]52;c;[\w+/=]*${BEL})$`)
/** Nothing that moves, hides or turns text. */
const SHOWN = /^[^\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]*$/u
const STOPPED = /^stopped (\S+)$/
const ENDED = /^ended (\d+)$/
const MAX_LINE = 200
/** A copied text is the longest that is one sequence. */
const MAX_SEQUENCE = 1024 * 1024
const MAX_WRONG = 5

export class ProgramOutput {
  private rest = ''
  private line = ''
  private readonly modes = new Map<string, string>()
  /** Screens that were begun anew. */
  clears = 0
  /** How often a shell with jobs said that the program was stopped. */
  stops = 0
  /** What the shell says of its end. */
  ended: string | undefined
  readonly wrong: string[] = []

  push(text: string): void {
    const all = this.rest + text
    PIECE.lastIndex = 0
    let end = 0
    for (let found = PIECE.exec(all); found !== null; found = PIECE.exec(all)) {
      end = PIECE.lastIndex
      this.take(found[0])
    }
    this.rest = all.slice(end)
    if (this.rest.length > MAX_SEQUENCE) this.complain(this.rest)
  }

  get isOnScreen(): boolean {
    return this.modes.get('1049') === 'h'
  }

  get isShells(): boolean {
    return Object.entries(OF_A_SHELL).every(([mode, state]) => (this.modes.get(mode) ?? state) === state)
  }

  private take(piece: string): void {
    const [, mode, state] = MODE.exec(piece) ?? []
    if (mode !== undefined && state !== undefined) this.modes.set(mode, state)
    else if (!piece.startsWith(ESC)) this.takeText(piece)
    else if (!KNOWN.test(piece)) this.complain(piece)
    else if (piece === '\u001b[2J') this.clears++
  }

  private takeText(text: string): void {
    if (!this.isOnScreen) this.takeShellText(text)
    else if (!SHOWN.test(text)) this.complain(text)
  }

  private takeShellText(text: string): void {
    const lines = (this.line + text).split(/\r?\n/)
    this.line = lines.pop()?.slice(-MAX_LINE) ?? ''
    for (const line of lines) {
      this.ended ??= ENDED.exec(line)?.[1]
      const [, state] = STOPPED.exec(line) ?? []
      if (state === undefined) continue
      this.stops++
      if (state !== 'icanon' || !this.isShells) this.complain(line)
    }
  }

  private complain(piece: string): void {
    if (this.wrong.length < MAX_WRONG) this.wrong.push(JSON.stringify(piece.slice(0, 200)))
  }
}
