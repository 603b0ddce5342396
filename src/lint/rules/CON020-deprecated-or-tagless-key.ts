/**
 * A condition key that has been replaced (`kms:CustomerMasterKeySpec`, `kms:CustomerMasterKeyUsage`), that AWS no longer documents, or that lacks the part behind its slash or colon: `aws:ResourceTag` without the tag key.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import { renameKey } from '../edits.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { isTaglessKey } from '../facts/tagless-key.js'
import type { ConditionView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const deprecatedOrTaglessKey: PolicyRule = {
  on: 'policy',
  id: 'CON020',
  name: 'deprecated-or-tagless-key',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A condition key that has been replaced (`kms:CustomerMasterKeySpec`, `kms:CustomerMasterKeyUsage`), that AWS no longer documents, or that lacks the part behind its slash or colon: `aws:ResourceTag` without the tag key.',
    why: 'Replaced keys still work and will go. A tag key that is not named tests nothing: no request carries `aws:ResourceTag` alone.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:KeySpec": "SYMMETRIC_DEFAULT"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Use the new name, or name the tag. `--fix` renames replaced keys.',
    whenToIgnore: 'In old policies that are not edited any more.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'DEPRECATED_GLOBAL_CONDITION_KEY' },
      { tool: 'IAM Access Analyzer', code: 'MISSING_TAG_KEY_IN_CONDITION' },
    ],
    source: 'KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys"',
  },
  check({ policy }, report) {
    for (const { conditions } of policy.statements) {
      for (const condition of conditions) {
        const { key } = condition
        const replacement = keyFacts(key.key)?.info?.synonymOf
        const retired = RETIRED.get(key.key.toLowerCase())
        if (typeof replacement === 'string') {
          report({
            at: keySpan(key),
            message: `${quote(key.key)} has been replaced by \`${replacement}\``,
            effect: 'it still works',
            help: `write \`${replacement}\``,
            ...(isFree(replacement, condition)
              ? {
                  fix: {
                    safety: 'safe',
                    title: `write \`${replacement}\``,
                    edits: renameKey(policy.where, key, replacement),
                  },
                }
              : {}),
          })
        } else if (retired !== undefined) {
          report({
            at: keySpan(key),
            message: `AWS no longer documents ${quote(key.key)}`,
            effect: 'what requests carry it is not known',
            help: retired,
          })
        } else if (isTaglessKey(key.key)) {
          report({
            at: keySpan(key),
            message: `${quote(key.key)} does not say which ${/context/i.test(key.key) ? 'pair' : 'tag'}`,
            effect: 'no request carries the key in this form',
            help: `write \`${/context/i.test(key.key) ? 'kms:EncryptionContext:name' : `${key.key.replace(/\/$/, '')}/name`}\``,
          })
        }
      }
    }
  },
}

const RETIRED: ReadonlyMap<string, string> = new Map([
  ['aws:sourceowner', 'write `aws:SourceAccount`'],
  ['aws:principalorgmasteraccountid', 'test `aws:PrincipalOrgID`'],
])

function isFree(replacement: string, { operator }: ConditionView): boolean {
  const lower = replacement.toLowerCase()
  return operator.value.kind === 'object' && operator.value.members.every(({ key }) => key.toLowerCase() !== lower)
}
