/**
 * The cases of every rule: where it fires and what it says, where it keeps quiet, and what its fix makes of the policy.
 * Each policy is asked as JSON and as YAML.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Finding } from '../../src/lint/finding.js'
import { RULES } from '../../src/lint/rules/index.js'
import {
  fixedText,
  isPlace,
  parsed,
  pointerOf,
  runCase,
  writings,
  type CaseFile,
  type ExpectedFinding,
} from './rule-cases.js'

function withoutMessage({ at, severity, fix }: ExpectedFinding): ExpectedFinding {
  return {
    ...(at === undefined ? {} : { at }),
    ...(severity === undefined ? {} : { severity }),
    ...(fix === undefined ? {} : { fix }),
  }
}

const FOLDER = fileURLToPath(new URL('rules/', import.meta.url))
/** Reported by the runner, whose own tests they have. */
const CHECKED = RULES.filter(({ on }) => on !== 'run' && on !== 'template')

test('every file of cases belongs to a rule', () => {
  const ids = new Set(RULES.map(({ id }) => `${id}.json`))
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  expect(files.filter((name) => !ids.has(name))).toEqual([])
})

for (const rule of CHECKED) {
  const path = `${FOLDER}${rule.id}.json`
  describe(`${rule.id} ${rule.name}`, () => {
    test('has cases', () => expect(existsSync(path)).toBe(true))
    if (!existsSync(path)) return
    const cases = JSON.parse(readFileSync(path, 'utf8')) as CaseFile

    test('has three cases that fire and five that do not', () => {
      expect(cases.firing.length).toBeGreaterThanOrEqual(3)
      expect(cases.quiet.length).toBeGreaterThanOrEqual(5)
    })

    for (const given of cases.firing) {
      for (const written of writings(given)) {
        test(`${given.name} (${written.format})`, () => {
          const findings = runCase([rule], given, written)
          const expected = given.findings ?? [{}]
          const placeOf = (finding: Finding, at: string): string => {
            const found = pointerOf(finding, given, written)
            return isPlace(at, found, written) ? at : found
          }
          const seen = findings.map((finding, index) => ({
            ...(expected[index]?.at === undefined ? {} : { at: placeOf(finding, expected[index].at) }),
            ...(expected[index]?.severity === undefined ? {} : { severity: finding.severity }),
            ...(expected[index]?.fix === undefined ? {} : { fix: finding.fix?.safety ?? 'none' }),
          }))
          expect(seen).toEqual(expected.map(withoutMessage))
          for (const [index, { message }] of expected.entries()) {
            const { message: said, effect = '', help = '' } = findings[index]!
            if (message !== undefined) expect(`${said}; ${effect}; ${help}`).toContain(message)
          }
          if (given.fixed === undefined) return
          const text = fixedText(written.text, findings)
          expect(written.format === 'yaml' ? parse(text) : parsed(text)).toEqual(given.fixed)
          expect(runCase([rule], given, { ...written, text }).filter(({ fix }) => fix !== undefined)).toEqual([])
        })
      }
    }

    for (const given of cases.quiet) {
      for (const written of writings(given)) {
        test(`quiet: ${given.name} (${written.format})`, () => {
          expect(runCase([rule], given, written).map(({ message }) => message)).toEqual([])
        })
      }
    }
  })
}
