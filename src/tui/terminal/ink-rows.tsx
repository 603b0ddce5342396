/**
 * The rows of the screen as an Ink program.
 *
 * Ink keeps the tree of rows and says when a frame is complete; what is in a row is painted here. Were Ink to be handed
 * the text itself, it would take it apart into cells and put it together again for every key, which on a large screen
 * costs more than all else.
 *
 * Source: Ink 6, `render` (with `debug` every frame is handed on at once and whole).
 */
import { Writable } from 'node:stream'
import { Box, render, Text } from 'ink'
import { memo, useSyncExternalStore } from 'react'
import type { Screen } from './screen.js'

export interface Rows {
  /** Lines as they are painted. */
  show(lines: readonly string[]): void
  unmount(): void
}

/** What a row has that Ink sees: it is another one whenever the painted line is. */
interface Row {
  readonly painted: string
  readonly revision: number
}

class Frame {
  rows: readonly Row[] = []
  private readonly listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly current = (): readonly Row[] => this.rows

  set(lines: readonly string[]): void {
    this.rows = lines.map((painted, index): Row => {
      const before = this.rows[index]
      return before?.painted === painted ? before : { painted, revision: (before?.revision ?? 0) + 1 }
    })
    for (const listener of this.listeners) listener()
  }
}

const RowText = memo(function RowText({ row }: { readonly row: Row }) {
  return <Text>{String(row.revision)}</Text>
})

function AllRows({ frame }: { readonly frame: Frame }) {
  const rows = useSyncExternalStore(frame.subscribe, frame.current)
  return (
    <Box flexDirection="column">
      {rows.map((row, index) => (
        // A row is its place on the screen.
        <RowText key={index} row={row} />
      ))}
    </Box>
  )
}

/** Ink makes an object of each cell of each frame, so it gets no more columns than a revision has digits. */
const COLUMNS = 12

export function mountRows(screen: Screen): Rows {
  const frame = new Frame()
  let isMounted = true
  const output = Object.assign(
    new Writable({
      write(_chunk, _encoding, done) {
        if (isMounted && frame.rows.length > 0) screen.show(frame.rows.map(({ painted }) => painted))
        done()
      },
    }),
    { columns: COLUMNS, rows: 1, isTTY: false },
  )
  const instance = render(<AllRows frame={frame} />, {
    // Ink asks of its output no more than to be written to and to know its width.
    stdout: output as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return {
    show: (lines) => frame.set(lines),
    unmount: () => {
      isMounted = false
      instance.unmount()
    },
  }
}
