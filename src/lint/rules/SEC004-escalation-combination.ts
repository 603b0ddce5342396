/**
 * The statements of the policy, after its Denies, let its holder become anything: by changing policies, by passing a
 * role to what runs code, or by changing the policies of keys.
 *
 * Source: IAM User Guide, "Permissions boundaries for IAM entities" (delegating responsibility); KMS Developer Guide,
 * "Key policies in AWS KMS".
 */
import { allowedBy, witnessOf } from '../facts/compared-policies.js'
import { leastCondition, spelled } from '../facts/compared-versions.js'
import { mayTestMore } from '../facts/condition-tests.js'
import { ESCALATIONS, type Escalation, type EscalationStep } from '../facts/escalations.js'
import { holderAccess, holderRequest } from '../facts/holder-access.js'
import { plainRequest } from '../facts/holder-world.js'
import { EXAMPLE_ACCOUNT, LINT_OPTIONS, sampleKeys, withStatements } from '../facts/key-world.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { relevantTo, speaksOf } from '../facts/relevant-statements.js'
import { broadResource, isDeniedOutright, isEverything, namedAction } from '../facts/service-actions.js'
import type { PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Witness } from '../rule.js'
import type { PolicyDocument } from '../../policy/document.js'
import { anyAccess, type Comparison } from '../../solve/access.js'

export const escalationCombination: PolicyRule = {
  on: 'policy',
  id: 'SEC004',
  name: 'escalation-combination',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'boundary', 'session'],
  fix: 'no',

  docs: {
    what: 'The statements of the policy, after its Denies, let its holder become anything: by changing policies, by passing a role to what runs code, or by changing the policies of keys.',
    why: 'Each action looks harmless by itself; together, or on every resource, they lead to all the others.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:PutKeyPolicy",\n      "Resource": "arn:aws:kms:*:111122223333:key/*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:PutKeyPolicy",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Limit the actions to single resources, or separate them.',
    whenToIgnore: 'For administrators of IAM or of keys.',
    equivalents: [
      { tool: 'Checkov', code: 'CKV_AWS_110' },
      { tool: 'Checkov', code: 'CKV_AWS_286' },
      { tool: 'Cloudsplaining', code: 'PrivilegeEscalation' },
    ],
    source:
      'IAM User Guide, "Permissions boundaries for IAM entities" (delegating responsibility); KMS Developer Guide, "Key policies in AWS KMS"',
  },

  check({ policy }, report) {
    // Who may do everything needs no way there, and is told of as such.
    if (policy.statements.some(({ effect, action }) => effect === 'Allow' && action?.items.some(isEverything) === true))
      return
    const found = ESCALATIONS.flatMap((path) => {
      const steps = stepsOf(path, policy)
      return steps === undefined ? [] : [{ path, steps }]
    })
    const [first, ...others] = found
    if (first !== undefined) {
      const more = others.length === 0 ? '' : `, and ${others.length} more such ${others.length === 1 ? 'way' : 'ways'}`
      const [at, ...rest] = first.steps
      if (at === undefined) return
      const witness = firstStep(first.path, policy)
      report({
        at,
        message: `the policy lets its holder become anything: ${first.path.how}${more}`,
        effect: 'whoever has the policy can give themselves every other permission of the account',
        help: 'limit these actions to single resources, or separate them',
        related: [
          ...rest.map((step) => ({ message: 'the next step', at: step })),
          ...others
            .slice(0, MAX_RELATED)
            .flatMap(({ path, steps: [step] }) => (step === undefined ? [] : [{ message: path.how, at: step }])),
        ],
        ...(witness === undefined ? {} : { witness }),
      })
    }
    reportKeys(policy, report)
  },
}

const PUT_KEY_POLICY = 'kms:PutKeyPolicy'
const MAX_RELATED = 8

/** Where each action of the way is allowed without a condition, on more than single resources. */
function stepsOf({ actions }: Escalation, policy: PolicyView): readonly TextValue[] | undefined {
  const steps: TextValue[] = []
  for (const action of actions) {
    const { service, name, resource } = action
    const step = policy.statements.flatMap((statement) => {
      if (statement.effect !== 'Allow' || statement.conditions.length > 0 || mayTestMore(statement)) return []
      const entry = namedAction(statement, service, name)
      return entry === undefined || broadResource(statement, service, resource) === undefined ? [] : [entry.item]
    })[0]
    // Whether the Denies leave nothing of it takes longest to find out.
    if (step === undefined || isDeniedOutright(policy, service, name) || isDeniedTogether(action, policy))
      return undefined
    steps.push(step)
  }
  return steps
}

/** What the policy says of one action, after its Denies. */
function accessBy(step: EscalationStep, document: PolicyDocument): Comparison {
  const statements = relevantTo(document.statements, [spelledOut(step)])
  return allowedBy(withStatements(document, statements))
}

function spelledOut({ service, name }: EscalationStep): string {
  return spelled(`${service}:${name}`)
}

/** Whether Denies that are about some requests each leave nothing of the action. */
function isDeniedTogether(step: EscalationStep, { document }: PolicyView): boolean {
  if (document === undefined) return false
  const action = spelledOut(step)
  if (!document.statements.some((statement) => statement.effect === 'Deny' && speaksOf(statement, action))) return false
  return accessBy(step, document).verdict === 'equivalent'
}

/** A request with which the holder goes the way, or begins it. */
function firstStep({ actions: [step, ...more] }: Escalation, { document }: PolicyView): Witness | undefined {
  if (document === undefined || step === undefined) return undefined
  const request = leastCondition(accessBy(step, document).more)
  const action = spelledOut(step)
  return (
    request &&
    witnessOf(request, 'after', document, `its holder may ${action}${more.length > 0 ? ', and go on from there' : ''}`)
  )
}

function reportKeys(policy: PolicyView, report: Parameters<PolicyRule['check']>[1]): void {
  const statement = policy.statements.find(
    (one) =>
      one.effect === 'Allow' &&
      kmsActionsOf(one.action).has(PUT_KEY_POLICY) &&
      broadResource(one, 'kms', 'key/*') !== undefined,
  )
  const entry = statement === undefined ? undefined : namedAction(statement, 'kms', 'putkeypolicy')
  const witness = entry === undefined ? undefined : changesAnyPolicy(policy)
  if (entry === undefined || witness === undefined) return
  report({
    at: entry.item,
    message: `the policy lets its holder change the policies of keys with \`${PUT_KEY_POLICY}\``,
    effect: 'whoever has the policy can give themselves and others everything that those keys protect',
    help: 'list the keys',
    witness,
  })
}

function changesAnyPolicy(policy: PolicyView): Witness | undefined {
  const { document } = policy
  if (document === undefined) return undefined
  const keys = sampleKeys(policy, EXAMPLE_ACCOUNT)
  if (keys.length === 0) return undefined
  const found = holderAccess(document, {
    name: 'changes policies of keys',
    actions: [PUT_KEY_POLICY],
    keys,
    request: plainRequest,
    ask(world, scope, narrow) {
      const asked = { ...scope, actions: [PUT_KEY_POLICY], context: plainRequest(narrow) }
      const access = anyAccess(world, asked, LINT_OPTIONS)
      return access.answer === 'yes' ? access : undefined
    },
  })
  return found && holderRequest(found, document, `its holder may ${PUT_KEY_POLICY} on any such key`)
}
