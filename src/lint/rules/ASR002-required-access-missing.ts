/**
 * A key policy does not allow what an assertion of the project requires: no request of that principal for that action
 * is allowed, whatever its identity policies say.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { requestsOf } from '../facts/assertion-policy.js'
import { accountOf } from '../facts/compared-policies.js'
import { asPolicyInput, keyWorld, LINT_OPTIONS } from '../facts/key-world.js'
import { actionBit } from '../../aws/action.js'
import type { PolicyRule, Witness } from '../rule.js'
import { isAccountId } from '../../text/arn.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { anyAccess } from '../../solve/access.js'
import { assumedPolicyJson } from '../../solve/assumed.js'
import type { PolicyDocument } from '../../policy/document.js'
import { quote } from '../../text/escape.js'

export const requiredAccessMissing: PolicyRule = {
  on: 'policy',
  id: 'ASR002',
  name: 'required-access-missing',
  severity: 'error',
  precision: 'certain',
  default: 'config',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: 'A key policy does not allow what an assertion of the project requires: no request of that principal for that action is allowed, whatever its identity policies say.',
    why: 'The project says in its configuration who has to keep which access, such as a backup role; a change of the policy must not take it away.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": [\n        "kms:Put*",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
        project: {
          accounts: ['111122223333'],
          assertions: [
            {
              expect: 'required',
              actions: ['kms:Decrypt'],
              principals: ['arn:aws:iam::111122223333:role/Backup'],
              resources: ['*'],
            },
          ],
        },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": [\n        "kms:Put*",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
        project: {
          accounts: ['111122223333'],
          assertions: [
            {
              expect: 'required',
              actions: ['kms:Decrypt'],
              principals: ['arn:aws:iam::111122223333:role/App'],
              resources: ['*'],
            },
          ],
        },
      },
    ],
    fix: 'Allow it, or narrow the Deny that is in the way.',
    whenToIgnore: 'Never; change the assertion instead.',
    equivalents: [],
    source: 'IAM User Guide, "IAM Access Analyzer custom policy checks"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined) return
    const account = accountOf(policy, project)
    const world = keyWorld(document, account)
    for (const assertion of project.assertions) {
      if (assertion.expect !== 'required' || requestsOf(assertion, policy, 'Allow').length === 0) continue
      for (const principal of assertion.principals.flatMap(callerOf)) {
        const missing = assertion.actions.filter(
          (action) =>
            actionBit(action) !== undefined &&
            anyAccess(
              world,
              {
                resources: [world.arn],
                principals: [principal],
                actions: [action],
                unknownIdentity: 'any',
                sessionPolicies: 'none',
              },
              LINT_OPTIONS,
            ).answer === 'no',
        )
        const [action] = missing
        if (action === undefined) continue
        const witness = refused(document, world.arn, principal, action)
        report({
          at: policy.head,
          message: `${quote(principal)} may not ${missing.map((name) => quote(name)).join(', ')}, which the project requires${assertion.reason === undefined ? '' : `: ${quote(assertion.reason)}`}`,
          effect: 'every such request is denied, whatever the identity policies say',
          help: 'allow it, or narrow the Deny that is in the way',
          ...(witness === undefined ? {} : { witness }),
        })
      }
    }
  },
}

/** Patterns stand for nobody in particular. */
function callerOf(principal: string): readonly string[] {
  if (isAccountId(principal)) return [`arn:aws:iam::${principal}:root`]
  return parsePrincipalArn(principal).ok || principal.includes('.amazonaws.com') ? [principal] : []
}

function refused(document: PolicyDocument, arn: string, principal: string, action: string): Witness | undefined {
  const parsed = parsePrincipalArn(principal)
  if (!parsed.ok || parsed.value.kind === 'federatedUser') return undefined
  const type = parsed.value.kind === 'session' ? 'role' : parsed.value.kind
  return {
    summary: `${principal} may not ${action}`,
    document: {
      principal: { type, arn: principal, accountId: parsed.value.account },
      action,
      resource: { type: 'key', arn },
      keyPolicy: asPolicyInput(document),
      ...(type === 'root' ? {} : { identityPolicies: [assumedPolicyJson('everything')] }),
    },
  }
}
