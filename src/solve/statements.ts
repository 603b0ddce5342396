/**
 * The statements that a traced decision rests on, as places in the policies.
 */
import { trace, type Trace } from '../decide/trace.js'
import type { Call } from '../decide/call.js'
import type { Layer } from '../graph/combine.js'
import type { CompiledPolicy } from '../graph/policy.js'

export interface SolvedStatement {
  readonly layer: Layer
  /** SCPs and RCPs: the account on whose path the policy is, and the level from the root. */
  readonly account?: string
  readonly level?: number
  /** Place of the policy in its layer or level, and of the statement in it. */
  readonly policy: number
  readonly statement: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly compiled: CompiledPolicy
}

export interface SolvedGrant {
  readonly layer: 'grant'
  readonly grantId: string
}

export type SolvedPart = SolvedStatement | SolvedGrant

/** What applies to a call: of an explicit denial its Denies, of anything else its Allows and grants. */
export function appliedTo(call: Call): readonly SolvedPart[] {
  return appliedIn(trace(call))
}

export function appliedIn({ layers, outcome }: Trace): readonly SolvedPart[] {
  const effect = outcome.decision === 'explicitDeny' ? 'Deny' : 'Allow'
  return layers.flatMap(({ policies, grants, layer }): SolvedPart[] => [
    ...policies.flatMap(({ account, level, policy, compiled, statements }) =>
      statements.flatMap(({ statement, applies }): SolvedPart[] =>
        applies && statement.effect === effect
          ? [
              {
                layer,
                ...(account === undefined ? {} : { account }),
                ...(level === undefined ? {} : { level }),
                policy,
                statement: statement.index,
                ...(statement.sid === undefined ? {} : { sid: statement.sid }),
                effect,
                compiled,
              },
            ]
          : [],
      ),
    ),
    ...(effect === 'Deny'
      ? []
      : grants.flatMap(({ grant, miss }): SolvedPart[] =>
          miss === undefined ? [{ layer: 'grant', grantId: grant.grantId }] : [],
        )),
  ])
}
