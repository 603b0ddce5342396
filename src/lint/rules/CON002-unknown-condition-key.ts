/**
 * A condition key that no table has.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys"; Service Authorization Reference.
 */
import { renameKey } from '../edits.js'
import { keyFacts, similarKey } from '../facts/condition-key-facts.js'
import { isPlaceholder } from '../facts/placeholder.js'
import { isTaglessKey } from '../facts/tagless-key.js'
import type { PolicyView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { firstSymbol } from '../symbols.js'
import { CATALOGUE_DATE } from '../../aws/service-catalogue.js'
import { quote } from '../../text/escape.js'
import type { Member } from '../../text/syntax-tree.js'
import { hasVariable } from '../../text/template.js'

export const unknownConditionKey: PolicyRule = {
  on: 'policy',
  id: 'CON002',
  name: 'unknown-condition-key',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A condition key that no table has. Keys with a part that is free (tags, encryption context, claims of an identity provider) are matched by their form.',
    why: 'No request carries the key: a positive test never holds and a negated one always does.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaServices": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Correct the name. `--unsafe-fixes` writes the nearest one.',
    whenToIgnore: 'For a key that is newer than the tables. AWS adds keys without notice; the message names the date.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_GLOBAL_CONDITION_KEY' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_SERVICE_CONDITION_KEY' },
    ],
    source:
      'IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys"; Service Authorization Reference',
  },
  check({ policy }, report) {
    let suggested = 0
    for (const [name, places] of unknownKeys(policy)) {
      const [first, ...others] = places
      if (first === undefined) continue
      const isKms = name.startsWith('kms:')
      const meant = suggested++ < MAX_SUGGESTIONS ? similarKey(first.key) : undefined
      report({
        at: keySpan(first),
        message: `there is no condition key ${quote(first.key)}${isKms ? '' : ` as of ${CATALOGUE_DATE}`}`,
        effect: 'no request carries it: a positive test never holds, a negated one always does',
        help: meant === undefined ? 'correct the name' : `did you mean \`${meant}\`?`,
        severity: isKms ? 'error' : 'warning',
        precision: isKms ? 'certain' : 'high',
        related: others.map((member) => ({ message: 'the same key', at: keySpan(member) })),
        ...(meant === undefined || others.length > 0
          ? {}
          : { fix: { safety: 'unsafe', title: `write \`${meant}\``, edits: renameKey(policy.where, first, meant) } }),
      })
    }
  },
}

/** More would cost more than they help. */
const MAX_SUGGESTIONS = 20

function unknownKeys({ statements }: PolicyView): ReadonlyMap<string, readonly Member[]> {
  const found = new Map<string, Member[]>()
  for (const { key } of statements.flatMap(({ conditions }) => conditions)) {
    const name = key.key
    // What is still open, and what has a rule of its own, is not unknown.
    if (keyFacts(name) !== undefined || firstSymbol(name) >= 0 || hasVariable(name)) continue
    if (isPlaceholder(name) || isTaglessKey(name)) continue
    const lower = name.toLowerCase()
    const same = found.get(lower)
    if (same === undefined) found.set(lower, [key])
    else same.push(key)
  }
  return found
}
