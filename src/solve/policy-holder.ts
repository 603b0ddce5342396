/**
 * Who stands for everybody who has a policy, where a policy is looked at by itself.
 */
import { Subject } from '../graph/subject.js'
import type { GraphTables } from '../graph/tables.js'
import type { CallerClass } from './callers.js'

export const HOLDER_ACCOUNT = '111122223333'

export const POLICY_HOLDER: CallerClass = {
  kind: 'role',
  principal: `arn:aws:iam::${HOLDER_ACCOUNT}:role/Holder`,
  accountId: HOLDER_ACCOUNT,
  standing: 'stranger',
  words: 'whoever has the policy',
  identity: 'known',
}

/** A role as the subject of a decision. */
export function holderOf(tables: GraphTables, arn: string): Subject {
  const accountId = arn.split(':')[4] ?? HOLDER_ACCOUNT
  return new Subject(tables, { type: 'role', arn, roleArn: arn, accountId, isServiceLinkedRole: false })
}
