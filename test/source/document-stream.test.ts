/** Inputs cut into documents, whatever the chunks they arrive in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDocuments, type InputPart } from '../../src/source/document-stream.js'

async function cut(input: string | Uint8Array, chunkBytes = 1 << 20, maxBytes?: number): Promise<readonly InputPart[]> {
  const bytes = Buffer.from(input)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const parts: InputPart[] = []
  for await (const some of readDocuments(chunks(), maxBytes)) parts.push(...some)
  return parts
}

const lines = (...texts: readonly string[]): readonly InputPart[] =>
  texts.map((text, index) => ({ text, line: index + 1 }))

describe('form', () => {
  const pretty = '{\n  "id": 1\n}\n'
  test.each([
    ['lines', '{"a":1}\n{"b":2}\n', lines('{"a":1}', '{"b":2}')],
    ['lines without a last line feed', '{"a":1}\n{"b":2}', lines('{"a":1}', '{"b":2}')],
    ['lines with CR LF', '{"a":1}\r\n{"b":2}\r\n', lines('{"a":1}\r', '{"b":2}\r')],
    ['one line', '{"a":1}', lines('{"a":1}')],
    ['one faulty line', '{"a":', lines('{"a":')],
    ['a list on one line', '[{},{}]\n', lines('[{},{}]')],
    ['a document over several lines', pretty, [{ text: pretty, line: 1 }]],
    ['a list over several lines', '[\n{"a":1},\n{"b":2}\n]\n', [{ text: '[\n{"a":1},\n{"b":2}\n]\n', line: 1 }]],
    [
      'blank lines',
      '\n  \n{"a":1}\n\n{"b":2}\n\n',
      [
        { text: '{"a":1}', line: 3 },
        { text: '{"b":2}', line: 5 },
      ],
    ],
    ['blank lines before a document', `\n\n${pretty}`, [{ text: `\n\n${pretty}`, line: 1 }]],
    ['a faulty first line', '{"a":1\n{"b":2}\n{"c":3}\n', lines('{"a":1', '{"b":2}', '{"c":3}')],
    ['a faulty document', '{"a":1,\n"b" 2}\n', [{ text: '{"a":1,\n"b" 2}\n', line: 1 }]],
    ['nothing', '', []],
    ['white space', ' \n\n', []],
    [
      'a byte order mark',
      '\uFEFF{"a":1}\n{"b":2}\n',
      [
        { text: '\uFEFF{"a":1}', line: 1 },
        { text: '{"b":2}', line: 2 },
      ],
    ],
  ])('%s', async (_name, input, expected) => {
    expect(await cut(input)).toEqual(expected)
    for (const chunk of [1, 2, 7]) expect(await cut(input, chunk)).toEqual(expected)
  })
})

describe('limits', () => {
  test('a line that is too long is a fault, and the others go on', async () => {
    const long = `{"a":"${'x'.repeat(100)}"}`
    expect(await cut(`{"a":1}\n${long}\n{"b":2}\n`, 8, 64)).toEqual([
      { text: '{"a":1}', line: 1 },
      { fault: 'the line is longer than 64 bytes', line: 2 },
      { text: '{"b":2}', line: 3 },
    ])
    expect(await cut(`${long}\n{"b":2}`, 8, 64)).toEqual([
      { fault: 'the line is longer than 64 bytes', line: 1 },
      { text: '{"b":2}', line: 2 },
    ])
  })

  test('a document that is too long is a fault', async () => {
    const long = `{\n${'"a":1,\n'.repeat(100)}"b":2}\n`
    const fault = 'the first line is no JSON text, and as one document the input is longer than 64 bytes'
    expect(await cut(long, 8, 64)).toEqual([{ fault, line: 1 }])
  })

  test('bytes that are no UTF-8 are a fault, the replacement character is none', async () => {
    const bad = Buffer.concat([Buffer.from('{"a":1}\n"'), Buffer.of(0xff), Buffer.from('"\n"\uFFFD"\n')])
    expect(await cut(bad)).toEqual([
      { text: '{"a":1}', line: 1 },
      { fault: 'the line is not valid UTF-8', line: 2 },
      { text: '"\uFFFD"', line: 3 },
    ])
  })
})

test('the size of chunks makes no difference', async () => {
  const line = fc.constantFrom('{"a":1}', '{', '}', '"b":2', '[1,', ']', '', ' ', '"é€😀"', '{"c":[1,2]}')
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), async (some, chunk) => {
      const input = some.join('\n')
      expect(await cut(input, chunk)).toEqual(await cut(input))
    }),
    { seed: 7, numRuns: 300 },
  )
})
