/**
 * A value of `kms:ViaService` that names a service which is not known to call KMS.
 *
 * Source: KMS Developer Guide, "kms:ViaService".
 */
import { replaceText } from '../edits.js'
import { testsOf } from '../facts/condition-tests.js'
import { deployedValue, unknownViaService, viaServiceFault } from '../facts/via-service.js'
import type { PolicyRule } from '../rule.js'
import { CATALOGUE_DATE } from '../../aws/service-catalogue.js'
import { quote } from '../../text/escape.js'

export const viaServiceUnknown: PolicyRule = {
  on: 'policy',
  id: 'KMS001',
  name: 'via-service-unknown',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'key', 'scp', 'rcp', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'A value of `kms:ViaService` that names a service which is not known to call KMS.',
    why: 'The name in `kms:ViaService` is often not the one people know: Amazon EBS calls as `ec2`. A wrong name matches no request. The list of services may be older than the service.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "ebs.us-east-1.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "ec2.us-east-1.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Take the name from the table of `kms:ViaService`. `--unsafe-fixes` corrects near misses.',
    whenToIgnore: 'For a service that is newer than the list.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_SERVICE_PRINCIPAL_FORMAT' }],
    source: 'KMS Developer Guide, "kms:ViaService"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const { parsed, values } of testsOf(statement, ['kms:viaservice'])) {
        if (parsed === undefined || !parsed.base.startsWith('String')) continue
        const isPattern = parsed.base === 'StringLike'
        for (const value of values) {
          const text = deployedValue(value, policy)
          if (text === undefined || text === '*' || viaServiceFault(text, isPattern) !== undefined) continue
          if (!isPattern && /[*?]/.test(text)) continue
          const unknown = unknownViaService(text, isPattern)
          if (unknown === undefined) continue
          const { name, better } = unknown
          report({
            at: value,
            message: `no service ${quote(name)} is known to call KMS (as of ${CATALOGUE_DATE})`,
            effect: 'the value matches no request, unless the service is newer than the list',
            help:
              better === undefined
                ? 'take the name from the table of `kms:ViaService`'
                : `did you mean ${quote(better)}?`,
            ...(better === undefined || !value.known
              ? {}
              : {
                  fix: {
                    safety: 'unsafe',
                    title: `write ${quote(better)}`,
                    edits: replaceText(policy.where, value.node, better),
                  },
                }),
          })
        }
      }
    }
  },
}
