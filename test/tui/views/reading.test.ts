/**
 * The screen while a large world is read: frames, and the keys that leave it.
 *
 * Set KEYWARD_UPDATE_GOLDEN=1 to write the frames anew; read the difference before it is kept.
 */
import { describe, expect, test } from 'vitest'
import type { WorldProgress } from '../../../src/source/world/world-progress.js'
import { partsWhileReading } from '../../../src/tui/explorer.js'
import { ASCII, UNICODE } from '../../../src/tui/frame/glyphs.js'
import { readingView } from '../../../src/tui/views/reading-view.js'
import { checkFrame, SIZES, started, type Driven, type Room } from '../frames.js'

const HALF: WorldProgress = {
  stage: 'understanding',
  done: 0.44,
  files: 8135,
  understood: 2300,
  file: '100000000004/get-account-authorization-details.003.json',
  principals: 3105,
  keys: 932,
}
const STAGES: readonly WorldProgress[] = [
  { ...HALF, stage: 'listing', done: 0, files: 4711, understood: 0, file: undefined, principals: 0, keys: 0 },
  { ...HALF, stage: 'reading', done: 0.07, understood: 0, file: undefined, principals: 0, keys: 0 },
  HALF,
  { ...HALF, stage: 'joining', done: 0.7, understood: 8135, principals: 5000, keys: 2000 },
  { ...HALF, stage: 'keeping', done: 0.99, understood: 8135, principals: 5000, keys: 2000 },
]

function reading(room: Room, progress: WorldProgress | undefined, glyphs = UNICODE): Driven {
  const driven = started(readingView(), room, undefined, partsWhileReading('organizations/large', glyphs))
  return progress === undefined ? driven : driven.send({ kind: 'reading', progress })
}

test.each(SIZES)('half-way at $columns x $rows', (room) => {
  checkFrame(`reading-${room.columns}x${room.rows}`, reading(room, HALF).frame())
})

test('all its stages', () => {
  const frames = STAGES.map((progress) => reading({ columns: 80, rows: 14 }, progress).frame())
  checkFrame('reading-stages', frames.join(`${'='.repeat(80)}\n`))
})

test('without Unicode', () => checkFrame('reading-ascii', reading(SIZES[0], HALF, ASCII).frame()))

describe('small terminals', () => {
  test.each([
    [40, 12],
    [40, 6],
    [24, 4],
    [10, 3],
    [3, 2],
    [1, 1],
  ])('%i x %i: every line fits, and where there is room for one it says how far', (columns, rows) => {
    for (const progress of [undefined, ...STAGES]) {
      const lines = reading({ columns, rows }, progress).frame().split('\n').slice(0, -1)
      expect(lines).toHaveLength(rows)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
      if (progress === HALF && columns >= 20 && rows >= 3) expect(lines.join('\n')).toContain('44 %')
    }
  })
})

test('a hostile name of a file cannot move the cursor', () => {
  const frame = reading(SIZES[0], { ...HALF, file: 'a\u001b[2J\u202e.json' }).frame()
  expect(frame).toContain(String.raw`a\u{1b}[2J\u{202e}.json`)
})

test.each(['q', 'esc', 'Q', 'ctrl+c'])('%s leaves', (key) => {
  expect(reading(SIZES[0], HALF).press(key).app.hasQuit).toBe(true)
})

test('other keys do nothing that could not be undone: there is a help, and nowhere to go', () => {
  const driven = reading(SIZES[0], HALF)
  for (const key of ['enter', 'j', 'w', 'f', 'c', 'v', '/']) driven.press(key)
  expect(driven.app.stack).toHaveLength(1)
  expect(driven.press('?').frame()).toContain('leave the program')
  expect(driven.press('esc').app.stack).toHaveLength(1)
  expect(driven.paste('User: x is not authorized').frame()).toContain('the world is still being read')
})
