/**
 * An identity policy in a world of its own: one role that has it and nothing else, and keys that leave everything to
 * identity policies.
 *
 * Source: KMS Developer Guide, "Using IAM policies with AWS KMS".
 */
import { delegatingPolicy, keyIn, withOwnText } from './key-world.js'
import type { RequestContext } from '../../decide/values.js'
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
    principals: [{ arn: principal, policies: policies.map(withOwnText) }],
  })
  return { snapshot, principal, keys }
}

const NARROWING =
  /^(?:kms:viaservice|aws:calledvia|kms:resourcealiases|kms:requestalias|kms:encryptioncontext|aws:resourcetag\/|aws:resourceorg)/

/** A request with nothing of what may narrow the keys, made directly. */
export function plainRequest({ statements }: PolicyDocument): RequestContext {
  const keys = statements.flatMap(({ conditions }) => conditions.map(({ key }) => key))
  return {
    'aws:ViaAWSService': 'false',
    ...Object.fromEntries(keys.filter((key) => NARROWING.test(key.toLowerCase())).map((key) => [key, null])),
  }
}
