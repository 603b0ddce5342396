/**
 * An action pattern that matches no action of its service.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
 */
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import type { PatternsView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { CATALOGUE_DATE } from '../../aws/service-catalogue.js'
import { quote } from '../../text/escape.js'

export const wildcardMatchesNothing: PolicyRule = {
  on: 'policy',
  id: 'ACT003',
  name: 'wildcard-matches-nothing',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'An action pattern that matches no action of its service.',
    why: 'The entry does nothing: an Allow gives nothing and a Deny protects nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Generat*Keys",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:GenerateDataKey*",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Correct the pattern.',
    whenToIgnore: 'For actions that are newer than the catalogue; the message names its date.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_ACTION' }],
    source: 'Service Authorization Reference, "Actions, resources, and condition keys for AWS services"',
  },
  check({ policy }, report) {
    for (const { action } of policy.statements) {
      if (action !== undefined) for (const entries of emptyByService(action)) reportEmpty(entries, report)
    }
  },
}

function emptyByService(action: PatternsView): Iterable<readonly ActionEntry[]> {
  const found = new Map<string, ActionEntry[]>()
  for (const entry of actionEntries(action)) {
    const { form, service, actions, prefix } = entry
    if (form !== 'pattern' || service === undefined || actions.length > 0) continue
    const same = found.get(prefix)
    if (same === undefined) found.set(prefix, [entry])
    else same.push(entry)
  }
  return found.values()
}

function reportEmpty([first, ...others]: readonly ActionEntry[], report: Report): void {
  if (first === undefined) return
  const isOne = others.length === 0
  report({
    at: first.item,
    message: `no action matches ${quote(first.item.value)}${first.prefix === 'kms' ? '' : `, as of ${CATALOGUE_DATE}`}${isOne ? '' : `, nor ${others.length} more of this list`}`,
    effect: isOne ? 'the entry does nothing' : 'the entries do nothing',
    help: isOne ? 'correct the pattern, or remove it' : 'correct the patterns, or remove them',
    related: others.map(({ item }) => ({ message: 'no action either', at: item })),
  })
}
