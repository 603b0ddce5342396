/**
 * While the files of a large world are read: how far it is, and what has been found. Nothing can be asked yet.
 *
 * Has no state: what it shows is in `env.reading`. A world that is read at once never shows it.
 */
import type { WorldProgress, WorldStage } from '../../source/world/world-progress.js'
import { counted } from '../app/counted.js'
import { viewOf, type Env, type View } from '../app/view.js'
import { NO_LINE, span, type Line } from '../frame/span.js'
import { cutStartToWidth, textWidth } from '../frame/width.js'

const HEADINGS: Readonly<Record<WorldStage, string>> = {
  listing: 'Reading the world: which files there are',
  reading: 'Reading the world: its files',
  understanding: 'Reading the world: what the files say',
  joining: 'Reading the world: what belongs together',
  keeping: 'The world is read; keeping it, so that the next time is quick',
}

/** More is hard to take in at a glance. */
const MAX_BAR = 60
const PERCENT = '100 %'.length

export function readingView(): View {
  return viewOf(
    {
      id: 'reading',
      title: () => 'reading the world',
      keys: [{ command: 'leave', keys: ['q'], what: 'leave the program', hint: 'leave' }],
      reduce: (state: undefined) => ({ state }),
      draw: (_state, env) => draw(env),
      escape: (state) => ({ state, go: { to: 'quit' } }),
    },
    undefined,
  )
}

function draw(env: Env): readonly Line[] {
  const { reading, rows } = env
  if (reading === undefined) return []
  const lines = [barLine(reading, env), ...found(reading, env)]
  // A low screen has no room for space.
  return rows < lines.length + 3 ? lines : [NO_LINE, heading(reading), NO_LINE, ...lines]
}

function heading({ stage }: WorldProgress): Line {
  return [span(` ${HEADINGS[stage]}`, 'strong')]
}

function barLine({ done }: WorldProgress, { columns, glyphs }: Env): Line {
  const room = Math.max(Math.min(columns - PERCENT - 4, MAX_BAR), 1)
  const full = Math.floor(Math.min(Math.max(done, 0), 1) * room)
  const percent = `${Math.floor(done * 100)} %`.padStart(PERCENT)
  return [
    span(' '),
    span(glyphs.full.repeat(full), 'good'),
    span(glyphs.horizontal.repeat(room - full), 'faint'),
    span(`  ${percent}`),
  ]
}

function found({ stage, files, understood, file, principals, keys }: WorldProgress, env: Env): readonly Line[] {
  if (stage === 'listing') return [count(files, 'files so far')]
  if (stage === 'reading') return [count(files, 'files')]
  return [
    understood < files ? count(understood, `of ${counted(files)} files`) : count(files, 'files'),
    count(principals, 'users, groups and roles'),
    count(keys, 'keys'),
    ...(stage === 'understanding' && file !== undefined ? [fileLine(file, env)] : []),
  ]
}

const NUMBER_COLUMNS = 10

function count(number: number, what: string): Line {
  return [span(counted(number).padStart(NUMBER_COLUMNS), 'strong'), span(` ${what}`)]
}

/** Of a long name the end, which says more than the beginning. */
function fileLine(name: string, { columns, glyphs }: Env): Line {
  const shown = span(name, 'place').text
  const room = columns - 2
  const cut =
    textWidth(shown) <= room
      ? shown
      : `${glyphs.ellipsis}${cutStartToWidth(shown, Math.max(room - textWidth(glyphs.ellipsis), 1))}`
  return [span(` ${cut}`, 'place')]
}
