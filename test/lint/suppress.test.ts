/** Suppressions: where a comment counts, and what is said of one that is no good. */
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/lint/config.js'
import type { EmbeddedPolicyReader } from '../../src/lint/embedded-policies.js'
import { Linter } from '../../src/lint/lint.js'
import type { Finding } from '../../src/lint/finding.js'
import { readJson } from '../../src/text/json.js'
import { sidRule, SUP_RULES } from './fake-rules.js'

interface Ran {
  readonly found: readonly string[]
  readonly suppressed: number
  readonly findings: readonly Finding[]
}

function lint(text: string, name = 'x.yaml', config = '{}', readers: readonly EmbeddedPolicyReader[] = []): Ran {
  const settings = readConfig({ name: 'keyward.config.json', text: config })
  if (!settings.ok) throw new Error(settings.error[0]?.message)
  const linter = new Linter([sidRule, ...SUP_RULES], {
    config: settings.value,
    choice: {},
    today: '2026-11-22',
    readers,
  })
  linter.add({ name, text }, true)
  const { findings, suppressed } = linter.finish()
  return {
    found: findings.map(({ rule, message }) => `${rule.id} ${message}`),
    suppressed: suppressed.length,
    findings,
  }
}

const yaml = (...lines: readonly string[]): string => `${lines.join('\n')}\n`
const A = ['  - Sid: A', '    Effect: Allow', '    Action: kms:a', '    Resource: "*"']
const B = ['  - Sid: B', '    Effect: Allow', '    Action: kms:b', '    Resource: "*"']
const HEAD = ['Version: 2012-10-17', 'Statement:']

describe('comments', () => {
  test.each<[string, string, readonly string[]]>([
    ['none', yaml(...HEAD, ...A, ...B), ['TST001 Sid `A`', 'TST001 Sid `B`']],
    ['before a statement', yaml(...HEAD, '  # keyward-ignore TST001 it is known', ...A, ...B), ['TST001 Sid `B`']],
    [
      'behind a value',
      yaml(...HEAD, '  - Sid: A # keyward-ignore TST001 it is known', ...A.slice(1), ...B),
      ['TST001 Sid `B`'],
    ],
    ['before everything', yaml('# keyward-ignore TST001 all of it', ...HEAD, ...A, ...B), []],
    ['before the list', yaml(HEAD[0]!, '# keyward-ignore TST001 all of it', HEAD[1]!, ...A, ...B), []],
    ['by the beginning of an id', yaml('# keyward-ignore TST all of it', ...HEAD, ...A, ...B), []],
    ['by name, until a day to come', yaml('# keyward-ignore rule-tst001 later until: 2026-11-22', ...HEAD, ...A), []],
    [
      'with other comments between',
      yaml(...HEAD, '  # keyward-ignore TST001 it is known', '  # the first', ...A, ...B),
      ['TST001 Sid `B`'],
    ],
    [
      'two rules at once',
      yaml(...HEAD, '  # keyward-ignore TST001,SUP001 it is known', ...A, ...B),
      ['TST001 Sid `B`'],
    ],
    [
      'text that looks like one',
      yaml(...HEAD, '  - Sid: "A # keyward-ignore TST001 x"', ...A.slice(1)),
      ['TST001 Sid `A # keyward-ignore TST001 x`'],
    ],
    [
      'unused',
      yaml(
        ...HEAD,
        '  # keyward-ignore TST001 it is known',
        '  - Effect: Allow',
        '    Action: kms:a',
        '    Resource: "*"',
      ),
      ['SUP001 `TST001` is suppressed here, and nothing is found'],
    ],
    [
      'without a reason',
      yaml(...HEAD, '  # keyward-ignore TST001', ...A),
      ['SUP002 the suppression of `TST001` has no reason'],
    ],
    [
      'expired',
      yaml(...HEAD, '  # keyward-ignore TST001 later until 2026-11-21', ...A),
      ['TST001 Sid `A`', 'SUP002 the suppression of `TST001` expired on 2026-11-21'],
    ],
    [
      'with a day there is not',
      yaml(...HEAD, '  # keyward-ignore TST001 later until 2026-02-30', ...A),
      ['TST001 Sid `A`', 'SUP002 `2026-02-30` is not a date'],
    ],
    [
      'of no rule',
      yaml(...HEAD, '  # keyward-ignore TST999 x', ...A),
      ['TST001 Sid `A`', 'SUP003 no rule is called `TST999`'],
    ],
  ])('%s', (_name, text, expected) => expect(lint(text).found).toEqual(expected))

  test('JSON with comments', () => {
    const text =
      '{ "Statement": [\n  // keyward-ignore TST001 it is known\n  { "Sid": "A", "Effect": "Allow" },\n  { "Sid": "B" } // keyward-ignore TST001 and so is this\n] }'
    expect(lint(text, 'x.jsonc').found).toEqual([])
    expect(lint('{ "Statement": [ { "Sid": "// keyward-ignore TST001 x" } ] }', 'x.jsonc').found).toHaveLength(1)
  })

  test('an unused one can be removed', () => {
    const text = yaml(...HEAD, '  # keyward-ignore TST001 x', '  - Effect: Allow')
    const [finding] = lint(text).findings
    expect(finding?.fix?.edits).toEqual([{ start: 31, end: 59, text: '' }])
    expect(text.slice(31, 59)).toBe('  # keyward-ignore TST001 x\n')
  })
})

describe('metadata of a resource', () => {
  const template = (entry: object): string =>
    JSON.stringify({
      R: { Metadata: { keyward: { ignore: [entry] } }, P: { Statement: [{ Sid: 'A', Effect: 'Allow' }] } },
    })
  const reader: EmbeddedPolicyReader = (source, format, root) => {
    if (root?.kind !== 'object' || format === 'other') return undefined
    const [resource] = root.members
    if (resource?.value.kind !== 'object') return undefined
    const [metadata, policy] = resource.value.members
    const facts = { type: 'T', address: 'R', properties: {} }
    const where = { source, format, pointer: '/R/P' }
    return {
      form: 'cloudFormation',
      policies: [{ root: policy!.value, where, kind: 'identity', symbols: [], resource: facts }],
      grants: [],
      resources: [{ ...facts, span: resource.value, places: {}, metadata: metadata!.value, whole: resource.value }],
      notes: [],
      faults: [],
    }
  }
  const run = (entry: object): readonly string[] => lint(template(entry), 'x.json', '{}', [reader]).found

  test('keeps its findings quiet', () => expect(run({ rule: 'TST001', reason: 'known' })).toEqual([]))
  test('needs a reason', () =>
    expect(run({ rule: 'TST001' })).toEqual(['SUP002 the suppression of `TST001` has no reason']))
  test('may expire', () => expect(run({ rule: 'TST001', reason: 'x', until: '2020-01-01' })[0]).toBe('TST001 Sid `A`'))
})

describe('entries of the configuration', () => {
  const text = yaml(...HEAD, ...A, ...B)
  const run = (entry: object): readonly string[] =>
    lint(text, 'stacks/x.yaml', JSON.stringify({ suppress: [entry] })).found
  const print = lint(text).findings[0]!.fingerprint

  test.each<[string, object, readonly string[]]>([
    ['everywhere', { rule: 'TST001', reason: 'x' }, []],
    ['by glob', { rule: 'TST001', files: 'stacks/**', reason: 'x' }, []],
    [
      'of files that are not checked now, which says nothing of their use',
      { rule: 'TST001', files: 'other/**', reason: 'x' },
      ['TST001 Sid `A`', 'TST001 Sid `B`'],
    ],
    [
      'unused',
      { rule: 'TST001', files: 'stacks/**', value: 'Z', reason: 'x' },
      ['TST001 Sid `A`', 'TST001 Sid `B`', 'SUP001 `TST001` is suppressed here, and nothing is found'],
    ],
    ['of one value', { rule: 'TST001', value: 'A', reason: 'x' }, ['TST001 Sid `B`']],
    ['of one finding', { rule: 'TST001', fingerprint: print.slice(0, 12), reason: 'x' }, ['TST001 Sid `B`']],
    ['without a reason', { rule: 'TST001' }, ['SUP002 the suppression of `TST001` has no reason']],
  ])('%s', (_name, entry, expected) => expect(run(entry)).toEqual(expected))
})

describe('comments of Terraform', () => {
  /** Finds the objects behind `policy = `, which are JSON here so that they can be read. */
  const reader: EmbeddedPolicyReader = (source, format) => {
    if (format !== 'other') return undefined
    const policies = [...source.text.matchAll(/policy = (\{[^\n]*\})/g)].map(({ 1: written = '', index }) => {
      const text = written
      const start = index + 'policy = '.length
      const read = readJson({ name: source.name, text })
      if (!read.ok) throw new Error(read.error[0]?.message)
      const inToken = { start, end: start + text.length, written: 'lines', linesFrom: start } as const
      return {
        root: read.value,
        where: { source: { name: source.name, text }, format: 'json', pointer: '' },
        kind: 'identity',
        symbols: [],
        inToken,
      } as const
    })
    return { form: 'terraformSource', policies, grants: [], resources: [], notes: [], faults: [] }
  }
  const block = (sid: string): readonly string[] => [
    `resource "x" "${sid}" {`,
    `  policy = {"Statement":[{"Sid":"${sid}","Effect":"Allow"}]}`,
    '}',
  ]
  const run = (...lines: readonly string[]): readonly string[] => lint(yaml(...lines), 'main.tf', '{}', [reader]).found

  test('before a block', () =>
    expect(run('# keyward-ignore TST001 known', ...block('A'), ...block('B'))).toEqual(['TST001 Sid `B`']))
  test('with slashes', () => expect(run('// keyward-ignore TST001 known', ...block('A'))).toEqual([]))
  test('in a string it is none', () =>
    expect(run('x = "# keyward-ignore TST001 known"', ...block('A'))).toEqual(['TST001 Sid `A`']))
})

test('very many comments and findings end', () => {
  const many = 4000
  const entry = (index: number): string => `  # keyward-ignore TST001 known\n  - Sid: S${index}\n    Effect: Allow\n`
  const text = `Version: 2012-10-17\nStatement:\n${Array.from({ length: many }, (_, index) => entry(index)).join('')}`
  expect(lint(text).suppressed).toBe(many)
  const stacked = `${'# keyward-ignore TST001 known\n'.repeat(many)}Version: 2012-10-17\nStatement:\n  - Sid: A\n    Effect: Allow\n`
  expect(lint(stacked).found).toHaveLength(many - 1)
})
