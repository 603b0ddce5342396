/**
 * From a request to a call: who calls, on what, with which policies, and which condition keys follow from it.
 *
 * Source: authorization.md C1, C5, D3, D5, D8, E.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import type { Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import {
  bindCaller,
  bindResource,
  callerEntryArn,
  callOf,
  fillIn,
  type AuthorizationRequest,
} from '../../src/decide/resolve.js'
import { ContextReader } from '../../src/decide/values.js'
import type { SlotValue } from '../../src/graph/atom.js'
import { GrantSet, type Grant } from '../../src/graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../../src/graph/policy.js'
import type { Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import { Snapshot, type AccountEntry, type KeyEntry, type PrincipalEntry } from '../../src/graph/world.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { A, ALIAS, B, EVERYTHING, KEY, OTHER_KEY } from '../reference/example.js'

const tables = new GraphTables()
const parsed = parsePolicyValue(EVERYTHING, 'identity')
if (!parsed.ok) throw new Error(parsed.error[0]?.message)
const OPEN: CompiledPolicy = compilePolicy(tables, parsed.value)

const ALICE = `arn:aws:iam::${A}:user/Alice`
const FAY = `arn:aws:sts::${A}:federated-user/Fay`
const ROLE = `arn:aws:iam::${A}:role/team/App`
const SESSION = `arn:aws:sts::${A}:assumed-role/App/i-1`
const ROOT = `arn:aws:iam::${A}:root`

const grant: Grant = {
  grantId: 'g',
  keyArn: KEY,
  granteePrincipal: ALICE,
  operations: ['Decrypt'],
  propagated: true,
  constraints: { encryptionContextSubset: { tenant: 'a' } },
}
const bare: Grant = { grantId: 'h', keyArn: KEY, granteePrincipal: ALICE, operations: ['Decrypt'], propagated: true }

function principal(arn: string, changes: Partial<PrincipalEntry> = {}): PrincipalEntry {
  return {
    arn,
    accountId: A,
    policies: [OPEN],
    boundary: OPEN,
    tags: { team: 'a' },
    uniqueId: 'ID',
    ...changes,
  }
}

function account(accountId: string, changes: Partial<AccountEntry> = {}): AccountEntry {
  return {
    accountId,
    isManagement: false,
    scps: [[OPEN]],
    rcps: [[OPEN], [OPEN]],
    organizationId: `o-${accountId}`,
    organizationPath: `o-${accountId}/r/`,
    ...changes,
  }
}

const key: KeyEntry = {
  arn: KEY,
  accountId: A,
  policy: OPEN,
  grants: new GrantSet([grant, bare]),
  properties: { aliases: ['alias/payments'], tags: { env: 'prod' }, keySpec: 'RSA_2048' },
}

const world = Snapshot.empty(tables)
  .withKey(key)
  .withKey({ ...key, arn: OTHER_KEY, properties: { keyManager: 'AWS' } })
  .withPrincipal(principal(ALICE))
  .withPrincipal(principal(ROLE))
  .withAccount(account(A))
  .withEndpoint({ endpointId: 'vpce-1', policy: OPEN })
  .withEndpoint({ endpointId: 'vpce-2', policy: undefined })

function bound(request: AuthorizationRequest, snapshot = world): Call | string {
  const caller = bindCaller(snapshot, request.principal, request.userArn)
  if (!caller.ok) return caller.error.message
  const binding = bindResource(caller.value, request.resource, request.action)
  if (!binding.ok) return binding.error.message
  return callOf(binding.value, request, new ContextReader(tables), DEFAULT_OPTIONS)
}

function call(changes: Partial<AuthorizationRequest> = {}, snapshot = world): Call {
  const found = bound({ principal: ALICE, action: 'kms:Decrypt', resource: KEY, ...changes }, snapshot)
  if (typeof found === 'string') throw new Error(found)
  return found
}

describe('who calls', () => {
  const CASES: readonly (readonly [principal: string, userArn: string | undefined, caller: Caller | string])[] = [
    [ALICE, undefined, { type: 'user', arn: ALICE, accountId: A, isServiceLinkedRole: false }],
    [ROOT, undefined, { type: 'root', arn: ROOT, accountId: A, isServiceLinkedRole: false }],
    [ROLE, undefined, { type: 'role', arn: ROLE, roleArn: ROLE, accountId: A, isServiceLinkedRole: false }],
    // A session's ARN has no path: the world knows it, and a role that it does not know has none.
    [SESSION, undefined, { type: 'role', arn: SESSION, roleArn: ROLE, accountId: A, isServiceLinkedRole: false }],
    [
      `arn:aws-cn:sts::${B}:assumed-role/App/i-1`,
      undefined,
      {
        type: 'role',
        arn: `arn:aws-cn:sts::${B}:assumed-role/App/i-1`,
        roleArn: `arn:aws-cn:iam::${B}:role/App`,
        accountId: B,
        isServiceLinkedRole: false,
      },
    ],
    [
      `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
      undefined,
      {
        type: 'role',
        arn: `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
        roleArn: `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
        accountId: A,
        isServiceLinkedRole: true,
      },
    ],
    [FAY, undefined, { type: 'federated', arn: FAY, accountId: A, isServiceLinkedRole: false }],
    [FAY, ALICE, { type: 'federated', arn: FAY, userArn: ALICE, accountId: A, isServiceLinkedRole: false }],
    [
      FAY,
      `arn:aws:iam::${B}:user/Alice`,
      `\`userArn\` \`arn:aws:iam::${B}:user/Alice\` is no user of the session's account`,
    ],
    [FAY, ROLE, `\`userArn\` \`${ROLE}\` is no user of the session's account`],
    [FAY, 'Alice', "`userArn` `Alice` is no user of the session's account"],
    ...['logs.amazonaws.com', 'logs.us-west-2.amazonaws.com', 'a-1.b2.amazonaws.com.cn'].map(
      (arn) => [arn, undefined, { type: 'service', arn, accountId: undefined, isServiceLinkedRole: false }] as const,
    ),
  ]
  test.each(CASES)('%s, %s', (arn, userArn, caller) => {
    const found = bindCaller(world, arn, userArn)
    if (typeof caller === 'string') expect(found).toEqual({ ok: false, error: { message: caller } })
    else expect(found.ok && found.value.subject.caller).toEqual(caller)
  })

  const NOBODY = [
    '',
    'Alice',
    'amazonaws.com',
    '.amazonaws.com',
    'logs..amazonaws.com',
    'logs.amazonaws.com.us',
    'logs.amazonaws.org',
    'Logs.amazonaws.com',
    'logs.amazonaws.com\n',
    `x${ALICE}`,
    KEY,
  ]
  test.each(NOBODY)('nobody is called %j', (arn) => {
    const found = bindCaller(world, arn)
    expect(found.ok ? '' : found.error.message).toContain(`principal \`${arn}\`: `)
  })

  test('has its own policies under its own name, or that of its role or user', () => {
    expect(call()).toMatchObject({ identity: [OPEN], boundary: OPEN })
    expect(call({ principal: SESSION })).toMatchObject({ identity: [OPEN], boundary: OPEN })
    expect(call({ principal: FAY, userArn: ALICE })).toMatchObject({ identity: [OPEN], boundary: OPEN })
    expect(call({ principal: FAY })).toMatchObject({ identity: [], boundary: undefined })
    expect(call({ principal: ROOT })).toMatchObject({ identity: [], boundary: undefined })
    const federated = bindCaller(world, FAY, ALICE)
    expect(federated.ok && callerEntryArn(federated.value.subject.caller)).toBe(ALICE)
  })
})

describe('what is asked for', () => {
  const NONE = { type: 'none', arn: undefined, accountId: undefined, awsManagedKey: false }
  const SECRET = `arn:aws:secretsmanager:us-west-2:${B}:secret:x`
  const CASES: readonly (readonly [action: string, resource: string | undefined, expected: object | string])[] = [
    ['kms:Decrypt', KEY, { type: 'key', arn: KEY, accountId: A, awsManagedKey: false }],
    ['kms:Decrypt', OTHER_KEY, { type: 'key', arn: OTHER_KEY, accountId: A, awsManagedKey: true }],
    // A key need not be known.
    ['kms:Decrypt', KEY.replace(A, B), { type: 'key', arn: KEY.replace(A, B), accountId: B, awsManagedKey: false }],
    ['kms:ListKeys', undefined, NONE],
    // D5: the key behind the alias, save for what is about aliases.
    ['kms:Decrypt', ALIAS, { type: 'key', arn: KEY, accountId: A, awsManagedKey: false }],
    ['kms:CreateAlias', ALIAS, { type: 'alias', arn: ALIAS, accountId: A, awsManagedKey: false }],
    ['kms:Decrypt', `${ALIAS}x`, `alias \`${ALIAS}x\` points to no key in this world`],
    ['kms:CreateAlias', `${ALIAS}x`, { type: 'alias', arn: `${ALIAS}x`, accountId: A, awsManagedKey: false }],
    ['kms:Nothing', `${ALIAS}x`, { type: 'alias', arn: `${ALIAS}x`, accountId: A, awsManagedKey: false }],
    // D3: ListRetirableGrants is authorised on a principal, though it has no resource.
    ['kms:ListRetirableGrants', ALICE, { type: 'none', arn: ALICE, accountId: A, awsManagedKey: false }],
    ['kms:Decrypt', ALICE, { type: 'other', arn: ALICE, accountId: A, awsManagedKey: false }],
    ['secretsmanager:GetSecretValue', SECRET, { type: 'other', arn: SECRET, accountId: B, awsManagedKey: false }],
    [
      's3:GetObject',
      'arn:aws:s3:::b',
      { type: 'other', arn: 'arn:aws:s3:::b', accountId: undefined, awsManagedKey: false },
    ],
    ['s3:GetObject', 'b', 'resource `b` is no ARN'],
  ]
  test.each(CASES)('%s on %s', (action, resource, expected) => {
    const found = bound({ principal: ALICE, action, ...(resource === undefined ? {} : { resource }) })
    if (typeof expected === 'string') expect(found).toBe(expected)
    else expect(found).toMatchObject({ resource: expected })
  })

  test('has its policy and grants, its account and those of the caller', () => {
    expect(call()).toMatchObject({ keyPolicy: OPEN, scps: [[OPEN]], rcps: [[OPEN], [OPEN]] })
    expect(call().grants).toBe(key.grants)
    const unknown = call({ resource: KEY.replace(A, B) })
    expect(unknown).toMatchObject({ keyPolicy: undefined, scps: [[OPEN]], rcps: undefined })
    expect(unknown.grants.size).toBe(0)
    expect(call({ principal: 'logs.amazonaws.com' })).toMatchObject({ scps: undefined, rcps: [[OPEN], [OPEN]] })
    // An account that is not known is no management account.
    expect(call({ principal: `arn:aws:iam::${B}:user/Bob` }).callerInManagementAccount).toBe(false)
    expect(unknown.resourceInManagementAccount).toBe(false)
    const managed = world.withAccount(account(B, { isManagement: true }))
    expect([call().callerInManagementAccount, call().resourceInManagementAccount]).toEqual([false, false])
    const foreign = call({ principal: `arn:aws:iam::${B}:user/Bob` }, managed)
    expect([foreign.callerInManagementAccount, foreign.resourceInManagementAccount]).toEqual([true, false])
    const there = call({ resource: KEY.replace(A, B) }, managed)
    expect([there.callerInManagementAccount, there.resourceInManagementAccount]).toEqual([false, true])
  })
})

describe('the request', () => {
  test('names its action in any case, one of KMS or not', () => {
    expect(call({ action: 'KMS:decrypt' })).toMatchObject({
      action: 'kms:Decrypt',
      actionBit: actionBit('kms:Decrypt'),
    })
    expect(call({ action: 'S3:getobject' })).toMatchObject({ action: 'S3:getobject', actionBit: -1 })
  })

  test('comes through an endpoint or not', () => {
    expect(call().endpoint).toBeUndefined()
    expect(call({ context: { 'aws:SourceVpce': 'vpce-1' } }).endpoint).toEqual({ policy: OPEN })
    expect(call({ context: { 'aws:SourceVpce': 'vpce-2' } }).endpoint).toEqual({ policy: undefined })
    expect(call({ context: { 'aws:SourceVpce': 'vpce-9' } }).endpoint).toEqual({ policy: undefined })
    expect(call({ context: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } }).endpoint).toEqual({ policy: undefined })
  })

  test('says what grants are compared with', () => {
    const given = {
      encryptionContext: { tenant: 'a' },
      grantTokens: ['t'],
      grantId: 'g',
      createGrant: { operations: ['Decrypt'] },
      sessionPolicies: [OPEN],
    }
    const { sessionPolicies, ...same } = given
    expect(call(given)).toMatchObject({ ...same, session: sessionPolicies, options: DEFAULT_OPTIONS })
    expect(call()).toMatchObject({ encryptionContext: undefined, grantTokens: [], grantId: undefined, session: [] })
    expect(call({ context: { 'aws:SourceArn': KEY } }).sourceArn).toBe(KEY)
    expect(call({ context: { 'aws:SourceArn': [KEY, OTHER_KEY] } }).sourceArn).toBeUndefined()
    expect(call().sourceArn).toBeUndefined()
  })
})

describe('condition keys that follow', () => {
  const valueOf = (name: string, changes: Partial<AuthorizationRequest> = {}, snapshot = world): unknown => {
    const slot = tables.slot(name)
    return call(changes, snapshot).values[slot]
  }
  const ID = { principal: SESSION }
  const orgs = world.withAccount(account(B))
  const CASES: readonly (readonly [name: string, changes: Partial<AuthorizationRequest>, value: unknown, Snapshot?])[] =
    [
      ['aws:PrincipalArn', {}, ALICE],
      ['aws:PrincipalArn', ID, ROLE],
      ['aws:PrincipalArn', { derive: false }, undefined],
      ['aws:PrincipalArn', { derive: true }, ALICE],
      // What the request says itself stands.
      ['aws:PrincipalArn', { context: { 'AWS:principalarn': 'mine' } }, 'mine'],
      ['aws:PrincipalAccount', {}, A],
      ['aws:userid', {}, 'ID'],
      ['aws:userid', ID, 'ID:i-1'],
      ['aws:userid', { principal: `arn:aws:iam::${A}:user/Unknown` }, undefined],
      ['aws:PrincipalTag/team', {}, 'a'],
      ['aws:PrincipalTag/team', { ...ID, sessionTags: { team: 'b' } }, 'b'],
      ['aws:PrincipalTag/team', { ...ID, sessionTags: { other: 'b' } }, 'a'],
      ['aws:PrincipalTag/team', { principal: `arn:aws:iam::${A}:user/Unknown` }, undefined],
      ['aws:PrincipalTag/team', { principal: `arn:aws:iam::${A}:user/Unknown`, sessionTags: { team: 'b' } }, 'b'],
      ['aws:ResourceTag/env', {}, 'prod'],
      ['kms:KeySpec', {}, 'RSA_2048'],
      // Which keys there are follows from the action, in whatever case it was asked for.
      ['kms:KeySpec', { action: 'KMS:DECRYPT' }, 'RSA_2048'],
      ['kms:CallerAccount', {}, A],
      ['kms:CallerAccount', { action: 's3:GetObject', resource: 'arn:aws:s3:::b' }, undefined],
      ['kms:ResourceAliases', {}, 'alias/payments'],
      ['aws:ResourceAccount', {}, A],
      ['aws:ResourceAccount', { action: 's3:GetObject', resource: 'arn:aws:s3:::b' }, undefined],
      ['aws:RequestedRegion', {}, 'us-west-2'],
      // D5: how the request named its key.
      ['kms:RequestAlias', { resource: ALIAS }, 'alias/payments'],
      ['kms:RequestAlias', { resource: ALIAS, keyIdAs: 'alias/other' }, 'alias/other'],
      ['kms:RequestAlias', { keyIdAs: 'alias/other' }, 'alias/other'],
      ['kms:RequestAlias', {}, undefined],
      ['aws:PrincipalOrgID', {}, `o-${A}`],
      ['aws:PrincipalOrgPaths', {}, `o-${A}/r/`],
      ['aws:ResourceOrgID', {}, `o-${A}`],
      ['aws:ResourceOrgID', { resource: KEY.replace(A, B) }, `o-${B}`, orgs],
      ['aws:ResourceOrgPaths', { resource: KEY.replace(A, B) }, `o-${B}/r/`, orgs],
      ['aws:PrincipalOrgID', { principal: `arn:aws:iam::${B}:user/Bob` }, `o-${B}`, orgs],
      ['aws:PrincipalOrgID', { principal: `arn:aws:iam::${B}:user/Bob` }, undefined],
      // Of the grant that is to be retired.
      ['kms:EncryptionContext:tenant', { action: 'kms:RetireGrant', grantId: 'g' }, 'a'],
      ['kms:GrantConstraintType', { action: 'kms:RetireGrant', grantId: 'g' }, 'EncryptionContextSubset'],
      ['kms:EncryptionContext:tenant', { action: 'kms:RetireGrant', grantId: 'h' }, undefined],
      ['kms:EncryptionContext:tenant', { action: 'kms:RetireGrant', grantId: 'none' }, undefined],
      ['kms:EncryptionContext:tenant', { encryptionContext: { Tenant: 'c' } }, 'c'],
      ['kms:ViaService', { via: 's3.us-west-2.amazonaws.com' }, 's3.us-west-2.amazonaws.com'],
    ]
  for (const [name, changes, value, snapshot] of CASES) {
    test(`${name} of ${JSON.stringify(changes)} is ${JSON.stringify(value)}`, () => {
      expect(valueOf(name, changes, snapshot)).toEqual(value)
    })
  }
})

test('of a few condition keys no others are filled in, and what is there stays', () => {
  const caller = bindCaller(world, ALICE)
  if (!caller.ok) throw new Error(caller.error.message)
  const binding = bindResource(caller.value, KEY, 'kms:Decrypt')
  if (!binding.ok) throw new Error(binding.error.message)
  const [arn, account, team] = ['aws:PrincipalArn', 'aws:PrincipalAccount', 'aws:PrincipalTag/team'].map((key) =>
    tables.slot(key),
  )
  const values: SlotValue[] = Array.from({ length: tables.slotCount }, () => undefined)
  values[team!] = 'mine'
  fillIn(values, binding.value, { action: 'kms:Decrypt' }, [account!, team!])
  expect([values[arn!], values[account!], values[team!]]).toEqual([undefined, A, 'mine'])
  expect(values.filter((value) => value !== undefined)).toHaveLength(2)
})
