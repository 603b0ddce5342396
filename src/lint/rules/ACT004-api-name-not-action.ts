/**
 * The name of an API operation whose permission is called otherwise.
 *
 * Source: KMS API Reference, "ReEncrypt"; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
 */
import { replaceText } from '../edits.js'
import { actionEntries } from '../facts/action-entries.js'
import type { PolicyRule } from '../rule.js'
import { RENAMED_OPERATIONS } from '../../aws/api-names.js'
import { quote } from '../../text/escape.js'

export const apiNameNotAction: PolicyRule = {
  on: 'policy',
  id: 'ACT004',
  name: 'api-name-not-action',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'The name of an API operation whose permission is called otherwise.',
    why: 'No action has this name, so the entry matches nothing and the operation stays denied (or, in a Deny, allowed).',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:ReEncrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:ReEncryptTo",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the permission: `kms:ReEncryptFrom` on the source key and `kms:ReEncryptTo` on the destination key, or `kms:ReEncrypt*` for both.',
    whenToIgnore: 'Never.',
    equivalents: [],
    source: 'KMS API Reference, "ReEncrypt"; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"',
  },
  check({ policy }, report) {
    for (const { action } of policy.statements) {
      if (action === undefined) continue
      for (const { item, form, actions, prefix, name } of actionEntries(action)) {
        const renamed =
          form === 'literal' && actions.length === 0 ? RENAMED_OPERATIONS.get(`${prefix}:${name}`) : undefined
        if (renamed === undefined) continue
        const permissions = renamed.permissions.map((permission) => `\`${permission}\``).join(' and ')
        report({
          at: item,
          message: `${quote(item.value)} is an API operation, and no action has its name`,
          effect: `the entry matches nothing; the operation asks for ${permissions}`,
          help: `write \`${renamed.entry}\``,
          fix: {
            safety: 'unsafe',
            title: `write \`${renamed.entry}\``,
            edits: replaceText(policy.where, item, renamed.entry),
          },
        })
      }
    }
  },
}
