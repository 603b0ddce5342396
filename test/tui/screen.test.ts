/** Frames on a terminal: only lines that differ are written, and what is written shows the frame. */
import { Terminal as Emulator } from '@xterm/headless'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Screen } from '../../src/tui/terminal/screen.js'

const COLUMNS = 20
const ROWS = 6

/** What a terminal shows after these frames. */
async function shown(frames: readonly (readonly string[])[]): Promise<readonly string[]> {
  const emulator = new Emulator({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  let written = '\u001b[?7l'
  const screen = new Screen((text) => {
    written += text
  })
  for (const frame of frames) screen.show(frame)
  await new Promise<void>((resolve) => {
    emulator.write(written, resolve)
  })
  const { active } = emulator.buffer
  return Array.from({ length: ROWS }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
}

test('a line that is as wide as the screen keeps its last letter', async () => {
  const full = 'x'.repeat(COLUMNS - 1) + 'y'
  expect((await shown([[full]]))[0]).toBe(full)
})

test('only what differs is written', () => {
  const written: string[] = []
  const screen = new Screen((text) => written.push(text))
  screen.show(['one', 'two', 'three'])
  screen.show(['one', '2', 'three'])
  screen.show(['one', '2', 'three'])
  expect(written).toHaveLength(2)
  expect(written[1]).toContain('\u001b[2;1H')
  expect(written[1]).not.toContain('three')
})

test('whatever came before, the last frame is what is seen', async () => {
  const line = fc.stringMatching(/^[a-z ]{0,20}$/).map((text) => text.trimEnd())
  const frame = fc.array(line, { minLength: ROWS, maxLength: ROWS })
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 4 }), async (frames) => {
      expect(await shown(frames)).toEqual(frames.at(-1))
    }),
    { seed: 7, numRuns: 30 },
  )
})
