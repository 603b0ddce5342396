/**
 * A `Sid` with characters that this kind of policy does not accept.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Sid"; KMS Developer Guide, "Creating a key policy".
 */
import { replaceText } from '../edits.js'
import type { PolicyRule } from '../rule.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { quote } from '../../text/escape.js'

export const invalidSid: PolicyRule = {
  on: 'policy',
  id: 'SYN009',
  name: 'invalid-sid',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp', 'rcp', 'key'],
  fix: 'safe',

  docs: {
    what: 'A `Sid` with characters that this kind of policy does not accept. Identity-based policies, boundaries, session policies and guardrails take letters and digits; key policies take spaces as well and are never reported.',
    why: 'AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Allow use",\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "AllowUse",\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Sid": "Allow use",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Leave out what is no letter or digit. `--fix` does so where the result is free.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_SID' },
      { tool: 'parliament', code: 'INVALID_SID' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Sid"; KMS Developer Guide, "Creating a key policy"',
  },
  check({ policy }, report) {
    const rules = ELEMENT_RULES[policy.kind]
    if (rules.sid !== 'alphanumeric') return
    const taken = new Set(policy.statements.flatMap(({ sid }) => sid?.value ?? []))
    for (const { sid } of policy.statements) {
      if (sid === undefined || !sid.known || !OTHER.test(sid.value)) continue
      const stripped = sid.value.replaceAll(OTHERS, '')
      const isFree = stripped !== '' && !taken.has(stripped)
      if (isFree) taken.add(stripped)
      report({
        at: sid,
        message: `Sid ${quote(sid.value)} has ${quote(OTHER.exec(sid.value)?.[0] ?? '')}`,
        effect: 'AWS refuses the policy',
        help: `the Sid of ${rules.called} takes letters and digits`,
        ...(isFree
          ? {
              fix: {
                safety: 'safe',
                title: 'leave out what is no letter or digit',
                edits: replaceText(policy.where, sid, stripped),
                repair: true,
              },
            }
          : {}),
      })
    }
  },
}

const OTHER = /[^A-Za-z0-9]/
const OTHERS = /[^A-Za-z0-9]/g
