/**
 * What the holder of an identity policy may do, asked of a few actions.
 *
 * Statements that do not speak of the actions cannot matter, and of the others only what they say of these actions does.
 * What is left is the same for many policies, so a question is asked once.
 *
 * Source: KMS Developer Guide, "Using IAM policies with AWS KMS".
 */
import { holderWorld } from './holder-world.js'
import { asPolicyInput, EXAMPLE_ACCOUNT, foundRequest, withStatements } from './key-world.js'
import { relevantTo } from './relevant-statements.js'
import type { Witness as FoundRequest } from '../rule.js'
import type { RequestContext } from '../../decide/values.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import type { AnyAccess } from '../../solve/access.js'
import type { SolveScope, SolveWorld } from '../../solve/scope.js'

type Found = Extract<AnyAccess, { readonly answer: 'yes' }>

export interface HolderQuestion {
  readonly actions: readonly string[]
  readonly keys: readonly string[]
  /** What every request has that is asked about, by what the policy tests; null for what it does not have. */
  readonly request: (policy: PolicyDocument) => RequestContext
  /** Tells this question from others about the same actions and keys. */
  readonly name: string
  readonly ask: (world: SolveWorld, scope: Omit<SolveScope, 'actions'>, policy: PolicyDocument) => Found | undefined
}

const MAX_KEPT = 1000
const answers = new Map<string, Found | undefined>()

/** @param policy - of the holder, who has nothing else. */
export function holderAccess(policy: PolicyDocument, question: HolderQuestion): Found | undefined {
  const { name, actions, keys, request, ask } = question
  const statements = relevantTo(policy.statements, actions, request(policy))
  if (!statements.some(({ effect }) => effect === 'Allow')) return undefined
  const key = JSON.stringify([name, actions, keys, policy.kind, policy.version, statements.map(unnamed)])
  if (answers.has(key)) return answers.get(key)
  const narrow = withStatements(policy, statements)
  const { snapshot, principal } = holderWorld([narrow], EXAMPLE_ACCOUNT, keys)
  const found = ask({ snapshot }, { principals: [principal], resources: keys, sessionPolicies: 'none' }, narrow)
  if (answers.size < MAX_KEPT) answers.set(key, found)
  return found
}

/** The request that was found, with the policy as it stands. */
export function holderRequest({ witness }: Found, policy: PolicyDocument, summary: string): FoundRequest {
  return foundRequest(witness, summary, { identityPolicies: [asPolicyInput(policy)] })
}

function unnamed({ sid: _sid, index: _index, ...rest }: Statement): object {
  return rest
}
