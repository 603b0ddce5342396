/** A policy in a string is found again in its file, character by character. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { placesInLines, placesInString } from '../../src/lint/places.js'
import { readSyntax } from '../../src/text/read-syntax.js'
import { nodeAt } from '../../src/text/syntax-tree.js'

function inFile(text: string, format: 'json' | 'yaml'): ReturnType<typeof placesInString> & { value: string } {
  const tree = readSyntax({ name: 'x', text }, format)
  const node = tree.ok ? nodeAt(tree.value, ['p']) : undefined
  if (node?.kind !== 'string') throw new Error('no string')
  return { ...placesInString(text, node, node.value), value: node.value }
}

const FILES: readonly (readonly [name: string, format: 'json' | 'yaml', text: string])[] = [
  ['a JSON string', 'json', '{"p": "{\\"Sid\\": \\"a\\\\tb\\u0041c\\"}"}'],
  ['a double-quoted YAML string', 'yaml', 'p: "{\\"Sid\\": \\"abc\\"}"\n'],
  ['a single-quoted YAML string', 'yaml', `p: '{"Sid": "it''s abc"}'\n`],
  ['a literal block', 'yaml', 'k: 1\np: |\n    {\n      "Sid":   "abc",\n      "x": [1,\n    2]\n    }\nq: 2\n'],
  ['a literal block without its last line break', 'yaml', 'p: |-\n  {\n    "Sid": "abc"\n  }\n'],
]

describe('places in a string', () => {
  test.each(FILES)('%s', (_name, format, text) => {
    const { value, span, edit } = inFile(text, format)
    const at = value.indexOf('Sid')
    const found = span({ start: at, end: at + 3 })
    expect(text.slice(found.start, found.end)).toBe('Sid')
    const last = value.lastIndexOf('c')
    const lastFound = span({ start: last, end: last + 1 })
    expect(text.slice(lastFound.start, lastFound.end)).toBe('c')
    const moved = edit({ start: at, end: at + 3, text: 'Id"\\' })!
    const after = text.slice(0, moved.start) + moved.text + text.slice(moved.end)
    const expected = value.replace('Sid', 'Id"\\')
    expect((format === 'json' ? (JSON.parse(after) as { p: string }) : (parse(after) as { p: string })).p).toBe(
      expected,
    )
  })

  test('a folded string answers its whole token and takes no edit', () => {
    const text = 'p: >\n  {"Sid":\n  "abc"}\n'
    const { value, span, edit } = inFile(text, 'yaml')
    const at = value.indexOf('Sid')
    expect(text.slice(span({ start: at, end: at + 3 }).start)).toBe(text.slice(3))
    expect(edit({ start: at, end: at + 3, text: 'x' })).toBeUndefined()
  })

  test('a heredoc', () => {
    const file = 'policy = <<-EOT\n    {\n      "Sid": "abc"\n    }\n  EOT\n'
    const from = file.indexOf('    {')
    const value = '{\n  "Sid": "abc"\n}\n'
    const places = placesInLines(file, { start: from, end: file.indexOf('  EOT') }, value, from)
    const { start, end } = places.span({ start: value.indexOf('"abc"'), end: value.indexOf('"abc"') + 5 })
    expect(file.slice(start, end)).toBe('"abc"')
  })

  test('every character of any JSON string is where it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const text = JSON.stringify({ p: value })
        const places = inFile(text, 'json')
        for (let at = 0; at < value.length; at++) {
          const { start, end } = places.span({ start: at, end: at + 1 })
          expect(JSON.parse(`"${text.slice(start, end)}"`)).toBe(value[at])
        }
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})
