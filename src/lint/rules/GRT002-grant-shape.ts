/**
 * The input of CreateGrant is not of a form that KMS takes, or it names the root of an account as grantee.
 *
 * Source: KMS API Reference, "CreateGrant" and "GrantConstraints".
 */
import { membersOf, textItemsOf } from '../facts/grant-input.js'
import type { GrantRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { actionByName } from '../../aws/action.js'
import { quote } from '../../text/escape.js'
import type { Member } from '../../text/syntax-tree.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'

export const grantShape: GrantRule = {
  on: 'grant',
  id: 'GRT002',
  name: 'grant-shape',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'The input of CreateGrant is not of a form that KMS takes, or it names the root of an account as grantee.',
    why: 'KMS refuses two kinds of grantee or two constraints of the encryption context in one grant, and a service as grantee without `SourceArn` and somebody to retire the grant. The root of an account as grantee gives the key to every principal of that account whose identity policies allow it.',
    bad: [
      {
        form: 'grant',
        text: '{\n  "KeyId": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n  "GranteePrincipal": "arn:aws:iam::111122223333:root",\n  "Operations": [\n    "Decrypt"\n  ]\n}',
      },
    ],
    good: [
      {
        form: 'grant',
        text: '{\n  "KeyId": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n  "GranteePrincipal": "arn:aws:iam::111122223333:role/App",\n  "Operations": [\n    "Decrypt"\n  ],\n  "Constraints": {\n    "EncryptionContextSubset": {\n      "app": "pay"\n    }\n  }\n}',
      },
    ],
    fix: 'Name one role as grantee, use one constraint, and give a service its `SourceArn` and a retiring principal.',
    whenToIgnore: 'Where a whole account is meant.',
    equivalents: [],
    source: 'KMS API Reference, "CreateGrant" and "GrantConstraints"',
  },

  check({ root }, report) {
    const members = membersOf(root)
    const constraints = membersOf(members.get('Constraints')?.value)
    reportBoth(members.get('GranteePrincipal'), members.get('GranteeServicePrincipal'), report)
    reportBoth(members.get('RetiringPrincipal'), members.get('RetiringServicePrincipal'), report)
    reportBoth(constraints.get('EncryptionContextEquals'), constraints.get('EncryptionContextSubset'), report)
    reportService(members, constraints, report)
    reportRoot(members.get('GranteePrincipal'), report)
    const context = constraints.get('EncryptionContextEquals') ?? constraints.get('EncryptionContextSubset')
    const operations = textItemsOf(members.get('Operations')?.value)
    if (context === undefined || operations.length === 0) return
    if (operations.some(({ value }) => (actionByName(`kms:${value}`)?.encryptionContext ?? null) !== null)) return
    report({
      at: keySpan(context),
      message: `none of the operations has an encryption context for ${quote(context.key)} to constrain`,
      effect: 'the constraint says nothing, or KMS refuses the grant',
      help: 'remove the constraint, or grant an operation of symmetric encryption',
    })
  },
}

function reportBoth(first: Member | undefined, second: Member | undefined, report: Report): void {
  if (first === undefined || second === undefined) return
  report({
    at: keySpan(second),
    message: `a grant has ${quote(first.key)} or ${quote(second.key)}, not both`,
    effect: 'KMS refuses the grant',
    help: 'make two grants, or keep one of them',
    related: [{ message: 'the other one', at: keySpan(first) }],
  })
}

function reportService(
  members: ReadonlyMap<string, Member>,
  constraints: ReadonlyMap<string, Member>,
  report: Report,
): void {
  const service = members.get('GranteeServicePrincipal')
  if (service === undefined) return
  const lacking = [
    ...(constraints.has('SourceArn') ? [] : ['the constraint `SourceArn`']),
    ...(members.has('RetiringPrincipal') || members.has('RetiringServicePrincipal') ? [] : ['a retiring principal']),
  ]
  if (lacking.length === 0) return
  report({
    at: keySpan(service),
    message: `a grant for a service needs ${lacking.join(' and ')}`,
    effect: 'KMS refuses the grant',
    help: 'say for which resource the service may use the key, and who retires the grant',
  })
}

function reportRoot(grantee: Member | undefined, report: Report): void {
  if (grantee?.value.kind !== 'string') return
  const parsed = parsePrincipalArn(grantee.value.value)
  if (!parsed.ok || parsed.value.kind !== 'root') return
  report({
    at: grantee.value,
    message: `${quote(grantee.value.value)} as grantee is the whole account ${parsed.value.account}`,
    effect: 'every principal of the account whose identity policies allow it may use the key by this grant',
    help: 'name the role that needs it',
    severity: 'security',
  })
}
