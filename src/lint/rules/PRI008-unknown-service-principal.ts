/**
 * A service principal that no service has: wrong suffix, upper case, a Region where the service has none, or a name that is nearly right.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { replaceText } from '../edits.js'
import { servicePrincipalFault, type ServicePrincipalFault } from '../facts/service-principal.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const unknownServicePrincipal: PolicyRule = {
  on: 'policy',
  id: 'PRI008',
  name: 'unknown-service-principal',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['key', 'trust', 'resource'],
  fix: 'unsafe',

  docs: {
    what: 'A service principal that no service has: wrong suffix, upper case, a Region where the service has none, or a name that is nearly right. Names that nothing resembles are reported by the strict preset only.',
    why: 'The entry matches no caller, so the service is not let in, or not kept out; some services make AWS refuse the policy.',
    bad: [
      {
        kind: 'trust',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "lamda.amazonaws.com"\n      },\n      "Action": "sts:AssumeRole"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'trust',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "lambda.amazonaws.com"\n      },\n      "Action": "sts:AssumeRole"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the name from the documentation of the service, such as `logs.us-east-1.amazonaws.com`.',
    whenToIgnore: 'For a service that is newer than the tables.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_SERVICE_PRINCIPAL_FORMAT' }],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    for (const { principal } of policy.statements) {
      for (const entry of principal?.entries ?? []) {
        if (entry.entry?.kind !== 'service') continue
        const found = servicePrincipalFault(entry.value)
        if (found === undefined) continue
        const { better } = found
        report({
          at: entry,
          message: `${quote(entry.value)} ${SAYINGS[found.fault]}`,
          effect: 'the entry matches no caller',
          help:
            better === undefined
              ? 'write the name that the documentation of the service gives'
              : `did you mean \`${better}\`?`,
          precision: found.fault === 'unknown' && better === undefined ? 'medium' : 'high',
          ...(better === undefined
            ? {}
            : {
                fix: {
                  safety: 'unsafe',
                  title: `write \`${better}\``,
                  edits: replaceText(policy.where, entry, better),
                },
              }),
        })
      }
    }
  },
}

const SAYINGS: Readonly<Record<ServicePrincipalFault['fault'], string>> = {
  case: 'has upper case letters, and service principals have none',
  region: 'has a Region, and the service has none',
  suffix: 'does not end as service principals do, in `.amazonaws.com`',
  unknown: 'is no service principal that is known',
}
