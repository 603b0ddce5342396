/**
 * An `Effect` that is not exactly `Allow` or `Deny`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Effect".
 */
import { replaceText } from '../edits.js'
import type { PolicyRule } from '../rule.js'
import { firstSymbol } from '../symbols.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'

export const invalidEffect: PolicyRule = {
  on: 'policy',
  id: 'SYN006',
  name: 'invalid-effect',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'An `Effect` that is not exactly `Allow` or `Deny`.',
    why: 'AWS refuses the policy; the value is compared with regard to case.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `Allow` or `Deny`. `--fix` corrects the case.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_EFFECT' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Effect"',
  },
  check({ policy }, report) {
    for (const { effectMember } of policy.statements) {
      if (effectMember?.value.kind !== 'string') continue
      const { value } = effectMember.value
      if (value === 'Allow' || value === 'Deny' || firstSymbol(value) >= 0) continue
      const meant = didYouMean(value.trim(), EFFECTS, 2)
      const same = EFFECTS.find((effect) => effect.toLowerCase() === value.trim().toLowerCase())
      report({
        at: effectMember.value,
        message: `${quote(value)} is not an effect`,
        effect: 'AWS refuses the policy',
        help:
          meant === undefined && same === undefined
            ? 'expected `Allow` or `Deny`'
            : `did you mean \`${same ?? meant}\`?`,
        ...(same === undefined
          ? {}
          : {
              fix: {
                safety: 'safe',
                title: `write \`${same}\``,
                edits: replaceText(policy.where, effectMember.value, same),
                repair: true,
              },
            }),
      })
    }
  },
}

const EFFECTS = ['Allow', 'Deny'] as const
