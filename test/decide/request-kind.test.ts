/**
 * Which layers take part in a call, and how they are joined: authorization.md C5, D1, D3 to D5, F6.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import { decodeKind, requestKind, type Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import type { RequestKind } from '../../src/graph/combine.js'
import { GrantSet } from '../../src/graph/grant.js'
import { compilePolicy } from '../../src/graph/policy.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { A, ALIAS, B, EVERYTHING, KEY } from '../reference/example.js'

const tables = new GraphTables()
const parsed = parsePolicyValue(EVERYTHING, 'identity')
if (!parsed.ok) throw new Error(parsed.error[0]?.message)
const POLICY = compilePolicy(tables, parsed.value)

const alice: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const linked: Caller = {
  ...alice,
  type: 'role',
  arn: `arn:aws:iam::${A}:role/aws-service-role/x`,
  isServiceLinkedRole: true,
}
const ofB: Caller = { ...alice, arn: `arn:aws:iam::${B}:user/Bob`, accountId: B }
const root: Caller = { ...alice, type: 'root', arn: `arn:aws:iam::${A}:root` }
const fay: Caller = { ...alice, type: 'federated', arn: `arn:aws:sts::${A}:federated-user/Fay` }
const logs: Caller = { ...alice, type: 'service', arn: 'logs.amazonaws.com', accountId: undefined }

const key = { type: 'key', arn: KEY, accountId: A, awsManagedKey: false } as const
const nothing = { type: 'none', arn: undefined, accountId: undefined, awsManagedKey: false } as const
const alias = { ...key, type: 'alias', arn: ALIAS } as const
const bucket = { type: 'other', arn: 'arn:aws:s3:::bucket', accountId: undefined, awsManagedKey: false } as const
const queue = { ...bucket, arn: `arn:aws:sqs:us-west-2:${A}:jobs`, accountId: A } as const

const role = { ...queue, type: 'role', arn: `arn:aws:iam::${A}:role/Target` } as const

type Changes = Partial<Omit<Call, 'subject' | 'actionBit'>> & { readonly caller?: Caller }

function kindOf({ caller = alice, action = 'kms:Decrypt', ...rest }: Changes): RequestKind {
  const call: Call = {
    subject: new Subject(tables, caller),
    action,
    actionBit: actionBit(action) ?? -1,
    resource: key,
    keyPolicy: undefined,
    identity: [],
    boundary: undefined,
    session: [],
    scps: undefined,
    rcps: undefined,
    callerInManagementAccount: false,
    resourceInManagementAccount: false,
    endpoint: undefined,
    grants: GrantSet.empty,
    encryptionContext: undefined,
    grantTokens: [],
    grantId: undefined,
    createGrant: undefined,
    values: [],
    sourceArn: undefined,
    options: DEFAULT_OPTIONS,
    ...rest,
  }
  return decodeKind(requestKind(call))
}

const BARE: RequestKind = {
  target: 'key',
  relation: 'same',
  identity: 'policies',
  session: 'none',
  boundary: false,
  scp: false,
  rcp: false,
  vpce: false,
  crossAccountUse: true,
  retire: false,
}

const levels = [[POLICY]]

const CASES: readonly (readonly [name: string, changes: Changes, differs: Partial<RequestKind>])[] = [
  ['nothing but the caller and the key', {}, {}],
  // Its bit is 0.
  ['the first of all KMS actions', { action: KMS_ACTIONS[0]?.name ?? '' }, { crossAccountUse: false }],
  ['a caller of another account', { caller: ofB }, { relation: 'cross' }],
  [
    'the same on an operation that stays at home',
    { caller: ofB, action: 'kms:PutKeyPolicy' },
    { relation: 'cross', crossAccountUse: false },
  ],
  ['the root user', { caller: root }, { identity: 'root' }],
  ['a service', { caller: logs }, { relation: 'service', identity: 'none' }],
  ['a federated session without session policies', { caller: fay }, { session: 'missing' }],
  ['a federated session with one', { caller: fay, session: [POLICY] }, { session: 'some' }],
  ['a session policy', { session: [POLICY] }, { session: 'some' }],
  ['a boundary', { boundary: POLICY }, { boundary: true }],
  ['SCPs', { scps: levels }, { scp: true }],
  ['SCPs without a level', { scps: [] }, { scp: true }],
  ['SCPs and the management account', { scps: levels, callerInManagementAccount: true }, {}],
  ['SCPs and a key of the management account', { scps: levels, resourceInManagementAccount: true }, { scp: true }],
  ['SCPs and a service-linked role', { scps: levels, caller: linked }, {}],
  ['SCPs and a service', { scps: levels, caller: logs }, { relation: 'service', identity: 'none' }],
  ['RCPs', { rcps: levels }, { rcp: true }],
  ['RCPs and a service', { rcps: levels, caller: logs }, { relation: 'service', identity: 'none', rcp: true }],
  ['RCPs and a caller of the management account', { rcps: levels, callerInManagementAccount: true }, { rcp: true }],
  ['RCPs and a key of the management account', { rcps: levels, resourceInManagementAccount: true }, {}],
  ['RCPs and a service-linked role', { rcps: levels, caller: linked }, {}],
  ['RCPs and an AWS managed key', { rcps: levels, resource: { ...key, awsManagedKey: true } }, {}],
  ['RCPs and RetireGrant', { rcps: levels, action: 'kms:RetireGrant' }, { retire: true }],
  [
    'RCPs and an alias',
    { rcps: levels, resource: alias, action: 'kms:CreateAlias' },
    { target: 'alias', crossAccountUse: false },
  ],
  [
    'RCPs and no resource',
    { rcps: levels, resource: nothing, action: 'kms:ListKeys' },
    { target: 'none', crossAccountUse: false },
  ],
  ['RCPs and a queue', { rcps: levels, resource: queue, action: 'sqs:SendMessage' }, { target: 'other', rcp: true }],
  ['an endpoint with the default policy', { endpoint: { policy: undefined } }, { vpce: true }],
  ['a queue', { resource: queue, action: 'sqs:SendMessage' }, { target: 'other' }],
  [
    'a queue of another account',
    { resource: { ...queue, accountId: B }, action: 'sqs:SendMessage' },
    { target: 'other', relation: 'cross' },
  ],
  ['a bucket, whose ARN names no account', { resource: bucket, action: 's3:GetObject' }, { target: 'other' }],
  ['a role to assume', { resource: role, action: 'sts:AssumeRole' }, { target: 'role' }],
  ['RCPs and a role', { rcps: levels, resource: role, action: 'sts:TagSession' }, { target: 'role', rcp: true }],
  [
    'a role of another account',
    { caller: ofB, resource: role, action: 'sts:SetSourceIdentity' },
    { target: 'role', relation: 'cross' },
  ],
  ['a KMS action on a role', { resource: role }, { target: 'mismatch' }],
  ['no resource of another service', { resource: nothing, action: 's3:ListAllMyBuckets' }, { target: 'none' }],
  [
    'no resource, and an account all the same',
    { resource: { ...nothing, accountId: B }, action: 'kms:ListKeys' },
    { target: 'none', crossAccountUse: false },
  ],
  ['a KMS action that does not exist', { action: 'KMS:Nothing' }, { target: 'mismatch' }],
  ['the same without a resource', { action: 'kms:Nothing', resource: nothing }, { target: 'mismatch' }],
  ['a key action without a resource', { resource: nothing }, { target: 'mismatch' }],
  ['a key action on an alias', { resource: alias }, { target: 'mismatch' }],
  ['a key action on a queue', { resource: queue }, { target: 'mismatch' }],
  ['an alias action on its key', { action: 'kms:UpdateAlias' }, { crossAccountUse: false }],
  [
    'an alias action on a queue',
    { action: 'kms:UpdateAlias', resource: queue },
    { target: 'mismatch', crossAccountUse: false },
  ],
  ['CreateKey on a key', { action: 'kms:CreateKey' }, { target: 'mismatch', crossAccountUse: false }],
  [
    'the tags of a key that does not exist yet',
    { action: 'kms:TagResource', resource: nothing },
    { target: 'none', crossAccountUse: false },
  ],
]

describe('the kind of a request', () => {
  test.each(CASES)('%s', (_name, changes, differs) => {
    expect(kindOf(changes)).toEqual({ ...BARE, ...differs })
  })

  test('of no number that is none is made up', () => {
    expect(() => decodeKind(7)).toThrow(RangeError)
  })
})
