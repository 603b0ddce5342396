/**
 * An action pattern that matches no action of its service.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
 */
import { actionEntries } from '../facts/action-entries.js'
import type { PolicyRule } from '../rule.js'
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
      if (action === undefined) continue
      for (const { item, form, service, actions, prefix } of actionEntries(action)) {
        if (form !== 'pattern' || service === undefined || actions.length > 0) continue
        report({
          at: item,
          message: `no action matches ${quote(item.value)}${prefix === 'kms' ? '' : `, as of ${CATALOGUE_DATE}`}`,
          effect: 'the entry does nothing',
          help: 'correct the pattern, or remove it',
        })
      }
    }
  },
}
