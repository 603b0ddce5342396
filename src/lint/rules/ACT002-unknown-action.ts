/**
 * An action without wildcard that the service does not have.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
 */
import { replaceText } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import type { PatternsView, PolicyView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { RENAMED_OPERATIONS } from '../../aws/api-names.js'
import type { Service } from '../../aws/service.js'
import { CATALOGUE_DATE } from '../../aws/service-catalogue.js'
import { UNDOCUMENTED_ACTIONS } from '../../aws/undocumented-actions.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'

export const unknownAction: PolicyRule = {
  on: 'policy',
  id: 'ACT002',
  name: 'unknown-action',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An action without wildcard that the service does not have.',
    why: 'The entry matches nothing: an Allow gives nothing and a Deny protects nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:GenerateDatakeys",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:GenerateDataKey",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Correct the name. `--unsafe-fixes` writes the nearest one.',
    whenToIgnore: 'Outside KMS, for an action that is newer than the catalogue; the message names its date.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_ACTION' },
      { tool: 'parliament', code: 'UNKNOWN_ACTION' },
      { tool: 'cfn-lint', code: 'W3037' },
    ],
    source: 'Service Authorization Reference, "Actions, resources, and condition keys for AWS services"',
  },
  check({ policy }, report) {
    for (const { action } of policy.statements) {
      if (action !== undefined) for (const unknown of unknownByService(action)) reportUnknown(unknown, policy, report)
    }
  },
}

interface Unknown {
  readonly service: Service
  readonly entries: readonly ActionEntry[]
}

function unknownByService(action: PatternsView): readonly Unknown[] {
  const found = new Map<string, { service: Service; entries: ActionEntry[] }>()
  for (const entry of actionEntries(action)) {
    const { form, service, actions, prefix, name } = entry
    if (form !== 'literal' || service === undefined || actions.length > 0) continue
    if (RENAMED_OPERATIONS.has(`${prefix}:${name}`) || UNDOCUMENTED_ACTIONS.has(`${prefix}:${name}`)) continue
    const same = found.get(prefix)
    if (same === undefined) found.set(prefix, { service, entries: [entry] })
    else same.entries.push(entry)
  }
  return [...found.values()]
}

/** More suggestions would cost more than they help: nobody mistypes dozens of names in one list. */
const MAX_SUGGESTIONS = 10

function reportUnknown({ service, entries }: Unknown, { where }: PolicyView, report: Report): void {
  const [first, ...others] = entries
  if (first === undefined) return
  const names = [...service.actions.values()].map(({ name }) => `${service.prefix}:${name}`)
  const meant = entries.slice(0, MAX_SUGGESTIONS).map(({ item }) => didYouMean(item.value, names, 2))
  const edits = entries.flatMap(({ item }, index) => {
    const better = meant[index]
    return better === undefined ? [] : replaceText(where, item, better)
  })
  const isKms = service.prefix === 'kms'
  report({
    at: first.item,
    message: `there is no action ${quote(first.item.value)}${isKms ? '' : `, as of ${CATALOGUE_DATE}`}${others.length === 0 ? '' : `, nor ${others.length} more of this list`}`,
    effect: 'the entry matches nothing',
    help: meant[0] === undefined ? 'correct the name, or remove the entry' : `did you mean \`${meant[0]}\`?`,
    severity: isKms ? 'error' : 'warning',
    precision: isKms ? 'certain' : 'high',
    related: others.map(({ item }, index) => {
      const better = meant[index + 1]
      return { message: better === undefined ? 'no such action either' : `did you mean \`${better}\`?`, at: item }
    }),
    ...(edits.length === 0 ? {} : { fix: { safety: 'unsafe', title: 'write the nearest name', edits } }),
  })
}
