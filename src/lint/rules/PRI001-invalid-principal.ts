/**
 * A principal of no valid form: an account that is not twelve digits, an ARN that names no principal, an unknown type, `Federated` or `CanonicalUser` in a key policy, a bare text other than `"*"`.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { isPlaceholderField } from '../facts/placeholder.js'
import { hasWildcard, isGroupArn } from '../facts/principal-form.js'
import type { PrincipalEntryView, PrincipalView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import type { PolicyKind } from '../../policy/document.js'
import { PRINCIPAL_TYPES } from '../../policy/element-rules.js'
import { classifyPrincipal, type PrincipalType } from '../../policy/principal.js'
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'
import { hasVariable } from '../../text/template.js'

export const invalidPrincipal: PolicyRule = {
  on: 'policy',
  id: 'PRI001',
  name: 'invalid-principal',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource', 'vpce'],
  fix: 'no',

  docs: {
    what: 'A principal of no valid form: an account that is not twelve digits, an ARN that names no principal, an unknown type, `Federated` or `CanonicalUser` in a key policy, a bare text other than `"*"`.',
    why: 'AWS refuses the policy, or the entry matches nobody.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:s3:::bucket"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Name an account, a user, a role, a session or a service.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_PRINCIPAL_FORMAT' },
      { tool: 'parliament', code: 'UNKNOWN_PRINCIPAL' },
    ],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    for (const { principal } of policy.statements) {
      if (principal === undefined) continue
      checkTypes(principal, report)
      for (const entry of principal.entries) checkEntry(entry, policy.kind, report)
    }
  },
}

function typeOf(name: string): PrincipalType | undefined {
  return PRINCIPAL_TYPES.find((type) => type === name)
}

function checkTypes({ member }: PrincipalView, report: Report): void {
  if (member.value.kind !== 'object') return
  for (const typeMember of member.value.members) {
    const type = typeMember.key
    if (typeOf(type) !== undefined) continue
    const meant = didYouMean(type, PRINCIPAL_TYPES, 2)
    report({
      at: keySpan(typeMember),
      message: `there is no type of principal ${quote(type)}`,
      effect: 'AWS refuses the policy',
      help: meant === undefined ? `write one of ${PRINCIPAL_TYPES.join(', ')}` : `did you mean \`${meant}\`?`,
    })
  }
}

function checkEntry(entry: PrincipalEntryView, kind: PolicyKind, report: Report): void {
  const { value, type } = entry
  if (!entry.known || hasVariable(value)) return
  if (kind === 'key' && (entry.entry?.kind === 'federated' || entry.entry?.kind === 'canonicalUser')) {
    report({
      at: entry,
      message: `${quote(type)} principals never call KMS`,
      effect: `${quote(value)} matches nobody`,
      help: 'name the role that the identity provider lets them assume',
    })
    return
  }
  if (entry.entry !== undefined) return
  const known = typeOf(type)
  if (known === undefined) {
    if (type === '*') report({ at: entry, ...bareText(value) })
    return
  }
  // Wildcards and groups are told more exactly elsewhere.
  if (hasWildcard(value) || isGroupArn(value)) return
  const classified = classifyPrincipal(known, value, kind)
  if (classified.ok) return
  const isOpen = value.split(':').some(isPlaceholderField)
  report({
    at: entry,
    message: isOpen ? `${quote(value)} is still to be filled in` : classified.error.message,
    effect: 'AWS refuses the policy',
    ...(classified.error.hint === undefined ? {} : { help: classified.error.hint }),
    ...(isOpen ? { severity: 'info' } : {}),
  })
}

function bareText(value: string): { readonly message: string; readonly effect: string; readonly help: string } {
  const isAws = isAccountId(value) || value.startsWith('arn:')
  return {
    message: `${quote(value)} alone is no principal`,
    effect: 'AWS refuses the policy',
    help: isAws
      ? `write \`{ "AWS": ${JSON.stringify(value)} }\``
      : 'write `"*"`, or an object such as `{ "AWS": "111122223333" }`',
  }
}
