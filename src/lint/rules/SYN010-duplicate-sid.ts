/**
 * Flags a Sid that two statements of one policy share.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Sid".
 */
import { replaceText } from '../edits.js'
import type { PolicyView, TextValue } from '../policy-view.js'
import type { Edit, PolicyRule } from '../rule.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { quote } from '../../text/escape.js'

export const duplicateSid: PolicyRule = {
  on: 'policy',
  id: 'SYN010',
  name: 'duplicate-sid',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',
  docs: {
    what: 'Two statements of one policy have the same `Sid`.',
    why: 'Where Sids are identifiers (identity-based policies, boundaries, session policies, service control policies, role trust policies), AWS refuses the policy. Key policies and other resource-based policies are accepted, and then nobody can tell from a log or a message which of the statements is meant.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Keys",\n      "Effect": "Allow",\n      "Action": "kms:DescribeKey",\n      "Resource": "arn:aws:kms:us-east-1:111122223333:key/*"\n    },\n    {\n      "Sid": "Keys",\n      "Effect": "Allow",\n      "Action": "kms:ListAliases",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "DescribeKeys",\n      "Effect": "Allow",\n      "Action": "kms:DescribeKey",\n      "Resource": "arn:aws:kms:us-east-1:111122223333:key/*"\n    },\n    {\n      "Sid": "ListAliases",\n      "Effect": "Allow",\n      "Action": "kms:ListAliases",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Give each statement a Sid of its own, or leave the Sid out. `--fix` appends the first number that is free.',
    whenToIgnore: 'In a key policy, when the two statements belong together and no log is read by Sid.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'UNIQUE_SIDS_REQUIRED' },
      { tool: 'IAM Access Analyzer', code: 'UNIQUE_SIDS_RECOMMENDED' },
      { tool: 'parliament', code: 'DUPLICATE_SID' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Sid"',
  },
  check({ policy }, report) {
    const isRefused = ELEMENT_RULES[policy.kind].sid === 'alphanumeric'
    for (const [sid, uses] of usesOfSids(policy)) {
      const [first, ...others] = uses
      if (first === undefined || others.length === 0) continue
      report({
        at: others[0]!,
        message: `Sid ${quote(sid)} occurs ${others.length === 1 ? 'twice' : `${uses.length} times`}`,
        effect: isRefused
          ? 'AWS refuses the policy'
          : 'it decides nothing, and whoever names the statement means either',
        help: 'give each statement a Sid of its own',
        severity: isRefused ? 'error' : 'warning',
        dependsOnKind: true,
        related: [first, ...others.slice(1)].map((at) => ({ message: 'the same Sid', at })),
        fix: {
          safety: 'safe',
          title: 'append a number',
          edits: renumbered(policy, sid, others),
          repair: isRefused,
        },
      })
    }
  },
}

/** Empty Sids identify nothing. */
function usesOfSids(policy: PolicyView): ReadonlyMap<string, readonly TextValue[]> {
  const uses = new Map<string, TextValue[]>()
  for (const { sid } of policy.statements) {
    if (sid === undefined || !sid.known || sid.value === '') continue
    const sameSid = uses.get(sid.value)
    if (sameSid === undefined) uses.set(sid.value, [sid])
    else sameSid.push(sid)
  }
  return uses
}

function renumbered(policy: PolicyView, sid: string, others: readonly TextValue[]): readonly Edit[] {
  const taken = new Set(policy.statements.flatMap((statement) => statement.sid?.value ?? []))
  let number = 2
  return others.flatMap((other) => {
    while (taken.has(`${sid}${number}`)) number++
    return replaceText(policy.where, other, `${sid}${number++}`)
  })
}
