/**
 * A value of `kms:ViaService` that is not `service.region.amazonaws.com`, or a value of `aws:CalledVia` with a Region.
 *
 * Source: KMS Developer Guide, "kms:ViaService"; IAM User Guide, "aws:CalledVia".
 */
import { replaceText } from '../edits.js'
import { testsOf } from '../facts/condition-tests.js'
import { deployedValue, regionOfCalledVia, viaServiceFault } from '../facts/via-service.js'
import type { ConditionView, PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'

export const viaServiceFormat: PolicyRule = {
  on: 'policy',
  id: 'KMS002',
  name: 'via-service-format',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'key', 'scp', 'rcp', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'A value of `kms:ViaService` that is not `service.region.amazonaws.com`, or a value of `aws:CalledVia` with a Region.',
    why: '`kms:ViaService` always has the Region and always ends in `amazonaws.com`, in China too; `aws:CalledVia` never has the Region. A value of another form matches no request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `s3.us-west-2.amazonaws.com` for `kms:ViaService` and `s3.amazonaws.com` for `aws:CalledVia`. `--unsafe-fixes` does so where it is plain what is meant.',
    whenToIgnore: 'Never: the value cannot match.',
    equivalents: [],
    source: 'KMS Developer Guide, "kms:ViaService"; IAM User Guide, "aws:CalledVia"',
  },

  check({ policy, project }, report) {
    const region = policy.resource?.region ?? project.region
    for (const statement of policy.statements) {
      for (const test of testsOf(statement, ['kms:viaservice'])) checkViaService(test, policy, region, report)
      for (const test of testsOf(statement, ['aws:calledvia', 'aws:calledviafirst', 'aws:calledvialast']))
        checkCalledVia(test, policy, report)
    }
  },
}

const WRONG = {
  case: 'names of services are in lower case',
  suffix: 'it ends in `.amazonaws.com` everywhere, in China too',
  region: 'the Region is missing',
} as const

function checkViaService(
  { parsed, values }: ConditionView,
  policy: PolicyView,
  region: string | undefined,
  report: Report,
): void {
  if (parsed === undefined || !parsed.base.startsWith('String')) return
  const isPattern = parsed.base === 'StringLike'
  for (const value of values) {
    const text = deployedValue(value, policy)
    // A wildcard that is taken literally has a rule of its own.
    if (text === undefined || (!isPattern && /[*?]/.test(text))) continue
    const fault = viaServiceFault(text, isPattern)
    if (fault === undefined || (fault.fault === 'case' && parsed.base === 'StringEqualsIgnoreCase')) continue
    const better = fault.better ?? (fault.fault === 'region' ? withRegion(text, region) : undefined)
    reportValue(
      value,
      `${quote(text)} is no value of \`kms:ViaService\`: ${WRONG[fault.fault]}`,
      better,
      policy,
      report,
    )
  }
}

function withRegion(text: string, region: string | undefined): string | undefined {
  const name = /^([a-z0-9-]+)\.amazonaws\.com$/.exec(text)?.[1]
  return name === undefined || region === undefined ? undefined : `${name}.${region}.amazonaws.com`
}

function checkCalledVia({ values }: ConditionView, policy: PolicyView, report: Report): void {
  for (const value of values) {
    const text = deployedValue(value, policy)
    const region = text === undefined ? undefined : regionOfCalledVia(text)
    if (text === undefined || region === undefined) continue
    const better = text.replace(`.${region}.`, '.')
    reportValue(
      value,
      `${quote(text)} is no value of \`aws:CalledVia\`, which never has the Region`,
      better,
      policy,
      report,
    )
  }
}

function reportValue(
  value: TextValue,
  message: string,
  better: string | undefined,
  { where }: PolicyView,
  report: Report,
): void {
  report({
    at: value,
    message,
    effect: 'the value matches no request',
    help: better === undefined ? 'write it as `s3.us-west-2.amazonaws.com`' : `write ${quote(better)}`,
    ...(better === undefined || !value.known
      ? {}
      : { fix: { safety: 'unsafe', title: `write ${quote(better)}`, edits: replaceText(where, value.node, better) } }),
  })
}
