/**
 * One user or role may both change the key policy and decrypt.
 *
 * Source: KMS Developer Guide, "Best practices for AWS KMS" (separation of duties).
 */
import { asPolicyInput, foundRequest, keyWorld, LINT_OPTIONS } from '../facts/key-world.js'
import { PUT_KEY_POLICY } from '../facts/key-managers.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { accountOfEntry } from '../facts/own-account.js'
import type { PolicyView, PrincipalEntryView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { anyAccess } from '../../solve/access.js'
import { quote } from '../../text/escape.js'

export const adminAndUser: PolicyRule = {
  on: 'policy',
  id: 'KEY012',
  name: 'admin-and-user',
  severity: 'suggestion',
  precision: 'high',
  default: 'strict',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: 'One user or role may both change the key policy and decrypt.',
    why: 'Who manages a key need not read what it protects, and who reads it need not manage it. Kept apart, one stolen session gives either one or the other.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Admin"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Admin"\n      },\n      "Action": [\n        "kms:PutKeyPolicy",\n        "kms:Describe*"\n      ],\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Give administration and use of the key to different roles.',
    whenToIgnore: 'Where one role does both on purpose.',
    equivalents: [{ tool: 'CIS AWS Foundations', code: 'separation of duties' }],
    source: 'KMS Developer Guide, "Best practices for AWS KMS" (separation of duties)',
  },

  check({ policy }, report) {
    const { document } = policy
    if (document === undefined) return
    for (const entry of candidates(policy)) {
      const account = entry.entry === undefined ? undefined : accountOfEntry(entry.entry)
      if (account === undefined) continue
      const world = keyWorld(document, account)
      const ask = (action: string): ReturnType<typeof anyAccess> =>
        anyAccess(
          world,
          {
            resources: [world.arn],
            actions: [action],
            principals: [entry.value],
            unknownIdentity: 'none',
            sessionPolicies: 'none',
          },
          LINT_OPTIONS,
        )
      const decrypting = ask(DECRYPT)
      if (decrypting.answer !== 'yes' || ask(PUT_KEY_POLICY).answer !== 'yes') continue
      report({
        at: entry,
        message: `${quote(entry.value)} may both change the key policy and decrypt`,
        effect: 'a stolen session of it gives both the key and its protection',
        help: 'give administration and use of the key to different roles',
        witness: foundRequest(decrypting.witness, `${entry.value} may ${DECRYPT}, and ${PUT_KEY_POLICY} too`, {
          keyPolicy: asPolicyInput(document),
        }),
      })
    }
  },
}

const DECRYPT = 'kms:Decrypt'
/** Named principals that are looked at. */
const MAX_CANDIDATES = 20

/** Where a user or role is named that some statement lets decrypt and some lets change the policy. */
function candidates({ statements }: PolicyView): readonly PrincipalEntryView[] {
  const found = new Map<string, { readonly first: PrincipalEntryView; decrypts: boolean; manages: boolean }>()
  for (const { effect, principal, action } of statements) {
    if (effect !== 'Allow' || principal === undefined || principal.negated) continue
    const actions = kmsActionsOf(action)
    for (const one of principal.entries) {
      if (one.entry?.kind !== 'user' && one.entry?.kind !== 'role') continue
      const known = found.get(one.value) ?? { first: one, decrypts: false, manages: false }
      known.decrypts ||= actions.has(DECRYPT)
      known.manages ||= actions.has(PUT_KEY_POLICY)
      found.set(one.value, known)
    }
  }
  return [...found.values()]
    .filter(({ decrypts, manages }) => decrypts && manages)
    .slice(0, MAX_CANDIDATES)
    .map(({ first }) => first)
}
