/**
 * Published templates and plans: all of them are read, what is in them has a policy that can be judged, and no rule says
 * of them what is not so.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { Finding } from '../../src/lint/finding.js'
import type { LintFile } from '../../src/lint/lint-file.js'
import { RULES } from '../../src/lint/rules/index.js'
import { runRules } from '../../src/lint/run-rules.js'
import { CORPORA, corpusFiles, isThere } from '../lint/corpora.js'
import { active, projectFacts } from '../lint/rule-cases.js'

const FOLDERS = ['cdk-output', 'cfn-templates', 'cfn-sra', 'tf-plan-checkov', 'tf-plan-validator'] as const

/** `{file} {address}`: policies that AWS refuses, with why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  // Ref of a replication group is its id, which is no ARN.
  ['ElastiCache_Elasticache-snapshot.json Resources/IamRoleLambda', '`RedisReplicationGroup` is not an ARN'],
])

interface Read {
  readonly name: string
  readonly file: LintFile
}

function filesOf(folder: string): readonly Read[] {
  const root = path.join(CORPORA, folder)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:json|ya?ml)$/.test(name) && !/findings|reference/.test(name))
    .map((name) => {
      const source = { name, text: readFileSync(path.join(root, name), 'utf8') }
      return { name, file: findPolicies(source, { isNamed: true }, EMBEDDED_READERS) }
    })
}

const defaults = RULES.filter((rule) => rule.default === 'on').map((rule) => ({ ...active(rule), takesMedium: false }))
const all = RULES.map((rule) => active(rule))

describe.each(FOLDERS)('%s', (folder) => {
  const isMissing = !existsSync(path.join(CORPORA, folder))

  test.skipIf(isMissing)('every file is a template or plan, or has one clear fault', () => {
    for (const { name, file } of filesOf(folder)) {
      if (file.template !== undefined) continue
      // Rain, a preprocessor, has tags of its own; each of them is named.
      expect(file.faults.length, name).toBeGreaterThan(0)
      for (const { message } of file.faults) expect(message, name).toMatch(/^unknown tag `!Rain::[A-Za-z0-9]+`$/)
    }
  })

  test.skipIf(isMissing)('every policy in which all is known or stood in for can be judged', () => {
    for (const { name, file } of filesOf(folder)) {
      for (const { view } of file.policies) {
        if (view.document !== undefined || view.symbols.some(({ standIn }) => standIn === undefined)) continue
        const where = `${name} ${view.resource?.address}`
        expect(
          view.refusals.map(({ message }) => message),
          where,
        ).toEqual([REFUSED.get(where)])
      }
    }
  })

  test.skipIf(isMissing)('places are those of the file', () => {
    for (const { name, file } of filesOf(folder)) {
      const { length } = file.source.text
      for (const { view, places } of file.policies) {
        for (const { node } of view.statements) {
          const { start, end } = places.span(node)
          expect(start >= 0 && start < end && end <= length, name).toBe(true)
        }
      }
    }
  })

  test.skipIf(isMissing)('no rule fails, and none of the default ones calls a right policy wrong', () => {
    const errors: string[] = []
    for (const { name, file } of filesOf(folder)) {
      runRules(file, all, projectFacts())
      for (const finding of runRules(file, defaults, projectFacts())) {
        if (finding.severity === 'error' && !isExpected(finding))
          errors.push(`${name} ${finding.rule.id} ${finding.message}`)
      }
    }
    expect(errors).toEqual([])
  })
})

describe.skipIf(!isThere)('all corpora', () => {
  test('a file that cannot be read has one finding, and that at one place', () => {
    let broken = 0
    for (const { source, kind } of corpusFiles()) {
      const options = { isNamed: true, ...(kind === undefined ? {} : { kind }) }
      const file = findPolicies(source, options, EMBEDDED_READERS)
      if (file.faults.length === 0) continue
      broken++
      const findings = runRules(file, all, projectFacts())
      expect(
        findings.map(({ rule }) => rule.id),
        source.name,
      ).toEqual([file.faults[0]?.fault === 'duplicateKey' ? 'SYN002' : 'SYN001'])
      expect(findings[0]!.span.end).toBeGreaterThan(findings[0]!.span.start)
      expect(source.text.slice(findings[0]!.span.start, findings[0]!.span.end)).not.toContain('\n')
    }
    expect(broken).toBeGreaterThan(0)
  })

  test('no key of a template is called one that nobody can manage', () => {
    const alarms = corpusFiles().flatMap(({ source }) => {
      if (!FOLDERS.some((folder) => source.name.startsWith(`${folder}/`))) return []
      const file = findPolicies(source, { isNamed: true }, EMBEDDED_READERS)
      const findings = runRules(file, defaults, projectFacts())
      return findings.filter(({ rule, severity }) => /^KEY00[123]$/.test(rule.id) && severity !== 'info')
    })
    expect(alarms.map(({ rule, source, message }) => `${source.name} ${rule.id} ${message}`)).toEqual([])
  })
})

function isExpected({ rule, message }: Finding): boolean {
  return rule.id === 'SYN001' && message.includes('!Rain::')
}

test('a plan of many megabytes is gone through part by part', () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  })
  const change = (address: string, type: string, after: unknown): string =>
    JSON.stringify({ address, mode: 'managed', type, change: { actions: ['create'], after, after_unknown: {} } })
  const changes: string[] = []
  for (let index = 0; index < 20_000; index++) {
    changes.push(change(`aws_instance.i[${index}]`, 'aws_instance', { tags: { text: `{"}]${'x'.repeat(900)}` } }))
    if (index % 100 === 0) changes.push(change(`aws_iam_policy.p${index}`, 'aws_iam_policy', { policy }))
  }
  const text = `{"format_version":"1.2","resource_changes":[${changes.join(',')}]}`
  const file = findPolicies({ name: 'plan.json', text }, { isNamed: true }, EMBEDDED_READERS)
  expect(file.root).toBeUndefined()
  expect(file.policies).toHaveLength(200)
})
