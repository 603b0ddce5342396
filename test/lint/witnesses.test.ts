/**
 * Witnesses of findings: what a rule of logic, of lockout, of public access or of comparison says, it says with a request
 * that `keyward eval` decides as the finding says.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'
import { simulate } from '../../src/source/simulate.js'
import { runCase, writings, type CaseFile } from './rule-cases.js'
import { DECISIONS } from './witness-decisions.js'

function casesOf(id: string): CaseFile['firing'] {
  return (JSON.parse(readFileSync(new URL(`rules/${id}.json`, import.meta.url), 'utf8')) as CaseFile).firing
}

for (const [id, decisions] of Object.entries(DECISIONS)) {
  const rule = RULES.find((one) => one.id === id)
  describe(id, () => {
    test.each(casesOf(id))('$name', (given) => {
      const findings = rule === undefined ? [] : runCase([rule], given, writings(given)[0]!)
      expect(findings.length).toBeGreaterThan(0)
      for (const { message, witness } of findings) {
        const answer = witness === undefined ? undefined : simulate(witness.document)
        expect({ message, decision: answer && 'decision' in answer ? answer.decision : answer }).toEqual({
          message,
          decision: expect.toBeOneOf([...decisions]) as unknown,
        })
      }
    })
  })
}

test('no other rule carries any', () => {
  // Texts that are no JSON, templates and settings are no requests; every rule on policies and their versions is asked.
  const others = RULES.filter(({ id, on }) => !(id in DECISIONS) && (on === 'policy' || on === 'comparison'))
  const carrying = others.filter((rule) =>
    casesOf(rule.id).some((given) =>
      writings(given)
        .slice(0, 1)
        .some((written) => runCase([rule], given, written).some(({ witness }) => witness !== undefined)),
    ),
  )
  expect(carrying.map(({ id }) => id)).toEqual([])
})

test('all rules of logic, of lockout, of public access and of comparison do', () => {
  const wanted = RULES.filter(({ id }) => /^(?:LOG|DIF|ASR)/.test(id) || LOCKOUT.includes(id) || PUBLIC.includes(id))
  expect(wanted.filter(({ id }) => !(id in DECISIONS)).map(({ id }) => id)).toEqual([])
})

const LOCKOUT: readonly string[] = ['KEY001', 'KEY002', 'KEY003']
const PUBLIC: readonly string[] = ['KEY006', 'KEY007', 'KEY008']
