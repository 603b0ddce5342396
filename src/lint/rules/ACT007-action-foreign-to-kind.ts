/**
 * An action that this kind of policy can never authorise: another service in a key policy or role trust policy; `kms:CreateKey`, `kms:ListKeys` and other KMS actions without a key, named in a key policy; `kms:RetireGrant` in a key policy or resource control policy.
 *
 * Source: KMS Developer Guide, "Permissions for AWS KMS" and "Retiring and revoking grants"; Organizations User Guide, "Resource control policies".
 */
import { removeValues } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import type { PolicyRule } from '../rule.js'
import type { PolicyKind } from '../../policy/document.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { quote } from '../../text/escape.js'

export const actionForeignToKind: PolicyRule = {
  on: 'policy',
  id: 'ACT007',
  name: 'action-foreign-to-kind',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource', 'rcp'],
  fix: 'safe',

  docs: {
    what: 'An action that this kind of policy can never authorise: another service in a key policy or role trust policy; `kms:CreateKey`, `kms:ListKeys` and other KMS actions without a key, named in a key policy; `kms:RetireGrant` in a key policy or resource control policy. Patterns such as `kms:*` are fine.',
    why: 'KMS asks the key policy only about operations on this key, and asks no policy of the key who may retire a grant. The entry has no effect, and a Deny does not protect.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": [\n        "kms:Encrypt",\n        "kms:ListKeys"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": [\n        "kms:Encrypt"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Move the action to an identity-based policy. `--fix` removes the entry where others remain.',
    whenToIgnore: 'Never: the entry has no effect.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_ACTION_IN_POLICY' }],
    source:
      'KMS Developer Guide, "Permissions for AWS KMS" and "Retiring and revoking grants"; Organizations User Guide, "Resource control policies"',
  },
  check({ policy }, report) {
    for (const { action, effect } of policy.statements) {
      if (action === undefined) continue
      const foreign = actionEntries(action).filter((entry) => isForeign(entry, policy.kind))
      const [first, ...others] = foreign
      if (first === undefined) continue
      const { called } = ELEMENT_RULES[policy.kind]
      report({
        at: first.item,
        message: `${called} cannot authorise ${quote(first.item.value)}${others.length === 0 ? '' : ` and ${others.length} more of this list`}`,
        effect: effect === 'Deny' ? 'the Deny does not cover it' : 'the entry gives nothing',
        help: 'move it to an identity-based policy',
        related: others.map(({ item }) => ({ message: `neither ${quote(item.value)}`, at: item })),
        fix: {
          safety: 'safe',
          title: 'remove what has no effect',
          edits: removeValues(
            policy.where,
            action.member,
            foreign.map(({ item }) => item),
          ),
        },
      })
    }
  },
}

/** No policy of a key has a say in it; see the first page named above. */
const RETIRE_GRANT = 'retiregrant'

function isForeign({ form, prefix, name, actions }: ActionEntry, kind: PolicyKind): boolean {
  if (form !== 'literal' && form !== 'pattern') return false
  const isRetireGrant = form === 'literal' && prefix === 'kms' && name === RETIRE_GRANT
  switch (kind) {
    case 'key':
      if (prefix !== 'kms') return true
      return isRetireGrant || (form === 'literal' && actions[0]?.resourceTypes.length === 0)
    case 'trust':
      return prefix !== 'sts'
    case 'rcp':
      return isRetireGrant
    case 'identity':
    case 'boundary':
    case 'session':
    case 'scp':
    case 'vpce':
    case 'resource':
      return false
  }
}
