/**
 * The fast reader of YAML says what `readYaml` says, or nothing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readPlainYaml } from '../../src/text/plain-yaml.js'
import type { SyntaxNode } from '../../src/text/syntax-tree.js'
import { readYaml } from '../../src/text/yaml.js'
import { ACME } from '../source/world/acme-requests.js'

const worldFiles = readdirSync(ACME)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, readFileSync(join(ACME, name), 'utf8')] as const)
const example = /```yaml\n([^]*?)```/.exec(readFileSync('docs/world.md', 'utf8'))?.[1] ?? ''

/** A block collection ends with its last value here, and behind its last line there. */
function withoutBlockEnds(node: SyntaxNode, text: string): unknown {
  const isBlock = (node.kind === 'object' || node.kind === 'array') && !/[[{]/.test(text[node.start] ?? '')
  const end = isBlock ? undefined : node.end
  if (node.kind === 'array') return { ...node, end, items: node.items.map((item) => withoutBlockEnds(item, text)) }
  if (node.kind !== 'object') return node
  const members = node.members.map((each) => ({ ...each, value: withoutBlockEnds(each.value, text) }))
  return { ...node, end, members }
}

function tree(text: string): unknown {
  const read = readYaml({ name: 'w.yaml', text })
  return read.ok ? withoutBlockEnds(read.value, text) : read.error.map(({ message }) => message)
}

/** False where the fast reader says nothing. */
function agrees(text: string): boolean {
  const plain = readPlainYaml(text)
  if (plain !== undefined) expect(withoutBlockEnds(plain, text)).toEqual(tree(text))
  return plain !== undefined
}

describe('takes what people write', () => {
  test.each([...worldFiles, ['docs/world.md', example] as const])('%s', (_name, text) => {
    expect(agrees(text)).toBe(true)
  })

  test.each([
    ['a sequence in the column of its key', 'a:\n- b\n- c: d\n  e: f\ng: h\n'],
    ['sequences in sequences', 'a:\n  - - b\n    - c\n  -\n    - d\n'],
    ['comments', '# one\na: b # two\n# three\nc: # four\n  d: e\n\n# five\n'],
    ['flow collections over lines', "a: [b,\n  'c', {d: e, f: [],\n    g: {}}]\nh: i\n"],
    [
      'colons and signs in plain values',
      'a: kms:Decrypt\nb: arn:aws:kms:*:1:key/*\nc: a#b\nd: -x\n2012-10-17: 2012-10-17\n',
    ],
    ['quotes', `"a b": 'c "d" \\n'\n'e': "it's"\n`],
    ['booleans', 'a: true\nb: False\n'],
    ['no line feed at the end', 'a:\n  b: c'],
    ['aliases', 'a: &x\n  b: c\nd: *x # again\ne: &x [f]\ng:\n  - *x\n  - &z h\n  - *z\n'],
    ['an indented root', '  a: b\n  c: d\n'],
  ])('%s', (_name, text) => {
    expect(agrees(text)).toBe(true)
  })
})

test.each([
  ['numbers', 'a: 012'],
  ['nulls', 'a: ~'],
  ['nothing', 'a:\nb: c'],
  ['aliases of nothing', 'a: *x'],
  ['aliases in flow collections', 'a: &x b\nc: [*x]'],
  ['aliases of what has aliases', 'a: &x b\nc: &y\n  d: *x\ne: *y\n'],
  ['many aliases', `a: &x b\n${Array.from({ length: 17 }, (_, index) => `k${index}: *x\n`).join('')}`],
  ['tags', 'a: !x b'],
  ['block scalars', 'a: |\n  b'],
  ['values that go on', 'a: b\n  c'],
  ['quoted values that go on', 'a: "b\n  c"'],
  ['escapes', 'a: "\\u0041"'],
  ['doubled quotes', "a: 'it''s'"],
  ['tabs', 'a:\tb'],
  ['carriage returns', 'a: b\r\nc: d\r\n'],
  ['documents', '---\na: b\n'],
  ['directives', '%YAML 1.2\n---\na: b\n'],
  ['complex keys', '? a\n: b\n'],
  ['keys twice', 'a: b\na: c\n'],
  ['merge keys', '<<: { a: b }\n'],
  ['keys that are no strings', '1: a\ntrue: b\n'],
  ['pairs in sequences', 'a: [b: c]'],
  ['commas at the end', 'a: [b, ]'],
  ['flow lines that are not indented', 'a: [b,\nc]'],
  ['wrong indentation', 'a:\n    b: c\n  d: e\n'],
  ['values in values', 'a: b: c'],
  ['an open bracket', 'a: [b'],
  ['a plain value', 'a'],
  ['an empty text', ''],
])('leaves %s to readYaml', (_name, text) => expect(readPlainYaml(text)).toBeUndefined())

test('deep nesting is left to readYaml, which has a limit', () => {
  expect(readPlainYaml(`a: ${'['.repeat(100_000)}`)).toBeUndefined()
  expect(readPlainYaml('- '.repeat(100_000))).toBeUndefined()
})

const text = fc.oneof(
  fc.constantFrom(
    'Allow',
    'kms:*',
    '*',
    'a b',
    'arn:aws:iam::1:role/x',
    'true',
    '2012-10-17',
    '',
    "it's",
    'x: y',
    '#a',
  ),
  fc.string(),
)
const value = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, text, fc.boolean(), fc.array(tie('value')), fc.dictionary(text, tie('value'))),
})).value

test('of any value that somebody prints', () => {
  fc.assert(
    fc.property(fc.dictionary(text, value), fc.constantFrom(0, 40, 80), (written, lineWidth) => {
      agrees(stringify(written, { lineWidth }))
      agrees(stringify(written, { lineWidth, collectionStyle: 'flow' }))
    }),
    { numRuns: 200, seed: 7 },
  )
})

test('of texts with something put in, taken out or moved', () => {
  const pieces = [
    ' ',
    '\n',
    ':',
    ': ',
    '#',
    ' #',
    '-',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    'a',
    '&a ',
    '*a',
    '*',
    '!',
    '|',
    '?',
    '1',
  ]
  const source = fc.constantFrom(...worldFiles.map(([, each]) => each.slice(0, 700)), example.slice(0, 900))
  fc.assert(
    fc.property(
      source,
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('', ...pieces)), { maxLength: 3 }),
      (base, edits) => {
        let changed = base
        for (const [at, removed, added] of edits) {
          const place = at % (changed.length + 1)
          changed = changed.slice(0, place) + added + changed.slice(place + removed)
        }
        agrees(changed)
      },
    ),
    { numRuns: 600, seed: 11 },
  )
})
