/**
 * An entry of `Action` or `NotAction` that is repeated or covered by another entry of the list, ignoring case.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action".
 */
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { canCover, coveredEntries } from '../facts/covered-entries.js'
import { coveredFinding } from '../facts/covered-finding.js'
import type { PatternsView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'
import { compileGlob, type Glob } from '../../text/glob.js'

export const redundantAction: PolicyRule = {
  on: 'policy',
  id: 'ACT005',
  name: 'redundant-action',
  severity: 'suggestion',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'An entry of `Action` or `NotAction` that is repeated or covered by another entry of the list, ignoring case.',
    why: 'It changes nothing, and whoever removes the wider entry later thinks that the narrow one is all there was.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Encrypt",\n        "kms:En*"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:En*"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Remove the covered entry. `--fix` does so.',
    whenToIgnore: 'Where the list names actions for documentation.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'REDUNDANT_ACTION' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Action"',
  },
  check({ policy }, report) {
    for (const { action } of policy.statements) if (action !== undefined) checkList(action, policy.where, report)
  },
}

function checkList(action: PatternsView, where: PolicySource, report: Report): void {
  const entries = actionEntries(action).filter(({ form }) => form !== 'malformed' && form !== 'unknown')
  if (entries.length < 2) return
  const texts = entries.map(({ folded }) => folded)
  // Most lists name each action once and have no pattern.
  if (entries.every(({ form }) => form === 'literal') && new Set(texts).size === texts.length) return
  const globs: Glob[] = []
  const covered = coveredEntries(texts, (by, entry) => {
    const [pattern = '', text = ''] = [texts[by], texts[entry]]
    return canCover(pattern, text) && (globs[by] ??= compileGlob(pattern)).matches(text)
  })
  // Of a name that does not exist, that is what is to be said.
  const meant = covered.filter(({ entry }) => !isUnknown(entries[entry]!))
  const items = entries.map(({ item }) => item)
  const finding = coveredFinding(where, action, items, meant)
  if (finding !== undefined) report(finding)
}

function isUnknown({ service, actions, form }: ActionEntry): boolean {
  return form !== 'any' && service !== undefined && actions.length === 0
}
