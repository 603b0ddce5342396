/**
 * A value of `kms:RequestAlias` or `kms:ResourceAliases` that is no alias name: an ARN, a key ID, or a name without
 * `alias/`.
 *
 * Source: KMS Developer Guide, "kms:RequestAlias" and "kms:ResourceAliases".
 */
import { replaceText } from '../edits.js'
import { testsOf } from '../facts/condition-tests.js'
import { isKeyIdentifier } from '../facts/key-identifier.js'
import { overlaps } from '../facts/pattern-overlap.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const aliasConditionValue: PolicyRule = {
  on: 'policy',
  id: 'KMS004',
  name: 'alias-condition-value',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'key', 'scp'],
  fix: 'unsafe',

  docs: {
    what: 'A value of `kms:RequestAlias` or `kms:ResourceAliases` that is no alias name: an ARN, a key ID, or a name without `alias/`.',
    why: 'Both keys hold names such as `alias/app`. Anything else matches no request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:RequestAlias": "arn:aws:kms:us-west-2:111122223333:alias/app"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:RequestAlias": "alias/app"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the name with `alias/` in front. `--unsafe-fixes` does so.',
    whenToIgnore: 'Never: the value cannot match.',
    equivalents: [],
    source: 'KMS Developer Guide, "kms:RequestAlias" and "kms:ResourceAliases"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const { parsed, values, key } of testsOf(statement, ['kms:requestalias', 'kms:resourcealiases'])) {
        if (parsed === undefined || !parsed.base.startsWith('String')) continue
        const isPattern = parsed.base === 'StringLike'
        for (const value of values) {
          const fixed = fixedPart(value.value)
          if (!value.known || fixed === undefined || isAliasName(value.value, fixed, isPattern)) continue
          const better = aliasNameIn(value.value)
          report({
            at: value,
            message: `${quote(value.value)} is no alias name, and ${quote(key.key)} holds nothing else`,
            effect: 'the value matches no request',
            help: better === undefined ? 'write the name of the alias, as in `alias/app`' : `write ${quote(better)}`,
            ...(better === undefined
              ? {}
              : {
                  fix: {
                    safety: 'unsafe',
                    title: `write ${quote(better)}`,
                    edits: replaceText(policy.where, value.node, better),
                  },
                }),
          })
        }
      }
    }
  },
}

const PREFIX = 'alias/'

/** What stands before the first variable; undefined where that says nothing. */
function fixedPart(value: string): string | undefined {
  const variable = value.indexOf('${')
  if (variable === 0) return undefined
  return variable < 0 ? value : value.slice(0, variable)
}

function isAliasName(value: string, fixed: string, isPattern: boolean): boolean {
  if (fixed !== value) return fixed.startsWith(PREFIX) || PREFIX.startsWith(fixed) || (isPattern && /[*?]/.test(fixed))
  return isPattern ? overlaps(value, `${PREFIX}*`) : value.startsWith(PREFIX)
}

function aliasNameIn(value: string): string | undefined {
  if (value.startsWith('arn:')) {
    const at = value.indexOf(`:${PREFIX}`)
    return at < 0 ? undefined : value.slice(at + 1)
  }
  return isKeyIdentifier(value) || !/^[A-Za-z0-9/_*?-]+$/.test(value) ? undefined : PREFIX + value
}
