/**
 * Actions none of whose resource types any resource of the statement can match.
 *
 * Source: Service Authorization Reference, resource types of each action.
 */
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { mayBeOfType } from '../facts/pattern-overlap.js'
import { resourceEntries, type ArnFields } from '../facts/resource-entries.js'
import type { PatternsView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import type { ResourceType } from '../../aws/service.js'
import { quote } from '../../text/escape.js'

export const actionResourceMismatch: PolicyRule = {
  on: 'policy',
  id: 'RES003',
  name: 'action-resource-mismatch',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'],
  fix: 'no',

  docs: {
    what: 'Actions none of whose resource types any resource of the statement can match.',
    why: 'The actions are never affected: an Allow gives nothing, a Deny protects nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:s3:::bucket/*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the resources that the actions work on, or move the actions to a statement of their own.',
    whenToIgnore: 'Outside KMS, where the catalogue is older than the resource type.',
    equivalents: [{ tool: 'parliament', code: 'RESOURCE_MISMATCH' }],
    source: 'Service Authorization Reference, resource types of each action',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { action, resource } = statement
      if (action === undefined || resource === undefined || action.negated || resource.negated) continue
      const arns = comparableArns(resource)
      if (arns !== undefined && arns.length > 0) checkStatement(action, arns, statement, report)
    }
  },
}

/** Undefined where an entry is everything, no ARN, or not known yet: then nothing can be said of the statement. */
function comparableArns(resource: PatternsView): readonly ArnFields[] | undefined {
  const fields = resourceEntries(resource).map((entry) => (entry.form === 'any' ? undefined : entry.fields))
  return fields.every((found) => found !== undefined) ? fields : undefined
}

function checkStatement(
  action: PatternsView,
  arns: readonly ArnFields[],
  { effect, index }: StatementView,
  report: Report,
): void {
  const answers = new Map<ResourceType, boolean>()
  const matches = (type: ResourceType): boolean => {
    const known = answers.get(type)
    if (known !== undefined) return known
    const found = arns.some((arn) => mayBeOfType(arn, type))
    answers.set(type, found)
    return found
  }
  const dead = actionEntries(action).filter((entry) => isDead(entry, matches))
  // An alias ARN under operations on keys has its own explanation.
  const shown = arns.some(isKmsAlias) ? dead.filter(({ prefix }) => prefix !== 'kms') : dead
  const [first, ...others] = shown
  if (first === undefined) return
  const isKms = shown.some(({ prefix }) => prefix === 'kms')
  report({
    at: first.item,
    message: `no resource of the statement is one that ${quote(first.item.value)} works on${others.length === 0 ? '' : `; the same goes for ${others.length} more actions`}`,
    effect: effect === 'Deny' ? 'the Deny does not cover it' : 'the statement never allows it',
    help: 'name resources of the right type, or give the action a statement of its own',
    severity: isKms ? 'error' : 'warning',
    precision: isKms ? 'certain' : 'high',
    statement: index,
    related: others
      .slice(0, MAX_RELATED)
      .map(({ item }) => ({ message: `neither for ${quote(item.value)}`, at: item })),
  })
}

/** Nobody reads more places of one finding. */
const MAX_RELATED = 50

function isDead({ actions }: ActionEntry, matches: (type: ResourceType) => boolean): boolean {
  // Actions without any resource type are another matter: nothing but `*` is right for them.
  if (actions.every(({ resourceTypes }) => resourceTypes.length === 0)) return false
  return actions.every(({ resourceTypes }) => resourceTypes.every((type) => !matches(type)))
}

function isKmsAlias({ service, resource }: ArnFields): boolean {
  return service === 'kms' && resource.startsWith('alias')
}
