/**
 * Another account may make grants of its own choosing or revoke grants, as `kms:*` lets it.
 *
 * Source: KMS Developer Guide, "Allowing users in other accounts to use a KMS key" and "Controlling access to grants".
 */
import { freeGrant, grantContext } from '../facts/free-grant.js'
import { asPolicyInput, foundRequest, keyWorld, LINT_OPTIONS, withStatements } from '../facts/key-world.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { accountOfEntry, ownAccount, type OwnAccount } from '../facts/own-account.js'
import { settledStatements, type SettledStatements } from '../facts/settled-statements.js'
import type { PrincipalEntryView, StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import { anyAccess, type AnyAccess } from '../../solve/access.js'
import { quote } from '../../text/escape.js'

export const foreignAdmin: PolicyRule = {
  on: 'policy',
  id: 'KEY006',
  name: 'foreign-admin',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: 'Another account may make grants of its own choosing or revoke grants, as `kms:*` lets it.',
    why: 'It can hand the use of the key on to whomever it likes, or take it away from others. Changing the policy, disabling or deleting the key never works from another account and is no part of this.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:root"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    fix: 'List the cryptographic operations; let grants be made under `"Bool": { "kms:GrantIsForAWSResource": "true" }`.',
    whenToIgnore:
      'Where the other account is trusted like the own one; then list it among the `accounts` of the configuration.',
    equivalents: [],
    source:
      'KMS Developer Guide, "Allowing users in other accounts to use a KMS key" and "Controlling access to grants"',
  },

  check({ policy, project }, report) {
    // What other statements allow, known or not, takes nothing from an account that one of them lets in.
    const settled = settledStatements(policy)
    const own = settled === undefined ? undefined : ownAccount(policy, project)
    if (settled === undefined || own === undefined) return
    const { document, positionOf } = settled
    for (const view of policy.statements) {
      const statement = document.statements[positionOf(view.index) ?? -1]
      if (statement === undefined) continue
      const [first, ...others] = foreignEntries(view, statement, settled, own)
      if (first === undefined) continue
      const found = ruleOverGrants(document, statement, own)
      if (found === undefined) continue
      const { action } = found.witness.request
      report({
        at: first,
        message: `${quote(first.value)} is of another account and may ${action === 'kms:CreateGrant' ? 'grant the use of the key to anybody' : 'revoke grants that others made'}`,
        effect:
          action === 'kms:CreateGrant'
            ? 'the other account can hand the key on to whomever it likes'
            : 'the other account can take the key away from others',
        help: 'list the cryptographic operations, and bind grants to `kms:GrantIsForAWSResource`',
        related: others.map((at) => ({ message: 'of another account too', at })),
        witness: foundRequest(found.witness, `${found.witness.request.principal} may ${action}`, {
          keyPolicy: asPolicyInput(document),
        }),
      })
    }
  },
}

function foreignEntries(
  { effect, principal, action }: StatementView,
  statement: Statement,
  { entriesOf }: SettledStatements,
  { all }: OwnAccount,
): readonly PrincipalEntryView[] {
  if (effect !== 'Allow' || principal === undefined || principal.negated) return []
  const actions = kmsActionsOf(action)
  if (!actions.has('kms:RevokeGrant') && !actions.has('kms:CreateGrant')) return []
  // Entries of the document are those of the view, with stand-ins for what is not known.
  const entries = statement.principal?.entries ?? []
  return entriesOf(principal.entries).filter((_, place) => {
    const entry = entries[place]
    const account = entry === undefined ? undefined : accountOfEntry(entry)
    return account !== undefined && !all.has(account)
  })
}

function ruleOverGrants(
  document: PolicyDocument,
  { index }: Statement,
  { account, all }: OwnAccount,
): Extract<AnyAccess, { readonly answer: 'yes' }> | undefined {
  const statements = document.statements.flatMap((statement) => {
    if (statement.effect === 'Deny') return [statement]
    if (statement.index !== index || statement.principal === undefined) return []
    const entries = statement.principal.entries.filter((entry) => {
      const foreign = accountOfEntry(entry)
      return foreign !== undefined && !all.has(foreign)
    })
    return [{ ...statement, principal: { ...statement.principal, entries } }]
  })
  const alone = withStatements(document, statements)
  const world = keyWorld(alone, account)
  const direct = { 'kms:ViaService': null }
  const scope = { resources: [world.arn], sessionPolicies: 'none', unknownIdentity: 'any', context: direct } as const
  const free = freeGrant(world, scope, alone, account)
  if (free !== undefined) return free
  const context = { ...direct, ...grantContext('999988887777') }
  const revoking = anyAccess(world, { ...scope, actions: ['kms:RevokeGrant'], context }, LINT_OPTIONS)
  return revoking.answer === 'yes' ? revoking : undefined
}
