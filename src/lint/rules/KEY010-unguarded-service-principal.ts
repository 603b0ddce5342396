/**
 * An Allow for a service principal without a condition that says for whose resources the service may use the key.
 *
 * Source: IAM User Guide, "The confused deputy problem"; KMS Developer Guide, "AWS KMS condition keys".
 */
import { addTest } from '../facts/add-test.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { neverCarriedBy } from '../facts/caller-class.js'
import { mayTestMore, testsOf } from '../facts/condition-tests.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { ownAccount } from '../facts/own-account.js'
import { overlaps } from '../facts/pattern-overlap.js'
import type { ConditionView, PolicyView, PrincipalEntryView, StatementView } from '../policy-view.js'
import type { Fix, PolicyRule, ProjectFacts } from '../rule.js'
import { withWildcards } from '../symbols.js'
import { quote } from '../../text/escape.js'

export const unguardedServicePrincipal: PolicyRule = {
  on: 'policy',
  id: 'KEY010',
  name: 'unguarded-service-principal',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',
  options: [
    {
      name: 'services',
      type: 'strings',
      default: [],
      description: 'Service principals that need no guard, such as `ses.amazonaws.com`.',
    },
  ],

  docs: {
    what: 'An Allow for a service principal without a condition that says for whose resources the service may use the key.',
    why: "The service acts for every customer. Without `aws:SourceAccount`, `aws:SourceArn`, `aws:SourceOrgID` or an encryption context that holds an account or ARN, somebody else's resource can make it use your key: a confused deputy.",
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "logs.us-west-2.amazonaws.com"\n      },\n      "Action": [\n        "kms:Encrypt",\n        "kms:Decrypt"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "logs.us-west-2.amazonaws.com"\n      },\n      "Action": [\n        "kms:Encrypt",\n        "kms:Decrypt"\n      ],\n      "Resource": "*",\n      "Condition": {\n        "ArnLike": {\n          "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-west-2:111122223333:log-group:*"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `aws:SourceAccount` or `aws:SourceArn`, or the encryption context that the service documents. `--unsafe-fixes` adds `aws:SourceAccount` with the account of the key, where it is known.',
    whenToIgnore: 'For a service that documents that it sends none of these; the option `services` lists them.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'SERVICE_PRINCIPAL_ACCESSIBLE' }],
    source: 'IAM User Guide, "The confused deputy problem"; KMS Developer Guide, "AWS KMS condition keys"',
  },

  check({ policy, project, options }, report) {
    const given = options['services']
    const spared: readonly string[] = typeof given === 'object' ? given : []
    for (const statement of policy.statements) {
      const { effect, principal, action } = statement
      if (effect !== 'Allow' || principal === undefined || principal.negated) continue
      const services = principal.entries.filter(
        (one) => (one.entry?.kind ?? one.type.toLowerCase()) === 'service' && !spared.some((name) => mayBe(one, name)),
      )
      const [first, ...others] = services
      if (first === undefined || !isOfInterest(kmsActionsOf(action)) || isGuarded(statement)) continue
      const fix = services.length === principal.entries.length ? fixOf(statement, policy, project) : undefined
      report({
        at: first,
        message: `${quote(first.value)} may use the key for anybody`,
        effect: 'a resource of any AWS account can make the service use the key',
        help: 'add `aws:SourceAccount`, `aws:SourceArn` or the encryption context of the service',
        related: others.map((at) => ({ message: 'and so may this service', at })),
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}

/** A service that only deployment knows may be one that needs no guard. */
function mayBe({ value, known }: PrincipalEntryView, name: string): boolean {
  return known ? value === name : overlaps(withWildcards(value), name)
}

/** To describe a key gives nothing away. */
function isOfInterest(actions: ReadonlySet<string>): boolean {
  return [...actions].some((action) => action !== 'kms:DescribeKey')
}

const SOURCES = ['aws:sourceaccount', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths'] as const

function isGuarded(statement: StatementView): boolean {
  if (mayTestMore(statement) || testsOf(statement, SOURCES).some(isPositive)) return true
  if (
    testsOf(statement, ['kms:encryptioncontext:']).some(
      (test) => isPositive(test) && (/account|arn/i.test(test.key.key) || test.values.some(namesOwner)),
    )
  )
    return true
  // What such a caller never carries makes the statement dead, which is told as such.
  return statement.conditions.some(
    (test) => neverCarriedBy(test.key.key, 'service') && resultWithoutKey(test) === false,
  )
}

function isPositive({ parsed }: ConditionView): boolean {
  return parsed !== undefined && !parsed.negated && parsed.base !== 'Null'
}

/** A part that only deployment knows is taken for one. */
function namesOwner({ value, known }: ConditionView['values'][number]): boolean {
  return !known || value.includes('arn:') || value.includes('${') || /[0-9]{12}/.test(value)
}

function fixOf(statement: StatementView, policy: PolicyView, project: ProjectFacts): Fix | undefined {
  const own = policy.symbols.length > 0 ? undefined : ownAccount(policy, project)
  if (own === undefined) return undefined
  const edits = addTest(policy.where, statement, 'StringEquals', 'aws:SourceAccount', own.account)
  return { safety: 'unsafe', title: `only for resources of ${own.account}`, edits }
}
