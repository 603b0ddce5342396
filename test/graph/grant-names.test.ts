/**
 * Whom a grant names, and whom it only seems to name: grantees, retiring principals, and the readings that may be chosen.
 *
 * `grant.test.ts` has the forms and constraints. Source: authorization.md F1, F2, F3, F6, K-14, K-15, K-33.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { grantMiss, GrantSet, type Grant, type GrantInput, type GrantOptions } from '../../src/graph/grant.js'
import { SAYS_ACCOUNT, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from '../../src/graph/policy.js'
import type { Caller } from '../../src/graph/subject.js'
import { A, B, KEY } from '../reference/example.js'

const ROOT_OF_A = `arn:aws:iam::${A}:root`
const alice: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const bob: Caller = { ...alice, arn: `arn:aws:iam::${B}:user/Bob`, accountId: B }
const fay: Caller = { ...alice, type: 'federated', arn: `arn:aws:sts::${A}:federated-user/Fay`, userArn: alice.arn }
const roleOfB = `arn:aws:iam::${B}:role/App`
const session: Caller = {
  type: 'role',
  arn: `arn:aws:sts::${B}:assumed-role/App/i-1`,
  roleArn: roleOfB,
  accountId: B,
  isServiceLinkedRole: false,
}
/** Known by its role alone: it has no ARN of its own. */
const anySession: Caller = { ...session, arn: roleOfB }
const logs: Caller = { type: 'service', arn: 'logs.amazonaws.com', accountId: undefined, isServiceLinkedRole: false }

function grant(changes: Partial<Grant>): Grant {
  return { grantId: 'g', keyArn: KEY, operations: ['Decrypt'], propagated: true, ...changes }
}

function asks(caller: Caller, action: string, changes: Partial<GrantInput> = {}): GrantInput {
  return {
    caller,
    keyArn: KEY,
    keyAccount: A,
    actionBit: actionBit(action) ?? -1,
    encryptionContext: undefined,
    sourceArn: undefined,
    grantTokens: [],
    grantId: action === 'kms:RetireGrant' ? 'g' : undefined,
    createGrant: undefined,
    ...changes,
  }
}

function says(given: Grant, caller: Caller, action: string, options: Partial<GrantOptions> = {}): number {
  return new GrantSet([given]).says(asks(caller, action), { ...DEFAULT_OPTIONS, ...options })
}

describe('a grantee', () => {
  const CASES: readonly (readonly [name: string, grantee: Partial<Grant>, caller: Caller, says: number])[] = [
    ['a root user, for its account', { granteePrincipal: ROOT_OF_A }, alice, SAYS_ACCOUNT],
    ['nothing that only begins like it', { granteePrincipal: `${ROOT_OF_A}/x` }, alice, SAYS_NOTHING],
    ['nothing that only ends like it', { granteePrincipal: `x${ROOT_OF_A}` }, alice, SAYS_NOTHING],
    ['nothing that both begins and ends like it', { granteePrincipal: `${ROOT_OF_A}:root` }, alice, SAYS_NOTHING],
    ['nobody, for a caller without an ARN of its own', {}, anySession, SAYS_NOTHING],
    ['nobody, for a caller without an account', {}, logs, SAYS_NOTHING],
    ['a root user, for a service', { granteePrincipal: ROOT_OF_A }, logs, SAYS_NOTHING],
  ]
  test.each(CASES)('is %s', (_name, grantee, caller, expected) => {
    expect(says(grant(grantee), caller, 'kms:Decrypt')).toBe(expected)
    expect(grantMiss(grant(grantee), asks(caller, 'kms:Decrypt'))).toBe(
      expected === SAYS_NOTHING ? 'grantee' : undefined,
    )
  })

  test('is a user, and no federated session of that user', () => {
    const toAlice = grant({ granteePrincipal: alice.arn })
    expect(says(toAlice, fay, 'kms:Decrypt')).toBe(SAYS_NOTHING)
    expect(grantMiss(toAlice, asks(fay, 'kms:Decrypt'))).toBe('grantee')
  })

  test('of an action that KMS does not have is nobody', () => {
    expect(grantMiss(grant({ granteePrincipal: alice.arn }), asks(alice, 'kms:Nothing'))).toBe('operation')
  })
})

describe('the readings that may be chosen', () => {
  const ROLE = { granteePrincipal: roleOfB }
  const USER = { granteePrincipal: bob.arn }
  const CASES: readonly (readonly [Partial<Grant>, Caller, Partial<GrantOptions>, says: number])[] = [
    [ROLE, session, {}, SAYS_VIA],
    [ROLE, session, { grantBoundary: 'noGrantees' }, SAYS_DIRECT],
    [ROLE, session, { grantBoundary: 'allGrantees' }, SAYS_VIA],
    [USER, bob, {}, SAYS_DIRECT],
    [USER, bob, { grantBoundary: 'noGrantees' }, SAYS_DIRECT],
    [USER, bob, { grantBoundary: 'allGrantees' }, SAYS_VIA],
    [{ granteePrincipal: ROOT_OF_A }, alice, { rootGrantee: 'rootUserOnly' }, SAYS_NOTHING],
    [{ granteePrincipal: ROOT_OF_A }, alice, { grantBoundary: 'allGrantees' }, SAYS_ACCOUNT],
  ]
  test.each(CASES)('of the grantee: %j, %j, %j', (grantee, caller, options, expected) => {
    expect(says(grant(grantee), caller, 'kms:Decrypt', options)).toBe(expected)
  })

  // The same readings for who retires; nobody of account B owns the key.
  const RETIRING: readonly (readonly [Partial<Grant>, Caller, Partial<GrantOptions>, says: number])[] = [
    [{ retiringPrincipal: roleOfB }, session, {}, SAYS_VIA],
    [{ retiringPrincipal: roleOfB }, session, { grantBoundary: 'noGrantees' }, SAYS_DIRECT],
    [{ retiringPrincipal: roleOfB }, session, { grantBoundary: 'allGrantees' }, SAYS_VIA],
    [{ retiringPrincipal: bob.arn }, bob, {}, SAYS_DIRECT],
    [{ retiringPrincipal: bob.arn }, bob, { grantBoundary: 'noGrantees' }, SAYS_DIRECT],
    [{ retiringPrincipal: bob.arn }, bob, { grantBoundary: 'allGrantees' }, SAYS_VIA],
    [{ retiringPrincipal: alice.arn }, bob, { grantBoundary: 'allGrantees' }, SAYS_NOTHING],
    [{ retiringPrincipal: alice.arn }, bob, { grantBoundary: 'noGrantees' }, SAYS_NOTHING],
    [{ retiringPrincipal: `arn:aws:iam::${B}:root` }, bob, { grantBoundary: 'noGrantees' }, SAYS_ACCOUNT],
    [{ retiringPrincipal: `arn:aws:iam::${B}:root` }, bob, { grantBoundary: 'allGrantees' }, SAYS_ACCOUNT],
    // Without a retiring principal there is none, also for a caller that has no ARN of its own.
    [{}, anySession, {}, SAYS_NOTHING],
    [{}, logs, {}, SAYS_NOTHING],
    [{ granteePrincipal: alice.arn, operations: ['RetireGrant'] }, bob, {}, SAYS_NOTHING],
    // A federated session is not its user; as somebody of the key's account it may retire with an identity Allow.
    [{ retiringPrincipal: alice.arn }, fay, {}, SAYS_ACCOUNT],
    [{ retiringPrincipal: alice.arn }, fay, { retireByIdentity: false }, SAYS_NOTHING],
  ]
  test.each(RETIRING)('of who retires: %j, %j, %j', (given, caller, options, expected) => {
    expect(says(grant(given), caller, 'kms:RetireGrant', options)).toBe(expected)
  })
})

// F3: as ArnLike compares, where a wildcard stays in its field.
test('a source ARN constraint is compared field by field', () => {
  const given = grant({
    granteePrincipal: alice.arn,
    constraints: { sourceArn: `arn:aws:logs:*:${A}:log-group:x` },
  })
  const asked = (sourceArn: string): GrantInput => asks(alice, 'kms:Decrypt', { sourceArn })
  expect(grantMiss(given, asked(`arn:aws:logs:us-west-2:${A}:log-group:x`))).toBeUndefined()
  expect(grantMiss(given, asked(`arn:aws:logs:us-west-2:${B}:${A}:log-group:x`))).toBe('constraint')
})

test('what is wrong first is told first', () => {
  const elsewhere = grant({ keyArn: KEY.replace('us-west-2', 'eu-west-1'), granteePrincipal: bob.arn, operations: [] })
  expect(grantMiss(elsewhere, asks(alice, 'kms:Decrypt'))).toBe('key')
  expect(grantMiss({ ...elsewhere, keyArn: KEY }, asks(alice, 'kms:Decrypt'))).toBe('grantee')
})

// A service makes one grant for each of its resources, all to one role. F3: the context is compared for cryptographic
// operations alone.
describe('very many grants to one grantee', () => {
  const many = (constraints: (name: string) => Grant['constraints']): GrantSet =>
    new GrantSet(
      Array.from({ length: 30 }, (_, index): Grant => {
        const given = constraints(`disk-${index}`)
        return grant({
          grantId: `g-${index}`,
          granteePrincipal: alice.arn,
          operations: ['Decrypt', 'DescribeKey', 'CreateGrant'],
          ...(given === undefined ? {} : { constraints: given }),
        })
      }),
    )
  const OF: readonly (readonly [name: string, set: GrantSet, extra: boolean])[] = [
    ['with a subset each', many((id) => ({ encryptionContextSubset: { id } })), true],
    ['with two pairs each', many((id) => ({ encryptionContextSubset: { id, kind: 'disk' } })), false],
    ['with equal contexts', many((id) => ({ encryptionContextEquals: { id } })), false],
    ['with both', many((id) => ({ encryptionContextEquals: { id }, encryptionContextSubset: { kind: 'x' } })), false],
  ]
  const said = (set: GrantSet, action: string, encryptionContext: GrantInput['encryptionContext']): boolean =>
    set.says(asks(alice, action, { encryptionContext }), DEFAULT_OPTIONS) === SAYS_DIRECT

  test.each(OF)('%s permit what one of them permits', (_name, set, extra) => {
    expect(set.size).toBe(30)
    const own = set === OF[1]?.[1] ? { id: 'disk-7', kind: 'disk' } : { id: 'disk-7' }
    expect(said(set, 'kms:Decrypt', own)).toBe(true)
    expect(said(set, 'kms:Decrypt', { ID: 'disk-29', ...(set === OF[1]?.[1] ? { KIND: 'disk' } : {}) })).toBe(true)
    expect(said(set, 'kms:Decrypt', { ...own, more: 'x' })).toBe(extra || set === OF[1]?.[1])
    expect(said(set, 'kms:Decrypt', { id: 'disk-30' })).toBe(false)
    expect(said(set, 'kms:Decrypt', undefined)).toBe(false)
    expect(said(set, 'kms:DescribeKey', undefined)).toBe(true)
    expect(said(set, 'kms:Encrypt', own)).toBe(false)
    expect(said(set.without('g-7'), 'kms:Decrypt', own)).toBe(false)
    expect(set.without('g-7').size).toBe(29)
    expect(set.without('none')).toBe(set)
  })

  // K-1: two spellings of one key with one value are one pair.
  test('with equal contexts permit a pair that is sent twice', () => {
    const set = many((id) => ({ encryptionContextEquals: { id, kind: 'disk' } }))
    expect(said(set, 'kms:Decrypt', { id: 'disk-7', KIND: 'disk', ID: 'disk-7' })).toBe(true)
    expect(said(set, 'kms:Decrypt', { kind: 'disk', ID: 'disk-7', id: 'disk-8' })).toBe(false)
  })

  // K-1: without case, which is not "by the same capitals".
  test('ask for a key of other letters in vain', () => {
    const set = many((id) => ({ encryptionContextEquals: { strasse: id } }))
    expect(said(set, 'kms:Decrypt', { STRASSE: 'disk-7' })).toBe(true)
    expect(said(set, 'kms:Decrypt', { straße: 'disk-7' })).toBe(false)
    const one = grant({ granteePrincipal: alice.arn, constraints: { encryptionContextEquals: { strasse: 'x' } } })
    expect(grantMiss(one, asks(alice, 'kms:Decrypt', { encryptionContext: { straße: 'x' } }))).toBe('constraint')
  })

  test('with an operation that KMS does not have permit the others', () => {
    const all = many((id) => ({ encryptionContextEquals: { id } })).grants
    const set = new GrantSet(all.map((each) => ({ ...each, operations: ['Nothing', ...each.operations] })))
    expect(said(set, 'kms:Decrypt', { id: 'disk-7' })).toBe(true)
    expect(said(set, 'kms:Decrypt', { id: 'disk-30' })).toBe(false)
    expect(said(set, 'kms:DescribeKey', undefined)).toBe(true)
    expect(said(set, 'kms:Nothing', { id: 'disk-7' })).toBe(false)
  })

  test('without a constraint permit it whatever the context', () => {
    for (const set of [many(() => undefined), many(() => ({})), many(() => ({ encryptionContextSubset: {} }))]) {
      expect(said(set, 'kms:Decrypt', undefined)).toBe(true)
      expect(said(set, 'kms:Decrypt', { a: 'b' })).toBe(true)
      expect(said(set, 'kms:Sign', undefined)).toBe(false)
    }
    const empty = many(() => ({ encryptionContextEquals: {} }))
    expect([said(empty, 'kms:Decrypt', undefined), said(empty, 'kms:Decrypt', { a: 'b' })]).toEqual([true, false])
  })
})

test('the empty set has no grant', () => {
  expect([GrantSet.empty.size, GrantSet.empty.says(asks(alice, 'kms:Decrypt'), DEFAULT_OPTIONS)]).toEqual([
    0,
    SAYS_NOTHING,
  ])
})
