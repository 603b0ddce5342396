/** Fixes: what is written, what is refused, and that fixing ends. */
import { describe, expect, test } from 'vitest'
import { findPolicies } from '../../src/lint/find-policies.js'
import { fixFile, type FixedFile, type ProveEquivalent } from '../../src/lint/fix.js'
import type { Fix, LintRule } from '../../src/lint/rule.js'
import { runRules } from '../../src/lint/run-rules.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { fakeRule } from './fake-rules.js'
import { active, projectFacts } from './rule-cases.js'

const policy = (...actions: readonly string[]): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[${actions.map((action) => `"${action}"`).join(',')}],"Resource":"*"}]}`

interface Settings {
  readonly safety?: 'safe' | 'unsafe'
  readonly prove?: ProveEquivalent | undefined
  readonly kind?: PolicyKind
}

function fix(
  text: string,
  rules: readonly LintRule[],
  { safety = 'safe', prove, kind = 'identity' }: Settings,
): FixedFile {
  return fixFile(text, {
    safety,
    prove,
    check(written) {
      const file = findPolicies({ name: 'x.json', text: written }, { isNamed: true, kind }, [])
      return {
        file,
        findings: runRules(
          file,
          rules.map((rule) => active(rule)),
          projectFacts(),
        ),
      }
    },
  })
}

/** Replaces every action `from`, as `fix` has it. */
const replacing = (id: string, from: string, to: string, facts: Partial<Fix> = {}): LintRule =>
  fakeRule({
    id,
    check({ policy: view }, report) {
      for (const item of view.statements[0]?.action?.items ?? []) {
        const edits = [{ start: item.start, end: item.end, text: JSON.stringify(to) }]
        // A message of its own for each: equal ones would be one finding with one fix.
        if (item.value === from)
          report({ at: item, message: `${from} ${item.start}`, fix: { safety: 'safe', title: to, edits, ...facts } })
      }
    },
  })

const equal: ProveEquivalent = () => 'equal'
const reasons = ({ refused }: FixedFile): readonly string[] => refused.map(({ reason }) => reason)

describe('safe fixes', () => {
  const rule = replacing('TST001', 'kms:decrypt', 'kms:Decrypt')
  const before = policy('kms:decrypt', 'kms:Encrypt', 'kms:decrypt')

  test('are written when they are proved', () => {
    const seen: string[][] = []
    const prove: ProveEquivalent = (old, now, kind) => {
      seen.push([kind, ...[old, now].map(({ statements }) => statements[0]?.action?.patterns.join() ?? '')])
      return 'equal'
    }
    const { text, applied } = fix(before, [rule], { prove })
    expect(text).toBe(policy('kms:Decrypt', 'kms:Encrypt', 'kms:Decrypt'))
    expect(applied).toHaveLength(2)
    expect(seen[0]).toEqual(['identity', 'kms:decrypt,kms:Encrypt,kms:decrypt', 'kms:Decrypt,kms:Encrypt,kms:decrypt'])
  })
  test('twice is once', () => {
    const { text } = fix(before, [rule], { prove: equal })
    expect(fix(text, [rule], { prove: equal })).toEqual({ text, applied: [], refused: [] })
  })
  test.each<[string, ProveEquivalent | undefined, string]>([
    ['nothing can prove them', undefined, 'nothing here can prove that no decision changes'],
    ['a decision would change', () => 'different', 'the proof found a request that would be decided differently'],
    ['the proof gives up', () => 'unknown', 'the proof that no decision changes was not completed'],
  ])('are not written when %s', (_name, prove, reason) => {
    const result = fix(policy('kms:decrypt'), [rule], { prove })
    expect(result.text).toBe(policy('kms:decrypt'))
    expect(reasons(result)).toEqual([reason])
  })
  test('are not written to a policy that AWS refuses', () => {
    const refusedPolicy = policy('kms:decrypt').replace('"Resource"', '"Resources"')
    expect(reasons(fix(refusedPolicy, [rule], { prove: equal }))).toEqual([
      'only of a policy that AWS accepts can it be proved that no decision changes',
    ])
  })
  test('that leave no policy are not written', () => {
    const breaking = replacing('TST002', 'x', 'x', { edits: [{ start: 0, end: 1, text: '[' }] })
    expect(reasons(fix(policy('x'), [breaking], { prove: equal }))).toEqual(['the result could not be read'])
  })
  test('that undo each other end', () => {
    const there = replacing('TST003', 'kms:a', 'kms:b')
    const back = replacing('TST004', 'kms:b', 'kms:a')
    const result = fix(policy('kms:a'), [there, back], { prove: equal })
    expect(result.text).toBe(policy('kms:b'))
    expect(reasons(result)).toEqual(['another fix would undo it'])
  })
})

describe('repairs', () => {
  const refusedPolicy = policy('kms:*').replace('"Allow"', '"allow"')
  const at = refusedPolicy.indexOf('"allow"')
  const repair = (text: string): LintRule =>
    fakeRule({
      id: 'TST005',
      check({ policy: view }, report) {
        const [statement] = view.statements
        if (statement?.effect !== undefined || statement === undefined) return
        const edits = [{ start: at, end: at + 7, text }]
        report({ at: statement.head, message: 'x', fix: { safety: 'safe', title: 'x', edits, repair: true } })
      },
    })

  test('of what AWS refuses need no proof', () =>
    expect(fix(refusedPolicy, [repair('"Allow"')], {}).text).toBe(policy('kms:*')))
  test('must not leave more to refuse', () =>
    expect(reasons(fix(refusedPolicy, [repair('"x","Effects":1')], {}))).toEqual(['the result would be refused']))
})

describe('unsafe fixes', () => {
  const rule = replacing('TST006', 'kms:Decript', 'kms:Decrypt', { safety: 'unsafe' })
  test('are left out unless they are asked for', () =>
    expect(fix(policy('kms:Decript'), [rule], { prove: equal }).text).toBe(policy('kms:Decript')))
  test('need no proof', () =>
    expect(fix(policy('kms:Decript'), [rule], { safety: 'unsafe' }).text).toBe(policy('kms:Decrypt')))
})
