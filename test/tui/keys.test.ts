/**
 * What terminals send, as keys; and the table that makes commands, hints and help.
 *
 * Source: xterm, "Control Sequences".
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainText } from '../../src/tui/frame/span.js'
import { KeyDecoder, type Input } from '../../src/tui/keys/decode-keys.js'
import { entryFor, hintLine, keyName, type KeyEntry } from '../../src/tui/keys/key-table.js'

const decoded = (...chunks: readonly string[]): readonly Input[] => {
  const decoder = new KeyDecoder()
  return [...chunks.flatMap((chunk) => [...decoder.push(chunk)]), ...decoder.flush()]
}

const names = (...chunks: readonly string[]): readonly string[] =>
  decoded(...chunks).map((input) => (input.kind === 'key' ? input.name : input.kind))

describe('keys', () => {
  const CASES: readonly (readonly [sent: string, names: readonly string[]])[] = [
    ['j', ['j']],
    ['jjk', ['j', 'j', 'k']],
    ['\r', ['enter']],
    ['\t', ['tab']],
    ['\u007f', ['backspace']],
    ['\b', ['backspace']],
    ['\u0003', ['ctrl+c']],
    ['\u001a', ['ctrl+z']],
    [' ', ['space']],
    ['\u001b', ['esc']],
    ['\u001b\u001b', ['esc', 'esc']],
    ['\u001b[A', ['up']],
    ['\u001bOB', ['down']],
    ['\u001b[1;5C', ['ctrl+right']],
    ['\u001b[1;2D', ['shift+left']],
    ['\u001b[Z', ['shift+tab']],
    ['\u001b[5~\u001b[6~', ['pageup', 'pagedown']],
    ['\u001b[H\u001b[4~', ['home', 'end']],
    ['\u001bx', ['alt+x']],
    ['é漢😀', ['é', '漢', '😀']],
    // Nobody knows these; no part of them is text.
    ['\u001b[?1;2c', []],
    ['\u001b[99;1u', []],
  ]
  test.each(CASES)('%j', (sent, expected) => {
    expect(names(sent)).toEqual(expected)
    // The same in single characters, as a slow line brings them.
    expect(names(...sent)).toEqual(expected)
  })

  test('a letter types itself, a command key types nothing', () => {
    expect(decoded('a\u001b[A')).toEqual([
      { kind: 'key', name: 'a', text: 'a' },
      { kind: 'key', name: 'up' },
    ])
  })

  test('an Esc waits for what may follow', () => {
    const decoder = new KeyDecoder()
    expect(decoder.push('\u001b')).toEqual([])
    expect(decoder.isWaiting).toBe(true)
    expect(decoder.push('[A')).toEqual([{ kind: 'key', name: 'up' }])
    expect(decoder.isWaiting).toBe(false)
  })

  test('pasted text is one piece, and no keys are in it', () => {
    expect(decoded('a\u001b[200~User: q\r\n\u001b[A?\u001b[201~b')).toEqual([
      { kind: 'key', name: 'a', text: 'a' },
      { kind: 'paste', text: 'User: q\r\n\u001b[A?' },
      { kind: 'key', name: 'b', text: 'b' },
    ])
  })

  test('pasted text however it is cut', () => {
    const sent = '\u001b[200~one\u001b[20two\u001b[201~'
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: sent.length }), { maxLength: 6 }), (cuts) => {
        const places = [0, ...cuts.toSorted((left, right) => left - right), sent.length]
        const chunks = places.slice(1).map((end, index) => sent.slice(places[index], end))
        expect(decoded(...chunks)).toEqual([{ kind: 'paste', text: 'one\u001b[20two' }])
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  test('clicks and the wheel, from 0', () => {
    expect(decoded('\u001b[<0;5;3M\u001b[<0;5;3m\u001b[<64;1;1M\u001b[<65;1;1M')).toEqual([
      { kind: 'click', row: 2, column: 4 },
      { kind: 'wheel', by: -3, row: 0, column: 0 },
      { kind: 'wheel', by: 3, row: 0, column: 0 },
    ])
  })

  test('no text makes the decoder fail or keep more than a sequence', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const decoder = new KeyDecoder()
        const kinds = new Set(decoder.push(`\u001b[${text}`).map(({ kind }) => kind))
        expect([...kinds].filter((kind) => !['key', 'paste', 'click', 'wheel'].includes(kind))).toEqual([])
        decoder.flush()
        expect(decoder.isWaiting).toBe(false)
      }),
      { seed: 2, numRuns: 200 },
    )
  })
})

const TABLE: readonly KeyEntry[] = [
  { command: 'open', keys: ['enter', 'l'], what: 'open it', hint: 'open', whileTyping: true },
  { command: 'filter', keys: ['/'], what: 'filter', hint: 'filter' },
  { command: 'down', keys: ['down', 'j'], what: 'down', whileTyping: true },
]
const HELP: KeyEntry = { command: 'help', keys: ['?'], what: 'help', hint: 'help' }

describe('the table', () => {
  const key = (name: string): Parameters<typeof entryFor>[1] =>
    name.length === 1 ? { kind: 'key', name, text: name } : { kind: 'key', name }

  test('finds the command of a key', () => {
    expect(entryFor(TABLE, key('l'), false, () => true)?.command).toBe('open')
    expect(entryFor(TABLE, key('x'), false, () => true)).toBeUndefined()
    expect(entryFor(TABLE, key('l'), false, (command) => command !== 'open')).toBeUndefined()
  })

  test('while text is typed a letter is text and an arrow is still a command', () => {
    expect(entryFor(TABLE, key('j'), true, () => true)).toBeUndefined()
    expect(entryFor(TABLE, key('down'), true, () => true)?.command).toBe('down')
    expect(entryFor(TABLE, key('/'), true, () => true)).toBeUndefined()
  })

  test.each([
    ['ctrl+d', 'Ctrl-D'],
    ['shift+tab', 'Shift-Tab'],
    ['G', 'G'],
    ['pagedown', 'PgDn'],
    ['+', '+'],
  ])('%s is written %s', (name, written) => {
    expect(keyName(name)).toBe(written)
  })

  test.each([
    [40, 'Enter open  / filter  ? help'],
    [20, 'Enter open  ? help'],
    [8, '? help'],
  ])('hints in %i columns: help always stays', (columns, expected) => {
    expect(plainText(hintLine(TABLE, [HELP], columns))).toBe(expected)
  })
})
