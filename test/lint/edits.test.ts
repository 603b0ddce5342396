/** Edits keep what stands around them: formatting, comments, the style of a text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { applyEdits } from '../../src/lint/apply-edits.js'
import {
  appendItem,
  insertMember,
  removeItems,
  removeMembers,
  renameKey,
  replaceNode,
  replaceText,
} from '../../src/lint/edits.js'
import { withoutComments } from '../../src/lint/json-comments.js'
import type { Edit } from '../../src/lint/rule.js'
import type { PolicySource } from '../../src/policy/document.js'
import { readSyntax } from '../../src/text/read-syntax.js'
import { memberAt, nodeAt, type ArrayNode, type ObjectNode, type SyntaxNode } from '../../src/text/syntax-tree.js'

interface Read {
  readonly where: PolicySource
  readonly root: SyntaxNode
}

function read(text: string, format: 'json' | 'yaml'): Read {
  const tree = readSyntax({ name: 'x', text: format === 'json' ? withoutComments(text).text : text }, format)
  if (!tree.ok) throw new Error(tree.error[0]?.message)
  return { where: { source: { name: 'x', text }, format, pointer: '' }, root: tree.value }
}

function list(root: SyntaxNode, ...path: (string | number)[]): ArrayNode {
  const node = nodeAt(root, path)
  if (node?.kind !== 'array') throw new Error('no list')
  return node
}

function object(root: SyntaxNode, ...path: (string | number)[]): ObjectNode {
  const node = nodeAt(root, path)
  if (node?.kind !== 'object') throw new Error('no object')
  return node
}

function edited({ where }: Read, edits: readonly Edit[]): string {
  expect(edits).not.toEqual([])
  return applyEdits(where.source.text, [{ edits }]).text
}

type Change = (read: Read) => readonly Edit[]

const removeB: Change = ({ where, root }) => removeItems(where, list(root, 'a'), [1])
const removeFirst: Change = ({ where, root }) => removeItems(where, list(root, 'a'), [0])
const removeLastTwo: Change = ({ where, root }) => removeItems(where, list(root, 'a'), [1, 2])
const removeMember =
  (...keys: readonly string[]): Change =>
  ({ where, root }) =>
    removeMembers(
      where,
      object(root),
      keys.map((key) => memberAt(root, [key])!),
    )

const CASES: readonly (readonly [
  name: string,
  format: 'json' | 'yaml',
  text: string,
  change: Change,
  after: string,
])[] = [
  ['JSON: an item of a list on one line', 'json', '{"a": ["x", "y", "z"]}', removeB, '{"a": ["x", "z"]}'],
  ['JSON: the first item', 'json', '{"a": ["x", "y", "z"]}', removeFirst, '{"a": ["y", "z"]}'],
  ['JSON: the last two', 'json', '{"a": ["x", "y", "z"]}', removeLastTwo, '{"a": ["x"]}'],
  [
    'JSON: an item on its own line',
    'json',
    '{\n  "a": [\n    "x",\n    "y",\n    "z"\n  ]\n}\n',
    removeB,
    '{\n  "a": [\n    "x",\n    "z"\n  ]\n}\n',
  ],
  [
    'JSON with comments: they stay',
    'json',
    '{\n  "a": [\n    "x", // one, of three\n    "y",\n    "z"\n  ]\n}\n',
    removeB,
    '{\n  "a": [\n    "x" // one, of three\n    ,\n    "z"\n  ]\n}\n'.replace(
      '"x" // one, of three\n    ,',
      '"x" // one, of three\n    ,',
    ),
  ],
  ['JSON: a member', 'json', '{"a": 1, "b": 2, "c": 3}', removeMember('b'), '{"a": 1, "c": 3}'],
  ['JSON: two members at the start', 'json', '{"a": 1, "b": 2, "c": 3}', removeMember('a', 'b'), '{"c": 3}'],
  [
    'YAML: an item of a block list',
    'yaml',
    'a:\n  - x\n  - y # why\n  # of z\n  - z\n',
    removeB,
    'a:\n  - x\n  # of z\n  - z\n',
  ],
  ['YAML: an item of a flow list', 'yaml', 'a: [x, y, z]\n', removeB, 'a: [x, z]\n'],
  [
    'YAML: an item that is an object',
    'yaml',
    'a:\n  - k: 1\n    l: 2\n  - k: 3\n    l: 4\n  - k: 5\nb: 1\n',
    removeB,
    'a:\n  - k: 1\n    l: 2\n  - k: 5\nb: 1\n',
  ],
  ['YAML: a member', 'yaml', 'a: 1\nb:\n  c: 2\nd: 3\n', removeMember('b'), 'a: 1\nd: 3\n'],
  [
    'YAML: the first key behind a dash',
    'yaml',
    'a:\n  - k: 1\n    l: 2\n    m: 3\n',
    ({ where, root }) => removeMembers(where, object(root, 'a', 0), [memberAt(root, ['a', 0, 'k'])!]),
    'a:\n  - l: 2\n    m: 3\n',
  ],
  [
    'YAML: the first two keys behind a dash',
    'yaml',
    'a:\n  - k: 1\n    l: 2\n    m: 3\n',
    ({ where, root }) =>
      removeMembers(where, object(root, 'a', 0), [memberAt(root, ['a', 0, 'k'])!, memberAt(root, ['a', 0, 'l'])!]),
    'a:\n  - m: 3\n',
  ],
  [
    'JSON: a member added on its own line',
    'json',
    '{\n  "a": 1\n}\n',
    ({ where, root }) => insertMember(where, object(root), 'b', ['x']),
    '{\n  "a": 1,\n  "b": ["x"]\n}\n',
  ],
  [
    'JSON: a member added to an empty object',
    'json',
    '{"a": {}}',
    ({ where, root }) => insertMember(where, object(root, 'a'), 'b', true),
    '{"a": {"b": true}}',
  ],
  [
    'YAML: a member added',
    'yaml',
    'a:\n  - k: 1\n  - k: 2\n',
    ({ where, root }) => insertMember(where, object(root, 'a', 0), 'less', { x: 'y' }),
    'a:\n  - k: 1\n    less: { "x": "y" }\n  - k: 2\n',
  ],
  [
    'YAML: an item added',
    'yaml',
    'a:\n  - x\nb: 1\n',
    ({ where, root }) => appendItem(where, list(root, 'a'), '*'),
    'a:\n  - x\n  - "*"\nb: 1\n',
  ],
  [
    'JSON: an item added on its own line',
    'json',
    '{"a": [\n  "x"\n]}',
    ({ where, root }) => appendItem(where, list(root, 'a'), 'y'),
    '{"a": [\n  "x",\n  "y"\n]}',
  ],
  [
    'a string keeps its quotes',
    'yaml',
    "a: 'x'\n",
    ({ where, root }) => replaceText(where, nodeAt(root, ['a'])!, "it's"),
    "a: 'it''s'\n",
  ],
  [
    'a plain string is quoted where it has to be',
    'yaml',
    'a: x\n',
    ({ where, root }) => replaceText(where, nodeAt(root, ['a'])!, 'true'),
    'a: "true"\n',
  ],
  [
    'a block value gives way to one on a line',
    'yaml',
    'a:\n  - - x\nb: 1\n',
    ({ where, root }) => replaceNode(where, nodeAt(root, ['a'])!, ['x']),
    'a:\n  ["x"]\nb: 1\n',
  ],
  ['a key', 'yaml', 'a: 1\n', ({ where, root }) => renameKey(where, memberAt(root, ['a'])!, 'Effect'), 'Effect: 1\n'],
]

describe('edits', () => {
  test.each(CASES)('%s', (_name, format, text, change, after) => {
    const before = read(text, format)
    expect(edited(before, change(before))).toBe(after)
  })

  test.each([
    ['the only item', 'a:\n  - x\n', removeFirst],
    ['an item that an alias shares', 'k: &x { y: 1 }\na: [1, *x, 3]\n', removeB],
    [
      'an item of a list in a list',
      'a:\n  - - x\n    - y\n',
      ({ where, root }: Read) => removeItems(where, list(root, 'a', 0), [0]),
    ],
  ])('none for %s', (_name, text, change) => {
    expect(change(read(text, 'yaml'))).toEqual([])
  })

  test('removing items or members leaves exactly the others, whatever the layout', () => {
    const layouts = fc.constantFrom('json0', 'json2', 'yaml', 'flow')
    const values = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z:*]{1,6}$/), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(layouts, values, fc.nat(), (layout, items, seed) => {
        const gone = items.map((_, index) => ((seed >> index) & 1) === 1)
        fc.pre(gone.includes(true) && gone.includes(false))
        const members = Object.fromEntries(items.map((item, index) => [`k${index}`, item]))
        const value = { list: items, object: members, last: [{ a: [...items], b: [...items] }] }
        const text =
          layout === 'yaml'
            ? stringify(value)
            : layout === 'flow'
              ? stringify(value, { collectionStyle: 'flow' })
              : JSON.stringify(value, null, layout === 'json2' ? 2 : 0)
        const before = read(text, layout.startsWith('json') ? 'json' : 'yaml')
        const { where, root } = before
        const indexes = gone.flatMap((isGone, index) => (isGone ? [index] : []))
        const edits = [
          ...removeItems(where, list(root, 'list'), indexes),
          ...removeMembers(
            where,
            object(root, 'object'),
            indexes.map((index) => memberAt(root, ['object', `k${index}`])!),
          ),
          ...removeItems(where, list(root, 'last', 0, 'a'), indexes),
        ]
        const kept = items.filter((_, index) => !gone[index])
        const keptMembers = Object.fromEntries(Object.entries(members).filter((_, index) => !gone[index]))
        const after = edited(before, edits)
        expect(layout.startsWith('json') ? (JSON.parse(after) as unknown) : parse(after)).toEqual({
          list: kept,
          object: keptMembers,
          last: [{ a: kept, b: items }],
        })
      }),
      { seed: 7, numRuns: 200 },
    )
  })
})

describe('fixes that touch each other', () => {
  test('are taken in their order, each whole or not at all', () => {
    const first = { edits: [{ start: 0, end: 2, text: 'A' }] }
    const second = {
      edits: [
        { start: 1, end: 3, text: 'B' },
        { start: 5, end: 5, text: '!' },
      ],
    }
    const third = { edits: [{ start: 4, end: 5, text: 'E' }] }
    const { text, applied, left } = applyEdits('abcde', [first, second, third])
    expect(text).toBe('AcdE')
    expect(applied).toEqual([first, third])
    expect(left).toEqual([second])
  })
})
