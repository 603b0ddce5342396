/**
 * A statement for a service principal under `kms:ViaService`.
 *
 * Source: KMS Developer Guide, "kms:ViaService".
 */
import { renameKey, replaceNode } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { testsOf } from '../facts/condition-tests.js'
import { ownAccount } from '../facts/own-account.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const servicePrincipalViaService: PolicyRule = {
  on: 'policy',
  id: 'KEY011',
  name: 'service-principal-via-service',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',
  supersedes: ['CON018'],

  docs: {
    what: 'A statement for a service principal under `kms:ViaService`.',
    why: '`kms:ViaService` exists only on calls that a service makes on behalf of a principal, and then the caller is that principal. A call by the service principal itself never carries it, so the statement never applies.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "s3.amazonaws.com"\n      },\n      "Action": "kms:GenerateDataKey",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "s3.amazonaws.com"\n      },\n      "Action": "kms:GenerateDataKey",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "aws:SourceAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Bind the service by `aws:SourceAccount` or `aws:SourceArn`; for calls on behalf of principals name the principals. `--unsafe-fixes` replaces the test by one of `aws:SourceAccount`, where the account is known.',
    whenToIgnore: 'Never: the statement does nothing.',
    equivalents: [],
    source: 'KMS Developer Guide, "kms:ViaService"',
  },

  check({ policy, project }, report) {
    for (const statement of policy.statements) {
      const { principal, effect } = statement
      if (principal === undefined || principal.negated) continue
      const services = principal.entries.filter(({ entry }) => entry?.kind === 'service')
      const [service] = services
      const test = testsOf(statement, ['kms:viaservice']).find((one) => resultWithoutKey(one) === false)
      if (service === undefined || test === undefined) continue
      const isWhole = services.length === principal.entries.length
      const account = policy.symbols.length > 0 ? undefined : ownAccount(policy, project)?.account
      report({
        at: keySpan(test.key),
        message: `${quote(service.value)} never carries \`kms:ViaService\`, which is about calls on behalf of a principal`,
        effect: isWhole
          ? `the statement ${effect === 'Deny' ? 'denies' : 'allows'} nothing`
          : `the service is ${effect === 'Deny' ? 'denied' : 'allowed'} nothing here`,
        help: 'bind a service by `aws:SourceAccount` or `aws:SourceArn`',
        severity: isWhole ? 'error' : 'warning',
        related: services.map((at) => ({ message: 'a service principal', at })),
        ...(isWhole && account !== undefined && test.operator.key === 'StringEquals'
          ? {
              fix: {
                safety: 'unsafe',
                title: `test \`aws:SourceAccount\` for ${account} instead`,
                edits: [
                  ...renameKey(policy.where, test.key, 'aws:SourceAccount'),
                  ...replaceNode(policy.where, test.key.value, account),
                ],
              },
            }
          : {}),
      })
    }
  },
}
