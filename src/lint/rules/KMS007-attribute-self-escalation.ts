/**
 * A principal is limited to keys with a tag or an alias, and may itself set that tag or alias on the keys.
 *
 * Source: KMS Developer Guide, "ABAC for AWS KMS".
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { testsOf } from '../facts/condition-tests.js'
import { holderWorld, type HolderWorld } from '../facts/holder-world.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { EXAMPLE_ACCOUNT, foundRequest, LINT_OPTIONS, sampleKeys } from '../facts/key-world.js'
import type { ConditionView, StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import type { RequestContext } from '../../decide/values.js'
import { anyAccess, type AnyAccess } from '../../solve/access.js'
import { quote } from '../../text/escape.js'

export const attributeSelfEscalation: PolicyRule = {
  on: 'policy',
  id: 'KMS007',
  name: 'attribute-self-escalation',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity'],
  fix: 'no',

  docs: {
    what: 'A principal is limited to keys with a tag or an alias, and may itself set that tag or alias on the keys.',
    why: 'The limit is no limit: one call of `kms:TagResource`, or of `kms:CreateAlias`, and any of the keys is within reach.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "StringEquals": {\n          "aws:ResourceTag/team": "pay"\n        }\n      }\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:TagResource",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "StringEquals": {\n          "aws:ResourceTag/team": "pay"\n        }\n      }\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:TagResource",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*"\n    },\n    {\n      "Effect": "Deny",\n      "Action": [\n        "kms:TagResource",\n        "kms:UntagResource"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "ForAnyValue:StringEquals": {\n          "aws:TagKeys": "team"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Deny changes of that tag (`aws:TagKeys`, `aws:RequestTag/...`), or of aliases, to whoever is limited by it.',
    whenToIgnore: 'Where the principal is trusted with all of the keys.',
    equivalents: [],
    source: 'KMS Developer Guide, "ABAC for AWS KMS"',
  },

  check({ policy }, report) {
    const { document } = policy
    if (document === undefined) return
    const setters = new Set(policy.statements.filter(isAllow).flatMap(({ action }) => [...kmsActionsOf(action)]))
    const keys =
      setters.has(TAG) || ALIAS_SETTERS.some((name) => setters.has(name)) ? sampleKeys(policy, EXAMPLE_ACCOUNT) : []
    if (keys.length === 0) return
    let world: HolderWorld | undefined
    const told = new Set<string>()
    for (const statement of policy.statements.filter(isAllow)) {
      const limited = [...kmsActionsOf(statement.action)].filter((name) => !SETTERS.has(name))
      if (limited.length === 0) continue
      for (const test of testsOf(statement, ATTRIBUTES)) {
        const attribute = test.key.key.toLowerCase()
        if (resultWithoutKey(test) !== false || told.has(attribute)) continue
        world ??= holderWorld([document], EXAMPLE_ACCOUNT, keys)
        const without = { [test.key.key]: null }
        // Who may do it without the attribute is not limited by it.
        if (ask(world, limited.slice(0, 1), without).answer !== 'no') continue
        const found = ask(world, attribute === ALIASES ? ALIAS_SETTERS : [TAG], { ...without, ...change(test) })
        if (found.answer !== 'yes') continue
        told.add(attribute)
        const setter = found.witness.request.action
        report({
          at: keySpan(test.key),
          message: `${quote(test.key.key)} limits the principal, who may set it with ${quote(setter)}`,
          effect: `one call of ${setter}, and every key that it may be called on is within reach`,
          help: attribute === ALIASES ? 'deny changes of aliases' : 'deny changes of that tag, by `aws:TagKeys`',
          witness: foundRequest(found.witness, `the principal may ${setter} on a key that it has no other access to`),
        })
      }
    }
  },
}

const TAG = 'kms:TagResource'
const ALIASES = 'kms:resourcealiases'
const ALIAS_SETTERS = ['kms:CreateAlias', 'kms:UpdateAlias']
const SETTERS: ReadonlySet<string> = new Set([TAG, ...ALIAS_SETTERS, 'kms:UntagResource', 'kms:DeleteAlias'])
const ATTRIBUTES = ['aws:resourcetag/', ALIASES] as const

function isAllow({ effect }: StatementView): boolean {
  return effect === 'Allow'
}

function ask(
  { snapshot, principal, keys }: HolderWorld,
  actions: readonly string[],
  context: RequestContext,
): AnyAccess {
  return anyAccess(
    { snapshot },
    { principals: [principal], resources: keys, actions, context, sessionPolicies: 'none' },
    LINT_OPTIONS,
  )
}

/** The request that would give the key the attribute. */
function change({ key, values }: ConditionView): RequestContext {
  const tag = key.key.slice('aws:ResourceTag/'.length)
  if (key.key.toLowerCase() === ALIASES) return {}
  const [value] = values
  const isPlain = value !== undefined && value.known && !/[*?$]/.test(value.value)
  return { 'aws:TagKeys': [tag], ...(isPlain ? { [`aws:RequestTag/${tag}`]: value.value } : {}) }
}
