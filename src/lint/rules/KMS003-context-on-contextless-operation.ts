/**
 * A test of the encryption context on operations that have none, such as `kms:Sign` or `kms:DescribeKey`, or beside
 * encryption algorithms that have none.
 *
 * Source: KMS Developer Guide, "kms:EncryptionContext:context-key" and "Encryption context".
 */
import { removeValues } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { testsOf } from '../facts/condition-tests.js'
import { populationOf } from '../facts/key-population.js'
import type { PolicyView, StatementView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const contextOnContextlessOperation: PolicyRule = {
  on: 'policy',
  id: 'KMS003',
  name: 'context-on-contextless-operation',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'key', 'scp', 'rcp'],
  fix: 'safe',
  supersedes: ['CON003', 'CON004'],

  docs: {
    what: 'A test of the encryption context on operations that have none, such as `kms:Sign` or `kms:DescribeKey`, or beside encryption algorithms that have none.',
    why: 'Only symmetric encryption has an encryption context, and the grants that constrain one. A positive test is false for every other operation: an Allow gives nothing, a Deny does not bite.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:app": "pay"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:app": "pay"\n        }\n      }\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:DescribeKey",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Give operations without an encryption context a statement of their own. `--fix` drops the dead actions.',
    whenToIgnore: 'Never: the test cannot hold.',
    equivalents: [{ tool: 'parliament', code: 'UNKNOWN_CONDITION_FOR_ACTION' }],
    source: 'KMS Developer Guide, "kms:EncryptionContext:context-key" and "Encryption context"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { action, effect } = statement
      if (action === undefined || effect === undefined) continue
      const told = new Set<TextValue>()
      for (const test of testsOf(statement, CONTEXT_KEYS)) {
        if (resultWithoutKey(test) !== false) continue
        const population = populationOf(action, test.key.key)
        if (population === undefined || population.without === 0) continue
        const isWhole = population.carrying === 0
        const named = population.namedWithout.filter((item) => !told.has(item))
        if (named.length === 0 && !isWhole) continue
        for (const item of named) told.add(item)
        const names = isWhole
          ? 'no action of the statement has'
          : `${listed(named)} ${named.length === 1 ? 'has' : 'have'} no`
        report({
          at: keySpan(test.key),
          message: isWhole ? `${names} an encryption context` : `${names} encryption context`,
          effect: `${isWhole ? 'the statement' : named.length === 1 ? 'it' : 'they'} ${meaning(effect, isWhole, named.length)}`,
          help: 'give operations without an encryption context a statement of their own',
          related: named.map((at) => ({ message: 'has no encryption context', at })),
          ...(effect === 'Allow' && !isWhole
            ? {
                fix: {
                  safety: 'safe',
                  title: 'drop the dead actions',
                  edits: removeValues(policy.where, action.member, named),
                },
              }
            : {}),
        })
      }
      checkAlgorithms(statement, policy, report)
    }
  },
}

const CONTEXT_KEYS = ['kms:encryptioncontext:', 'kms:encryptioncontextkeys'] as const

function meaning(effect: 'Allow' | 'Deny', isWhole: boolean, count: number): string {
  if (isWhole) return effect === 'Allow' ? 'allows nothing' : 'never bites'
  return `${count === 1 ? 'is' : 'are'} never ${effect === 'Allow' ? 'allowed' : 'denied'} here`
}

function listed(items: readonly TextValue[]): string {
  const names = items.slice(0, 3).map(({ value }) => quote(value))
  return `${names.join(', ')}${items.length > 3 ? ` and ${items.length - 3} more` : ''}`
}

/** Every algorithm but the one of symmetric keys. */
function isAsymmetric({ value, known }: TextValue): boolean {
  return known && (value.startsWith('RSAES_') || value === 'SM2PKE')
}

function checkAlgorithms(statement: StatementView, { kind }: PolicyView, report: Report): void {
  const context = testsOf(statement, CONTEXT_KEYS).find((test) => resultWithoutKey(test) === false)
  if (context === undefined || kind === 'vpce') return
  for (const { key, parsed, values } of testsOf(statement, ['kms:encryptionalgorithm'])) {
    if (parsed === undefined || parsed.negated || !parsed.base.startsWith('String')) continue
    if (values.length === 0 || !values.every(isAsymmetric)) continue
    report({
      at: keySpan(key),
      message: 'encryption with these algorithms has no encryption context, and the statement asks for one',
      effect: `the statement ${statement.effect === 'Deny' ? 'never bites' : 'allows nothing'}`,
      help: 'give each kind of encryption a statement of its own',
      related: [{ message: 'only symmetric encryption has it', at: keySpan(context.key) }],
    })
  }
}
