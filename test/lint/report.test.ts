/**
 * Every format of a report, of ordinary findings and of a policy that is written to break them: what it holds may not
 * move a cursor, end an element, begin a command, a link or a mention.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatReport, formatStatistics, type LintFormat } from '../../src/cli/lint-output.js'
import { defaultConfig } from '../../src/lint/config.js'
import { Linter } from '../../src/lint/lint.js'
import type { LintReport } from '../../src/lint/report/lint-report.js'
import type { LintRule } from '../../src/lint/rule.js'
import { escapeTerminal } from '../../src/text/escape.js'
import { ansiPalette, plainPalette } from '../../src/text/palette.js'
import { fakeRule, NO_DOCS, SUP_RULES } from './fake-rules.js'
import { sarifErrors } from './sarif-schema.js'

const CASES = new URL('../cases/lint/', import.meta.url)
const FORMATS: readonly LintFormat[] = [
  'pretty',
  'concise',
  'json',
  'jsonl',
  'sarif',
  'junit',
  'github',
  'gitlab',
  'markdown',
]

/** Set to write the files anew; read the difference before it is kept. */
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

function compare(name: string, printed: string): void {
  const golden = new URL(name, CASES)
  if (updates) writeFileSync(golden, printed)
  if (!existsSync(golden)) throw new Error(`${golden.pathname} is missing`)
  expect(printed).toBe(readFileSync(golden, 'utf8'))
}

/** Shows what a policy says as it is: a real rule would quote it. */
const echo: LintRule = fakeRule({
  id: 'TST001',
  name: 'echo',
  severity: 'security',
  fix: 'safe',
  docs: { ...NO_DOCS, what: 'Shows a Sid. Raw.' },
  check({ policy }, report) {
    for (const { sid, action } of policy.statements) {
      if (sid === undefined || action === undefined) continue
      report({
        at: sid,
        message: `Sid ${sid.value}`,
        effect: `effect ${sid.value}`,
        help: `help ${sid.value}`,
        related: [{ message: `see ${sid.value}`, at: action.items[0]! }],
        fix: {
          safety: 'safe',
          title: `fix ${sid.value}`,
          edits: [{ start: sid.start, end: sid.end, text: JSON.stringify(sid.value) }],
        },
      })
    }
  },
})

const warn: LintRule = fakeRule({
  id: 'TST002',
  name: 'warn',
  check: ({ policy }, report) => report({ at: policy.head, message: 'a plain warning' }),
})

function reportOf(
  files: readonly (readonly [name: string, text: string])[],
  rules: readonly LintRule[] = [echo, warn],
): LintReport {
  const config = {
    ...defaultConfig(),
    suppressions: [{ globs: ['quiet.json'], rule: 'TST001', reason: 'known | [x](y)', span: { start: 0, end: 0 } }],
  }
  const linter = new Linter([...rules, ...SUP_RULES], {
    config,
    choice: {},
    kind: 'key',
    today: '2026-11-22',
    readers: [],
  })
  for (const [name, text] of files) linter.add({ name, text }, true)
  const result = linter.finish()
  const isFailing = ({ severity }: { readonly severity: string }): boolean => severity === 'security'
  return { result, findings: result.findings, rules: linter.registry.rules, version: '1.2.3', isFailing, codes: 'aa' }
}

const HOSTILE_SID = [
  '\u001b[31mred\u001b[0m\u0007\u009b2J',
  '\n::error file=x::injected\r\n::set-output name=a::b',
  '%0A::warning::x',
  ']]></failure><script>alert(1)</script>',
  '"\'><img src=x onerror=alert(1)>&amp;',
  '| cell | `code` **bold** ~~x~~ <b>',
  '[link](javascript:alert(1)) ![i](http://evil.example/x.png) https://evil.example www.evil.example @everyone #1',
  '{0} {{1}} ${aws:username} $(id) `id`',
  '\u202egnp.exe\u2066\u200b\u2028\ufeff\ufffe',
  '\ud83d\ude00 \ud800 caf\u00e9',
].join(' ')
const HOSTILE_NAME = 'evil\u001b[2J|::error::\n[x](y)&<>"\' %0A,:.json'

const policy = (sid: string): string =>
  `${JSON.stringify({ Statement: [{ Sid: sid, Effect: 'Allow', Action: 'kms:a', Resource: '*' }] }, null, 2)}\n`

const hostile = reportOf([
  [HOSTILE_NAME, policy(HOSTILE_SID)],
  ['quiet.json', policy('x')],
])
const plain = reportOf([
  ['keys/app.json', policy('Allow use')],
  ['empty.json', '{"Statement": []}'],
])
const render = (report: LintReport, format: LintFormat): string =>
  formatReport(report, format, { width: 100, color: plainPalette })

describe('golden files', () => {
  test.each(FORMATS)('plain findings as %s', (format) => compare(`plain.${format}.out`, render(plain, format)))
  test.each(FORMATS)('a hostile Sid as %s', (format) => compare(`hostile.${format}.out`, render(hostile, format)))
  test('statistics', () => expect(formatStatistics(plain)).toBe('2  [ ]  TST002  warn\n1  [*]  TST001  echo\n'))
})

describe('a hostile Sid', () => {
  test.each(FORMATS)('leaves no control, no separator and no reordering character in %s', (format) => {
    const text = render(hostile, format)
    expect([...text].filter((character) => character !== '\n' && escapeTerminal(character) !== character)).toEqual([])
    expect(text.match(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g)).toBeNull()
  })
  test('with colours adds none but ours', () => {
    const text = formatReport(hostile, 'pretty', { width: 100, color: ansiPalette })
    expect(
      new Set(
        text
          .split('\u001b')
          .slice(1)
          .map((rest) => rest.slice(0, rest.search(/[A-Za-z]/) + 1)),
      ),
    ).toEqual(new Set(['31', '39', '1', '22', '2', '34', '36'].map((code) => `[${code}m`)))
  })
  test('makes no line of its own in line-wise formats', () => {
    expect(render(hostile, 'concise').trimEnd().split('\n')).toHaveLength(4)
    expect(render(hostile, 'github').trimEnd().split('\n')).toHaveLength(3)
    expect(render(hostile, 'github').match(/^::(?!(?:error|warning) file=evil|warning file=quiet)/gm)).toBeNull()
    expect(
      render(hostile, 'jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => typeof JSON.parse(line)),
    ).toHaveLength(4)
  })
  test('comes out of JSON as it went in', () => {
    const { findings } = JSON.parse(render(hostile, 'json')) as {
      findings: { file: string; fix?: { edits: { text: string }[] } }[]
    }
    expect(findings[0]?.file).toBe(HOSTILE_NAME)
    expect(JSON.parse(findings.find(({ fix }) => fix !== undefined)!.fix!.edits[0]!.text)).toBe(HOSTILE_SID)
  })
  test('opens no element of XML', () => {
    const names = new Set(render(hostile, 'junit').match(/<\/?[A-Za-z!?][A-Za-z-]*/g))
    expect([...names].toSorted()).toEqual(
      [
        '</failure',
        '</system-out',
        '</testcase',
        '</testsuite',
        '</testsuites',
        '<?xml',
        '<failure',
        '<system-out',
        '<testcase',
        '<testsuite',
        '<testsuites',
      ].toSorted(),
    )
  })
  test('begins nothing in a table of Markdown', () => {
    const rows = render(hostile, 'markdown')
      .split('\n')
      .filter((line) => line.startsWith('| security'))
    expect(rows).toHaveLength(1)
    expect(rows[0]!.match(/\|/g)).toHaveLength(5)
    expect(rows[0]!.match(/[`*<>[\]()@~]|:\/\//g)).toBeNull()
  })
})

describe('SARIF', () => {
  test.each([
    ['plain', plain],
    ['hostile', hostile],
    ['of nothing', reportOf([])],
  ])('%s is valid against the schema', (_name, report) =>
    expect(sarifErrors(JSON.parse(render(report, 'sarif')))).toEqual([]),
  )

  interface Log {
    readonly runs: readonly { readonly results: readonly Result[]; readonly invocations?: unknown }[]
  }
  interface Result {
    readonly ruleId: string
    readonly suppressions?: readonly object[]
    readonly partialFingerprints: Readonly<Record<string, string>>
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: object }
    }[]
  }
  const log = (report: LintReport): Log => JSON.parse(render(report, 'sarif')) as Log

  test('has no empty text, also of a fix that only takes out', () => {
    const removing = fakeRule({
      id: 'TST003',
      fix: 'safe',
      check: ({ policy: { head } }, report) =>
        report({ at: head, message: 'x', fix: { safety: 'safe', title: 'y', edits: [{ ...head, text: '' }] } }),
    })
    const report = reportOf([['a.json', policy('A')]], [removing])
    expect(sarifErrors(log(report))).toEqual([])
    expect(render(report, 'sarif')).toContain('"deletedRegion"')
    expect(render(report, 'sarif')).not.toContain('""')
  })
  test('marks the token, end exclusive, with a relative path', () => {
    const [first] = log(plain).runs[0]!.results.filter(({ ruleId }) => ruleId === 'TST001')
    expect(first?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'keys/app.json' },
      region: { startLine: 4, startColumn: 14, endLine: 4, endColumn: 25 },
    })
  })
  test('has what is suppressed, with its reason', () => {
    const quiet = log(hostile).runs[0]!.results.filter(({ suppressions }) => suppressions !== undefined)
    expect(quiet.map(({ suppressions }) => suppressions)).toEqual([
      [{ kind: 'external', justification: 'known | [x](y)' }],
    ])
  })
  test('tells equal findings apart, and keeps their fingerprints from run to run', () => {
    const twice = reportOf([
      [
        'a.json',
        policy('x').replace(
          '"Statement": [',
          '"Statement": [{"Sid":"x","Effect":"Allow","Action":"kms:a","Resource":"*"},',
        ),
      ],
    ])
    const prints = (): readonly string[] =>
      log(twice).runs[0]!.results.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash'] ?? '')
    expect(new Set(prints()).size).toBe(prints().length)
    expect(prints()).toEqual(prints())
  })
  test('says how many findings GitHub would not take', () => {
    const [finding] = plain.findings
    const many = { ...plain, findings: Array.from({ length: 25_002 }, () => finding!) }
    expect(log(many).runs[0]!.results).toHaveLength(25_000)
    expect(JSON.stringify(log(many).runs[0]!.invocations)).toContain('2 more findings')
  })
})

describe('JSON', () => {
  test('has the members of its form', () => {
    const { version, findings, summary } = JSON.parse(render(plain, 'json')) as {
      version: number
      findings: object[]
      summary: object
    }
    expect(version).toBe(1)
    expect(findings[1]).toMatchObject({
      rule: 'TST001',
      name: 'echo',
      severity: 'security',
      file: 'keys/app.json',
      start: { line: 4, column: 14, offset: 38 },
      end: { line: 4, column: 25, offset: 49 },
      message: 'Sid Allow use; help Allow use',
      effect: 'effect Allow use',
      fix: { safety: 'safe' },
    })
    expect(summary).toMatchObject({
      files: 2,
      policies: 2,
      findings: 3,
      bySeverity: { security: 1, warning: 2 },
      fixable: { safe: 1, unsafe: 0 },
    })
  })
  test('is the same from run to run', () => expect(render(plain, 'json')).toBe(render(plain, 'json')))
})

test('the schema of SARIF refuses what is wrong', () => {
  expect(sarifErrors({ version: '2.1.0', runs: [{ results: [] }] })).not.toEqual([])
})
