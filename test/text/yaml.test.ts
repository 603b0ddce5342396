/** `readYaml`: the JSON meaning of YAML 1.2, and everything it refuses. */
import fc from 'fast-check'
import { stringify } from 'yaml'
import { describe, expect, test } from 'vitest'
import { detectFormat, readSyntax } from '../../src/text/read-syntax.js'
import { nodeAt, nodeToValue } from '../../src/text/syntax-tree.js'
import { readYaml } from '../../src/text/yaml.js'
import type { ReadYamlOptions } from '../../src/text/yaml.js'

function value(text: string, options: ReadYamlOptions = {}): unknown {
  const result = readYaml({ name: '<memory>', text }, options)
  if (!result.ok) throw new Error(JSON.stringify(result.error.map((error) => error.message)))
  return nodeToValue(result.value)
}

function faults(text: string, options: ReadYamlOptions = {}): readonly string[] {
  const result = readYaml({ name: '<memory>', text }, options)
  if (result.ok) return []
  return result.error.map(({ message, hint, span }) => {
    const at = span.start === span.end ? `${span.start}` : text.slice(span.start, span.end)
    return `${message}${hint === undefined ? '' : ` | ${hint}`} @ ${at}`
  })
}

describe('values', () => {
  const CASES: readonly { readonly name: string; readonly text: string; readonly value: unknown }[] = [
    { name: 'a date stays a string', text: 'Version: 2012-10-17', value: { Version: '2012-10-17' } },
    { name: 'yes, no, on and off are strings in 1.2', text: '[yes, no, on, off]', value: ['yes', 'no', 'on', 'off'] },
    { name: 'true, null and empty', text: 'a: true\nb: ~\nc:\n', value: { a: true, b: null, c: null } },
    { name: 'block and folded text', text: 'a: |\n  x\n  y\nb: >-\n  x\n  y\n', value: { a: 'x\ny\n', b: 'x y' } },
    { name: 'JSON is YAML', text: '{"a": ["b", 1.5, false, null]}', value: { a: ['b', 1.5, false, null] } },
    { name: 'a pair inside a flow sequence', text: '[a: 1]', value: [{ a: 1 }] },
    { name: 'a flow key without value', text: '{a, b: 1}', value: { a: null, b: 1 } },
    { name: 'an alias', text: 'a: &x [1, 2]\nb: *x\n', value: { a: [1, 2], b: [1, 2] } },
    { name: 'the later of two equal anchors', text: '[&x 1, &x 2, *x]', value: [1, 2, 2] },
    { name: 'a core tag', text: '!!str 12', value: '12' },
    { name: 'a quoted `<<` is an ordinary key', text: '"<<": 1', value: { '<<': 1 } },
    { name: 'sexagesimal and underscores are strings in 1.2', text: '[1:30, 1_000]', value: ['1:30', '1_000'] },
    { name: 'an explicit null document', text: '~', value: null },
    { name: 'a byte order mark and a document start', text: '\ufeff---\na: 1\n...\n', value: { a: 1 } },
  ]
  for (const { name, text, value: expected } of CASES)
    test(`reads ${name}`, () => expect(value(text)).toEqual(expected))

  test('an unquoted account id keeps its digits in `text`', () => {
    const result = readYaml({ name: 'a', text: 'account: 012345678901' })
    expect(result.ok && nodeAt(result.value, ['account'])).toEqual({
      kind: 'number',
      value: 12345678901,
      text: '012345678901',
      start: 9,
      end: 21,
    })
  })

  test('places of keys and values', () => {
    const result = readYaml({ name: 'a', text: 'a:\n  - "x"\n' })
    expect(result.ok && result.value).toEqual({
      kind: 'object',
      start: 0,
      end: 11,
      members: [
        {
          key: 'a',
          keyStart: 0,
          keyEnd: 1,
          value: { kind: 'array', start: 5, end: 11, items: [{ kind: 'string', value: 'x', start: 7, end: 10 }] },
        },
      ],
    })
  })

  test('an alias shares the node of its anchor', () => {
    const result = readYaml({ name: 'a', text: 'a: &x [1]\nb: *x\n' })
    if (!result.ok) throw new Error('expected a tree')
    expect(nodeAt(result.value, ['b'])).toBe(nodeAt(result.value, ['a']))
  })

  test('short forms of CloudFormation, where asked for', () => {
    const text = 'a: !Ref Key\nb: !Sub "${Key.Arn}"\nc: !Join ["", [!GetAtt Key.Arn]]\nd: !If {x: 1}\n'
    expect(value(text, { tags: 'cloudFormation' })).toEqual({
      a: { Ref: 'Key' },
      b: { 'Fn::Sub': '${Key.Arn}' },
      c: { 'Fn::Join': ['', [{ 'Fn::GetAtt': 'Key.Arn' }]] },
      d: { 'Fn::If': { x: 1 } },
    })
    expect(faults('a: !Unknown x', { tags: 'cloudFormation' })).toEqual([
      'unknown tag `!Unknown` | only the tags of the YAML core schema and of CloudFormation are read @ !Unknown',
    ])
  })
})

describe('faults', () => {
  const CASES: readonly { readonly name: string; readonly text: string; readonly expect: readonly string[] }[] = [
    { name: 'empty', text: '', expect: ['the text is empty | expected a YAML value @ 0'] },
    { name: 'comments only', text: '# x\n', expect: ['the text is empty | expected a YAML value @ 4'] },
    { name: 'duplicate key', text: 'a: 1\nb: 2\na: 3\n', expect: ['duplicate key `a` | it stands at 1:1 already @ a'] },
    { name: 'number as key', text: '1: a', expect: ['the key `1` is no string | put it in quotes @ 1'] },
    { name: 'list as key', text: '[a]: b', expect: ['the key `[a]` is no string | put it in quotes @ [a]'] },
    { name: 'alias as key', text: '[&x a, {*x : b}]', expect: ['the key `*x` is no string | put it in quotes @ *x'] },
    {
      name: 'two documents',
      text: 'a: 1\n---\nb: 2\n',
      expect: [expect.stringContaining('a second document begins here | expected one document') as string],
    },
    {
      name: 'merge key',
      text: 'a: &x {b: 1}\nc:\n  <<: *x\n',
      expect: [
        'merge keys are not part of YAML 1.2 | write the members out, or quote the key if it is meant literally @ <<',
      ],
    },
    {
      name: 'unknown tag',
      text: 'a: !Ref x',
      expect: ['unknown tag `!Ref` | only the tags of the YAML core schema are read @ !Ref'],
    },
    {
      name: 'timestamp tag',
      text: '!!timestamp 2012-10-17',
      expect: [
        'unknown tag `tag:yaml.org,2002:timestamp` | only the tags of the YAML core schema are read @ !timestamp ',
      ],
    },
    {
      name: 'YAML 1.1',
      text: '%YAML 1.1\n---\na: yes\n',
      expect: ['the text declares YAML 1.1 | only YAML 1.2 is read @ %YAML 1.1'],
    },
    {
      name: 'no anchor',
      text: 'a: *x',
      expect: ['no anchor for the alias `x` | an anchor must stand, complete, before its alias @ *x'],
    },
    {
      name: 'an alias inside its own anchor',
      text: '&x [*x]',
      expect: ['no anchor for the alias `x` | an anchor must stand, complete, before its alias @ *x'],
    },
    {
      name: 'infinity',
      text: '[.inf, .nan]',
      expect: [
        '`.inf` is no finite number | put it in quotes @ .inf',
        '`.nan` is no finite number | put it in quotes @ .nan',
      ],
    },
    {
      name: 'tab',
      text: 'a:\n\tb: 1\n',
      expect: [expect.stringContaining('a tab indents this line | YAML indents with spaces') as string],
    },
    { name: 'reserved start', text: 'a: @b', expect: ['a plain value cannot start with `@` | put it in quotes @ @'] },
    { name: 'bad escape', text: '"\\q"', expect: ['unknown escape in a double-quoted string @ \\'] },
  ]
  for (const { name, text, expect: expected } of CASES)
    test(`refuses ${name}`, () => expect(faults(text)).toEqual(expected))
})

describe('a text that ends too early', () => {
  const missing = (place: string, at: string): string =>
    `something is missing at ${place} | expected a closing quote or bracket, a comma, a space or \`:\` @ ${at}`
  test.each([
    ['a list of a member', 'listen: [\n', missing('the end of the text', '10')],
    ['a list', '[1, 2', missing('the end of the text', '5')],
    ['a string', 'a: "b', missing('the end of the text', '5')],
  ])('%s', (_name, text, expected) => expect(faults(text)[0]).toBe(expected))
})

describe('limits', () => {
  test('depth: 128 levels are read, 129 and 20,000 give one error', () => {
    expect(faults('['.repeat(128) + ']'.repeat(128))).toEqual([])
    const blocks = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')
    for (const text of [
      '['.repeat(129) + ']'.repeat(129),
      '['.repeat(20_000),
      '{a: '.repeat(20_000),
      '- '.repeat(20_000),
      blocks,
    ]) {
      expect(faults(text)).toEqual([expect.stringContaining('nested deeper than 128 levels')])
    }
  })

  test('aliases that multiply are stopped before they cost anything', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 30; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
    }
    expect(faults(lines.join('\n'))).toContainEqual(
      expect.stringContaining('the aliases of this text stand for too many values'),
    )
  })

  test('aliases count towards depth', () => {
    const lines = ['a0: &a0 [x]']
    for (let level = 1; level < 200; level++) lines.push(`a${level}: &a${level} [*a${level - 1}]`)
    expect(faults(lines.join('\n'))[0]).toContain('nested deeper than 128 levels')
  })

  test('the number of aliases and the length can be set', () => {
    expect(faults('[&x 1, *x, *x]', { maxAliasCount: 1 })).toHaveLength(1)
    expect(faults('abcd', { maxLength: 3 })).toEqual(['the text has 4 characters | at most 3 are read @ 0'])
  })

  test('at most 20 errors', () => {
    expect(faults('- !x 1\n'.repeat(100))).toHaveLength(20)
  })
})

test('what the yaml package writes for a JSON value reads back as that value', () => {
  const key = fc.string().filter((text) => text !== '<<')
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(json, (original) => {
      expect(JSON.stringify(value(stringify(original)))).toBe(JSON.stringify(original))
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('any text gives a result, with places inside the text', () => {
  const piece = fc.constantFrom(
    ...'-?:,[]{}#&*!|>\'"%@` \n\ta1'.split(''),
    ': ',
    '- ',
    '---\n',
    '...\n',
    '<<',
    '!!str ',
    '\\u',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      const result = readYaml({ name: 'a', text })
      for (const { span } of result.ok ? [] : result.error) {
        expect(span.start >= 0 && span.start <= span.end && span.end <= text.length).toBe(true)
      }
    }),
    { numRuns: 5000, seed: 2 },
  )
})

describe('the format of a text', () => {
  const CASES: readonly (readonly [name: string, text: string, format: 'json' | 'yaml'])[] = [
    ['policy.JSON', 'a: 1', 'json'],
    ['policy.yml', '{}', 'yaml'],
    ['policy.yaml', '{}', 'yaml'],
    ['<stdin>', '\ufeff \n{"a": 1}', 'json'],
    ['key.template', 'Resources:\n', 'yaml'],
    ['<stdin>', '', 'json'],
  ]
  for (const [name, text, format] of CASES) {
    test(`${name} ${JSON.stringify(text)}`, () => expect(detectFormat(name, text)).toBe(format))
  }

  test('readSyntax reads either', () => {
    const results = (['json', 'yaml'] as const).map((format) => readSyntax({ name: 'a', text: '{"a": [1]}' }, format))
    expect(results.map((result) => result.ok && nodeToValue(result.value))).toEqual([{ a: [1] }, { a: [1] }])
    expect(readSyntax({ name: 'a', text: 'a: 1' }, 'json').ok).toBe(false)
  })
})
