/**
 * An Allow of `kms:CreateGrant` that lets its holder grant anybody operations that use the key.
 *
 * Source: KMS Developer Guide, "Controlling access to grants".
 */
import { addTest } from '../facts/add-test.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { freeGrant } from '../facts/free-grant.js'
import { holderAccess } from '../facts/holder-access.js'
import { kmsActionsOf, kmsActionsOfEntry } from '../facts/kms-actions-of.js'
import {
  aloneUnderDenies,
  asPolicyInput,
  EXAMPLE_ACCOUNT,
  foundRequest,
  inOrder,
  keyWorld,
  sampleKeys,
  withStatements,
} from '../facts/key-world.js'
import { ownAccount } from '../facts/own-account.js'
import { relevantTo } from '../facts/relevant-statements.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, ProjectFacts } from '../rule.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import type { AnyAccess } from '../../solve/access.js'
import type { AuthorizeDocument } from '../../source/simulation-document.js'
import { quote } from '../../text/escape.js'

export const createGrantUnconstrained: PolicyRule = {
  on: 'policy',
  id: 'KMS005',
  name: 'create-grant-unconstrained',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'key'],
  fix: 'unsafe',

  docs: {
    what: 'An Allow of `kms:CreateGrant` that lets its holder grant anybody operations that use the key.',
    why: 'Whoever may make any grant can give the use of the key to whomever they like, outside of every policy. Who may change the key policy anyway, and the account that decides by identity policies, are left out; so are grants that only a service can ask for.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:CreateGrant",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:CreateGrant",\n      "Resource": "*",\n      "Condition": {\n        "Bool": {\n          "kms:GrantIsForAWSResource": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `"Bool": { "kms:GrantIsForAWSResource": "true" }`, or say which grantee or which operations. `--unsafe-fixes` adds the first where the statement allows nothing else.',
    whenToIgnore: 'For whoever manages all access to the key.',
    equivalents: [],
    source: 'KMS Developer Guide, "Controlling access to grants"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined) return
    for (const statement of policy.statements) {
      const { effect, action } = statement
      const entry =
        effect === 'Allow' && action !== undefined && !action.negated ? grantEntry(actionEntries(action)) : undefined
      if (entry === undefined) continue
      const free =
        policy.kind === 'key'
          ? freeInKeyPolicy(document, statement, policy, project)
          : freeInIdentityPolicy(document, statement, policy)
      if (free === undefined) continue
      const { witness } = free.found
      const isAlone = kmsActionsOf(action).size === 1
      report({
        at: entry.item,
        message: `${quote(entry.item.value)} lets its holder grant anybody the use of the key`,
        effect: 'whoever has it can hand the key on to any principal of any account',
        help: 'add `"Bool": { "kms:GrantIsForAWSResource": "true" }`, or say which grantee or which operations',
        witness: foundRequest(
          witness,
          `${witness.request.principal} may grant a stranger the use of the key`,
          free.whole,
        ),
        ...(isAlone
          ? {
              fix: {
                safety: 'unsafe',
                title: 'only grants for AWS resources',
                edits: addTest(policy.where, statement, 'Bool', 'kms:GrantIsForAWSResource', 'true'),
              },
            }
          : {}),
      })
    }
  },
}

const CREATE_GRANT = 'kms:CreateGrant'
/** What a service asks for is the service's choice, not the holder's. */
const DIRECT = { 'kms:ViaService': null } as const
const GRANTING = { ...DIRECT, 'kms:GrantIsForAWSResource': 'false', 'kms:GranteeServicePrincipal': null } as const

interface FreeGrant {
  readonly found: Extract<AnyAccess, { readonly answer: 'yes' }>
  /** The policy as it stands, where a part of it was asked about. */
  readonly whole: Partial<AuthorizeDocument>
}

/** The entry that names it, or a pattern narrower than all of KMS. */
function grantEntry(entries: readonly ActionEntry[]): ActionEntry | undefined {
  if (entries.some(isEverything)) return undefined
  return entries.find((entry) => kmsActionsOfEntry(entry).has(CREATE_GRANT))
}

function isEverything({ form, prefix, name }: ActionEntry): boolean {
  return form === 'any' || (prefix === 'kms' && /^\*+$/.test(name))
}

/** Whoever may change the policy of the key needs no grants. */
function isAdministration({ effect, action }: StatementView): boolean {
  return effect === 'Allow' && kmsActionsOf(action).has('kms:PutKeyPolicy')
}

/** What a key policy says of grants, whichever of its statements is asked about. */
interface GrantingPart {
  readonly administrators: ReadonlySet<string>
  /** By their index in the document. */
  readonly allows: ReadonlyMap<number, Statement>
  readonly denies: readonly Statement[]
}

const grantingParts = new WeakMap<PolicyView, GrantingPart>()

function grantingPart(document: PolicyDocument, policy: PolicyView): GrantingPart {
  const known = grantingParts.get(policy)
  if (known !== undefined) return known
  const entries = policy.statements
    .filter(isAdministration)
    .flatMap(({ index }) => document.statements[index]?.principal?.entries ?? [])
  const relevant = relevantTo(document.statements, [CREATE_GRANT], GRANTING)
  const part: GrantingPart = {
    administrators: new Set(entries.map(({ value }) => value)),
    allows: new Map(relevant.filter(({ effect }) => effect === 'Allow').map((each) => [each.index, each])),
    denies: relevant.filter(({ effect }) => effect === 'Deny'),
  }
  grantingParts.set(policy, part)
  return part
}

function freeInKeyPolicy(
  document: PolicyDocument,
  { index }: StatementView,
  policy: PolicyView,
  project: ProjectFacts,
): FreeGrant | undefined {
  const own = ownAccount(policy, project)
  const { administrators, allows, denies } = grantingPart(document, policy)
  const statement = allows.get(index)
  const { principal } = statement ?? {}
  if (statement === undefined || principal === undefined) return undefined
  // Of another account, the root has a rule of its own.
  const entries = principal.entries.filter(
    ({ kind, value }) => kind !== 'account' && kind !== 'service' && !administrators.has(value),
  )
  if (entries.length === 0) return undefined
  const alone = withStatements(document, inOrder({ ...statement, principal: { ...principal, entries } }, denies))
  const account = own?.account ?? EXAMPLE_ACCOUNT
  const world = keyWorld(alone, account)
  const found = freeGrant(world, { resources: [world.arn], context: DIRECT, sessionPolicies: 'none' }, alone, account)
  return found && { found, whole: { keyPolicy: asPolicyInput(document) } }
}

function freeInIdentityPolicy(
  document: PolicyDocument,
  { index }: StatementView,
  policy: PolicyView,
): FreeGrant | undefined {
  if (policy.statements.some(isAdministration)) return undefined
  const alone = aloneUnderDenies(document, index)
  const keys = sampleKeys({ ...policy, document: alone }, EXAMPLE_ACCOUNT)
  if (keys.length === 0) return undefined
  const found = holderAccess(alone, {
    name: 'grants freely',
    actions: [CREATE_GRANT],
    keys,
    request: () => GRANTING,
    ask: (world, scope, narrow) => freeGrant(world, { ...scope, context: DIRECT }, narrow, EXAMPLE_ACCOUNT),
  })
  return found && { found, whole: { identityPolicies: [asPolicyInput(alone)] } }
}
