import { describe, expect, test } from 'vitest'
import { paletteFor, widthFor, type TerminalFacts } from '../../src/cli/terminal.js'
import { ansiPalette } from '../../src/text/palette.js'

const facts = (isTTY: boolean, env: TerminalFacts['env'] = {}, columns?: number): TerminalFacts => ({
  isTTY,
  env,
  columns,
})

const COLOURS: readonly (readonly [string, TerminalFacts, boolean, boolean])[] = [
  ['a terminal', facts(true), true, true],
  ['a pipe', facts(false), true, false],
  ['--no-color', facts(true), false, false],
  ['--no-color wins over FORCE_COLOR', facts(true, { FORCE_COLOR: '1' }), false, false],
  ['NO_COLOR', facts(true, { NO_COLOR: '1' }), true, false],
  ['an empty NO_COLOR says nothing (no-color.org)', facts(true, { NO_COLOR: '' }), true, true],
  ['FORCE_COLOR on a pipe (force-color.org)', facts(false, { FORCE_COLOR: '1' }), true, true],
  ['FORCE_COLOR wins over NO_COLOR', facts(false, { FORCE_COLOR: '1', NO_COLOR: '1' }), true, true],
  ['FORCE_COLOR=0', facts(true, { FORCE_COLOR: '0' }), true, false],
  ['TERM=dumb', facts(true, { TERM: 'dumb' }), true, false],
]

describe('colour', () => {
  for (const [name, terminal, wanted, expected] of COLOURS) {
    test(name, () => expect(paletteFor(terminal, wanted) === ansiPalette).toBe(expected))
  }
})

const WIDTHS: readonly (readonly [string, TerminalFacts, number | undefined, number])[] = [
  ['a pipe', facts(false), undefined, 100],
  ['a pipe that tells columns', facts(false, {}, 80), undefined, 100],
  ['a terminal', facts(true, {}, 90), undefined, 90],
  ['a narrow terminal', facts(true, {}, 40), undefined, 60],
  ['a wide terminal', facts(true, {}, 300), undefined, 120],
  ['asked for', facts(true, {}, 90), 200, 200],
]

describe('width', () => {
  for (const [name, terminal, wanted, expected] of WIDTHS)
    test(name, () => expect(widthFor(terminal, wanted)).toBe(expected))
})
