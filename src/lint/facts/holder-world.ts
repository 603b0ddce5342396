/**
 * An identity policy in a world of its own: one role that has it and nothing else, and keys that leave everything to
 * identity policies.
 *
 * Source: KMS Developer Guide, "Using IAM policies with AWS KMS".
 */
import { delegatingPolicy, keyIn } from './key-world.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { Snapshot } from '../../graph/world.js'
import { snapshotOf } from '../../solve/world.js'

export interface HolderWorld {
  readonly snapshot: Snapshot
  readonly principal: string
  readonly keys: readonly string[]
}

/** @param keys - in the account of the holder; one that nothing names when left out. */
export function holderWorld(
  policies: readonly PolicyDocument[],
  account: string,
  keys: readonly string[] = [keyIn(account)],
): HolderWorld {
  const principal = `arn:aws:iam::${account}:role/Holder`
  const policyOfKey = delegatingPolicy(account)
  const snapshot = snapshotOf({
    keys: keys.map((arn) => ({ arn, policy: policyOfKey })),
    principals: [{ arn: principal, policies }],
  })
  return { snapshot, principal, keys }
}
