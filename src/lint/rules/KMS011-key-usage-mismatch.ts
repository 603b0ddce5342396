/**
 * A key policy in a template names an operation that the key cannot do, such as `kms:Decrypt` for a key that signs.
 *
 * Source: KMS API Reference, "CreateKey" (KeyUsage, KeySpec); KMS Developer Guide, "Key type reference".
 */
import { removeValues } from '../edits.js'
import { actionEntries } from '../facts/action-entries.js'
import { canDo, keyKind, resourceInTemplate } from '../facts/key-kind.js'
import type { TextValue } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { actionByName } from '../../aws/action.js'
import { quote } from '../../text/escape.js'

export const keyUsageMismatch: PolicyRule = {
  on: 'policy',
  id: 'KMS011',
  name: 'key-usage-mismatch',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'safe',

  docs: {
    what: 'A key policy in a template names an operation that the key cannot do, such as `kms:Decrypt` for a key that signs.',
    why: 'The usage and the key spec of a key never change. The entry gives nothing, and the operation that was meant is probably missing.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "KeySpec": "RSA_2048",\n        "KeyUsage": "SIGN_VERIFY",\n        "KeyPolicy": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:root"\n              },\n              "Action": "kms:*",\n              "Resource": "*",\n              "Sid": "Account"\n            },\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:role/App"\n              },\n              "Action": [\n                "kms:Decrypt",\n                "kms:Sign"\n              ],\n              "Resource": "*"\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "KeySpec": "RSA_2048",\n        "KeyUsage": "SIGN_VERIFY",\n        "KeyPolicy": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:root"\n              },\n              "Action": "kms:*",\n              "Resource": "*",\n              "Sid": "Account"\n            },\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:role/App"\n              },\n              "Action": [\n                "kms:Verify",\n                "kms:Sign"\n              ],\n              "Resource": "*"\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Name the operations of that kind of key, or create another key. `--fix` removes the entries where others remain.',
    whenToIgnore: 'Where one policy is used for keys of several kinds.',
    equivalents: [],
    source: 'KMS API Reference, "CreateKey" (KeyUsage, KeySpec); KMS Developer Guide, "Key type reference"',
  },

  check({ policy, template }, report) {
    const { resource } = policy
    const kind = resource === undefined ? undefined : keyKind(resource, resourceInTemplate(resource, template)?.places)
    if (kind === undefined) return
    for (const { action, effect } of policy.statements) {
      if (action === undefined || action.negated || effect !== 'Allow') continue
      const items = actionEntries(action).flatMap(({ form, folded, item }): TextValue[] => {
        const named = form === 'literal' ? actionByName(folded) : undefined
        return named !== undefined && named.keyUsage.length > 0 && !canDo(kind, named) ? [item] : []
      })
      const [first, ...others] = items
      if (first === undefined) continue
      report({
        at: first,
        message: `a key of ${kind.spec} for ${kind.usage} cannot do ${quote(first.value)}${others.length === 0 ? '' : ` and ${others.length} more of this list`}`,
        effect: 'the entry gives nothing',
        help: 'name the operations of this kind of key',
        related: others.map((at) => ({ message: 'nor this', at })),
        fix: {
          safety: 'safe',
          title: 'remove what the key cannot do',
          edits: removeValues(policy.where, action.member, items),
        },
      })
    }
  },
}
