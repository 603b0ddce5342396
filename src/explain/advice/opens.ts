/**
 * What else an edit would open: everything that becomes possible on the key of the request besides the request itself.
 *
 * The world before and after the edit is what the call knows: its key, its caller, and the guardrails of both. Whoever
 * else there is may have any identity policies, so an edit that leaves more to IAM shows that it does.
 */
import type { Call, PolicyLevels } from '../../decide/call.js'
import { callerEntryArn } from '../../decide/resolve.js'
import { documentOf } from '../../graph/documents.js'
import type { CompiledPolicy } from '../../graph/policy.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { Difference } from '../../solve/access.js'
import type { SolveControl } from '../../solve/budget.js'
import type { WorldDefinition } from '../../solve/world.js'
import { accessClause } from '../access-words.js'
import { capital } from '../names.js'
import { diff } from '../symbolic.js'

export interface Opened {
  /** Whole sentences; none where nothing else is opened. */
  readonly sentences: readonly string[]
  /** Each with its witness. */
  readonly differences: readonly Difference[]
  /** Why it is not known, or not known in full. */
  readonly reason?: string
}

/** Steps and not time, so that the same question is always told alike. */
export const OPENS_BUDGET = { maxSteps: 2_000_000, maxCells: 100_000 } as const

/** Undefined where the question does not arise: the request is about no key. */
export function opensBetween(before: Call, after: Call, control: SolveControl = {}): Opened | undefined {
  const { arn, type } = before.resource
  if (arn === undefined || type !== 'key') return undefined
  const scope = { resources: [arn], unknownIdentity: 'any', sessionPolicies: 'none' } as const
  const { more, reason } = diff(worldOf(before), worldOf(after), scope, control)
  const besides = more.filter((difference) => !isAsked(difference, before) && !isRetiring(difference))
  const sentences = besides.map((difference) => `${capital(accessClause(difference, () => 'this key'))}.`)
  return { sentences, differences: besides, ...(reason === undefined ? {} : { reason }) }
}

/** The request itself: this caller, this permission, and of condition keys no values but its own. */
function isAsked({ callers, actions, cubes }: Difference, { subject, action, values }: Call): boolean {
  if (callers.length > 1 || callers[0]?.principal !== callerEntryArn(subject.caller)) return false
  if (actions.length > 1 || actions[0] !== action) return false
  const { tables } = subject
  return cubes.every((cube) =>
    cube.every(({ key, values: allowed, words }) => {
      // What is no condition key is what the grant was made for.
      if (key === undefined) return true
      const own = values[tables.findSlot(key)]
      return allowed.length === 1 && words.length === 1 && words[0] === (own ?? 'absent')
    }),
  )
}

/** A grant can always be retired: that is no access to the key. */
function isRetiring({ actions }: Difference): boolean {
  return actions.length === 1 && actions[0] === 'kms:RetireGrant'
}

function worldOf(call: Call): WorldDefinition {
  const { resource, subject, keyPolicy, identity, boundary, scps, rcps } = call
  const { caller } = subject
  const key = resource.arn ?? ''
  const accounts = new Map<
    string,
    {
      scps?: readonly (readonly PolicyDocument[])[]
      rcps?: readonly (readonly PolicyDocument[])[]
      isManagement: boolean
    }
  >()
  if (caller.accountId !== undefined) {
    accounts.set(caller.accountId, {
      isManagement: call.callerInManagementAccount,
      ...(scps === undefined ? {} : { scps: documents(scps) }),
    })
  }
  if (resource.accountId !== undefined) {
    accounts.set(resource.accountId, {
      ...accounts.get(resource.accountId),
      isManagement: call.resourceInManagementAccount,
      ...(rcps === undefined ? {} : { rcps: documents(rcps) }),
    })
  }
  const hasEntry = caller.type === 'user' || caller.type === 'role'
  return {
    accounts: [...accounts].map(([accountId, rest]) => ({ accountId, ...rest })),
    principals: hasEntry
      ? [
          {
            arn: callerEntryArn(caller),
            policies: identity.map(documentFor),
            ...(boundary === undefined ? {} : { boundary: documentFor(boundary) }),
          },
        ]
      : [],
    keys: [
      {
        arn: key,
        keyManager: resource.awsManagedKey ? 'AWS' : 'CUSTOMER',
        ...(keyPolicy === undefined ? {} : { policy: documentFor(keyPolicy) }),
        grants: call.grants.grants,
      },
    ],
  }
}

function documents(levels: PolicyLevels): readonly (readonly PolicyDocument[])[] {
  return levels.map((level) => level.map(documentFor))
}

function documentFor(policy: CompiledPolicy): PolicyDocument {
  return documentOf(policy).document
}
