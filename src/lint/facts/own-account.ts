/**
 * Which account a key policy belongs to, as far as that can be told: from the project, from the template, else the
 * account that most of the principals are of.
 *
 * Knows nothing of what the accounts may do. Where two accounts are named equally often, none is the own one.
 *
 * Source: KMS Developer Guide, "Key policies in AWS KMS".
 */
import type { PolicyView } from '../policy-view.js'
import type { ProjectFacts } from '../rule.js'
import type { PolicyDocument, PrincipalEntry } from '../../policy/document.js'
import { isAccountId, splitArn } from '../../text/arn.js'

export interface OwnAccount {
  /** The account that the key is in. */
  readonly account: string
  /** All accounts that are the author's own, `account` among them. */
  readonly all: ReadonlySet<string>
  /** Said by the project or the template, not guessed from the principals. */
  readonly isCertain: boolean
}

/** Undefined where it cannot be told. */
export function ownAccount(policy: PolicyView, project: ProjectFacts): OwnAccount | undefined {
  const { resource, symbols, document } = policy
  const caller = project.caller === undefined ? undefined : splitArn(project.caller)?.account
  const template = symbols.find(({ expression }) => expression === '${AWS::AccountId}')?.standIn
  const named = document === undefined ? [] : accountsByNumber(document)
  const inPolicy = project.accounts.find((account) => named.some(([other]) => other === account))
  const said = resource?.account ?? caller ?? template ?? inPolicy ?? project.accounts[0]
  const account = said ?? majority(named)
  if (account === undefined || !isAccountId(account)) return undefined
  return { account, all: new Set([account, ...project.accounts]), isCertain: said !== undefined }
}

/** Of an IAM principal. */
export function accountOfEntry({ kind, value }: PrincipalEntry): string | undefined {
  switch (kind) {
    case 'account':
      return value
    case 'user':
    case 'role':
    case 'session':
    case 'federatedUser':
      return splitArn(value)?.account
    case 'any':
    case 'service':
    case 'uniqueId':
    case 'federated':
    case 'canonicalUser':
      return undefined
  }
}

/** Every account that a principal of the policy is of. */
export function namedAccounts(document: PolicyDocument): readonly string[] {
  return accountsByNumber(document).map(([account]) => account)
}

const ACCOUNT_KEYS: ReadonlySet<string> = new Set(['kms:calleraccount', 'aws:principalaccount', 'aws:sourceaccount'])

type NumberedAccounts = readonly (readonly [string, number])[]

const accountsOf = new WeakMap<PolicyDocument, NumberedAccounts>()

/** The account named most often first. Rules ask for each statement, so it is found out once. */
function accountsByNumber(document: PolicyDocument): NumberedAccounts {
  const known = accountsOf.get(document) ?? countedAccounts(document)
  accountsOf.set(document, known)
  return known
}

function countedAccounts({ statements }: PolicyDocument): NumberedAccounts {
  const counts = new Map<string, number>()
  const count = (account: string): void => void counts.set(account, (counts.get(account) ?? 0) + 1)
  for (const { principal, conditions } of statements) {
    for (const entry of principal?.entries ?? []) {
      const account = accountOfEntry(entry)
      if (account !== undefined) count(account)
    }
    for (const { key, values } of conditions) {
      if (!ACCOUNT_KEYS.has(key.toLowerCase())) continue
      for (const value of values) if (isAccountId(value)) count(value)
    }
  }
  return [...counts].toSorted(([, left], [, right]) => right - left)
}

function majority([first, second]: NumberedAccounts): string | undefined {
  if (first === undefined) return undefined
  return second === undefined || first[1] > second[1] ? first[0] : undefined
}
