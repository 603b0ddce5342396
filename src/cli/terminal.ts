/**
 * The terminal that a command writes to: whether it takes colour, how wide it is, and writing to it.
 *
 * Source: no-color.org; force-color.org.
 */
import { ansiPalette, plainPalette, type Palette } from '../text/palette.js'

export interface TerminalFacts {
  readonly isTTY: boolean
  readonly columns: number | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

export function terminalFacts(stream: NodeJS.WriteStream = process.stdout): TerminalFacts {
  // `isTTY` is undefined where the stream is a file or a pipe.
  return { isTTY: Boolean(stream.isTTY), columns: stream.columns, env: process.env }
}

/** An option of the command wins over FORCE_COLOR, that over NO_COLOR, and both over what the terminal seems to be. */
export function paletteFor({ isTTY, env }: TerminalFacts, wanted: boolean): Palette {
  if (!wanted) return plainPalette
  const { FORCE_COLOR: force, NO_COLOR: none, TERM: term } = env
  if (force !== undefined) return force === '0' || force === 'false' ? plainPalette : ansiPalette
  if (none !== undefined && none !== '') return plainPalette
  return isTTY && term !== 'dumb' ? ansiPalette : plainPalette
}

const DEFAULT_WIDTH = 100
const MIN_WIDTH = 60
/** Lines longer than this are hard to read, however wide the window is. */
const MAX_WIDTH = 120

export function widthFor({ isTTY, columns }: TerminalFacts, wanted: number | undefined): number {
  if (wanted !== undefined) return Math.max(wanted, MIN_WIDTH)
  return isTTY && columns !== undefined ? Math.min(Math.max(columns, MIN_WIDTH), MAX_WIDTH) : DEFAULT_WIDTH
}

/** Whoever read the output may have gone, as `head` does when it has seen enough: that is no failure. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** Resolves when the text has been handed on, so that a full pipe slows the program and not its memory. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') reject(error)
      else resolve()
    })
  })
}

export function writeError(text: string): void {
  process.stderr.write(text)
}
