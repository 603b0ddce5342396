/**
 * The cases of the rules that look at a whole template: where each fires and what it says, and where it keeps quiet.
 * Each template is asked as JSON and as YAML.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { Finding } from '../../src/lint/finding.js'
import type { LintFile } from '../../src/lint/lint-file.js'
import { RULES } from '../../src/lint/rules/index.js'
import { runRules } from '../../src/lint/run-rules.js'
import { pointerAt } from '../../src/lint/structural-path.js'
import {
  active,
  fixedText,
  isPlace,
  parsed,
  projectFacts,
  writings,
  type CaseFile,
  type RuleCase,
  type Written,
} from './rule-cases.js'

const FOLDER = fileURLToPath(new URL('rules/', import.meta.url))

function fileOf({ text, format }: Written): LintFile {
  return findPolicies({ name: `case.${format}`, text }, { format, isNamed: true }, EMBEDDED_READERS)
}

function placeOf({ span }: Finding, { root }: LintFile): string {
  if (root === undefined) return `${span.start}-${span.end}`
  const { pointer, isKey } = pointerAt(root, span)
  return isKey ? `${pointer}#key` : pointer
}

for (const rule of RULES.filter(({ on }) => on === 'template')) {
  const path = `${FOLDER}${rule.id}.json`
  describe(`${rule.id} ${rule.name}`, () => {
    test('has cases', () => expect(existsSync(path)).toBe(true))
    if (!existsSync(path)) return
    const cases = JSON.parse(readFileSync(path, 'utf8')) as CaseFile
    const run = (given: RuleCase, file: LintFile): readonly Finding[] =>
      runRules(file, [active(rule, given.options)], projectFacts(given.project))

    test('has three cases that fire and five that do not', () => {
      expect(cases.firing.length).toBeGreaterThanOrEqual(3)
      expect(cases.quiet.length).toBeGreaterThanOrEqual(5)
    })
    for (const given of cases.firing) {
      for (const written of writings(given)) {
        test(`${given.name} (${written.format})`, () => {
          const file = fileOf(written)
          const findings = run(given, file)
          const expected = given.findings ?? []
          expect(findings).toHaveLength(expected.length)
          for (const [index, { at, severity, message, fix }] of expected.entries()) {
            const finding = findings[index]!
            const place = placeOf(finding, file)
            if (at !== undefined) expect(isPlace(at, place, written) ? at : place).toBe(at)
            if (severity !== undefined) expect(finding.severity).toBe(severity)
            if (fix !== undefined) expect(finding.fix?.safety ?? 'none').toBe(fix)
            if (message !== undefined) expect(`${finding.message}; ${finding.effect ?? ''}`).toContain(message)
          }
          if (given.fixed === undefined) return
          const text = fixedText(written.text, findings)
          expect(written.format === 'yaml' ? parse(text) : parsed(text)).toEqual(given.fixed)
        })
      }
    }
    for (const given of cases.quiet) {
      for (const written of writings(given)) {
        test(`quiet: ${given.name} (${written.format})`, () => {
          expect(run(given, fileOf(written)).map(({ message }) => message)).toEqual([])
        })
      }
    }
  })
}
