/**
 * An action whose service prefix the catalogue of AWS services does not have.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
 */
import { replaceText } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import type { PolicyView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { RETIRED_SERVICES } from '../../aws/retired-services.js'
import { servicePrefixes } from '../../aws/service.js'
import { CATALOGUE_DATE } from '../../aws/service-catalogue.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'

export const unknownService: PolicyRule = {
  on: 'policy',
  id: 'ACT001',
  name: 'unknown-service',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An action whose service prefix the catalogue of AWS services does not have.',
    why: 'The entry matches no action, so an Allow gives nothing and a Deny protects nothing. Prefixes of services that AWS has ended are only noted.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kmss:DescribeKey",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:DescribeKey",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Correct the prefix. `--unsafe-fixes` writes the nearest one.',
    whenToIgnore: 'For a service that is newer than the catalogue; the message names its date.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_SERVICE_IN_ACTION' },
      { tool: 'parliament', code: 'UNKNOWN_PREFIX' },
    ],
    source: 'Service Authorization Reference, "Actions, resources, and condition keys for AWS services"',
  },
  check({ policy }, report) {
    let suggested = 0
    for (const [prefix, entries] of unknownPrefixes(policy)) {
      const [first, ...others] = entries
      if (first === undefined) continue
      const related = others.map(({ item }) => ({ message: 'the same prefix', at: item }))
      const retired = RETIRED_SERVICES.get(prefix)
      if (retired !== undefined) {
        report({
          at: first.item,
          message: `${quote(prefix)} belongs to ${retired}, which AWS has ended`,
          effect: 'the entry matches nothing any more',
          help: 'remove it',
          severity: 'info',
          related,
        })
        continue
      }
      const meant = suggested++ < MAX_SUGGESTIONS ? didYouMean(prefix, servicePrefixes()) : undefined
      report({
        at: first.item,
        message: `no service has the prefix ${quote(prefix)}, as of ${CATALOGUE_DATE}`,
        effect: 'the entry matches no action',
        help: meant === undefined ? 'correct the prefix' : `did you mean \`${meant}\`?`,
        related,
        ...(meant === undefined ? {} : { fix: fixOf(policy, entries, meant) }),
      })
    }
  },
}

/** More would cost more than they help. */
const MAX_SUGGESTIONS = 20

function unknownPrefixes({ statements }: PolicyView): ReadonlyMap<string, readonly ActionEntry[]> {
  const found = new Map<string, ActionEntry[]>()
  for (const { action } of statements) {
    if (action === undefined) continue
    for (const entry of actionEntries(action)) {
      if ((entry.form !== 'literal' && entry.form !== 'pattern') || entry.service !== undefined) continue
      const same = found.get(entry.prefix)
      if (same === undefined) found.set(entry.prefix, [entry])
      else same.push(entry)
    }
  }
  return found
}

function fixOf({ where }: PolicyView, entries: readonly ActionEntry[], meant: string): Fix {
  return {
    safety: 'unsafe',
    title: `write \`${meant}:\``,
    edits: entries.flatMap(({ item, prefix }) => replaceText(where, item, meant + item.value.slice(prefix.length))),
  }
}
