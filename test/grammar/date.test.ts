import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDate } from '../../src/text/date.js'

// authorization.md B4; W3C Note, "Date and Time Formats".
const DATES: readonly (readonly [string, string])[] = [
  ['1997', '1997-01-01T00:00:00.000Z'],
  ['1997-07', '1997-07-01T00:00:00.000Z'],
  ['1997-07-16', '1997-07-16T00:00:00.000Z'],
  ['1997-07-16T19:20+01:00', '1997-07-16T18:20:00.000Z'],
  ['1997-07-16T19:20:30+01:00', '1997-07-16T18:20:30.000Z'],
  ['1997-07-16T19:20:30.45+01:00', '1997-07-16T18:20:30.450Z'],
  ['1997-07-16T19:20:30Z', '1997-07-16T19:20:30.000Z'],
  ['1997-12-31T23:30-05:30', '1998-01-01T05:00:00.000Z'],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2026-01-01T00:00:00.0019Z', '2026-01-01T00:00:00.001Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
  ['59', '1970-01-01T00:00:59.000Z'],
  ['123', '1970-01-01T00:02:03.000Z'],
  ['1785542400', '2026-08-01T00:00:00.000Z'],
  ['1785542400.25', '2026-08-01T00:00:00.250Z'],
  ['2026.5', '1970-01-01T00:33:46.500Z'],
  ['-1', '1969-12-31T23:59:59.000Z'],
  ['-0.0001', '1969-12-31T23:59:59.999Z'],
  ['-1.25', '1969-12-31T23:59:58.750Z'],
]

const NO_DATES: readonly string[] = [
  '', ' ', '2026 ', ' 2026', 'today', '20260101', // the last is seconds, see below
  '1997-7-16', '97-07-16', '1997-07-16T19:20', '1997-07-16T19:20:30', '1997-07-16 19:20Z', '1997-07-16t19:20z',
  '1997-07-16T19Z', '1997-07-16T19:20:30.Z', '1997-07-16T19:20+1:00', '1997-07-16T19:20+0100', '19970716T192030Z',
  '1997-13-01', '1997-00-01', '1997-04-31', '1997-01-00', '2023-02-29', '1900-02-29', '1997-01-01T24:00Z',
  '1997-01-01T00:60Z', '1997-01-01T00:00:60Z', '1997-01-01T00:00+24:00', '1997-01-01T00:00+00:60', '1997-',
  '+1785542400', '1e9', '0x10', '1.', '.5', '--1', '99999999999999', `1785542400.${'1'.repeat(64)}`,
].filter((text) => text !== '20260101') // prettier-ignore

describe('parseDate', () => {
  for (const [text, instant] of DATES) {
    test(text, () => {
      const instantMs = parseDate(text)
      expect(instantMs === undefined ? undefined : new Date(instantMs).toISOString()).toBe(instant)
    })
  }
  for (const text of NO_DATES) test(`refuses ${JSON.stringify(text)}`, () => expect(parseDate(text)).toBe(undefined))

  test('eight digits are seconds, not a date without dashes', () => expect(parseDate('20260101')).toBe(20_260_101_000))

  test('reads every instant that JavaScript prints, in both forms', () =>
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (instantMs) => {
        expect(parseDate(new Date(instantMs).toISOString())).toBe(instantMs)
        const seconds = `${instantMs < 0 ? '-' : ''}${Math.trunc(Math.abs(instantMs) / 1000)}.${String(Math.abs(instantMs) % 1000).padStart(3, '0')}`
        expect(parseDate(seconds)).toBe(instantMs + 0)
      }),
      { numRuns: 300, seed: 3 },
    ))

  test('accepts exactly the days that exist', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        (year, month, day) => {
          const text = [
            String(year).padStart(4, '0'),
            String(month).padStart(2, '0'),
            String(day).padStart(2, '0'),
          ].join('-')
          const date = new Date(`${text}T00:00:00Z`)
          const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
          expect(parseDate(text)).toBe(exists ? date.getTime() : undefined)
        },
      ),
      { numRuns: 300, seed: 4 },
    ))
})
