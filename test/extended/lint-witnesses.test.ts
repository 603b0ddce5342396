/**
 * Findings on published policies that come with a request: each is decided as the finding says. Those without one are
 * named here, with the reason why there is none.
 */
import { describe, expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import { RULES } from '../../src/lint/rules/index.js'
import { runRules } from '../../src/lint/run-rules.js'
import { simulate } from '../../src/source/simulate.js'
import { corpusFiles, isThere } from '../lint/corpora.js'
import { active, projectFacts } from '../lint/rule-cases.js'
import { DECISIONS } from '../lint/witness-decisions.js'

const ASKED = RULES.filter(({ id }) => id in DECISIONS).map((rule) => active(rule))

/** `{file} {rule}`: why there is no request to show. */
const WITHOUT: Readonly<Record<string, string>> = {
  'aws-managed-policies/policies/BedrockAgentCoreFullAccess.json LOG003':
    'The statement compares a key with a policy variable, and no request could be made that has both; the proof needs none.',
  'validator-examples/iam-test-policies_identity-policies_insecure_policy.json SEC004':
    'AWS refuses the policy for its Sids, so it decides nothing.',
}

describe.skipIf(!isThere)('published policies', () => {
  test('every finding of these rules has a witness, which is decided as it says', () => {
    const wrong: string[] = []
    const without = new Set<string>()
    let count = 0
    for (const { source, kind } of corpusFiles()) {
      const hints = { isNamed: true, ...(kind === undefined ? {} : { kind }) }
      for (const { rule, message, witness } of runRules(
        findPolicies(source, hints, EMBEDDED_READERS),
        ASKED,
        projectFacts(),
      )) {
        const name = `${source.name} ${rule.id}`
        if (witness === undefined) {
          without.add(name)
          if (WITHOUT[name] === undefined) wrong.push(`${name}: ${message}: no witness`)
          continue
        }
        count++
        const answer = simulate(witness.document)
        const decision = 'decision' in answer ? answer.decision : JSON.stringify(answer)
        if (DECISIONS[rule.id]?.includes(decision) !== true) wrong.push(`${name}: ${message}: ${decision}`)
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBeGreaterThan(50)
    expect(Object.keys(WITHOUT).filter((name) => !without.has(name))).toEqual([])
  }, 240_000)
})
