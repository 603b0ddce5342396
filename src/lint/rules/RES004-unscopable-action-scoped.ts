/**
 * A KMS action that has no resource (`kms:ListKeys`, `kms:CreateKey`, `kms:GenerateRandom` ...) in a statement that names only ARNs.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
 */
import { removeValues, replaceNode } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { resourceEntries, type ResourceEntry } from '../facts/resource-entries.js'
import type { PatternsView, PolicyView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const unscopableActionScoped: PolicyRule = {
  on: 'policy',
  id: 'RES004',
  name: 'unscopable-action-scoped',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'],
  fix: 'safe',

  docs: {
    what: 'A KMS action that has no resource (`kms:ListKeys`, `kms:CreateKey`, `kms:GenerateRandom` ...) in a statement that names only ARNs.',
    why: 'Such an action is matched by `*` alone. An Allow never allows it, and a Deny never denies it. `kms:ListRetirableGrants` on an IAM principal ARN is authorised on the retiring principal and is not reported.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Encrypt",\n        "kms:ListKeys"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:ListKeys",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Give these actions a statement of their own with `"Resource": "*"`.',
    whenToIgnore: 'Never: the action has no effect there.',
    equivalents: [],
    source: 'Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"',
  },
  check({ policy }, report) {
    for (const { action, resource, effect, index } of policy.statements) {
      if (action === undefined || resource === undefined || action.negated || resource.negated) continue
      const resources = resourceEntries(resource)
      if (resources.length === 0 || !resources.every(({ form }) => form === 'arn' || form === 'short')) continue
      const entries = actionEntries(action)
      const dead = entries.filter((entry) => isUnscopable(entry, resources))
      const [first, ...others] = dead
      if (first === undefined) continue
      const isDeny = effect === 'Deny'
      report({
        at: first.item,
        message: `${quote(first.item.value)} has no resource that an ARN could name${others.length === 0 ? '' : `; the same goes for ${others.length} more actions`}`,
        effect: isDeny ? 'the Deny never covers it' : 'the statement never allows it',
        help: 'give it a statement of its own with `"Resource": "*"`',
        severity: isDeny ? 'security' : 'error',
        statement: index,
        related: others.map(({ item }) => ({ message: `${quote(item.value)} has none either`, at: item })),
        fix: fixOf(policy, action, resource, dead, entries.length),
      })
    }
  },
}

const ON_RETIRING_PRINCIPAL = 'listretirablegrants'

function isUnscopable({ prefix, form, name, actions }: ActionEntry, resources: readonly ResourceEntry[]): boolean {
  if (prefix !== 'kms' || actions.length === 0) return false
  if (!actions.every(({ resourceTypes }) => resourceTypes.length === 0)) return false
  const isOnPrincipal = resources.some(({ fields }) => fields?.service === 'iam' || fields?.service === 'sts')
  return !(form === 'literal' && name === ON_RETIRING_PRINCIPAL && isOnPrincipal)
}

/** Dropping what is dead changes nothing; widening the resource to `*` makes it live. */
function fixOf(
  { where }: PolicyView,
  action: PatternsView,
  resource: PatternsView,
  dead: readonly ActionEntry[],
  entryCount: number,
): Fix {
  if (dead.length < entryCount) {
    const items = dead.map(({ item }) => item)
    return { safety: 'safe', title: 'drop what has no effect', edits: removeValues(where, action.member, items) }
  }
  return { safety: 'unsafe', title: 'write `"Resource": "*"`', edits: replaceNode(where, resource.member.value, '*') }
}
