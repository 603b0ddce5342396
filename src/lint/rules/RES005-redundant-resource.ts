/**
 * An entry of `Resource` or `NotResource` that is repeated or covered by another pattern of the list.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource".
 */
import { canCover, coveredEntries } from '../facts/covered-entries.js'
import { coveredFinding } from '../facts/covered-finding.js'
import { resourceEntries } from '../facts/resource-entries.js'
import { resourceGlob } from '../facts/resource-glob.js'
import type { PatternsView, PolicyView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'

export const redundantResource: PolicyRule = {
  on: 'policy',
  id: 'RES005',
  name: 'redundant-resource',
  severity: 'suggestion',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'An entry of `Resource` or `NotResource` that is repeated or covered by another pattern of the list. Entries with policy variables are left out of the comparison.',
    why: 'It changes nothing, and whoever removes the wider pattern later thinks that the narrow one is all there was.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": [\n        "arn:aws:kms:us-west-2:111122223333:key/*",\n        "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n      ]\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": [\n        "arn:aws:kms:us-west-2:111122223333:key/*"\n      ]\n    }\n  ]\n}',
      },
    ],
    fix: 'Remove the covered entry. `--fix` does so.',
    whenToIgnore: 'Where the list names resources for documentation.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'REDUNDANT_RESOURCE' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Resource"',
  },
  check({ policy }, report) {
    for (const { resource } of policy.statements) if (resource !== undefined) checkList(resource, policy, report)
  },
}

function checkList(resource: PatternsView, { where, kind }: PolicyView, report: Report): void {
  const entries = resourceEntries(resource).filter(
    ({ form, hasVariable }) => form !== 'unknown' && form !== 'other' && !hasVariable,
  )
  if (entries.length < 2) return
  const texts = entries.map(({ form, item }) => (form === 'any' ? '*' : item.value))
  const complete = ELEMENT_RULES[kind].shortArn === 'completed'
  const covered = coveredEntries(texts, (by, entry) => {
    const [pattern = '', text = ''] = [texts[by], texts[entry]]
    if (pattern === '*') return true
    return canCover(pattern, text) && resourceGlob(pattern, complete).matches(text)
  })
  const items = entries.map(({ item }) => item)
  const finding = coveredFinding(where, resource, items, covered)
  if (finding !== undefined) report(finding)
}
