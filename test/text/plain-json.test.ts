/** The fast JSON reader beside the thorough one: it takes exactly the texts in which that one finds nothing. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/text/json.js'
import { readPlainJson } from '../../src/text/plain-json.js'
import { nodeToValue, type SyntaxNode } from '../../src/text/syntax-tree.js'

/** The whole text read the fast way. */
function plain(text: string, maxDepth = 128): SyntaxNode | undefined {
  const node = readPlainJson(text, 0, maxDepth)
  return node?.end === text.length ? node : undefined
}

/** Nothing is wrong with the text: the thorough reader, kept from the fast way by a fault behind it, finds that alone. */
function isFaultless(text: string): boolean {
  const result = readJson({ name: '<memory>', text: `${text} #` })
  return !result.ok && result.error.length === 1 && result.error[0]!.message.startsWith('unexpected `#` after')
}

/** Every node and key is what stands at its place. */
function checkPlaces(text: string, node: SyntaxNode): void {
  expect(JSON.parse(text.slice(node.start, node.end))).toEqual(nodeToValue(node))
  if (node.kind === 'array') for (const item of node.items) checkPlaces(text, item)
  if (node.kind === 'number') expect(text.slice(node.start, node.end)).toBe(node.text)
  if (node.kind !== 'object') return
  for (const { key, keyStart, keyEnd, value } of node.members) {
    expect(JSON.parse(text.slice(keyStart, keyEnd))).toBe(key)
    checkPlaces(text, value)
  }
}

const many = Array.from({ length: 40 }, (_, index) => `"k${index}":${index}`)

describe('RFC 8259', () => {
  test.each([
    '{}',
    '[]',
    '{"a":[1,-0,1.5e-7,true,false,null,"x"]}',
    '{ "a" :\t[ 1 ,\r\n2 ] , "" : "" }',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud800"',
    '{"a\\u0041":1,"aA ":2}',
    '{"__proto__":1,"constructor":{}}',
    '"\u2028\u007f\ud800"',
    `{${many.join()}}`,
  ])('takes %j', (text) => {
    const node = plain(text)
    expect(node === undefined ? undefined : nodeToValue(node)).toEqual(JSON.parse(text))
    checkPlaces(text, node!)
    expect(isFaultless(text)).toBe(true)
  })

  test.each([
    '',
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    '-',
    '0x1',
    'tru',
    'nul',
    'NaN',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"a":1,}',
    '{"a" 1}',
    '{"a"}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    `{${many.join()},"k0":1}`,
    `{${many.join()},"k39":1}`,
    '"\\x"',
    '"\\u00g0"',
    '"\\"',
    '"a',
    '"\t"',
    '"\n"',
    '[1',
    '{"a":1',
    '{"a":',
    '/**/1',
    '[1]]',
    '\u00a01',
  ])('leaves %j to the thorough reader', (text) => {
    expect(plain(text)).toBeUndefined()
    expect(isFaultless(text)).toBe(false)
  })

  test('nests as deep as it may and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(plain(nested(3), 3)).toBeDefined()
    expect(plain(nested(4), 3)).toBeUndefined()
    expect(plain('1', 0)).toBeDefined()
    expect(plain(nested(200_000))).toBeUndefined()
  })
})

test('takes a text exactly when the thorough reader finds nothing wrong with it', () => {
  const piece = fc.constantFrom(
    ...'{}[],:"\\\n\t 01.-eE+u/*'.split(''),
    'true',
    'null',
    '"a"',
    '"b":',
    '"a":1',
    '\\u0041',
    '1',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('').trim()
      const node = plain(text)
      expect(node !== undefined).toBe(isFaultless(text))
      if (node !== undefined) checkPlaces(text, node)
    }),
    { numRuns: 5000, seed: 3 },
  )
})

test('takes whatever JSON.stringify writes, with its places', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 1, 4), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), null, indent)
      const node = plain(text)
      expect(node).toBeDefined()
      checkPlaces(text, node!)
    }),
    { numRuns: 300, seed: 4 },
  )
})
