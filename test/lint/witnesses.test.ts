/**
 * Witnesses of findings: each is a request that `keyward eval` decides as the finding says.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'
import { simulate } from '../../src/source/simulate.js'
import { runCase, writings, type CaseFile } from './rule-cases.js'

const FOLDER = fileURLToPath(new URL('rules/', import.meta.url))

/** What the request of a finding of the rule is decided as. */
const DECISIONS: Readonly<Record<string, readonly string[]>> = {
  ASR001: ['allow'],
  ASR002: ['implicitDeny', 'explicitDeny'],
  DIF001: ['allow'],
  DIF002: ['allow'],
  DIF003: ['allow', 'implicitDeny'],
  KEY001: ['implicitDeny', 'explicitDeny'],
  KEY002: ['implicitDeny', 'explicitDeny'],
  KEY006: ['allow'],
  KEY007: ['allow'],
  KEY008: ['allow'],
  KEY012: ['allow'],
  KMS005: ['allow'],
  KMS007: ['allow'],
  KMS008: ['allow'],
  KMS014: ['allow'],
  LOG001: ['implicitDeny'],
  LOG002: ['explicitDeny'],
  LOG003: ['allow'],
  LOG004: ['explicitDeny'],
  SEC004: ['allow'],
}

for (const [id, decisions] of Object.entries(DECISIONS)) {
  const rule = RULES.find((one) => one.id === id)
  const path = `${FOLDER}${id}.json`
  if (rule === undefined || !existsSync(path)) continue
  const { firing } = JSON.parse(readFileSync(path, 'utf8')) as CaseFile
  describe(id, () => {
    const witnesses = firing.flatMap((given) =>
      writings(given)
        .slice(0, 1)
        .flatMap((written) => runCase([rule], given, written))
        .flatMap(({ witness }) => (witness === undefined ? [] : [{ name: given.name, witness }])),
    )
    test('has witnesses', () => expect(witnesses.length).toBeGreaterThan(0))
    test.each(witnesses)('$name', ({ witness }) => {
      const answer = simulate(witness.document)
      expect('decision' in answer ? answer.decision : answer).toBeOneOf([...decisions])
    })
  })
}
