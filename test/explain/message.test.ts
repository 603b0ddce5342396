import { describe, expect, test } from 'vitest'
import { accessDeniedMessage } from '../../src/explain/message.js'
import {
  ALICE,
  allow,
  ask,
  B,
  delegated,
  deny,
  federated,
  grant,
  KEY,
  named,
  OPS,
  service,
  session,
  user,
  type Question,
} from './build.js'

const identity = [[allow()]]
const full = [allow({ Action: '*' })]
const denied = `User: ${ALICE} is not authorized to perform: kms:Decrypt on resource: ${KEY}`
const because = (policy: string): string => `${denied} because no ${policy} allows the kms:Decrypt action`
const explicit = (policy: string): string => `${denied} with an explicit deny in ${policy}`
const OPAQUE =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

const CASES: readonly (readonly [string, Question, string | null])[] = [
  ['an allow has none', { identity }, null],
  ['G1 identity', {}, because('identity-based policy')],
  ['G1 key policy', { key: [allow({ Principal: named(OPS) })] }, because('resource-based policy')],
  ['G1 boundary', { identity, boundary: [allow({ Action: 's3:*' })] }, because('permissions boundary')],
  ['G1 session', { caller: federated, identity }, because('session policy').replace(ALICE, federated.arn)],
  ['G1 SCP', { identity, scps: [[]] }, because('service control policy')],
  [
    'G1 VPC endpoint',
    { identity, endpoint: [deny({ Principal: '*', Action: 'kms:Encrypt' })] },
    because('VPC endpoint policy'),
  ],
  ['G1 identity, explicit', { identity: [[deny()]] }, explicit('an identity-based policy')],
  ['G1 key policy, explicit', { key: [...delegated, deny({ Principal: '*' })] }, explicit('a resource-based policy')],
  ['G1 boundary, explicit', { boundary: [deny()] }, explicit('a permissions boundary')],
  ['G1 session, explicit', { session: [[deny()]] }, explicit('a session policy')],
  ['G1 SCP, explicit', { identity, scps: [[[...full, deny()]]] }, explicit('a service control policy')],
  ['G1 RCP, explicit', { identity, rcps: [[[deny({ Principal: '*' })]]] }, explicit('a resource control policy')],
  ['G1 VPC endpoint, explicit', { identity, endpoint: [deny({ Principal: '*' })] }, explicit('a VPC endpoint policy')],
  [
    'G1 the session ARN of a role',
    { caller: session() },
    because('identity-based policy').replace(ALICE, session().arn),
  ],
  [
    'a service is named by its name',
    { caller: service, key: [allow({ Principal: named(OPS) })] },
    because('resource-based policy').replace(ALICE, service.arn),
  ],
  [
    'no resource',
    { action: 'kms:ListKeys', resource: null },
    `User: ${ALICE} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`,
  ],
  [
    'an operation that works in one account only is worded as the key policy',
    { caller: user('Bob', B), action: 'kms:PutKeyPolicy', identity: [[allow({ Action: '*' })]] },
    `User: arn:aws:iam::${B}:user/Bob is not authorized to perform: kms:PutKeyPolicy on resource: ${KEY} because no resource-based policy allows the kms:PutKeyPolicy action`,
  ],
  [
    'a grant that may not be retired is worded as the key policy',
    { caller: user('Bob', B), action: 'kms:RetireGrant', grantId: 'g1', grants: [grant()] },
    `User: arn:aws:iam::${B}:user/Bob is not authorized to perform: kms:RetireGrant on resource: ${KEY} because no resource-based policy allows the kms:RetireGrant action`,
  ],
  ['K-22 Decrypt from another account', { caller: user('Bob', B), identity }, OPAQUE],
  [
    'K-22 ReEncryptFrom from another account',
    { caller: user('Bob', B), action: 'kms:ReEncryptFrom', identity },
    OPAQUE,
  ],
  [
    'K-22 is about the ciphertext side alone',
    { caller: user('Bob', B), action: 'kms:ReEncryptTo', identity },
    `User: arn:aws:iam::${B}:user/Bob is not authorized to perform: kms:ReEncryptTo on resource: ${KEY} because no resource-based policy allows the kms:ReEncryptTo action`,
  ],
  [
    'K-22 not for an explicit deny',
    { caller: user('Bob', B), key: [deny({ Principal: '*' })] },
    explicit('a resource-based policy').replace(ALICE, `arn:aws:iam::${B}:user/Bob`),
  ],
]

describe('accessDeniedMessage', () => {
  for (const [name, question, expected] of CASES)
    test(name, () => expect(accessDeniedMessage(ask(question))).toBe(expected))
})
