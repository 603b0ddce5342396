/**
 * A `Resource` in a key policy that is not `*`. An error where it is provably another key, or no key at all.
 *
 * Source: KMS Developer Guide, "Creating a key policy".
 */
import { replaceNode } from '../edits.js'
import { ownAccount } from '../facts/own-account.js'
import { overlaps } from '../facts/pattern-overlap.js'
import { resourceEntries, type ResourceEntry } from '../facts/resource-entries.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'

export const resourceNotStar: PolicyRule = {
  on: 'policy',
  id: 'KEY005',
  name: 'resource-not-star',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',

  docs: {
    what: 'A `Resource` in a key policy that is not `*`. An error where it is provably another key, or no key at all.',
    why: 'In a key policy `*` means this key and nothing else. The ARN of another key or Region never matches, so the statement does nothing; the ARN of the key itself breaks copies of the policy, replicas and templates.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `"*"`. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where one document is the policy of several keys on purpose and is to differ between them.',
    equivalents: [],
    source: 'KMS Developer Guide, "Creating a key policy"',
  },

  check({ policy, project }, report) {
    const own = ownAccount(policy, project)
    const account = own?.isCertain === true ? own.account : undefined
    for (const statement of policy.statements) reportResource(statement, policy, account, report)
  },
}

function reportResource(
  { resource, effect }: StatementView,
  { where, resource: key }: PolicyView,
  account: string | undefined,
  report: Report,
): void {
  if (resource === undefined || resource.negated) return
  const entries = resourceEntries(resource)
  if (entries.some((entry) => entry.form === 'any' || entry.form === 'unknown' || matchesAnyKey(entry))) return
  const [first, ...others] = entries
  if (first === undefined) return
  const isOther = entries.every((entry) => isNever(entry, account, key?.region))
  report({
    at: first.item,
    message: isOther
      ? `${quote(first.item.value)} is never the key of this policy`
      : `${quote(first.item.value)} is no \`*\`, which is what this key is called in its own policy`,
    effect: isOther
      ? `the statement ${effect === 'Deny' ? 'denies' : 'allows'} nothing`
      : 'the statement does nothing for any other key, such as a replica or one that replaces it',
    help: 'write `"*"`',
    severity: isOther ? 'error' : 'warning',
    related: others.map(({ item }) => ({ message: 'another entry', at: item })),
    fix: { safety: 'unsafe', title: 'write `"*"`', edits: replaceNode(where, resource.member.value, '*') },
  })
}

/** In whatever account and Region the key is. */
function matchesAnyKey({ fields }: ResourceEntry): boolean {
  if (fields === undefined) return false
  const { service, region, account, resource } = fields
  return service === 'kms' && region === '*' && account === '*' && /^(?:key\/)?\*+$/.test(resource)
}

function isNever({ form, fields }: ResourceEntry, account: string | undefined, region: string | undefined): boolean {
  if (fields === undefined) return form === 'other'
  if (!overlaps(fields.service, 'kms') || !overlaps(fields.resource, 'key/*')) return true
  return (
    (account !== undefined && !overlaps(fields.account, account)) ||
    (region !== undefined && !overlaps(fields.region, region))
  )
}
