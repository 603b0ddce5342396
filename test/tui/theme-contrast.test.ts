/**
 * Themes with colours of their own can be read: every role on the background of the terminal, and on that of every mark
 * that changes the background alone.
 *
 * Source: Web Content Accessibility Guidelines 2.2, "Contrast ratio"; xterm, the palette of 256 colours.
 */
import { expect, test } from 'vitest'
import { THEMES } from '../../src/tui/frame/theme.js'

/** Of the palette from 16 on, as terminals agree about it. */
function rgb(index: number): readonly [number, number, number] {
  if (index >= 232) {
    const grey = 8 + 10 * (index - 232)
    return [grey, grey, grey]
  }
  const levels = [0, 95, 135, 175, 215, 255]
  const at = index - 16
  const level = (digit: number): number => levels[digit % 6] ?? 0
  return [level(Math.floor(at / 36)), level(Math.floor(at / 6)), level(at)]
}

function luminance(index: number): number {
  const [red = 0, green = 0, blue = 0] = rgb(index).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(left: number, right: number): number {
  const [dark = 0, light = 0] = [luminance(left), luminance(right)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const colourIn = (sgr: string, ground: 38 | 48): number | undefined => {
  const found = new RegExp(`(?:^|;)${ground};5;([0-9]+)`).exec(sgr)
  return found === null ? undefined : Number(found[1])
}

/** The darkest grey and the lightest that such a terminal is likely to have behind its text. */
const TERMINALS = [
  { name: 'dark', behind: [16, 234] },
  { name: 'light', behind: [231, 255] },
] as const

test.each(TERMINALS)('the $name theme', ({ name, behind }) => {
  const { roles, marks } = THEMES[name]
  const grounds = [
    ...behind,
    ...Object.values(marks).flatMap((sgr) => (colourIn(sgr, 38) === undefined ? (colourIn(sgr, 48) ?? []) : [])),
  ]
  expect(grounds.length).toBe(5)
  for (const [role, sgr] of Object.entries(roles)) {
    const text = colourIn(sgr, 38)
    if (text === undefined) continue
    const own = colourIn(sgr, 48)
    for (const ground of own === undefined ? grounds : [own]) {
      expect(contrast(text, ground), `${role} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  }
})
