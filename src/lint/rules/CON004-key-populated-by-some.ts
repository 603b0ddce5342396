/**
 * A test of a condition key that only some actions of the statement carry, where the others are named one by one.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys".
 */
import { removeValues } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { populationOf, type Population } from '../facts/key-population.js'
import type { ConditionView, PatternsView, PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const keyPopulatedBySome: PolicyRule = {
  on: 'policy',
  id: 'CON004',
  name: 'key-populated-by-some',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A test of a condition key that only some actions of the statement carry, where the others are named one by one.',
    why: 'In an Allow the others are never allowed. In a Deny a negated test denies the others outright, and a positive one never denies them.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Encrypt",\n        "kms:ListKeys"\n      ],\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:team": "core"\n        }\n      }\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:Sign",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Split the statement. `--fix` drops the dead actions of an Allow.',
    whenToIgnore: 'In a Deny that is meant for requests without the key as well.',
    equivalents: [{ tool: 'IAM Policy Validator for AWS CloudFormation', code: 'condition_key_validation' }],
    source: 'KMS Developer Guide, "AWS KMS condition keys"',
  },
  check({ policy }, report) {
    for (const { action, effect, conditions } of policy.statements) {
      if (action === undefined || effect === undefined) continue
      const dead = new Set<TextValue>()
      for (const condition of conditions) {
        if (policy.kind === 'key' && keyFacts(condition.key.key)?.info?.inKeyPolicy === false) continue
        const result = resultWithoutKey(condition)
        // An Allow without restriction for some is what IfExists and the like are written for.
        if (result === undefined || (effect === 'Allow' && result)) continue
        const population = populationOf(action, condition.key.key)
        if (population === undefined || population.carrying === 0) continue
        // One finding for each action that is dead, however many tests it fails.
        const named = population.namedWithout.filter((item) => !dead.has(item))
        for (const item of named) dead.add(item)
        if (named.length > 0)
          reportSplit({ condition, action, population, named, isAllow: effect === 'Allow', result }, policy, report)
      }
    }
  },
}

interface Split {
  readonly condition: ConditionView
  readonly action: PatternsView
  readonly population: Population
  readonly named: readonly TextValue[]
  readonly isAllow: boolean
  readonly result: boolean
}

/** Nobody reads more places of one finding. */
const MAX_RELATED = 50

function reportSplit(split: Split, { where }: PolicyView, report: Report): void {
  const { condition, action, population, named, isAllow, result } = split
  const names = named.slice(0, 3).map(({ value }) => quote(value))
  const list = `${names.join(', ')}${named.length > 3 ? ` and ${named.length - 3} more` : ''}`
  const verb = named.length === 1 ? 'does' : 'do'
  report({
    at: keySpan(condition.key),
    message: `${list} ${verb} not carry ${quote(condition.key.key)}, other actions of the statement do`,
    effect: isAllow
      ? `${list} ${named.length === 1 ? 'is' : 'are'} never allowed here`
      : result
        ? `${list} ${named.length === 1 ? 'is' : 'are'} denied always`
        : `${list} ${named.length === 1 ? 'is' : 'are'} never denied here`,
    help: 'give them a statement of their own',
    severity: 'warning',
    precision: population.isCertain ? 'certain' : 'medium',
    related: named.slice(0, MAX_RELATED).map((at) => ({ message: 'never carries the key', at })),
    ...(isAllow
      ? {
          fix: {
            // Of keys that are not its own, KMS's tables are no proof.
            safety: keyFacts(condition.key.key)?.origin === 'kms' ? 'safe' : 'unsafe',
            title: 'drop the dead actions',
            edits: removeValues(where, action.member, named),
          },
        }
      : {}),
  })
}
