/** What becomes of reports: severity, what hides what, places in files, symbols. */
import { describe, expect, test } from 'vitest'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { Finding } from '../../src/lint/finding.js'
import type { LintRule } from '../../src/lint/rule.js'
import type { ActiveRule } from '../../src/lint/rule-set.js'
import { runRules } from '../../src/lint/run-rules.js'
import type { PolicyKind } from '../../src/policy/document.js'
import type { SimulationDocument } from '../../src/source/simulation-document.js'
import { fakeRule, sidRule } from './fake-rules.js'
import { active, projectFacts } from './rule-cases.js'

const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["kms:a","kms:b"],"Resource":"*"},{"Sid":"B","Effect":"Allow","Action":"kms:c","Resource":"*"}]}'

function run(
  rules: readonly (LintRule | ActiveRule)[],
  text = POLICY,
  kind?: PolicyKind,
  name = 'x.json',
): readonly Finding[] {
  const file = findPolicies({ name, text }, { isNamed: true, ...(kind === undefined ? {} : { kind }) }, [])
  return runRules(
    file,
    rules.map((rule) => ('rule' in rule ? rule : active(rule))),
    projectFacts(),
  )
}

const brief = (findings: readonly Finding[]): readonly string[] =>
  findings.map(
    ({ rule, severity, source, span }) => `${rule.id} ${severity} ${source.text.slice(span.start, span.end)}`,
  )

const onAction = (id: string, facts: Partial<Parameters<typeof fakeRule>[0]> = {}, extra: object = {}): LintRule =>
  fakeRule({
    id,
    ...facts,
    check({ policy }, report) {
      for (const { action } of policy.statements) if (action) report({ at: action.items[0]!, message: id, ...extra })
    },
  })

describe('severity', () => {
  const kindRule = onAction('TST002', { severity: 'error', kinds: ['identity'] })
  test('an error that depends on the kind is a warning where the kind is a guess', () =>
    expect(brief(run([kindRule]))).toEqual(['TST002 warning "kms:a"', 'TST002 warning "kms:c"']))
  test('and says so', () => expect(run([kindRule])[0]?.notes.join()).toContain('(identity) is a guess'))
  test('it is an error where the kind is known', () =>
    expect(brief(run([kindRule], POLICY, 'identity'))[0]).toBe('TST002 error "kms:a"'))
  test('a rule for all kinds does not depend on it', () => expect(run([sidRule])[0]?.severity).toBe('error'))
  test('a report may say that it does', () =>
    expect(run([onAction('TST003', { severity: 'error' }, { dependsOnKind: true })])[0]?.severity).toBe('warning'))
  test('the configuration has the last word', () =>
    expect(run([{ ...active(kindRule), severity: 'error' }])[0]?.severity).toBe('error'))
  test('a rule of other kinds does not run', () => expect(run([kindRule], POLICY, 'scp')).toEqual([]))
  test('medium precision counts only where it is asked for', () => {
    const rule = active(onAction('TST004', {}, { precision: 'medium' }))
    expect(run([{ ...rule, takesMedium: false }])).toEqual([])
    expect(run([rule])).toHaveLength(2)
  })
})

describe('one finding for each cause', () => {
  test('the same said twice is said once', () => {
    const twice = fakeRule({
      id: 'TST005',
      check({ policy }, report) {
        report({ at: policy.head, message: 'x' })
        report({ at: policy.head, message: 'x' })
      },
    })
    expect(run([twice])).toHaveLength(1)
  })
  test('a rule that says it better is heard instead', () => {
    const better = onAction('TST007', { supersedes: ['TST006'] })
    expect(brief(run([onAction('TST006'), better]))).toEqual(['TST007 warning "kms:a"', 'TST007 warning "kms:c"'])
  })
  test('but only at the same place', () => {
    const elsewhere = fakeRule({
      id: 'TST007',
      supersedes: ['TST006'],
      check: ({ policy }, report) => report({ at: policy.statements[0]!.sid!, message: 'x' }),
    })
    expect(run([onAction('TST006'), elsewhere])).toHaveLength(3)
  })
  test('a finding may hide the weaker ones of its statement, and counts them', () => {
    const admin = fakeRule({
      id: 'TST009',
      severity: 'security',
      check: ({ policy }, report) => report({ at: policy.statements[0]!.head, message: 'admin', hides: 'security' }),
    })
    const findings = run([onAction('TST008', { severity: 'security' }), admin, onAction('TST010')])
    expect(brief(findings).map((text) => text.slice(0, 6))).toEqual(['TST009', 'TST010', 'TST008', 'TST010'])
    expect(findings[0]?.notes).toEqual(['1 weaker finding of this statement not shown'])
  })
})

describe('the same of the same text, in one statement', () => {
  const listed = (...items: readonly string[]): string =>
    JSON.stringify({ Statement: [{ Effect: 'Allow', Action: items, Resource: '*' }] })
  const onEntries = (edited = (start: number, end: number): readonly [number, number] => [start, end]): LintRule =>
    fakeRule({
      id: 'TST012',
      check({ policy }, report) {
        for (const item of policy.statements.flatMap(({ action }) => action?.items ?? [])) {
          const [start, end] = edited(item.start, item.end)
          const fix = { safety: 'unsafe', title: 'x', edits: [{ start, end, text: '"kms:x"' }] } as const
          report({ at: item, message: item.value, fix, related: [{ message: 'whole', at: policy.head }] })
        }
      },
    })
  test('is one finding with every place and every edit', () => {
    const text = listed('kms:a', 'kms:b', 'kms:a', 'kms:a')
    const [first, second, ...others] = run([onEntries()], text)
    expect([first?.message, second?.message, others]).toEqual(['kms:a', 'kms:b', []])
    expect(first?.notes).toEqual(['2 more places of this statement have the same'])
    expect(first?.related.map(({ message, span }) => `${message} ${text.slice(span.start, span.end)}`)).toEqual(
      expect.arrayContaining(['the same here "kms:a"', 'the same here "kms:a"']),
    )
    expect(first?.fix?.edits.map(({ start }) => text.slice(start, start + 7))).toEqual([
      '"kms:a"',
      '"kms:a"',
      '"kms:a"',
    ])
    expect([second?.notes, second?.fix?.edits.length]).toEqual([[], 1])
  })
  test('one more is said in the singular', () =>
    expect(run([onEntries()], listed('kms:a', 'kms:a'))[0]?.notes).toEqual([
      '1 more place of this statement has the same',
    ]))
  test('stays apart in two statements', () => {
    const entry = '{"Sid":"S","Effect":"Allow","Action":"kms:a","Resource":"*"}'
    expect(run([onEntries()], `{"Statement":[${entry},${entry}]}`)).toHaveLength(2)
  })
  test('stays apart where the edits would meet', () => {
    const found = run([onEntries((start, end) => [start - 1, end + 1])], listed('kms:a', 'kms:a'))
    expect(found.map(({ notes, fix }) => [notes, fix?.edits.length])).toEqual([
      [[], 1],
      [[], 1],
    ])
  })
  test('stays apart where a request shows it', () => {
    const shown = fakeRule({
      id: 'TST013',
      check({ policy }, report) {
        for (const item of policy.statements[0]!.action!.items)
          report({ at: item, message: 'x', witness: { summary: 'x', document: {} as SimulationDocument } })
      },
    })
    expect(run([shown], listed('kms:a', 'kms:a'))).toHaveLength(2)
  })
})

describe('fingerprints', () => {
  const prints = (text: string): readonly string[] => run([sidRule], text).map(({ fingerprint }) => fingerprint)
  test('stay when a statement is added before, or lines move', () => {
    const [a, b] = prints(POLICY)
    const moved = POLICY.replace('[{"Sid":"A"', '[\n{"Sid":"Z","Effect":"Deny"},\n{"Sid":"A"')
    expect(prints(moved).slice(1)).toEqual([a, b])
  })
  test('change with the text they are about', () =>
    expect(prints(POLICY.replace('"A"', '"A1"'))[0]).not.toBe(prints(POLICY)[0]))
})

describe('a policy in a string', () => {
  const outer = JSON.stringify({ PolicyName: 'default', Policy: POLICY }, null, 2)
  test('findings are at their place in the file', () =>
    expect(brief(run([sidRule], outer))[0]).toBe('TST001 error \\"A\\"'))
  test('fixes are edits of the file', () => {
    const fixing = fakeRule({
      id: 'TST011',
      check: ({ policy }, report) => {
        const { start, end } = policy.statements[0]!.sid!
        report({
          at: policy.head,
          message: 'x',
          fix: { safety: 'safe', title: 'x', edits: [{ start, end, text: '"it\\"s"' }] },
        })
      },
    })
    const [finding] = run([fixing], outer)
    const [edit] = finding!.fix!.edits
    const after = outer.slice(0, edit!.start) + edit!.text + outer.slice(edit!.end)
    expect(JSON.parse((JSON.parse(after) as { Policy: string }).Policy)).toMatchObject({
      Statement: [{ Sid: 'it"s' }, {}],
    })
  })
})

test('a fix inside of what a YAML alias repeats is not offered', () => {
  const text =
    'Version: 2012-10-17\nStatement:\n  - &s\n    Sid: A\n    Effect: Allow\n    Action: x\n    Resource: "*"\n  - *s\n'
  const fixing = fakeRule({
    id: 'TST012',
    check: ({ policy }, report) => {
      const at = policy.statements[0]!.sid!
      report({
        at,
        message: 'x',
        fix: { safety: 'safe', title: 'x', edits: [{ start: at.start, end: at.end, text: 'B' }] },
      })
    },
  })
  expect(run([fixing], text, 'identity', 'x.yaml').map(({ fix }) => fix)).toEqual([undefined])
})
