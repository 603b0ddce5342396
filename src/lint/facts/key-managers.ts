/**
 * Whether anybody can change a key policy, and whether the account of the key may say who can by identity policies.
 *
 * Source: KMS Developer Guide, "Default key policy"; KMS API Reference, "PutKeyPolicy".
 */
import { EXAMPLE_ACCOUNT, asPolicyInput, keyIn, keyWorld, LINT_OPTIONS } from './key-world.js'
import { namedAccounts, type OwnAccount } from './own-account.js'
import { speaksOf } from './relevant-statements.js'
import type { PolicyView } from '../policy-view.js'
import type { Witness } from '../rule.js'
import { KMS_ACTIONS } from '../../aws/actions.js'
import type { PolicyDocument } from '../../policy/document.js'
import { anyAccess, type AnyAccess } from '../../solve/access.js'
import { assumedPolicyJson } from '../../solve/assumed.js'
import type { SolveScope } from '../../solve/scope.js'
import type { SimulationPrincipal } from '../../source/simulation-document.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'

export const PUT_KEY_POLICY = 'kms:PutKeyPolicy'
/** With more accounts than this, who owns the key is anybody's guess. */
const MAX_ACCOUNTS = 4

/** An example out of a page rather than a policy: nothing said what it is, and it has one statement. */
export function isFragment({ kindIsGuessed, statements }: PolicyView): boolean {
  return kindIsGuessed && statements.length < 2
}

/** The accounts that the key may be in. */
export function possibleAccounts(document: PolicyDocument, own: OwnAccount | undefined): readonly string[] {
  if (own?.isCertain === true) return [own.account]
  const named = namedAccounts(document)
  return named.length === 0 ? [EXAMPLE_ACCOUNT] : named.length > MAX_ACCOUNTS ? [] : named
}

const managed = new WeakMap<PolicyDocument, Map<string, AnyAccess['answer']>>()

/** Whether somebody of the key's own account may change the policy, if every condition is as they wish. */
export function isManaged(document: PolicyDocument, account: string): AnyAccess['answer'] {
  const known = managed.get(document) ?? new Map<string, AnyAccess['answer']>()
  managed.set(document, known)
  const found =
    known.get(account) ??
    (delegatesPlainly(document, account, [PUT_KEY_POLICY])
      ? 'yes'
      : ask(document, account, { actions: [PUT_KEY_POLICY] }).answer)
  known.set(account, found)
  return found
}

const delegated = new WeakMap<PolicyDocument, Map<string, AnyAccess['answer']>>()

/** Whether somebody of the account whom the policy does not name, with all identity policies there are, may do anything. */
export function delegates(document: PolicyDocument, account: string): AnyAccess['answer'] {
  const known = delegated.get(document) ?? new Map<string, AnyAccess['answer']>()
  delegated.set(document, known)
  const found =
    known.get(account) ??
    (delegatesPlainly(document, account, KEY_ACTIONS)
      ? 'yes'
      : ask(document, account, { principals: [anybodyOf(account)] }).answer)
  known.set(account, found)
  return found
}

export function anybodyOf(account: string): string {
  return `arn:aws:iam::${account}:role/AnyOtherRole`
}

/** Whether this principal may change the policy, with all identity policies there are. */
export function canManage(document: PolicyDocument, account: string, principal: string): AnyAccess['answer'] {
  const isOfAccount = principal === anybodyOf(account)
  if (isOfAccount && delegatesPlainly(document, account, [PUT_KEY_POLICY])) return 'yes'
  return ask(document, account, { actions: [PUT_KEY_POLICY], principals: [principal] }).answer
}

function ask(document: PolicyDocument, account: string, scope: SolveScope): AnyAccess {
  const world = keyWorld(document, account)
  return anyAccess(
    world,
    { resources: [world.arn], sessionPolicies: 'none', unknownIdentity: 'any', ...scope },
    LINT_OPTIONS,
  )
}

const KEY_ACTIONS: readonly string[] = KMS_ACTIONS.flatMap(({ name, resources }) =>
  resources.includes('key') ? [name] : [],
)

/** What nearly every key policy begins with; and of some of these actions no Deny speaks. */
function delegatesPlainly({ statements }: PolicyDocument, account: string, actions: readonly string[]): boolean {
  const denies = statements.filter(({ effect }) => effect === 'Deny')
  if (actions.every((action) => denies.some((deny) => speaksOf(deny, action)))) return false
  return statements.some(
    ({ effect, principal, action, resource, conditions }) =>
      effect === 'Allow' &&
      conditions.length === 0 &&
      principal?.negated === false &&
      principal.entries.some(({ kind, value }) => kind === 'account' && value === account) &&
      action?.negated === false &&
      action.patterns.some((pattern) => pattern === '*' || pattern.toLowerCase() === 'kms:*') &&
      resource?.negated === false &&
      resource.patterns.includes('*'),
  )
}

/** A request that is refused, whatever identity policies the principal has. */
export function refusedRequest(
  document: PolicyDocument,
  account: string,
  principal: string,
  action = PUT_KEY_POLICY,
): Witness | undefined {
  const parsed = parsePrincipalArn(principal)
  if (!parsed.ok) return undefined
  return {
    summary: `${principal} may not ${action}`,
    document: {
      principal: { type: PRINCIPAL_TYPES[parsed.value.kind], arn: principal, accountId: parsed.value.account },
      action,
      resource: { type: 'key', arn: keyIn(account), accountId: account },
      keyPolicy: asPolicyInput(document),
      ...(parsed.value.kind === 'root' ? {} : { identityPolicies: [assumedPolicyJson('everything')] }),
    },
  }
}

const PRINCIPAL_TYPES = {
  root: 'root',
  user: 'user',
  role: 'role',
  session: 'role',
  federatedUser: 'federated',
} as const satisfies Record<string, SimulationPrincipal['type']>
