/**
 * One statement asks an enclave for its attestation, and another gives the same principal the same operation without
 * it.
 *
 * Source: KMS Developer Guide, "Condition keys for attested platforms".
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { testsOf } from '../facts/condition-tests.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import {
  asPolicyInput,
  EXAMPLE_ACCOUNT,
  foundRequest,
  keyWorld,
  type KeyWorld,
  LINT_OPTIONS,
  withStatements,
} from '../facts/key-world.js'
import { ownAccount } from '../facts/own-account.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, ProjectFacts } from '../rule.js'
import { keySpan } from '../spans.js'
import { actionByName } from '../../aws/action.js'
import type { RequestContext } from '../../decide/values.js'
import type { PolicyDocument } from '../../policy/document.js'
import { anyAccess, type AnyAccess } from '../../solve/access.js'
import { quote } from '../../text/escape.js'

export const attestationBypass: PolicyRule = {
  on: 'policy',
  id: 'KMS014',
  name: 'attestation-bypass',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: 'One statement asks an enclave for its attestation, and another gives the same principal the same operation without it.',
    why: 'The attestation protects nothing: whoever has the principal calls the operation from anywhere, by the other statement or by identity policies.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Enclave"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEqualsIgnoreCase": {\n          "kms:RecipientAttestation:ImageSha384": "abababababababababababababababababababababababababababababababababababababababababababababababab"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Enclave"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEqualsIgnoreCase": {\n          "kms:RecipientAttestation:ImageSha384": "abababababababababababababababababababababababababababababababababababababababababababababababab"\n        }\n      }\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringNotEqualsIgnoreCase": {\n          "kms:RecipientAttestation:ImageSha384": "abababababababababababababababababababababababababababababababababababababababababababababababab"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Deny the operation unless the attestation is right, by the negated test of the same key.',
    whenToIgnore: 'Where the other way is meant, such as an emergency role of its own.',
    equivalents: [{ tool: 'Prowler', code: 'kms_key_enclave_attestation_bypassable_path' }],
    source: 'KMS Developer Guide, "Condition keys for attested platforms"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined) return
    for (const statement of policy.statements) {
      if (statement.effect !== 'Allow') continue
      const test = testsOf(statement, ATTESTATION).find((one) => resultWithoutKey(one) === false)
      const found = test === undefined ? undefined : bypass(document, statement, policy, project)
      if (test === undefined || found === undefined) continue
      const { action, principal } = found.witness.request
      const [by] = found.because.flatMap((part) => ('statement' in part && part.layer === 'keyPolicy' ? [part] : []))
      const other = by === undefined ? undefined : policy.statements[by.statement]
      report({
        at: keySpan(test.key),
        message: `${quote(principal)} may ${quote(action)} without any attestation`,
        effect: 'the attestation protects nothing',
        help: 'deny the operation unless the attestation is right',
        related: other === undefined ? [] : [{ message: 'allows it without', at: other.head }],
        witness: foundRequest(found.witness, `${principal} may ${action} without attestation`, {
          keyPolicy: asPolicyInput(document),
        }),
      })
    }
  },
}

const ATTESTATION = ['kms:recipientattestation:'] as const

/** Whoever the statement names, in a request without attestation. */
function bypass(
  document: PolicyDocument,
  { action, index }: StatementView,
  policy: PolicyView,
  project: ProjectFacts,
): Extract<AnyAccess, { readonly answer: 'yes' }> | undefined {
  const attested = [...kmsActionsOf(action)].filter((name) => actionByName(name)?.attestationKeys === true)
  const principals = (document.statements[index]?.principal?.entries ?? []).flatMap(({ kind, value }) =>
    kind === 'user' || kind === 'role' || kind === 'session' ? [value] : [],
  )
  if (attested.length === 0) return undefined
  const { world, unattested } = attestedWorld(document, ownAccount(policy, project)?.account ?? EXAMPLE_ACCOUNT)
  const found = anyAccess(
    world,
    {
      resources: [world.arn],
      actions: attested,
      context: unattested,
      sessionPolicies: 'none',
      unknownIdentity: 'any',
      ...(principals.length === 0 ? {} : { principals }),
    },
    LINT_OPTIONS,
  )
  return found.answer === 'yes' ? found : undefined
}

interface AttestedWorld {
  readonly account: string
  readonly world: KeyWorld
  readonly unattested: RequestContext
}

const worlds = new WeakMap<PolicyDocument, AttestedWorld>()

/** The same for each statement of the policy. */
function attestedWorld(document: PolicyDocument, account: string): AttestedWorld {
  const known = worlds.get(document)
  if (known?.account === account) return known
  const keys = document.statements.flatMap(({ conditions }) =>
    conditions.map(({ key }) => key).filter((key) => key.toLowerCase().startsWith('kms:recipientattestation:')),
  )
  const made: AttestedWorld = {
    account,
    world: keyWorld(withStatements(document, document.statements), account),
    unattested: Object.fromEntries(keys.map((key) => [key, null])),
  }
  worlds.set(document, made)
  return made
}
