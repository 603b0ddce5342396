/**
 * A statement of a key policy without `Resource` or without `Action`.
 *
 * Source: KMS Developer Guide, "Creating a key policy".
 */
import { insertMember } from '../edits.js'
import type { StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'

export const statementWithoutResource: PolicyRule = {
  on: 'policy',
  id: 'KEY004',
  name: 'statement-without-resource',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',

  docs: {
    what: 'A statement of a key policy without `Resource` or without `Action`.',
    why: 'KMS accepts the policy, and the statement never applies: what it allows is not allowed, what it denies is not denied.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `"Resource": "*"`, which in a key policy means this key. `--unsafe-fixes` adds it, which makes the statement live.',
    whenToIgnore: 'Never: a statement that does nothing had better not stand there.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'MISSING_RESOURCE' }],
    source: 'KMS Developer Guide, "Creating a key policy"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { node, head, effect } = statement
      const missing = missingOf(statement)
      if (missing === undefined || node.kind !== 'object') continue
      report({
        at: head,
        message: `the statement has no \`${missing}\`, and KMS accepts that`,
        effect: effect === 'Deny' ? 'it denies nothing' : 'it allows nothing',
        help:
          missing === 'Resource' ? 'write `"Resource": "*"`, which means this key' : 'list the actions, or remove it',
        ...(missing === 'Resource'
          ? {
              fix: {
                safety: 'unsafe',
                title: 'add `"Resource": "*"`, which makes the statement live',
                edits: insertMember(policy.where, node, 'Resource', '*'),
              },
            }
          : {}),
      })
    }
  },
}

/** Also of a statement that another rule calls incomplete: nothing else is asked here. */
function missingOf({ members, resource, action }: StatementView): 'Resource' | 'Action' | undefined {
  if (members.length === 0) return undefined
  if (action === undefined) return 'Action'
  return resource === undefined ? 'Resource' : undefined
}
